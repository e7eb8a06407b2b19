"""The built wheel: complete, and able to run as an ordinary user on a read-only root."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

REPO = Path(__file__).parents[1]
PYTHON = f"python3.{sys.version_info.minor}"

AS_IN_THE_CONTAINER = """
set -eu
root=$1 base=$2 site=$3 app=$4 compiled=$5
shift 5
mount --bind / "$root"
mount -o remount,bind,ro "$root"
mount --bind /dev "$root/dev"
mount --bind /proc "$root/proc"
mount -t tmpfs -o mode=1777 tmpfs "$root/mnt"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
show() {
  mkdir "$root/tmp/$2"
  mount --bind "$1" "$root/tmp/$2"
  mount -o remount,bind,ro "$root/tmp/$2"
}
show "$base" base
show "$site" site
show "$app" app
mkdir "$root/tmp/compiled"
mount --bind "$compiled" "$root/tmp/compiled"
exec chroot "$root" setpriv --reuid 1000 --regid 1000 --clear-groups \\
  --no-new-privs --bounding-set=-all --inh-caps=-all env -i HOME=/nowhere DISCARR_DATA_DIR=/mnt \\
  LD_LIBRARY_PATH=/tmp/base/lib PYTHONPATH=/tmp/app:/tmp/site PYTHONOPTIMIZE=2 \\
  PYTHONPYCACHEPREFIX=/tmp/compiled "$@"
"""
"""A private view of this machine: its root read-only, interpreter and packages readable for uid 1000.

What Python compiles lies in a folder of its own: the image has it compiled."""


def run(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=50, check=False, cwd=cwd)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by the locked backend in this environment, without looking anywhere for anything."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-index"]
    built = run(*pip, "--no-deps", "--no-build-isolation", "--wheel-dir", folder, REPO)
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's content and nothing else."""
    target = tmp_path_factory.mktemp("installed") / "app"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-index"]
    done = run(*pip, "--no-deps", "--target", target, wheel)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="module")
def container_like(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str | Path]:
    """The beginning of a command that runs Python as uid 1000 on a read-only root, without any network."""
    if os.geteuid() != 0 or not (shutil.which("unshare") and shutil.which("setpriv")):
        pytest.skip("a read-only root needs root, unshare and setpriv here")
    prefix: list[str | Path] = ["unshare", "--mount", "--net", "sh", "-c", AS_IN_THE_CONTAINER, "sh"]
    compiled = tmp_path_factory.mktemp("compiled")
    compiled.chmod(0o777)
    prefix += [tmp_path_factory.mktemp("root"), sys.base_prefix, sysconfig.get_path("purelib"), installed]
    prefix += [compiled]
    prefix += [f"/tmp/base/bin/{PYTHON}"]  # noqa: S108 - inside the private root
    probe = run(*prefix, "-c", "import ssl, sqlite3")
    if probe.returncode != 0:
        pytest.skip(f"this machine does not permit a private read-only root: {probe.stderr.strip()}")
    return prefix


def test_the_wheel_holds_the_package_its_types_and_the_licence_but_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert "discarr/main.py" in names
    assert "discarr/py.typed" in names
    assert any(name.endswith("/LICENSE") for name in names)
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"discarr"}


def test_the_wheel_holds_every_module_of_the_source(wheel: Path) -> None:
    source = {path.relative_to(REPO / "src").as_posix() for path in (REPO / "src").rglob("*.py")}

    assert source <= set(zipfile.ZipFile(wheel).namelist())


def test_an_ordinary_user_on_a_read_only_root_can_run_it(container_like: list[str | Path]) -> None:
    where = run(*container_like, "-c", "import discarr, os; print(discarr.__file__, os.getuid())")
    version = run(*container_like, "-m", "discarr", "--version")
    usage = run(*container_like, "-m", "discarr", "--help")

    assert where.stdout.split() == ["/tmp/app/discarr/__init__.py", "1000"]  # noqa: S108
    assert (version.returncode, version.stderr) == (0, "")
    assert version.stdout.startswith("discarr ")
    assert usage.returncode == 0
    assert {"run", "demo", "doctor", "healthcheck"} <= set(usage.stdout.split())


def test_only_the_data_directory_and_tmp_can_be_written_there(container_like: list[str | Path]) -> None:
    attempt = (
        "import os; print(*(os.access(folder, os.W_OK) for folder in ('/mnt', '/tmp', '/', '/tmp/app')))"
    )

    assert run(*container_like, "-c", attempt).stdout.split() == ["True", "True", "False", "False"]


def test_a_start_without_settings_names_them_all_and_ends_with_78(container_like: list[str | Path]) -> None:
    started = run(*container_like, "-m", "discarr", "run")

    assert started.returncode == 78
    assert "DISCORD_TOKEN" in started.stderr
    assert "DISCORD_CHANNEL_ID" in started.stderr
    assert "Traceback" not in started.stderr


def test_the_doctor_finds_the_data_directory_usable_there(container_like: list[str | Path]) -> None:
    settings = "DISCORD_TOKEN=a.b.c DISCORD_CHANNEL_ID=123456789012345678 RADARR_API_KEY=0123456789abcdef"
    *prefix, python = container_like
    command = [*prefix, "env", *settings.split(), "RADARR_URL=http://127.0.0.1:9", python]

    report = run(*command, "-m", "discarr", "doctor")

    assert report.returncode == 1, report.stderr
    assert "Data directory" in report.stdout
    assert "✗ Data directory" not in report.stdout
