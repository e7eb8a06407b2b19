from dataclasses import replace
from datetime import timedelta
from typing import Any

from discarr.core.events import Ending
from discarr.core.models import Download, DownloadKey, HealthIssue, InstanceSnapshot
from discarr.monitoring.alerts.vanished import Vanished
from tests.factories import make_download, make_instance_snapshot
from tests.fakes.clock import START


def keyed(name: str, kind: Any = "d") -> Download:
    return make_download(key=DownloadKey("radarr", kind, name))


A, B, PENDING = keyed("A"), keyed("B"), keyed("9", "p")
CLIENT_AWAY = HealthIssue(source="DownloadClientStatusCheck", level="error", message="", wiki_url=None)


class Queue:
    """An instance whose queue is read again and again."""

    def __init__(self, *downloads: Download) -> None:
        self.vanished = Vanished()
        self.snapshot: InstanceSnapshot = make_instance_snapshot(downloads=downloads)
        self.looks = 0

    def look(self, *downloads: Download, expected: Any = (), **fields: Any) -> list[str]:
        self.looks += 1
        if downloads != self.snapshot.downloads:
            fields["downloads"] = downloads
        at = START + timedelta(seconds=self.looks)
        self.snapshot = replace(self.snapshot, fetched_at=at, **fields)
        return [item.key.id for item in self.vanished.look(self.snapshot, expected=expected)]


def test_what_the_history_explains_is_not_removed() -> None:
    queue = Queue(A, B)
    queue.look(A, B)
    queue.look(B)
    assert queue.vanished.is_anything_missing

    queue.vanished.note_history([(A.key, Ending.IMPORTED)])

    assert [queue.look(B) for _ in range(5)] == [[]] * 5
    assert queue.vanished.endings == {A.key: Ending.IMPORTED}
    assert not queue.vanished.is_anything_missing


def test_a_silent_history_and_two_later_looks_mean_removed() -> None:
    queue = Queue(A, B)
    queue.look(A, B)
    queue.look(B)
    queue.vanished.note_history([])

    assert queue.look(B) == []
    assert queue.look(B) == ["A"]
    assert queue.look(B) == []
    assert queue.vanished.endings == {A.key: Ending.REMOVED}


def test_without_a_word_of_the_history_nothing_is_removed() -> None:
    queue = Queue(A)
    queue.look(A)
    assert [queue.look() for _ in range(10)] == [[]] * 10
    queue.vanished.note_history([])
    assert queue.look() == ["A"]


def test_what_the_history_said_before_does_not_count() -> None:
    queue = Queue(A)
    queue.look(A)
    queue.vanished.note_history([])
    assert [queue.look() for _ in range(10)] == [[]] * 10


def test_a_client_that_is_away_explains_everything() -> None:
    queue = Queue(A)
    queue.look(A)
    queue.vanished.note_history([])
    assert [queue.look(health=(CLIENT_AWAY,)) for _ in range(5)] == [[]] * 5
    queue.vanished.note_history([])

    assert queue.look(A, health=()) == []
    assert not queue.vanished.is_anything_missing


def test_what_is_there_again_was_never_gone() -> None:
    queue = Queue(A)
    queue.look(A)
    queue.look()
    queue.look(A)
    queue.vanished.note_history([])
    assert [queue.look(A) for _ in range(4)] == [[]] * 4
    assert queue.vanished.endings == {}


def test_a_download_that_is_grabbed_again_begins_anew() -> None:
    queue = Queue(A)
    queue.look(A)
    queue.look()
    queue.vanished.note_history([(A.key, Ending.FAILED)])
    queue.look(A)
    assert queue.vanished.endings == {}


def test_pending_releases_just_go() -> None:
    queue = Queue(PENDING)
    queue.look(PENDING)
    queue.look()
    queue.vanished.note_history([])
    assert [queue.look() for _ in range(4)] == [[]] * 4
    assert not queue.vanished.is_anything_missing


def test_what_an_alert_expects_may_have_gone_while_nobody_looked() -> None:
    queue = Queue(B)
    queue.look(B, expected=[A.key])
    assert queue.vanished.is_anything_missing
    queue.vanished.note_history([])
    for _ in range(3):
        assert queue.look(B, expected=[A.key]) == []

    assert queue.vanished.endings == {A.key: Ending.REMOVED}


def test_endings_are_not_kept_without_end() -> None:
    vanished = Vanished()
    vanished.note_history(
        (DownloadKey("radarr", "d", str(number)), Ending.IMPORTED) for number in range(5000)
    )
    assert len(vanished.endings) == 2000
    assert DownloadKey("radarr", "d", "4999") in vanished.endings
