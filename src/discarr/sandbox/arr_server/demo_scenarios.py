"""What the demo's three instances have and download: a dozen downloads that never run dry."""

from dataclasses import replace

from discarr.core.models import InstanceKind, Protocol
from discarr.sandbox.arr_server.library import (
    BLURAY_2160P,
    WEBDL_720P,
    WEBDL_1080P,
    WEBDL_2160P,
    EpisodesOf,
    Movie,
    Quality,
    Series,
    whole_season,
)
from discarr.sandbox.arr_server.scenario import (
    Ending,
    HealthLine,
    Phase,
    Scenario,
    ScriptedDownload,
    Step,
    Volume,
    already,
    downloading,
    rotation,
    troubled,
    waiting,
)
from discarr.sandbox.arr_server.timeline import Course

_GB = 1_000_000_000
_TB = 1000 * _GB
_MINUTE = 60.0
_NEWS_EVERY_S = 15 * _MINUTE
"""How often what is told happens again."""


def _fetched(lasts_s: float, *, unpacking_s: float = 0.0) -> tuple[Phase, ...]:
    """Return the phases of a download that goes well."""
    unpacking = (waiting(Step.UNPACKING, unpacking_s),) if unpacking_s else ()
    return (
        waiting(Step.QUEUED, 20),
        downloading(lasts_s),
        *unpacking,
        waiting(Step.WAITING_FOR_IMPORT, 15),
        waiting(Step.IMPORTING, 15),
    )


def _imported(script: ScriptedDownload, *, ago_s: float) -> ScriptedDownload:
    """Return a download that was imported before the demo began: only the history knows it."""
    phases = (already(1.0), waiting(Step.IMPORTING, 30))
    return replace(script, phases=phases, starts_at_s=-ago_s - 30)


def _movie_download(
    movie: Movie,
    phases: tuple[Phase, ...],
    *,
    size_bytes: int,
    starts_at_s: float = 0.0,
    quality: Quality = WEBDL_1080P,
    protocol: Protocol = Protocol.USENET,
) -> ScriptedDownload:
    name = movie.title.replace(":", "").replace(" ", ".")
    return ScriptedDownload(
        release=f"{name}.{movie.year}.{quality.resolution}p.{quality.name.split('-')[0]}.H.264-DISCARR",
        size_bytes=size_bytes,
        phases=phases,
        media=movie,
        starts_at_s=starts_at_s,
        quality=quality,
        protocol=protocol,
    )


def movies() -> Scenario:
    """Return the instance "Movies"."""
    metropolis = Movie(id=1, title="Metropolis", year=1927)
    charade = Movie(id=2, title="Charade", year=1963)
    general = Movie(id=3, title="The General", year=1926)
    nosferatu = Movie(id=4, title="Nosferatu", year=1922)
    arrival = Movie(id=5, title="Arrival", year=2016)
    girl_friday = Movie(id=6, title="His Girl Friday", year=1940)
    sintel = Movie(id=7, title="Sintel", year=2010)
    trip = Movie(id=8, title="A Trip to the Moon", year=1902, tags=("family",))
    bunny = Movie(id=9, title="Big Buck Bunny", year=2008)
    sita = Movie(id=10, title="Sita Sings the Blues", year=2008)
    usenet = rotation(
        _movie_download(metropolis, _fetched(460, unpacking_s=60), size_bytes=9 * _GB, starts_at_s=-180),
        _movie_download(charade, _fetched(400, unpacking_s=45), size_bytes=7 * _GB),
        _movie_download(general, _fetched(300, unpacking_s=40), size_bytes=4 * _GB),
        every_s=5 * _MINUTE,
    )
    torrents = rotation(
        _movie_download(
            sintel, _fetched(540), size_bytes=3 * _GB, starts_at_s=-60, protocol=Protocol.TORRENT
        ),
        _movie_download(trip, _fetched(240), size_bytes=1_400_000_000, protocol=Protocol.TORRENT),
        every_s=6 * _MINUTE,
    )
    delayed = _movie_download(
        girl_friday,
        (waiting(Step.DELAYED, 180), *_fetched(260, unpacking_s=30)),
        size_bytes=6 * _GB,
        starts_at_s=-30,
    )
    refused = _movie_download(
        nosferatu,
        (already(1.0), troubled("not an upgrade")),
        size_bytes=2_700_000_000,
        starts_at_s=-40 * _MINUTE,
        quality=WEBDL_720P,
    )
    paused = _movie_download(
        arrival,
        (already(0.4), waiting(Step.PAUSED)),
        size_bytes=12 * _GB,
        starts_at_s=-95 * _MINUTE,
        protocol=Protocol.TORRENT,
    )
    mistaken = _movie_download(
        sita, (downloading(25), troubled("title mismatch", 8 * _MINUTE)), size_bytes=3 * _GB, starts_at_s=5
    )
    return Scenario(
        kind=InstanceKind.RADARR,
        downloads=(
            *usenet,
            *torrents,
            *rotation(delayed, every_s=12 * _MINUTE),
            *rotation(mistaken, every_s=_NEWS_EVERY_S),
            refused,
            paused,
            _imported(_movie_download(bunny, (), size_bytes=5 * _GB), ago_s=48 * _MINUTE),
        ),
        volumes=(Volume(path="/data", free_bytes=4_100 * _GB, total_bytes=16 * _TB, label="Media"),),
        root_folders=("/data/media/movies",),
        health=(
            HealthLine(
                source="IndexerStatusCheck",
                level="warning",
                message="Indexers unavailable due to failures: Linux Tracker (Prowlarr)",
            ),
        ),
    )


