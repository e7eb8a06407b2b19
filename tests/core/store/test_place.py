"""The data directory: rights, and the kind of disk it lies on."""

import errno
import fcntl
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from discarr.core.errors import StoreError
from discarr.core.store.faults import unwritable
from discarr.core.store.place import is_on_network, lock_directory, prepare_directory

MOUNTS = r"""
22 1 8:1 / / rw - ext4 /dev/sda1 rw
23 22 0:40 / /data rw shared:1 - nfs4 nas:/volume rw
24 23 8:2 / /data/local rw - ext4 /dev/sdb1 rw
25 22 0:41 / /mnt/my\040share rw - cifs //nas/share rw
26 22 0:42 / /unraid rw - fuse.shfs shfs rw
27 22 0:43 / /covered rw - nfs nas:/x rw
28 27 8:3 / /covered rw - xfs /dev/sdc1 rw
nonsense
29 22 - truncated
"""


@pytest.mark.parametrize(
    ("directory", "is_network"),
    [
        ("/data", True),
        ("/data/discarr", True),
        ("/data/local/discarr", False),
        ("/database", False),
        ("/mnt/my share/x", True),
        ("/unraid/appdata", True),
        ("/covered/x", False),
    ],
)
def test_network_file_systems_are_recognised(directory: str, is_network: bool) -> None:
    assert is_on_network(Path(directory), MOUNTS) is is_network


def test_without_mount_information_nothing_is_assumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_on_network(tmp_path, "")
    monkeypatch.setattr("discarr.core.store.place._MOUNTINFO", tmp_path / "missing")
    assert not is_on_network(tmp_path)


def test_a_file_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    for directory in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StoreError, match="is no directory"):
            prepare_directory(directory)


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "full"), (errno.EDQUOT, "full"), (errno.EROFS, "is read-only")]
)
def test_trouble_other_than_rights_has_its_own_words(tmp_path: Path, number: int, words: str) -> None:
    error = unwritable(tmp_path, OSError(number, os.strerror(number)))
    assert words in str(error)
    assert "chown" not in error.remedy


def test_the_parent_of_a_missing_directory_is_never_to_be_given_away(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    remedy = unwritable(missing, PermissionError()).remedy
    assert f"mkdir -p {missing} && chown {os.getuid()}:{os.getgid()} {missing}" in remedy
    assert "-R" not in remedy


_AS_ANOTHER_USER = """
import os, sys
from pathlib import Path
from discarr.core.errors import StoreError
from discarr.core.store.place import lock_directory, prepare_directory
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
for directory in map(Path, sys.argv[1:]):
    try:
        prepare_directory(directory)
        lock_directory(directory)
    except StoreError as error:
        print(error, "|", error.remedy)
"""


def test_missing_rights_name_uid_owner_mode_and_the_command(tmp_path: Path) -> None:
    closed, locked = tmp_path / "closed", tmp_path / "locked"
    closed.mkdir()
    locked.mkdir()
    (locked / "discarr.lock").write_text("", encoding="ascii")
    try:
        (locked / "discarr.lock").chmod(0o400 if os.getuid() == 0 else 0)
        locked.chmod(0o755)
        closed.chmod(0o555)
        for parent in (tmp_path, *tmp_path.parents):
            if parent.stat().st_uid == os.getuid() and parent != parent.parent:
                parent.chmod(parent.stat().st_mode | 0o055)
        said = subprocess.run(
            [sys.executable, "-c", _AS_ANOTHER_USER, str(closed), str(closed / "new"), str(locked)],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        ).stdout.splitlines()
    finally:
        closed.chmod(0o700)
    me = f"{os.getuid() or 65534}:{os.getgid() or 65534}"
    owner = f"{os.getuid()}:{os.getgid()}"
    assert len(said) == 3
    assert (
        f"Discarr runs as {me}, but {closed} belongs to {owner} with mode 555. Run: chown -R {me} {closed}"
        in said[0]
    )
    assert f"Run: mkdir -p {closed / 'new'} && chown {me}" in said[1]
    assert f"{locked / 'discarr.lock'} belongs to {owner} with mode" in said[2]


def test_a_file_system_without_locks_is_used_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_locks(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with caplog.at_level(logging.WARNING):
        os.close(lock_directory(tmp_path))
    assert "has no locks" in caplog.text
