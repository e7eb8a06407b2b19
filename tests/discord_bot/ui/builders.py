"""Views and rows with sensible defaults, strategies for hostile ones, and Discord's limits as a check."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
from hypothesis import strategies as st

from discarr.core.models import DownloadKey, EpisodeNumber, InstanceKind, InstanceState
from discarr.monitoring.download_rows import DownloadRow, Phase
from discarr.monitoring.reasons import Explanation, ReasonKind
from discarr.monitoring.status_view import InstanceRow, LastAdded, Scene, StatusView
from tests.fakes.clock import START

NOW = START


def at(hour: int, minute: int = 0) -> datetime:
    """Return a time of the test's day."""
    return datetime(NOW.year, NOW.month, NOW.day, hour, minute, tzinfo=UTC)


def stamp(moment: datetime, style: str = "t") -> str:
    return f"<t:{int(moment.timestamp())}:{style}>"


def make_row(**overrides: Any) -> DownloadRow:
    """Return a movie that is loading, a quarter done."""
    values: dict[str, Any] = {
        "key": DownloadKey("radarr", "d", "HASH"),
        "kind": InstanceKind.RADARR,
        "title": "Dune: Part Two",
        "year": 2024,
        "seasons": (),
        "episodes": (),
        "episode_count": 0,
        "quality": "WEBDL-2160p",
        "resolution": 2160,
        "instance_name": None,
        "phase": Phase.DOWNLOADING,
        "fraction_done": 0.25,
        "size_bytes": 18_000_000_000,
        "eta": None,
        "is_eta_sure": False,
        "delayed_until": None,
        "explanation": None,
        "idle_for": None,
        "true_at": None,
        "away_word": None,
    }
    return DownloadRow(**(values | overrides))


def make_pack(title: str, season: int, count: int, **overrides: Any) -> DownloadRow:
    """Return a season pack of a series without a year."""
    values: dict[str, Any] = {
        "key": DownloadKey("sonarr", "d", title),
        "kind": InstanceKind.SONARR,
        "title": title,
        "year": None,
        "seasons": (season,),
        "episodes": tuple(EpisodeNumber(season, number + 1) for number in range(count)),
        "episode_count": count,
        "resolution": 1080,
    }
    return make_row(**(values | overrides))


def make_instance_row(**overrides: Any) -> InstanceRow:
    values: dict[str, Any] = {
        "id": "radarr",
        "name": "Movies",
        "state": InstanceState.UP,
        "since": None,
        "problem": None,
        "remedy": None,
        "free_bytes": 4_100_000_000_000,
        "shares_disk_with": None,
        "warning_count": 0,
        "skipped_rows": 0,
    }
    return InstanceRow(**(values | overrides))


def make_view(**overrides: Any) -> StatusView:
    """Return an idle view of one instance that is up."""
    values: dict[str, Any] = {
        "scene": Scene.IDLE,
        "needs_hand": (),
        "others": (),
        "instances": (make_instance_row(),),
        "last_added": None,
        "checked_at": NOW,
        "next_check_by": NOW + timedelta(minutes=5),
    }
    return StatusView(**(values | overrides))


def explain(sentence: str, remedy: str = "Remove it.") -> Explanation:
    return Explanation(kind=ReasonKind.UNKNOWN, sentence=sentence, remedy=remedy)


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def faults_of(embed: discord.Embed) -> list[str]:
    """Return what Discord would refuse in the embed, counting in the larger unit."""
    faults = []
    total = 0
    pieces: list[tuple[str, str | None, int]] = [
        ("title", embed.title, 256),
        ("description", embed.description, 4096),
    ]
    for item in embed.fields:
        pieces += [("field name", item.name, 256), ("field value", item.value, 1024)]
        if not (item.name or "").strip() or not (item.value or "").strip():
            faults.append("empty field")
    for what, text, limit in pieces:
        total += units(text or "")
        if units(text or "") > limit:
            faults.append(f"{what} of {units(text or '')}")
        if text and re.search(r"[\ud800-\udfff]", text):
            faults.append(f"lone surrogate in {what}")
    if total > 6000:
        faults.append(f"{total} in total")
    if len(embed.fields) > 25:
        faults.append(f"{len(embed.fields)} fields")
    if not embed.title and not embed.description and not embed.fields:
        faults.append("empty embed")
    return faults


@dataclass(frozen=True)
class MessageRequest:
    """A request as `tests.fakes.contract` takes it."""

    json: Any
    method: str = "POST"
    path: str = "/channels/1/messages"
    params: Mapping[str, Any] = field(default_factory=dict)


def message_with(embed: discord.Embed, view: discord.ui.View | None = None) -> MessageRequest:
    body: dict[str, Any] = {"embeds": [embed.to_dict()]}
    if view is not None:
        body["components"] = view.to_components()
    return MessageRequest(body)


