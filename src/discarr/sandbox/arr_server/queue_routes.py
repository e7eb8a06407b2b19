"""The queue's end points."""

from collections.abc import Mapping

from aiohttp import web

from discarr.sandbox.arr_server.call import Call
from discarr.sandbox.arr_server.instance import Instance, Removed
from discarr.sandbox.arr_server.json_format import JsonObject
from discarr.sandbox.arr_server.parameters import BadParameter
from discarr.sandbox.arr_server.queue_query import QueueQuery, is_known, read_queue_query, select
from discarr.sandbox.arr_server.replies import empty, error, json_bytes, json_reply
from discarr.sandbox.arr_server.source import ClientRefusal, Removal, embed


async def get_queue(call: Call) -> web.Response:
    """`GET /queue`: one page of the snapshot."""
    source = call.instance.source
    query = read_queue_query(source.kind, call.parameters)
    prepared = source.prepared_page(query)
    if prepared is not None:
        if "gzip" not in call.request.headers.get("Accept-Encoding", ""):
            return json_bytes(prepared.raw)
        reply = json_bytes(prepared.gzipped)
        reply.headers["Content-Encoding"] = "gzip"
        return reply
    try:
        page = select(source.kind, call.instance.rows(), query, source.media)
    except ZeroDivisionError:
        return error(500, "Attempted to divide by zero.")
    except TypeError as problem:
        return error(500, str(problem))
    return json_reply(page.resource(query, [embed(source, row, query) for row in page.rows]))


async def get_details(call: Call) -> web.Response:
    """`GET /queue/details`: everything in one list, unsorted, unknown items included."""
    media_key = f"{call.media_name}Id"
    wanted = set(call.parameters.numbers(media_key))
    episodes = set(call.parameters.numbers("episodeIds")) if call.is_sonarr else set()
    query = QueueQuery(
        has_media=call.parameters.flag(f"include{call.media_name}"),
        has_episode=call.is_sonarr and call.parameters.flag("includeEpisode"),
    )
    return json_reply(
        [
            embed(call.instance.source, row, query)
            for row in call.instance.rows()
            if (not wanted or row.get(media_key) in wanted)
            and (not episodes or row.get("episodeId") in episodes)
        ]
    )


async def get_status(call: Call) -> web.Response:
    """`GET /queue/status`: counts of rows, not of downloads."""
    rows = call.instance.rows()
    known = [row for row in rows if is_known(row)]
    unknown = [row for row in rows if not is_known(row)]
    return json_reply(
        {
            "totalCount": len(rows),
            "count": len(known),
            "unknownCount": len(unknown),
            "errors": _has_status(known, "error"),
            "warnings": _has_status(known, "warning"),
            "unknownErrors": _has_status(unknown, "error"),
            "unknownWarnings": _has_status(unknown, "warning"),
        }
    )


async def delete_item(call: Call) -> web.Response:
    """`DELETE /queue/{id}`: the whole download goes, and the data with it unless told otherwise."""
    rows = [row for row in call.instance.rows() if row["id"] == call.id]
    if not rows:
        return error(404, "NotFound")
    if len(rows) > 1:
        # ids are hashes of 31 bits
        return error(500, "Sequence contains more than one matching element")
    return _remove(call, rows) or empty()


async def delete_bulk(call: Call) -> web.Response:
    """`DELETE /queue/bulk`: one stale id, and nothing is removed."""
    row_ids = await _ids(call)
    rows = _rows_by_id(call.instance)
    if not rows.keys() >= set(row_ids):
        return error(404, "NotFound")
    named = {rows[row_id].get("downloadId", row_id): rows[row_id] for row_id in row_ids}
    return _remove(call, list(named.values())) or json_reply({})


async def grab(call: Call) -> web.Response:
    """`POST /queue/grab/{id}`: send a pending release to the download client now."""
    return _grab(call.instance, [call.id])


async def grab_bulk(call: Call) -> web.Response:
    """`POST /queue/grab/bulk`: those before the first unknown id are grabbed all the same."""
    return _grab(call.instance, await _ids(call))


def _grab(instance: Instance, row_ids: list[int]) -> web.Response:
    pending = {key: row for key, row in _rows_by_id(instance).items() if "downloadId" not in row}
    for row_id in row_ids:
        if row_id not in pending:
            return error(404, "NotFound")
        now = instance.now()
        instance.source.grab(pending[row_id], now)
        instance.refresh(now)
    return json_reply({})


def _remove(call: Call, rows: list[JsonObject]) -> web.Response | None:
    """Remove the downloads of these rows, one after the other; returns the answer if one fails.

    What was removed before a failure is shown until the next refresh, as in the apps.
    """
    instance, parameters = call.instance, call.parameters
    removal = Removal(
        remove_from_client=parameters.flag("removeFromClient", default=True),
        blocklist=parameters.flag("blocklist"),
        skip_redownload=parameters.flag("skipRedownload"),
        change_category=parameters.flag("changeCategory"),
    )
    now = instance.now()
    for row in rows:
        download_id = row.get("downloadId")
        wants_category = download_id and removal.change_category and not removal.remove_from_client
        if wants_category and not row["downloadClientHasPostImportCategory"]:
            return error(500, "This download client does not support changing the category")
        try:
            instance.source.remove(row, removal, now)
        except ClientRefusal as refusal:
            return error(refusal.status, str(refusal))
        instance.removed.append(Removed(row_id=row["id"], download_id=download_id, removal=removal))
    instance.refresh(now)
    return None


def _rows_by_id(instance: Instance) -> Mapping[int, JsonObject]:
    return {row["id"]: row for row in instance.rows()}


async def _ids(call: Call) -> list[int]:
    body = await call.body()
    try:
        return [int(row_id) for row_id in body["ids"]]
    except (ValueError, TypeError, LookupError):
        raise BadParameter("ids", "") from None


def _has_status(rows: list[JsonObject], status: str) -> bool:
    return any(row.get("trackedDownloadStatus") == status for row in rows)
