from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest

from discarr.doctor.discord_facts import ApplicationFacts, GuildFacts
from discarr.doctor.discord_side import DiscordFindings, check_discord
from discarr.doctor.report import Check, Verdict
from tests.fakes.discord_server import DiscordServer, running_discord
from tests.fakes.discord_server.faults import Reply, Reset, error, rate_limited, status
from tests.fakes.discord_server.world import EVERYTHING_NEEDED

ALL_FOUR = "View Channel, Send Messages, Embed Links and Read Message History"


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with running_discord() as running:
        yield running


async def examine(server: DiscordServer, **overrides: Any) -> DiscordFindings:
    arguments: dict[str, Any] = {
        "token": server.world.token,
        "channel_id": server.world.channel_id,
        "timeout_s": 10.0,
    } | overrides
    return await check_discord(**arguments)


def by_subject(findings: DiscordFindings) -> dict[str, Check]:
    return {check.subject: check for check in findings.checks}


def deny(server: DiscordServer, **permissions: bool) -> None:
    """Deny these to everybody in the channel."""
    overwrite = {
        "id": str(server.world.guild_id),
        "type": 0,
        "allow": "0",
        "deny": str(discord.Permissions(**permissions).value),
    }
    body = server.world.channel() | {"permission_overwrites": [overwrite]}
    server.faults.add("GET", f"/channels/{server.world.channel_id}", Reply(status=200, body=body), times=None)


async def test_all_fine(server: DiscordServer) -> None:
    findings = await examine(server)

    assert [(check.subject, check.verdict) for check in findings.checks] == [
        ("Discord token", Verdict.OK),
        ("Discord channel", Verdict.OK),
    ]
    assert "Discarr" in findings.checks[0].text
    assert findings.checks[1].text == f"Discarr has {ALL_FOUR} in #downloads."


async def test_the_gateway_stays_closed(server: DiscordServer) -> None:
    await examine(server)

    assert server.ledger.matching("GET", "/gateway.*") == []


async def test_the_invite_link_is_for_this_bot_without_administrator(server: DiscordServer) -> None:
    findings = await examine(server)

    assert findings.invite_url is not None
    assert f"client_id={server.world.application_id}" in findings.invite_url
    assert "bot" in findings.invite_url
    assert "applications.commands" in findings.invite_url
    permissions = int(findings.invite_url.partition("permissions=")[2].partition("&")[0])
    assert discord.Permissions(permissions).embed_links
    assert not discord.Permissions(permissions).administrator


async def test_a_wrong_token_is_explained_and_not_shown(server: DiscordServer) -> None:
    findings = await examine(server, token="canary-wrong-token")

    (found,) = findings.checks
    assert found.verdict is Verdict.PROBLEM
    assert found.remedy is not None
    assert "Reset Token" in found.remedy
    assert "canary" not in repr(findings)
    assert findings.invite_url is None


async def test_a_public_bot_is_a_warning_with_the_order_of_steps(server: DiscordServer) -> None:
    server.world.is_public_bot = True

    found = by_subject(await examine(server))["Discord bot"]

    assert found.verdict is Verdict.WARNING
    assert found.remedy is not None
    assert found.remedy.index("Install Link") < found.remedy.index("Public Bot")


async def test_missing_permissions_are_named_exactly(server: DiscordServer) -> None:
    deny(server, embed_links=True, read_message_history=True)

    found = by_subject(await examine(server))["Discord channel"]

    assert found.verdict is Verdict.PROBLEM
    assert found.remedy == "Give Discarr Embed Links and Read Message History in #downloads."


async def test_missing_rights_for_threads_are_only_a_warning(server: DiscordServer) -> None:
    deny(server, send_messages_in_threads=True)

    found = by_subject(await examine(server))

    assert found["Discord channel"].verdict is Verdict.OK
    assert found["Discord threads"].verdict is Verdict.WARNING
    assert "go to the server's owner" in found["Discord threads"].text
    assert found["Discord threads"].remedy == "Give Discarr Send Messages in Threads in #downloads."


async def test_a_channel_that_is_hidden(server: DiscordServer) -> None:
    server.faults.add("GET", "/channels/.*", error(403, 50001), times=None)
    guild: dict[str, Any] = {
        "id": str(server.world.guild_id),
        "name": "Home",
        "icon": None,
        "owner": False,
        "features": [],
    }
    server.faults.add("GET", "/users/@me/guilds", Reply(status=200, body=[guild]))

    found = by_subject(await examine(server))["Discord channel"]

    assert found.verdict is Verdict.PROBLEM
    assert found.remedy is not None
    assert f"Give Discarr {ALL_FOUR} in that channel." in found.remedy


