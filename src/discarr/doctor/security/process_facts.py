"""What /proc says about this process and its container; where there is none, it says nothing."""

import os
import re
from pathlib import Path

from discarr.doctor.security.surroundings import ContainerFacts, ProcessFacts

_ENGINE_SOCKETS = ("run/docker.sock", "var/run/docker.sock", "run/podman/podman.sock")


def read_process(root: Path) -> ProcessFacts:
    """Return what this process may do; `root` is where /proc is looked for."""
    status = dict(re.findall(r"^(\w+):\s*(.*)$", _read(root / "proc/self/status"), re.MULTILINE))
    is_remapped = _is_remapped(_read(root / "proc/self/uid_map"))
    uids = status.get("Uid", "").split()
    effective_uid = int(uids[1]) if uids else os.geteuid()
    return ProcessFacts(
        is_root=effective_uid == 0 and not is_remapped,
        capabilities=0 if is_remapped else int(status.get("CapEff", "0"), 16),
        capability_bounds=0 if is_remapped else int(status.get("CapBnd", "0"), 16),
        may_gain_privileges=status.get("NoNewPrivs") == "0",
        may_make_any_system_call=status.get("Seccomp") == "0",
    )


def read_container(root: Path, mountinfo: str) -> ContainerFacts:
    """Return what is to be said about the container that this process is in."""
    mounts = [fields for line in mountinfo.splitlines() if len(fields := line.split()) > 5]
    # Later lines cover earlier ones that are mounted at the same place.
    root_options = next((fields[5] for fields in reversed(mounts) if fields[4] == "/"), "")
    names = {name.rpartition("/")[2] for name in _ENGINE_SOCKETS}
    return ContainerFacts(
        is_root_writable="rw" in root_options.split(","),
        has_engine_socket=any(fields[4].rpartition("/")[2] in names for fields in mounts)
        or any(os.access(root / name, os.F_OK) for name in _ENGINE_SOCKETS),
    )


def read_mountinfo(root: Path) -> str:
    """Return the text of /proc/self/mountinfo, or "" where there is none."""
    return _read(root / "proc/self/mountinfo")


def _is_remapped(uid_map: str) -> bool:
    """Return whether uid 0 is somebody else outside, as in rootless containers and with userns-remap."""
    ranges = [[int(number) for number in line.split()] for line in uid_map.splitlines()]
    return any(inside == 0 and outside != 0 for inside, outside, _ in ranges)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
