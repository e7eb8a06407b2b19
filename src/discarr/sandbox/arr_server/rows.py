"""Queue rows and history rows of scripted downloads, as the apps print them."""

from datetime import datetime, timedelta

from discarr.core.models import InstanceKind, Protocol, QueueStatus, TrackedState, TrackedStatus
from discarr.sandbox.arr_server.json_format import JsonObject, queue_id, span_text, utc_text, without_absent
from discarr.sandbox.arr_server.library import EpisodesOf, Movie
from discarr.sandbox.arr_server.problems import Problem
from discarr.sandbox.arr_server.scenario import DownloadState, Occurrence, ScriptedDownload, Step

INDEXER_KEY = "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e"
"""The indexer's key inside `data.downloadUrl` of history rows: a canary, never to be shown or logged."""

_ENGLISH = [{"id": 1, "name": "English"}]
_UNKNOWN_LANGUAGE = [{"id": 0, "name": "Unknown"}]
_CLIENTS = {Protocol.USENET: (1, "SABnzbd"), Protocol.TORRENT: (2, "qBittorrent")}
_INDEXERS = {Protocol.USENET: "NZBFinder (Prowlarr)", Protocol.TORRENT: "Linux Tracker (Prowlarr)"}
_OK = TrackedStatus.OK
_LOOKS = {
    Step.QUEUED: (QueueStatus.QUEUED, TrackedState.DOWNLOADING),
    Step.DOWNLOADING: (QueueStatus.DOWNLOADING, TrackedState.DOWNLOADING),
    Step.SILENT: (QueueStatus.DOWNLOADING, TrackedState.DOWNLOADING),
    Step.PAUSED: (QueueStatus.PAUSED, TrackedState.DOWNLOADING),
    Step.UNPACKING: (QueueStatus.DOWNLOADING, TrackedState.DOWNLOADING),
    Step.WAITING_FOR_IMPORT: (QueueStatus.COMPLETED, TrackedState.IMPORT_PENDING),
    Step.IMPORTING: (QueueStatus.COMPLETED, TrackedState.IMPORTING),
}


def media_ids(media: Movie | EpisodesOf | None, *, is_sonarr: bool) -> list[JsonObject]:
    """Return the ids that tie a row to the library: one set per episode, empty for an unknown item."""
    if isinstance(media, EpisodesOf):
        return [
            {
                "seriesId": media.series.id,
                "episodeId": media.series.episode_id(media.season, number),
                "seasonNumber": media.season,
            }
            for number in media.numbers
        ]
    if media is None or is_sonarr:
        return [{}]
    return [{"movieId": media.id}]


def queue_rows(
    kind: InstanceKind,
    occurrence: Occurrence,
    state: DownloadState,
    *,
    at: datetime,
    grabbed: datetime,
    time_left: timedelta | None,
) -> list[JsonObject]:
    """Return the rows of one download: one per episode on Sonarr, each with the size of the whole."""
    script = occurrence.script
    is_sonarr = kind is InstanceKind.SONARR
    rows = []
    for ids in media_ids(script.media, is_sonarr=is_sonarr):
        row = ids | {
            "languages": _ENGLISH if script.media else _UNKNOWN_LANGUAGE,
            "quality": script.quality.resource(kind),
            "customFormats": [],
            "customFormatScore": 0,
            "size": script.size_bytes,
            "title": script.release,
            "sizeleft": round(script.size_bytes * (1 - state.fraction)),
        }
        if time_left is not None:
            row["timeleft"] = span_text(timedelta(seconds=int(time_left.total_seconds())))
            row["estimatedCompletionTime"] = utc_text(at + time_left)
        if state.step is Step.DELAYED:
            row |= _pending_part(script, occurrence.cycle, ids)
        else:
            row |= _tracked_part(kind, occurrence, state, ids, grabbed)
        if is_sonarr:
            row["episodeHasFile"] = False
        # the apps print the id last
        row["id"] = row.pop("id")
        rows.append(row)
    return rows


