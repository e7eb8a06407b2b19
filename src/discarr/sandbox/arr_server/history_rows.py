"""Rows of the history and of the blocklist, as the apps print them; their ids are given later.

Sonarr writes a row per episode. `data` holds strings only; the releases' own addresses carry the key of the
indexer, as real ones do.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from discarr.core.models import InstanceKind, Protocol
from discarr.sandbox.arr_server.download_clients import DownloadClient
from discarr.sandbox.arr_server.json_format import JsonObject, utc_text, without_absent
from discarr.sandbox.arr_server.library import EpisodesOf, languages_resource, media_ids
from discarr.sandbox.arr_server.occurrence import EventKind, Occurrence
from discarr.sandbox.arr_server.rows import custom_formats, indexer_of
from discarr.sandbox.arr_server.scenario import ScriptedDownload

INDEXER_KEY = "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e"
"""The indexer's key inside `data.downloadUrl` of history rows: a canary, never to be shown or logged."""

_RELEASE_AGE = timedelta(minutes=42)


def grabbed_rows(
    kind: InstanceKind, occurrence: Occurrence, client: DownloadClient, at: datetime
) -> list[JsonObject]:
    """Return the rows of a grab."""
    script = occurrence.script
    page = f"https://indexer.example.org/details/{occurrence.download_id.lower()}"
    data: dict[str, str | None] = {
        "indexer": indexer_of(script),
        "nzbInfoUrl": page,
        "releaseGroup": script.release_group,
        "age": "0",
        "ageHours": str(_RELEASE_AGE / timedelta(hours=1)),
        "ageMinutes": str(_RELEASE_AGE / timedelta(minutes=1)),
        "publishedDate": utc_text(at - _RELEASE_AGE),
        **_client_part(client),
        "size": str(script.size_bytes),
        "downloadUrl": f"http://prowlarr:9696/1/download?apikey={INDEXER_KEY}&file={script.release}",
        "guid": page,
        "protocol": "2" if script.protocol is Protocol.TORRENT else "1",
        "customFormatScore": str(script.custom_format_score),
        "releaseSource": "Rss",
        "indexerFlags": "0",
        "indexerId": "1",
    }
    if kind is InstanceKind.SONARR:
        data |= {
            "tvdbId": "0",
            "tvRageId": "0",
            "seriesMatchType": "Title",
            "releaseType": _release_type(script),
        }
    else:
        data |= {"tmdbId": "0", "movieMatchType": "Title"}
    if script.protocol is Protocol.TORRENT:
        data["torrentInfoHash"] = occurrence.download_id
    return _rows(kind, occurrence, EventKind.GRABBED, data, at)


def imported_row(
    kind: InstanceKind,
    occurrence: Occurrence,
    client: DownloadClient,
    file: JsonObject,
    at: datetime,
    *,
    ids: Mapping[str, int],
    dropped_path: str,
    **overrides: Any,
) -> JsonObject:
    """Return the row of one file that came into the library; `overrides` are fields that a person has set."""
    script = occurrence.script
    data: dict[str, str | None] = {
        "fileId": str(file["id"]),
        "droppedPath": dropped_path,
        "importedPath": file["path"],
        **_client_part(client),
        "releaseGroup": script.release_group,
        "customFormatScore": str(script.custom_format_score),
        "size": str(file["size"]),
        "indexerFlags": "0",
    }
    if kind is InstanceKind.SONARR:
        data["releaseType"] = _release_type(script)
    return _row(kind, occurrence, EventKind.IMPORTED, data, at, ids) | overrides


def failed_rows(
    kind: InstanceKind, occurrence: Occurrence, client: DownloadClient, message: str, at: datetime
) -> list[JsonObject]:
    """Return the rows of a failure; `message` is the client's, or says that a person declared it."""
    data = {**_client_part(client), "message": message, **_release_part(occurrence.script)}
    data["indexer"] = indexer_of(occurrence.script)
    return _rows(kind, occurrence, EventKind.FAILED, data, at)


def ignored_rows(
    kind: InstanceKind, occurrence: Occurrence, client: DownloadClient, at: datetime
) -> list[JsonObject]:
    """Return the rows of a download that the app is to forget."""
    data = {**_client_part(client), "message": "Manually ignored", **_release_part(occurrence.script)}
    return _rows(kind, occurrence, EventKind.IGNORED, data, at)


def upgraded_row(kind: InstanceKind, ids: Mapping[str, int], file: JsonObject, at: datetime) -> JsonObject:
    """Return the row of a file that gave way to a better one: it names no download."""
    return {
        **_named(ids),
        "sourceTitle": file["path"],
        "languages": file["languages"],
        "quality": file["quality"],
        "customFormats": [],
        "customFormatScore": 0,
        "qualityCutoffNotMet": True,
        "date": utc_text(at),
        "eventType": "episodeFileDeleted" if kind is InstanceKind.SONARR else "movieFileDeleted",
        "data": {
            "reason": "Upgrade",
            "releaseGroup": None,
            "size": str(file["size"]),
            "indexerFlags": "0",
        },
    }


def blocklist_row(kind: InstanceKind, script: ScriptedDownload, message: str, at: datetime) -> JsonObject:
    """Return the entry of the blocklist that keeps a release away: one per download."""
    ids = media_ids(script.media)
    row: JsonObject = (
        {"seriesId": ids[0]["seriesId"], "episodeIds": [item["episodeId"] for item in ids]}
        if kind is InstanceKind.SONARR
        else {"movieId": ids[0]["movieId"]}
    )
    return row | without_absent(
        sourceTitle=script.release,
        languages=languages_resource(*script.languages),
        quality=script.quality.resource(kind),
        customFormats=custom_formats(script),
        date=utc_text(at),
        protocol=script.protocol,
        indexer=indexer_of(script),
        message=message,
    )


def _rows(
    kind: InstanceKind, occurrence: Occurrence, event: EventKind, data: Mapping[str, str | None], at: datetime
) -> list[JsonObject]:
    return [_row(kind, occurrence, event, data, at, ids) for ids in media_ids(occurrence.script.media)]


def _row(
    kind: InstanceKind,
    occurrence: Occurrence,
    event: EventKind,
    data: Mapping[str, str | None],
    at: datetime,
    ids: Mapping[str, int],
) -> JsonObject:
    script = occurrence.script
    return {
        **_named(ids),
        "sourceTitle": script.release,
        "languages": languages_resource(*script.languages),
        "quality": script.quality.resource(kind),
        "customFormats": custom_formats(script),
        "customFormatScore": script.custom_format_score,
        "qualityCutoffNotMet": False,
        "date": utc_text(at),
        "downloadId": occurrence.download_id,
        "eventType": event,
        "data": dict(data),
    }


def _named(ids: Mapping[str, int]) -> dict[str, int]:
    return {name: value for name, value in ids.items() if name != "seasonNumber"}


def _client_part(client: DownloadClient) -> dict[str, str | None]:
    return {"downloadClient": client.name, "downloadClientName": client.name}


def _release_part(script: ScriptedDownload) -> dict[str, str | None]:
    return {"releaseGroup": script.release_group, "size": str(script.size_bytes)}


def _release_type(script: ScriptedDownload) -> str:
    media = script.media
    if not isinstance(media, EpisodesOf) or len(media.numbers) < 2:
        return "SingleEpisode"
    is_whole = len(media.numbers) == media.series.episode_counts[media.season - 1]
    return "SeasonPack" if is_whole else "MultiEpisode"
