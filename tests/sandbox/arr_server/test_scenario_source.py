"""A scenario as an instance sees it: rows, history and what people do to it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from discarr.sandbox.arr_server.history_rows import INDEXER_KEY
from discarr.sandbox.arr_server.problems import PROBLEMS
from discarr.sandbox.arr_server.scenario import (
    Ending,
    Scenario,
    ScriptedDownload,
    Step,
    already,
    downloading,
    troubled,
    waiting,
)
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from discarr.sandbox.arr_server.source import Removal
from tests.fakes.clock import START
from tests.sandbox.arr_server.world import movie_download, one_of_each, pack, radarr, sonarr


def _begun(scenario: Scenario, *, speed: float = 1.0) -> ScenarioSource:
    source = ScenarioSource(scenario=scenario, speed=speed)
    source.begin(START)
    return source


def _after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def _row(source: ScenarioSource, seconds: float = 0) -> dict[str, Any]:
    (row,) = source.rows(_after(seconds))
    return row


def test_a_row_tells_what_is_left_and_when_it_will_be_there() -> None:
    row = _row(_begun(radarr(movie_download())), 60)

    assert (row["size"], row["sizeleft"]) == (1_000_000, 500_000)
    assert row["timeleft"] == "00:00:50"
    assert row["estimatedCompletionTime"] == "2026-01-02T20:48:50Z"
    assert row["added"] == "2026-01-02T20:47:00Z"
    assert row["movieId"] == 1


def test_speed_shortens_downloads_and_keeps_wall_times_true() -> None:
    row = _row(_begun(radarr(movie_download(starts_at_s=-100)), speed=10), 0)

    assert row["timeleft"] == "00:00:01"
    assert row["added"] == "2026-01-02T20:46:50Z"


@pytest.mark.parametrize(
    ("name", "looks"),
    [
        ("running", ("queued", "ok", "downloading")),
        ("delayed", ("delay", None, None)),
        ("silent", ("downloading", "ok", "downloading")),
        ("paused", ("paused", "ok", "downloading")),
        ("unpacking", ("downloading", "ok", "downloading")),
        ("waiting for import", ("completed", "ok", "importPending")),
        ("importing", ("completed", "ok", "importing")),
        ("refused", ("completed", "warning", "importPending")),
        ("stalled", ("warning", "ok", "downloading")),
        ("unknown", ("completed", "warning", "downloading")),
    ],
)
def test_each_step_has_the_words_of_the_apps(name: str, looks: tuple[str | None, ...]) -> None:
    rows = {row["title"]: row for row in _begun(one_of_each()).rows(START)}

    row = rows[name]

    assert (row["status"], row.get("trackedDownloadStatus"), row.get("trackedDownloadState")) == looks


def test_unpacking_is_downloading_with_nothing_left() -> None:
    row = _row(_begun(radarr(movie_download())), 115)

    assert (row["status"], row["sizeleft"], row["timeleft"]) == ("downloading", 0, "00:00:00")


def test_a_pending_release_has_no_download_id_and_counts_down() -> None:
    row = _row(_begun(radarr(movie_download(waiting(Step.DELAYED, 90), downloading(10)))), 30)

    assert "downloadId" not in row
    assert "statusMessages" not in row
    assert row["timeleft"] == "00:01:00"


def test_a_pack_is_a_row_per_episode_each_with_the_whole_size() -> None:
    rows = _begun(sonarr(pack())).rows(START)

    assert len(rows) == 8
    assert {row["size"] for row in rows} == {8_000_000}
    assert len({row["downloadId"] for row in rows}) == 1
    assert len({row["id"] for row in rows}) == 8


def test_an_unknown_item_names_no_movie() -> None:
    row = _row(_begun(radarr(movie_download(waiting(Step.QUEUED), media=None))))

    assert "movieId" not in row
    assert "added" not in row
    assert row["languages"] == [{"id": 0, "name": "Unknown"}]


@pytest.mark.parametrize("name", sorted(PROBLEMS))
def test_every_problem_can_be_shown(name: str) -> None:
    row = _row(_begun(radarr(movie_download(already(1.0), troubled(name)))))

    problem = PROBLEMS[name]
    assert row["trackedDownloadState"] == problem.tracked_state
    assert row.get("errorMessage") == problem.error_message
    assert bool(row["statusMessages"]) == bool(problem.message or problem.header)
    assert not any("{" in text for entry in row["statusMessages"] for text in entry["messages"])


def test_a_rejection_of_a_pack_names_each_file() -> None:
    rows = _begun(sonarr(pack(already(1.0), troubled("sample")))).rows(START)

    header, *files = rows[0]["statusMessages"]
    assert header["messages"] == []
    assert len(files) == 8
    assert {file["messages"][0] for file in files} == {"Sample"}


def test_history_tells_the_grab_and_the_import_once() -> None:
    source = _begun(radarr(movie_download()))

    early = source.history(_after(1))
    late = source.history(_after(200))

    assert [row["eventType"] for row in early] == ["grabbed"]
    assert [row["eventType"] for row in late] == ["grabbed", "downloadFolderImported"]
    assert [row["id"] for row in late] == [1, 2]
    assert late[1]["date"] == "2026-01-02T20:49:20Z"
    assert INDEXER_KEY in late[0]["data"]["downloadUrl"]


@pytest.mark.parametrize(
    ("ending", "events"),
    [(Ending.FAILED, ["grabbed", "downloadFailed"]), (Ending.VANISHED, ["grabbed"])],
)
def test_history_tells_how_it_ended(ending: Ending, events: list[str]) -> None:
    source = _begun(radarr(movie_download(ending=ending)))

    assert [row["eventType"] for row in source.history(_after(200))] == events


def test_history_knows_nothing_of_unknown_items() -> None:
    source = _begun(radarr(movie_download(media=None)))

    assert source.history(_after(200)) == []


def test_history_of_a_pack_has_a_row_per_episode() -> None:
    rows = _begun(sonarr(pack())).history(_after(200))

    assert len(rows) == 16
    assert {row["eventType"] for row in rows[8:]} == {"downloadFolderImported"}


def test_history_knows_what_happened_before_the_start() -> None:
    source = _begun(radarr(movie_download(already(1.0), waiting(Step.IMPORTING, 30), starts_at_s=-60)))

    assert [row["date"] for row in source.history(START)] == ["2026-01-02T20:46:00Z", "2026-01-02T20:46:30Z"]
    assert source.rows(START) == []


def test_repeated_downloads_go_into_history_again_and_again() -> None:
    source = _begun(radarr(movie_download(repeats_every_s=150.0)))

    for seconds in range(0, 610, 10):
        source.history(_after(seconds))

    events = [row["eventType"] for row in source.history(_after(610))]
    assert events == ["grabbed", "downloadFolderImported"] * 4 + ["grabbed"]


@pytest.mark.parametrize(
    ("removal", "events"),
    [
        (Removal(), ["grabbed"]),
        (Removal(blocklist=True), ["grabbed", "downloadFailed"]),
        (Removal(remove_from_client=False), ["grabbed", "downloadIgnored"]),
    ],
)
def test_a_removed_download_is_gone_for_good(removal: Removal, events: list[str]) -> None:
    source = _begun(radarr(movie_download()))
    row = _row(source, 60)

    source.remove(row, removal, _after(60))

    assert source.rows(_after(61)) == []
    assert [row["eventType"] for row in source.history(_after(300))] == events


def test_ignoring_an_unknown_item_does_not_stick() -> None:
    source = _begun(radarr(movie_download(waiting(Step.QUEUED), media=None)))

    source.remove(_row(source), Removal(remove_from_client=False), START)

    assert len(source.rows(_after(1))) == 1


def test_a_pending_release_grabbed_by_hand_starts_at_once() -> None:
    script: ScriptedDownload = movie_download(waiting(Step.DELAYED, 600), downloading(100))
    source = _begun(radarr(script))

    source.grab(_row(source, 50), _after(50))

    assert _row(source, 100)["sizeleft"] == 500_000
    assert source.history(_after(100))[0]["date"] == "2026-01-02T20:47:50Z"
