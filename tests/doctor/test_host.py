"""The data directory, tried as an ordinary user: root may write anywhere."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from discarr.doctor import host
from discarr.doctor.host import check_data_dir, is_in_container
from discarr.doctor.report import Check, Verdict

ORDINARY_UID = 65_534


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory of an ordinary user, who this process becomes for as long."""
    directory = Path(tempfile.mkdtemp(prefix="discarr-test-"))
    was_root = os.geteuid() == 0
    if was_root:
        os.chown(directory, ORDINARY_UID, os.getegid())
        os.seteuid(ORDINARY_UID)
    try:
        yield directory
    finally:
        if was_root:
            os.seteuid(0)
        for path in (directory, *directory.iterdir()):
            path.chmod(0o700)
        shutil.rmtree(directory)


def check(path: Path) -> tuple[Check, ...]:
    return asyncio.run(check_data_dir(path, timeout_s=5))


def test_a_writable_directory_is_fine_and_stays_empty(home: Path) -> None:
    (found,) = check(home)

    assert found.verdict is Verdict.OK
    assert f"{home} can be used" in found.text
    assert list(home.iterdir()) == []


def test_a_directory_that_can_be_created_is_fine_and_is_not_created(home: Path) -> None:
    (found,) = check(home / "a" / "b")

    assert found.verdict is Verdict.OK
    assert "does not exist yet and can be created" in found.text
    assert list(home.iterdir()) == []


def test_a_directory_without_write_permission_is_told_with_owner_and_mode(home: Path) -> None:
    home.chmod(0o500)

    (found,) = check(home)

    assert found.verdict is Verdict.PROBLEM
    assert f"{home} cannot be written" in found.text
    assert found.remedy is not None
    assert f"belongs to {os.geteuid()}:{os.getegid()} with mode 500" in found.remedy


def test_a_directory_that_cannot_be_created_is_told(home: Path) -> None:
    home.chmod(0o500)

    (found,) = check(home / "data")

    assert found.verdict is Verdict.PROBLEM
    assert found.remedy is not None
    assert f"mkdir -p {home / 'data'}" in found.remedy


def test_a_foreign_database_in_the_directory_is_found(home: Path) -> None:
    database = home / "discarr.db"
    database.touch(0o400)

    (found,) = check(home)

    assert found.verdict is Verdict.PROBLEM
    assert f"{database} cannot be written" in found.text
    assert found.remedy is not None
    assert "with mode 400" in found.remedy


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a directory of somebody else")
def test_somebody_elses_directory_gets_the_exact_chown(home: Path) -> None:
    os.seteuid(0)
    os.chown(home, 0, 0)
    home.chmod(0o755)
    os.seteuid(ORDINARY_UID)

    (found,) = check(home)

    assert found.remedy is not None
    assert f"{home} belongs to 0:0 with mode 755" in found.remedy
    assert "chown -R" in found.remedy
    assert ":Z" in found.remedy


def test_a_file_in_place_of_the_directory(home: Path) -> None:
    file = home / "data"
    file.touch()

    (found,) = check(file)

    assert found.verdict is Verdict.PROBLEM
    assert found.text == f"{file} is no directory."
    assert found.remedy is not None
    assert "DISCARR_DATA_DIR" in found.remedy


def test_little_room_is_a_warning() -> None:
    (found,) = host._warnings(Path("/data"), free_bytes=12_345_678, is_remote=False)

    assert found.verdict is Verdict.WARNING
    assert "Only 12 MB are free" in found.text


@pytest.mark.parametrize(
    ("file_system", "expected"), [("nfs4", [Verdict.OK, Verdict.WARNING]), ("ext4", [Verdict.OK])]
)
async def test_a_network_file_system_is_a_warning(
    home: Path, file_system: str, expected: list[Verdict]
) -> None:
    mountinfo = f"1 0 8:1 / / rw - xfs /dev/sda1 rw\n2 1 0:40 / {home} rw - {file_system} somewhere rw\n"

    found = await check_data_dir(home, timeout_s=5, mountinfo=mountinfo)

    assert [check.verdict for check in found] == expected


async def test_a_disk_that_does_not_answer_is_said(home: Path) -> None:
    (found,) = await check_data_dir(home, timeout_s=0)

    assert found.verdict is Verdict.PROBLEM
    assert "does not answer" in found.text


def test_kubernetes_is_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")

    assert is_in_container()
