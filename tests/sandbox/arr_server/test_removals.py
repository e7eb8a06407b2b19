"""What becomes of removed downloads."""

from dataclasses import replace
from typing import Any

import pytest

from discarr.core.models import Protocol
from discarr.sandbox.arr_server.download_clients import QBITTORRENT, SABNZBD, OnRemoval
from discarr.sandbox.arr_server.scenario import (
    Ending,
    Scenario,
    Step,
    already,
    downloading,
    troubled,
    waiting,
)
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from discarr.sandbox.arr_server.source import ClientRefusal, Removal
from tests.sandbox.arr_server.world import (
    AMELIE,
    after,
    begun,
    events_of,
    movie_download,
    pack,
    radarr,
    sonarr,
)

IGNORING = Removal(remove_from_client=False)
BLOCKLISTING = Removal(blocklist=True)
CHANGING_CATEGORY = Removal(remove_from_client=False, change_category=True)
INSTEAD = movie_download(name="instead")


def _row(source: ScenarioSource, seconds: float = 0) -> dict[str, Any]:
    row, *_ = source.rows(after(seconds))
    return row


def _with_client(on_removal: OnRemoval) -> Scenario:
    client = replace(SABNZBD, on_removal=on_removal)
    return replace(radarr(movie_download()), clients=(client, QBITTORRENT))


@pytest.mark.parametrize(
    ("removal", "events"),
    [
        (Removal(), ["grabbed"]),
        (BLOCKLISTING, ["grabbed", "downloadFailed"]),
        (IGNORING, ["grabbed", "downloadIgnored"]),
        (Removal(remove_from_client=False, blocklist=True), ["grabbed", "downloadFailed"]),
        (CHANGING_CATEGORY, ["grabbed"]),
    ],
)
def test_a_removed_download_is_gone_for_good(removal: Removal, events: list[str]) -> None:
    source = begun(radarr(movie_download()))
    row = _row(source, 60)

    source.remove(row, removal, after(60))

    assert source.rows(after(60)) == []
    assert source.rows(after(61)) == []
    assert events_of(source.history(after(300))) == events


def test_a_release_is_blocklisted_only_when_that_was_asked_for() -> None:
    source = begun(sonarr(pack(), pack(protocol=Protocol.TORRENT)))
    source.advance(after(5))
    usenet, torrent = _row(source, 5), source.rows(after(5))[8]

    source.remove(usenet, BLOCKLISTING, after(5))
    source.remove(torrent, Removal(), after(5))

    (entry,) = source.blocklist()
    assert (entry["sourceTitle"], entry["protocol"]) == ("Devs.S01.1080p.WEB-DL", "usenet")
    assert len(entry["episodeIds"]) == 8
    assert entry["message"] == "Manually marked as failed"


@pytest.mark.parametrize(
    ("removal", "titles"),
    [
        (BLOCKLISTING, ["instead"]),
        (Removal(blocklist=True, skip_redownload=True), []),
        (Removal(), []),
    ],
)
def test_after_a_blocklisting_the_app_searches_again(removal: Removal, titles: list[str]) -> None:
    source = begun(radarr(movie_download(replacement=INSTEAD)))
    row = _row(source, 20)

    source.remove(row, removal, after(20))
    rows = source.rows(after(26))

    assert [row["title"] for row in rows] == titles
    assert row["downloadId"] not in {row["downloadId"] for row in rows}
    assert len(source.history(after(26))) == 1 + removal.blocklist + len(titles)


def test_removing_one_episode_removes_the_pack_and_writes_a_row_for_each() -> None:
    source = begun(sonarr(pack()))

    source.remove(source.rows(after(5))[3], BLOCKLISTING, after(5))

    assert source.rows(after(5)) == []
    assert events_of(source.history(after(5))) == ["grabbed"] * 8 + ["downloadFailed"] * 8


