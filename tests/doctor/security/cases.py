"""For each rule evidence that it must object to, and evidence that it must leave alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import discord

from discarr.doctor.discord_facts import ApplicationFacts, GuildFacts
from discarr.doctor.security.discord_rules import DiscordEvidence
from discarr.doctor.security.surroundings import (
    ContainerFacts,
    DataFacts,
    FileFacts,
    InstanceFacts,
    ProcessFacts,
    Surroundings,
)
from discarr.utils.discord_utils import NEEDED_CHANNEL_PERMISSIONS
from tests.core.environs import KEY, MINIMAL, load

OTHER_KEY = "another0123456789another01234567"
GUILD_ID, ROLE_ID = 100, 200
MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)

TWO = {"RADARR__4K__URL": "http://radarr-4k:7878", "RADARR__4K__API_KEY": OTHER_KEY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases[Evidence]:
    """Evidence of which each piece differs in one thing from what is safe."""

    objected_to: tuple[Evidence, ...]
    left_alone: tuple[Evidence, ...]


SAFE = Surroundings(
    settings=load(),
    environment_names=frozenset({"PATH", *MINIMAL}),
    secrets={"DISCORD_TOKEN": ("the environment",), "RADARR_API_KEY": ("the environment",)},
    container=ContainerFacts(),
    instances={"radarr": InstanceFacts(addresses=(ip_address("172.18.0.2"),), version="6.0.3.10514")},
)
SAFE_GUILD = GuildFacts(
    guild_id=GUILD_ID,
    role_ids=frozenset({GUILD_ID, ROLE_ID}),
    bot_permissions=NEEDED_CHANNEL_PERMISSIONS,
    everyone_permissions=discord.Permissions.none(),
    can_everyone_see_channel=False,
)
SAFE_DISCORD = DiscordEvidence(
    application=ApplicationFacts(is_public=False, privileged_intents=(), has_interactions_endpoint=False),
    guild=SAFE_GUILD,
    trusted_roles={"DISCARR_ADMIN_ROLES": frozenset({ROLE_ID})},
)


def settings(**changes: str) -> Surroundings:
    """Safe surroundings with other settings."""
    return replace(SAFE, settings=load(changes))


def secret_file(**facts: bool) -> Surroundings:
    return replace(SAFE, secret_files=(FileFacts(subject="The .env file", **facts),))


def process(**facts: Any) -> Surroundings:
    return replace(SAFE, process=ProcessFacts(**facts))


def container(**facts: bool) -> Surroundings:
    return replace(SAFE, container=ContainerFacts(**facts))


def data(facts: DataFacts) -> Surroundings:
    return replace(SAFE, data=facts)


def reached_at(*addresses: str, version: str = "6.0.3", **changes: str) -> Surroundings:
    facts = InstanceFacts(addresses=tuple(map(ip_address, addresses)), version=version)
    return replace(settings(**changes), instances={"radarr": facts})


def two_at(one: str, other: str, **changes: str) -> Surroundings:
    """Two Radarrs at these addresses."""
    return replace(
        settings(**{**TWO, **changes}),
        instances={
            "radarr": InstanceFacts(addresses=(ip_address(one),)),
            "radarr_4k": InstanceFacts(addresses=(ip_address(other),)),
        },
    )


def application(**facts: Any) -> DiscordEvidence:
    return replace(SAFE_DISCORD, application=replace(SAFE_DISCORD.application, **facts))


def guild(**facts: Any) -> DiscordEvidence:
    return replace(SAFE_DISCORD, guild=replace(SAFE_GUILD, **facts))


def admin_roles(*ids: int) -> DiscordEvidence:
    return replace(SAFE_DISCORD, trusted_roles={"DISCARR_ADMIN_ROLES": frozenset(ids)})


NO_GUILD = replace(SAFE_DISCORD, guild=None)
NO_CONTAINER = replace(SAFE, container=None)

OFFLINE_CASES: Mapping[str, Cases[Surroundings]] = {
    "DS001": Cases(
        objected_to=(
            secret_file(can_others_read=True),
            secret_file(can_others_change=True),
            secret_file(can_others_read=True, can_others_change=True),
        ),
        left_alone=(secret_file(),),
    ),
    "DS002": Cases(
        objected_to=(
            replace(SAFE, secrets={"DISCORD_TOKEN": ("the environment", "the secret file discord_token")}),
        ),
        left_alone=(
            replace(SAFE, secrets={"DISCORD_TOKEN": ("the secret file discord_token",)}),
            replace(SAFE, secrets={"DISCORD_TOKEN": ("x",), "RADARR_API_KEY": ("y",)}),
        ),
    ),
    "DS003": Cases(objected_to=(secret_file(is_tracked_by_git=True),), left_alone=(secret_file(),)),
    "DS004": Cases(
        objected_to=(
            reached_at("8.8.8.8"),
            reached_at("8.8.8.8", "2606:4700::1111"),
            reached_at("::ffff:8.8.8.8"),
        ),
        left_alone=(
            reached_at(),
            reached_at("8.8.8.8", RADARR_URL="https://radarr.example.org"),
            *(
                reached_at(address)
                for address in (
                    "10.1.2.3",
                    "172.18.0.2",
                    "192.168.1.10",
                    "127.0.0.1",
                    "100.101.102.103",  # Tailscale
                    "::1",
                    "fd00::1",
                    "fe80::1",
                    "::ffff:192.168.1.10",
                )
            ),
            reached_at("192.168.1.10", "2606:4700::1111"),
        ),
    ),
    "DS005": Cases(
        objected_to=(settings(RADARR_URL="https://radarr:7878", RADARR_VERIFY_TLS="false"),),
        left_alone=(
            settings(RADARR_URL="https://radarr:7878"),
            settings(RADARR_VERIFY_TLS="false"),  # there is nothing to verify
        ),
    ),
    "DS006": Cases(objected_to=(process(is_root=True),), left_alone=(process(),)),
    "DS007": Cases(objected_to=(process(capabilities=1 << 10),), left_alone=(process(capabilities=0),)),
    "DS008": Cases(objected_to=(process(may_gain_privileges=True),), left_alone=(process(),)),
    "DS009": Cases(objected_to=(process(may_make_any_system_call=True),), left_alone=(process(),)),
    "DS010": Cases(objected_to=(container(is_root_writable=True),), left_alone=(container(), NO_CONTAINER)),
    "DS011": Cases(objected_to=(container(has_engine_socket=True),), left_alone=(container(), NO_CONTAINER)),
    "DS017": Cases(
        objected_to=(
            settings(**TWO | {"RADARR__4K__API_KEY": KEY}),
            settings(SONARR_URL="http://sonarr:8989", SONARR_API_KEY=KEY),
        ),
        left_alone=(settings(**TWO), settings(SONARR_URL="http://sonarr:8989", SONARR_API_KEY=OTHER_KEY)),
    ),
    "DS018": Cases(
        objected_to=(reached_at(version="5.7.0.8882"), reached_at(version="4.7.5")),
        left_alone=(
            reached_at(version="5.8.0.8907"),
            replace(SAFE, instances={"radarr": InstanceFacts()}),
            replace(SAFE, instances={}),
        ),
    ),
    "DS019": Cases(
        objected_to=(settings(DISCARR_LOG_LEVEL="debug"),),
        left_alone=(settings(DISCARR_LOG_LEVEL="info"), settings(DISCARR_LOG_LEVEL="error")),
    ),
    "DS020": Cases(objected_to=(data(DataFacts(is_on_network=True)),), left_alone=(data(DataFacts()),)),
    "DS021": Cases(
        objected_to=(
            data(DataFacts(used_since=MONDAY, written_at=MONDAY + timedelta(days=4))),
            data(
                DataFacts(
                    used_since=MONDAY - timedelta(days=99),
                    written_at=MONDAY + timedelta(days=4),
                    backed_up_at=MONDAY,
                )
            ),
        ),
        left_alone=(
            data(DataFacts(used_since=MONDAY, written_at=MONDAY + timedelta(days=3))),
            data(
                DataFacts(
                    used_since=MONDAY - timedelta(days=99),
                    written_at=MONDAY + timedelta(days=1),
                    backed_up_at=MONDAY,
                )
            ),
            # Discarr was off for a year: nothing was written that could be lost.
            data(DataFacts(used_since=MONDAY - timedelta(days=1), written_at=MONDAY)),
            data(DataFacts()),
        ),
    ),
    "DS028": Cases(
        objected_to=(two_at("172.18.0.2", "172.18.0.2", RADARR__4K__API_KEY=KEY),),
        left_alone=(
            two_at("172.18.0.2", "172.18.0.2"),  # one reverse proxy in front of two servers
            two_at("172.18.0.2", "172.18.0.3"),
        ),
    ),
    "DS029": Cases(objected_to=(data(DataFacts(can_others_read=True)),), left_alone=(data(DataFacts()),)),
    "DS030": Cases(objected_to=(data(DataFacts(can_others_change=True)),), left_alone=(data(DataFacts()),)),
    "DS031": Cases(
        objected_to=(replace(SAFE, ca_files=(FileFacts(subject="Radarr", can_others_change=True),)),),
        left_alone=(replace(SAFE, ca_files=(FileFacts(subject="Radarr", can_others_read=True),)),),
    ),
    "DS032": Cases(
        objected_to=(settings(RADARR_API_KEY="k" * 19),), left_alone=(settings(RADARR_API_KEY="k" * 20),)
    ),
    "DS033": Cases(
        objected_to=(process(capability_bounds=0x1FF_FFFF_FFFF),),
        left_alone=(
            process(capability_bounds=0xA804_25FB),  # what Docker gives by itself
            replace(process(capability_bounds=0x1FF_FFFF_FFFF), container=None),
        ),
    ),
    "DS035": Cases(
        objected_to=(replace(SAFE, environment_names=frozenset({"SSLKEYLOGFILE"})),),
        left_alone=(replace(SAFE, environment_names=frozenset({"SSL_CERT_FILE"})),),
    ),
}

DISCORD_CASES: Mapping[str, Cases[DiscordEvidence]] = {
    "DS012": Cases(
        objected_to=(guild(bot_permissions=discord.Permissions.all()),),
        left_alone=(guild(bot_permissions=NEEDED_CHANNEL_PERMISSIONS), NO_GUILD),
    ),
    "DS013": Cases(
        objected_to=(
            application(privileged_intents=("Presence Intent",)),
            application(privileged_intents=("Presence Intent", "Message Content Intent")),
        ),
        left_alone=(application(privileged_intents=()),),
    ),
    "DS014": Cases(
        objected_to=(guild(can_everyone_see_channel=True),),
        left_alone=(guild(can_everyone_see_channel=False), NO_GUILD),
    ),
    "DS015": Cases(
        objected_to=(admin_roles(GUILD_ID), admin_roles(ROLE_ID, 999)),
        left_alone=(admin_roles(ROLE_ID), admin_roles(), replace(admin_roles(999), guild=None)),
    ),
    "DS026": Cases(
        objected_to=(guild(bot_permissions=discord.Permissions(manage_roles=True, ban_members=True)),),
        left_alone=(
            guild(bot_permissions=discord.Permissions(attach_files=True, send_messages_in_threads=True)),
            guild(
                bot_permissions=discord.Permissions(manage_messages=True),
                everyone_permissions=discord.Permissions(manage_messages=True),
            ),
            NO_GUILD,
        ),
    ),
    "DS027": Cases(objected_to=(application(is_public=True),), left_alone=(application(is_public=False),)),
    "DS034": Cases(
        objected_to=(application(has_interactions_endpoint=True),),
        left_alone=(application(has_interactions_endpoint=False),),
    ),
}
