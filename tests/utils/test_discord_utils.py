"""Who may do what, in a guild as discord.py sees it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import discord
import pytest

from discarr.utils.discord_utils import (
    ALERT_PERMISSIONS,
    NEEDED_CHANNEL_PERMISSIONS,
    has_admin_permissions,
    invite_url,
    is_guild_owner,
    level_of,
    may,
    missing_permissions,
)
from discarr.utils.permissions import Capability, Grants, Level
from tests.fakes.discord_server.world import World

NOBODY = Grants()


class Home:
    """A guild whose members are built from the payloads of their interactions."""

    def __init__(self, client: discord.Client) -> None:
        self.world = World()
        self._state = client._connection
        self.guild = discord.Guild(data=cast("Any", self.world.guild_create()), state=self._state)

    def member(
        self, user_id: int, *role_ids: int, permissions: discord.Permissions | None = None
    ) -> discord.Member:
        payload = self.world.member(user_id, "somebody", role_ids=role_ids)
        if permissions is not None:
            payload["permissions"] = str(permissions.value)
        return discord.Member(data=cast("Any", payload), guild=self.guild, state=self._state)

    def let_everyone(self, permissions: discord.Permissions) -> None:
        self.world.everyone_permissions = permissions
        self.guild = discord.Guild(data=cast("Any", self.world.guild_create()), state=self._state)

    def stranger(self, user_id: int) -> discord.User:
        return discord.User(state=self._state, data=cast("Any", self.world.user(user_id, "stranger")))


@pytest.fixture
async def home() -> AsyncIterator[Home]:
    async with discord.Client(intents=discord.Intents(guilds=True)) as client:
        yield Home(client)


def test_the_owner_of_the_guild_is_known(home: Home) -> None:
    assert is_guild_owner(home.member(home.world.owner_id))
    assert not is_guild_owner(home.member(home.world.member_id))


def test_nobody_owns_anything_outside_of_a_guild(home: Home) -> None:
    assert not is_guild_owner(home.stranger(home.world.owner_id))
    assert not has_admin_permissions(home.stranger(home.world.owner_id), NOBODY)


def test_the_owner_is_always_an_admin(home: Home) -> None:
    assert has_admin_permissions(
        home.member(home.world.owner_id), Grants(admin_roles=frozenset({home.world.admin_role_id}))
    )


def test_a_configured_role_makes_an_admin(home: Home) -> None:
    admin = home.member(home.world.member_id, home.world.admin_role_id)

    assert has_admin_permissions(admin, Grants(admin_roles=frozenset({1, home.world.admin_role_id})))
    assert not has_admin_permissions(admin, Grants(admin_roles=frozenset({1})))


@pytest.mark.parametrize(
    "permissions", [discord.Permissions(administrator=True), discord.Permissions(manage_guild=True)]
)
def test_discords_own_permissions_do_not_count_beside_configured_roles(
    home: Home, permissions: discord.Permissions
) -> None:
    member = home.member(home.world.member_id, permissions=permissions)

    assert not has_admin_permissions(member, Grants(admin_roles=frozenset({home.world.admin_role_id})))


def test_everyone_is_never_an_admin_role(home: Home) -> None:
    member = home.member(home.world.member_id, permissions=discord.Permissions(manage_guild=True))

    assert not has_admin_permissions(member, Grants(admin_roles=frozenset({home.world.guild_id})))


def test_without_configured_roles_only_the_owner_is_an_admin(home: Home) -> None:
    member = home.member(home.world.member_id, permissions=discord.Permissions.all())

    assert not has_admin_permissions(member, NOBODY)
    assert has_admin_permissions(home.member(home.world.owner_id), NOBODY)


def test_levels_come_from_roles_and_people_of_the_settings(home: Home) -> None:
    world = home.world
    grants = Grants(operator_roles=frozenset({world.admin_role_id}), admin_users=frozenset({world.member_id}))

    assert level_of(home.member(5, world.admin_role_id), grants) is Level.OPERATOR
    assert level_of(home.member(world.member_id), grants) is Level.ADMIN
    assert level_of(home.member(5), grants) is Level.VIEWER
    assert level_of(home.stranger(world.member_id), grants) is Level.STRANGER
    assert may(home.member(5, world.admin_role_id), grants, Capability.REMOVE)
    assert not may(home.stranger(world.member_id), grants, Capability.LOOK)


def test_missing_permissions_are_named_as_in_the_settings() -> None:
    assert missing_permissions(discord.Permissions.none(), NEEDED_CHANNEL_PERMISSIONS) == (
        "View Channel",
        "Send Messages",
        "Embed Links",
        "Read Message History",
    )
    assert missing_permissions(discord.Permissions.none(), ALERT_PERMISSIONS) == (
        "Create Public Threads",
        "Send Messages in Threads",
    )
    assert missing_permissions(NEEDED_CHANNEL_PERMISSIONS, NEEDED_CHANNEL_PERMISSIONS) == ()


def test_the_invite_asks_for_the_bot_its_commands_and_no_more() -> None:
    url = invite_url(42)

    assert url.startswith("https://discord.com/oauth2/authorize?client_id=42&")
    assert "scope=bot+applications.commands" in url
    assert f"permissions={(NEEDED_CHANNEL_PERMISSIONS | ALERT_PERMISSIONS).value}" in url


def test_the_readme_asks_for_the_same_permissions() -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text()

    assert f"permissions={(NEEDED_CHANNEL_PERMISSIONS | ALERT_PERMISSIONS).value}\n" in readme
