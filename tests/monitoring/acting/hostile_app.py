"""An app in which everything happens at the worst moment, and which remembers what nobody had confirmed."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import httpx

from discarr.monitoring.acting.kinds import REMOVALS, ActionKind
from discarr.monitoring.acting.operation import Item
from tests.clients.fake_app import json_response
from tests.fakes.clock import FakeClock
from tests.monitoring.acting.queue_app import Grab, QueueApp
from tests.monitoring.acting.stage import ActingStore

STATES: Final[dict[str, dict[str, Any]]] = {
    "loading": {
        "status": "downloading",
        "trackedDownloadState": "downloading",
        "trackedDownloadStatus": "ok",
    },
    "stalled": {"status": "warning", "errorMessage": "The download is stalled with no connections"},
    "waiting": {"status": "completed", "trackedDownloadState": "importPending"},
    "blocked": {
        "status": "completed",
        "trackedDownloadState": "importBlocked",
        "trackedDownloadStatus": "warning",
        "statusMessages": [{"title": "x", "messages": ["No files found are eligible for import"]}],
    },
    "importing": {"status": "completed", "trackedDownloadState": "importing"},
    "strange": {"status": "dreaming"},
    "bigger": {"size": 9000},
    "failed": {"status": "failed", "trackedDownloadState": "failedPending"},
    "nameless": {"status": "downloading", "size": 0, "sizeleft": 0},
    "described": {"size": 4000, "sizeleft": 4000},
    "trickle": {"sizeleft": 990},
    "rush": {"sizeleft": 200},
    "complete": {"sizeleft": 0},
}
IN_GAP: Final = ("vanish", "importing", "waiting", "hide")
"""What may happen between the last look and what is sent; the rest cannot be told apart by any client."""
WORLD_EVENTS: Final = (*IN_GAP, "show", "regrab", "replace")
EVENTS: Final = (
    "kill", "drop before", "drop after", "500 before", "500 after", "away", "back", "full", "room",
    *WORLD_EVENTS,
)  # fmt: skip


class Killed(BaseException):
    """The process ended here."""


type Warrant = Callable[[Grab], bool]
"""Says of a grab whether it may still be removed; by what nothing in the gap changes."""
type Deed = tuple[str, str, datetime | None, str]
"""What is done to what: the download's key, its release, when it was grabbed, and what is asked for."""


def deed_of(item: Item, kind: ActionKind) -> Deed:
    target = item.target
    return target.key.text, target.release_title, target.added, kind_text(kind)


def kind_text(kind: ActionKind) -> str:
    removal = REMOVALS.get(kind)
    if removal is None:
        return kind.value
    flags = (removal.remove_from_client, removal.blocklist, removal.skip_redownload, removal.change_category)
    return " ".join(map(str, flags)).lower()


