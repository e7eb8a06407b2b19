"""The served guild: found, explained when it cannot be used, and the only one."""

from dataclasses import replace

import discord
import pytest
import simcord

from discarr.discord_bot.ui import texts
from tests.factories import make_download
from tests.fakes.media_client import FakeMediaClient
from tests.fakes.world import World, open_world, until


def instance() -> FakeMediaClient:
    client = FakeMediaClient()
    client.downloads = (make_download(),)
    return client


async def move_to(world: World, channel_id: int) -> None:
    """Let the settings name another channel."""
    await world.shows("Dune")
    await world.end()
    world.settings = replace(world.settings, discord_channel_id=channel_id)
    world.start()
    await world.is_online()
    await world.clock.advance(30)


async def test_a_channel_that_does_not_exist_is_explained(caplog: pytest.LogCaptureFixture) -> None:
    async with open_world([instance()]) as world:
        await move_to(world, 4)

        await until(lambda: "There is no channel with the id in DISCORD_CHANNEL_ID" in caplog.text)


async def test_a_voice_channel_is_explained(caplog: pytest.LogCaptureFixture) -> None:
    async with open_world([instance()]) as world:
        voice = world.guild.create_voice_channel("lounge")
        await move_to(world, voice.id)

        await until(lambda: "DISCORD_CHANNEL_ID is not a text channel" in caplog.text)


async def test_a_channel_that_may_not_be_seen_is_explained_without_its_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with open_world([instance()]) as world:
        hidden = world.guild.create_text_channel(
            "board-room",
            overwrites={world.guild.default_role: discord.PermissionOverwrite(view_channel=False)},
        )
        await move_to(world, hidden.id)

        await until(lambda: "View Channel" in caplog.text)
        assert "board-room" not in caplog.text


async def test_a_channel_that_discord_does_not_name_for_now_is_asked_for_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with open_world([instance()]) as world:
        world.env.inject_error("GET", "/channels/4", status=500, times=None)
        await move_to(world, 4)

        await until(lambda: "Discord has trouble with the live message" in caplog.text)


async def test_a_strange_guild_gets_a_polite_word_where_one_can_be_left() -> None:
    strangers: list[tuple[simcord.GuildHandle, simcord.ChannelHandle]] = []

    def invite(env: simcord.Env) -> None:
        guild = env.create_guild("Strangers")
        channel = guild.create_text_channel("general")
        guild._guild.system_channel_id = channel.id
        strangers.append((guild, channel))

    async with open_world([instance()], prepare=invite) as world:
        await world.shows("Dune")

        guild, channel = strangers[0]
        await until(lambda: world.bot.get_guild(guild.id) is None)

        [sent] = [
            request.json
            for request in world.env.http_requests
            if request.method == "POST" and request.path == f"/channels/{channel.id}/messages"
        ]
        assert sent is not None
        assert sent["content"] == texts.WRONG_SERVER_GOODBYE
        assert sent["allowed_mentions"] == {"parse": []}


@pytest.mark.parametrize("command", ["queue", "verbose"])
async def test_a_command_in_a_guild_that_cannot_be_left_is_refused_whoever_asks(command: str) -> None:
    async with open_world([instance()]) as world:
        await world.shows("Dune")
        world.env.inject_error("DELETE", "/users/@me/guilds/*", status=500, times=None)
        owner = world.env.create_user("stranger")
        guild = world.env.create_guild("Strangers", owner=owner)
        channel = guild.create_text_channel("general")

        result = await guild.add_member(owner).slash(channel, command)

        assert result.response is not None
        assert result.response.content == texts.WRONG_SERVER
        assert result.response.ephemeral
        assert not result.response.embeds


async def test_a_guild_that_cannot_be_left_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    async with open_world([instance()]) as world:
        await world.shows("Dune")
        world.env.inject_error("DELETE", "/users/@me/guilds/*", status=500, times=1)
        stranger: simcord.GuildHandle = world.env.create_guild("Strangers")

        await until(lambda: "could not be left" in caplog.text)
        await world.bot.home.leave_strangers()

        await until(lambda: world.bot.get_guild(stranger.id) is None)


async def test_a_question_before_the_channel_is_found_is_answered_honestly() -> None:
    async with open_world([instance()]) as world:
        await move_to(world, 4)

        result = await world.owner.slash(world.channel, "health")

        assert result.response is not None
        assert result.response.content == texts.NO_HOME
