"""The end points about the app itself."""

from aiohttp import web

from discarr.sandbox.arr_server.call import Call
from discarr.sandbox.arr_server.replies import json_reply


async def get_api(call: Call) -> web.Response:  # noqa: ARG001 - every route takes the call
    """`GET /api`: which versions of the API there are."""
    return json_reply({"current": "v3", "deprecated": []})


async def get_status(call: Call) -> web.Response:
    """`GET /system/status`."""
    return json_reply(call.instance.system_status())


async def get_health(call: Call) -> web.Response:
    """`GET /health`: only what is not well."""
    return json_reply(call.instance.source.health_at(call.instance.now()))


async def get_disk_space(call: Call) -> web.Response:
    """`GET /diskspace`."""
    return json_reply(call.instance.source.disks_at(call.instance.now()))


async def get_root_folders(call: Call) -> web.Response:
    """`GET /rootfolder`."""
    return json_reply(call.instance.source.root_folders_at(call.instance.now()))


async def get_tags(call: Call) -> web.Response:
    """`GET /tag`."""
    return json_reply(call.instance.source.tags)


async def get_quality_profiles(call: Call) -> web.Response:
    """`GET /qualityprofile`."""
    return json_reply(call.instance.source.profiles)
