"""The library as it is at the moment: movies, series and episodes with the files they have."""

from collections.abc import Mapping
from datetime import UTC, datetime

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.json_format import JsonObject, utc_text
from discarr.sandbox.arr_server.library import Quality, Series, languages_resource, media_ids
from discarr.sandbox.arr_server.scenario import Scenario

_LONG_AGO = datetime(2024, 3, 2, 21, 15, tzinfo=UTC)


class Shelf:
    """The library of one instance.

    A movie or an episode is named by its ids, as rows name it: `movieId`, or `seriesId` and `episodeId`.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._kind = scenario.kind
        items = list(scenario.media.values())
        self.media = {item.id: item.resource(scenario.tag_ids) for item in items}
        self.episodes: dict[int, JsonObject] = {
            episode["id"]: episode
            for item in items
            if isinstance(item, Series)
            for episode in item.episodes()
        }
        self._files: dict[int, JsonObject] = {}
        self._file_count = 0

    def file_of(self, ids: Mapping[str, int]) -> JsonObject | None:
        """Return the file that a movie or an episode has."""
        return self._files.get(self._key(ids))

    def has(self, ids: Mapping[str, int]) -> bool:
        """Whether the library holds the movie or the episode, with or without a file."""
        return self._key(ids) in (self.episodes if self._is_sonarr else self.media)

    def path_for(self, ids: Mapping[str, int], name: str) -> str:
        """Return where a file of that name belongs."""
        if not self._is_sonarr:
            return f"{self.media[ids['movieId']]['path']}/{name}"
        season = self.episodes[ids["episodeId"]]["seasonNumber"]
        return f"{self.media[ids['seriesId']]['path']}/Season {season}/{name}"

    def put(
        self, ids: Mapping[str, int], *, name: str, size_bytes: int, quality: JsonObject, at: datetime
    ) -> JsonObject:
        """Give a movie or an episode a file, instead of the one it has, and return it."""
        self._file_count += 1
        file: JsonObject = {
            **{key: value for key, value in ids.items() if key != "episodeId"},
            "relativePath": name,
            "path": self.path_for(ids, name),
            "size": size_bytes,
            "dateAdded": utc_text(at),
            "languages": languages_resource("English"),
            "quality": quality,
            "id": self._file_count,
        }
        self._files[self._key(ids)] = file
        self._show(ids, file)
        return file

    def drop(self, ids: Mapping[str, int]) -> None:
        """Let a movie or an episode have no file."""
        if self._files.pop(self._key(ids), None) is not None:
            self._show(ids, None)

    @property
    def _is_sonarr(self) -> bool:
        return self._kind is InstanceKind.SONARR

    def _key(self, ids: Mapping[str, int]) -> int:
        return ids["episodeId" if self._is_sonarr else "movieId"]

    def _show(self, ids: Mapping[str, int], file: JsonObject | None) -> None:
        key = self._key(ids)
        file_id = 0 if file is None else file["id"]
        if self._is_sonarr:
            self.episodes[key] |= {"hasFile": file is not None, "episodeFileId": file_id}
            return
        movie = self.media[key]
        movie |= {
            "hasFile": file is not None,
            "movieFileId": file_id,
            "sizeOnDisk": 0 if file is None else file["size"],
        }
        movie.pop("movieFile", None)
        if file is not None:
            movie["movieFile"] = file


def stocked_shelf(scenario: Scenario) -> Shelf:
    """Return a library as it is when a scenario begins: what is to be replaced is there."""
    shelf = Shelf(scenario)
    seen: set[tuple[int, ...]] = set()
    for script in sorted(scenario.downloads, key=lambda script: script.starts_at_s):
        for ids in media_ids(script.media):
            key = tuple(ids.values())
            if key not in seen and script.replaces is not None:
                _put_older(shelf, ids, script.replaces, script.size_bytes // 2)
            seen.add(key)
    return shelf


def _put_older(shelf: Shelf, ids: JsonObject, quality: Quality, size_bytes: int) -> None:
    kind = InstanceKind.SONARR if "seriesId" in ids else InstanceKind.RADARR
    title = shelf.media[ids["seriesId"] if "seriesId" in ids else ids["movieId"]]["title"]
    name = f"{title} {quality.name}.mkv"
    shelf.put(ids, name=name, size_bytes=size_bytes, quality=quality.resource(kind), at=_LONG_AGO)
