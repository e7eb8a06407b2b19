"""What the offline rules judge: the settings, and facts about the machine that were gathered before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address

from discarr.core.config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """Who but its owner gets at a file or directory. Inside of a container nobody does."""

    subject: str
    """How people are told which one it is: without its path."""
    can_others_read: bool = False
    can_others_change: bool = False
    is_tracked_by_git: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFacts:
    """What this process may do. What the system does not say counts as harmless."""

    is_root: bool = False
    """Root of the machine: in a user namespace of its own root is nobody special outside."""
    capabilities: int = 0
    """The bits of those in effect; 0 in a user namespace of its own."""
    capability_bounds: int = 0
    """The bits of those that a program started from here could get; 0 in a user namespace of its own."""
    may_gain_privileges: bool = False
    may_make_any_system_call: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFacts:
    """The container around this process."""

    is_root_writable: bool = False
    has_engine_socket: bool = False
    """Whether Docker's or Podman's own socket is mounted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFacts:
    """The data directory and what lies in it."""

    can_others_read: bool = False
    """Whether everybody on the machine can read a file in it. Inside of a container nobody can."""
    can_others_change: bool = False
    """Whether everybody on the machine can write to it or to a file in it."""
    is_on_network: bool = False
    used_since: datetime | None = None
    """None: not used yet."""
    written_at: datetime | None = None
    """None: not used yet."""
    backed_up_at: datetime | None = None
    """None: there is no copy of the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceFacts:
    """What came to light about one instance."""

    addresses: tuple[IPv4Address | IPv6Address, ...] = ()
    """Where its host is; empty when unknown."""
    version: str | None = None
    """None: it was not asked, or did not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Everything the offline rules judge. The defaults are what is left where nothing could be looked at."""

    settings: Config
    environment_names: frozenset[str] = frozenset()
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The places that hold each secret variable, such as "the environment", strongest first."""
    secret_files: tuple[FileFacts, ...] = ()
    ca_files: tuple[FileFacts, ...] = ()
    """Each with the name of an instance for its subject."""
    data: DataFacts = DataFacts()
    process: ProcessFacts = ProcessFacts()
    container: ContainerFacts | None = None
    """None: this process runs in no container."""
    instances: Mapping[str, InstanceFacts] = field(default_factory=dict)
    """By id."""
