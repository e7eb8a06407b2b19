"""What the simulated apps have in their libraries, and how they print it."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.json_format import JsonObject, utc_text

_ADDED = utc_text(datetime(2024, 3, 1, 18, 30, tzinfo=UTC))
_LANGUAGES = {"Unknown": 0, "English": 1, "French": 2, "Spanish": 3, "German": 4, "Norwegian": 15}
_RADARR_SOURCES = {"web": "webdl", "webRip": "webrip", "television": "tv"}
"""Radarr's names where they differ from Sonarr's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """A quality as the apps define it; `source` is in Sonarr's spelling."""

    id: int
    name: str
    source: str
    resolution: int

    def resource(self, kind: InstanceKind) -> JsonObject:
        """Return the wire's quality model."""
        quality: JsonObject = {"id": self.id, "name": self.name, "source": self.source}
        if kind is InstanceKind.RADARR:
            quality["source"] = _RADARR_SOURCES.get(self.source, self.source)
        quality["resolution"] = self.resolution
        if kind is InstanceKind.RADARR:
            quality["modifier"] = "none"
        return {"quality": quality, "revision": {"version": 1, "real": 0, "isRepack": False}}


WEBDL_720P = Quality(id=5, name="WEBDL-720p", source="web", resolution=720)
WEBDL_1080P = Quality(id=3, name="WEBDL-1080p", source="web", resolution=1080)
WEBDL_2160P = Quality(id=18, name="WEBDL-2160p", source="web", resolution=2160)
BLURAY_2160P = Quality(id=19, name="Bluray-2160p", source="bluray", resolution=2160)


def languages_resource(*names: str) -> list[JsonObject]:
    """Return the wire's list of languages."""
    return [{"id": _LANGUAGES[name], "name": name} for name in names]


