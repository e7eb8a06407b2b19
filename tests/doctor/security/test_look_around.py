import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import yaml

from discarr.core.settings import load_settings
from discarr.doctor.security.finding import apply_rules
from discarr.doctor.security.look_around import look_around
from discarr.doctor.security.rules import OFFLINE_RULES
from discarr.doctor.security.secret_places import Sources
from discarr.doctor.security.surroundings import (
    ContainerFacts,
    DataFacts,
    FileFacts,
    InstanceFacts,
    Surroundings,
)
from tests.core.environs import KEY, MINIMAL, TOKEN
from tests.doctor.security.cases import MONDAY, OTHER_KEY
from tests.doctor.security.machines import lay_out, mountinfo, status

REPO = Path(__file__).parents[3]


@pytest.fixture
def public_place() -> Iterator[Path]:
    """A directory that everybody on this machine may look into."""
    with tempfile.TemporaryDirectory(prefix="discarr-test-") as name:
        place = Path(name)
        if not all(directory.stat().st_mode & stat.S_IXOTH for directory in place.parents):
            pytest.skip("the directory for temporary files is closed to others here")
        place.chmod(0o755)
        yield place


def write(path: Path, text: str = "", *, mode: int = 0o600, at: datetime = MONDAY) -> Path:
    path.write_text(text)
    path.chmod(mode)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def look(
    root: Path,
    changes: Mapping[str, str] | None = None,
    *,
    base: Mapping[str, str] = MINIMAL,
    env_file: Path | None = None,
    secrets_dir: Path | None = None,
    in_container: bool = False,
) -> Surroundings:
    """Look around on a machine that lies below `root`."""
    environ = {"DISCARR_DATA_DIR": str(root / "data"), **base, **(changes or {})}
    settings = load_settings(environ, env_file=env_file, secrets_dir=secrets_dir)
    sources = Sources(environ=environ, env_file=env_file, secrets_dir=secrets_dir)
    return look_around(settings, sources, in_container=in_container, root=root)


def codes(surroundings: Surroundings) -> list[str]:
    return [finding.code for finding in apply_rules(OFFLINE_RULES, surroundings)]


def test_the_reference_compose_file_gives_no_finding(tmp_path: Path) -> None:
    service: dict[str, Any] = yaml.safe_load((REPO / "docker-compose.yml").read_text())["services"]["discarr"]
    chosen = {**MINIMAL, "SONARR_URL": "http://sonarr:8989", "SONARR_API_KEY": OTHER_KEY}
    environ = {name: chosen.get(name, "") for name in service["environment"]}
    data = tmp_path / "data"
    data.mkdir(mode=0o777)
    for name, days in (("discarr.lock", 0), ("discarr.db", 30), ("discarr.db.20261222.backup", 29)):
        write(data / name, mode=0o644, at=MONDAY + timedelta(days=days))
    data.chmod(0o1777)  # of a new named volume
    lay_out(
        tmp_path,
        status=status(
            uid=int(service["user"].partition(":-")[2].partition("}")[0]),
            capabilities=0 if service["cap_drop"] == ["ALL"] else 0xA804_25FB,
            bounds=0 if service["cap_drop"] == ["ALL"] else 0xA804_25FB,
            no_new_privileges=int("no-new-privileges:true" in service["security_opt"]),
            seccomp=0 if "seccomp:unconfined" in service["security_opt"] else 2,
        ),
        mountinfo=mountinfo(root_options="ro" if service["read_only"] else "rw", data_dir=str(data)),
    )

    found = look(tmp_path, base=environ, secrets_dir=tmp_path / "run" / "secrets", in_container=True)
    asked = {
        name: InstanceFacts(addresses=(ip_address(address),), version=version)
        for name, address, version in (
            ("radarr", "172.18.0.2", "6.0.3.10514"),
            ("sonarr", "172.18.0.3", "4.0.16.2944"),
        )
    }

    assert found.container == ContainerFacts()
    assert found.data.backed_up_at == MONDAY + timedelta(days=29)
    assert codes(replace(found, instances=asked)) == []


