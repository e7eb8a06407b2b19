"""Answers interactions in time, once, and never with an exception.

Discord gives three seconds for the first answer and fifteen minutes for the rest. What goes wrong on the way
is logged (without the interaction's token) and told by the return value.
"""

import asyncio
import logging
from collections.abc import Awaitable
from enum import Enum, auto
from typing import Any, Final

import aiohttp
import discord
from discord.utils import MISSING

_log = logging.getLogger(__name__)

ACKNOWLEDGE_TIMEOUT_S: Final = 3.0
"""Discord's own deadline: a later acknowledgement is refused."""
ANSWER_TIMEOUT_S: Final = 20.0

REFUSED_TEXT: Final = "Discord would not show this answer. Ask for less at a time; Discarr's log says more."

_ALREADY_ACKNOWLEDGED = 40060
_GONE_CODES = frozenset({10008, 10015, 10062, 50027, _ALREADY_ACKNOWLEDGED})
"""Unknown message, webhook or interaction, invalid webhook token: nobody waits for this answer any more."""

_ANSWERED = "discarr.answered"
"""Key in `Interaction.extras`: the deferred answer has been filled in."""

type AnyInteraction = discord.Interaction[Any]


class _Outcome(Enum):
    SENT = auto()
    REFUSED = auto()
    LOST = auto()


async def safe_defer_interaction(
    interaction: AnyInteraction, *, ephemeral: bool = True, thinking: bool = True
) -> bool:
    """Acknowledge an interaction; the first await of every handler.

    `thinking` only matters for buttons, selects and modals: True promises a new message, False an update of
    the message they sit on. False is returned when Discord did not take the acknowledgement: the user has
    seen "the application did not respond" and will click again, so the action must not run.
    """
    if interaction.response.is_done():
        return True
    call = interaction.response.defer(ephemeral=ephemeral, thinking=thinking)
    return await _attempt(interaction, call, timeout_s=ACKNOWLEDGE_TIMEOUT_S) is _Outcome.SENT


async def safe_send_response(
    interaction: AnyInteraction,
    content: str | None = None,
    *,
    embed: discord.Embed | None = None,
    view: discord.ui.View | None = None,
    ephemeral: bool = True,
) -> bool:
    """Answer with a message of its own, whatever state the interaction is in; say whether it arrived.

    A fresh interaction gets its response, a deferred "thinking" is filled in, and anything later becomes a
    follow-up. The message that a button sits on is never touched. `ephemeral` has no effect on filling in:
    there, the deferral has decided. An answer that Discord refuses is replaced by `REFUSED_TEXT`.
    Mentions never ping.
    """
    shown = [] if embed is None else [embed]
    outcome = await _attempt(interaction, _message(interaction, content, shown, view, ephemeral))
    if outcome is _Outcome.REFUSED:
        await _attempt(interaction, _message(interaction, REFUSED_TEXT, [], None, ephemeral))
    return outcome is _Outcome.SENT


async def safe_update_message(
    interaction: AnyInteraction,
    content: str | None = None,
    *,
    embed: discord.Embed | None = None,
    view: discord.ui.View | None = None,
) -> bool:
    """Replace the message that a button, select or modal sits on; say whether that worked.

    Works as the first answer, or after `safe_defer_interaction(..., thinking=False)`. What is not given is
    removed from the message. When Discord refuses the new content, the message stays as it is and the user
    gets `REFUSED_TEXT` privately.
    """
    shown = [] if embed is None else [embed]
    if interaction.response.is_done():
        update: Awaitable[object] = interaction.edit_original_response(
            content=content, embeds=shown, view=view, allowed_mentions=discord.AllowedMentions.none()
        )
    else:
        update = interaction.response.edit_message(
            content=content, embeds=shown, view=view, allowed_mentions=discord.AllowedMentions.none()
        )
    outcome = await _attempt(interaction, update)
    if outcome is _Outcome.REFUSED:
        await _attempt(interaction, _message(interaction, REFUSED_TEXT, [], None, True))
    return outcome is _Outcome.SENT


async def safe_renew_controls(interaction: AnyInteraction, view: discord.ui.View) -> bool:
    """Replace the controls of a message, after a click on one was deferred; say whether that worked.

    Everything else in the message stays as it is.
    """
    return await _attempt(interaction, interaction.edit_original_response(view=view)) is _Outcome.SENT


async def safe_send_modal(interaction: AnyInteraction, modal: discord.ui.Modal) -> bool:
    """Open a modal, which must be the first answer to an interaction; say whether that worked."""
    opening = interaction.response.send_modal(modal)
    return await _attempt(interaction, opening, timeout_s=ACKNOWLEDGE_TIMEOUT_S) is _Outcome.SENT


async def _message(
    interaction: AnyInteraction,
    content: str | None,
    embeds: list[discord.Embed],
    view: discord.ui.View | None,
    ephemeral: bool,
) -> None:
    """Send by the path that is open."""
    mentions = discord.AllowedMentions.none()
    if not interaction.response.is_done():
        await interaction.response.send_message(
            content,
            embeds=embeds,
            view=MISSING if view is None else view,
            ephemeral=ephemeral,
            allowed_mentions=mentions,
        )
    elif _is_waiting_to_be_filled(interaction):
        await interaction.edit_original_response(
            content=content, embeds=embeds, view=view, allowed_mentions=mentions
        )
        interaction.extras[_ANSWERED] = True
    else:
        await interaction.followup.send(
            MISSING if content is None else content,
            embeds=embeds,
            view=MISSING if view is None else view,
            ephemeral=ephemeral,
            allowed_mentions=mentions,
        )


def _is_waiting_to_be_filled(interaction: AnyInteraction) -> bool:
    is_thinking = interaction.response.type is discord.InteractionResponseType.deferred_channel_message
    return is_thinking and not interaction.extras.get(_ANSWERED, False)


async def _attempt(
    interaction: AnyInteraction, call: Awaitable[object], *, timeout_s: float = ANSWER_TIMEOUT_S
) -> _Outcome:
    """Make one call to Discord, bounded, and turn every way it can fail into an outcome and a log line."""
    try:
        async with asyncio.timeout(timeout_s):
            await call
    except TimeoutError:
        # The outcome is unknown: to repeat it could answer twice.
        _log.warning("Discord took over %.0f s for an answer to %s", timeout_s, _name(interaction))
    except discord.HTTPException as exc:
        if exc.code in _GONE_CODES:
            _log.info("Nobody waits for the answer to %s any more (%s)", _name(interaction), exc.code)
        else:
            _log.warning(
                "Discord refused an answer to %s (HTTP %s, code %s): %.300s",
                _name(interaction),
                exc.status,
                exc.code,
                exc.text,
            )
            if exc.status == 400:
                return _Outcome.REFUSED
    except (discord.DiscordException, aiohttp.ClientError, OSError) as exc:
        _log.warning("An answer to %s did not reach Discord: %s", _name(interaction), type(exc).__name__)
    except RuntimeError:
        # What aiohttp says of a session that was closed while it was used.
        if not interaction.client.is_closed():
            raise
        _log.info("An answer to %s did not reach Discord: Discarr was ending", _name(interaction))
    else:
        return _Outcome.SENT
    return _Outcome.LOST


def _name(interaction: AnyInteraction) -> str:
    """What the user did, for the log."""
    if isinstance(interaction.command, discord.app_commands.Command | discord.app_commands.ContextMenu):
        return f"/{interaction.command.qualified_name}"
    return interaction.custom_id or f"a {interaction.type.name} interaction"
