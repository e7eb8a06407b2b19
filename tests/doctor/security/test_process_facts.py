import os
from pathlib import Path

import pytest

from discarr.doctor.security.process_facts import read_container, read_mountinfo, read_process
from discarr.doctor.security.surroundings import ContainerFacts, ProcessFacts
from tests.doctor.security.machines import IDENTITY_MAP, ROOTLESS_MAP, lay_out, mountinfo, status


def test_an_ordinary_user_in_a_hardened_container(tmp_path: Path) -> None:
    lay_out(tmp_path, status=status(), uid_map=IDENTITY_MAP)

    assert read_process(tmp_path) == ProcessFacts()


def test_root_with_everything(tmp_path: Path) -> None:
    everything = 0x1FF_FFFF_FFFF
    lay_out(
        tmp_path,
        status=status(uid=0, capabilities=everything, bounds=everything, no_new_privileges=0, seccomp=0),
        uid_map=IDENTITY_MAP,
    )

    assert read_process(tmp_path) == ProcessFacts(
        is_root=True,
        capabilities=everything,
        capability_bounds=everything,
        may_gain_privileges=True,
        may_make_any_system_call=True,
    )


def test_root_of_a_rootless_container_is_nobody_special(tmp_path: Path) -> None:
    capabilities = 0x8004_25FB
    lay_out(
        tmp_path,
        status=status(uid=0, capabilities=capabilities, bounds=capabilities),
        uid_map=ROOTLESS_MAP,
    )

    assert read_process(tmp_path) == ProcessFacts()


def test_the_effective_uid_counts(tmp_path: Path) -> None:
    lay_out(tmp_path, status="Uid:\t1000\t0\t1000\t1000\n", uid_map=IDENTITY_MAP)

    assert read_process(tmp_path).is_root


def test_a_kernel_without_seccomp_says_nothing_about_it(tmp_path: Path) -> None:
    lay_out(tmp_path, status="Uid:\t1000\t1000\t1000\t1000\n")

    assert read_process(tmp_path) == ProcessFacts()


def test_without_proc_only_the_user_is_known(tmp_path: Path) -> None:
    assert read_process(tmp_path) == ProcessFacts(is_root=os.geteuid() == 0)
    assert read_mountinfo(tmp_path) == ""
    assert read_container(tmp_path, "") == ContainerFacts()


def test_this_very_process_can_be_read() -> None:
    assert not read_process(Path("/")).is_root or os.geteuid() == 0


@pytest.mark.parametrize(("options", "expected"), [("ro,relatime", False), ("rw,relatime", True)])
def test_whether_the_root_can_be_written(options: str, expected: bool, tmp_path: Path) -> None:
    found = read_container(tmp_path, mountinfo(root_options=options))

    assert found == ContainerFacts(is_root_writable=expected)


def test_what_was_mounted_last_counts(tmp_path: Path) -> None:
    covered = mountinfo(root_options="rw") + mountinfo(root_options="ro")

    assert not read_container(tmp_path, covered).is_root_writable


@pytest.mark.parametrize(
    "place", ["/run/docker.sock", "/var/run/docker.sock", "/sockets/docker.sock", "/run/podman/podman.sock"]
)
def test_a_mounted_socket_of_the_engine_is_found(place: str, tmp_path: Path) -> None:
    line = f"90 1 8:1 /run/docker.sock {place} rw,nosuid - tmpfs tmpfs rw\n"

    assert read_container(tmp_path, mountinfo() + line).has_engine_socket


def test_a_socket_in_a_mounted_directory_is_found(tmp_path: Path) -> None:
    (tmp_path / "run" / "docker.sock").parent.mkdir()
    (tmp_path / "run" / "docker.sock").touch()

    assert read_container(tmp_path, mountinfo()).has_engine_socket
