"""What everything together comes to, for whoever may see it."""

from collections.abc import Mapping

from discarr.core.models import Download, DownloadKey, InstanceState, QueueSnapshot, QueueStatus
from discarr.core.slices import drain
from discarr.monitoring.cleanup.signs import Progress, Sign
from discarr.monitoring.download_rows import NOTHING_HIDDEN, Hidden
from discarr.monitoring.progress_tracker import ProgressTracker
from discarr.monitoring.totals import Overview, overview_in_slices
from tests.factories import make_download, make_instance_snapshot
from tests.fakes.clock import START, FakeClock

PROGRESS: Mapping[str, Progress] = {
    "A": Progress(signs=(), rate_bytes_s=1000.0, idle_for=None),
    "B": Progress(signs=(Sign.SLOW, Sign.NOT_IN_LIBRARY), rate_bytes_s=10.0, idle_for=None),
    "C": Progress(signs=(Sign.NEEDS_PERSON,), rate_bytes_s=None, idle_for=None),
}


def progress_of(download: Download) -> Progress:
    return PROGRESS[download.key.id]


def item(name: str, instance: str, **overrides: object) -> Download:
    return make_download(
        key=DownloadKey(instance, "d", name), size_bytes=100_000, size_left_bytes=50_000, **overrides
    )


def sum_up(hidden: Hidden = NOTHING_HIDDEN, *, state: InstanceState = InstanceState.UP) -> Overview:
    movies = make_instance_snapshot(
        id="radarr", name="Movies", downloads=(item("A", "radarr"), item("B", "radarr", tags=("gifts",)))
    )
    shows = make_instance_snapshot(
        id="sonarr",
        name="TV",
        state=state,
        fetched_at=START,
        downloads=(item("C", "sonarr", status=QueueStatus.PAUSED), item("A", "sonarr")),
    )
    tracker = ProgressTracker(clock=FakeClock())
    snapshot = QueueSnapshot(instances=(movies, shows))
    return drain(overview_in_slices(snapshot, tracker, progress_of, hidden=hidden))


def test_everything_is_summed_up_and_each_instance_alone() -> None:
    found = sum_up()

    totals = found.totals
    assert (totals.count, totals.loading, totals.left_bytes) == (4, 3, 150_000)
    assert totals.rate_bytes_s == 2010.0
    assert totals.signs == {Sign.SLOW: 1, Sign.NOT_IN_LIBRARY: 1, Sign.NEEDS_PERSON: 1}
    assert [(one.name, one.totals.count, one.totals.loading) for one in found.instances] == [
        ("Movies", 2, 2),
        ("TV", 2, 1),
    ]
    assert not found.is_partial


def test_what_an_instance_that_is_away_was_loading_is_not_counted_as_going_on() -> None:
    found = sum_up(state=InstanceState.UNREACHABLE)

    assert (found.totals.count, found.totals.loading, found.totals.rate_bytes_s) == (4, 2, 1010.0)
    assert found.is_partial
    assert [one.true_at for one in found.instances if one.is_away] == [START]


def test_what_is_hidden_is_counted_nowhere() -> None:
    found = sum_up(Hidden(instances=frozenset({"sonarr"}), tags=frozenset({"gifts"})))

    assert (found.totals.count, found.totals.signs) == (1, {})
    assert [one.name for one in found.instances] == ["Movies"]
