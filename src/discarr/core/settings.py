"""`Settings`: the one reader of the environment, `.env` and secret files.

Precedence, strongest first: a variable in the environment, the file that `<NAME>_FILE` names, a file
`/run/secrets/<name>`, `.env`. A blank value counts as not set. Foreign variables are left alone.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, InstanceOf, TypeAdapter, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from discarr.core.cleanup_settings import CleanupSettings
from discarr.core.config import Config, InstanceConfig, LogFormat
from discarr.core.env_sources import DEFAULT_DATA_DIR, Entry, Variables, printable_name, read_variables
from discarr.core.errors import ConfigError
from discarr.core.instance_settings import (
    INSTANCE_VARIABLES,
    build_instances,
    find_instances,
    is_instance_variable,
    refusals,
)
from discarr.core.models import InstanceKind
from discarr.core.setting_values import (
    ChannelId,
    DirectoryPath,
    LogLevelText,
    RoleIds,
    SecretText,
    UserIds,
    Variable,
    Words,
    as_config,
    split_list,
)

__all__ = ["SETTINGS_REFERENCE", "Settings", "Variable", "load_settings", "read_exit_delay"]

_ROLES = "role ids separated by commas: turn on Developer Mode in Discord, then Copy Role ID"
_USERS = "user ids separated by commas: turn on Developer Mode in Discord, then Copy User ID"


class Settings(BaseSettings, CleanupSettings):
    """Everything Discarr can be told; checked by `load_settings`, and held as `Config`."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    discord_token: Annotated[
        SecretText,
        Variable(
            name="DISCORD_TOKEN",
            about="Your bot's token: discord.com/developers → your application → Bot → Reset Token.",
            expects="the token from discord.com/developers → your application → Bot → Reset Token",
            example="paste-your-bot-token-here",
            is_required=True,
        ),
    ]
    discord_channel_id: Annotated[
        ChannelId,
        Variable(
            name="DISCORD_CHANNEL_ID",
            about="The channel of the live message: its id, or the link from right-click → Copy Link.",
            expects="a channel id or a channel link copied from Discord",
            example="paste-your-channel-id-or-link-here",
            is_required=True,
        ),
    ]
    instances: Annotated[tuple[InstanceOf[InstanceConfig], ...], Field(min_length=1)]
    refresh_interval_s: Annotated[
        float,
        Field(ge=1, le=3600, allow_inf_nan=False),
        Variable(
            name="DISCARR_REFRESH_INTERVAL",
            about="Seconds between two looks at a queue. The apps themselves look every 60 to 90 s.",
            expects="a number of seconds from 1 to 3600",
            example="30",
        ),
    ] = 30.0
    health_interval_s: Annotated[
        float,
        Field(ge=1, le=86_400, allow_inf_nan=False),
        Variable(
            name="DISCARR_HEALTH_INTERVAL",
            about="Seconds between two looks at warnings and free space.",
            expects="a number of seconds from 1 to 86400",
            example="300",
        ),
    ] = 300.0
    edit_interval_s: Annotated[
        float,
        Field(ge=5, le=120, allow_inf_nan=False),  # longer, and the promised renewal could come too late
        Variable(
            name="DISCARR_EDIT_INTERVAL",
            about="Least seconds between two edits of the live message; Discord limits them.",
            expects="a number of seconds from 5 to 120",
            example="15",
        ),
    ] = 15.0
    data_dir: Annotated[
        DirectoryPath,
        Variable(
            name="DISCARR_DATA_DIR",
            about="Where Discarr keeps its database: messages, alerts, rules, follows, the audit trail; "
            "/data in the image.",
            expects="the path of a directory",
            example="data",
        ),
    ] = DEFAULT_DATA_DIR
    log_level: Annotated[
        LogLevelText,
        Variable(
            name="DISCARR_LOG_LEVEL",
            about="debug, info, warning or error.",
            expects="debug, info, warning or error",
            example="info",
        ),
    ] = "INFO"
    log_format: Annotated[
        LogFormat,
        Variable(
            name="DISCARR_LOG_FORMAT",
            about="text for people, json for machines.",
            expects="text or json",
            example="text",
        ),
    ] = "text"
    operator_role_ids: Annotated[
        RoleIds,
        Variable(
            name="DISCARR_OPERATOR_ROLES",
            about="Ids of the roles of helpers, separated by commas: they see technical details and what is "
            "hidden, acknowledge alerts, and act on single downloads.",
            expects=_ROLES,
            example="111111111111111111",
        ),
    ] = frozenset()
    operator_user_ids: Annotated[
        UserIds,
        Variable(
            name="DISCARR_OPERATOR_USERS",
            about="Ids of people who are helpers without such a role.",
            expects=_USERS,
            example="333333333333333333",
        ),
    ] = frozenset()
    admin_role_ids: Annotated[
        RoleIds,
        Variable(
            name="DISCARR_ADMIN_ROLES",
            about="Ids of the roles of admins, separated by commas. Until an admin is named here or below, "
            "nobody may remove, import or clean up anything.",
            expects=_ROLES,
            example="111111111111111111,222222222222222222",
        ),
    ] = frozenset()
    admin_user_ids: Annotated[
        UserIds,
        Variable(
            name="DISCARR_ADMIN_USERS",
            about="Ids of people who are admins without such a role.",
            expects=_USERS,
            example="333333333333333333",
        ),
    ] = frozenset()
    owner_role_ids: Annotated[
        RoleIds,
        Variable(
            name="DISCARR_OWNER_ROLES",
            about="Ids of roles whose members may do everything, as the owner of the Discord server may.",
            expects=_ROLES,
            example="111111111111111111",
        ),
    ] = frozenset()
    owner_user_ids: Annotated[
        UserIds,
        Variable(
            name="DISCARR_OWNER_USERS",
            about="Ids of people who may do everything without such a role.",
            expects=_USERS,
            example="333333333333333333",
        ),
    ] = frozenset()
    audit_channel_id: Annotated[
        ChannelId | None,
        Variable(
            name="DISCARR_AUDIT_CHANNEL_ID",
            about="A channel in which the audit trail is repeated, for admins to read along: its id or link.",
            expects="a channel id or a channel link copied from Discord",
            example="123456789012345678",
        ),
    ] = None
    disk_reserve_gb: Annotated[
        float,
        Field(ge=0, le=1_000_000, allow_inf_nan=False),
        Variable(
            name="DISCARR_DISK_RESERVE",
            about="Gigabytes that have to stay free on a disk after what is still to come; less is told.",
            expects="a number of gigabytes from 0 to 1000000",
            example="20",
        ),
    ] = 20.0
    hidden_instances: Annotated[
        Words,
        Variable(
            name="DISCARR_HIDDEN_INSTANCES",
            about="Instances that members do not see, by name or id, separated by commas.",
            expects="names of instances separated by commas",
            example="4K",
        ),
    ] = frozenset()
    hidden_tags: Annotated[
        Words,
        Variable(
            name="DISCARR_HIDDEN_TAGS",
            about="Tags of movies and series that members do not see, separated by commas; downloads that "
            "the app could not match have no known tags and are hidden with them.",
            expects="tags separated by commas",
            example="gifts,adults",
        ),
    ] = frozenset()
    exit_delay_s: Annotated[
        float,
        Field(ge=0, le=3600, allow_inf_nan=False),
        Variable(
            name="DISCARR_EXIT_DELAY",
            about="Seconds to wait before ending over a mistake in the settings; 60 in the image, so that "
            "a container which is restarted at once does not spin.",
            expects="a number of seconds from 0 to 3600",
            example="0",
        ),
    ] = 0.0
    warnings: tuple[str, ...] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take only what `load_settings` gathered.

        pydantic's own sources know neither named instances nor `<NAME>_FILE`, stop at the first
        unreadable file, and quote values in their errors.
        """
        return (init_settings,)


_VARIABLES: Mapping[str, Variable] = {
    name: variable
    for name, info in Settings.model_fields.items()
    for variable in info.metadata
    if isinstance(variable, Variable)
}
_BY_NAME = {variable.name.casefold(): name for name, variable in _VARIABLES.items()}


def _reference() -> Iterator[Variable]:
    discord = [variable for variable in _VARIABLES.values() if variable.name.startswith("DISCORD_")]
    yield from discord
    for prefix, kind in (
        ("RADARR_", InstanceKind.RADARR),
        ("SONARR_", InstanceKind.SONARR),
        ("RADARR__4K__", InstanceKind.RADARR),
    ):
        yield from (variable.of_instance(prefix, kind) for variable in INSTANCE_VARIABLES.values())
    yield from (variable for variable in _VARIABLES.values() if variable not in discord)


SETTINGS_REFERENCE: tuple[Variable, ...] = tuple(_reference())
"""Every variable, in the order of `.env.example`; named instances stand there as `RADARR__4K__…`."""


def load_settings(environ: Mapping[str, str], *, env_file: Path | None, secrets_dir: Path | None) -> Config:
    """Read and check everything; return what the product goes by.

    `env_file` and `secrets_dir` may be missing on disk; None leaves them out.

    Raises:
        ConfigError: with all problems at once, each naming the variable and the remedy, never a value.
    """
    variables = read_variables(environ, env_file=env_file, secrets_dir=secrets_dir, is_known=_is_known)
    instances, instance_problems = build_instances(variables)
    problems = [*variables.problems, *_misspelt(variables), *_missing(variables), *instance_problems]
    values: dict[str, object] = {
        name: entry.value
        for key, entry in variables.entries.items()
        if (name := _BY_NAME.get(key)) is not None
    }
    hidden, unknown = find_instances(
        map(str.casefold, split_list(variables.get("DISCARR_HIDDEN_INSTANCES") or "")), variables
    )
    values |= {"hidden_instances": hidden, "instances": instances}
    problems.extend(unknown)
    try:
        settings = Settings.model_validate(
            {**values, "warnings": (*variables.warnings, *_warnings(instances))}
        )
    except ValidationError as error:
        problems += [
            f"{_VARIABLES[name].name} {words or f'must be {_VARIABLES[name].expects}'}."
            for name, words in refusals(error)
            if name in _VARIABLES and name in values
        ]
        raise ConfigError(tuple(dict.fromkeys(problems))) from None
    if problems:
        raise ConfigError(tuple(dict.fromkeys(problems)))
    return as_config(settings, Config)


def read_exit_delay(environ: Mapping[str, str], *, env_file: Path | None, secrets_dir: Path | None) -> float:
    """Return DISCARR_EXIT_DELAY in seconds, or its default where it cannot be used.

    For the moment when `load_settings` has failed and there are no `Settings` to ask.
    """
    variables = read_variables(environ, env_file=env_file, secrets_dir=secrets_dir, is_known=_is_known)
    info = Settings.model_fields["exit_delay_s"]
    try:
        return TypeAdapter[float](Annotated[float, info]).validate_python(
            variables.get(_VARIABLES["exit_delay_s"].name)
        )
    except ValidationError:
        return float(info.default)


def _is_known(name: str) -> bool:
    return name.casefold() in _BY_NAME or is_instance_variable(name)


def _missing(variables: Variables) -> Iterator[str]:
    for variable in _VARIABLES.values():
        if variable.is_required and variables.get(variable.name) is None:
            alike = difflib.get_close_matches(
                variable.name, map(str.upper, variables.other_names), n=1, cutoff=0.85
            )
            hint = f" ({printable_name(alike[0])} looks like it.)" if alike else ""
            yield f"{variable.name} is missing: it must be {variable.expects}.{hint}"


def _misspelt(variables: Variables) -> Iterator[str]:
    for entry in variables.entries.values():
        if not _is_known(entry.name):
            alike = _suggestion(entry)
            remedy = f"did you mean {alike}?" if alike else "remove it, or look its name up in .env.example."
            yield f"{printable_name(entry.name)} is not a setting of Discarr: {remedy}"


def _suggestion(entry: Entry) -> str | None:
    name = entry.name.upper()
    named = re.fullmatch(
        rf"(RADARR|SONARR)_+([^\W_]\w*?)_+({'|'.join(v.name for v in INSTANCE_VARIABLES.values())})", name
    )
    if named:
        return f"{named[1]}__{named[2]}__{named[3]}"
    # Only what comes behind the prefix is compared: names that share nothing else are not alike.
    one = re.match(r"(RADARR|SONARR)__\w+__", name)
    if one:
        meant = {variable.name: one[0] + variable.name for variable in INSTANCE_VARIABLES.values()}
        rest = name.removeprefix(one[0])
    else:
        prefix, _, rest = name.partition("_")
        prefixes = ("DISCORD_", "DISCARR_") if prefix in ("DISCORD", "DISCARR") else (f"{prefix}_",)
        meant = {
            variable.name.partition("_")[2]: variable.name
            for variable in SETTINGS_REFERENCE
            if "__" not in variable.name and variable.name.startswith(prefixes)
        }
    return next((meant[alike] for alike in difflib.get_close_matches(rest, meant, n=1)), None)


def _warnings(instances: Iterable[InstanceConfig]) -> Iterator[str]:
    for config in instances:
        if not config.verify_tls:
            yield f"{config.id} accepts any certificate (VERIFY_TLS is off): its key can be read on the way."
