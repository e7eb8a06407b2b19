"""How a scenario goes on."""

from discarr.sandbox.arr_server.library import WEBDL_720P
from discarr.sandbox.arr_server.scenario import (
    Ending,
    Step,
    already,
    waiting,
)
from tests.fakes.clock import START
from tests.sandbox.arr_server.world import (
    METROPOLIS,
    after,
    begun,
    events_of,
    movie_download,
    radarr,
)


def test_history_knows_what_happened_before_the_start() -> None:
    source = begun(radarr(movie_download(already(1.0), waiting(Step.IMPORTING, 30), starts_at_s=-60)))

    assert [row["date"] for row in source.history(START)] == ["2026-01-02T20:46:00Z", "2026-01-02T20:46:30Z"]
    assert source.rows(START) == []


def test_repeated_downloads_go_into_history_again_and_again() -> None:
    source = begun(radarr(movie_download(repeats_every_s=150.0)))

    for seconds in range(0, 610, 10):
        source.history(after(seconds))

    events = [row["eventType"] for row in source.history(after(610))]
    assert events == ["grabbed", "downloadFolderImported"] * 4 + ["grabbed"]


def test_history_is_the_same_however_often_one_looks() -> None:
    script = movie_download(ending=Ending.FAILED, replacement=movie_download(name="instead"))
    often, once = begun(radarr(script)), begun(radarr(script))

    for seconds in range(400):
        often.advance(after(seconds))

    assert often.history(after(400)) == once.history(after(400))


def test_what_is_grabbed_again_without_a_file_to_replace_was_deleted_meanwhile() -> None:
    source = begun(radarr(movie_download(repeats_every_s=150.0)))
    has_file = []
    for seconds in (145, 155, 295):
        source.advance(after(seconds))
        has_file.append(source.media[METROPOLIS.id]["hasFile"])

    assert has_file == [True, False, True]
    assert "movieFileDeleted" not in events_of(source.history(after(400)))


def test_only_the_first_download_of_a_title_says_whether_there_was_a_file() -> None:
    first = movie_download(name="first")
    better = movie_download(name="better", starts_at_s=200, replaces=WEBDL_720P)
    source = begun(radarr(better, first))

    assert not source.media[METROPOLIS.id]["hasFile"]
    assert events_of(source.history(after(400))) == [
        "grabbed",
        "downloadFolderImported",
        "grabbed",
        "movieFileDeleted",
        "downloadFolderImported",
    ]


def test_the_failure_of_what_was_not_grabbed_leaves_no_trace() -> None:
    source = begun(radarr(movie_download(media=None, ending=Ending.FAILED)))

    assert source.history(after(400)) == []
    assert source.blocklist() == []


def test_time_does_not_go_backwards() -> None:
    source = begun(radarr(movie_download()))

    late = source.history(after(200))
    early = source.history(after(100))

    assert early == late


def test_a_failing_download_is_replaced_in_each_repetition() -> None:
    instead = movie_download(already(1.0), waiting(Step.IMPORTING, 5), name="instead")
    failing = movie_download(
        already(0.5),
        waiting(Step.SILENT, 10),
        ending=Ending.FAILED,
        replacement=instead,
        repeats_every_s=50.0,
    )
    source = begun(radarr(failing))

    events = events_of(source.history(after(145)))

    assert events == ["grabbed", "downloadFailed", "grabbed", "downloadFolderImported"] * 3
