"""What the history of an app says about what was done. Every function raises `MediaClientError` only."""

from typing import Final

from discarr.clients.base import MediaClient
from discarr.core.models import HistoryEvent, HistoryRecord
from discarr.monitoring.acting.targets import Target

_PAGE: Final = 50
_LONGEST_PAGE: Final = 500
_TELLING: Final = (
    HistoryEvent.GRABBED,
    HistoryEvent.IMPORTED,
    HistoryEvent.FAILED,
    HistoryEvent.IGNORED,
)


async def newest_id(client: MediaClient) -> int:
    """Return the highest id of the history: what happens from now on has a higher one."""
    newest = await client.fetch_newest_record()
    return 0 if newest is None else newest.id


async def newest_id_of(client: MediaClient, target: Target) -> int:
    """Return the highest id in the history of a download, 0 where it has none."""
    return max((record.id for record in await _read(client, download_id=target.key.id)), default=0)


async def last_event_of(client: MediaClient, target: Target) -> HistoryEvent | None:
    """Return the latest event that says where a download has gone; None when nothing is known of it."""
    records = await _read(client, download_id=target.key.id)
    return next((record.event for record in records if record.event in _TELLING), None)


async def was_grabbed(client: MediaClient, target: Target) -> bool:
    """Whether a release that was held back was sent to a download client, lately."""
    return any(
        record.release_title == target.release_title and record.media_id == target.media_id
        for record in await _read(client, event=HistoryEvent.GRABBED)
    )


async def count_grabs(client: MediaClient, target: Target, *, since_id: int) -> int:
    """Count the releases that were grabbed for the title of a download after `since_id`."""
    return len(
        {
            record.download_id or record.release_title
            for record in await _read(client, event=HistoryEvent.GRABBED)
            if record.id > since_id and record.media_id == target.media_id
        }
    )


async def count_imports(client: MediaClient, target: Target, *, since_id: int, expected: int) -> int:
    """Count the lines of a download's imports after `since_id`: one for a movie, one for each episode."""
    records = await _read(
        client,
        page_size=min(max(2 * expected, _PAGE), _LONGEST_PAGE),
        event=HistoryEvent.IMPORTED,
        download_id=target.key.id,
    )
    return sum(1 for record in records if record.id > since_id)


async def _read(
    client: MediaClient,
    *,
    page_size: int = _PAGE,
    event: HistoryEvent | None = None,
    download_id: str | None = None,
) -> tuple[HistoryRecord, ...]:
    history = await client.fetch_history(page_size=page_size, event=event, download_id=download_id)
    return history.records
