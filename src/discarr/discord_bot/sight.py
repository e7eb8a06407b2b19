"""What somebody may see of the queue, from memory."""

from collections.abc import Iterator
from typing import Final

from discarr.core.models import Download, InstanceSnapshot
from discarr.core.slices import run_in_slices
from discarr.discord_bot.services import Services
from discarr.discord_bot.ui.queue_browser import key_token
from discarr.monitoring.download_rows import Hidden
from discarr.monitoring.status_view import StatusView, status_view_in_slices

_SLICE: Final = 500
"""Downloads looked at between two pauses: about 1 ms of work."""


def visible_instances(services: Services, hidden: Hidden) -> tuple[InstanceSnapshot, ...]:
    """Return the instances that are not hidden."""
    return tuple(item for item in services.cache.snapshot.instances if not hidden.hides_instance(item))


def visible_downloads(services: Services, hidden: Hidden) -> Iterator[tuple[InstanceSnapshot, Download]]:
    """Return every download that is not hidden, and its instance."""
    for instance in visible_instances(services, hidden):
        for download in instance.downloads:
            if not hidden.hides_tags(download.tags):
                yield instance, download


async def find_download(services: Services, hidden: Hidden, token: str) -> Download | None:
    """Return the download whose key has that `key_token`; None when it is gone, or hidden."""
    for count, (_, download) in enumerate(visible_downloads(services, hidden), start=1):
        if count % _SLICE == 0:
            await services.clock.give_way()
        if key_token(download.key) == token:
            return download
    return None


async def status_view(services: Services, hidden: Hidden) -> StatusView:
    """Return the queue and the servers as the live message shows them."""
    steps = status_view_in_slices(
        services.cache.snapshot,
        services.tracker,
        hidden=hidden,
        now=services.clock.now(),
        next_check_by=None,
    )
    return await run_in_slices(steps, services.clock)