def movies_4k() -> Scenario:
    """Return the instance "4K", which is away now and then."""
    dune = Movie(id=1, title="Dune: Part Two", year=2024)
    robot = Movie(id=2, title="Tears of Steel", year=2012)
    living_dead = Movie(id=3, title="Night of the Living Dead", year=1968)
    return Scenario(
        kind=InstanceKind.RADARR,
        downloads=(
            *rotation(
                _movie_download(
                    dune,
                    _fetched(840, unpacking_s=90),
                    size_bytes=48 * _GB,
                    starts_at_s=-500,
                    quality=WEBDL_2160P,
                ),
                _movie_download(robot, _fetched(500), size_bytes=11 * _GB, quality=WEBDL_2160P),
                every_s=10 * _MINUTE,
            ),
            _movie_download(
                living_dead,
                (already(0.72), troubled("stalled")),
                size_bytes=61 * _GB,
                starts_at_s=-5 * 60 * _MINUTE,
                quality=BLURAY_2160P,
                protocol=Protocol.TORRENT,
            ),
        ),
        volumes=(Volume(path="/data", free_bytes=1_900 * _GB, total_bytes=8 * _TB),),
        root_folders=("/data/media/movies",),
    )


def television() -> Scenario:
    """Return the instance "TV"."""
    devs = Series(id=1, title="Devs", year=2020, episode_counts=(8,))
    magnus = Series(id=2, title="Magnus", year=2019, episode_counts=(10,))
    therapy = Series(id=3, title="Couples Therapy", year=2019, episode_counts=(9, 18, 18, 18))
    island = Series(id=4, title="Love Island", year=2015, episode_counts=(30,) * 11)
    duty = Series(id=5, title="Jury Duty", year=2023, episode_counts=(8,))
    pioneer = Series(id=6, title="Pioneer One", year=2010, episode_counts=(6,))
    laundromat = Series(id=8, title="Cosmos Laundromat", year=2015, episode_counts=(2,))
    caminandes = Series(id=7, title="Caminandes", year=2013, episode_counts=(3,), tags=("family",))
    detective = Series(id=9, title="Dixon of Dock Green", year=1955, episode_counts=(9,))
    filling_up = Course(
        points=((0, 812 * _GB), (200, 812 * _GB), (260, 9 * _GB), (520, 9 * _GB), (580, 812 * _GB)),
        every_s=_NEWS_EVERY_S,
    )

    def download(
        media: EpisodesOf,
        phases: tuple[Phase, ...],
        *,
        size_bytes: int,
        starts_at_s: float = 0.0,
        protocol: Protocol = Protocol.USENET,
        ending: Ending = Ending.IMPORTED,
    ) -> ScriptedDownload:
        number = f"S{media.season:02d}" + (f"E{media.numbers[0]:02d}" if len(media.numbers) == 1 else "")
        return ScriptedDownload(
            release=f"{media.series.title.replace(' ', '.')}.{number}.1080p.WEB-DL.H.264-DISCARR",
            size_bytes=size_bytes,
            phases=phases,
            media=media,
            starts_at_s=starts_at_s,
            protocol=protocol,
            ending=ending,
        )

    def island_episode(number: int, starts_at_s: float = 0.0) -> ScriptedDownload:
        media = EpisodesOf(series=island, season=11, numbers=(number,))
        phases = _fetched(110, unpacking_s=70)
        return download(media, phases, size_bytes=2_172_680_929, starts_at_s=starts_at_s)

    def of_the_night(number: int) -> ScriptedDownload:
        media = EpisodesOf(series=detective, season=1, numbers=(number,))
        phases = (waiting(Step.QUEUED, 10), downloading(40), waiting(Step.IMPORTING, 8))
        return download(media, phases, size_bytes=640_000_000, starts_at_s=100 + 3.0 * number)

    failing = (waiting(Step.QUEUED, 20), downloading(150, until=0.93), troubled("incomplete", 40))
    return Scenario(
        kind=InstanceKind.SONARR,
        downloads=(
            *rotation(
                *(island_episode(number, starts_at_s=-150) for number in range(24, 31)), every_s=3 * _MINUTE
            ),
            *rotation(
                download(whole_season(therapy, 4), _fetched(600), size_bytes=18 * _GB, starts_at_s=-140,
                         protocol=Protocol.TORRENT),
                download(whole_season(pioneer, 1), _fetched(420), size_bytes=5 * _GB,
                         protocol=Protocol.TORRENT),
                every_s=8 * _MINUTE,
            ),
            *rotation(
                download(whole_season(duty, 1), _fetched(330, unpacking_s=60), size_bytes=8 * _GB,
                         starts_at_s=-30),
                download(EpisodesOf(series=caminandes, season=1, numbers=(3,)), failing,
                         size_bytes=700_000_000, ending=Ending.FAILED),
                every_s=7 * _MINUTE,
            ),
            *(
                replace(of_the_night(number), repeats_every_s=_NEWS_EVERY_S) for number in range(1, 10)
            ),
            download(whole_season(devs, 1), (already(1.0), troubled("no eligible files")),
                     size_bytes=22_287_496_486, starts_at_s=-130 * _MINUTE),
            download(whole_season(magnus, 1), (already(0.31), troubled("stalled")),
                     size_bytes=3_233_111_999, starts_at_s=-185 * _MINUTE, protocol=Protocol.TORRENT),
            _imported(download(whole_season(laundromat, 1), (), size_bytes=2 * _GB), ago_s=25 * _MINUTE),
        ),
        volumes=(
            Volume(path="/data", free_bytes=812 * _GB, total_bytes=8 * _TB, label="TV", course=filling_up),
        ),
        root_folders=("/data/media/tv",),
    )  # fmt: skip


def demo_media() -> list[Movie | Series]:
    """Return everything that the three instances have in their libraries."""
    return [item for make in (movies, movies_4k, television) for item in make().media.values()]
