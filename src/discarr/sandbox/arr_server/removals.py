"""What becomes of a download that a person removes from the queue."""

from discarr.sandbox.arr_server.download_clients import DownloadClient, OnRemoval
from discarr.sandbox.arr_server.history_rows import ignored_rows
from discarr.sandbox.arr_server.json_format import JsonObject
from discarr.sandbox.arr_server.library import media_ids
from discarr.sandbox.arr_server.occurrence import Occurrence
from discarr.sandbox.arr_server.rows import pending_row_ids
from discarr.sandbox.arr_server.scenario import SEARCH_S, Step
from discarr.sandbox.arr_server.source import ClientRefusal, Removal
from discarr.sandbox.arr_server.story import Story


def remove_download(story: Story, row: JsonObject, removal: Removal, now_s: float) -> None:
    """Remove what a row shows, as far as it is still there.

    Raises:
        ClientRefusal: the download client did not do it; nothing has changed.
    """
    if "downloadId" not in row:
        _remove_pending(story, row, removal, now_s)
        return
    found = story.find(row["downloadId"], now_s)
    if found is not None:
        _remove_tracked(story, found[0], removal, now_s)


def pending_releases(story: Story, row: JsonObject, now_s: float) -> list[Occurrence]:
    """Return the pending release that a row shows; none for other rows."""
    return [
        occurrence
        for occurrence, state in story.present(now_s)
        if state.step is Step.DELAYED and row["id"] in pending_row_ids(occurrence)
    ]


def _remove_pending(story: Story, row: JsonObject, removal: Removal, now_s: float) -> None:
    """Remove every pending release of the same movie or episodes, as the apps do."""
    media = [occurrence.script.media for occurrence in pending_releases(story, row, now_s)]
    for occurrence, state in story.present(now_s):
        if state.step is Step.DELAYED and occurrence.script.media in media:
            story.plot.change(occurrence.ended_now(now_s))
            if removal.blocklist:
                story.block_pending(occurrence.script, now_s)


def _remove_tracked(story: Story, occurrence: Occurrence, removal: Removal, now_s: float) -> None:
    client = story.client_of(occurrence)
    is_known = bool(media_ids(occurrence.script.media))
    if removal.remove_from_client:
        _raise_refusal(client)
    if removal.remove_from_client and client.on_removal is OnRemoval.PRETENDS:
        story.plot.hide(occurrence, now_s)
    elif removal.is_ignore and not is_known:
        # ignoring what matches nothing does not stick
        story.plot.hide(occurrence, now_s)
    else:
        story.plot.change(occurrence.ended_now(now_s))
    if removal.blocklist and is_known:
        story.fail_by_hand(occurrence, now_s)
        if not removal.skip_redownload:
            story.search_again(occurrence, now_s, takes_s=SEARCH_S)
    elif removal.is_ignore and is_known:
        at = story.wall_time(now_s)
        story.records.write(*ignored_rows(story.kind, occurrence, client, at))


def _raise_refusal(client: DownloadClient) -> None:
    if client.on_removal is OnRemoval.FAILS:
        address = f"http://{client.name.lower()}:8080"
        raise ClientRefusal(500, f"Unable to remove the item: {address} answered 500")
    if client.on_removal is OnRemoval.IS_MISSING:
        raise ClientRefusal(400, "BadRequest: the download client does not exist")
