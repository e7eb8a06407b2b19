"""The engine between two people and an app in which everything happens at the worst moment.

Whatever happens, in whatever order, across restarts at any step: nothing is asked of the app that nobody
confirmed, nothing twice, nothing is removed that goes well by now, and what is told afterwards is true.
`TEST_EFFORT` says how many are tried.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from datetime import datetime
from functools import partial
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from discarr.core.cleanup_config import CleanupRule
from discarr.core.errors import StoreError
from discarr.core.models import Download, InstanceKind, QueueStatus
from discarr.monitoring.acting.kinds import REMOVALS, ActionKind
from discarr.monitoring.acting.offers import possible_actions
from discarr.monitoring.acting.operation import Operation, OperationState, Person
from discarr.monitoring.acting.refusals import ActionRefused
from discarr.monitoring.acting.results import Cause, Outcome
from discarr.monitoring.acting.targets import Target
from discarr.monitoring.cleanup.grounds import Grounds
from discarr.utils.permissions import Level
from tests.effort import examples
from tests.fakes.clock import VirtualClock
from tests.monitoring.acting.hostile_app import EVENTS, STATES, Deed, HostileApp, Killed, deed_of
from tests.monitoring.acting.queue_app import Grab
from tests.monitoring.acting.stage import ADA, OLIVIA, OSCAR, ActingStore, Stage

STEPS = 20
SLOW_BYTES_S = 1
BAD = ("loading", "stalled", "failed", "nameless")
RECOVERIES = ("loading", "described", "trickle", "rush", "complete")
NAMES = ("A", "B", "C", "D")
NOTHING_SENT = {Outcome.CHANGED, Outcome.REFUSED}
NOT_TRIED = {Cause.INSTANCE_LOST, Cause.NO_INSTANCE, Cause.EMPTY, Cause.NOT_STARTED}
BEFORE_CONFIRMED = (OperationState.PENDING, OperationState.EXPIRED, OperationState.WITHDRAWN)

names = st.sampled_from(NAMES)
grabs = st.tuples(
    names, st.sampled_from(list(STATES)), st.sampled_from([1, 2, None]), st.booleans(), st.integers(1, 3)
)
scripts = st.lists(st.tuples(st.integers(1, 60), st.sampled_from(EVENTS), names), max_size=4)


people = st.sampled_from([OLIVIA, ADA])
between = st.sampled_from(["vanish", "regrab", "replace", "hide", *STATES])
circumstances: dict[str, Any] = {
    "meanwhile": st.lists(st.tuples(between, names), max_size=2),
    "times": st.integers(1, 3),
    "is_abandoned": st.sampled_from([False, False, False, True]),
    "seconds": st.sampled_from([3, 0, 90]),
    "script": scripts,
}


class ActingMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = VirtualClock()
        self.operations: list[Operation] = []
        self.budgeted: set[str] = set()
        self.confirmed_releases: set[tuple[str, datetime | None]] = set()
        self.confirmed_delays: set[int | None] = set()
        """Titles of which every release that is held back may go."""
        self.successes: Counter[str] = Counter()

    @initialize(kind=st.sampled_from(InstanceKind), first=st.lists(grabs, min_size=2, max_size=4))
    def begin(self, kind: InstanceKind, first: list[Any]) -> None:
        async def begin() -> None:
            self.store = await ActingStore.in_memory(clock=self.clock)
            self.app = HostileApp(self.clock, self.store)
            self.app.kind = kind
            for arguments in first:
                self.put(*arguments)
            self.stage = Stage({kind.value: self.app}, self.store, self.clock)
            await self.stage.start()

        self.runner.run(begin())

    @rule(arguments=grabs)
    def grab(self, arguments: Any) -> None:
        self.put(*arguments)

    @rule(name=names, event=st.sampled_from(["vanish", "regrab", "replace", "hide", "show", *STATES]))
    def happen(self, name: str, event: str) -> None:
        self.app.happen(event, name)

    @rule(seconds=st.sampled_from([1, 40, 130, 700]))
    def wait(self, seconds: int) -> None:
        self.live(self.clock.advance(seconds))

    @rule(data=st.data(), person=people, **circumstances)
    def act(self, data: st.DataObject, person: Person, **circumstances: Any) -> None:
        self.do(data, [person], **circumstances)

    @rule(data=st.data(), persons=st.lists(people, min_size=2, max_size=4), **circumstances)
    def act_together(self, data: st.DataObject, persons: list[Person], **circumstances: Any) -> None:
        self.do(data, persons, **circumstances)

    @rule(
        data=st.data(),
        kind=st.sampled_from(list(REMOVALS)),
        bad=st.lists(st.tuples(names, st.sampled_from(BAD)), min_size=1, max_size=3),
        meanwhile=st.lists(st.tuples(st.sampled_from(RECOVERIES), names), max_size=4),
        seconds=st.sampled_from([1, 60]),
        script=scripts,
    )
    def clean_up(
        self,
        data: st.DataObject,
        kind: ActionKind,
        bad: list[tuple[str, str]],
        meanwhile: list[tuple[str, str]],
        seconds: int,
        script: list[Any],
    ) -> None:
        """An admin cleans up all that is bad, and until they confirm some of it recovers."""

        async def act() -> None:
            for name, state in bad:
                self.put(name, state, 1, is_pending=False, count=1)
            await self.clock.advance(40)
            operation = await self.ask_to_clean_up(data, kind)
            await self.clock.advance(seconds)
            for event, name in meanwhile:
                self.app.happen(event, name)
            self.app.plan(*script)
            await self.press(operation, ADA)
            await self.clock.advance(30)

        self.live(act())

    @precondition(lambda self: bool(self.operations))
    @rule(data=st.data(), is_foreign=st.booleans(), seconds=st.sampled_from([3, 90]), script=scripts)
    def press_again(self, data: st.DataObject, is_foreign: bool, seconds: int, script: list[Any]) -> None:
        """Somebody finds an old message and presses its button."""
        operation = data.draw(st.sampled_from(self.operations[::-1]))

        async def press() -> None:
            await self.press(operation, OSCAR if is_foreign else person_of(operation))
            await self.clock.advance(seconds)

        self.app.plan(*script)
        self.live(press())

    @rule(level=st.sampled_from([Level.VIEWER, Level.OPERATOR, Level.ADMIN, None]))
    def change_level(self, level: Level | None) -> None:
        self.stage.levels[OLIVIA.user_id] = level

    @rule()
    def restart(self) -> None:
        self.app.is_dead = True
        self.live(asyncio.sleep(0))

    @rule()
    def mend(self) -> None:
        self.app.mend()

    def put(self, name: str, state: str, media_id: int | None, is_pending: bool, count: int) -> None:
        fields = {"media_id": media_id or 1, "is_pending": True} if is_pending else {"media_id": media_id}
        episodes = tuple(range(1, count + 1)) if self.app.kind is InstanceKind.SONARR else ()
        self.app.put(name, "loading" if is_pending else state, episodes=episodes, **fields)

    def do(
        self,
        data: st.DataObject,
        persons: list[Person],
        *,
        meanwhile: list[tuple[str, str]],
        times: int,
        is_abandoned: bool,
        seconds: int,
        script: list[Any],
    ) -> None:
        """People ask for what is offered, something happens, and they all press their buttons at once."""

        async def act() -> None:
            await self.clock.advance(40)
            asked = [await self.ask(data, person) for person in persons]
            for event, name in meanwhile:
                await self.clock.advance(1)
                self.app.happen(event, name)
            self.app.plan(*script)
            if not is_abandoned:
                pressed = [item for item in asked for _ in range(times)]
                await asyncio.gather(*(self.press(item, person_of(item)) for item in pressed))
            await self.clock.advance(seconds)

        self.live(act())

    async def ask(self, data: st.DataObject, person: Person) -> Operation:
        instance = self.stage.cache.snapshot.instances[0]
        possible = {
            download.key: possible_actions(download, instance.kind, instance.version)
            for download in instance.downloads
        }
        kinds = sorted({kind for kinds in possible.values() for kind in kinds}) or [ActionKind.REMOVE]
        kind = data.draw(st.sampled_from(kinds))
        keys = data.draw(st.permutations([key for key, kinds in possible.items() if kind in kinds]))
        asked = await self.stage.desk.ask(person, kind, keys if person is ADA else keys[:1])
        self.operations.append(asked.operation)
        return asked.operation

    async def ask_to_clean_up(self, data: st.DataObject, kind: ActionKind) -> Operation:
        instance = self.stage.cache.snapshot.instances[0]
        proposed = {
            download.key: Grounds.of(
                download,
                data.draw(st.sampled_from(rules)),
                slow_bytes_s=SLOW_BYTES_S,
                now=self.clock.now(),
            )
            for download in instance.downloads
            if (rules := rules_for(download))
        }
        evidence = dict.fromkeys(proposed, "3 strikes")
        asked = await self.stage.desk.ask(ADA, kind, proposed, evidence=evidence, grounds=proposed)
        self.operations.append(asked.operation)
        return asked.operation

    async def press(self, operation: Operation, person: Person) -> None:
        is_possible = person.user_id == operation.requested_by
        try:
            await self.stage.desk.confirm(operation.id, person)
        except ActionRefused:
            return
        except (StoreError, Killed) as error:  # it may be confirmed all the same
            if is_possible and operation.id not in self.budgeted:
                self.budget(operation)
            if isinstance(error, Killed):
                raise
            return
        self.successes[operation.id] += 1
        assert is_possible
        if operation.id not in self.budgeted:
            self.budget(operation)

    def budget(self, operation: Operation) -> None:
        self.budgeted.add(operation.id)
        self.app.confirmed.update(deed_of(item, operation.kind) for item in operation.items)
        for item in operation.items:
            warrant = partial(is_still_bad, item.target, operation.created_at, self.clock)
            self.app.warrants[deed_of(item, operation.kind)].append(warrant)
        for target in (item.target for item in operation.items):
            self.confirmed_releases.add((target.release_title, target.added))
            if target.is_pending:
                self.confirmed_delays.add(target.media_id)

    def live(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the process of the moment; where it is killed, the next one begins."""

        async def until_dead() -> None:
            try:
                await work
                await self.stage.settle()
            except (ActionRefused, StoreError, Killed):
                pass
            if self.app.is_dead:
                await self.stage.kill()
                self.app.is_dead = False
                self.app.script = {}
                await self.stage.start()
            assert self.stage.is_alive

        self.runner.run(until_dead())
        self.check_what_is_gone()
        assert all(count == 1 for count in self.successes.values())

    def check_what_is_gone(self) -> None:
        """Nothing was taken off the app's queue that nobody confirmed."""
        assert self.app.violations == []
        for grab in (deletion.grab for deletion in self.app.deletions):
            _, release, added = identity_of(grab)
            is_confirmed = (release, added) in self.confirmed_releases
            assert is_confirmed or (grab.is_pending and grab.media_id in self.confirmed_delays), grab

    def teardown(self) -> None:
        if not hasattr(self, "stage"):
            self.runner.close()
            return
        try:
            self.app.mend()
            self.live(self.clock.advance(30))
            self.runner.run(self.check_the_end())
        finally:
            self.runner.run(self.stage.kill())
            self.runner.run(self.store.close())
            self.runner.close()

    async def check_the_end(self) -> None:
        """Everything comes to an end, and what is told of it is true."""
        for _ in range(40):
            ended = [await self.stage.stored(operation) for operation in self.operations]
            if all(item.is_over or item.state in BEFORE_CONFIRMED for item in ended):
                break
            await self.clock.advance(20)
            await self.stage.settle()
        self.check_what_is_gone()
        possibly_sent: Counter[Deed] = Counter()
        there = {identity_of(grab) for grab in self.app.grabs.values()}
        for operation in ended:
            if operation.state in BEFORE_CONFIRMED:
                assert operation.id not in self.successes
                continue
            assert operation.is_over, operation
            shown = await self.stage.desk.find(operation.id)
            assert shown is not None
            assert (shown.state, shown.is_over) == (operation.state, True)
            for item in operation.items:
                assert item.result is not None
                assert item.result.cause is not Cause.SURPRISE
                is_sure = item.result.outcome in NOTHING_SENT and item.result.cause is not Cause.OTHER_ROWS
                if not is_sure and item.result.cause not in NOT_TRIED:
                    possibly_sent[deed_of(item, operation.kind)] += 1
                if item.result.cause is Cause.ANSWERED and operation.kind in REMOVALS:
                    key, release, added, _ = deed_of(item, operation.kind)
                    assert (key, release, added) not in there
        for deed, count in self.app.sent.items():
            assert count <= possibly_sent[deed], deed
        lines = await self.stage.desk.audit(limit=100_000)
        assert self.app.write_count <= sum(1 for line in lines if line.entry.result == "begun")
        begun = Counter(
            (line.entry.operation, line.entry.download) for line in lines if line.entry.result == "begun"
        )
        assert all(count == 1 for count in begun.values())


