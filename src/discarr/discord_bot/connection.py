"""Brings the bot online and keeps it there; closes the gaps of discord.py's own connection handling."""

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NoReturn, Protocol

import aiohttp
import discord

from discarr.core.clock import Clock
from discarr.core.errors import ConfigError
from discarr.discord_bot.connection_faults import ConnectionFault, ConnectionLost, FaultKind, classify
from discarr.discord_bot.connection_state import ConnectionPhase, ConnectionState
from discarr.discord_bot.identify_budget import RECHECK_INTERVAL_S, IdentifyBudget, IdentifyLog

_log = logging.getLogger(__name__)

RETRY_DELAYS_S: Final = (5.0, 10.0, 20.0, 40.0, 80.0)
BLOCKED_DELAY_S: Final = 900.0
BLOCKED_DELAY_MAX_S: Final = 7200.0
LOGIN_TIMEOUT_S: Final = 90.0
"""Above the 25 s that discord.py spends on repeating a 5xx, and the minute it may wait for a 429."""
READY_TIMEOUT_S: Final = 120.0
READY_CHECK_INTERVAL_S: Final = 30.0
PROBE_TIMEOUT_S: Final = 10.0
REIDENTIFY_DELAY_S: Final = 5.0
"""Discord wants 1 to 5 s between an invalidated session and the next IDENTIFY."""
STOPPED_RETRY_S: Final = 3600.0
TOKEN_CHECK_INTERVAL_S: Final = 60.0
CLOSE_TIMEOUT_S: Final = 2.5
FORCED_CLOSE_TIMEOUT_S: Final = 0.5


class Connection(Protocol):
    """Brings bots online until it is cancelled."""

    async def __call__(self, make_bot: Callable[[], discord.Client]) -> None:
        """Log a bot in and keep it connected; `make_bot` is called anew whenever one is past saving."""


