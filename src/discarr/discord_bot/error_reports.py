"""The one place where an error behind a command, button or select becomes an answer."""

import functools
import logging
import secrets
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate

import discord
from discord import app_commands

from discarr.core.errors import MediaClientError, StoreError
from discarr.discord_bot.ui import alert_texts, texts
from discarr.monitoring.alerts.rules import RuleRefused
from discarr.utils.interaction_utils import safe_send_response
from discarr.utils.permissions import Level

_log = logging.getLogger(__name__)


class NotAllowed(app_commands.CheckFailure):
    """The person may not do this; raised by permission checks on every path."""

    def __init__(self, needed: Level = Level.ADMIN) -> None:
        """`needed` is the least level that may."""
        super().__init__()
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
        case NotAllowed():
            text = texts.NOT_ALLOWED[cause.needed]
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
        case RuleRefused():
            text = cause.problem
        case _:
            code = secrets.token_hex(3).upper()
            text = texts.unexpected(code)
            _log.error("Unexpected error %s while answering", code, exc_info=cause)
    await safe_send_response(interaction, text)


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
