"""Interactions: their payloads, the one answer each may get, and the webhook that edits and adds to it."""

import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.discord_server.answers import answer, body_of, refusal
from tests.fakes.discord_server.world import World, next_snowflake

SLASH_COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5

_MESSAGE, _DEFERRED_MESSAGE, _DEFERRED_UPDATE, _UPDATE = 4, 5, 6, 7
_EPHEMERAL = 1 << 6


@dataclass(slots=True)
class OpenInteraction:
    """One interaction that the bot may answer."""

    payload: dict[str, Any]
    answer_type: int | None = None
    """The type of the first answer, as Discord numbers them; None while unanswered."""
    answered_at: float | None = None
    """Monotonic seconds of it."""
    original: dict[str, Any] | None = None
    """What ``@original`` is: the answer, or the message that the pressed component sits on."""
    followups: list[dict[str, Any]] = field(default_factory=list)
    is_expired: bool = False
    """The 15 minutes are over: the token is refused from now on."""


class Interactions:
    """All interactions that were handed out."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._by_token: dict[str, OpenInteraction] = {}

    def __getitem__(self, token: str) -> OpenInteraction:
        return self._by_token[token]

    def forget(self, token: str) -> None:
        """Let Discord not know the interaction any more, as after three seconds without an answer."""
        del self._by_token[token]

    def slash(
        self, name: str, *, user_id: int | None = None, role_ids: tuple[int, ...] = (), **options: Any
    ) -> dict[str, Any]:
        """A slash command by a member; the options are strings, integers or booleans."""
        types = {str: 3, int: 4, bool: 5}
        data = {
            "id": str(next_snowflake()),
            "name": name,
            "type": 1,
            "options": [
                {"name": option, "type": types[type(value)], "value": value}
                for option, value in options.items()
            ],
        }
        return self._open(SLASH_COMMAND, data, user_id, role_ids)

    def suggest(self, name: str, option: str, typed: str, *, user_id: int | None = None) -> dict[str, Any]:
        """What a member has typed so far into an option, for which something is to be suggested."""
        options = [{"name": option, "type": 3, "value": typed, "focused": True}]
        data = {"id": str(next_snowflake()), "name": name, "type": 1, "options": options}
        return self._open(AUTOCOMPLETE, data, user_id, ())

    def press(
        self,
        custom_id: str,
        message: dict[str, Any],
        *,
        user_id: int | None = None,
        role_ids: tuple[int, ...] = (),
    ) -> dict[str, Any]:
        """A button pressed by a member on `message`."""
        payload = self._open(COMPONENT, {"custom_id": custom_id, "component_type": 2}, user_id, role_ids)
        payload["message"] = message
        self[payload["token"]].original = message
        return payload

    def _open(
        self, kind: int, data: dict[str, Any], user_id: int | None, role_ids: tuple[int, ...]
    ) -> dict[str, Any]:
        interaction_id = next_snowflake()
        member_id = user_id or self._world.member_id
        permissions = str(self._world.everyone_permissions.value)
        payload: dict[str, Any] = {
            "id": str(interaction_id),
            "application_id": str(self._world.application_id),
            "type": kind,
            "data": data,
            "guild_id": str(self._world.guild_id),
            "guild": {"id": str(self._world.guild_id), "locale": "en-US", "features": []},
            "channel_id": str(self._world.channel_id),
            "channel": self._world.channel(),
            "member": self._world.member(member_id, "somebody", role_ids=role_ids)
            | {"permissions": permissions},
            "token": f"interaction-token-{interaction_id}",
            "version": 1,
            "app_permissions": permissions,
            "locale": "en-US",
            "guild_locale": "en-US",
            "entitlements": [],
            "authorizing_integration_owners": {"0": str(self._world.guild_id)},
            "context": 0,
            "attachment_size_limit": 10_485_760,
        }
        self._by_token[payload["token"]] = OpenInteraction(payload)
        return payload

    def routes(self) -> list[web.RouteDef]:
        """The routes, without the API prefix."""
        webhook = "/webhooks/{application_id}/{token}"
        return [
            web.post("/interactions/{interaction_id}/{token}/callback", self._callback),
            web.post(webhook, self._follow_up),
            web.get(f"{webhook}/messages/@original", self._get_original),
            web.patch(f"{webhook}/messages/@original", self._edit_original),
            web.delete(f"{webhook}/messages/@original", self._delete_original),
        ]

    async def _callback(self, request: web.Request) -> web.Response:
        interaction = self._by_token.get(request.match_info["token"])
        if interaction is None or interaction.is_expired:
            return refusal(404, 10062, "Unknown interaction")
        if interaction.answer_type is not None:
            return refusal(400, 40060, "Interaction has already been acknowledged.")
        body = await body_of(request)
        kind, data = body["type"], body.get("data") or {}
        interaction.answer_type, interaction.answered_at = kind, time.monotonic()
        if kind in (_MESSAGE, _DEFERRED_MESSAGE):
            interaction.original = self._world.message(data, flags=data.get("flags", 0))
        elif kind == _UPDATE:
            self._change_original(interaction, data)
        return answer(200, self._outcome(interaction, kind))

    @staticmethod
    def _outcome(interaction: OpenInteraction, kind: int) -> dict[str, Any]:
        original = interaction.original
        outcome: dict[str, Any] = {
            "interaction": {
                "id": interaction.payload["id"],
                "type": interaction.payload["type"],
                "response_message_loading": kind == _DEFERRED_MESSAGE,
                "response_message_ephemeral": bool(original and original["flags"] & _EPHEMERAL),
            }
        }
        if original is not None:
            outcome["interaction"]["response_message_id"] = original["id"]
            if kind != _DEFERRED_UPDATE:
                outcome["resource"] = {"type": kind, "message": original}
        return outcome

    def _change_original(self, interaction: OpenInteraction, data: dict[str, Any]) -> dict[str, Any]:
        assert interaction.original is not None
        edited = self._world.edited(interaction.original, data)
        interaction.original = edited
        if int(edited["id"]) in self._world.messages:
            self._world.messages[int(edited["id"])] = edited
        return edited

    def _answered(self, request: web.Request) -> OpenInteraction | web.Response:
        interaction = self._by_token.get(request.match_info["token"])
        if interaction is None or interaction.answer_type is None:
            return refusal(404, 10015, "Unknown Webhook")
        if interaction.is_expired:
            return refusal(401, 50027, "Invalid Webhook Token")
        return interaction

    async def _follow_up(self, request: web.Request) -> web.Response:
        interaction = self._answered(request)
        if isinstance(interaction, web.Response):
            return interaction
        body = await body_of(request)
        message = self._world.message(body, flags=body.get("flags", 0))
        interaction.followups.append(message)
        return answer(200, message)

    async def _get_original(self, request: web.Request) -> web.Response:
        interaction = self._answered(request)
        if isinstance(interaction, web.Response):
            return interaction
        if interaction.original is None:
            return refusal(404, 10008, "Unknown Message")
        return answer(200, interaction.original)

    async def _edit_original(self, request: web.Request) -> web.Response:
        interaction = self._answered(request)
        if isinstance(interaction, web.Response):
            return interaction
        if interaction.original is None:
            return refusal(404, 10008, "Unknown Message")
        return answer(200, self._change_original(interaction, await body_of(request)))

    async def _delete_original(self, request: web.Request) -> web.Response:
        interaction = self._answered(request)
        if isinstance(interaction, web.Response):
            return interaction
        interaction.original = None
        return answer(204)
