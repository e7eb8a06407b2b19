"""Clean-up against a small reference, whatever happens in whatever order.

The reference knows the truth of a handful of downloads: since when each has really got no data, and at how
many refreshes of its app that could be seen. Nothing else is trusted.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec import structs

from discarr.core.cleanup_config import CleanupRule
from discarr.core.models import Download, HealthIssue, InstanceState, QueueStatus, TrackedState
from discarr.monitoring.cleanup.grounds import Grounds
from discarr.monitoring.cleanup.guards import GuardKind
from discarr.monitoring.cleanup.rules import Verdict
from tests.effort import examples
from tests.fakes.clock import START, FakeClock
from tests.fakes.inline_store import InlineStore
from tests.monitoring.cleanup.stage import GB, Stage, make_item, settings_of

NAMES: Final = tuple("ABCDE")
HEALTHY: Final = ("H1", "H2", "H3", "H4", "H5", "H6", "H7", "H8", "H9", "H10", "H11", "H12")
"""They load all the time, so that two or three in trouble are no third of the queue."""
STALLED_MINUTES: Final = 30
SPACING_MINUTES: Final = 10
LOOK_MINUTES: Final = 5
STRIKES: Final = 3
SLOW_BYTES_S: Final = 100_000
"""Half of what everything gets that gets data."""
CLIENT_AWAY = HealthIssue(source="DownloadClientStatusCheck", level="error", message="", wiki_url=None)
STATES: Final[dict[str, dict[str, Any]]] = {
    "loading": {"status": QueueStatus.DOWNLOADING, "tracked_state": TrackedState.DOWNLOADING},
    "warned": {"status": QueueStatus.WARNING, "tracked_state": TrackedState.DOWNLOADING},
    "paused": {"status": QueueStatus.PAUSED, "tracked_state": TrackedState.DOWNLOADING},
    "queued": {"status": QueueStatus.QUEUED, "tracked_state": TrackedState.DOWNLOADING},
    "unknown": {"status": QueueStatus.UNKNOWN, "tracked_state": TrackedState.DOWNLOADING},
    "odd": {"status": QueueStatus.DOWNLOADING, "tracked_state": TrackedState.UNKNOWN},
    "importing": {"status": QueueStatus.COMPLETED, "tracked_state": TrackedState.IMPORTING},
    "seeding": {"status": QueueStatus.COMPLETED, "tracked_state": TrackedState.IMPORT_PENDING},
}
ACTIVE: Final = frozenset({"loading", "warned"})


@dataclass(slots=True)
class Truth:
    """What is really so with one download."""

    state: str = "loading"
    is_there: bool = True
    is_stalled: bool = False
    looks_stalled: bool = False
    """The same, as of when its app last looked."""
    is_kept: bool = False
    added: datetime = START - timedelta(days=2)
    idle_looks: int = 0
    """Refreshes of the app, seen in calm, since it last got data, was active no more, or was added."""
    idle_minutes: int = 0
    """Minutes between these."""
    stuck_minutes: int = 0
    """The same minutes, but since it last got data or was added: a pause is no recovery."""
    lazy_looks: int = 0
    """The same refreshes, but since it was added: data ends a stall, and makes nothing fast at once."""

    def pause(self) -> None:
        self.idle_looks = self.idle_minutes = 0

    def begin_anew(self) -> None:
        self.pause()
        self.stuck_minutes = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A download that somebody was asked about, and how it was then."""

    grounds: Grounds
    download: Download
    at_s: float

    def goes_well(self, now: Download, at_s: float) -> bool:
        """Whether it has got data since: any that was stalled, enough that was slow, or all of it."""
        loaded = self.download.size_left_bytes - now.size_left_bytes
        enough = SLOW_BYTES_S * (at_s - self.at_s) if self.grounds.rule is CleanupRule.SLOW else 1
        return loaded >= max(enough, 1) or now.size_left_bytes == 0


class CleanupMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.truths: dict[str, Truth] = {}
        self.gone: dict[str, Download] = {}
        self.asked: dict[str, Asked] = {}
        """What somebody was asked about last, by download."""
        self.is_away = False
        self.is_client_away = False
        self.is_asleep = False
        self.slept_looks = 0

    def teardown(self) -> None:
        self.runner.run(self.stage.store.close())
        self.runner.close()

    @initialize(is_slow_on=st.booleans())
    def begin(self, *, is_slow_on: bool) -> None:
        rules = "stalled,slow" if is_slow_on else "stalled"
        store = self.runner.run(InlineStore.in_memory(clock=FakeClock()))
        self.stage = Stage(
            store,
            settings_of(
                cleanup_rules=rules,
                cleanup_strikes=STRIKES,
                cleanup_spacing_minutes=SPACING_MINUTES,
                cleanup_stalled_minutes=STALLED_MINUTES,
                cleanup_slow_kb_s=SLOW_BYTES_S / 1000,
                cleanup_keep_tags="keep",
                cleanup_per_run=100,
            ),
            interval_s=60 * LOOK_MINUTES,
        )
        self.is_slow_on = is_slow_on
        self.truths = {name: Truth() for name in NAMES}
        self.stage.put(*(make_item(name, tags=()) for name in NAMES))
        self.stage.put(
            *(make_item(name, size_bytes=4000 * GB, size_left_bytes=3000 * GB) for name in HEALTHY)
        )

    def look(self, after_s: float = 60 * LOOK_MINUTES) -> None:
        """Let time pass in the world, and look at it."""
        if self.is_asleep:  # nobody can see it before the app wakes up
            self.slept_looks += 1
        else:
            loaded = 60_000_000 * (1 + self.slept_looks)
            self.slept_looks = 0
            for name, truth in self.truths.items():
                truth.looks_stalled = truth.is_stalled
                if truth.is_there and truth.state in ACTIVE and not truth.is_stalled:
                    self.stage.load_data(name, loaded)
                    truth.begin_anew()
            for name in HEALTHY:
                self.stage.load_data(name, loaded)
        self.stage.facts["radarr"]["state"] = InstanceState.UNREACHABLE if self.is_away else InstanceState.UP
        self.stage.facts["radarr"]["health"] = (CLIENT_AWAY,) if self.is_client_away else ()
        self.runner.run(self.stage.look(after_s, is_app_awake=not self.is_asleep))
        if self.is_away or self.is_client_away:
            return
        for truth in self.truths.values():
            if truth.state in ACTIVE and truth.looks_stalled and truth.is_there:
                if not self.is_asleep:
                    truth.idle_looks += 1
                    truth.lazy_looks += 1
                minutes = LOOK_MINUTES if after_s == 60 * LOOK_MINUTES else 0
                truth.idle_minutes += minutes
                truth.stuck_minutes += minutes

    @rule(looks=st.sampled_from([1, 2, 3, 6, 14]))
    def pass_time(self, looks: int) -> None:
        for _ in range(looks):
            self.look()

    @rule(names=st.sets(st.sampled_from(NAMES)))
    def stall_or_recover(self, names: set[str]) -> None:
        for name in names:
            self.truths[name].is_stalled = not self.truths[name].is_stalled
        self.look()

    @rule(name=st.sampled_from(NAMES))
    def stall_one_for_long(self, name: str) -> None:
        """Make what is proposed likely enough to be worth a test."""
        self.truths[name].is_stalled = True
        for _ in range(15):
            self.look()

    @rule()
    def ask_about_what_is_proposed(self) -> None:
        for candidate in self.stage.collect().candidates:
            download = candidate.download
            now, limit = self.stage.clock.now(), self.stage.watch.terms.limits.slow_bytes_s
            grounds = Grounds.of(download, candidate.rule, slow_bytes_s=limit, now=now)
            at_s = self.stage.clock.monotonic()
            self.asked[download.key.id] = Asked(grounds=grounds, download=download, at_s=at_s)

    @rule(
        name=st.sampled_from(NAMES),
        stuck=st.sampled_from([9, 10, 15]),
        looks=st.integers(0, 3),
        more=st.integers(0, 3),
    )
    def recover_after_the_question(self, name: str, *, stuck: int, looks: int, more: int) -> None:
        """Make it likely that what is slow or, after longer, stalled recovers once it is asked about."""
        self.truths[name].is_stalled = True
        for _ in range(stuck):
            self.look()
        self.ask_about_what_is_proposed()
        for _ in range(looks):
            self.look()
        self.truths[name].is_stalled = False
        for _ in range(more):
            self.look()

    @rule(name=st.sampled_from(NAMES), state=st.sampled_from(sorted(STATES)))
    def change_state(self, name: str, state: str) -> None:
        truth = self.truths[name]
        truth.state = state
        if truth.is_there:
            self.stage.change(name, **STATES[state])
        if state not in ACTIVE:
            truth.pause()
        self.look()

    @rule(name=st.sampled_from(NAMES))
    def tag(self, name: str) -> None:
        truth = self.truths[name]
        truth.is_kept = not truth.is_kept
        if truth.is_there:
            self.stage.change(name, tags=("keep",) if truth.is_kept else ())
        self.look()

    @rule(name=st.sampled_from(NAMES), is_new=st.booleans())
    def vanish_or_come_back(self, name: str, *, is_new: bool) -> None:
        truth = self.truths[name]
        truth.is_there = not truth.is_there
        if not truth.is_there:
            self.gone[name] = self.stage.remove(name)
        else:
            back = self.gone.pop(name)
            if is_new:
                truth.added = self.stage.clock.true_time()
                truth.begin_anew()
                truth.lazy_looks = 0
                back = make_item(name, added=truth.added)
            tags = ("keep",) if truth.is_kept else ()
            self.stage.put(structs.replace(back, tags=tags, **STATES[truth.state]))
        self.look()

    @rule(seconds=st.sampled_from([-3600.0, 3600.0, 86_400.0, 365 * 86_400.0, -365 * 86_400.0]))
    def jump(self, seconds: float) -> None:
        self.stage.clock.jumped += timedelta(seconds=seconds)
        self.asked = {}  # a question ends, or is not believed, when the clock jumps
        self.look()

    @rule(hours=st.sampled_from([1, 8, 48]))
    def suspend(self, hours: int) -> None:
        self.look(after_s=hours * 3600)

    @rule()
    def restart_discarr(self) -> None:
        self.stage.start_discarr()
        self.runner.run(self.stage.watch.load())
        self.look()

    @rule()
    def restart_the_app(self) -> None:
        self.is_away = True
        self.look()
        self.is_away = False
        self.look()

    @rule()
    def lose_or_find_the_client(self) -> None:
        self.is_client_away = not self.is_client_away
        self.look()

    @rule()
    def freeze_or_wake_the_app(self) -> None:
        self.is_asleep = not self.is_asleep
        self.look()

    @precondition(lambda self: bool(self.truths))
    @invariant()
    def only_what_deserves_it_is_proposed(self) -> None:
        collection = self.stage.collect()
        if collection.candidates:
            assert not self.is_away
            assert not self.is_client_away
        for candidate in collection.candidates:
            truth = self.truths[candidate.download.key.id]  # a healthy one has none
            assert truth.is_there
            assert truth.state in ACTIVE
            assert not truth.is_kept
            assert truth.added == candidate.download.added
            assert self.stage.clock.true_time() - truth.added >= timedelta(hours=2)
            assert candidate.evidence.strikes == STRIKES
            assert truth.lazy_looks >= STRIKES
            if candidate.rule == "stalled":
                assert truth.looks_stalled
                assert truth.idle_looks >= STRIKES
                assert truth.idle_minutes >= max(STALLED_MINUTES, (STRIKES - 1) * SPACING_MINUTES)

    @precondition(lambda self: bool(self.truths))
    @invariant()
    def what_was_asked_about_is_still_bad_only_as_long_as_it_is(self) -> None:
        for name, asked in self.asked.items():
            now = self.stage.downloads.get(asked.download.key)
            if now is None or now.added != asked.download.added:
                continue
            truth = self.truths[name]
            verdict = asked.grounds.judge_again(now, now=self.stage.clock.now(), is_monitored=None)
            goes_well = asked.goes_well(now, self.stage.clock.monotonic())
            is_bad = truth.state in ACTIVE and not goes_well
            assert (verdict is Verdict.BAD) is is_bad

    @precondition(lambda self: bool(self.truths))
    @invariant()
    def every_stored_strike_was_a_look_of_its_own(self) -> None:
        for name, strikes in self.stage.strikes().items():
            truth = self.truths[name]
            for rule_name, count in strikes.items():
                if rule_name == "stalled" and truth.is_there and truth.state in ACTIVE and truth.idle_looks:
                    assert count <= STRIKES
                    assert count <= truth.stuck_minutes / SPACING_MINUTES + 1

    @precondition(lambda self: bool(self.truths))
    @invariant()
    def guards_are_said(self) -> None:
        kinds = {guard.kind for guard in self.stage.collect().guards}
        if self.stage.version:
            assert (GuardKind.AWAY in kinds) is self.is_away
        if self.is_client_away and self.stage.version and not self.is_asleep:
            assert kinds & {GuardKind.CLIENT_AWAY, GuardKind.JUST_BACK, GuardKind.STALE, GuardKind.AWAY}


TestCleanup = CleanupMachine.TestCase
TestCleanup.settings = settings(max_examples=examples(50), stateful_step_count=30, deadline=None)