class GatewayConnection:
    """The real `Connection`: Discord's REST login and gateway, supervised.

    A client that fails is closed and replaced by a new one after a back-off, since discord.py cannot be
    restarted in place: its first failed handshake ends in an AttributeError (discord.py #10520), and `login`
    is never repeated. What only a person can repair stops all calls to Discord, except one attempt an hour
    or when the token changes. Raises only what is neither: mistakes in the program, and a token source that
    fails at the first reading.
    """

    def __init__(
        self,
        token_source: Callable[[], str],
        *,
        clock: Clock,
        identify_log: IdentifyLog,
        on_state: Callable[[ConnectionState], None],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Take where the token comes from, and whom to tell about changes of state.

        `token_source` runs in a thread and is read before each login, so a changed secret file is noticed.
        `jitter` gives 0 to 1 and stretches the waits between attempts by up to a quarter.
        """
        self._token_source = token_source
        self._clock = clock
        self._budget = IdentifyBudget(identify_log, clock=clock)
        self._on_state = on_state
        self._jitter = jitter
        self._state: ConnectionState | None = None
        self._down_since: float | None = None
        self._failures = 0
        self._blocks = 0

    async def __call__(self, make_bot: Callable[[], discord.Client]) -> None:
        token = await asyncio.to_thread(self._token_source)
        self._report(ConnectionPhase.CONNECTING)
        while True:
            fault = await self._serve(make_bot(), token)
            if fault.kind is FaultKind.PERMANENT:
                self._report(ConnectionPhase.STOPPED, fault.reason, fault.remedy)
                token = await self._changed_or_due_token(token)
                continue
            self._report(ConnectionPhase.RETRYING, fault.reason, fault.remedy)
            await self._clock.sleep(self._delay_after(fault))
            token = await self._reread_token(token)

    async def _serve(self, client: discord.Client, token: str) -> ConnectionFault:
        """Run one client until it fails, close it, and say what was wrong."""
        try:
            async with asyncio.timeout(LOGIN_TIMEOUT_S):
                await log_in(client, token)
            while await self._budget.is_spent():
                self._report(
                    ConnectionPhase.RETRYING,
                    "Discarr has connected to Discord too often lately and waits, to keep its token.",
                    "Something restarts it again and again: look at the log before this line.",
                )
                await self._clock.sleep(RECHECK_INTERVAL_S)
            await self._hold(client)
        except (
            discord.DiscordException,
            aiohttp.ClientError,
            OSError,
            AttributeError,
            ConnectionLost,
        ) as exc:
            fault = classify(exc)
            if fault is None:
                raise
            _log.debug("Connection to Discord failed", exc_info=exc)
            return fault
        finally:
            await close_within(client)

    async def _hold(self, client: discord.Client) -> NoReturn:
        """Keep a logged-in client connected; raises what ended it."""
        client.before_identify_hook = self._before_identify  # type: ignore[method-assign]  # a hook for any client
        self._down_since = self._clock.monotonic()
        failure: Exception = ConnectionLost("The connection to Discord ended.")
        signals = {"ready": self._note_up, "resumed": self._note_up, "disconnect": self._note_down}
        try:
            async with asyncio.TaskGroup() as group:
                watchers = [
                    group.create_task(_observe(client, event, seen), name=f"discord-{event}")
                    for event, seen in signals.items()
                ]
                watchers.append(group.create_task(self._watch_readiness(client), name="discord-readiness"))
                await client.connect()
                for watcher in watchers:
                    watcher.cancel()
        except* Exception as failures:
            failure = failures.exceptions[0]
        raise failure

    async def _before_identify(self, shard_id: int | None, *, initial: bool = False) -> None:  # noqa: ARG002 - discord.py's signature
        """Count an IDENTIFY, or refuse it; discord.py awaits this before each one."""
        if await self._budget.is_spent():
            raise ConnectionLost("Discord asked for too many new sessions.")
        if not initial:
            await self._clock.sleep(REIDENTIFY_DELAY_S)
        await self._budget.record()

    async def _watch_readiness(self, client: discord.Client) -> NoReturn:
        """Raise ConnectionLost when the gateway stays away although the rest of Discord is there.

        discord.py's own waits grow to 17 minutes in a long outage.
        """
        while True:
            await self._clock.sleep(READY_CHECK_INTERVAL_S)
            if self._down_since is None or self._clock.monotonic() - self._down_since < READY_TIMEOUT_S:
                continue
            if await _is_rest_answering(client):
                raise ConnectionLost(f"Discord did not let Discarr in within {READY_TIMEOUT_S:.0f} s.")

    def _note_up(self) -> None:
        self._down_since = None
        self._failures = self._blocks = 0
        self._report(ConnectionPhase.READY)

    def _note_down(self) -> None:
        if self._down_since is None:
            self._down_since = self._clock.monotonic()
            self._report(ConnectionPhase.RETRYING, "The connection to Discord was interrupted.")

    def _delay_after(self, fault: ConnectionFault) -> float:
        delay = RETRY_DELAYS_S[min(self._failures, len(RETRY_DELAYS_S) - 1)]
        self._failures += 1
        if fault.kind is FaultKind.BLOCKED:
            delay = min(BLOCKED_DELAY_S * 2**self._blocks, BLOCKED_DELAY_MAX_S)
            self._blocks += 1
        return max(delay, fault.least_delay_s) * (1 + self._jitter() / 4)

    async def _changed_or_due_token(self, refused: str) -> str:
        """Wait until the token changes, or until it is time to try the refused one again."""
        due = self._clock.monotonic() + STOPPED_RETRY_S
        while (token := await self._reread_token(refused)) == refused and self._clock.monotonic() < due:
            await self._clock.sleep(TOKEN_CHECK_INTERVAL_S)
        return token

    async def _reread_token(self, current: str) -> str:
        """Read the token again; the current one where the source is unreadable for the moment."""
        try:
            return await asyncio.to_thread(self._token_source)
        except (ConfigError, OSError):
            return current

    def _report(self, phase: ConnectionPhase, reason: str = "", remedy: str = "") -> None:
        """Log and pass on a state, unless it is the one already known."""
        if self._state is not None and (self._state.phase, self._state.reason) == (phase, reason):
            return
        self._state = ConnectionState(phase=phase, since=self._clock.now(), reason=reason, remedy=remedy)
        level = {ConnectionPhase.RETRYING: logging.WARNING, ConnectionPhase.STOPPED: logging.ERROR}
        words = " ".join(part for part in (f"Discord: {phase}.", reason, remedy) if part)
        _log.log(level.get(phase, logging.INFO), "%s", words)
        self._on_state(self._state)


async def log_in(client: discord.Client, token: str) -> None:
    """Log a client in.

    Raises:
        ConnectionLost: what answers is not Discord; discord.py stumbles over the page of a filter.
    """
    try:
        await client.login(token)
    except (TypeError, KeyError, ValueError) as exc:
        if client.application is not None:
            raise  # Discord itself has answered: this is a mistake in `setup_hook`
        raise ConnectionLost(
            "Something else answers in Discord's place.",
            "Let no proxy, web filter or DNS blocker stand between this machine and discord.com.",
        ) from exc


async def close_within(client: discord.Client) -> None:
    """Close a client in at most 3 s, whatever Discord does; an orderly close may wait 30 s for its peer."""
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await client.close()
    except TimeoutError:
        _log.warning("Discord did not close the connection in time; cutting it")
        with suppress(TimeoutError):
            async with asyncio.timeout(FORCED_CLOSE_TIMEOUT_S):
                await client.http.close()


async def _observe(client: discord.Client, event: str, seen: Callable[[], None]) -> None:
    """Call `seen` on every occurrence of a client event, for ever.

    A check that never agrees keeps its place in the client's list, so that no event falls between two waits.
    """

    def check(*_: object) -> bool:
        seen()
        return False

    await client.wait_for(event, check=check)


async def _is_rest_answering(client: discord.Client) -> bool:
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            await client.http.request(discord.http.Route("GET", "/gateway"))
    except (discord.DiscordException, aiohttp.ClientError, OSError):
        return False
    return True
