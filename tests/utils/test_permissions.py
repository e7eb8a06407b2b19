import pytest

from discarr.utils.permissions import DESTRUCTIVE, REQUIRED, Capability, Grants, Level

GUILD, OWNER, ADMIN, OPERATOR, MEMBER = 1, 2, 3, 4, 5
OWNER_ROLE, ADMIN_ROLE, OPERATOR_ROLE = 20, 30, 40
GRANTS = Grants(
    operator_roles=frozenset({OPERATOR_ROLE, GUILD}),
    operator_users=frozenset({OPERATOR}),
    admin_roles=frozenset({ADMIN_ROLE, GUILD}),
    admin_users=frozenset({ADMIN}),
    owner_roles=frozenset({OWNER_ROLE, GUILD}),
    owner_users=frozenset({OWNER}),
)


@pytest.mark.parametrize(
    ("user_id", "role_ids", "is_guild_owner", "level"),
    [
        (MEMBER, [], True, Level.OWNER),
        (OWNER, [], False, Level.OWNER),
        (MEMBER, [OPERATOR_ROLE, OWNER_ROLE], False, Level.OWNER),
        (ADMIN, [], False, Level.ADMIN),
        (MEMBER, [ADMIN_ROLE, OPERATOR_ROLE], False, Level.ADMIN),
        (OPERATOR, [], False, Level.OPERATOR),
        (MEMBER, [OPERATOR_ROLE], False, Level.OPERATOR),
        (MEMBER, [GUILD], False, Level.VIEWER),
        (MEMBER, [], False, Level.VIEWER),
    ],
)
def test_the_highest_grant_counts_and_everyone_grants_nothing(
    user_id: int, role_ids: list[int], is_guild_owner: bool, level: Level
) -> None:
    found = GRANTS.level(user_id=user_id, role_ids=role_ids, guild_id=GUILD, is_guild_owner=is_guild_owner)
    assert found is level


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("capability", list(Capability))
def test_each_level_may_do_what_the_table_says(level: Level, capability: Capability) -> None:
    assert GRANTS.allows(level, capability) is (level >= REQUIRED[capability])


@pytest.mark.parametrize("capability", list(Capability))
def test_strangers_may_do_nothing(capability: Capability) -> None:
    assert not GRANTS.allows(Level.STRANGER, capability)


@pytest.mark.parametrize("capability", list(Capability))
def test_without_an_admin_nothing_can_be_lost(capability: Capability) -> None:
    helpers_only = Grants(operator_roles=frozenset({OPERATOR_ROLE}))

    assert helpers_only.allows(Level.OWNER, capability) is (capability not in DESTRUCTIVE)


@pytest.mark.parametrize("name", ["admin_roles", "admin_users", "owner_roles", "owner_users"])
def test_whoever_is_named_above_the_helpers_makes_the_rest_possible(name: str) -> None:
    assert Grants(**{name: frozenset({9})}).allows(Level.OPERATOR, Capability.REMOVE)
