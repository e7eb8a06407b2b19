"""The repository as a whole: locks that lock, documents that keep up, no trace of one machine."""

import re
import subprocess
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from discarr.core.settings import SETTINGS_REFERENCE

REPO = Path(__file__).parents[1]
LOCKS = sorted((REPO / "requirements").glob("*.txt"))
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)(\[(?P<extras>[a-z0-9, -]+)\])?==(?P<version>\S+) ", re.MULTILINE)
LONGEST_MODULE = 400
MEMORY_BANK = ("projectbrief", "productContext", "systemPatterns", "techContext", "activeContext", "progress")


def committed() -> list[Path]:
    """Every text file that git knows or would add; without git, what lies in the usual places."""
    command = ["git", "-C", str(REPO), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    names = listed.stdout.split("\0") if listed.returncode == 0 else []
    found = [REPO / name for name in names if name] or [
        path
        for folder in ("src", "tests", "requirements", "memory-bank")
        for path in (REPO / folder).rglob("*.*")
    ]
    return [path for path in found if path.is_file() and path.suffix not in {".png", ".pyc"}]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.* ## ", (REPO / "Makefile").read_text(), re.MULTILINE))


def test_no_file_names_a_place_on_one_machine() -> None:
    homes = re.compile(r"/(?:home|Users)/[a-z]\w+/|/[r]oot/\S|/[w]ork(?:spaces?)?/")

    named = [str(path) for path in committed() if homes.search(path.read_text("utf-8"))]

    assert named == []


def test_no_file_names_a_package_registry() -> None:
    hosts = [
        "py" + "pi.org",
        "pythonhosted" + ".org",
        "--index" + "-url",
        "--extra" + "-index",
        "npm" + "js.org",
        "ghcr" + ".io",
    ]

    named = [(str(path), host) for path in committed() for host in hosts if host in path.read_text("utf-8")]

    assert named == []


@pytest.mark.parametrize("path", sorted((REPO / "src").rglob("*.py")), ids=lambda path: path.stem)
def test_a_module_stays_short_enough_for_one_concept(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_MODULE


def test_there_are_locks_for_every_purpose() -> None:
    assert [path.stem for path in LOCKS] == ["base", "bench", "build", "demo", "dev"]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_every_locked_package_has_one_version_and_hashes(path: Path) -> None:
    logical = re.sub(r"\\\n", " ", path.read_text())
    entries = [line for line in logical.splitlines() if line.strip() and not line.lstrip().startswith("#")]

    assert entries
    for entry in entries:
        assert PIN.match(entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry


def test_the_locks_agree_with_each_other() -> None:
    versions: dict[str, set[str]] = {}
    for path in LOCKS:
        for pin in PIN.finditer(path.read_text()):
            versions.setdefault(pin["name"], set()).add(pin["version"])

    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_what_a_package_wants_with_an_extra_is_locked_with_it() -> None:
    """Pip 23.2, which Python 3.12.1 comes with, takes `coverage[toml]` for something that is not locked."""
    pins = PIN.finditer((REPO / "requirements" / "dev.txt").read_text())
    locked: dict[str, list[str]] = {pin["name"]: re.findall(r"[\w-]+", pin["extras"] or "") for pin in pins}
    wanted = {
        (canonicalize_name(wish.name), extra)
        for package in distributions()
        for wish in map(Requirement, package.requires or ())
        for extra in wish.extras
        if wish.marker is None
        or any(
            wish.marker.evaluate({"extra": own})
            for own in ("", *locked.get(canonicalize_name(package.name), ()))
        )
    }

    assert wanted
    assert {(name, extra) for name, extra in wanted if extra not in locked[name]} == set()


def test_the_clients_that_are_only_measured_are_in_no_other_lock() -> None:
    holders = {path.stem for path in LOCKS if re.search(r"^(aio)?pyarr==", path.read_text(), re.MULTILINE)}

    assert holders == {"bench"}


def test_make_offers_what_a_newcomer_looks_for() -> None:
    expected = {"help", "demo", "test", "test-all", "check", "bench", "screenshot", "lock"}

    assert expected <= make_targets()


def test_the_readme_names_every_make_target() -> None:
    readme = (REPO / "README.md").read_text("utf-8")

    assert {target for target in make_targets() if f"make {target}" not in readme} == set()


@pytest.mark.parametrize("document", ["README.md", ".env.example"])
def test_a_document_names_every_setting(document: str) -> None:
    text = (REPO / document).read_text("utf-8")

    assert [variable.name for variable in SETTINGS_REFERENCE if variable.name not in text] == []


def test_the_readme_begins_with_the_picture_and_the_two_commands() -> None:
    start = (REPO / "README.md").read_text("utf-8")[:1500]

    assert (
        0
        < start.index("docs/screenshot.png")
        < start.index("make demo")
        < start.index("docker compose up -d")
    )


def test_the_readme_names_every_command() -> None:
    sources = (REPO / "src" / "discarr" / "discord_bot" / "commands").glob("*.py")
    pattern = re.compile(r"@app_commands\.command\(.*?async def (\w+)", re.DOTALL)
    commands = {name for path in sources for name in pattern.findall(path.read_text("utf-8"))}
    readme = (REPO / "README.md").read_text("utf-8")

    assert {"queue", "health", "check", "verbose"} <= commands
    assert {name for name in commands if f"`/{name}`" not in readme} == set()


def test_every_link_inside_the_readme_leads_somewhere() -> None:
    readme = (REPO / "README.md").read_text("utf-8")
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", readme)

    assert targets
    assert [target for target in targets if not (REPO / target).exists()] == []


@pytest.mark.parametrize(
    "name", ["CHANGELOG.md", "LICENSE", *(f"memory-bank/{page}.md" for page in MEMORY_BANK)]
)
def test_a_document_is_there_and_says_something(name: str) -> None:
    assert len((REPO / name).read_text("utf-8")) > 200
