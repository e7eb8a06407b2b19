"""The index as git itself writes it, and as nobody should."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from discarr.doctor.security.git_index import is_tracked

HEADERS = [b"", b"DIRC", *(b"DIRC" + version.to_bytes(4) + b"\0\0\0\x02" for version in (2, 3, 4, 5))]


def git(directory: Path, *arguments: str) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not here")
    subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments],  # noqa: S607
        cwd=directory,
        env={"PATH": "/usr/bin:/bin", "HOME": str(directory), "GIT_CONFIG_NOSYSTEM": "1"},
        check=True,
        capture_output=True,
    )


def repository(directory: Path, *names: str, arguments: tuple[str, ...] = ()) -> Path:
    """A repository whose index has these files."""
    directory.mkdir(exist_ok=True)
    git(directory, "init", "--quiet", *arguments)
    for name in names:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        git(directory, "add", "--force", name)
    return directory


FEW = (".env", "a", "deploy/.env.prod", "deploy/secrets/discord_token", f"long/{'n' * 200}/x", "zeta.txt")


@pytest.mark.parametrize("version", ["2", "4"])
def test_what_git_tracks_is_found_and_nothing_else(version: str, tmp_path: Path) -> None:
    root = repository(tmp_path, *FEW)
    git(root, "update-index", "--index-version", version)

    assert [name for name in FEW if not is_tracked(root / name)] == []
    for other in ("nothing", "deploy/.env", "secrets/discord_token", "discord_token", "env", "zeta.tx"):
        assert not is_tracked(root / other)


@pytest.mark.parametrize("version", ["3", "4"])
def test_entries_with_more_flags_are_understood(version: str, tmp_path: Path) -> None:
    root = repository(tmp_path, ".env", "zeta.txt")
    (root / "intended").write_text("x")
    git(root, "add", "--intent-to-add", "intended")
    git(root, "update-index", "--index-version", version)

    assert all(is_tracked(root / name) for name in (".env", "intended", "zeta.txt"))


def test_a_name_that_is_not_ascii(tmp_path: Path) -> None:
    root = repository(tmp_path, "Schlüssel.env")

    assert is_tracked(root / "Schlüssel.env")


def test_version_4_drops_long_beginnings(tmp_path: Path) -> None:
    deep = "d" * 300
    root = repository(tmp_path, f"{deep[:150]}/{deep[150:]}/a", "e")
    git(root, "update-index", "--index-version", "4")

    assert is_tracked(root / "e")


def test_a_worktree_has_an_index_of_its_own(tmp_path: Path) -> None:
    main = repository(tmp_path / "main", "a")
    git(main, "commit", "--quiet", "--message", "a")
    git(main, "worktree", "add", "--quiet", "../other")
    other = tmp_path / "other"
    (other / ".env").write_text("x")

    assert not is_tracked(other / ".env")
    git(other, "add", ".env")
    assert is_tracked(other / ".env")
    assert not is_tracked(main / ".env")


def test_a_repository_without_commits_or_files(tmp_path: Path) -> None:
    assert not is_tracked(repository(tmp_path) / ".env")


def test_the_nearest_repository_counts(tmp_path: Path) -> None:
    outer = repository(tmp_path, "inner/.env")
    inner = repository(outer / "inner")

    assert not is_tracked(inner / ".env")


def test_an_index_with_another_hash_is_not_understood(tmp_path: Path) -> None:
    root = repository(tmp_path, ".env", "b", arguments=("--object-format=sha256",))

    assert not is_tracked(root / ".env")


def test_without_a_repository_nothing_is_tracked(tmp_path: Path) -> None:
    assert not is_tracked(tmp_path / ".env")


@given(header=st.sampled_from(HEADERS), rest=st.binary(max_size=300))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rubbish_is_no_index(header: bytes, rest: bytes, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir(exist_ok=True)
    (tmp_path / ".git" / "index").write_bytes(header + rest)

    assert not is_tracked(tmp_path / "no such name")


def test_a_link_that_leads_nowhere_is_no_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /no/such/place\n")

    assert not is_tracked(tmp_path / ".env")


def test_an_index_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / ".git" / "index").mkdir(parents=True)

    assert not is_tracked(tmp_path / ".env")


def test_a_huge_index_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    with (tmp_path / ".git" / "index").open("wb") as index:
        index.truncate(60_000_000)

    assert not is_tracked(tmp_path / ".env")
