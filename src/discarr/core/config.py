"""What the product goes by: the settings after they were read and checked.

Nothing here imports pydantic. It takes 10 MB, and is needed only while the settings are read:
`core/settings` does that, and `core/apart` keeps it out of the process that runs for months.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from discarr.core.cleanup_config import CleanupConfig
from discarr.core.models import InstanceKind
from discarr.core.secret import Secret
from discarr.utils.permissions import Grants

LogFormat = Literal["text", "json"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceConfig:
    """One Radarr or Sonarr that Discarr watches."""

    id: str
    """Unique over both kinds: "radarr", "radarr_4k"; stable as long as the name in the settings is."""
    kind: InstanceKind
    name: str
    url: str
    """Normalised: scheme://host[:port][/base], without a trailing slash."""
    api_key: Secret
    public_url: str | None = None
    """As `url`; None: no links."""
    verify_tls: bool = True
    ca_file: Path | None = None
    """None: the system's authorities."""
    timeout_s: float = 15.0
    """Outer deadline of a queue request; other requests scale from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(CleanupConfig):
    """Everything Discarr was told; `Settings` says what each of them means and may be."""

    discord_token: Secret
    discord_channel_id: int
    instances: tuple[InstanceConfig, ...]
    """At least one."""
    refresh_interval_s: float
    health_interval_s: float
    edit_interval_s: float
    data_dir: Path
    log_level: LogLevel
    log_format: LogFormat
    operator_role_ids: frozenset[int]
    operator_user_ids: frozenset[int]
    admin_role_ids: frozenset[int]
    admin_user_ids: frozenset[int]
    owner_role_ids: frozenset[int]
    owner_user_ids: frozenset[int]
    audit_channel_id: int | None
    disk_reserve_gb: float
    hidden_instances: frozenset[str]
    """Ids; names stand for ids in the variable only."""
    hidden_tags: frozenset[str]
    """Lower case."""
    exit_delay_s: float
    warnings: tuple[str, ...]
    """What is worth saying about the settings without being wrong."""

    @property
    def grants(self) -> Grants:
        """Who may do what."""
        return Grants(
            operator_roles=self.operator_role_ids,
            operator_users=self.operator_user_ids,
            admin_roles=self.admin_role_ids,
            admin_users=self.admin_user_ids,
            owner_roles=self.owner_role_ids,
            owner_users=self.owner_user_ids,
        )

    def secrets(self) -> frozenset[str]:
        """Return every value that must never be shown."""
        keys = {config.api_key.get_secret_value() for config in self.instances}
        return frozenset(keys | {self.discord_token.get_secret_value()})
