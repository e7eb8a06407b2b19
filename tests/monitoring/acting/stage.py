"""People, apps and the engine between them, over a store without a thread: a test decides the order."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx

from discarr.clients.base import MediaClient
from discarr.clients.factory import create_client
from discarr.core.clock import Clock
from discarr.core.errors import StoreError
from discarr.core.models import DownloadKey, InstanceKind
from discarr.monitoring.acting.board import Board
from discarr.monitoring.acting.desk import ActionDesk, Limits
from discarr.monitoring.acting.executor import Executor
from discarr.monitoring.acting.journal import Journal
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import Item, Operation, Person
from discarr.monitoring.acting.results import ItemResult
from discarr.monitoring.cache_manager import CacheManager
from discarr.utils.permissions import Grants, Level
from tests.clients.fake_app import make_config
from tests.fakes.clock import FakeClock, VirtualClock
from tests.fakes.inline_store import InlineStore
from tests.monitoring.acting.queue_app import QueueApp

GRANTS = Grants(admin_users=frozenset({3}))
OLIVIA = Person(user_id=1, level=Level.OPERATOR, role_ids=frozenset({10, 11}))
OSCAR = Person(user_id=2, level=Level.OPERATOR)
ADA = Person(user_id=3, level=Level.ADMIN)
VIC = Person(user_id=4, level=Level.VIEWER)
_PATIENCE = 200


class ActingStore(InlineStore):
    """A store that counts as lasting, and whose disk may be full."""

    def __init__(self, *, clock: Clock) -> None:
        super().__init__(clock=clock)
        self.is_full = False
        self.is_lasting = True
        self.interrupt: Callable[[], None] = lambda: None
        """Called before and after each transaction."""
        self.delay: Callable[[], int] = lambda: 0
        """How many rounds of the event loop later than it happened a transaction is heard of."""

    @property
    def is_persistent(self) -> bool:
        return self.is_lasting

    async def _do[T](self, function: Callable[[], T]) -> T:
        self.interrupt()
        if self.is_full:
            raise StoreError("the disk of the data directory is full", remedy="Make room on it.")
        result = await super()._do(function)
        self.interrupt()
        for _ in range(self.delay()):
            await asyncio.sleep(0)
        return result


class Stage:
    """One process over what outlives one: the store, the apps and the time."""

    def __init__(
        self,
        apps: Mapping[str, QueueApp],
        store: ActingStore,
        clock: FakeClock,
        *,
        grants: Grants = GRANTS,
        limits: Limits | None = None,
    ) -> None:
        self.apps = apps
        self.store = store
        self.clock = clock
        self.grants = grants
        self.limits = limits or Limits(per_run=50, per_day=100)
        self.levels: dict[int, Level | None] = {
            person.user_id: person.level for person in (OLIVIA, OSCAR, ADA, VIC)
        }
        self.asked_levels: list[int] = []
        self.hang = False
        """Whether Discord never answers who may what."""
        self.on_level: Callable[[], None] = lambda: None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start a process."""
        clients: Sequence[MediaClient] = [
            create_client(
                make_config(app.kind, id=name, name=name.capitalize()),
                clock=self.clock,
                transport=httpx.MockTransport(app),
            )
            for name, app in self.apps.items()
        ]
        self.cache = CacheManager(clients, clock=self.clock)
        self.board = Board()
        journal = self.journal = Journal(self.store, clock=self.clock)
        self.executor = Executor(
            self.cache, journal, self.board, clock=self.clock, grants=self.grants, level_of=self.level_of
        )
        self.desk = ActionDesk(
            self.cache,
            journal,
            self.board,
            clock=self.clock,
            grants=self.grants,
            limits=self.limits,
            wake=self.executor.wake,
        )
        self._tasks = [
            asyncio.create_task(self.cache.run(), name="cache"),
            asyncio.create_task(self.executor.run(), name="executor"),
        ]
        await self.clock.settle()

    async def stop(self) -> None:
        """End the process, wherever it is."""
        for task in self._tasks:
            task.cancel()
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def kill(self) -> None:
        """End the process as SIGKILL does: whatever it still tries is for the test to prevent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    @property
    def is_alive(self) -> bool:
        return not any(task.done() for task in self._tasks)

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def level_of(self, user_id: int) -> Level | None:
        self.asked_levels.append(user_id)
        self.on_level()
        if self.hang:
            await asyncio.Event().wait()
        return self.levels[user_id]

    async def settle(self) -> None:
        await self.clock.settle()

    async def read(self) -> None:
        """Let the polls go on, so that the snapshot is as new as can be."""
        await self.clock.advance(40)
        await self.settle()

    async def ask(
        self, kind: ActionKind, *names: str, person: Person = OLIVIA, **arguments: Any
    ) -> Operation:
        return (await self.desk.ask(person, kind, self.keys(*names), **arguments)).operation

    def keys(self, *names: str) -> list[DownloadKey]:
        """Return the keys of downloads by the names of their releases, of whichever instance has them."""
        found = {item.release_title: item.key for item in self.cache.snapshot.downloads}
        return [found[f"Release.{name}"] for name in names]

    async def confirm(self, operation: Operation, person: Person = OLIVIA, **arguments: Any) -> None:
        await self.desk.confirm(operation.id, person, **arguments)

    async def end_of(self, operation: Operation) -> Operation:
        """Let time pass until an operation is over."""
        pause_s = 0.5
        for _ in range(_PATIENCE):
            await self.settle()
            now = await self.desk.find(operation.id)
            assert now is not None
            if now.is_over:
                return now
            await self.clock.advance(pause_s)
            pause_s = min(2 * pause_s, 60.0)
        raise AssertionError(f"{operation.id} does not end")

    async def do(self, kind: ActionKind, *names: str, person: Person = OLIVIA, **arguments: Any) -> Operation:
        """Ask, confirm, and wait for the end."""
        operation = await self.ask(kind, *names, person=person, **arguments)
        await self.confirm(operation, person, typed_count=operation.required_count)
        return await self.end_of(operation)

    async def stored(self, operation: Operation) -> Operation:
        """Return what would be known after a restart."""
        found = await self.journal.find(operation.id)
        assert found is not None
        return found


def result(operation: Operation, place: int = 0) -> ItemResult:
    found = operation.items[place].result
    assert found is not None
    return found


def results(items: Iterable[Item]) -> list[str]:
    return [item.result.cause.value if item.result else "" for item in items]


@asynccontextmanager
async def open_stage(
    *apps: QueueApp, kind: InstanceKind = InstanceKind.RADARR, **arguments: Any
) -> AsyncIterator[Stage]:
    """Yield a running process over these apps (one of `kind` by default), and end it with the block."""
    clock = VirtualClock()
    store = await ActingStore.in_memory(clock=clock)
    named: dict[str, QueueApp] = {}
    for number, app in enumerate(apps or (QueueApp(kind),)):
        named[app.kind.value + (str(number) if number else "")] = app
    stage = Stage(named, store, clock, **arguments)
    await stage.start()
    try:
        yield stage
    finally:
        await stage.stop()
        await store.close()
