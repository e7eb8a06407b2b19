"""Repeats the audit trail in a channel, where the settings name one; each entry once, in order."""

import logging
import re
from collections.abc import Sequence
from functools import partial
from typing import Final

import discord

from discarr.core.clock import Clock
from discarr.core.errors import StoreError
from discarr.core.store import Store
from discarr.core.store.audit import AuditLine
from discarr.core.supervision import supervise
from discarr.discord_bot.notifications import DiscordSink
from discarr.discord_bot.ui.audit_pages import PAGE_SIZE, entry_block
from discarr.discord_bot.ui.layout import GREY, MAX_DESCRIPTION, fit
from discarr.monitoring.acting.desk import ActionDesk
from discarr.monitoring.alerts.dispatcher import ContentRefused, NotNow, OutcomeUnknown, RouteRefused
from discarr.monitoring.alerts.routes import Route, RouteKind
from discarr.monitoring.cache_manager import CacheManager
from discarr.monitoring.waiting import wait_for_any

_log = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = 10.0
_RETRY_S: Final = 60.0
_KEY: Final = "audit_mirrored"
_MARK: Final = re.compile(r"(\d{1,18})-(\d{1,18})")


class AuditMirror:
    """Sends what came into the trail since its last message; what was there before the first is not told.

    Which entries the next message holds is stored before it is sent, so that after a lost answer or a
    restart it is the same message with the same nonce, of which Discord takes one.
    """

    def __init__(
        self,
        desk: ActionDesk,
        cache: CacheManager,
        store: Store,
        sink: DiscordSink,
        *,
        channel_id: int | None,
        clock: Clock,
    ) -> None:
        """`channel_id` is where it is repeated; None: nowhere."""
        self._desk = desk
        self._cache = cache
        self._store = store
        self._line = sink.line
        self._places = sink.places
        self._route = None if channel_id is None else Route(RouteKind.CHANNEL, channel_id)
        self._clock = clock
        self._is_trouble_told = False

    async def run(self) -> None:
        """Repeat the trail until cancelled."""
        if self._route is not None:
            await supervise("audit-mirror", partial(self._step, self._route), clock=self._clock, log=_log)

    async def _step(self, route: Route) -> None:
        if not self._line.ready.is_set():
            await wait_for_any(self._clock, _LOOK_EVERY_S, self._line.ready)
            return
        pause_s = _LOOK_EVERY_S
        try:
            while await self._mirror(route):
                pass
        except StoreError as error:
            _log.debug("The audit trail cannot be repeated now: %s", error)
        except (NotNow, OutcomeUnknown) as failure:
            _log.info("The audit trail waits for Discord: %s", failure.reason)
        except RouteRefused as failure:
            self._tell_trouble(failure.reason)
            pause_s = _RETRY_S
        await self._clock.sleep(pause_s)

    async def _mirror(self, route: Route) -> bool:
        """Send one message; False when there was nothing to send."""
        sent, until = await self._mark()
        lines = await self._desk.audit_after(sent, limit=PAGE_SIZE)
        if until > sent:
            lines = [line for line in lines if line.sequence <= until]
        elif lines:
            until = lines[-1].sequence
            await self._store.put_meta(_KEY, f"{sent}-{until}")
        if not lines:
            return False
        # That its turn has come says nothing that what came of it will not say.
        told = [line for line in lines if line.entry.result != "begun"]
        if told:
            try:
                await self._send(route, told, nonce=f"audit-{until}")
            except ContentRefused as failure:
                self._tell_trouble(failure.reason)  # it stands in the trail all the same
        await self._store.put_meta(_KEY, f"{until}-{until}")
        return True

    async def _mark(self) -> tuple[int, int]:
        """Return the number of the last entry that was sent, and of the last in the message on its way."""
        match = _MARK.fullmatch(await self._store.get_meta(_KEY) or "")
        if match is not None:
            return int(match[1]), int(match[2])
        newest = await self._desk.audit(limit=1)
        last = newest[0].sequence if newest else 0
        await self._store.put_meta(_KEY, f"{last}-{last}")
        return last, last

    async def _send(self, route: Route, lines: Sequence[AuditLine], *, nonce: str) -> None:
        names = {item.id: item.name for item in self._cache.snapshot.instances}
        blocks = [entry_block(line.entry, names) for line in lines]
        embed = discord.Embed(description="\n".join(fit(blocks, MAX_DESCRIPTION)), colour=GREY)
        channel_id = await self._places.find(route)
        async with self._line.request(is_send=True) as client:
            await client.get_partial_messageable(channel_id).send(
                embed=embed, allowed_mentions=discord.AllowedMentions.none(), nonce=nonce
            )
        self._is_trouble_told = False

    def _tell_trouble(self, reason: str) -> None:
        if not self._is_trouble_told:
            self._is_trouble_told = True
            _log.warning("The audit trail cannot be repeated in its channel: %s", reason)
