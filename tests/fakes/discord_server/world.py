"""What exists on the stand-in: one application, one guild, its channel, roles, members and messages."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import discord

EVERYTHING_NEEDED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    embed_links=True,
    read_message_history=True,
    create_public_threads=True,
    send_messages_in_threads=True,
)

_counter = itertools.count(1)


def next_snowflake() -> int:
    """A fresh id whose time is the present."""
    return discord.utils.time_snowflake(datetime.now(UTC)) + next(_counter)


@dataclass(slots=True)
class World:
    """The state behind the stand-in's answers. Tests may change it while the bot runs."""

    token: str = "stand-in-token"
    application_id: int = field(default_factory=next_snowflake)
    guild_id: int = field(default_factory=next_snowflake)
    channel_id: int = field(default_factory=next_snowflake)
    owner_id: int = field(default_factory=next_snowflake)
    member_id: int = field(default_factory=next_snowflake)
    admin_role_id: int = field(default_factory=next_snowflake)
    everyone_permissions: discord.Permissions = field(default_factory=lambda: EVERYTHING_NEEDED)
    is_public_bot: bool = False
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Messages of all channels by id, as Discord would send them."""
    threads: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Threads of the channel by id, as Discord would send them."""
    conversations: dict[int, int] = field(default_factory=dict)
    """Ids of direct message channels, by person."""
    commands: dict[int | None, list[dict[str, Any]]] = field(default_factory=dict)
    """Registered commands by guild id; None holds the global ones."""
    left_guild_ids: list[int] = field(default_factory=list)

    def user(self, user_id: int, name: str, *, is_bot: bool = False) -> dict[str, Any]:
        return {
            "id": str(user_id),
            "username": name,
            "global_name": None,
            "discriminator": "0",
            "avatar": None,
            "bot": is_bot,
            "public_flags": 0,
            "flags": 0,
        }

    def bot_user(self) -> dict[str, Any]:
        return self.user(self.application_id, "Discarr", is_bot=True)

    def application(self) -> dict[str, Any]:
        return {
            "id": str(self.application_id),
            "name": "Discarr",
            "icon": None,
            "description": "",
            "bot_public": self.is_public_bot,
            "bot_require_code_grant": False,
            "verify_key": "00",
            "flags": 0,
            "owner": self.user(self.owner_id, "owner"),
            "team": None,
            "summary": "",
        }

    def roles(self) -> list[dict[str, Any]]:
        return [
            self._role(self.guild_id, "@everyone", 0, self.everyone_permissions),
            self._role(self.admin_role_id, "Admins", 1, discord.Permissions.none()),
        ]

    def _role(
        self, role_id: int, name: str, position: int, permissions: discord.Permissions
    ) -> dict[str, Any]:
        return {
            "id": str(role_id),
            "name": name,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "position": position,
            "permissions": str(permissions.value),
            "managed": False,
            "mentionable": False,
            "flags": 0,
        }

    def channel(self) -> dict[str, Any]:
        return {
            "id": str(self.channel_id),
            "type": 0,
            "guild_id": str(self.guild_id),
            "name": "downloads",
            "position": 0,
            "permission_overwrites": [],
            "nsfw": False,
            "topic": None,
            "parent_id": None,
            "last_message_id": None,
            "rate_limit_per_user": 0,
            "flags": 0,
        }

    def thread(self, name: str, *, thread_id: int, archive_after_min: int) -> dict[str, Any]:
        """A new public thread of the bot's; not yet stored anywhere."""
        now = datetime.now(UTC).isoformat()
        return {
            "id": str(thread_id),
            "type": 11,
            "guild_id": str(self.guild_id),
            "parent_id": str(self.channel_id),
            "owner_id": str(self.application_id),
            "name": name,
            "last_message_id": None,
            "rate_limit_per_user": 0,
            "message_count": 0,
            "total_message_sent": 0,
            "member_count": 1,
            "flags": 0,
            "thread_metadata": {
                "archived": False,
                "locked": False,
                "auto_archive_duration": archive_after_min,
                "archive_timestamp": now,
                "create_timestamp": now,
            },
        }

    def conversation(self, user_id: int) -> dict[str, Any]:
        """The channel of direct messages with a person."""
        channel_id = self.conversations.setdefault(user_id, next_snowflake())
        return {
            "id": str(channel_id),
            "type": 1,
            "last_message_id": None,
            "recipients": [self.user(user_id, f"member-{user_id}")],
            "flags": 0,
        }

    def messages_in(self, channel_id: int) -> list[dict[str, Any]]:
        """The messages of a channel, oldest first."""
        found = [sent for sent in self.messages.values() if sent["channel_id"] == str(channel_id)]
        return sorted(found, key=lambda sent: int(sent["id"]))

    def member(
        self, user_id: int, name: str, *, role_ids: tuple[int, ...] = (), is_bot: bool = False
    ) -> dict[str, Any]:
        return {
            "user": self.user(user_id, name, is_bot=is_bot),
            "nick": None,
            "avatar": None,
            "roles": [str(role_id) for role_id in role_ids],
            "joined_at": "2026-01-01T00:00:00+00:00",
            "premium_since": None,
            "deaf": False,
            "mute": False,
            "flags": 0,
            "pending": False,
        }

    def guild(self) -> dict[str, Any]:
        """The guild as REST sends it: without channels and members."""
        return {
            "id": str(self.guild_id),
            "name": "Home",
            "icon": None,
            "splash": None,
            "discovery_splash": None,
            "owner_id": str(self.owner_id),
            "afk_channel_id": None,
            "afk_timeout": 300,
            "verification_level": 0,
            "default_message_notifications": 1,
            "explicit_content_filter": 0,
            "roles": self.roles(),
            "emojis": [],
            "stickers": [],
            "features": [],
            "mfa_level": 0,
            "application_id": None,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "vanity_url_code": None,
            "description": None,
            "banner": None,
            "premium_tier": 0,
            "preferred_locale": "en-US",
            "public_updates_channel_id": None,
            "safety_alerts_channel_id": None,
            "nsfw_level": 0,
            "premium_progress_bar_enabled": False,
            "region": "deprecated",
        }

    def guild_create(self) -> dict[str, Any]:
        """The guild as the gateway sends it after READY."""
        return self.guild() | {
            "joined_at": "2026-01-01T00:00:00+00:00",
            "large": False,
            "unavailable": False,
            "member_count": 3,
            "voice_states": [],
            "members": [self.member(self.application_id, "Discarr", is_bot=True)],
            "channels": [self.channel()],
            "threads": [
                thread for thread in self.threads.values() if not thread["thread_metadata"]["archived"]
            ],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    def message(
        self, body: dict[str, Any], *, flags: int = 0, channel_id: int | None = None
    ) -> dict[str, Any]:
        """A new message of the bot with the content of `body`; not yet stored anywhere."""
        message: dict[str, Any] = {
            "id": str(next_snowflake()),
            "channel_id": str(channel_id or self.channel_id),
            "type": 0,
            "author": self.bot_user(),
            "timestamp": datetime.now(UTC).isoformat(),
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": [],
            "pinned": False,
            "content": "",
            "embeds": [],
            "components": [],
            "flags": flags,
        }
        if "nonce" in body:
            message["nonce"] = body["nonce"]
        if "message_reference" in body:
            message["message_reference"] = body["message_reference"]
        return self.edited(message, body)

    @staticmethod
    def edited(message: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        """The message with the fields of `body` laid over it, as a PATCH does."""
        changes = {key: body[key] for key in ("content", "embeds", "components") if key in body}
        empty: dict[str, Any] = {"content": "", "embeds": [], "components": []}
        return message | {key: value if value is not None else empty[key] for key, value in changes.items()}
