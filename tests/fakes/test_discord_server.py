"""The stand-in behaves towards the real discord.py as Discord does."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import discord
import pytest

from tests.fakes.contract import assert_valid_for_discord
from tests.fakes.discord_server import DiscordServer, running_discord
from tests.fakes.discord_server.faults import Hang, Reset, error, rate_limited, status


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with running_discord() as server:
        yield server


@pytest.fixture
async def channel(server: DiscordServer) -> AsyncIterator[discord.TextChannel]:
    async with discord.Client(intents=discord.Intents(guilds=True), max_ratelimit_timeout=60) as client:
        await client.login(server.world.token)
        channel = await client.fetch_channel(server.world.channel_id)
        assert isinstance(channel, discord.TextChannel)
        yield channel


def test_discord_py_is_pointed_back_at_discord_afterwards() -> None:
    before = discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY

    async def use() -> None:
        async with running_discord() as server:
            assert server.api_url == discord.http.Route.BASE

    asyncio.run(use())

    assert before == (discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY)


async def test_a_message_lives_and_dies(server: DiscordServer, channel: discord.TextChannel) -> None:
    message = await channel.send("Loading")
    await message.edit(content=None, embed=discord.Embed(title="2 downloads"))
    fetched = await channel.fetch_message(message.id)
    assert (fetched.content, fetched.embeds[0].title) == ("", "2 downloads")
    assert [found.id async for found in channel.history(limit=5)] == [message.id]

    await message.delete()

    with pytest.raises(discord.NotFound) as missing:
        await message.edit(content="late")
    assert missing.value.code == 10008
    assert_valid_for_discord(server.ledger.requests)


async def test_an_unknown_channel_is_10003(server: DiscordServer, channel: discord.TextChannel) -> None:
    server.world.channel_id += 1

    with pytest.raises(discord.NotFound) as missing:
        await channel.send("hello")

    assert missing.value.code == 10003


async def test_a_repeated_post_with_a_nonce_makes_one_message(
    server: DiscordServer, channel: discord.TextChannel
) -> None:
    path = rf"/channels/{channel.id}/messages"
    server.faults.add("POST", path, Reset(is_done_first=True))
    with pytest.raises((OSError, aiohttp.ClientError)):
        await channel.send("once", nonce="d1-7")

    again = await channel.send("once", nonce="d1-7")

    assert len(server.ledger.matching("POST", path)) == 2
    assert list(server.world.messages) == [again.id]


async def test_too_many_edits_of_old_messages_are_slowed_down(
    server: DiscordServer, channel: discord.TextChannel
) -> None:
    server.rest.edit_limit = (1, 0.2)
    message = await channel.send("0")

    for number in range(1, 3):
        await message.edit(content=str(number))

    edits = server.ledger.matching("PATCH", r"/channels/\d+/messages/\d+")
    assert [edit.status for edit in edits] == [200, 429, 200]


async def test_scripted_faults_come_in_order_and_are_used_up(
    server: DiscordServer, channel: discord.TextChannel
) -> None:
    path = rf"/channels/{channel.id}/messages"
    server.faults.add("POST", path, error(403, 50013))
    server.faults.add("POST", path, rate_limited(0.05))
    server.faults.add("POST", path, rate_limited(0.05, is_global=True))
    server.faults.add("POST", path, status(503))

    with pytest.raises(discord.Forbidden) as forbidden:
        await channel.send("a")
    with pytest.raises(discord.DiscordServerError):
        await channel.send("b")
    await channel.send("c")

    assert forbidden.value.code == 50013
    assert [sent.status for sent in server.ledger.matching("POST", path)] == [403, 429, 429, 503, 200]


async def test_a_hanging_request_ends_with_its_deadline(
    server: DiscordServer, channel: discord.TextChannel
) -> None:
    server.faults.add("POST", rf"/channels/{channel.id}/messages", Hang())

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await channel.send("a")

    await channel.send("b")


async def test_what_it_does_not_know_fails_loudly(
    server: DiscordServer, channel: discord.TextChannel
) -> None:
    with pytest.raises(discord.NotFound, match="the stand-in has no GET"):
        await channel.invites()


async def test_commands_are_kept_per_guild(server: DiscordServer, channel: discord.TextChannel) -> None:
    client = channel.guild._state._get_client()
    tree = discord.app_commands.CommandTree(client)

    @tree.command(description="Show the queue")
    async def queue(interaction: discord.Interaction) -> None: ...

    guild = discord.Object(server.world.guild_id)
    tree.copy_global_to(guild=guild)

    await tree.sync(guild=guild)

    assert [command.name for command in await tree.fetch_commands(guild=guild)] == ["queue"]
    assert await tree.fetch_commands() == []
    assert_valid_for_discord(server.ledger.requests)
