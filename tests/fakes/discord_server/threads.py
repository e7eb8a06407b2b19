"""Threads and direct messages: made, archived, locked, and refused as Discord does."""

from typing import Any

from aiohttp import web

from tests.fakes.discord_server.answers import answer, body_of, refusal
from tests.fakes.discord_server.world import World, next_snowflake


class Threads:
    """The handlers of what is made beside the channel."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """The routes, without the API prefix."""
        channel = "/channels/{channel_id}"
        return [
            web.post("/users/@me/channels", self._open_conversation),
            web.post(f"{channel}/threads", self._make),
            web.post(f"{channel}/messages/{{message_id}}/threads", self._make_from_message),
            web.patch(channel, self._change),
        ]

    def archive(self, thread_id: int, *, is_locked: bool = False) -> None:
        """Archive a thread, as Discord does after a week of silence, or a moderator who also locks it."""
        self._world.threads[thread_id]["thread_metadata"] |= {"archived": True, "locked": is_locked}

    def refuse(self, channel_id: int, *, is_edit: bool) -> web.Response | None:
        """What keeps a message from being written there; a new one opens a thread that is not locked."""
        thread = self._world.threads.get(channel_id)
        if thread is None:
            return None
        state: dict[str, Any] = thread["thread_metadata"]
        if state["archived"] and (is_edit or state["locked"]):
            return refusal(400, 50083, "Thread is archived")
        if state["locked"]:
            return refusal(400, 160005, "Thread is locked")
        state["archived"] = False
        return None

    async def _open_conversation(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        return answer(200, self._world.conversation(int(body["recipient_id"])))

    async def _make(self, request: web.Request) -> web.Response:
        if request.match_info["channel_id"] != str(self._world.channel_id):
            return refusal(404, 10003, "Unknown Channel")
        return await self._made(request, next_snowflake())

    async def _make_from_message(self, request: web.Request) -> web.Response:
        message_id = int(request.match_info["message_id"])
        if message_id not in self._world.messages:
            return refusal(404, 10008, "Unknown Message")
        if message_id in self._world.threads:
            return refusal(400, 160004, "A thread has already been created for this message")
        return await self._made(request, message_id)

    async def _made(self, request: web.Request, thread_id: int) -> web.Response:
        body = await body_of(request)
        thread = self._world.thread(
            body["name"], thread_id=thread_id, archive_after_min=body["auto_archive_duration"]
        )
        self._world.threads[thread_id] = thread
        return answer(201, thread)

    async def _change(self, request: web.Request) -> web.Response:
        thread = self._world.threads.get(int(request.match_info["channel_id"]))
        if thread is None:
            return refusal(404, 10003, "Unknown Channel")
        if thread["thread_metadata"]["locked"]:
            return refusal(403, 50013, "Missing Permissions")
        body = await body_of(request)
        thread["thread_metadata"] |= {key: body[key] for key in ("archived", "locked") if key in body}
        return answer(200, thread)
