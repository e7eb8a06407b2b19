"""One request to a simulated instance, read and ready to be answered."""

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.instance import Instance
from discarr.sandbox.arr_server.json_format import JsonObject
from discarr.sandbox.arr_server.parameters import BadParameter, Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a route is given."""

    instance: Instance
    request: web.BaseRequest
    parameters: Parameters
    id: int = 0
    """From the path; 0 where the path has none."""

    @property
    def is_sonarr(self) -> bool:
        """Whether the instance simulates Sonarr."""
        return self.instance.source.kind is InstanceKind.SONARR

    @property
    def media_name(self) -> str:
        """What the library consists of, as spelt in names of fields and parameters."""
        return "series" if self.is_sonarr else "movie"

    async def body(self) -> JsonObject:
        """Return the JSON object that was sent.

        Raises:
            BadParameter: it is no JSON object.
        """
        body = await self._json()
        if not isinstance(body, dict):
            raise BadParameter("$", "")
        return body

    async def items(self) -> list[JsonObject]:
        """Return the JSON array of objects that was sent.

        Raises:
            BadParameter: it is none.
        """
        items = await self._json()
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise BadParameter("$", "")
        return items

    async def _json(self) -> Any:
        try:
            return json.loads(await self.request.read())
        except ValueError:
            raise BadParameter("$", "") from None
