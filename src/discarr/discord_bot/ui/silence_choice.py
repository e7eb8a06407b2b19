"""For how long something is kept quiet, and why: what every way to silence asks for."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import discord

from discarr.discord_bot.ui.lasting import LastingModal

SILENCES: Final[Mapping[int, str]] = MappingProxyType({1: "1 hour", 8: "8 hours", 24: "1 day", 168: "1 week"})
"""For how many hours something can be silenced by a button, and how that is called."""
REASON: Final = "reason"
"""Id of the field of a `ReasonModal`."""
HOURS: Final = r"\d{1,3}"
_MAX_REASON: Final = 200


class ReasonModal(LastingModal):
    """Asks why something is silenced, which may be left out."""

    def __init__(self, custom_id: str, hours: int) -> None:
        super().__init__(f"Silence for {SILENCES[hours]}", custom_id)
        reason: discord.ui.TextInput[discord.ui.View] = discord.ui.TextInput(
            custom_id=REASON,
            required=False,
            max_length=_MAX_REASON,
            placeholder="A new disk is on its way",
        )
        self.add_item(
            discord.ui.Label(text="Why?", description="For the others; may be left out.", component=reason)
        )


def silence_options() -> list[discord.SelectOption]:
    """Return the choices of how long."""
    return [discord.SelectOption(label=words, value=str(hours)) for hours, words in SILENCES.items()]


def hours_in(chosen: str) -> int:
    """Return the hours that were chosen; the shortest silence for what was never offered."""
    return int(chosen) if chosen in map(str, SILENCES) else min(SILENCES)