def _pending_part(script: ScriptedDownload, cycle: int, ids: JsonObject) -> JsonObject:
    pending_id = queue_id(f"{script.release}{cycle}") % 10_000 + 1
    media = f"ep{ids.get('episodeId', 0)}" if "seriesId" in ids else f"movie{ids.get('movieId', 0)}"
    return {
        "status": QueueStatus.DELAY,
        "protocol": script.protocol,
        "downloadClientHasPostImportCategory": False,
        "indexer": _INDEXERS[script.protocol],
        "id": queue_id(f"pending-{pending_id}-{media}"),
    }


def _tracked_part(
    kind: InstanceKind, occurrence: Occurrence, state: DownloadState, ids: JsonObject, grabbed: datetime
) -> JsonObject:
    script = occurrence.script
    client_id, client = _CLIENTS[script.protocol]
    key = f"trackedDownload-{client_id}-{occurrence.download_id}"
    if kind is InstanceKind.SONARR:
        key += f"-ep{ids.get('episodeId', 0)}"
    problem = state.problem
    status, tracked_status, tracked_state = (
        (problem.status, problem.tracked_status, problem.tracked_state)
        if problem is not None
        else (_LOOKS[state.step][0], _OK, _LOOKS[state.step][1])
    )
    is_complete = state.fraction >= 1
    return without_absent(
        added=utc_text(grabbed) if script.media else None,
        status=status,
        trackedDownloadStatus=tracked_status,
        trackedDownloadState=tracked_state,
        statusMessages=_status_messages(kind, script, problem) if problem else [],
        errorMessage=problem.error_message if problem else None,
        downloadId=occurrence.download_id,
        protocol=script.protocol,
        downloadClient=client,
        downloadClientHasPostImportCategory=script.protocol is Protocol.TORRENT,
        indexer=_INDEXERS[script.protocol] if script.media else None,
        outputPath=_output_path(script) if is_complete else None,
        id=queue_id(key),
    )


def _output_path(script: ScriptedDownload) -> str:
    return f"/data/{script.protocol}/complete/{script.release}"


def _status_messages(kind: InstanceKind, script: ScriptedDownload, problem: Problem) -> list[JsonObject]:
    entries: list[JsonObject] = []
    if problem.header is not None:
        entries.append({"title": problem.header, "messages": []})
    if problem.message is not None:
        message = problem.message.format(
            path=_output_path(script), file=script.release, app=kind.value.capitalize()
        )
        if problem.is_per_file and isinstance(script.media, EpisodesOf):
            season = script.media.season
            names = [f"{script.release}.S{season:02d}E{number:02d}.mkv" for number in script.media.numbers]
        else:
            names = [script.release]
        entries += [{"title": name, "messages": [message]} for name in names]
    return entries


def history_rows(kind: InstanceKind, occurrence: Occurrence, event: str, at: datetime) -> list[JsonObject]:
    """Return the history rows of one event without their ids: one per episode, none for an unknown item."""
    script = occurrence.script
    if script.media is None:
        return []
    client = _CLIENTS[script.protocol][1]
    data: dict[str, str] = {"downloadClient": client, "downloadClientName": client}
    if event == "grabbed":
        data |= {
            "indexer": _INDEXERS[script.protocol],
            "downloadUrl": f"http://prowlarr:9696/1/download?apikey={INDEXER_KEY}&file={script.release}",
            "size": str(script.size_bytes),
        }
    elif event == "downloadFolderImported":
        data |= {"droppedPath": _output_path(script), "importedPath": "/data/media/" + script.release}
    else:
        data |= {"message": "Removed by a person or given up by the download client"}
    rows = []
    for ids in media_ids(script.media, is_sonarr=kind is InstanceKind.SONARR):
        row = {name: value for name, value in ids.items() if name != "seasonNumber"}
        rows.append(
            row
            | {
                "sourceTitle": script.release,
                "languages": _ENGLISH,
                "quality": script.quality.resource(kind),
                "customFormats": [],
                "customFormatScore": 0,
                "qualityCutoffNotMet": False,
                "date": utc_text(at),
                "downloadId": occurrence.download_id,
                "eventType": event,
                "data": data,
            }
        )
    return rows
