import re
from datetime import timedelta
from typing import Any

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discarr.core.events import Ending, EventKind, Severity
from discarr.discord_bot.ui.layout import AMBER, GREEN, GREY, RED
from discarr.discord_bot.ui.notice_embeds import RenderedNotice, render_notice, render_plain_notice
from discarr.monitoring.alerts.content import Content, Facts, ReadyContent, decode, encode
from discarr.monitoring.reason_words import ReasonKind
from tests.discord_bot.ui.builders import NOW, MessageRequest, faults_of, stamp, units
from tests.discord_bot.ui.notices import (
    CONTENTS,
    FOLLOWER,
    POSTER,
    ROLE,
    make_digest,
    make_entry,
    make_facts,
    make_item,
    make_notice,
    make_outage,
    make_overflow,
    make_pack,
    make_ready,
    make_story,
    make_work,
)
from tests.effort import examples
from tests.fakes.contract import assert_valid_for_discord

HOUR = timedelta(hours=1)
BEGAN = stamp(NOW - HOUR)


def drawn(content: Content, *, is_sequel: bool = False) -> RenderedNotice:
    return render_notice(content, mark="abc123-7", now=NOW, is_sequel=is_sequel)


def embed_of(content: Content, *, is_sequel: bool = False) -> discord.Embed:
    embed = drawn(content, is_sequel=is_sequel).embed
    assert embed is not None
    return embed


def lines_of(content: Content, *, is_sequel: bool = False) -> list[str]:
    return (embed_of(content, is_sequel=is_sequel).description or "").splitlines()


def labels_of(notice: RenderedNotice) -> list[str]:
    return [child["label"] for row in notice.controls.to_components() for child in row["components"]]


def ids_of(notice: RenderedNotice) -> list[str]:
    return [child["custom_id"] for row in notice.controls.to_components() for child in row["components"]]


def body_of(notice: RenderedNotice) -> dict[str, Any]:
    body: dict[str, Any] = {
        "allowed_mentions": notice.mentions.to_dict(),
        "components": notice.controls.to_components(),
    }
    if notice.text is not None:
        body["content"] = notice.text
    if notice.embed is not None:
        body["embeds"] = [notice.embed.to_dict()]
    return body


def test_an_alert_is_a_card_of_what_where_why_and_what_to_do() -> None:
    content = make_story()

    embed = embed_of(content)

    assert embed.title == "✋ Needs a hand"
    assert lines_of(content) == [
        "**Devs** S01 · 8 episodes",
        "Import refused: no video file found",
        "**What to do:** Remove it and search again for another release.",
        f"TV · since {BEGAN}",
    ]
    assert embed.colour == discord.Colour(AMBER)
    assert labels_of(drawn(content)) == ["Acknowledge", "Silence", "Details", "Follow"]
    assert "discarr:v1:alert:details:12:abc123-7" in ids_of(drawn(content))


def test_an_alert_shows_the_poster() -> None:
    content = make_story(make_entry(facts=make_facts(work=make_work())))
    assert embed_of(content).thumbnail.url == POSTER


@pytest.mark.parametrize(
    "url",
    ["http://radarr:7878/poster.jpg", "javascript:x", "https://x y/", "https://a/\n", "https://" + "a" * 999],
)
def test_only_an_address_that_is_one_becomes_a_poster(url: str) -> None:
    content = make_story(make_entry(facts=make_facts(work=make_work(poster_url=url))))
    assert embed_of(content).thumbnail.url is None


def test_who_looks_after_it_is_shown_and_not_asked_again() -> None:
    content = make_story(acknowledged_by=FOLLOWER)

    assert lines_of(content)[-1] == f"👍 <@{FOLLOWER}> looks after it"
    assert labels_of(drawn(content)) == ["Silence", "Details", "Follow"]
    assert dict(drawn(content).mentions.to_dict()) == {"parse": [], "users": [], "roles": []}


