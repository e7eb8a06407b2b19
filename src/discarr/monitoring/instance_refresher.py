"""Keeps the snapshot of one instance fresh, whatever the others do.

How failures show:

==============================================  =====================================================
first attempt fails                             shown at once
starting up, key refused                        shown at once: the answer leaves no doubt
no connection, time-out, 5xx, nonsense, wrong   shown after the second failure in a row; the second
app or address                                  attempt comes after 5 s, so a single hiccup (a locked
                                                database, a dropped connection) never flips the display
==============================================  =====================================================

The first success afterwards shows at once, too, and a second look follows after 5 s: whoever wants a recovery
to be confirmed (`instance_health`) does not have to wait for the next interval.

A wrong app or address shows at once, and is tried again seldom, only until the app was met for the first
time: later it is most likely the page of a proxy. The rows are kept through every failure.

After a restart the app's queue stays empty until it has asked its download clients (30–90 s, facts 1.5):
rows that were there before are kept, and the instance counts as starting, until a tracked download shows up
again or three minutes have passed. A restart is told by the changed `startTime`, which needs no agreement of
clocks.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from discarr.clients.base import MediaClient
from discarr.core.clock import Clock
from discarr.core.errors import (
    MediaClientError,
    Misconfigured,
    StartingUp,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from discarr.core.models import AppIdentity, Download, FetchedQueue, InstanceSnapshot, InstanceState
from discarr.core.supervision import Backoff
from discarr.monitoring.waiting import wait_for_any

_log = logging.getLogger(__name__)

_FAILURES_BEFORE_SHOWN = 2
_BACKOFF = Backoff(first_s=5.0, longest_s=40.0)
"""With its spread and the second look, a recovery is confirmed within two refresh intervals (60 s)."""
_SECOND_LOOK_S = 5.0
_HOPELESS_RETRY_S = 300.0
"""Key and address are changed by people, not by waiting."""
_IDENTIFY_INTERVAL_S = 300.0
"""A restart that neither a failure nor an empty queue told of is known while it matters to clean-up."""
_RESTART_GRACE_S = 180.0
_FORCED_SPACING_S = 15.0
_FORCED_LOAD_FACTOR = 10
"""At most a tenth of the app's time goes into refreshes that Discarr asked for (facts 4.4)."""
_LONGEST_FORCED_SPACING_S = 300.0
_REBUILD_WAIT_S = 5.0
_JITTER = 0.1

_DEFINITE: dict[type[MediaClientError], InstanceState] = {
    StartingUp: InstanceState.STARTING,
    Unauthorized: InstanceState.UNAUTHORIZED,
    Misconfigured: InstanceState.MISCONFIGURED,
}


