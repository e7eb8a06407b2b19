"""The process, and the container around it."""

from collections.abc import Iterator

from discarr.doctor.security.finding import Found, Rule, Severity
from discarr.doctor.security.surroundings import Surroundings

_SYS_ADMIN = 1 << 21
"""CAP_SYS_ADMIN: no engine gives it to a container that did not ask for it."""
_PROCESS = "This process"
_CONTAINER = "This container"


def _root(surroundings: Surroundings) -> Iterator[Found]:
    if surroundings.process.is_root:
        yield _PROCESS, "It runs as root, which Discarr never needs."


def _capabilities(surroundings: Surroundings) -> Iterator[Found]:
    if surroundings.process.capabilities:
        yield _PROCESS, "It holds capabilities, which are rights of root that Discarr never needs."


def _new_privileges(surroundings: Surroundings) -> Iterator[Found]:
    if surroundings.process.may_gain_privileges:
        yield _PROCESS, "It may get more rights than it has, by starting a program that is marked for it."


def _no_seccomp(surroundings: Surroundings) -> Iterator[Found]:
    if surroundings.process.may_make_any_system_call:
        yield _PROCESS, "No seccomp filter keeps it from system calls that Discarr never makes."


def _writable_root(surroundings: Surroundings) -> Iterator[Found]:
    if surroundings.container and surroundings.container.is_root_writable:
        yield _CONTAINER, "Its programs could be changed: its root file system is not read-only."


def _engine_socket(surroundings: Surroundings) -> Iterator[Found]:
    if surroundings.container and surroundings.container.has_engine_socket:
        yield (
            _CONTAINER,
            "The container engine's socket is mounted: whoever gets in here gets the whole host.",
        )


def _privileged(surroundings: Surroundings) -> Iterator[Found]:
    if surroundings.container and surroundings.process.capability_bounds & _SYS_ADMIN:
        yield _CONTAINER, "It is privileged: whoever gets in here can get at the whole host."


RULES: tuple[Rule[Surroundings], ...] = (
    Rule(
        code="DS006",
        severity=Severity.MEDIUM,
        title="Discarr runs as root",
        remedy="In the compose file set PUID and PGID to an ordinary user; for systemd use the service unit "
        "in deploy.",
        find=_root,
    ),
    Rule(
        code="DS007",
        severity=Severity.MEDIUM,
        title="The process holds capabilities",
        remedy="In the compose file: cap_drop: [ALL]. In the service unit: CapabilityBoundingSet=.",
        find=_capabilities,
    ),
    Rule(
        code="DS008",
        severity=Severity.LOW,
        title="The process may gain new privileges",
        remedy='In the compose file: security_opt: ["no-new-privileges:true"]. In the service unit: '
        "NoNewPrivileges=yes.",
        find=_new_privileges,
    ),
    Rule(
        code="DS009",
        severity=Severity.LOW,
        title="No filter for system calls is in force",
        remedy="In the compose file remove seccomp:unconfined. In the service unit: "
        "SystemCallFilter=@system-service.",
        find=_no_seccomp,
    ),
    Rule(
        code="DS010",
        severity=Severity.LOW,
        title="The container's root file system can be written",
        remedy="In the compose file: read_only: true, and a tmpfs for /tmp.",
        find=_writable_root,
    ),
    Rule(
        code="DS011",
        severity=Severity.HIGH,
        title="The container engine's socket is mounted",
        remedy="Remove docker.sock or podman.sock from the volumes: Discarr never uses it.",
        find=_engine_socket,
    ),
    Rule(
        code="DS033",
        severity=Severity.HIGH,
        title="The container is privileged",
        remedy="Remove privileged: true and cap_add from the compose file.",
        find=_privileged,
    ),
)