async def test_a_bot_that_was_not_invited(server: DiscordServer) -> None:
    server.faults.add("GET", "/channels/.*", error(403, 50001), times=None)
    server.faults.add("GET", "/users/@me/guilds", Reply(status=200, body=[]))

    findings = await examine(server)

    found = by_subject(findings)["Discord channel"]
    assert found.verdict is Verdict.PROBLEM
    assert found.text == "Discarr is on no server yet."
    assert findings.invite_url is not None


async def test_a_channel_that_does_not_exist(server: DiscordServer) -> None:
    found = by_subject(await examine(server, channel_id=1))["Discord channel"]

    assert found.verdict is Verdict.PROBLEM
    assert "no channel with the id" in found.text


@pytest.mark.parametrize("kind", [2, 4, 99])
async def test_a_channel_of_another_kind(server: DiscordServer, kind: int) -> None:
    body = server.world.channel() | {"type": kind, "bitrate": 64_000, "user_limit": 0}
    server.faults.add("GET", "/channels/.*", Reply(status=200, body=body))

    found = by_subject(await examine(server))["Discord channel"]

    assert found.verdict is Verdict.PROBLEM
    assert "does not name a text channel" in found.text


async def test_administrator_is_a_warning(server: DiscordServer) -> None:
    server.world.everyone_permissions = discord.Permissions(administrator=True)

    found = by_subject(await examine(server))

    assert found["Discord channel"].verdict is Verdict.OK
    assert found["Discord bot"].verdict is Verdict.WARNING
    assert "Administrator" in found["Discord bot"].text


async def test_what_a_security_scan_judges_is_kept(server: DiscordServer) -> None:
    server.world.everyone_permissions = EVERYTHING_NEEDED | discord.Permissions(manage_roles=True)
    application = server.world.application() | {
        "flags": discord.ApplicationFlags(
            gateway_presence=True, gateway_guild_members_limited=True, gateway_message_content_limited=True
        ).value,
        "interactions_endpoint_url": "https://elsewhere.example/",
        "bot_public": True,
    }
    server.faults.add("GET", ".*/applications/@me", Reply(status=200, body=application), times=None)

    findings = await examine(server)

    assert findings.application == ApplicationFacts(
        is_public=True,
        privileged_intents=("Presence Intent", "Server Members Intent", "Message Content Intent"),
        has_interactions_endpoint=True,
    )
    assert findings.guild == GuildFacts(
        guild_id=server.world.guild_id,
        role_ids=frozenset({server.world.guild_id, server.world.admin_role_id}),
        bot_permissions=server.world.everyone_permissions,
        everyone_permissions=server.world.everyone_permissions,
        can_everyone_see_channel=True,
    )


async def test_a_channel_that_everyone_is_denied_is_known_as_such(server: DiscordServer) -> None:
    deny(server, view_channel=True)

    findings = await examine(server)

    assert findings.application == ApplicationFacts(
        is_public=False, privileged_intents=(), has_interactions_endpoint=False
    )
    assert findings.guild is not None
    assert not findings.guild.can_everyone_see_channel


@pytest.mark.parametrize("fault", [error(403, 0), rate_limited(3600)])
async def test_trouble_on_discords_side_is_not_blamed_on_the_token(
    server: DiscordServer, fault: Reply
) -> None:
    server.faults.add("GET", "/users/@me", fault, times=None)

    (found,) = (await examine(server)).checks

    assert found.verdict is Verdict.PROBLEM
    assert found.text == "Discord has trouble answering."


async def test_a_filter_in_discords_place_is_told(server: DiscordServer) -> None:
    page = Reply(status=200, body="<html>Blocked by your network</html>", is_html=True)
    server.faults.add("GET", "/users/@me", page, times=None)

    (found,) = (await examine(server)).checks

    assert found.verdict is Verdict.PROBLEM
    assert found.text == "Something else answers in Discord's place."
    assert found.remedy is not None
    assert "web filter" in found.remedy


async def test_no_way_to_discord_is_said(server: DiscordServer) -> None:
    server.faults.add("GET", "/users/@me", Reset(), times=None)

    (found,) = (await examine(server)).checks

    assert found.text == "Discord cannot be reached from here."


async def test_what_was_found_before_the_trouble_is_kept(server: DiscordServer) -> None:
    server.faults.add("GET", "/guilds/.*", status(404), times=None)

    findings = await examine(server)

    assert findings.checks[0].verdict is Verdict.OK
    assert findings.checks[-1].verdict is Verdict.PROBLEM
    assert findings.invite_url is not None