def person_of(operation: Operation) -> Person:
    return ADA if operation.requested_by == ADA.user_id else OLIVIA


def rules_for(download: Download) -> list[CleanupRule]:
    """Return by which rules clean-up may propose a download."""
    if download.status is QueueStatus.FAILED:
        return [CleanupRule.FAILED]
    if download.status not in (QueueStatus.DOWNLOADING, QueueStatus.WARNING):
        return []
    if not download.size_bytes:
        return [CleanupRule.NO_METADATA]
    return [CleanupRule.STALLED, CleanupRule.SLOW] if download.size_left_bytes else []


def is_still_bad(target: Target, asked_at: datetime, clock: VirtualClock, grab: Grab) -> bool:
    """Whether a grab has not recovered since it was asked about, by what its app knows at this moment."""
    size: int = grab.fields.get("size", 4000)
    left: int = grab.fields.get("sizeleft", 1000)
    status: str = grab.fields.get("status", "downloading")
    had_all = target.work.size_bytes > 0 and target.size_left_bytes == 0
    if size and not left and not had_all and status in ("downloading", "warning"):
        return False
    loaded = target.size_left_bytes - left
    match target.grounds.rule if target.grounds else None:
        case CleanupRule.NO_METADATA:
            return size == 0
        case CleanupRule.STALLED:
            return loaded == 0
        case CleanupRule.SLOW:
            return loaded < SLOW_BYTES_S * max((clock.now() - asked_at).total_seconds(), 1)
        case CleanupRule.FAILED:
            return status not in ("downloading", "warning")
        case _:
            return True


def identity_of(grab: Grab) -> tuple[str, str, datetime | None]:
    added = datetime.fromisoformat(grab.added) if grab.added else None
    return f"d:{grab.name}", grab.release, added


TestActing = ActingMachine.TestCase
TestActing.settings = settings(
    max_examples=examples(80),
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
