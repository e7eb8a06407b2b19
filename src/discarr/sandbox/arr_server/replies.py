"""The bodies and headers that the apps answer with, errors included."""

from aiohttp import web

from discarr.sandbox.arr_server.json_format import encode
from discarr.sandbox.arr_server.parameters import BadParameter

_TRACE_ID = "00-5ad0c4f4b8d14c0e8e5a6c1f7d0b9a3e-3f1c2b4a5d6e7f80-00"
_HEADERS = {"Cache-Control": "no-cache, no-store", "Expires": "-1", "Pragma": "no-cache"}
INDEX_HTML = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>%s</title></head>
<body><div id="root" class="root"></div><script src="/index.js"></script></body></html>
"""
LOGIN_HTML = INDEX_HTML % b"Login"


def json_reply(value: object, status: int = 200) -> web.Response:
    """Answer with JSON, pretty-printed."""
    return json_bytes(encode(value), status)


def json_bytes(body: bytes, status: int = 200) -> web.Response:
    """Answer with JSON that is encoded already."""
    return web.Response(
        body=body, status=status, content_type="application/json", charset="utf-8", headers=_HEADERS
    )


def empty(status: int = 200) -> web.Response:
    """Answer without a body and without a content type."""
    reply = web.Response(status=status)
    reply.headers.pop("Content-Type", None)
    return reply


def html(body: bytes = LOGIN_HTML) -> web.Response:
    """Answer with a page of the web interface."""
    return web.Response(body=body, content_type="text/html")


def redirect(location: str, status: int = 302) -> web.Response:
    """Send the client elsewhere."""
    return web.Response(status=status, headers={"Location": location})


def error(status: int, message: str) -> web.Response:
    """Answer as the apps do for their own exceptions; a 500 shows its stack, paths and all."""
    body = {"message": message}
    if status >= 500:
        body["description"] = (
            f"System.Exception: {message}\n"
            "   at NzbDrone.Core.Datastore.BasicRepository in /app/src/NzbDrone.Core/Datastore.cs:line 120"
        )
    return json_reply(body, status)


def not_found() -> web.Response:
    """Answer a look-up by id that found nothing: a problem document."""
    return _problem(404, {"title": "Not Found"})


def malformed(problem: BadParameter) -> web.Response:
    """Answer a parameter or a body that could not be read."""
    return _problem(
        400,
        {
            "title": "One or more validation errors occurred.",
            "errors": {problem.field: [str(problem)]},
        },
    )


def starting_up(app: str, *, is_api: bool) -> web.Response:
    """Answer during the short time between the open port and the finished start."""
    message = f"{app} is starting up, please try again later"
    if is_api:
        return json_reply({"errorMessage": message}, 503)
    return web.Response(text=message, status=503)


def _problem(status: int, fields: dict[str, object]) -> web.Response:
    body = {"type": f"https://tools.ietf.org/html/rfc9110#{status}", **fields, "status": status}
    return web.Response(
        body=encode(body | {"traceId": _TRACE_ID}), status=status, content_type="application/problem+json"
    )