@pytest.mark.parametrize(
    ("ending", "title", "colour"),
    [
        (Ending.IMPORTED, "✓ Added to the library", GREEN),
        (Ending.FAILED, "✗ The download failed", GREY),
        (Ending.REMOVED, "🗑 Removed from the queue", GREY),
        (Ending.GONE, "👋 No longer there", GREY),
        (Ending.SOLVED, "✓ Needs no hand any more", GREEN),
        (None, "✓ Needs no hand any more", GREEN),
    ],
)
def test_the_end_says_how_and_how_long_it_took(ending: Ending | None, title: str, colour: int) -> None:
    content = make_story(make_entry(ended_at=NOW - timedelta(minutes=15), ending=ending))

    embed = embed_of(content)

    assert embed.title == title
    assert embed.colour == discord.Colour(colour)
    assert lines_of(content)[0] == "**Devs** S01 · 8 episodes"
    assert lines_of(content)[-1] == f"TV · after 45 min, {BEGAN}–{stamp(NOW - timedelta(minutes=15))}"
    assert ("looks for another release" in (embed.description or "")) is (ending is Ending.FAILED)
    assert labels_of(drawn(content)) == ["Details"]


def test_several_alerts_are_a_list_with_marks_and_words() -> None:
    ended = {"ended_at": NOW, "ending": Ending.IMPORTED}
    content = make_story(
        make_entry(1),
        make_entry(2, facts=make_facts(work=make_pack("Magnus"), reason=ReasonKind.SAMPLE.value)),
        make_entry(3, facts=make_facts(work=make_pack("Dark")), **ended),
        total=14,
        open_count=12,
    )

    assert embed_of(content).title == "✋ Needs a hand: 12 of 14 downloads"
    lines = lines_of(content)
    assert lines[0] == "✋ **Devs** S01 · 8 episodes · Import refused: no video file found"
    assert lines[1].startswith("✋ **Magnus** S01 · 8 episodes · ")
    assert lines[2] == "✓ **Dark** S01 · 8 episodes · added to the library"
    assert lines[3:] == ["+11 more", f"TV · since {BEGAN}"]
    assert labels_of(drawn(content)) == ["Acknowledge", "Silence", "Details"]


def test_a_reason_that_all_share_is_said_once() -> None:
    content = make_story(make_entry(1), make_entry(2, facts=make_facts(work=make_pack("Magnus"))))

    assert embed_of(content).title == "✋ Needs a hand: 2 downloads"
    assert lines_of(content)[:5] == [
        "Import refused: no video file found",
        "**What to do:** Remove it and search again for another release.",
        "",
        "✋ **Devs** S01 · 8 episodes",
        "✋ **Magnus** S01 · 8 episodes",
    ]


def test_a_list_has_ten_lines_at_most() -> None:
    entries = [make_entry(number) for number in range(14)]
    lines = lines_of(make_story(*entries))
    assert sum(line.startswith("✋") for line in lines) == 10
    assert "+4 more" in lines


def test_several_that_are_over_are_settled() -> None:
    entries = [make_entry(number, ended_at=NOW, ending=Ending.SOLVED) for number in range(3)]
    assert embed_of(make_story(*entries)).title == "✓ Settled: 3 downloads"


def test_a_server_that_is_down_and_back() -> None:
    down, back = make_outage(), make_outage(ended_after=timedelta(minutes=14))

    assert embed_of(down).title == "✗ TV is offline"
    assert lines_of(down) == [
        "**What to do:** Is it running?",
        f"Since {BEGAN}",
    ]
    assert embed_of(down).colour == discord.Colour(RED)
    assert embed_of(back).title == "✓ TV is back"
    assert lines_of(back) == [f"After 14 min, {BEGAN}–{stamp(NOW - timedelta(minutes=46))}"]


def test_two_outages_in_one_message_are_told_by_their_times() -> None:
    began = NOW - HOUR
    content = make_story(
        make_entry(2, facts=Facts(problem="is offline"), began_at=NOW),
        make_entry(1, facts=Facts(problem="is offline"), ended_at=began + timedelta(seconds=30)),
        kind=EventKind.INSTANCE_DOWN,
    )

    assert embed_of(content).title == "✗ TV is offline"
    assert lines_of(content)[:2] == [
        f"✗ since {stamp(NOW)}",
        f"✓ less than a minute, {BEGAN}–{stamp(began + timedelta(seconds=30))}",
    ]