@pytest.mark.parametrize("removal", [IGNORING, BLOCKLISTING, Removal()])
def test_what_was_not_grabbed_leaves_no_trace(removal: Removal) -> None:
    source = begun(radarr(movie_download(waiting(Step.QUEUED), media=None)))

    source.remove(_row(source), removal, after(0))

    assert source.history(after(10)) == []
    assert source.blocklist() == []


def test_ignoring_an_unknown_item_lasts_until_the_next_refresh() -> None:
    source = begun(radarr(movie_download(waiting(Step.QUEUED), media=None)))

    source.remove(_row(source), IGNORING, after(0))

    assert source.rows(after(0)) == []
    assert len(source.rows(after(1))) == 1


def test_a_client_that_only_pretends_shows_the_download_again() -> None:
    source = begun(_with_client(OnRemoval.PRETENDS))

    source.remove(_row(source, 20), Removal(), after(20))

    assert source.rows(after(20)) == []
    assert len(source.rows(after(21))) == 1


@pytest.mark.parametrize(("on_removal", "status"), [(OnRemoval.FAILS, 500), (OnRemoval.IS_MISSING, 400)])
def test_a_client_that_refuses_changes_nothing(on_removal: OnRemoval, status: int) -> None:
    source = begun(_with_client(on_removal))

    with pytest.raises(ClientRefusal) as refusal:
        source.remove(_row(source, 20), BLOCKLISTING, after(20))

    assert refusal.value.status == status
    assert len(source.rows(after(20))) == 1
    assert events_of(source.history(after(20))) == ["grabbed"]


def test_a_client_is_not_asked_when_the_data_is_to_stay() -> None:
    source = begun(_with_client(OnRemoval.FAILS))

    source.remove(_row(source, 20), IGNORING, after(20))

    assert source.rows(after(20)) == []


def test_what_has_left_the_queue_meanwhile_is_left_alone() -> None:
    source = begun(radarr(movie_download()))
    row = _row(source, 139)

    source.remove(row, BLOCKLISTING, after(150))

    assert events_of(source.history(after(150))) == ["grabbed", "downloadFolderImported"]


def test_with_a_pending_release_all_others_of_the_same_title_go() -> None:
    pending = waiting(Step.DELAYED, 600)
    source = begun(
        radarr(
            movie_download(pending, name="one"),
            movie_download(pending, name="two"),
            movie_download(pending, name="another movie", media=AMELIE),
            movie_download(name="running"),
        )
    )

    source.remove(_row(source, 10), BLOCKLISTING, after(10))

    assert [row["title"] for row in source.rows(after(10))] == ["another movie", "running"]
    assert [entry["sourceTitle"] for entry in source.blocklist()] == ["one", "two"]
    assert events_of(source.history(after(10))) == ["grabbed"]


def test_an_unknown_pending_release_cannot_be_blocklisted() -> None:
    source = begun(radarr(movie_download(waiting(Step.DELAYED, 600), media=None)))

    source.remove(_row(source, 10), BLOCKLISTING, after(10))

    assert source.rows(after(10)) == []
    assert source.blocklist() == []


def test_a_download_that_failed_is_blocklisted_and_grabbed_again_by_itself() -> None:
    failing = movie_download(
        downloading(20, until=0.9), troubled("incomplete", 10), ending=Ending.FAILED, replacement=INSTEAD
    )
    source = begun(radarr(failing))

    history = source.history(after(400))

    assert events_of(history) == ["grabbed", "downloadFailed", "grabbed", "downloadFolderImported"]
    assert history[1]["data"]["message"] == "Aborted, cannot be completed - https://sabnzbd.org/not-complete"
    assert history[1]["downloadId"] == history[0]["downloadId"] != history[2]["downloadId"]
    assert [entry["sourceTitle"] for entry in source.blocklist()] == [failing.release]


def test_a_removed_download_does_not_fail_afterwards() -> None:
    failing = movie_download(
        already(0.5), waiting(Step.SILENT, 60), ending=Ending.FAILED, replacement=INSTEAD
    )
    source = begun(radarr(failing))

    source.remove(_row(source, 10), Removal(), after(10))

    assert events_of(source.history(after(400))) == ["grabbed"]