def test_the_reference_service_unit_gives_no_finding(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    write(data / "discarr.db")
    lay_out(tmp_path, status=status(uid=61_184), mountinfo="22 1 8:1 / / rw - ext4 /dev/sda1 rw\n")

    assert codes(look(tmp_path)) == []


def test_a_machine_without_proc_and_files_gives_no_finding_but_for_root(tmp_path: Path) -> None:
    found = look(tmp_path)

    assert found.data == DataFacts()
    assert found.secret_files == ()
    assert set(codes(found)) <= {"DS006"}


def test_every_source_of_a_secret_is_named(tmp_path: Path) -> None:
    secrets_dir = tmp_path / "secrets"
    secrets_dir.mkdir()
    write(secrets_dir / "discord_token", TOKEN)

    found = look(
        tmp_path, env_file=write(tmp_path / ".env", f"discord_token={TOKEN}\n"), secrets_dir=secrets_dir
    )

    assert found.secrets == {
        "DISCORD_TOKEN": ("the environment", "the secret file discord_token", "the .env file"),
        "RADARR_API_KEY": ("the environment",),
    }
    assert {"DISCORD_TOKEN", "DISCARR_DATA_DIR"} <= found.environment_names


@pytest.mark.parametrize(
    ("mode", "can_read", "can_change"), [(0o600, False, False), (0o644, True, False), (0o666, True, True)]
)
def test_modes_of_secret_files_are_read(
    mode: int, can_read: bool, can_change: bool, public_place: Path
) -> None:
    env_file = write(public_place / ".env", f"DISCORD_TOKEN={TOKEN}\n", mode=mode)
    key_file = write(public_place / "key", KEY, mode=0o600)
    environ = {name: value for name, value in MINIMAL.items() if not name.endswith(("TOKEN", "KEY"))}

    found = look(public_place, {"RADARR_API_KEY_FILE": str(key_file)}, base=environ, env_file=env_file)

    assert found.secret_files == (
        FileFacts(subject="The file of RADARR_API_KEY_FILE"),
        FileFacts(subject="The .env file", can_others_read=can_read, can_others_change=can_change),
    )


def test_an_env_file_without_secrets_may_be_read_by_everybody(public_place: Path) -> None:
    env_file = write(public_place / ".env", "DISCARR_LOG_FORMAT=json\n", mode=0o666)

    assert look(public_place, env_file=env_file).secret_files == ()


def test_a_secret_file_that_git_tracks_is_found(tmp_path: Path) -> None:
    env_file = write(tmp_path / ".env", f"DISCORD_TOKEN={TOKEN}\n")
    for arguments in (["init", "--quiet"], ["add", ".env"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)  # noqa: S607

    (file,) = look(tmp_path, env_file=env_file).secret_files

    assert file.is_tracked_by_git


@pytest.mark.parametrize(("mode", "expected"), [(0o644, []), (0o646, ["DS031"])])
def test_the_mode_of_a_ca_file_is_read(mode: int, expected: list[str], public_place: Path) -> None:
    lay_out(public_place, status=status())
    ca_file = write(public_place / "ca.pem", "-----BEGIN", mode=mode)
    https = {"RADARR_URL": "https://radarr:7878", "RADARR_CA_FILE": str(ca_file)}

    assert codes(look(public_place, https)) == expected


@pytest.mark.parametrize(
    ("directory_mode", "file_mode", "expected"),
    [
        (0o700, 0o666, []),
        (0o755, 0o600, []),
        (0o755, 0o644, ["DS029"]),
        (0o755, 0o666, ["DS029", "DS030"]),
        (0o757, 0o600, ["DS030"]),
        (0o1777, 0o600, ["DS030"]),
    ],
)
def test_modes_of_the_data_are_read(
    directory_mode: int, file_mode: int, expected: list[str], public_place: Path
) -> None:
    lay_out(public_place, status=status())
    data = public_place / "data"
    data.mkdir()
    write(data / "discarr.db", mode=file_mode)
    data.chmod(directory_mode)

    assert codes(look(public_place)) == expected
    assert codes(look(public_place, in_container=True)) == []


def test_times_of_the_data_are_read(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name, days in (
        ("discarr.lock", 0),
        ("discarr.db", 6),
        ("discarr.db-wal", 7),
        ("discarr.db.v1.backup", 1),
        ("discarr.db.v2.backup", 2),
        ("another.db", 99),
    ):
        write(data / name, at=MONDAY + timedelta(days=days))

    found = look(tmp_path).data

    assert (found.used_since, found.written_at) == (MONDAY, MONDAY + timedelta(days=7))
    assert found.backed_up_at == MONDAY + timedelta(days=2)
    assert found.used_since is not None
    assert found.used_since.tzinfo is UTC


def test_a_file_that_vanishes_meanwhile_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "discarr.db-wal").symlink_to("gone")  # seen in the directory, and not there

    assert look(tmp_path).data == DataFacts()


def test_a_network_file_system_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    line = f"99 1 0:70 / {tmp_path / 'data'} rw - nfs4 server:/share rw\n"
    lay_out(tmp_path, status=status(), mountinfo=mountinfo() + line)

    assert codes(look(tmp_path)) == ["DS020"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://192.168.1.10:7878", (ip_address("192.168.1.10"),)),
        ("http://[2606:4700::1111]:7878", (ip_address("2606:4700::1111"),)),
        ("http://radarr.example.org", ()),
        ("http://radarr:7878", ()),
    ],
)
def test_only_addresses_that_stand_in_the_settings_are_known(
    url: str, expected: tuple[object, ...], tmp_path: Path
) -> None:
    found = look(tmp_path, {"RADARR_URL": url})

    assert found.instances == {"radarr": InstanceFacts(addresses=expected)}  # type: ignore[arg-type]


def test_no_secret_is_kept(tmp_path: Path) -> None:
    env_file = write(tmp_path / ".env", f"DISCORD_TOKEN={TOKEN}\n")

    found = look(tmp_path, env_file=env_file)

    assert TOKEN not in repr(found)
    assert KEY not in repr(found)
