"""The end points of the history and of the blocklist."""

from aiohttp import web

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.call import Call
from discarr.sandbox.arr_server.json_format import JsonObject, parse_utc
from discarr.sandbox.arr_server.parameters import BadParameter
from discarr.sandbox.arr_server.replies import empty, json_reply

_EVENT_NUMBERS = {
    InstanceKind.RADARR: {
        "grabbed": 1,
        "downloadFolderImported": 3,
        "downloadFailed": 4,
        "movieFileDeleted": 6,
        "movieFolderImported": 7,
        "movieFileRenamed": 8,
        "downloadIgnored": 9,
    },
    InstanceKind.SONARR: {
        "grabbed": 1,
        "seriesFolderImported": 2,
        "downloadFolderImported": 3,
        "downloadFailed": 4,
        "episodeFileDeleted": 5,
        "episodeFileRenamed": 6,
        "downloadIgnored": 7,
    },
}


async def get_history(call: Call) -> web.Response:
    """`GET /history`: paged, newest first; a page past the end is empty."""
    parameters = call.parameters
    events = set(parameters.numbers("eventType"))
    rows = [row for row in _rows(call) if not events or _event_number(call, row) in events]
    if parameters.texts("downloadId"):
        rows = [row for row in rows if row.get("downloadId") == parameters.text("downloadId")]
    if call.is_sonarr and parameters.texts("episodeId"):
        rows = [row for row in rows if row["episodeId"] == parameters.number("episodeId", 0)]
    media_ids = parameters.numbers(f"{call.media_name}Ids")
    if media_ids:
        rows = [row for row in rows if row[f"{call.media_name}Id"] in media_ids]
    return _page(call, rows)


async def get_since(call: Call) -> web.Response:
    """`GET /history/since`: inclusive, oldest first, without a limit."""
    text = call.parameters.text("date")
    try:
        since = parse_utc(text)
    except ValueError:
        raise BadParameter("date", text) from None
    wanted = call.parameters.text("eventType")
    return json_reply(
        [
            _with_embedded(call, row)
            for row in _rows(call)
            if parse_utc(row["date"]) >= since
            and (not wanted or wanted in (row["eventType"], str(_event_number(call, row))))
        ]
    )


async def get_of_media(call: Call) -> web.Response:
    """`GET /history/movie` and `/history/series`: everything about one title, newest first."""
    key = f"{call.media_name}Id"
    wanted = call.parameters.number(key, 0)
    return json_reply([_with_embedded(call, row) for row in reversed(_rows(call)) if row[key] == wanted])


async def get_blocklist(call: Call) -> web.Response:
    """`GET /blocklist`: paged like the history, each with its movie or series."""
    key = f"{call.media_name}Id"
    wanted = call.parameters.numbers(f"{key}s")
    protocols = {word.lower() for word in call.parameters.texts("protocols")}
    source = call.instance.source
    rows = [
        row | {call.media_name: source.media[row[key]]} if row[key] in source.media else row
        for row in source.blocklist()
        if (not wanted or row[key] in wanted) and (not protocols or row["protocol"] in protocols)
    ]
    return _page(call, rows)


async def delete_blocked(call: Call) -> web.Response:
    """`DELETE /blocklist/{id}`: an unknown id is no error."""
    call.instance.source.unblock([call.id])
    return empty()


def _page(call: Call, rows: list[JsonObject]) -> web.Response:
    """Answer with a page, by default the newest; a page past the end is empty."""
    parameters = call.parameters
    direction = parameters.word("sortDirection", {"default", "ascending", "descending"}, default="descending")
    rows.sort(key=lambda row: (row["date"], row["id"]), reverse=direction != "ascending")
    page, size = max(parameters.number("page", 1), 1), max(parameters.number("pageSize", 10), 0)
    return json_reply(
        {
            "page": page,
            "pageSize": size,
            "sortKey": "date",
            "sortDirection": "ascending" if direction == "ascending" else "descending",
            "totalRecords": len(rows),
            "records": [_with_embedded(call, row) for row in rows[(page - 1) * size : page * size]],
        }
    )


def _rows(call: Call) -> list[JsonObject]:
    return list(call.instance.source.history(call.instance.now()))


def _event_number(call: Call, row: JsonObject) -> int:
    return _EVENT_NUMBERS[call.instance.source.kind].get(row["eventType"], 0)


def _with_embedded(call: Call, row: JsonObject) -> JsonObject:
    source = call.instance.source
    embedded: JsonObject = {}
    media = source.media.get(row[f"{call.media_name}Id"])
    if media is not None and call.parameters.flag(f"include{call.media_name}"):
        embedded[call.media_name] = media
    if call.is_sonarr and row.get("episodeId") in source.episodes and call.parameters.flag("includeEpisode"):
        embedded["episode"] = source.episodes[row["episodeId"]]
    return row | embedded