class InstanceRefresher:
    """The refreshing of one instance, step by step; `publish` receives every new snapshot of it."""

    def __init__(
        self,
        client: MediaClient,
        *,
        clock: Clock,
        interval_s: float,
        publish: Callable[[InstanceSnapshot], None],
    ) -> None:
        config = client.config
        self.snapshot = InstanceSnapshot(
            id=config.id, name=config.name, kind=config.kind, public_url=config.public_url
        )
        self._client = client
        self._clock = clock
        self._interval_s = interval_s
        self._publish = publish
        self._asked = asyncio.Event()
        self._done = asyncio.Event()
        self._running_done: asyncio.Event | None = None
        self._finished_at: float | None = None
        self._failures = 0
        self._failing_since: datetime | None = None
        self._identity: AppIdentity | None = None
        self._identified_at = 0.0
        self._must_identify = True
        self._restarted_at: float | None = None
        self._forced_at: float | None = None
        self._rebuild_s = 0.0
        self._response_s: float | None = None
        self._delay_s = 0.0

    async def step(self) -> None:
        """Refresh once and wait until the next time; raises only what is not a `MediaClientError`."""
        is_asked = self._asked.is_set()
        done, self._done = self._done, asyncio.Event()
        self._asked.clear()
        self._running_done = done if is_asked else None
        try:
            await self._async_refresh_data(is_asked=is_asked)
        finally:
            self._running_done = None
            done.set()
        self._finished_at = self._clock.monotonic()
        await wait_for_any(self._clock, self._delay_s, self._asked)

    def ask(self, *, spacing_s: float) -> asyncio.Event | None:
        """Ask for a refresh now and return what is set when it is over.

        Everybody who asks before it starts, or while such a refresh runs, shares it. None when the last
        one ended less than `spacing_s` ago: what is known is fresh enough.
        """
        if self._running_done is not None:
            return self._running_done
        is_recent = self._finished_at is not None and self._clock.monotonic() - self._finished_at < spacing_s
        if is_recent and not self._asked.is_set():
            return None
        self._asked.set()
        return self._done

    def update(self, **changes: object) -> None:
        """Publish the snapshot with these fields changed."""
        self.snapshot = replace(self.snapshot, **changes)  # type: ignore[arg-type]  # checked by the callers
        self._publish(self.snapshot)

    async def _async_refresh_data(self, *, is_asked: bool) -> None:
        attempted_at = self._clock.now()
        try:
            await self._identify_when_due()
            if is_asked and self._may_force():
                fetched = await self._force()
            else:
                fetched = await self._fetch_queue()
            if self._lost_all(fetched):
                await self._identify()
        except MediaClientError as exc:
            self._fail(exc, attempted_at)
            return
        self._succeed(fetched, attempted_at)

    async def _fetch_queue(self) -> FetchedQueue:
        started = self._clock.monotonic()
        fetched = await self._client.fetch_queue()
        self._response_s = self._clock.monotonic() - started
        return fetched

    async def _identify_when_due(self) -> None:
        age_s = self._clock.monotonic() - self._identified_at
        if self._must_identify or age_s >= _IDENTIFY_INTERVAL_S:
            await self._identify()

    async def _identify(self) -> None:
        identity = await self._client.identify()
        known = self._identity
        if known is not None and identity.started_at is None:
            identity = replace(identity, started_at=known.started_at)
        if known is not None and identity.started_at != known.started_at:
            self._restarted_at = self._clock.monotonic()
        self._identity = identity
        self._identified_at = self._clock.monotonic()
        self._must_identify = False

    def _may_force(self) -> bool:
        """Whether the app can bear to be told to look at its download clients now."""
        snapshot = self.snapshot
        if snapshot.state is not InstanceState.UP:
            return False
        if snapshot.data_as_of is not None:
            age_s = (self._clock.now() - snapshot.data_as_of).total_seconds()
            if 0 <= age_s < _FORCED_SPACING_S:
                return False
        if self._forced_at is None:
            return True
        spacing_s = max(_FORCED_SPACING_S, _FORCED_LOAD_FACTOR * self._rebuild_s)
        return self._clock.monotonic() - self._forced_at >= min(spacing_s, _LONGEST_FORCED_SPACING_S)

    async def _force(self) -> FetchedQueue:
        """Have the queue rebuilt, then read it, a few times: right after the command it is the old one."""
        started = self._clock.monotonic()
        self._forced_at = started
        before = self.snapshot.data_as_of
        try:
            await self._client.request_refresh()
        except MediaClientError as exc:
            _log.debug("%s: could not be asked to look at its download clients: %s", self.snapshot.id, exc)
            return await self._fetch_queue()
        pause_s = max(1.0, 2 * (self.snapshot.response_s or 0.0))
        while True:
            await self._clock.sleep(pause_s)
            pause_s *= 1.5
            fetched = await self._fetch_queue()
            self._rebuild_s = self._clock.monotonic() - started
            is_rebuilt = not fetched.is_unchanged if before is None else fetched.data_as_of != before
            if is_rebuilt or self._rebuild_s + pause_s > _REBUILD_WAIT_S:
                return fetched

    def _lost_all(self, fetched: FetchedQueue) -> bool:
        """Whether every tracked download is suddenly gone; that is how a restart looks, too."""
        return _has_tracked(self.snapshot.downloads) and not _has_tracked(fetched.downloads)

    def _succeed(self, fetched: FetchedQueue, attempted_at: datetime) -> None:
        if _has_tracked(fetched.downloads):
            self._restarted_at = None
        now = self._clock.monotonic()
        if self._restarted_at is not None and now - self._restarted_at >= _RESTART_GRACE_S:
            self._restarted_at = None
        if self._restarted_at is not None and self._lost_all(fetched):
            self._failures = 0
            self._failing_since = self._failing_since or attempted_at
            self._delay_s = _spread(self._interval_s)
            self._show(
                StartingUp, InstanceState.STARTING, attempted_at, StartingUp.default_remedy, "restarted"
            )
            return
        was = self.snapshot.state
        is_recovery = self._failing_since is not None
        self._failures = 0
        self._failing_since = None
        self._delay_s = _spread(min(self._interval_s, _SECOND_LOOK_S) if is_recovery else self._interval_s)
        if was is not InstanceState.UP:
            version = self._identity.version if self._identity else "?"
            _log.info("%s: up (%s, %d downloads)", self.snapshot.id, version, len(fetched.downloads))
        self.update(
            state=InstanceState.UP,
            downloads=fetched.downloads,
            fetched_at=self._clock.now(),
            attempted_at=attempted_at,
            away_since=None,
            problem=None,
            remedy=None,
            data_as_of=fetched.data_as_of,
            skipped_rows=fetched.skipped_rows,
            version=self._identity.version if self._identity else None,
            started_at=self._identity.started_at if self._identity else None,
            response_s=self._response_s,
        )

    def _fail(self, exc: MediaClientError, attempted_at: datetime) -> None:
        self._failures += 1
        self._failing_since = self._failing_since or attempted_at
        self._must_identify = True
        state = _state_of(exc)
        is_right_address = self._identity is not None and isinstance(exc, Misconfigured)
        is_doubtful = type(exc) not in _DEFINITE or is_right_address
        is_hopeless = state in (InstanceState.UNAUTHORIZED, InstanceState.MISCONFIGURED) and not is_doubtful
        self._delay_s = _spread(_HOPELESS_RETRY_S) if is_hopeless else _BACKOFF.delay_s(self._failures)
        is_first_doubt = (
            self.snapshot.state is InstanceState.UP
            and is_doubtful
            and self._failures < _FAILURES_BEFORE_SHOWN
        )
        if is_first_doubt:
            _log.debug("%s: one failed refresh: %s", self.snapshot.id, exc)
            self.update(attempted_at=attempted_at)
            return
        self._show(type(exc), state, attempted_at, exc.remedy, str(exc))

    def _show(
        self,
        kind: type[MediaClientError],
        state: InstanceState,
        attempted_at: datetime,
        remedy: str,
        detail: str,
    ) -> None:
        if self.snapshot.state is not state:
            _log.warning("%s: %s → %s: %s", self.snapshot.id, self.snapshot.state, state, detail)
        self.update(
            state=state,
            attempted_at=attempted_at,
            away_since=self._failing_since,
            problem=kind.summary,
            remedy=remedy,
        )


def _spread(seconds: float) -> float:
    return seconds * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - spreads load, guards nothing


def _state_of(exc: MediaClientError) -> InstanceState:
    if isinstance(exc, Unreachable | TimedOut):
        return InstanceState.UNREACHABLE
    return _DEFINITE.get(type(exc), InstanceState.DEGRADED)


def _has_tracked(downloads: tuple[Download, ...]) -> bool:
    return any(not download.is_pending for download in downloads)
