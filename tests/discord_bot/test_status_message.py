"""The live message, on the real discord.py over a simulated Discord."""

import asyncio
from dataclasses import replace

import discord
import pytest

from discarr.core.models import QueueStatus
from tests.app_world import PATIENCE_S
from tests.factories import make_download
from tests.fakes.media_client import FakeMediaClient
from tests.fakes.world import World, open_world


def instance() -> FakeMediaClient:
    client = FakeMediaClient()
    client.downloads = (make_download(),)
    return client


async def test_the_first_message_shows_what_is_downloading() -> None:
    async with open_world([instance()]) as world:
        await world.shows("Dune: Part Two")

        assert world.message.embeds[0].title == "1 download"
        assert "25 % of 4 GB" in world.text


async def test_a_change_edits_the_same_message() -> None:
    client = instance()
    async with open_world([client]) as world:
        await world.shows("25 %")
        first = world.message.id
        client.downloads = (make_download(size_left_bytes=1_000_000_000),)

        await world.shows("75 %")

        assert world.message.id == first
        assert len(world.channel.history()) == 1


async def test_a_restart_goes_on_with_the_same_message() -> None:
    client = instance()
    async with open_world([client]) as world:
        await world.shows("25 %")
        first = world.message.id
        await world.end()
        assert "Discarr is offline" in world.text
        client.downloads = (make_download(size_left_bytes=1_000_000_000),)
        world.start()

        await world.shows("75 %")

        assert world.message.id == first
        assert len(world.channel.history()) == 1


async def test_a_deleted_message_is_sent_anew() -> None:
    client = instance()
    async with open_world([client]) as world:
        await world.shows("25 %")
        await world.owner.delete(world.message)
        client.downloads = (make_download(size_left_bytes=0),)

        await world.shows("unpacking")

        assert len(world.channel.history()) == 1


async def test_somebody_who_keeps_deleting_the_message_is_understood(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = instance()
    async with open_world([client]) as world:
        for left in (4, 3, 2):
            client.downloads = (make_download(size_left_bytes=left * 1_000_000_000 - 1),)
            await world.shows("Dune")
            await world.owner.delete(world.message)
            client.downloads = (make_download(size_left_bytes=left * 900_000_000),)
            await world.clock.advance(60)
        async with asyncio.timeout(PATIENCE_S):
            while "deleted three times within an hour" not in caplog.text:
                await world.clock.advance(10)
        await world.clock.advance(600)

        assert world.channel.last_message is None
        assert caplog.text.count("deleted three times within an hour") == 1

        await world.clock.advance(3600)
        await world.shows("Dune")


async def test_the_message_of_a_lost_database_is_adopted() -> None:
    client = instance()
    async with open_world([client]) as world:
        await world.shows("25 %")
        first = world.message.id
        await world.end()
        await world.store.forget_message("status")
        client.downloads = (make_download(size_left_bytes=1_000_000_000),)
        world.start()

        await world.shows("75 %")

        assert world.message.id == first


async def test_a_changed_channel_takes_the_message_along() -> None:
    async with open_world([instance()]) as world:
        await world.shows("Dune")
        while await world.store.get_message("status") is None:
            await world.clock.advance(1)
        await world.end()
        old = world.channel
        new = world.guild.create_text_channel("films")
        world.settings = replace(world.settings, discord_channel_id=new.id)
        world.channel = new
        world.start()

        await world.shows("Dune")

        assert old.last_message is None


async def test_missing_rights_are_told_once_and_tried_again_when_they_change(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with open_world([instance()]) as world:
        await world.shows("Dune")
        await world.end()
        muted = world.guild.create_text_channel(
            "muted",
            overwrites={
                world.guild.default_role: discord.PermissionOverwrite(send_messages=False, embed_links=False)
            },
        )
        world.settings = replace(world.settings, discord_channel_id=muted.id)
        world.channel = muted
        world.start()
        await world.is_online()
        await world.clock.advance(600)

        assert caplog.text.count("Give Discarr Send Messages and Embed Links in #muted.") == 1
        assert muted.last_message is None

        channel = world.bot.get_channel(muted.id)
        assert isinstance(channel, discord.TextChannel)
        await channel.set_permissions(channel.guild.default_role, overwrite=None)
        await world.shows("Dune")


@pytest.mark.parametrize(
    ("status", "code"), [(500, 0), (503, 0), (429, 30046), (403, 50013)], ids=lambda value: str(value)
)
async def test_a_refused_edit_is_made_up_for(status: int, code: int) -> None:
    client = instance()
    async with open_world([client]) as world:
        await world.shows("25 %")
        first = world.message.id
        world.env.inject_error("PATCH", "/channels/*/messages/*", status=status, code=code, times=1)
        client.downloads = (make_download(status=QueueStatus.PAUSED),)

        await world.shows("paused at 25 %")

        assert world.message.id == first


async def test_content_that_discord_refuses_is_replaced_by_a_plain_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = instance()
    async with open_world([client]) as world:
        await world.shows("25 %")
        world.env.inject_error("PATCH", "/channels/*/messages/*", status=400, code=50035, times=1)
        client.downloads = (make_download(size_left_bytes=1_000_000_000),)

        await world.shows("did not take the full list")

        assert "1 download" in world.text
        assert "refused the live message" in caplog.text
        client.downloads = (make_download(size_left_bytes=0),)
        await world.shows("unpacking")


async def test_what_is_sent_is_legal_and_pings_nobody() -> None:
    client = instance()
    client.downloads = (make_download(title="@everyone <@&1> **x** [a](http://b)"),)
    async with open_world([client]) as world:
        await world.shows("1 download")
        await world.end()

        assert not world.message.mention_everyone
        assert world.message.role_mentions == []


def edits(world: World) -> int:
    return sum(
        request.method == "PATCH" and "/messages/" in request.path for request in world.env.http_requests
    )


async def test_a_rate_limit_is_waited_out_whatever_changes_meanwhile() -> None:
    client = instance()
    async with open_world([client]) as world:
        await world.shows("25 %")
        world.env.inject_error("PATCH", "/channels/*/messages/*", status=429, code=30046, times=1)
        client.downloads = (make_download(status=QueueStatus.PAUSED),)
        while edits(world) == 0:
            await world.clock.advance(1)
        world.app.status_message.retry_now()
        await world.clock.advance(30)

        assert edits(world) == 1
        await world.shows("paused at 25 %")


async def test_a_repeated_send_may_show_what_was_sent_first_and_is_followed_by_an_edit() -> None:
    async with open_world(
        [instance()],
        prepare=lambda env: env.inject_error("POST", "/channels/*/messages", status=503, times=1),
    ) as world:
        await world.shows("25 %")
        while edits(world) == 0:
            await world.clock.advance(1)

        assert "25 %" in world.text
        assert len(world.channel.history()) == 1
