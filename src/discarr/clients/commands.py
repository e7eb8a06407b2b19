"""Commands as the domain knows them."""

from discarr.clients.decode import decode_object
from discarr.clients.values import clip, parse_span
from discarr.clients.wire_actions import Command
from discarr.core.actions import CommandResult, CommandState, CommandStatus
from discarr.core.errors import BadAnswer

_MAX_NAME = 100
_MAX_TEXT = 1000
_MAX_EXCEPTION = 4000
_STATES = {state.value: state for state in CommandState}
_RESULTS = {result.value: result for result in CommandResult}


def read_command(body: bytes, instance: str) -> CommandStatus:
    """Return the command that an answer shows.

    Raises:
        BadAnswer: it is none, or has no id to ask for it by.
    """
    command = decode_object(body, Command, instance)
    if not command.id:
        raise BadAnswer(instance, "a command without an id")
    return CommandStatus(
        id=command.id,
        name=clip(command.name or "", _MAX_NAME),
        state=_STATES.get((command.status or "").lower(), CommandState.UNKNOWN),
        result=_RESULTS.get((command.result or "").lower(), CommandResult.UNKNOWN),
        message=clip(command.message, _MAX_TEXT) if command.message else None,
        exception=clip(command.exception, _MAX_EXCEPTION) if command.exception else None,
        duration=parse_span(command.duration),
    )
