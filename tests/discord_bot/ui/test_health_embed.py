from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discarr.core.models import DiskSpace, HealthIssue, InstanceKind, InstanceSnapshot, InstanceState
from discarr.core.store.outbox import OutboxCounts
from discarr.discord_bot.ui.health_embed import BotStats, render_health
from tests.discord_bot.ui.builders import (
    FOREIGN_TEXT,
    HUGE,
    MOMENTS,
    NOW,
    SPANS,
    at,
    faults_of,
    message_with,
    stamp,
)
from tests.effort import examples
from tests.factories import make_instance_snapshot
from tests.fakes.contract import assert_valid_for_discord

STATS = BotStats(
    version="0.1.0",
    uptime=timedelta(hours=5),
    last_refresh_s=0.1234,
    rss_bytes=61_000_000,
    loop_delay_s=0.004,
    discord_latency_s=1.25,
)
EMPTY_STATS = BotStats(
    version="0.1.0",
    uptime=timedelta(),
    last_refresh_s=None,
    rss_bytes=None,
    loop_delay_s=None,
    discord_latency_s=None,
)
ISSUES = (
    HealthIssue(source="A", level="warning", message="Folder /data/films is full", wiki_url=None),
    HealthIssue(source="B", level="error", message="No client at qbit:8080", wiki_url=None),
    HealthIssue(source="C", level="notice", message="An update is there", wiki_url=None),
)
FLOATS = st.none() | st.floats(allow_nan=False)
INSTANCES = st.builds(
    InstanceSnapshot,
    id=st.just("radarr"),
    name=FOREIGN_TEXT,
    kind=st.sampled_from(InstanceKind),
    public_url=st.none(),
    state=st.sampled_from(InstanceState),
    fetched_at=st.none() | MOMENTS,
    away_since=st.none() | MOMENTS,
    problem=st.none() | FOREIGN_TEXT,
    remedy=st.none() | FOREIGN_TEXT,
    skipped_rows=HUGE,
    version=st.none() | FOREIGN_TEXT,
    disks=st.lists(
        st.builds(DiskSpace, path=FOREIGN_TEXT, free_bytes=HUGE, total_bytes=st.none() | HUGE), max_size=6
    ).map(tuple),
    health=st.lists(
        st.builds(
            HealthIssue,
            source=FOREIGN_TEXT,
            level=st.sampled_from(["notice", "warning", "error"]),
            message=FOREIGN_TEXT,
            wiki_url=st.none(),
        ),
        max_size=7,
    ).map(tuple),
    response_s=FLOATS,
)
ANY_STATS = st.builds(
    BotStats,
    version=FOREIGN_TEXT,
    uptime=SPANS,
    last_refresh_s=FLOATS,
    rss_bytes=st.none() | HUGE,
    loop_delay_s=FLOATS,
    discord_latency_s=st.none() | st.floats(),
    open_alerts=HUGE,
    unacknowledged=HUGE,
    outbox=st.none()
    | st.builds(OutboxCounts, waiting=HUGE, scheduled=HUGE, oldest_due=st.none() | MOMENTS, dead=HUGE),
)


def lines_of(instance: InstanceSnapshot, *, is_operator: bool = False) -> list[str]:
    embed = render_health([instance], EMPTY_STATS, is_operator=is_operator, now=NOW)
    return str(embed.description).split("\n")


@settings(max_examples=examples(60))
@given(st.lists(INSTANCES, max_size=3), st.integers(1, 60), ANY_STATS, st.booleans())
def test_any_health_is_legal(instances: list[Any], times: int, stats: BotStats, is_operator: bool) -> None:
    assert faults_of(render_health(instances * times, stats, is_operator=is_operator, now=NOW)) == []


def test_members_see_state_speed_room_and_how_many_warnings() -> None:
    disks = (
        DiskSpace(path="/films", free_bytes=4_100_000_000_000, total_bytes=8_000_000_000_000),
        DiskSpace(path="/more", free_bytes=812_000_000_000, total_bytes=None),
    )
    instance = make_instance_snapshot(
        name="Movies", response_s=0.0234, health=ISSUES, disks=disks, skipped_rows=1
    )

    assert lines_of(instance) == [
        "⚠ **Movies** · up · answers in 23 ms",
        "4.1 TB free of 8 TB, 812 GB free",
        "1 row of its queue not readable",
        "⚠ 2 warnings of its own",
    ]


def test_operators_see_version_and_the_warnings_without_paths_and_addresses() -> None:
    instance = make_instance_snapshot(name="Movies", health=ISSUES)
    assert lines_of(instance, is_operator=True) == [
        "⚠ **Movies** · up · v6.0.3.1",
        "⚠ Warning: Folder films is full",
        "⛔ Error: No client at …",
        "ℹ Notice: An update is there",
    ]
    many = replace(instance, health=ISSUES[:1] * 8)
    assert lines_of(many, is_operator=True)[-1] == "and 3 more"


