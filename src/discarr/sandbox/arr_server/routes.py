"""The table of all end points."""

import re
from collections.abc import Awaitable, Callable

from aiohttp import web

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server import (
    command_routes,
    history_routes,
    library_routes,
    queue_routes,
    system_routes,
)
from discarr.sandbox.arr_server.call import Call

type Handler = Callable[[Call], Awaitable[web.Response]]


_COMMON: dict[str, dict[str, Handler]] = {
    "/system/status": {"GET": system_routes.get_status},
    "/health": {"GET": system_routes.get_health},
    "/diskspace": {"GET": system_routes.get_disk_space},
    "/rootfolder": {"GET": system_routes.get_root_folders},
    "/tag": {"GET": system_routes.get_tags},
    "/qualityprofile": {"GET": system_routes.get_quality_profiles},
    "/queue": {"GET": queue_routes.get_queue},
    "/queue/details": {"GET": queue_routes.get_details},
    "/queue/status": {"GET": queue_routes.get_status},
    "/queue/bulk": {"DELETE": queue_routes.delete_bulk},
    "/queue/grab/bulk": {"POST": queue_routes.grab_bulk},
    "/queue/grab/{id}": {"POST": queue_routes.grab},
    "/queue/{id}": {"DELETE": queue_routes.delete_item},
    "/history": {"GET": history_routes.get_history},
    "/history/since": {"GET": history_routes.get_since},
    "/blocklist": {"GET": history_routes.get_blocklist},
    "/blocklist/{id}": {"DELETE": history_routes.delete_blocked},
    "/command": {"GET": command_routes.get_commands, "POST": command_routes.post_command},
    "/command/{id}": {"GET": command_routes.get_command, "DELETE": command_routes.delete_command},
    "/manualimport": {"GET": command_routes.get_importable, "POST": command_routes.post_importable},
}
_OWN: dict[InstanceKind, dict[str, dict[str, Handler]]] = {
    InstanceKind.RADARR: {
        "/movie": {"GET": library_routes.get_library},
        "/movie/{id}": {"GET": library_routes.get_media},
        "/movie/lookup": {"GET": library_routes.look_up},
        "/history/movie": {"GET": history_routes.get_of_media},
    },
    InstanceKind.SONARR: {
        "/series": {"GET": library_routes.get_library},
        "/series/{id}": {"GET": library_routes.get_media},
        "/series/lookup": {"GET": library_routes.look_up},
        "/history/series": {"GET": history_routes.get_of_media},
        "/episode": {"GET": library_routes.get_episodes},
        "/episode/{id}": {"GET": library_routes.get_episode},
    },
}
_ID = re.compile(r"/(\d+)$")


def find_route(kind: InstanceKind, path: str) -> tuple[dict[str, Handler], int]:
    """Return the handlers of an API path by method, empty for an unknown path, and the id in the path or 0.

    `path` begins with "/api" and holds no URL base.
    """
    if path == "/api":
        return {"GET": system_routes.get_api}, 0
    relative = path.removeprefix("/api/v3").rstrip("/").lower()
    match = _ID.search(relative)
    pattern = _ID.sub("/{id}", relative)
    return (_COMMON | _OWN[kind]).get(pattern, {}), int(match[1]) if match else 0