@pytest.mark.parametrize(
    ("kind", "facts", "words"),
    [
        (EventKind.WRONG_KEY, Facts(problem="refuses the API key"), ["✗ TV refuses the API key"]),
        (EventKind.MISCONFIGURED, Facts(), ["✗ TV is not set up right in Discarr"]),
        (
            EventKind.FLAPPING,
            Facts(problem="is offline", remedy="Is it running?"),
            ["↕ TV comes and goes", "Nothing more is said about it"],
        ),
        (
            EventKind.NETWORK,
            Facts(names=("Movies", "TV")),
            ["✗ Several servers cannot be reached", "**Movies, TV**", "one problem"],
        ),
        (
            EventKind.DISK_LOW,
            Facts(names=("Movies",), free_bytes=12_000_000_000, coming_bytes=40_000_000_000),
            ["💾 A disk runs full", "**Movies** · 12 GB free, 40 GB still to come", "Free some space"],
        ),
        (EventKind.DISK_LOW, Facts(free_bytes=5), ["5 B free"]),
        (
            EventKind.APP_ERROR,
            Facts(source="IndexerRssCheck"),
            ["⛔ TV reports an error", "No search source tells it of new releases"],
        ),
        (EventKind.APP_WARNING, Facts(source="NewCheck"), ["⚠ TV has a warning", "Its own status page"]),
        (EventKind.APP_NOTICE, Facts(source="UpdateCheck"), ["ℹ TV has a notice", "An update waits"]),
        (
            EventKind.UNDELIVERED,
            Facts(count=3),
            ["✉ Something could not be told", "3 messages reached nobody"],
        ),
        (
            EventKind.SECURITY,
            Facts(problem="the settings are readable by everybody", remedy="Close them."),
            ["🔒", "The settings are readable by everybody", "**What to do:** Close them."],
        ),
        (
            EventKind.STALLED,
            make_facts(reason="stalled"),
            ["⌛ No data for a long time", "No data is coming in"],
        ),
        (
            EventKind.NEEDS_HAND,
            make_facts(reason=""),
            ["**What to do:** Somebody has to look at it in the app."],
        ),
    ],
)
def test_each_kind_has_its_words(kind: EventKind, facts: Facts, words: list[str]) -> None:
    embed = embed_of(make_story(make_entry(facts=facts), kind=kind))
    for expected in words:
        assert expected in f"{embed.title}\n{embed.description}"


def test_several_reports_of_an_app_name_it_below() -> None:
    entries = [
        make_entry(1, facts=Facts(source="UpdateCheck")),
        make_entry(2, facts=Facts(source="ProxyCheck")),
    ]
    content = make_story(*entries, kind=EventKind.APP_ERROR)

    assert embed_of(content).title == "⛔ Error in an app: 2 errors"
    assert lines_of(content) == [
        "⛔ An update waits, or cannot be installed",
        "⛔ Its proxy does not work",
        f"TV · since {BEGAN}",
    ]


def test_what_concerns_no_instance_needs_no_name() -> None:
    content = make_story(make_entry(facts=Facts()), kind=EventKind.WRONG_KEY, instance_name="", instance=None)
    assert embed_of(content).title == "✗ A server refuses the API key"


def test_a_reminder_is_short_and_still_has_its_buttons() -> None:
    content = make_story(is_reminder=True)

    assert lines_of(content, is_sequel=True) == [
        "⏰ Still so: **✋ Needs a hand**",
        "**Devs** S01 · 8 episodes",
        f"Since {BEGAN}",
    ]
    assert labels_of(drawn(content, is_sequel=True))[:2] == ["Acknowledge", "Silence"]


def test_a_reminder_of_many_counts_them() -> None:
    content = make_story(make_entry(1), make_entry(2), is_reminder=True)
    assert lines_of(content, is_sequel=True) == [
        "⏰ Still so: **✋ Needs a hand: 2 downloads**",
        f"Since {BEGAN}",
    ]


def test_the_news_that_it_is_over_names_the_duration() -> None:
    content = make_outage(ended_after=timedelta(minutes=14))
    assert lines_of(content, is_sequel=True) == ["**✓ TV is back** · after 14 min"]


def test_a_role_is_mentioned_while_it_matters() -> None:
    begun = drawn(make_story(mention_role_id=ROLE))
    over = drawn(make_story(make_entry(ended_at=NOW), mention_role_id=ROLE))

    assert begun.text == f"<@&{ROLE}>"
    assert begun.mentions.to_dict()["roles"] == [ROLE]
    assert over.text is None


