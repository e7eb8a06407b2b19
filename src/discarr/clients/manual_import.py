"""Files of a download as candidates for an import, and back again as the app wants them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import msgspec

from discarr.clients.library import read_episodes, read_title
from discarr.clients.values import clip, parse_size
from discarr.clients.wire_actions import ImportFile, ImportRow, ManualImport, Rejection
from discarr.core.actions import ImportCandidate, ImportRejection
from discarr.core.errors import BadAnswer
from discarr.core.models import InstanceKind

_MAX_TEXT = 1000
_MAX_LINES = 200


def read_candidates(rows: Iterable[ImportRow], kind: InstanceKind) -> tuple[ImportCandidate, ...]:
    """Return the candidates in the app's order; a file without a path is none."""
    return tuple(candidate for row in rows if (candidate := _candidate(row, kind)) is not None)


def evaluated(
    candidates: Sequence[ImportCandidate], rows: Iterable[ImportRow], instance: str
) -> tuple[ImportCandidate, ...]:
    """Return the candidates as the app sees them now; it leaves out what it was told or cannot change.

    Raises:
        BadAnswer: it does not answer for one of them.
    """
    by_path = {row.path: row for row in rows}
    return tuple(_evaluated(candidate, by_path.get(candidate.path), instance) for candidate in candidates)


def import_command(candidates: Iterable[ImportCandidate]) -> bytes:
    """Return the body of the command that imports these files, all of which must be ready."""
    return msgspec.json.encode(ManualImport(files=tuple(_file(item) for item in candidates)))


def import_question(candidates: Iterable[ImportCandidate]) -> bytes:
    """Return the body that asks for these files to be evaluated as assigned; each must have a title."""
    files = [_file(item) for item in candidates]
    for file, item in zip(files, candidates, strict=True):
        file.id, file.season_number = item.id, item.season
        file.folder_name = file.episode_file_id = None
    return msgspec.json.encode(files)


def _candidate(row: ImportRow, kind: InstanceKind) -> ImportCandidate | None:
    if not row.path:
        return None
    episodes = read_episodes(row.episodes or ())
    season = row.season_number
    return ImportCandidate(
        kind=kind,
        id=row.id or 0,
        file_name=clip(re.split(r"[/\\]", row.path)[-1], _MAX_TEXT),
        size_bytes=parse_size(row.size) or 0,
        media=read_title(row.movie if kind is InstanceKind.RADARR else row.series),
        season=episodes[0].number.season if season is None and episodes else season,
        episodes=episodes,
        quality=_quality_name(row.quality),
        languages=_texts(item.get("name") for item in row.languages or ()),
        release_group=row.release_group or None,
        release_type=row.release_type or None,
        indexer_flags=row.indexer_flags or 0,
        custom_formats=_texts(item.name for item in row.custom_formats or ()),
        custom_format_score=row.custom_format_score or 0,
        rejections=_rejections(row.rejections or ()),
        download_id=row.download_id or None,
        path=row.path,
        folder=row.folder_name or None,
        episode_file_id=row.episode_file_id or None,
        wire_quality=_verbatim(row.quality),
        wire_languages=_verbatim(row.languages),
    )


def _evaluated(before: ImportCandidate, row: ImportRow | None, instance: str) -> ImportCandidate:
    after = None if row is None else _candidate(row, before.kind)
    if row is None or after is None:
        raise BadAnswer(instance, "a file was not evaluated")
    has_quality, has_languages = bool(after.wire_quality), bool(after.wire_languages)
    return replace(
        before,
        season=before.season if after.season is None else after.season,
        episodes=before.episodes if row.episodes is None else after.episodes,
        quality=after.quality if has_quality else before.quality,
        wire_quality=after.wire_quality if has_quality else before.wire_quality,
        languages=after.languages if has_languages else before.languages,
        wire_languages=after.wire_languages if has_languages else before.wire_languages,
        release_group=after.release_group or before.release_group,
        release_type=after.release_type or before.release_type,
        indexer_flags=before.indexer_flags if row.indexer_flags is None else after.indexer_flags,
        custom_formats=after.custom_formats,
        custom_format_score=after.custom_format_score,
        rejections=after.rejections,
    )


def _file(candidate: ImportCandidate) -> ImportFile:
    is_movie = candidate.kind is InstanceKind.RADARR
    media_id = candidate.media.id if candidate.media else None
    return ImportFile(
        path=candidate.path,
        quality=msgspec.Raw(candidate.wire_quality or b"null"),
        languages=msgspec.Raw(candidate.wire_languages or b"null"),
        indexer_flags=candidate.indexer_flags,
        folder_name=candidate.folder,
        movie_id=media_id if is_movie else None,
        series_id=None if is_movie else media_id,
        episode_ids=None if is_movie else tuple(episode.id for episode in candidate.episodes),
        episode_file_id=candidate.episode_file_id,
        release_group=candidate.release_group,
        release_type=candidate.release_type,
        download_id=candidate.download_id,
    )


def _verbatim(value: Any) -> bytes:
    """Keep a value for the app; nothing where there is none, or one that cannot be written again."""
    try:
        return msgspec.json.encode(value) if value else b""
    except (OverflowError, RecursionError):
        return b""


def _quality_name(model: dict[str, Any] | None) -> str | None:
    inner = model.get("quality") if model else None
    name = inner.get("name") if isinstance(inner, dict) else None
    return clip(name, _MAX_TEXT) if isinstance(name, str) and name not in ("", "Unknown") else None


def _texts(values: Iterable[object]) -> tuple[str, ...]:
    """Return what can be shown of a list: it may be long, and hold anything."""
    texts = (clip(value, _MAX_TEXT) for value in values if isinstance(value, str) and value)
    return tuple(islice(texts, _MAX_LINES))


def _rejections(rows: Iterable[Rejection]) -> tuple[ImportRejection, ...]:
    return tuple(
        ImportRejection(
            reason=clip(row.reason, _MAX_TEXT), is_permanent=(row.type or "").lower() != "temporary"
        )
        for row in islice(rows, _MAX_LINES)
        if row.reason
    )
