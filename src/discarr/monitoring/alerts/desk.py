"""What people do about alerts and about what they are told: acknowledge, silence, follow, change the rules.

Whoever calls has made sure that the person may. Everything is stored before it counts.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from discarr.core.clock import Clock
from discarr.core.errors import DiscarrError
from discarr.core.events import EventKind, Severity
from discarr.core.models import Download
from discarr.core.store import Connection, Store, follows, outbox
from discarr.core.store.alerts import (
    StoredAlert,
    StoredSilence,
    add_silence,
    end_silence,
    ended_alerts,
    put_rule,
    silences,
)
from discarr.core.store.follows import Follow
from discarr.core.store.outbox import OutboxCounts, OutboxRow
from discarr.monitoring.alerts.alert import Alert, is_silenced
from discarr.monitoring.alerts.commit import News
from discarr.monitoring.alerts.content import NoticeContent, encode
from discarr.monitoring.alerts.dispatcher import Dispatcher
from discarr.monitoring.alerts.following import follow_of
from discarr.monitoring.alerts.notifier import QUIET_HOURS, Notifier
from discarr.monitoring.alerts.quiet_hours import QuietHours, encode_quiet_hours
from discarr.monitoring.alerts.routes import Route
from discarr.monitoring.alerts.rules import Rule, RuleBook

LONGEST_SILENCE: Final = timedelta(days=30)
_MAX_REASON: Final = 200
_MAX_LISTED: Final = 100


class CannotFollow(DiscarrError):
    """The download belongs to no title that the app knows, or the person follows too much."""


class Desk:
    """Takes what people ask for, one at a time.

    Every method raises `StoreError` when nothing could be stored: then nothing has changed.
    """

    def __init__(self, notifier: Notifier, dispatcher: Dispatcher, store: Store, *, clock: Clock) -> None:
        self._notifier = notifier
        self._dispatcher = dispatcher
        self._store = store
        self._clock = clock

    @property
    def rules(self) -> RuleBook:
        """How things are told now."""
        return self._notifier.book.rules

    @property
    def quiet_hours(self) -> QuietHours | None:
        """When only what is critical is told; None for never."""
        return self._notifier.book.quiet_hours

    @property
    def open_alerts(self) -> tuple[Alert, ...]:
        """What is not as it should be, the oldest first; also what nobody was told of."""
        return self._notifier.book.open_alerts

    @property
    def silences(self) -> tuple[StoredSilence, ...]:
        """What is kept quiet now."""
        now = self._clock.now()
        return tuple(silence for silence in self._notifier.book.silences if silence.ends_at > now)

    def find_alert(self, alert_id: int) -> Alert | None:
        """Return an alert that is open, or is told of in an open message."""
        return self._notifier.book.find(alert_id)

    def alerts_of_story(self, story_id: int) -> tuple[Alert, ...]:
        """Return the alerts that a message tells of; empty when all of them are over."""
        return tuple(self._notifier.book.members(story_id).values())

    async def history(self, *, limit: int = _MAX_LISTED, offset: int = 0) -> list[StoredAlert]:
        """Return alerts that are over, the latest first."""
        return await self._store.run(lambda connection: ended_alerts(connection, limit=limit, offset=offset))

    async def acknowledge(self, alert_ids: Iterable[int], user_id: int) -> int:
        """Note that a person knows of these alerts; return how many that concerned."""
        async with self._notifier.lock:
            now = self._clock.now()
            book = self._notifier.book
            plan = book.plan_acknowledgement(alert_ids, user_id, names=self._notifier.names, now=now)
            await self._notifier.store_news(News(now=now, plan=plan), self._notifier.telling(now))
            book.apply(plan)
            return len(plan.alerts)

    async def silence(
        self,
        *,
        lasts: timedelta,
        reason: str,
        user_id: int,
        kind: EventKind | None = None,
        instance: str | None = None,
        dedup: str | None = None,
        title: str | None = None,
    ) -> StoredSilence:
        """Keep quiet what matches all that is given, for at most 30 days; take back reminders of it."""
        now = self._clock.now()
        ends_at = now + min(max(lasts, timedelta()), LONGEST_SILENCE)
        async with self._notifier.lock:
            # The book belongs to the loop, and a transaction may outlast the wait for it: it gets a copy.
            unheeded = self._notifier.book.unheeded_alerts()

            def keep_quiet(connection: Connection) -> tuple[StoredSilence, tuple[StoredSilence, ...]]:
                added = add_silence(
                    connection,
                    kind=kind,
                    instance=instance,
                    dedup=dedup,
                    title=title,
                    reason=reason[:_MAX_REASON],
                    created_by=user_id,
                    created_at=now,
                    ends_at=ends_at,
                )
                kept_quiet = silences(connection, now)
                hushed = (
                    story
                    for story, alerts in unheeded.items()
                    if all(is_silenced(alert, kept_quiet, now) for alert in alerts)
                )
                outbox.withdraw_sequels(connection, hushed, now=now)
                return added, kept_quiet

            added, self._notifier.book.silences = await self._store.run(keep_quiet)
            return added

    async def end_silence(self, silence_id: int) -> bool:
        """End a silence before its time; False when it is over already."""
        now = self._clock.now()
        async with self._notifier.lock:
            has_ended = await self._store.run(lambda connection: end_silence(connection, silence_id, now=now))
            await self._reload_silences(now)
            return has_ended

    async def change_rule(self, kind: EventKind, **changes: Any) -> Rule:
        """Change how a kind of event is told, from now on.

        Raises:
            RuleRefused: the rule would make no sense; its text is for the person.
        """
        async with self._notifier.lock:
            rules = self.rules.change(kind, **changes)
            stored = rules.changes_of(kind)
            await self._store.run(lambda connection: put_rule(connection, kind.value, stored))
            self._notifier.book.rules = rules
            return rules[kind]

    async def set_quiet_hours(self, hours: QuietHours | None) -> None:
        """Change when only what is critical is told."""
        async with self._notifier.lock:
            await self._store.put_meta(QUIET_HOURS, encode_quiet_hours(hours))
            self._notifier.book.quiet_hours = hours

    async def send_test(self, routes: Iterable[Route]) -> None:
        """Put a message into the outbox that only says that it arrived."""
        now = self._clock.now()
        content = NoticeContent(
            kind=EventKind.VERSION,
            severity=Severity.CRITICAL,
            title="A test",
            lines=("This is how Discarr tells something here.",),
            at=now,
        )
        messages = [
            outbox.Outgoing(
                story="test", route=str(route), content=encode(content), not_before=now, is_new=True
            )
            for route in routes
        ]
        await self._store.run(lambda connection: outbox.enqueue(connection, messages, now=now))
        self._notifier.outbox_filled.set()

    async def undelivered(self) -> list[OutboxRow]:
        """Return what could not be told to anybody, newest first."""
        return await self._store.run(lambda connection: outbox.dead(connection, limit=_MAX_LISTED))

    async def send_again(self, row_ids: Iterable[int]) -> int:
        """Try undeliverable messages once more; return how many."""
        now, ids = self._clock.now(), tuple(row_ids)
        count = await self._store.run(lambda connection: outbox.revive(connection, ids, now=now))
        await self._dispatcher.recount()
        self._notifier.outbox_filled.set()
        return count

    async def outbox_counts(self) -> OutboxCounts:
        """Return how the outbox is doing."""
        now = self._clock.now()
        return await self._store.run(lambda connection: outbox.count(connection, now))

    def follows_of(self, user_id: int) -> tuple[Follow, ...]:
        """Return what a person waits for."""
        return tuple(follow for follow in self._notifier.follows if follow.user_id == user_id)

    async def follow(self, download: Download, user_id: int, *, is_hidden: bool) -> bool:
        """Tell a person when a title is ready; False when that was asked for already.

        Raises:
            CannotFollow: the app does not know the title, or the person follows too much.
        """
        follow = follow_of(download, user_id, is_hidden=is_hidden, now=self._clock.now())
        if follow is None:
            raise CannotFollow("the app could not match it to a title")
        async with self._notifier.lock:
            if len(self.follows_of(user_id)) >= follows.MAX_FOLLOWS:
                raise CannotFollow("too many")
            has_added = await self._store.run(lambda connection: follows.add(connection, follow))
            await self._reload_follows()
            return has_added

    async def unfollow(self, follow_id: int, user_id: int) -> bool:
        """End a person's own follow; False when it is over, or another's."""
        async with self._notifier.lock:
            has_ended = await self._store.run(
                lambda connection: follows.remove_of_user(connection, user_id, follow_id)
            )
            await self._reload_follows()
            return has_ended

    async def _reload_silences(self, now: datetime) -> None:
        self._notifier.book.silences = await self._store.run(lambda connection: silences(connection, now))

    async def _reload_follows(self) -> None:
        self._notifier.follows = tuple(await self._store.run(follows.all_follows))
