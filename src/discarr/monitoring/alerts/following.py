"""Following: who asked for it is told once when a title can be watched, and once when its download failed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched
from typing import Final

import msgspec

from discarr.core.events import EventKind, Work, work_of
from discarr.core.models import Download, EpisodeNumber
from discarr.core.store.follows import Follow
from discarr.monitoring.alerts.content import ReadyContent
from discarr.monitoring.alerts.steps import Step

_ARRIVED: Final = frozenset({EventKind.IMPORTED, EventKind.UPGRADED})
_MENTIONS: Final = 50
"""People mentioned in one message; Discord takes 100, and 2,000 characters."""
_MAX_FAILURES: Final = 20
"""Failed downloads of one title that are told; after so many nobody wants to hear of the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What steps mean for those who follow."""

    ready: tuple[ReadyContent, ...] = ()
    """For everybody who may know of the titles."""
    in_private: tuple[tuple[int, ReadyContent], ...] = ()
    """Hidden titles: person and content."""
    ended: tuple[int, ...] = ()
    """Ids of follows that are over."""
    changed: tuple[Follow, ...] = ()


def follow_of(download: Download, user_id: int, *, is_hidden: bool, now: datetime) -> Follow | None:
    """Return a new follow (without an id); None for a download that the app could not match to a title."""
    if download.media_id is None:
        return None
    episodes = sorted(download.episodes)
    return Follow(
        id=0,
        user_id=user_id,
        instance=download.instance,
        media_id=download.media_id,
        download=download.key.id,
        part=" ".join(f"{episode.season}x{episode.episode}" for episode in episodes),
        work=msgspec.json.encode(work_of(download)),
        missing=msgspec.json.encode(episodes),
        is_hidden=is_hidden,
        created_at=now,
        failed=(),
    )


def work_followed(follow: Follow) -> Work:
    """Return what somebody follows."""
    return msgspec.json.decode(follow.work, type=Work)


def tell_followers(follows: Sequence[Follow], steps: Iterable[Step], instance_name: str) -> Told:
    """Say who is to be told what after these steps of one instance.

    A pack is ready when its last episode has arrived, whichever downloads brought them.
    """
    by_id = {follow.id: follow for follow in follows}
    of_title: dict[tuple[str, int], list[int]] = {}
    for follow in follows:
        of_title.setdefault((follow.instance, follow.media_id), []).append(follow.id)
    outcomes: dict[int, tuple[Step, bool]] = {}
    for step in steps:
        if step.media_id is None:
            continue
        for follow_id in of_title.get((step.instance, step.media_id), ()):
            follow = by_id[follow_id]
            if step.kind in _ARRIVED:
                left = _left(follow, step)
                by_id[follow.id] = replace(follow, missing=msgspec.json.encode(left))
                if not left:
                    outcomes[follow.id] = step, False
            elif step.kind is EventKind.FAILED and _is_news(follow, step):
                by_id[follow.id] = replace(follow, failed=(*follow.failed, step.name))
                outcomes[follow.id] = step, True
    return _told(follows, by_id, outcomes, instance_name)


def _left(follow: Follow, step: Step) -> list[EpisodeNumber]:
    missing = msgspec.json.decode(follow.missing, type=list[EpisodeNumber])
    if not follow.part or not step.episodes:
        return []
    return [episode for episode in missing if episode not in set(step.episodes)]


def _is_news(follow: Follow, step: Step) -> bool:
    """Whether a failure concerns what somebody follows, and was not told before."""
    if step.name in follow.failed or len(follow.failed) >= _MAX_FAILURES:
        return False
    missing = set(msgspec.json.decode(follow.missing, type=list[EpisodeNumber]))
    return step.download_id == follow.download or not missing or not missing.isdisjoint(step.episodes)


def _told(
    before: Sequence[Follow],
    after: dict[int, Follow],
    outcomes: dict[int, tuple[Step, bool]],
    instance_name: str,
) -> Told:
    ready: dict[tuple[str, int, str, bool], ReadyContent] = {}
    in_private: list[tuple[int, ReadyContent]] = []
    for follow_id, (step, has_failed) in outcomes.items():
        follow = after[follow_id]
        work = msgspec.structs.replace(
            work_followed(follow),
            quality=step.work.quality,
            poster_url=step.work.poster_url or work_followed(follow).poster_url,
        )
        content = ReadyContent(
            work=work,
            instance_name=instance_name,
            user_ids=(follow.user_id,),
            at=step.at,
            has_failed=has_failed,
        )
        if follow.is_hidden or step.is_hidden:  # it may have been hidden since
            in_private.append((follow.user_id, content))
            continue
        key = follow.instance, follow.media_id, follow.part, has_failed
        known = ready.get(key)
        ready[key] = (
            content
            if known is None
            else msgspec.structs.replace(known, user_ids=(*known.user_ids, follow.user_id))
        )
    ended = {follow_id for follow_id, (_, has_failed) in outcomes.items() if not has_failed}
    return Told(
        ready=tuple(
            msgspec.structs.replace(content, user_ids=some)
            for content in ready.values()
            for some in batched(content.user_ids, _MENTIONS)
        ),
        in_private=tuple(in_private),
        ended=tuple(sorted(ended)),
        changed=tuple(
            after[follow.id] for follow in before if follow.id not in ended and after[follow.id] != follow
        ),
    )
