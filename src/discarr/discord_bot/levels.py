"""How far somebody is trusted right now: asked of Discord when nobody is at hand who clicks."""

import logging
from typing import Final

from discarr.discord_bot.delivery_faults import code_of
from discarr.discord_bot.line import Line
from discarr.monitoring.alerts.dispatcher import SinkError
from discarr.utils.discord_utils import level_of
from discarr.utils.permissions import Grants, Level

_log = logging.getLogger(__name__)

_NO_MEMBER: Final = frozenset({10007, 10013})
"""Unknown member, unknown user."""


class Levels:
    """Knows the members of the served guild."""

    def __init__(self, line: Line, grants: Grants) -> None:
        self._line = line
        self._grants = grants

    async def level_of(self, user_id: int) -> Level | None:
        """Return the level of a person, a stranger's for who is no member; None when Discord does not say."""
        try:
            home = self._line.home.channel
            if home is None:
                return None
            async with self._line.request():
                member = await home.guild.fetch_member(user_id)
        except SinkError as error:
            if code_of(error) in _NO_MEMBER:
                return Level.STRANGER
            _log.info("Discord did not say who somebody is: %s", error.reason)
            return None
        return level_of(member, self._grants)