def test_notices_alone_do_not_alarm_members() -> None:
    assert lines_of(make_instance_snapshot(health=ISSUES[2:])) == ["✓ **Radarr** · fine"]


@pytest.mark.parametrize("trouble", [{"health": ISSUES[:1]}, {"skipped_rows": 1}])
def test_a_server_is_marked_as_fine_where_it_is_counted_so(trouble: dict[str, Any]) -> None:
    fine = make_instance_snapshot(name="TV", health=ISSUES[2:])
    troubled = make_instance_snapshot(name="Movies", **trouble)

    embed = render_health([fine, troubled], EMPTY_STATS, is_operator=False, now=NOW)

    assert embed.title == "1 of 2 servers fine"
    assert [line for line in str(embed.description).split("\n") if "**" in line] == [
        "✓ **TV** · fine",
        "⚠ **Movies** · up",
    ]


def test_an_instance_that_is_away_says_since_when_and_what_to_do() -> None:
    instance = make_instance_snapshot(
        state=InstanceState.UNREACHABLE, away_since=at(19), fetched_at=at(18, 59), remedy="Is it running?"
    )
    assert lines_of(instance) == [
        f"✗ **Radarr** · offline since {stamp(at(19))}",
        "Is it running?",
        f"Last answer {stamp(at(18, 59))}",
    ]
    loading = make_instance_snapshot(state=InstanceState.LOADING, fetched_at=None, remedy="Wait.")
    assert lines_of(loading) == ["… **Radarr** · asking"]


def test_the_bot_tells_about_itself() -> None:
    embed = render_health([make_instance_snapshot()], STATS, is_operator=True, now=NOW)

    assert embed.title == "1 of 1 server fine"
    assert str(embed.fields[0].value).split("\n") == [
        "Running for 5 h · v0.1.0",
        "Last refresh took 123 ms",
        "Memory 61 MB",
        "Loop delay 4 ms",
        "Discord answers in 1.2 s",
    ]
    assert_valid_for_discord([message_with(embed)])


@pytest.mark.parametrize("latency", [float("nan"), float("inf"), None])
def test_a_latency_that_is_not_known_yet_is_left_out(latency: float | None) -> None:
    stats = replace(EMPTY_STATS, discord_latency_s=latency)
    embed = render_health([], stats, is_operator=False, now=NOW)
    assert embed.title == "No servers to show"
    assert embed.fields[0].value == "Running for under 1 min"


def test_among_hundreds_of_servers_those_with_trouble_come_first() -> None:
    fine = make_instance_snapshot(name="Fine one")
    away = make_instance_snapshot(name="Away", state=InstanceState.UNREACHABLE)
    embed = render_health([*[fine] * 300, away], STATS, is_operator=False, now=NOW)

    lines = str(embed.description).split("\n")
    assert lines[0] == "✗ **Away** · offline"
    assert lines[-1] == f"and {301 - len([line for line in lines if '**' in line])} more servers"
    assert embed.title == "300 of 301 servers fine"


def alert_lines(*, is_operator: bool, **overrides: Any) -> list[str]:
    stats = replace(EMPTY_STATS, **overrides)
    embed = render_health([], stats, is_operator=is_operator, now=NOW)
    return str(embed.fields[1].value).split("\n")


DELIVERY = OutboxCounts(waiting=3, scheduled=1, oldest_due=at(20, 30), dead=2)


def test_members_learn_how_much_is_not_as_it_should_be_and_nothing_of_the_delivery() -> None:
    assert alert_lines(is_operator=False, outbox=DELIVERY) == ["✓ Nothing needs attention"]
    assert alert_lines(is_operator=False, outbox=DELIVERY, open_alerts=1) == [
        "⚠ 1 thing not as it should be: `/alerts`"
    ]


def test_operators_learn_what_waits_what_is_lost_and_since_when() -> None:
    assert alert_lines(is_operator=True, outbox=DELIVERY, open_alerts=4, unacknowledged=1) == [
        "⚠ 4 things not as it should be: `/alerts` · 1 not looked after",
        "✉ 3 on the way · 1 for later · **2 reached nobody**",
        f"The oldest waits since {stamp(at(20, 30))}",
    ]


def test_a_message_that_has_just_become_due_is_nothing_to_speak_of() -> None:
    fresh = replace(DELIVERY, oldest_due=NOW - timedelta(minutes=4), scheduled=0, dead=0)
    assert alert_lines(is_operator=True, outbox=fresh)[1:] == ["✉ 3 on the way"]


def test_without_the_database_it_says_so() -> None:
    assert alert_lines(is_operator=True)[1:] == ["✉ The database does not say what is delivered"]
