"""Finding out the titles that queue rows need, with few requests and never at the price of the queue."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import batched

from discarr.clients.titles import GONE_S, TROUBLE_S, MediaTitle, TitleCache
from discarr.clients.wire import Episode, Media, QueueRow, TitleRow
from discarr.core.clock import Clock
from discarr.core.errors import BadAnswer, MediaClientError, Misconfigured, NotFound, Rejected

logger = logging.getLogger(__name__)

TITLE_PAGE_SIZE = 300
"""Rows of a queue page with embedded titles: up to 4.4 MB, decoded in 5 ms."""
EPISODES_PER_REQUEST = 100
"""Request lines end at 8 KiB (Sonarr#6899)."""
_FEW_REQUESTS = 3
"""Up to so many requests titles are asked for by id; otherwise they are read from queue pages."""
_LEFTOVERS = 10
"""Titles that a queue page did not embed although asked to: so many are asked for by id."""

_NOT_TO_BE_HAD = (NotFound, Misconfigured, Rejected, BadAnswer)


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleSource:
    """The requests that tell titles."""

    page: Callable[[int], Awaitable[Sequence[TitleRow]]]
    """A page of the queue, `TITLE_PAGE_SIZE` rows, in the same order as the lean pages."""
    media: Callable[[int], Awaitable[Media]]
    episodes: Callable[[Sequence[int]], Awaitable[Sequence[Episode]]]
    labels: Callable[[], Awaitable[dict[int, str]]]


class TitleLoader:
    """Keeps a `TitleCache` filled for the rows in use."""

    def __init__(self, titles: TitleCache, source: TitleSource, *, clock: Clock, budget_s: float) -> None:
        """`budget_s`: after so many seconds the rest is left for the next poll."""
        self._titles = titles
        self._source = source
        self._clock = clock
        self._budget_s = budget_s
        self._checked_version = -1

    async def load(self, rows: Sequence[QueueRow]) -> None:
        """Learn what is missing or due. Never raises: the fallback is the name of the release."""
        # Thousands of rows have just been read, and each step here takes a while.
        await self._clock.give_way()
        used = {key for row in rows if (key := row.movie_id or row.series_id)}
        await self._clock.give_way()
        used_episodes = {row.episode_id for row in rows if row.episode_id}
        await self._clock.give_way()
        media = self._titles.media.wanted(used)
        episodes = self._titles.episodes.wanted(used_episodes)
        try:
            if media or episodes:
                await self._load_titles(rows, media, episodes)
            if self._titles.media.version != self._checked_version or self._titles.are_labels_due:
                version = self._titles.media.version
                if await self.load_labels([title for key in used if (title := self._titles.media.get(key))]):
                    self._checked_version = version
        except MediaClientError as exc:
            logger.info("Titles are not complete yet: %s", exc)
            self._titles.media.postpone(self._titles.media.wanted(used), TROUBLE_S)
            self._titles.episodes.postpone(self._titles.episodes.wanted(used_episodes), TROUBLE_S)

    async def load_labels(self, used: Sequence[MediaTitle]) -> bool:
        """Learn the labels of these titles' tags, and say whether none is missing any more."""
        if self._titles.wants_labels(used):
            self._titles.postpone_labels()
            self._titles.learn_labels(await self._source.labels(), used)
        return all(self._titles.tags(title) is not None for title in used if title.tag_ids)

    async def _load_titles(self, rows: Sequence[QueueRow], media: set[int], episodes: set[int]) -> None:
        give_up_at = self._clock.monotonic() + self._budget_s

        def is_late() -> bool:
            return self._clock.monotonic() >= give_up_at

        if len(media) + -(-len(episodes) // EPISODES_PER_REQUEST) > _FEW_REQUESTS:
            for number, part in enumerate(batched(rows, TITLE_PAGE_SIZE), 1):
                if is_late():
                    return
                if not any(row.media_id in media or row.episode_id in episodes for row in part):
                    continue
                page = await self._source.page(number)
                await self._clock.give_way()
                for row in page:
                    self._titles.learn_media(row.movie or row.series)
                    self._titles.learn_episode(row.episode)
                media, episodes = self._titles.media.wanted(media), self._titles.episodes.wanted(episodes)
            self._titles.media.postpone(sorted(media)[_LEFTOVERS:], GONE_S)
            self._titles.episodes.postpone(sorted(episodes)[EPISODES_PER_REQUEST:], GONE_S)
            media = set(sorted(media)[:_LEFTOVERS])
            episodes = set(sorted(episodes)[:EPISODES_PER_REQUEST])
        for media_id in sorted(media):
            if is_late():
                return
            await self._ask_for_media(media_id)
        for keys in batched(sorted(episodes), EPISODES_PER_REQUEST):
            if is_late():
                return
            await self._ask_for_episodes(keys)

    async def _ask_for_media(self, media_id: int) -> None:
        try:
            self._titles.learn_media(await self._source.media(media_id), media_id)
        except _NOT_TO_BE_HAD as exc:
            logger.debug("No title for %d: %s", media_id, exc)
        self._titles.media.postpone(self._titles.media.wanted({media_id}), GONE_S)

    async def _ask_for_episodes(self, keys: Sequence[int]) -> None:
        try:
            for episode in await self._source.episodes(keys):
                self._titles.learn_episode(episode)
        except _NOT_TO_BE_HAD as exc:
            logger.debug("No numbers for %d episodes: %s", len(keys), exc)
        self._titles.episodes.postpone(self._titles.episodes.wanted(set(keys)), GONE_S)
