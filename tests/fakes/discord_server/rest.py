"""Discord's REST side: users, applications, the channel with its messages, the guild and the commands."""

import asyncio
from collections import deque
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.fakes.discord_server.answers import answer, body_of, refusal
from tests.fakes.discord_server.faults import rate_limited
from tests.fakes.discord_server.threads import Threads
from tests.fakes.discord_server.world import World, next_snowflake


class Rest:
    """The handlers of everything but interactions."""

    def __init__(self, world: World, threads: Threads) -> None:
        self._world = world
        self._threads = threads
        self.edit_limit: tuple[int, float] | None = None
        """How many edits per how many seconds, over all messages, before 30046. None: no limit."""
        self._edits: deque[float] = deque()

    def routes(self, gateway_url: str) -> list[web.RouteDef]:
        """The routes, without the API prefix."""
        channel, message = "/channels/{channel_id}", "/channels/{channel_id}/messages/{message_id}"
        session_limit = {"total": 1000, "remaining": 999, "reset_after": 1000, "max_concurrency": 1}

        def knows(body: Any) -> Any:
            async def handler(_: web.Request) -> web.Response:
                return answer(200, body() if callable(body) else body)

            return handler

        world = self._world
        return [
            web.get("/users/@me", knows(world.bot_user)),
            web.delete("/users/@me/guilds/{guild_id}", self._leave_guild),
            web.get("/applications/@me", knows(world.application)),
            web.get("/oauth2/applications/@me", knows(world.application)),
            web.get("/gateway", knows({"url": gateway_url})),
            web.get(
                "/gateway/bot", knows({"url": gateway_url, "shards": 1, "session_start_limit": session_limit})
            ),
            web.get(channel, self._get_channel),
            web.get("/guilds/{guild_id}", self._get_guild),
            web.get("/guilds/{guild_id}/channels", knows(lambda: [world.channel()])),
            web.get("/guilds/{guild_id}/roles", knows(world.roles)),
            web.get("/guilds/{guild_id}/members/{user_id}", self._get_member),
            web.get(f"{channel}/messages", self._list_messages),
            web.post(f"{channel}/messages", self._post_message),
            web.get(message, self._get_message),
            web.patch(message, self._edit_message),
            web.delete(message, self._delete_message),
            web.get("/applications/{application_id}/commands", self._get_commands),
            web.put("/applications/{application_id}/commands", self._put_commands),
            web.get("/applications/{application_id}/guilds/{guild_id}/commands", self._get_commands),
            web.put("/applications/{application_id}/guilds/{guild_id}/commands", self._put_commands),
        ]

    async def _leave_guild(self, request: web.Request) -> web.Response:
        self._world.left_guild_ids.append(int(request.match_info["guild_id"]))
        return answer(204)

    async def _get_channel(self, request: web.Request) -> web.Response:
        channel_id = int(request.match_info["channel_id"])
        if channel_id == self._world.channel_id:
            return answer(200, self._world.channel())
        if channel_id in self._world.threads:
            return answer(200, self._world.threads[channel_id])
        return refusal(404, 10003, "Unknown Channel")

    async def _get_guild(self, request: web.Request) -> web.Response:
        if request.match_info["guild_id"] != str(self._world.guild_id):
            return refusal(404, 10004, "Unknown Guild")
        return answer(200, self._world.guild())

    async def _get_member(self, request: web.Request) -> web.Response:
        user_id = int(request.match_info["user_id"])
        if user_id == self._world.application_id:
            return answer(200, self._world.member(user_id, "Discarr", is_bot=True))
        return answer(200, self._world.member(user_id, f"member-{user_id}"))

    async def _list_messages(self, request: web.Request) -> web.Response:
        if not self._is_known_channel(request):
            return refusal(404, 10003, "Unknown Channel")
        newest_first = self._world.messages_in(int(request.match_info["channel_id"]))[::-1]
        return answer(200, newest_first[: int(request.query.get("limit", "50"))])

    async def _post_message(self, request: web.Request) -> web.Response:
        if not self._is_known_channel(request):
            return refusal(404, 10003, "Unknown Channel")
        channel_id = int(request.match_info["channel_id"])
        refused = self._threads.refuse(channel_id, is_edit=False)
        if refused is not None:
            return refused
        body = await body_of(request)
        if body.get("enforce_nonce"):
            for earlier in self._world.messages_in(channel_id):
                if earlier.get("nonce") == body["nonce"]:
                    return answer(200, earlier)
        message = self._world.message(body, channel_id=channel_id)
        self._world.messages[int(message["id"])] = message
        return answer(200, message)

    async def _get_message(self, request: web.Request) -> web.Response:
        message = self._message(request)
        return answer(200, message) if message else refusal(404, 10008, "Unknown Message")

    async def _edit_message(self, request: web.Request) -> web.Response:
        if not self._is_known_channel(request):
            return refusal(404, 10003, "Unknown Channel")
        message = self._message(request)
        if message is None:
            return refusal(404, 10008, "Unknown Message")
        refused = self._threads.refuse(int(request.match_info["channel_id"]), is_edit=True)
        if refused is not None:
            return refused
        wait_s = self._edit_wait_s()
        if wait_s:
            limited = rate_limited(wait_s, code=30046)
            return answer(limited.status, limited.body, limited.headers)
        edited = self._world.edited(message, await body_of(request))
        edited["edited_timestamp"] = datetime.now(UTC).isoformat()
        self._world.messages[int(message["id"])] = edited
        return answer(200, edited)

    async def _delete_message(self, request: web.Request) -> web.Response:
        message = self._message(request)
        if message is None:
            return refusal(404, 10008, "Unknown Message")
        del self._world.messages[int(message["id"])]
        return answer(204)

    async def _get_commands(self, request: web.Request) -> web.Response:
        return answer(200, self._world.commands.get(self._command_scope(request), []))

    async def _put_commands(self, request: web.Request) -> web.Response:
        defaults = {
            "application_id": str(self._world.application_id),
            "version": str(next_snowflake()),
            "type": 1,
            "description": "",
            "default_member_permissions": None,
        }
        registered = [
            {"id": str(next_snowflake())} | defaults | command for command in await body_of(request)
        ]
        self._world.commands[self._command_scope(request)] = registered
        return answer(200, registered)

    @staticmethod
    def _command_scope(request: web.Request) -> int | None:
        guild_id = request.match_info.get("guild_id")
        return int(guild_id) if guild_id else None

    def _is_known_channel(self, request: web.Request) -> bool:
        channel_id = int(request.match_info["channel_id"])
        world = self._world
        return (
            channel_id == world.channel_id
            or channel_id in world.threads
            or channel_id in world.conversations.values()
        )

    def _message(self, request: web.Request) -> dict[str, Any] | None:
        return self._world.messages.get(int(request.match_info["message_id"]))

    def _edit_wait_s(self) -> float:
        """Seconds until the next edit is allowed; 0 lets this one pass and counts it."""
        if self.edit_limit is None:
            return 0.0
        count, window_s = self.edit_limit
        now = asyncio.get_running_loop().time()
        while self._edits and self._edits[0] <= now - window_s:
            self._edits.popleft()
        if len(self._edits) >= count:
            return max(self._edits[0] + window_s - now, 0.01)
        self._edits.append(now)
        return 0.0