@dataclass(frozen=True, slots=True, kw_only=True)
class Movie:
    """A movie in Radarr's library."""

    id: int
    title: str
    year: int
    tags: tuple[str, ...] = ()
    """Labels of tags."""
    overview: str = "A film that people come back to, and for good reason."
    is_monitored: bool = True
    root_folder: str = "/data/media/movies"

    @property
    def folder(self) -> str:
        """Where its file belongs."""
        return f"{self.root_folder}/{self.title.replace(':', ' -')} ({self.year})"

    @property
    def poster_url(self) -> str:
        """Where its poster would be."""
        return self._picture_url("poster")

    def _picture_url(self, cover: str) -> str:
        return f"https://image.tmdb.org/t/p/original/{_token(f'{cover}{self.title}')}.jpg"

    def resource(self, tag_ids: dict[str, int]) -> JsonObject:
        """Return the wire's movie, as embedded in a queue row: no statistics, no local covers."""
        return {
            "title": self.title,
            "originalTitle": self.title,
            "originalLanguage": languages_resource("English")[0],
            "alternateTitles": [],
            "secondaryYearSourceId": 0,
            "sortTitle": self.title.lower(),
            "sizeOnDisk": 0,
            "status": "released",
            "overview": self.overview,
            "inCinemas": f"{self.year}-03-01T00:00:00Z",
            "images": [
                {"coverType": "poster", "remoteUrl": self.poster_url},
                {"coverType": "fanart", "remoteUrl": self._picture_url("fanart")},
            ],
            "website": "",
            "year": self.year,
            "youTubeTrailerId": "",
            "studio": "",
            "path": self.folder,
            "qualityProfileId": 1,
            "hasFile": False,
            "movieFileId": 0,
            "monitored": self.is_monitored,
            "minimumAvailability": "released",
            "isAvailable": True,
            "folderName": self.folder,
            "runtime": 100,
            "cleanTitle": "".join(filter(str.isalnum, self.title.lower())),
            "tmdbId": 1000 + self.id,
            "titleSlug": str(1000 + self.id),
            "rootFolderPath": self.root_folder,
            "genres": ["Drama"],
            "tags": [tag_ids[label] for label in self.tags],
            "added": _ADDED,
            "ratings": {"tmdb": {"votes": 1200, "value": 7.6, "type": "user"}},
            "popularity": 12.5,
            "id": self.id,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A series in Sonarr's library; `episode_counts` holds the episodes of season 1, 2, …"""

    id: int
    title: str
    year: int
    episode_counts: tuple[int, ...]
    tags: tuple[str, ...] = ()
    overview: str = "A series that people come back to, and for good reason."
    is_monitored: bool = True
    unmonitored_episodes: frozenset[tuple[int, int]] = frozenset()
    """Pairs of season and number."""
    root_folder: str = "/data/media/tv"

    @property
    def folder(self) -> str:
        """Where its seasons belong."""
        return f"{self.root_folder}/{self.title}"

    @property
    def poster_url(self) -> str:
        """Where its poster would be."""
        return self._picture_url("poster", "posters")

    def _picture_url(self, cover: str, folder: str) -> str:
        name = _token(f"{cover}{self.title}")[:13]
        return f"https://artworks.thetvdb.com/banners/v4/series/{300_000 + self.id}/{folder}/{name}.jpg"

    def resource(self, tag_ids: dict[str, int]) -> JsonObject:
        """Return the wire's series."""
        slug = "".join(letter if letter.isalnum() else "-" for letter in self.title.lower())
        return {
            "title": self.title,
            "alternateTitles": [],
            "sortTitle": self.title.lower(),
            "status": "continuing",
            "ended": False,
            "overview": self.overview,
            "network": "Public Television",
            "airTime": "20:00",
            "images": [
                {"coverType": "banner", "remoteUrl": self._picture_url("banner", "banners")},
                {"coverType": "poster", "remoteUrl": self.poster_url},
                {"coverType": "fanart", "remoteUrl": self._picture_url("fanart", "backgrounds")},
            ],
            "originalLanguage": languages_resource("English")[0],
            "seasons": [
                {"seasonNumber": number, "monitored": number > 0}
                for number in range(len(self.episode_counts) + 1)
            ],
            "year": self.year,
            "path": self.folder,
            "qualityProfileId": 1,
            "seasonFolder": True,
            "monitored": self.is_monitored,
            "monitorNewItems": "all",
            "useSceneNumbering": False,
            "runtime": 45,
            "tvdbId": 300_000 + self.id,
            "tvRageId": 0,
            "tvMazeId": 0,
            "tmdbId": 0,
            "firstAired": f"{self.year}-01-10T00:00:00Z",
            "seriesType": "standard",
            "cleanTitle": "".join(filter(str.isalnum, self.title.lower())),
            "titleSlug": slug,
            "rootFolderPath": self.root_folder,
            "genres": ["Drama"],
            "tags": [tag_ids[label] for label in self.tags],
            "added": _ADDED,
            "ratings": {"votes": 800, "value": 7.9},
            "languageProfileId": 1,
            "id": self.id,
        }

    def episode_id(self, season: int, number: int) -> int:
        """Return the id of an episode in this simulated library."""
        return self.id * 100_000 + season * 1_000 + number

    def episode(self, season: int, number: int) -> JsonObject:
        """Return the wire's episode."""
        aired = datetime(self.year + season - 1, 1, 10, 20, tzinfo=UTC) + timedelta(weeks=number - 1)
        resource: JsonObject = {
            "seriesId": self.id,
            "tvdbId": 9_000_000 + self.episode_id(season, number),
            "episodeFileId": 0,
            "seasonNumber": season,
            "episodeNumber": number,
            "title": f"Chapter {number}",
            "airDate": f"{aired:%Y-%m-%d}",
            "airDateUtc": utc_text(aired),
            "runtime": 45,
            "overview": "Things go wrong, and then a little less wrong.",
            "hasFile": False,
            "monitored": (season, number) not in self.unmonitored_episodes,
            "absoluteEpisodeNumber": number,
            "unverifiedSceneNumbering": False,
            "id": self.episode_id(season, number),
        }
        if season <= len(self.episode_counts) and number == self.episode_counts[season - 1]:
            resource["finaleType"] = "season"
        return resource

    def episodes(self) -> list[JsonObject]:
        """Return every episode of every season."""
        return [
            self.episode(season, number)
            for season, count in enumerate(self.episode_counts, start=1)
            for number in range(1, count + 1)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodesOf:
    """Some episodes of one season: what a download of Sonarr is for."""

    series: Series
    season: int
    numbers: tuple[int, ...]
    """Empty: the app knows the series, but no episode."""


def whole_season(series: Series, season: int) -> EpisodesOf:
    """Return all episodes of a season, as a season pack holds them."""
    count = series.episode_counts[season - 1]
    return EpisodesOf(series=series, season=season, numbers=tuple(range(1, count + 1)))


def media_ids(media: Movie | EpisodesOf | None) -> list[JsonObject]:
    """Return the ids by which rows name what a download brings: one set per movie or episode."""
    if isinstance(media, EpisodesOf):
        return [
            {
                "seriesId": media.series.id,
                "episodeId": media.series.episode_id(media.season, number),
                "seasonNumber": media.season,
            }
            for number in media.numbers
        ]
    return [] if media is None else [{"movieId": media.id}]


def _token(seed: str) -> str:
    """Return what stands for the name of a picture: letters and digits, the same for the same seed."""
    return hashlib.sha256(seed.encode()).hexdigest()[:27]
