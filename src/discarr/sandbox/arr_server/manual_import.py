"""Manual import: which files of a download are offered, and what becomes of those that a person names."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from discarr.core.models import InstanceKind, Protocol, QueueStatus, TrackedState
from discarr.sandbox.arr_server.commands import Outcome
from discarr.sandbox.arr_server.files import files_of, path_of
from discarr.sandbox.arr_server.json_format import JsonObject, queue_id, without_absent
from discarr.sandbox.arr_server.library import EpisodesOf, Movie, languages_resource, media_ids
from discarr.sandbox.arr_server.occurrence import DownloadState, Occurrence
from discarr.sandbox.arr_server.rows import custom_formats, problem_message
from discarr.sandbox.arr_server.scenario import Ending, ManualImport, ScriptedFile, Step
from discarr.sandbox.arr_server.source import NotCompleted
from discarr.sandbox.arr_server.story import Story

_NULL_REFERENCE = "Object reference not set to an instance of an object."
_DENIED = "Access to the path is denied."
_UNMATCHED = ("Unknown Movie", "Unknown Series", "Unable to parse file")
"""Rejections that are settled when a person says what a file is."""
_SILENT_STATES = (TrackedState.IMPORT_BLOCKED, TrackedState.DOWNLOADING)
"""Where the reason is with the download, not with its files."""


class _ImportFailed(Exception):
    """The app stumbles over a file: the command fails, what was imported before stays."""


def offered_files(story: Story, download_id: str, now_s: float) -> list[JsonObject]:
    """Return `/manualimport` for a download; nothing for one that is not in the queue.

    Raises:
        NotCompleted: it is still under way.
    """
    found = story.find(download_id, now_s)
    if found is None:
        return []
    occurrence, state = found
    if not _is_complete(state):
        raise NotCompleted
    return [_offer(story, occurrence, state, file) for file in _visible(story, occurrence, state, now_s)]


def reconsidered_file(story: Story, file: JsonObject, now_s: float) -> JsonObject:
    """Return a file as judged with the movie or the episodes that a person has set.

    Raises:
        NotCompleted: its download is still under way.
    """
    offers = offered_files(story, str(file.get("downloadId", "")), now_s)
    reasons = [
        rejection
        for offer in offers
        if offer["path"] == file.get("path")
        for rejection in offer["rejections"]
        if rejection["reason"] not in _UNMATCHED
    ]
    named = [ids for ids in _named_by_person(story, file) if story.shelf.has(ids)]
    if not named:
        unknown = "Unknown Series" if story.kind is InstanceKind.SONARR else "Unknown Movie"
        return file | {"rejections": [_rejection(unknown), *reasons]}
    media: JsonObject = (
        {"episodes": [story.shelf.episodes[ids["episodeId"]] for ids in named]}
        if story.kind is InstanceKind.SONARR
        else {"movie": story.shelf.media[named[0]["movieId"]]}
    )
    return file | media | {"rejections": reasons}


def import_by_hand(story: Story, body: JsonObject, now_s: float) -> Outcome:
    """Do the work of a `ManualImport` command: import the named files, whatever speaks against them."""
    touched: dict[str, Occurrence] = {}
    unexpected: Counter[str] = Counter()
    files = body.get("files") or []
    try:
        for file in files:
            occurrence, count = _import(story, file, body, now_s)
            touched[occurrence.download_id] = occurrence
            unexpected[occurrence.download_id] += count
        for download_id, occurrence in touched.items():
            _settle(story, occurrence, unexpected[download_id], now_s)
    except _ImportFailed as problem:
        return Outcome(
            message=str(problem), exception=f"System.Exception: {problem}\n   at ManualImportService"
        )
    return Outcome(message=f"Manually imported {len(files)} files")


def _import(story: Story, file: JsonObject, body: JsonObject, now_s: float) -> tuple[Occurrence, int]:
    """Import one file; returns its download, and how many unexpected movies or episodes it brought."""
    found = story.find(str(file.get("downloadId")), now_s)
    visible = {} if found is None else _paths(story, *found, now_s)
    if found is None or file.get("path") not in visible:
        raise _ImportFailed(f"Could not find file '{file.get('path')}'.")
    occurrence = found[0]
    script = occurrence.script
    named = list(_named_by_person(story, file))
    if script.manual_import is ManualImport.FAILS:
        raise _ImportFailed(_DENIED)
    if not (named and file.get("quality") and file.get("languages")):
        raise _ImportFailed(_NULL_REFERENCE)
    for ids in named:
        if not story.shelf.has(ids):
            kind, number = ("Episode", "episodeId") if "episodeId" in ids else ("Movie", "movieId")
            raise _ImportFailed(f"{kind} with ID {ids[number]} does not exist")
        story.put_into_library(
            occurrence,
            ids,
            story.wall_time(now_s),
            dropped_path=file["path"],
            size_bytes=visible[file["path"]].size_bytes,
            quality=file["quality"],
            languages=file["languages"],
        )
    if body.get("importMode") == "move" or (
        body.get("importMode") != "copy" and script.protocol is Protocol.USENET
    ):
        story.moved_paths.add(file["path"])
    promised = media_ids(script.media)
    keys = [_key(ids) for ids in promised]
    parts = {keys.index(_key(ids)) for ids in named if _key(ids) in keys}
    changed = replace(occurrence, by_hand=occurrence.by_hand | parts)
    story.plot.change(changed)
    return changed, len(named) - len(parts)


def _settle(story: Story, occurrence: Occurrence, unexpected_count: int, now_s: float) -> None:
    """Mark a download as imported: Radarr for any file, Sonarr once all expected episodes are there."""
    if occurrence.script.manual_import is ManualImport.SAYS_IT_FAILED:
        raise _ImportFailed(_NULL_REFERENCE)
    expected = max(1, occurrence.part_count) if story.kind is InstanceKind.SONARR else 1
    if len(occurrence.arrived_at(now_s)) + unexpected_count >= expected:
        everything = frozenset(range(occurrence.part_count))
        story.plot.change(replace(occurrence.ended_now(now_s, Ending.IMPORTED), by_hand=everything))


def _visible(
    story: Story, occurrence: Occurrence, state: DownloadState, now_s: float
) -> Iterator[ScriptedFile]:
    """Yield the files that are where the download client left them."""
    script = occurrence.script
    if script.files is None and state.problem is not None and state.problem.hides_files:
        return
    promised = media_ids(script.media)
    arrived = [promised[part] for part in occurrence.arrived_at(now_s) - occurrence.by_hand]
    for file in files_of(script):
        ids = media_ids(file.media)
        is_moved = script.protocol is Protocol.USENET and bool(ids) and all(item in arrived for item in ids)
        if not is_moved and path_of(script, file) not in story.moved_paths:
            yield file


def _paths(
    story: Story, occurrence: Occurrence, state: DownloadState, now_s: float
) -> dict[str, ScriptedFile]:
    return {path_of(occurrence.script, file): file for file in _visible(story, occurrence, state, now_s)}


def _offer(story: Story, occurrence: Occurrence, state: DownloadState, file: ScriptedFile) -> JsonObject:
    script = occurrence.script
    is_unmatched = script.files is None and state.problem is not None and state.problem.is_unmatched
    media = None if is_unmatched else file.media
    reasons = list(file.rejections)
    if (
        script.files is None
        and state.problem is not None
        and state.problem.tracked_state not in _SILENT_STATES
    ):
        message = problem_message(story.kind, script, state.problem)
        reasons += [] if message is None else [message]
    if media is None and not reasons:
        reasons = ["Unknown Series" if story.kind is InstanceKind.SONARR else "Unknown Movie"]
    path = path_of(script, file)
    return without_absent(
        path=path,
        relativePath=file.name,
        folderName=script.release,
        name=file.name.rpartition("/")[2].rpartition(".")[0],
        size=file.size_bytes,
        **_media_part(story, media),
        releaseGroup=script.release_group,
        quality=(file.quality or script.quality).resource(story.kind),
        languages=languages_resource(*(script.languages if media else ("Unknown",))),
        qualityWeight=16,
        downloadId=occurrence.download_id,
        customFormats=custom_formats(script),
        customFormatScore=script.custom_format_score,
        indexerFlags=0,
        releaseType=_release_type(media) if story.kind is InstanceKind.SONARR else None,
        rejections=[_rejection(reason) for reason in reasons],
        id=queue_id(path),
    )


def _media_part(story: Story, media: Movie | EpisodesOf | None) -> JsonObject:
    shelf = story.shelf
    if isinstance(media, EpisodesOf):
        return {
            "series": shelf.media[media.series.id],
            "seasonNumber": media.season,
            "episodes": [shelf.episodes[ids["episodeId"]] for ids in media_ids(media)],
        }
    if media is None:
        return {"episodes": []} if story.kind is InstanceKind.SONARR else {}
    return {"movie": shelf.media[media.id]}


def _release_type(media: Movie | EpisodesOf | None) -> str:
    if not isinstance(media, EpisodesOf) or not media.numbers:
        return "unknown"
    return "singleEpisode" if len(media.numbers) == 1 else "multiEpisode"


def _is_complete(state: DownloadState) -> bool:
    if state.problem is not None:
        return state.problem.status is QueueStatus.COMPLETED
    return state.step in (Step.WAITING_FOR_IMPORT, Step.IMPORTING)


def _named_by_person(story: Story, file: JsonObject) -> Iterator[dict[str, int]]:
    """Yield the ids of what a person says that a file is."""
    if story.kind is InstanceKind.RADARR:
        if file.get("movieId"):
            yield {"movieId": file["movieId"]}
        return
    for episode_id in file.get("episodeIds") or ():
        yield {"seriesId": file.get("seriesId", 0), "episodeId": episode_id}


def _key(ids: JsonObject) -> int:
    key: int = ids["episodeId"] if "episodeId" in ids else ids["movieId"]
    return key


def _rejection(reason: str) -> JsonObject:
    is_passing = reason in ("File is still being unpacked", "Locked file, try again later")
    return {"reason": reason, "type": "temporary" if is_passing else "permanent"}
