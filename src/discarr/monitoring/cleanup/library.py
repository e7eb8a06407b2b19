"""Asking an instance's library what is still monitored: seldom, and about few downloads at a time."""

import logging
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from discarr.core.errors import MediaClientError
from discarr.core.models import Download, DownloadKey, InstanceSnapshot
from discarr.monitoring.cleanup.protection import Keep
from discarr.monitoring.cleanup.rules import is_loading, is_understood
from discarr.monitoring.cleanup.sight import Sight
from discarr.monitoring.cleanup.strike_book import Strikes

_log = logging.getLogger(__name__)

MOST_QUESTIONS: Final = 20
"""Downloads asked about in one observation: each is a request."""


class MonitoredSource(Protocol):
    """Who knows what is monitored."""

    async def monitored(self, downloads: Sequence[Download]) -> Mapping[DownloadKey, bool]:
        """Say of each whether anything of it is monitored, in bounded time; what is not known is left out.

        Raises:
            MediaClientError: it cannot be asked.
        """


async def ask_library(
    library: MonitoredSource,
    instance: InstanceSnapshot,
    sight: Sight,
    *,
    struck: Mapping[str, Strikes],
    keep: Keep,
    watch_s: float,
) -> None:
    """Learn for this observation what is monitored: first of what was struck, then of what waits longest."""
    questions = [item for item in instance.downloads if _is_question(item, keep)]
    questions.sort(key=lambda item: (item.key.id not in struck, sight.asked_s.get(item.key, -1.0)))
    questions = questions[:MOST_QUESTIONS]
    sight.monitored.clear()
    if not questions:
        return
    for item in questions:
        sight.asked_s[item.key] = watch_s
    try:
        sight.monitored |= await library.monitored(questions)
    except MediaClientError as exc:
        _log.debug("%s: not known what is monitored: %s", instance.id, exc)


def _is_question(download: Download, keep: Keep) -> bool:
    """Whether the answer could matter."""
    return (
        download.media_id is not None
        and is_understood(download)
        and is_loading(download)
        and keep.named(download) is None
    )
