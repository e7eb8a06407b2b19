"""The directory the database lies in: whether it can be used, by whom, and on what kind of disk."""

import fcntl
import logging
import os
import re
from pathlib import Path

from discarr.core.errors import StoreInUse
from discarr.core.store.faults import unwritable

_MOUNTINFO = Path("/proc/self/mountinfo")
_NETWORK_FILESYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "afs", "glusterfs", "lustre", "virtiofs", "vboxsf"}
)
_LOCK_NAME = "discarr.lock"

_log = logging.getLogger(__name__)


def prepare_directory(directory: Path) -> None:
    """Make the directory if it is missing.

    Raises:
        StoreError: it cannot be made.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(directory, error) from error


def lock_directory(directory: Path) -> int:
    """Make sure no other process uses the directory; closing the returned descriptor releases it.

    Raises:
        StoreInUse: another process holds it.
        StoreError: it cannot be written.
    """
    try:
        descriptor = os.open(directory / _LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise unwritable(directory, error, name=_LOCK_NAME) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise StoreInUse(
            "another Discarr uses the data directory",
            remedy="Stop the other one, or give this one a directory of its own (DISCARR_DATA_DIR).",
        ) from error
    except OSError:
        # Some network file systems have no locks at all; a second process is then not noticed.
        _log.warning("The data directory's file system has no locks: make sure only one Discarr uses it")
    return descriptor


def is_on_network(directory: Path, mountinfo: str | None = None) -> bool:
    """Return whether the directory lies on a network or FUSE file system, where WAL is not safe.

    `mountinfo` is the text of /proc/self/mountinfo; None reads it.
    """
    if mountinfo is None:
        try:
            mountinfo = _MOUNTINFO.read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return False
    resolved = directory.resolve()
    best, filesystem = -1, ""
    for line in mountinfo.splitlines():
        fields, _, rest = line.partition(" - ")
        parts = fields.split()
        if len(parts) < 5 or not rest:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), parts[4]))
        # Later lines cover earlier ones that are mounted at the same place.
        if resolved.is_relative_to(point) and len(point.parts) >= best:
            best, filesystem = len(point.parts), rest.split()[0]
    return filesystem in _NETWORK_FILESYSTEMS or filesystem.startswith("fuse")
