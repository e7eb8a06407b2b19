"""One transaction: what changed, and the messages that tell of it. All of it happens, or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from discarr.core.events import EventKind
from discarr.core.store import Connection, records
from discarr.core.store.activity import HistoryCursor, StoredStep, put_cursor, put_steps, read_digest
from discarr.core.store.alerts import put_alerts, put_baselines, put_stories
from discarr.core.store.follows import remove, update
from discarr.core.store.outbox import Outgoing, enqueue, withdraw
from discarr.monitoring.alerts.content import MAX_ITEMS
from discarr.monitoring.alerts.digests import Digest, digest_content
from discarr.monitoring.alerts.following import Told
from discarr.monitoring.alerts.plan import Plan
from discarr.monitoring.alerts.telling import Telling


@dataclass(slots=True, kw_only=True)
class News:
    """Everything that one look, or one reading of a history, changes."""

    now: datetime
    plan: Plan | None = None
    steps: list[StoredStep] = field(default_factory=list)
    digests: Mapping[Digest, float] = field(default_factory=dict)
    """Digests that the steps belong to, and how many seconds each may wait."""
    missed_from: datetime | None = None
    cursor: HistoryCursor | None = None
    followers: Told | None = None
    outgoing: list[Outgoing] = field(default_factory=list)
    meta: dict[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has to be stored."""
        is_quiet = self.plan is None or self.plan.is_empty
        return is_quiet and not (
            self.steps or self.cursor or self.outgoing or self.meta or self._has_followers_news
        )

    @property
    def has_messages(self) -> bool:
        """Whether there is something to send."""
        return bool(self.outgoing or self.digests or (self.plan is not None and self.plan.outgoing))

    @property
    def _has_followers_news(self) -> bool:
        return self.followers is not None and bool(self.followers.ended or self.followers.changed)


def commit(connection: Connection, news: News, telling: Telling) -> None:
    """Store news and what tells of them; to be run as one transaction."""
    if news.plan is not None:
        put_alerts(connection, (alert.stored() for alert in news.plan.alerts.values()))
        put_stories(connection, (story.stored() for story in news.plan.stories.values()))
        put_baselines(connection, news.plan.baselines, news.now)
        withdraw(connection, news.plan.withdrawn)
        enqueue(connection, news.plan.outgoing, now=news.now)
    put_steps(connection, news.steps)
    for digest, wait_s in news.digests.items():
        content = digest_content(
            digest,
            read_digest(connection, digest.key, limit=MAX_ITEMS),
            mention_role_id=telling.rules[EventKind.IMPORTED].mention_role_id,
            missed_from=news.missed_from,
        )
        messages = telling.digest(
            digest.key,
            content,
            digest.route,
            is_hidden=digest.is_hidden,
            not_before=news.now + timedelta(seconds=wait_s),
        )
        enqueue(connection, messages, now=news.now)
    if news.followers is not None:
        remove(connection, news.followers.ended)
        for follow in news.followers.changed:
            update(connection, follow.id, missing=follow.missing, failed=follow.failed)
    enqueue(connection, news.outgoing, now=news.now)
    if news.cursor is not None:
        put_cursor(connection, news.cursor)
    for key, value in news.meta.items():
        records.put_meta(connection, key, value)
