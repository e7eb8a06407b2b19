"""The end points of commands and of manual imports."""

from aiohttp import web

from discarr.sandbox.arr_server.call import Call
from discarr.sandbox.arr_server.commands import Command, UnknownCommand
from discarr.sandbox.arr_server.replies import empty, error, json_reply, not_found
from discarr.sandbox.arr_server.source import NotCompleted

_NULL_REFERENCE = "Object reference not set to an instance of an object."


async def post_command(call: Call) -> web.Response:
    """`POST /command`: an unknown name is a server error."""
    body = await call.body()
    try:
        command = call.instance.commands.post(body, call.instance.now())
    except UnknownCommand:
        return error(500, "Sequence contains no matching element")
    return json_reply(command.resource(call.instance.now()), 201)


async def get_commands(call: Call) -> web.Response:
    """`GET /command`: queued, running and lately ended ones."""
    now = call.instance.now()
    return json_reply([command.resource(now) for command in call.instance.commands.recent(now)])


async def get_command(call: Call) -> web.Response:
    """`GET /command/{id}`."""
    command = _find_command(call)
    return not_found() if command is None else json_reply(command.resource(call.instance.now()))


async def delete_command(call: Call) -> web.Response:
    """`DELETE /command/{id}`: only while it is queued."""
    command = _find_command(call)
    if command is None:
        return not_found()
    if call.instance.now() >= command.started:
        return error(409, "Unable to cancel task")
    call.instance.commands.cancel(command)
    return empty()


async def get_importable(call: Call) -> web.Response:
    """`GET /manualimport`: the files of a download, with what the app takes them for and why it refused."""
    for name in ("movieId", "seriesId", "seasonNumber"):
        call.parameters.number(name, 0)
    call.parameters.flag("filterExistingFiles", default=True)
    try:
        files = call.instance.source.importable(call.parameters.text("downloadId"), call.instance.now())
    except NotCompleted:
        return error(500, _NULL_REFERENCE)
    return json_reply(files)


async def post_importable(call: Call) -> web.Response:
    """`POST /manualimport`: the same files judged anew with what a person has set; imports nothing."""
    files = await call.items()
    if not files:
        return error(400, "BadRequest: items must be provided")
    source, now = call.instance.source, call.instance.now()
    try:
        return json_reply([source.reconsidered(file, now) for file in files])
    except NotCompleted:
        return error(500, _NULL_REFERENCE)


def _find_command(call: Call) -> Command | None:
    commands = call.instance.commands.recent(call.instance.now())
    return next((command for command in commands if command.id == call.id), None)
