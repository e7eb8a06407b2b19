"""A scenario as an instance sees it."""

from dataclasses import replace
from typing import Any

import pytest

from discarr.core.models import InstanceKind, Protocol
from discarr.sandbox.arr_server.download_clients import QBITTORRENT, SABNZBD, DownloadClient
from discarr.sandbox.arr_server.library import WEBDL_720P
from discarr.sandbox.arr_server.scenario import (
    HealthLine,
    Scenario,
    ScriptedDownload,
    Step,
    Volume,
    already,
    downloading,
    importing,
    waiting,
)
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from discarr.sandbox.arr_server.timeline import Course, Window
from tests.sandbox.arr_server.world import (
    AMELIE,
    METROPOLIS,
    after,
    begun,
    movie_download,
    pack,
    radarr,
    sonarr,
)


def _row(source: ScenarioSource, seconds: float = 0) -> dict[str, Any]:
    (row,) = source.rows(after(seconds))
    return row


def test_speed_shortens_downloads_and_keeps_wall_times_true() -> None:
    row = _row(begun(radarr(movie_download(starts_at_s=-100)), speed=10), 0)

    assert row["timeleft"] == "00:00:01"
    assert row["added"] == "2026-01-02T20:46:50Z"


def test_a_pending_release_grabbed_by_hand_starts_at_once() -> None:
    script: ScriptedDownload = movie_download(waiting(Step.DELAYED, 600), downloading(100))
    source = begun(radarr(script))

    source.grab(_row(source, 50), after(50))

    assert _row(source, 100)["sizeleft"] == 500_000
    assert source.history(after(100))[0]["date"] == "2026-01-02T20:47:50Z"


def test_warnings_of_the_app_come_and_go() -> None:
    line = HealthLine(
        source="DownloadClientStatusCheck",
        level="error",
        message="Unavailable",
        window=Window(first_at_s=10, lasts_s=20),
    )
    source = begun(Scenario(kind=InstanceKind.RADARR, health=(line,)))

    assert [len(source.health_at(after(moment))) for moment in (0, 10, 29, 30)] == [0, 1, 1, 0]


def test_a_test_can_add_a_warning_of_its_own() -> None:
    source = begun(radarr())
    source.health.append({"source": "UpdateCheck", "type": "notice", "message": "New update", "wikiUrl": ""})

    assert [line["source"] for line in source.health_at(after(0))] == ["IndexerStatusCheck", "UpdateCheck"]


def test_a_disk_fills_and_is_emptied() -> None:
    course = Course(points=((0, 1_000), (100, 0), (110, 900)))
    volume = Volume(path="/data", free_bytes=1_000, total_bytes=2_000, course=course)
    scenario = Scenario(
        kind=InstanceKind.RADARR, volumes=(volume,), root_folders=("/data/media/movies", "/elsewhere")
    )
    source = begun(scenario)

    free = [source.disks_at(after(moment))[0]["freeSpace"] for moment in (0, 50, 100, 200)]
    folders = source.root_folders_at(after(50))

    assert free == [1_000, 500, 0, 900]
    assert [folder["freeSpace"] for folder in folders] == [500, None]


def test_the_version_changes_when_the_scenario_says_so() -> None:
    source = begun(Scenario(kind=InstanceKind.RADARR, versions=((10, "6.0.3"), (20, "6.1.0"))))

    assert [source.version_at(after(moment)) for moment in (0, 10, 25)] == [None, "6.0.3", "6.1.0"]


def test_downloads_are_missing_while_their_client_is_away() -> None:
    away = replace(QBITTORRENT, away=Window(first_at_s=10, lasts_s=20))
    torrent = movie_download(waiting(Step.QUEUED), protocol=Protocol.TORRENT, name="torrent")
    delayed = movie_download(waiting(Step.DELAYED, 600), protocol=Protocol.TORRENT, name="delayed")
    usenet = movie_download(waiting(Step.QUEUED), name="usenet")
    source = begun(replace(radarr(torrent, delayed, usenet), clients=(SABNZBD, away)))

    counts = [len(source.rows(after(moment))) for moment in (0, 10, 30)]
    left = {row["title"] for row in source.rows(after(15))}

    assert counts == [3, 2, 3]
    assert left == {"delayed", "usenet"}


def test_a_download_can_be_with_a_client_that_is_named() -> None:
    deluge = DownloadClient(id=3, name="Deluge", protocol=Protocol.TORRENT)
    script = movie_download(protocol=Protocol.TORRENT, client="Deluge")
    row = _row(begun(replace(radarr(script), clients=(QBITTORRENT, deluge))))

    assert (row["downloadClient"], row["downloadClientHasPostImportCategory"]) == ("Deluge", False)


def test_a_client_that_is_not_set_up_is_a_mistake_of_the_scenario() -> None:
    source = begun(radarr(movie_download(client="Deluge")))

    with pytest.raises(ValueError, match="Deluge"):
        source.rows(after(0))


def test_episodes_have_their_file_as_soon_as_they_are_imported() -> None:
    source = begun(sonarr(pack(already(1.0), importing(80))))

    counts = [sum(row["episodeHasFile"] for row in source.rows(after(moment))) for moment in (0, 15, 45, 79)]
    source.advance(after(45))
    of_library = [episode["hasFile"] for episode in source.episodes.values()]

    assert counts == [0, 1, 4, 7]
    assert of_library == [True] * 4 + [False] * 4


def test_an_upgrade_has_its_file_from_the_beginning() -> None:
    source = begun(radarr(movie_download(replaces=WEBDL_720P)))
    movie = source.media[METROPOLIS.id]

    assert movie["hasFile"]
    assert movie["movieFile"]["quality"]["quality"]["name"] == "WEBDL-720p"


def test_a_restored_database_gives_ids_again() -> None:
    source = begun(radarr(movie_download(), movie_download(name="later", media=AMELIE, starts_at_s=150)))
    before = source.history(after(145))

    source.restore(after(50), after(145))
    later = source.history(after(160))

    assert [(row["id"], row["eventType"]) for row in before] == [
        (1, "grabbed"),
        (2, "downloadFolderImported"),
    ]
    assert [(row["id"], row["sourceTitle"]) for row in later] == [
        (1, "Metropolis.1927.1080p.WEB-DL"),
        (2, "later"),
    ]
