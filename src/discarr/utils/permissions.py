"""Who may do what: one table, asked on every path; what it does not grant is refused."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final


class Level(IntEnum):
    """How far somebody is trusted. Each level may do what those before it may."""

    STRANGER = 0
    """Not a member of the served guild."""
    VIEWER = 1
    """Every member."""
    OPERATOR = 2
    """Trusted helpers: they see the technical side and what is hidden, and may act on single downloads."""
    ADMIN = 3
    """May change how Discarr works, and act on many downloads at once."""
    OWNER = 4
    """The owner of the guild, and who the settings name so."""


class Capability(StrEnum):
    """Something that somebody may do or not. The values stand in the audit trail: they never change."""

    LOOK = "look"
    FOLLOW = "follow"
    SEE_TECHNICAL = "see the technical side"
    SEE_HIDDEN = "see what is hidden from members"
    ACKNOWLEDGE = "acknowledge alerts"
    SILENCE = "silence alerts"
    GRAB = "grab a delayed release now"
    SEARCH = "search again"
    IMPORT = "import by hand"
    REMOVE = "remove downloads"
    CLEAN_UP = "clean up"
    SEE_AUDIT = "see the audit trail"
    CHANGE_RULES = "change what is told"
    CHANGE_LOG = "change the log"


REQUIRED: Final = {
    Capability.LOOK: Level.VIEWER,
    Capability.FOLLOW: Level.VIEWER,
    Capability.SEE_TECHNICAL: Level.OPERATOR,
    Capability.SEE_HIDDEN: Level.OPERATOR,
    Capability.ACKNOWLEDGE: Level.OPERATOR,
    Capability.SILENCE: Level.OPERATOR,
    Capability.GRAB: Level.OPERATOR,
    Capability.SEARCH: Level.OPERATOR,
    Capability.IMPORT: Level.OPERATOR,
    Capability.REMOVE: Level.OPERATOR,
    Capability.CLEAN_UP: Level.ADMIN,
    Capability.SEE_AUDIT: Level.ADMIN,
    Capability.CHANGE_RULES: Level.ADMIN,
    Capability.CHANGE_LOG: Level.ADMIN,
}
"""The least level for each capability."""

DESTRUCTIVE: Final = frozenset({Capability.IMPORT, Capability.REMOVE, Capability.CLEAN_UP})
"""What can lose data. Nobody may, not even the owner, until the settings name an admin: whoever sets that up
has thought about who may delete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """Roles and people that the settings name, by id."""

    operator_roles: frozenset[int] = frozenset()
    operator_users: frozenset[int] = frozenset()
    admin_roles: frozenset[int] = frozenset()
    admin_users: frozenset[int] = frozenset()
    owner_roles: frozenset[int] = frozenset()
    owner_users: frozenset[int] = frozenset()

    @property
    def has_admin(self) -> bool:
        """Whether anybody is named who may do more than look and help."""
        return bool(self.admin_roles or self.admin_users or self.owner_roles or self.owner_users)

    def level(self, *, user_id: int, role_ids: Collection[int], guild_id: int, is_guild_owner: bool) -> Level:
        """Return the level of a member of the guild.

        The role @everyone has the guild's own id and grants nothing: everybody has it.
        """
        roles = set(role_ids) - {guild_id}
        if is_guild_owner or user_id in self.owner_users or not roles.isdisjoint(self.owner_roles):
            return Level.OWNER
        if user_id in self.admin_users or not roles.isdisjoint(self.admin_roles):
            return Level.ADMIN
        if user_id in self.operator_users or not roles.isdisjoint(self.operator_roles):
            return Level.OPERATOR
        return Level.VIEWER

    def allows(self, level: Level, capability: Capability) -> bool:
        """Whether somebody of that level may do it."""
        if capability in DESTRUCTIVE and not self.has_admin:
            return False
        return level >= REQUIRED[capability]
