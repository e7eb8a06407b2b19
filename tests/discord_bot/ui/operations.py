"""Operations and files with sensible defaults, and strategies for hostile ones."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from discarr.core.actions import (
    CommandState,
    ImportCandidate,
    ImportRejection,
    LibraryEpisode,
    LibraryTitle,
)
from discarr.core.models import DownloadKey, EpisodeNumber, InstanceKind, QueueStatus
from discarr.discord_bot.import_drafts import ImportDraft
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import CommandProgress, Item, Operation, OperationState
from discarr.monitoring.acting.results import Cause, ItemResult, Outcome
from discarr.monitoring.acting.targets import Target, target_of
from discarr.monitoring.reasons import ReasonKind
from discarr.utils.permissions import Level
from tests.discord_bot.ui.builders import EPISODES, FOREIGN_TEXT, HUGE, KEYS, MOMENTS, NOW
from tests.discord_bot.ui.notices import WORKS
from tests.factories import make_download

OPERATION_ID = "0123456789abcdef"
DEVS = LibraryTitle(id=7, title="Devs", year=2020, seasons=(0, 1))
DUNE = LibraryTitle(id=3, title="Dune", year=2021)


def make_operation(count: int = 1, **overrides: Any) -> Operation:
    """Return the question whether to remove one movie, or several."""
    values: dict[str, Any] = {
        "id": OPERATION_ID,
        "kind": ActionKind.REMOVE,
        "state": OperationState.PENDING,
        "requested_by": 17,
        "level": Level.OPERATOR,
        "required_count": count if count > 10 else None,
        "created_at": NOW,
        "expires_at": NOW + timedelta(minutes=10),
        "items": tuple(Item(target=target_of(make_download())) for _ in range(count)),
    }
    return Operation(**(values | overrides))


def make_episode(number: int, season: int = 1, **overrides: Any) -> LibraryEpisode:
    values: dict[str, Any] = {
        "id": 100 * season + number,
        "number": EpisodeNumber(season, number),
        "title": f"Part {number}",
        "has_file": False,
        "aired": None,
    }
    return LibraryEpisode(**(values | overrides))


def make_file(**overrides: Any) -> ImportCandidate:
    """Return a file of a movie that nothing speaks against."""
    values: dict[str, Any] = {
        "kind": InstanceKind.RADARR,
        "id": 1,
        "file_name": "Dune.2021.mkv",
        "size_bytes": 4_000_000_000,
        "media": DUNE,
        "season": None,
        "episodes": (),
        "quality": "WEBDL-2160p",
        "languages": ("English",),
        "release_group": None,
        "release_type": None,
        "indexer_flags": 0,
        "custom_formats": (),
        "custom_format_score": 0,
        "rejections": (),
        "download_id": "HASH",
        "path": "/data/Dune.2021.mkv",
        "folder": None,
        "wire_quality": b"{}",
        "wire_languages": b"[]",
    }
    return ImportCandidate(**(values | overrides))


def make_episode_file(*numbers: int, **overrides: Any) -> ImportCandidate:
    """Return a file of episodes."""
    values: dict[str, Any] = {
        "kind": InstanceKind.SONARR,
        "media": DEVS,
        "season": 1,
        "episodes": tuple(make_episode(number) for number in numbers),
    }
    return make_file(**(values | overrides))


def make_draft(*files: ImportCandidate, **overrides: Any) -> ImportDraft:
    """Return the files of a download in somebody's hands."""
    kept = files or (make_file(),)
    values: dict[str, Any] = {
        "id": "0123456789ab",
        "owner_id": 17,
        "key": DownloadKey("radarr", "d", "HASH"),
        "work": target_of(make_download()).work,
        "kind": kept[0].kind,
        "files": kept,
        "left_out": frozenset(),
    }
    return ImportDraft(**(values | overrides))


_TITLES = st.builds(
    LibraryTitle,
    id=st.integers(1, 2**31 - 1),
    title=FOREIGN_TEXT,
    year=st.none() | HUGE,
    seasons=st.lists(st.integers(0, 999), max_size=60).map(lambda found: tuple(sorted(set(found)))),
)
_LIBRARY_EPISODES = st.builds(
    LibraryEpisode,
    id=st.integers(1, 2**31 - 1),
    number=EPISODES,
    title=st.none() | FOREIGN_TEXT,
    has_file=st.none() | st.booleans(),
    aired=st.none(),
)
FILES = st.builds(
    make_file,
    kind=st.sampled_from(InstanceKind),
    file_name=FOREIGN_TEXT,
    size_bytes=HUGE,
    media=st.none() | _TITLES,
    season=st.none() | st.integers(0, 999),
    episodes=st.lists(_LIBRARY_EPISODES, max_size=6).map(tuple),
    quality=st.none() | FOREIGN_TEXT,
    languages=st.lists(FOREIGN_TEXT, max_size=6).map(tuple),
    custom_formats=st.lists(FOREIGN_TEXT, max_size=9).map(tuple),
    custom_format_score=st.integers(-(2**31), 2**31),
    rejections=st.lists(
        st.builds(ImportRejection, reason=FOREIGN_TEXT, is_permanent=st.booleans()), max_size=15
    ).map(tuple),
)
DRAFTS = st.builds(
    lambda files, left_out, found, searched, episodes: make_draft(
        *files, left_out=left_out, found=found, searched=searched, episodes=episodes, kind=InstanceKind.SONARR
    ),
    st.lists(FILES, min_size=1, max_size=14),
    st.frozensets(st.integers(0, 20)),
    st.lists(_TITLES, max_size=40).map(tuple),
    FOREIGN_TEXT,
    st.lists(_LIBRARY_EPISODES, max_size=60).map(tuple),
)
_RESULTS = st.builds(
    ItemResult,
    outcome=st.sampled_from(Outcome),
    cause=st.sampled_from(Cause),
    words=FOREIGN_TEXT,
    remedy=FOREIGN_TEXT,
    by=st.none() | HUGE,
    did=st.none() | st.sampled_from(ActionKind),
    at=st.none() | MOMENTS,
    count=st.none() | HUGE,
    expected_count=st.none() | HUGE,
)
_TARGETS = st.builds(
    Target,
    key=KEYS,
    row_ids=st.just((1,)),
    release_title=FOREIGN_TEXT,
    work=WORKS | st.just(target_of(make_download()).work),
    media_id=st.none(),
    added=st.none(),
    size_left_bytes=HUGE,
    status=st.sampled_from(QueueStatus),
    tracked_status=st.none(),
    tracked_state=st.none(),
    needs_hand=st.booleans(),
    reason=st.none() | st.sampled_from(ReasonKind),
    evidence=FOREIGN_TEXT,
    instance_name=FOREIGN_TEXT,
)
_PROGRESSES = st.builds(
    CommandProgress,
    ended=HUGE,
    total=HUGE,
    state=st.sampled_from(CommandState),
    technical=st.none() | FOREIGN_TEXT,
)
_ITEMS = st.builds(Item, target=_TARGETS, progress=st.none() | _PROGRESSES, result=st.none() | _RESULTS)
OPERATIONS = st.builds(
    make_operation,
    kind=st.sampled_from(ActionKind),
    state=st.sampled_from(OperationState),
    requested_by=HUGE,
    required_count=st.none() | st.integers(1, 999),
    files=st.lists(FILES, max_size=14).map(tuple),
    created_at=MOMENTS,
    expires_at=MOMENTS,
    confirmed_at=st.none() | MOMENTS,
    ended_at=st.none() | MOMENTS,
    items=st.lists(_ITEMS, min_size=1, max_size=30).map(tuple),
)