FOREIGN_TEXT = st.one_of(
    st.text(st.characters(), max_size=60),
    st.text(st.sampled_from("<@#&:/t1Rhps[](){}*_~|`>\\-+. \n\u202e\u200b\u0301🎬a"), max_size=60),
    st.sampled_from(["@everyone", "<@1>", "[a](https://b)", "\ud800", "", " "]),
    st.sampled_from(["x", "*", "🎬"]).map(lambda character: character * 3_000),
)
HUGE = st.integers(-(10**30), 10**30)
MOMENTS = st.datetimes(timezones=st.just(UTC))
SPANS = st.timedeltas(timedelta(days=-1), timedelta(days=9_000_000))
KEYS = st.builds(
    DownloadKey, st.sampled_from(["radarr", "sonarr", "radarr_4k"]), st.sampled_from(["d", "p"]), FOREIGN_TEXT
)
EPISODES = st.builds(EpisodeNumber, HUGE, HUGE)
EXPLANATIONS = st.builds(
    Explanation, kind=st.just(ReasonKind.UNKNOWN), sentence=FOREIGN_TEXT, remedy=FOREIGN_TEXT
)
ROWS = st.builds(
    DownloadRow,
    key=KEYS,
    kind=st.sampled_from(InstanceKind),
    title=FOREIGN_TEXT,
    year=st.none() | HUGE,
    seasons=st.lists(HUGE, max_size=6).map(lambda found: tuple(sorted(set(found)))),
    episodes=st.lists(EPISODES, max_size=12).map(lambda found: tuple(sorted(set(found)))),
    episode_count=HUGE,
    quality=st.none() | FOREIGN_TEXT,
    resolution=st.none() | HUGE,
    instance_name=st.none() | FOREIGN_TEXT,
    phase=st.sampled_from(Phase),
    fraction_done=st.none() | st.floats(0, 1),
    size_bytes=HUGE,
    eta=st.none() | MOMENTS,
    is_eta_sure=st.booleans(),
    delayed_until=st.none() | MOMENTS,
    explanation=st.none() | EXPLANATIONS,
    idle_for=st.none() | SPANS,
    true_at=st.none() | MOMENTS,
    away_word=st.none() | FOREIGN_TEXT,
)
INSTANCE_ROWS = st.builds(
    InstanceRow,
    id=st.sampled_from(["radarr", "sonarr", "radarr_4k"]),
    name=FOREIGN_TEXT,
    state=st.sampled_from(InstanceState),
    since=st.none() | MOMENTS,
    problem=st.none() | FOREIGN_TEXT,
    remedy=st.none() | FOREIGN_TEXT,
    free_bytes=st.none() | HUGE,
    shares_disk_with=st.none() | FOREIGN_TEXT,
    warning_count=HUGE,
    skipped_rows=HUGE,
    has_client_trouble=st.booleans(),
)
VIEWS = st.builds(
    StatusView,
    scene=st.sampled_from(Scene),
    needs_hand=st.lists(ROWS, max_size=6).map(tuple),
    others=st.lists(ROWS, max_size=14).map(tuple),
    instances=st.lists(INSTANCE_ROWS, max_size=16).map(tuple),
    last_added=st.none()
    | st.builds(
        LastAdded,
        title=FOREIGN_TEXT,
        year=st.none() | HUGE,
        seasons=st.lists(HUGE, max_size=5).map(tuple),
        episodes=st.lists(EPISODES, max_size=5).map(tuple),
        at=MOMENTS,
    ),
    checked_at=st.none() | MOMENTS,
    next_check_by=st.none() | MOMENTS,
)


def faults_of_view(view: discord.ui.View) -> list[str]:
    """Return what Discord would refuse in the controls below a message, counting in the larger unit."""
    rows = view.to_components()
    faults = [f"{len(rows)} rows"] if len(rows) > 5 else []
    children = [child for row in rows for child in row["components"]]
    faults += ["a full row" for row in rows if len(row["components"]) > 5]
    ids = [child["custom_id"] for child in children if "custom_id" in child]
    if len(set(ids)) < len(ids):
        faults.append("equal ids")
    texts: list[tuple[str, str | None, int]] = [("id", found, 100) for found in ids]
    for child in children:
        options = child.get("options", [])
        if len(options) > 25 or (child["type"] == discord.ComponentType.string_select.value and not options):
            faults.append(f"{len(options)} options")
        if len({option["value"] for option in options}) < len(options):
            faults.append("equal values")
        texts += [("label", child.get("label", "x"), 80), ("placeholder", child.get("placeholder", "x"), 150)]
        for option in options:
            texts += [("option", option["label"], 100), ("value", option["value"], 100)]
            texts.append(("description", option.get("description") or "x", 100))
    return faults + [
        f"{what} of {units(text or '')}" for what, text, most in texts if not 1 <= units(text or "") <= most
    ]
