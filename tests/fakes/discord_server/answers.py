"""HTTP answers in the exact form that discord.py reads."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

JSON_TYPE = "application/json"
"""Without a charset: discord.py decodes JSON only when the header is exactly this."""


def answer(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> web.Response:
    """An answer with a JSON body; None sends none, as 204 needs."""
    if body is None:
        return web.Response(status=status, headers=headers)
    return web.Response(
        status=status, body=json.dumps(body).encode(), content_type=JSON_TYPE, headers=headers
    )


def refusal(status: int, code: int, message: str) -> web.Response:
    """One of Discord's own error codes."""
    return answer(status, {"message": message, "code": code})


async def body_of(request: web.Request) -> Any:
    """The decoded body; None when there is none. A multipart body gives its ``payload_json``."""
    raw = await request.read()
    if not raw:
        return None
    if request.content_type == "multipart/form-data":
        return json.loads(str((await request.post())["payload_json"]))
    return json.loads(raw)
