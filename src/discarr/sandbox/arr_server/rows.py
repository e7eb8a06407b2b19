"""Queue rows of scripted downloads, as the apps print them."""

from collections.abc import Collection
from datetime import datetime, timedelta

from discarr.core.models import InstanceKind, Protocol, QueueStatus, TrackedState, TrackedStatus
from discarr.sandbox.arr_server.download_clients import DownloadClient
from discarr.sandbox.arr_server.files import files_of
from discarr.sandbox.arr_server.json_format import JsonObject, queue_id, span_text, utc_text, without_absent
from discarr.sandbox.arr_server.library import EpisodesOf, languages_resource, media_ids
from discarr.sandbox.arr_server.occurrence import DownloadState, Occurrence
from discarr.sandbox.arr_server.problems import Problem
from discarr.sandbox.arr_server.scenario import ScriptedDownload, Step

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


def indexer_of(script: ScriptedDownload) -> str:
    """Return the name of the indexer that a release is from."""
    return script.indexer or _INDEXERS[script.protocol]


def custom_formats(script: ScriptedDownload) -> list[JsonObject]:
    """Return the wire's list of the custom formats that a release fits."""
    return [{"id": queue_id(name) % 100 + 1, "name": name} for name in script.custom_formats]


def pending_row_ids(occurrence: Occurrence) -> list[int]:
    """Return the ids of a pending release's rows."""
    pending_id = queue_id(f"{occurrence.script.release}{occurrence.cycle}") % 10_000 + 1
    return [
        queue_id(
            f"pending-{pending_id}-"
            + (f"ep{ids.get('episodeId', 0)}" if "seriesId" in ids else f"movie{ids.get('movieId', 0)}")
        )
        for ids in _ids_of_rows(occurrence.script)
    ]


def queue_rows(
    kind: InstanceKind,
    occurrence: Occurrence,
    state: DownloadState,
    *,
    client: DownloadClient,
    at: datetime,
    grabbed: datetime | None,
    time_left: timedelta | None,
    arrived: Collection[int] = (),
) -> list[JsonObject]:
    """Return the rows of one download: one per episode on Sonarr, each with the size of the whole.

    `grabbed` is None for a pending release; `arrived` are the parts that have been imported.
    """
    script = occurrence.script
    is_sonarr = kind is InstanceKind.SONARR
    rows = []
    for part, ids in enumerate(_ids_of_rows(script)):
        row = ids | {
            "languages": languages_resource(*(script.languages if script.media else ("Unknown",))),
            "quality": script.quality.resource(kind),
            "customFormats": custom_formats(script),
            "customFormatScore": script.custom_format_score,
            "size": script.size_bytes,
            "title": script.release,
            "sizeleft": round(script.size_bytes * (1 - state.fraction)),
        }
        if time_left is not None:
            row["timeleft"] = span_text(timedelta(seconds=int(time_left.total_seconds())))
            row["estimatedCompletionTime"] = utc_text(at + time_left)
        if state.step is Step.DELAYED:
            row |= _pending_part(script, pending_row_ids(occurrence)[part])
        else:
            row |= _tracked_part(kind, occurrence, state, client, ids, grabbed)
        if is_sonarr:
            row["episodeHasFile"] = script.replaces is not None or part in arrived
        # the apps print the id last
        row["id"] = row.pop("id")
        rows.append(row)
    return rows


def _ids_of_rows(script: ScriptedDownload) -> list[JsonObject]:
    """Return what ties each row to the library: nothing for an unknown item."""
    media = script.media
    if isinstance(media, EpisodesOf) and not media.numbers:
        return [{"seriesId": media.series.id}]
    return media_ids(media) or [{}]


def _pending_part(script: ScriptedDownload, row_id: int) -> JsonObject:
    return {
        "status": QueueStatus.DELAY,
        "protocol": script.protocol,
        "downloadClientHasPostImportCategory": False,
        "indexer": indexer_of(script),
        "id": row_id,
    }


def _tracked_part(
    kind: InstanceKind,
    occurrence: Occurrence,
    state: DownloadState,
    client: DownloadClient,
    ids: JsonObject,
    grabbed: datetime | None,
) -> JsonObject:
    script = occurrence.script
    key = f"trackedDownload-{client.id}-{occurrence.download_id}"
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
        added=utc_text(grabbed) if script.media and grabbed else None,
        status=status,
        trackedDownloadStatus=tracked_status,
        trackedDownloadState=tracked_state,
        statusMessages=_status_messages(kind, script, problem) if problem else [],
        errorMessage=problem.error_message if problem else None,
        downloadId=occurrence.download_id,
        protocol=script.protocol,
        downloadClient=client.name,
        downloadClientHasPostImportCategory=client.has_post_import_category,
        indexer=indexer_of(script) if script.media else None,
        outputPath=script.output_path if is_complete else None,
        id=queue_id(key),
    )


def problem_message(kind: InstanceKind, script: ScriptedDownload, problem: Problem) -> str | None:
    """Return what the app says about a problem, with the names of this download."""
    if problem.message is None:
        return None
    return problem.message.format(path=script.output_path, file=script.release, app=kind.value.capitalize())


def _status_messages(kind: InstanceKind, script: ScriptedDownload, problem: Problem) -> list[JsonObject]:
    entries: list[JsonObject] = []
    if problem.header is not None:
        entries.append({"title": problem.header, "messages": []})
    message = problem_message(kind, script, problem)
    if message is not None:
        names = [script.release]
        if problem.is_per_file and isinstance(script.media, EpisodesOf):
            names = [file.name for file in files_of(script)]
        entries += [{"title": name, "messages": [message]} for name in names]
    return entries
