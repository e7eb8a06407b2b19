"""The one place where an error behind a command, button or select becomes an answer."""

import functools
import logging
import secrets
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate

import discord
from discord import app_commands

from discarr.core.errors import MediaClientError, StoreError
from discarr.discord_bot.ui import action_answers, alert_texts, texts
from discarr.discord_bot.ui.lasting import kind_of
from discarr.monitoring.acting.desk import ActionDesk
from discarr.monitoring.acting.operation import Person
from discarr.monitoring.acting.refusals import ActionRefused, Refusal
from discarr.monitoring.alerts.rules import RuleRefused
from discarr.utils.interaction_utils import safe_send_response
from discarr.utils.permissions import Level

_log = logging.getLogger(__name__)


class Refused(app_commands.CheckFailure):
    """Somebody asked in vain, and no desk heard of it: whoever answers puts it in the audit trail.

    Raised by permission checks on every path. What the desk refuses is an `ActionRefused`, and is there.
    """

    def __init__(
        self,
        person: Person,
        action: str,
        refusal: Refusal = Refusal.NOT_ALLOWED,
        *,
        needed: Level = Level.ADMIN,
        operation_id: str | None = None,
    ) -> None:
        """`action` is a kind of action or a capability, `needed` the least level that may."""
        super().__init__()
        self.operation_id = operation_id
        self.person = person
        self.action = action
        self.refused = ActionRefused(refusal)
        self.needed = needed


class MemberUnknown(app_commands.CheckFailure):
    """Discord did not say who somebody is in the served guild."""


class WrongGuild(app_commands.CheckFailure):
    """The question came from another guild than the one that is served."""


class NoHome(app_commands.CheckFailure):
    """Discarr has not found its channel, so it cannot know which guild it serves."""


class OtherDatabase(app_commands.CheckFailure):
    """A button of a message from before the database was lost: its ids mean nothing, or something else."""


async def report_failure(interaction: discord.Interaction[Any], error: Exception) -> None:
    """Answer the person who asked, in words of the error's class; log what nobody expected.

    Never shows ``str(error)``: it may hold addresses or keys. An unexpected error gets a short code that
    stands in the log beside the traceback.
    """
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    match cause:
        case Refused() if cause.refused.refusal is Refusal.NOT_ALLOWED:
            text = texts.NOT_ALLOWED[cause.needed]
        case Refused():
            text = action_answers.refused(cause.refused)
        case MemberUnknown():
            text = texts.MEMBER_UNKNOWN
        case OtherDatabase():
            text = alert_texts.OTHER_DATABASE
        case WrongGuild():
            text = texts.WRONG_SERVER
        case NoHome():
            text = texts.NO_HOME
        case (
            app_commands.CheckFailure()
            | app_commands.CommandNotFound()
            | app_commands.CommandSignatureMismatch()
        ):
            text = texts.COMMAND_OUTDATED
        case app_commands.TransformerError():
            text = texts.OPTION_NOT_UNDERSTOOD
        case MediaClientError():
            text = f"{cause.instance} {cause.summary}. {cause.remedy}"
        case StoreError():
            text = texts.store_trouble(cause.summary)
            _log.warning("An answer needs the database: %s. %s", cause, cause.remedy)
        case ActionRefused():
            text = action_answers.refused(cause)
        case RuleRefused():
            text = cause.problem
        case _:
            code = secrets.token_hex(3).upper()
            text = texts.unexpected(code)
            _log.error("Unexpected error %s while answering", code, exc_info=cause)
    await safe_send_response(interaction, text)
    if isinstance(cause, Refused):
        desk: ActionDesk = interaction.client.services.actions
        await desk.note_refusal(
            cause.person,
            cause.action,
            cause.refused,
            way=_way(interaction),
            operation_id=cause.operation_id,
        )


def _way(interaction: discord.Interaction[Any]) -> str:
    """Return the command or kind of control, without what was chosen: the same is written down once."""
    if isinstance(interaction.command, app_commands.Command):
        return f"/{interaction.command.qualified_name}"
    return kind_of(interaction.custom_id or "")


def answers_errors[S, **P](
    method: Callable[Concatenate[S, discord.Interaction[Any], P], Coroutine[Any, Any, None]],
) -> Callable[Concatenate[S, discord.Interaction[Any], P], Coroutine[Any, Any, None]]:
    """Give a component callback the error handling that slash commands get from their tree.

    discord.py only logs what a `DynamicItem` callback raises: the person would see "interaction failed".
    """

    @functools.wraps(method)
    async def answering(
        self: S, interaction: discord.Interaction[Any], /, *args: P.args, **kwargs: P.kwargs
    ) -> None:
        try:
            await method(self, interaction, *args, **kwargs)
        except Exception as exc:
            await report_failure(interaction, exc)

    return answering