def test_a_notice_is_escaped() -> None:
    embed = embed_of(make_notice(title="*Movies* was updated", lines=("From <@1> to `2`", "")))
    assert embed.title == "ℹ \\*Movies\\* was updated"
    assert embed.description == f"From <\u200b@\u200b1\\> to \\`2\\`\n{stamp(NOW)}"


def test_an_overflow_counts_what_it_stands_for() -> None:
    embed = embed_of(make_overflow())
    assert embed.title == "A lot happened at once"
    assert lines_of(make_overflow())[1:] == ["✋ Needs a hand: 34", "✓ Added to the library: 300"]
    assert labels_of(drawn(make_overflow())) == ["What is open"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (make_story(), f"✋ Needs a hand · since {BEGAN}"),
        (make_story(mention_role_id=ROLE), f"<@&{ROLE}> ✋ Needs a hand · since {BEGAN}"),
        (make_outage(ended_after=HOUR), f"✗ Server down · over, after 1 h, {BEGAN}–{stamp(NOW)}"),
        (make_digest(make_item()), "1 added"),
        (make_digest(make_item(), mention_role_id=ROLE), f"<@&{ROLE}> 1 added"),
        (make_ready(), f"<@{FOLLOWER}> 🍿 A title that you follow can be watched now"),
        (make_notice(), "ℹ Server updated"),
        (make_overflow(), "A lot happened at once."),
    ],
)
def test_plain_words_hold_nothing_foreign(content: Content, words: str) -> None:
    notice = render_plain_notice(content, mark="abc123-7", now=NOW)

    assert notice.embed is None
    assert notice.text == f"{words}\n-# Discord did not take the full text."
    assert any(custom_id.endswith(":abc123-7") for custom_id in ids_of(notice))


@settings(max_examples=examples(300))
@given(CONTENTS, st.booleans())
def test_any_content_makes_a_legal_message(content: Content, is_sequel: bool) -> None:
    for notice in (
        render_notice(content, mark="abc123-9999999999", now=NOW, is_sequel=is_sequel),
        render_plain_notice(content, mark="abc123-9999999999", now=NOW),
    ):
        if notice.embed is not None:
            assert faults_of(notice.embed) == []
        assert 0 < units((notice.text or "") + ("x" if notice.embed is not None else "")) <= 2000
        assert not re.search(r"[\ud800-\udfff]", notice.text or "")
        ids = ids_of(notice)
        assert len(ids) == len(set(ids)) <= 5
        assert all(units(custom_id) <= 100 for custom_id in ids)
        assert any(custom_id.endswith(":abc123-9999999999") for custom_id in ids)


@settings(max_examples=examples(200))
@given(CONTENTS)
def test_nobody_is_pinged_but_those_whom_the_content_names(content: Content) -> None:
    notice = drawn(content)
    allowed = notice.mentions.to_dict()
    followers = set(content.user_ids) if isinstance(content, ReadyContent) else set()
    role = getattr(content, "mention_role_id", None)

    assert allowed["parse"] == []
    assert set(allowed.get("users", [])) <= followers
    assert set(allowed.get("roles", [])) <= {role}
    assert "@everyone" not in (notice.text or "")
    mentioned = set(map(int, re.findall(r"<@&?(\d+)>", notice.text or "")))
    assert mentioned <= set(allowed.get("users", [])) | set(allowed.get("roles", []))


def test_discord_accepts_what_is_drawn() -> None:
    contents: list[Content] = [
        make_story(),
        make_story(make_entry(1), make_entry(2), mention_role_id=ROLE),
        make_story(make_entry(ended_at=NOW, ending=Ending.FAILED), acknowledged_by=FOLLOWER),
        make_outage(severity=Severity.INFO),
        make_digest(make_item(), make_item()),
        make_digest(),
        make_ready(),
        make_notice(lines=()),
        make_overflow(),
    ]
    notices = [drawn(decode(encode(content))) for content in contents]
    notices += [drawn(content, is_sequel=True) for content in contents]
    notices += [render_plain_notice(content, mark="", now=NOW) for content in contents]
    assert_valid_for_discord([MessageRequest(body_of(notice)) for notice in notices])
