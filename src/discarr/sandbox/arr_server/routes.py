"""Library, system and command end points, and the table of all end points."""

import re
from collections.abc import Awaitable, Callable

from aiohttp import web

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server import history_routes, queue_routes
from discarr.sandbox.arr_server.call import Call
from discarr.sandbox.arr_server.commands import Command, UnknownCommand
from discarr.sandbox.arr_server.replies import empty, error, json_reply, not_found

type Handler = Callable[[Call], Awaitable[web.Response]]


async def get_api(call: Call) -> web.Response:  # noqa: ARG001 - every route takes the call
    """`GET /api`: which versions of the API there are."""
    return json_reply({"current": "v3", "deprecated": []})


async def get_system_status(call: Call) -> web.Response:
    """`GET /system/status`."""
    return json_reply(call.instance.system_status())


async def get_health(call: Call) -> web.Response:
    """`GET /health`: only what is not well."""
    return json_reply(call.instance.source.health)


async def get_disk_space(call: Call) -> web.Response:
    """`GET /diskspace`."""
    return json_reply(call.instance.source.disks)


async def get_root_folders(call: Call) -> web.Response:
    """`GET /rootfolder`."""
    return json_reply(call.instance.source.root_folders)


async def get_tags(call: Call) -> web.Response:
    """`GET /tag`."""
    return json_reply(call.instance.source.tags)


async def get_library(call: Call) -> web.Response:
    """`GET /movie` and `GET /series`, whole or by the id of the metadata provider."""
    name = "tvdbId" if call.is_sonarr else "tmdbId"
    wanted = set(call.parameters.numbers(name))
    items = call.instance.source.media.values()
    return json_reply([item for item in items if not wanted or item[name] in wanted])


async def get_media(call: Call) -> web.Response:
    """`GET /movie/{id}` and `GET /series/{id}`."""
    item = call.instance.source.media.get(call.id)
    return not_found() if item is None else json_reply(item)


async def get_episodes(call: Call) -> web.Response:
    """`GET /episode`: those of a series, or those with the given ids."""
    series, ids = call.parameters.numbers("seriesId"), set(call.parameters.numbers("episodeIds"))
    if not series and not ids:
        return error(400, "BadRequest: seriesId or episodeIds must be provided")
    return json_reply(
        [
            episode
            for episode_id, episode in call.instance.source.episodes.items()
            if episode_id in ids or episode["seriesId"] in series
        ]
    )


async def get_episode(call: Call) -> web.Response:
    """`GET /episode/{id}`."""
    episode = call.instance.source.episodes.get(call.id)
    return not_found() if episode is None else json_reply(episode)


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


def _find_command(call: Call) -> Command | None:
    commands = call.instance.commands.recent(call.instance.now())
    return next((command for command in commands if command.id == call.id), None)


_COMMON: dict[str, dict[str, Handler]] = {
    "/system/status": {"GET": get_system_status},
    "/health": {"GET": get_health},
    "/diskspace": {"GET": get_disk_space},
    "/rootfolder": {"GET": get_root_folders},
    "/tag": {"GET": get_tags},
    "/queue": {"GET": queue_routes.get_queue},
    "/queue/details": {"GET": queue_routes.get_details},
    "/queue/status": {"GET": queue_routes.get_status},
    "/queue/bulk": {"DELETE": queue_routes.delete_bulk},
    "/queue/grab/bulk": {"POST": queue_routes.grab_bulk},
    "/queue/grab/{id}": {"POST": queue_routes.grab},
    "/queue/{id}": {"DELETE": queue_routes.delete_item},
    "/history": {"GET": history_routes.get_history},
    "/history/since": {"GET": history_routes.get_since},
    "/command": {"GET": get_commands, "POST": post_command},
    "/command/{id}": {"GET": get_command, "DELETE": delete_command},
}
_OWN: dict[InstanceKind, dict[str, dict[str, Handler]]] = {
    InstanceKind.RADARR: {
        "/movie": {"GET": get_library},
        "/movie/{id}": {"GET": get_media},
        "/history/movie": {"GET": history_routes.get_of_media},
    },
    InstanceKind.SONARR: {
        "/series": {"GET": get_library},
        "/series/{id}": {"GET": get_media},
        "/history/series": {"GET": history_routes.get_of_media},
        "/episode": {"GET": get_episodes},
        "/episode/{id}": {"GET": get_episode},
    },
}
_ID = re.compile(r"/(\d+)$")


def find_route(kind: InstanceKind, path: str) -> tuple[dict[str, Handler], int]:
    """Return the handlers of an API path by method, empty for an unknown path, and the id in the path or 0.

    `path` begins with "/api" and holds no URL base.
    """
    if path == "/api":
        return {"GET": get_api}, 0
    relative = path.removeprefix("/api/v3").rstrip("/").lower()
    match = _ID.search(relative)
    pattern = _ID.sub("/{id}", relative)
    return (_COMMON | _OWN[kind]).get(pattern, {}), int(match[1]) if match else 0