class HostileApp(QueueApp):
    """`script` says what happens at which step: a request that arrives, its answer, or a transaction."""

    def __init__(self, clock: FakeClock, store: ActingStore) -> None:
        super().__init__()
        self.clock = clock
        self.store = store
        store.interrupt = self._at_transaction
        self.before, self.after = self._at_arrival, self._at_answer
        self.numbers = lambda grab, episode: 10 * self._slots[grab.name] + episode
        self.script: dict[int, tuple[str, str]] = {}
        self.is_dead = False
        self.is_away = False
        self.is_hidden = False
        self.confirmed: Counter[Deed] = Counter()
        self.warrants: defaultdict[Deed, list[Warrant]] = defaultdict(list)
        """One for each that was confirmed."""
        self.sent: Counter[Deed] = Counter()
        self.write_count = 0
        self.violations: list[str] = []
        self._step = 0
        self._slots: dict[str, int] = {}
        self._free_since: dict[int, float] = {}
        self._seen_at: dict[str, float] = {}
        self._changed_at: dict[str, float] = {}

    def plan(self, *events: tuple[int, str, str]) -> None:
        """Let things happen so many steps from now: (steps, event, name of a download)."""
        self.script = {self._step + steps: (event, name) for steps, event, name in events}

    def mend(self) -> None:
        """Let everything go well from now on."""
        self.script = {}
        self.is_away = self.is_hidden = self.store.is_full = False

    def put(self, name: str, state: str, **overrides: Any) -> None:
        """Have a release grabbed, unless there is one of that name."""
        if name in self.grabs:
            return
        now = self.clock.monotonic()
        free = [slot for slot, since in self._free_since.items() if since < now]
        slot = min(free, default=len(self._slots) + len(self._free_since) + 1)
        self._free_since.pop(slot, None)
        self._slots[name] = slot
        added = f"2026-01-01T20:{self._count // 60:02}:{self._count % 60:02}Z"
        self.add(name, **({"added": added} | STATES[state] | overrides))
        self._changed_at[name] = now

    def happen(self, event: str, name: str) -> None:
        """Change something about the queue."""
        now = self.clock.monotonic()
        grab = self.grabs.get(name)
        match event:
            case "hide":
                self.is_hidden = True
            case "show":
                self.is_hidden = False
            case _ if grab is None:
                return
            case "vanish":
                del self.grabs[name]
            case "regrab" | "replace":
                if self._seen_at.get(name) == now:
                    return
                release = grab.release if event == "regrab" else f"{grab.release}.2"
                del self.grabs[name]
                self._free_slots()
                self.put(name, "loading", release=release, media_id=grab.media_id, episodes=grab.episodes)
            case _ if not grab.is_pending:
                self.change(name, **STATES[event])
                self._changed_at[name] = now
            case _:
                pass
        self._free_slots()

    def rows(self) -> list[dict[str, Any]]:
        return [row for row in super().rows() if not self.is_hidden or "downloadId" not in row]

    def _find(self, number: int) -> Grab | None:
        grab = super()._find(number)
        return None if grab is None or (self.is_hidden and not grab.is_pending) else grab

    def __call__(self, request: httpx.Request) -> httpx.Response:
        try:
            return super().__call__(request)
        finally:
            self._free_slots()

    def _at_arrival(self, request: httpx.Request) -> httpx.Response | None:
        self._live()
        is_write = request.method != "GET" and b"RefreshMonitored" not in request.content
        event, name = self._next()
        if event == "drop before":
            raise httpx.ReadError("lost", request=request)
        if event == "500 before":
            return json_response(500, {"message": "database is locked"})
        if event in WORLD_EVENTS and not (is_write and event not in IN_GAP):
            self.happen(event, name)
        if self.is_away:
            raise httpx.ConnectError("refused", request=request)
        if is_write:
            self._judge(request)
        return None

    def _at_answer(self, request: httpx.Request) -> httpx.Response | None:
        if request.method == "GET" and "/queue" in request.url.path:
            self._seen_at |= dict.fromkeys(self.grabs, self.clock.monotonic())
        event, name = self._next()
        if event == "drop after":
            raise httpx.ReadError("lost", request=request)
        if event == "500 after":
            return json_response(500, {"message": "database is locked"})
        if event in IN_GAP:
            self.happen(event, name)
        return None

    def _at_transaction(self) -> None:
        self._live()
        event, name = self._next()
        if event in WORLD_EVENTS:
            self.happen(event, name)

    def _live(self) -> None:
        if self.is_dead:
            raise Killed

    def _next(self) -> tuple[str, str]:
        self._step += 1
        event, name = self.script.pop(self._step, ("", ""))
        match event:
            case "kill":
                self.is_dead = True
                raise Killed
            case "away" | "back":
                self.is_away = event == "away"
            case "full" | "room":
                self.store.is_full = event == "full"
            case _:
                pass
        return event, name

    def _free_slots(self) -> None:
        for name in [name for name in self._slots if name not in self.grabs]:
            self._free_since[self._slots.pop(name)] = self.clock.monotonic()

    def _judge(self, request: httpx.Request) -> None:
        """Hold what arrives against what was confirmed."""
        self.write_count += 1
        path = request.url.path.partition("/api/v3")[2]
        if path == "/command":
            return
        grab = self._find(int(path.rpartition("/")[2]))
        if grab is None:
            return
        asked = "grab" if request.method == "POST" else " ".join(request.url.params.values())
        key = f"p:{self.numbers(grab, 0)}" if grab.is_pending else f"d:{grab.name}"
        added = datetime.fromisoformat(grab.added) if grab.added else None
        deed = (key, grab.release, added, asked)
        self.sent[deed] += 1
        if self.sent[deed] > self.confirmed[deed]:
            self.violations.append(f"not confirmed: {request.method} {grab} {asked}")
        if request.method == "DELETE" and not any(holds(grab) for holds in self.warrants[deed]):
            self.violations.append(f"goes well: {grab} {asked}")
        is_news = self._changed_at[grab.name] == self.clock.monotonic()
        if grab.fields.get("trackedDownloadState") == "importing" and not is_news:
            self.violations.append(f"importing: {request.method} {grab}")
