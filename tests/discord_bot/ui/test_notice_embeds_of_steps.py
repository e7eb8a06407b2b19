"""What people read of downloads that came or failed: digests, and the word to those who follow."""

import re

import discord

from discarr.core.events import EventKind
from discarr.discord_bot.ui.layout import AMBER, GREEN
from tests.discord_bot.ui.builders import NOW, at, faults_of, stamp
from tests.discord_bot.ui.notices import (
    FOLLOWER,
    POSTER,
    ROLE,
    make_digest,
    make_item,
    make_pack,
    make_ready,
)
from tests.discord_bot.ui.test_notice_embeds import drawn, embed_of, labels_of, lines_of


def test_a_digest_has_a_line_for_each_download() -> None:
    content = make_digest(
        make_item("Dune: Part Two"),
        make_item("Devs", kind=EventKind.UPGRADED, work=make_pack()),
        make_item("Arrival", kind=EventKind.FAILED),
        counts={EventKind.IMPORTED: 30, EventKind.UPGRADED: 2, EventKind.FAILED: 1},
    )

    embed = embed_of(content)

    assert embed.title == "30 added · 2 better versions · 1 failed"
    assert lines_of(content) == [
        f"✓ **Dune: Part Two** (2024) · added {stamp(NOW)}",
        f"⬆ **Devs** S01 · 8 episodes · better version {stamp(NOW)}",
        f"✗ **Arrival** (2024) · failed {stamp(NOW)}",
        "and 30 more",
    ]
    assert embed.thumbnail.url == POSTER
    assert embed.colour == discord.Colour(AMBER)
    assert labels_of(drawn(content)) == ["Browse"]


def test_a_digest_says_what_happened_while_discarr_was_off() -> None:
    content = make_digest(make_item(), missed_from=at(3))
    assert lines_of(content)[0] == f"Some of it happened while Discarr was off, from {stamp(at(3))} on."
    assert embed_of(content).colour == discord.Colour(GREEN)


def test_a_digest_names_instances_only_where_several_bring_the_same_sort() -> None:
    alone = make_digest(make_item(), make_item(instance_name="TV", work=make_pack()))
    both = make_digest(make_item(), make_item(instance_name="4K"))

    assert "Movies" not in "".join(lines_of(alone))
    assert lines_of(both)[1] == f"✓ **Dune: Part Two** (2024) · added · 4K {stamp(NOW)}"


def test_a_digest_mentions_a_role_if_it_is_told_to() -> None:
    notice = drawn(make_digest(make_item(), mention_role_id=ROLE))
    assert notice.text == f"<@&{ROLE}>"
    assert notice.mentions.to_dict()["roles"] == [ROLE]


def test_ready_is_one_warm_sentence_to_those_who_follow() -> None:
    notice = drawn(make_ready(user_ids=(FOLLOWER, 8)))

    assert notice.text == f"<@{FOLLOWER}> <@8> 🍿 **Dune: Part Two** (2024) can be watched now"
    assert dict(notice.mentions.to_dict()) == {"parse": [], "users": [FOLLOWER, 8], "roles": []}
    assert notice.embed is not None
    assert notice.embed.description == f"Added {stamp(NOW)} · 2160p · 18 GB"
    assert notice.embed.thumbnail.url == POSTER
    assert labels_of(notice) == ["What I follow"]


def test_ready_says_what_is_missing_of_a_pack() -> None:
    notice = drawn(make_ready(work=make_pack(), missing_count=2))
    assert notice.text is not None
    assert notice.text.endswith("**Devs** S01 · 8 episodes can be watched now, but for 2 episodes")


def test_failed_is_honest_and_says_what_comes_next() -> None:
    notice = drawn(make_ready(has_failed=True))

    assert notice.text == f"<@{FOLLOWER}> ✗ **Dune: Part Two** (2024) could not be downloaded yet"
    assert notice.embed is not None
    assert notice.embed.colour == discord.Colour(AMBER)
    assert "**Movies** usually looks for another release by itself" in (notice.embed.description or "")
    assert f"failed at {stamp(NOW)}" in (notice.embed.description or "")


def test_nobody_is_mentioned_beyond_what_a_message_holds() -> None:
    notice = drawn(make_ready(user_ids=tuple(range(10**17, 10**17 + 200))))
    assert notice.text is not None
    assert len(re.findall(r"<@\d+>", notice.text)) == 50 == len(notice.mentions.to_dict()["users"])


def test_the_title_of_a_digest_counts_steps_of_downloads_only() -> None:
    embed = embed_of(make_digest(counts=dict.fromkeys(EventKind, 10**12)))

    assert faults_of(embed) == []
    assert embed.title is not None
    assert embed.title.count(" · ") == 4
