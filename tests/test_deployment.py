"""Dockerfile, compose file and service unit, parsed: no Docker engine is needed to keep their promises."""

import configparser
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from discarr.core.settings import SETTINGS_REFERENCE

REPO = Path(__file__).parents[1]
SWITCHED_OFF = re.compile(r"^( *)#( *\w+: ?)", re.MULTILINE)
"""A line of YAML behind a comment sign, unlike prose."""

Instruction = tuple[str, str]


def dockerfile_stages() -> list[list[Instruction]]:
    """Every stage as its instructions, continuation lines joined."""
    text = (REPO / "Dockerfile").read_text().replace("\\\n", " ")
    stages: list[list[Instruction]] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, _, rest = line.partition(" ")
        if name == "FROM":
            stages.append([])
        stages[-1].append((name, " ".join(rest.split())))
    return stages


def values(stage: list[Instruction], name: str) -> list[str]:
    return [rest for instruction, rest in stage if instruction == name]


def compose(text: str) -> dict[str, Any]:
    parsed = yaml.safe_load(text)
    assert isinstance(parsed, dict)
    return parsed


@pytest.fixture
def compose_text() -> str:
    return (REPO / "docker-compose.yml").read_text()


@pytest.fixture
def service(compose_text: str) -> dict[str, Any]:
    found = compose(compose_text)["services"]["discarr"]
    assert isinstance(found, dict)
    return found


def test_the_image_is_built_in_stages_and_runs_on_the_slim_one() -> None:
    stages = dockerfile_stages()

    assert len(stages) == 2
    assert [values(stage, "FROM")[0].split()[0] for stage in stages] == ["python:3.13-slim"] * 2


def test_everything_in_the_image_is_locked_with_hashes_and_needs_no_compiler() -> None:
    build, final = dockerfile_stages()

    installs = [
        command for run in values(build, "RUN") for command in run.split("&&") if " install " in command
    ]
    from_index = [command for command in installs if "--no-index" not in command]
    assert len(from_index) == 2
    for command in from_index:
        words = shlex.split(command)
        assert "--require-hashes" in words
        assert words[words.index("--only-binary") + 1] == ":all:"
    assert not [run for run in values(final, "RUN") if "pip install" in run or "apt" in run]


def test_the_project_is_built_by_the_locked_backend() -> None:
    build, _ = dockerfile_stages()

    wheel = next(run for run in values(build, "RUN") if "pip wheel" in run)

    assert {"--no-deps", "--no-build-isolation"} <= set(wheel.split())


def test_the_image_runs_without_root_and_without_a_shell() -> None:
    _, final = dockerfile_stages()

    assert values(final, "USER") == ["10001:10001"]
    assert json.loads(values(final, "ENTRYPOINT")[0]) == ["discarr"]
    assert json.loads(values(final, "CMD")[0]) == ["run"]


def test_the_health_check_runs_without_a_shell() -> None:
    _, final = dockerfile_stages()

    (check,) = values(final, "HEALTHCHECK")

    assert json.loads(check.partition(" CMD ")[2]) == ["discarr", "healthcheck"]


def test_the_data_directory_is_a_volume_that_any_uid_can_use() -> None:
    _, final = dockerfile_stages()
    names = [name for name, _ in final]

    assert values(final, "VOLUME") == ["/data"]
    assert "mkdir /data && chmod 1777 /data" in values(final, "RUN")
    assert names.index("RUN") < names.index("VOLUME") < names.index("USER")


def test_the_image_sets_its_data_directory_and_the_exit_delay() -> None:
    _, final = dockerfile_stages()

    environment = set(" ".join(values(final, "ENV")).split())

    assert {"DISCARR_DATA_DIR=/data", "DISCARR_EXIT_DELAY=60"} <= environment


def test_what_the_image_copies_is_let_through_by_dockerignore() -> None:
    ignore = (REPO / ".dockerignore").read_text().split()
    build, _ = dockerfile_stages()
    sources = [word for copy in values(build, "COPY") for word in copy.split()[:-1]]

    assert ignore[0] == "*"
    assert sources
    assert {f"!{source}" for source in sources} <= set(ignore)
    assert "!.env" not in ignore


def test_compose_gives_the_container_nothing_it_does_not_need(service: dict[str, Any]) -> None:
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert service["pids_limit"] <= 64
    assert service["mem_limit"] == "256m"
    assert service["init"] is True
    assert service["user"] == "${PUID:-1000}:${PGID:-1000}"
    assert not {"ports", "expose", "privileged", "cap_add", "devices", "network_mode", "pid"} & service.keys()


def test_compose_keeps_only_a_named_volume(service: dict[str, Any], compose_text: str) -> None:
    (tmpfs,) = service["tmpfs"]

    assert service["volumes"] == ["data:/data"]
    assert "data" in compose(compose_text)["volumes"]
    assert tmpfs.startswith("/tmp:")  # noqa: S108 - inside the container
    assert {"noexec", "nosuid", "mode=1777"} <= set(tmpfs.removeprefix("/tmp:").split(","))  # noqa: S108
    assert "docker.sock" not in compose_text


def test_compose_restarts_and_stops_gently_and_bounds_the_log(service: dict[str, Any]) -> None:
    assert service["restart"] == "unless-stopped"
    assert service["stop_grace_period"] == "15s"
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}


def test_compose_passes_plain_variables_and_sets_none_itself(service: dict[str, Any]) -> None:
    for name, value in service["environment"].items():
        assert value == f"${{{name}:-}}"


def test_compose_passes_every_setting_except_those_of_the_image(service: dict[str, Any]) -> None:
    known = {variable.name for variable in SETTINGS_REFERENCE if "__" not in variable.name}

    assert set(service["environment"]) == known - {"DISCARR_DATA_DIR", "DISCARR_EXIT_DELAY"}


def test_what_stands_ready_in_comments_is_valid_when_switched_on(compose_text: str) -> None:
    switched_on = compose(SWITCHED_OFF.sub(r"\1\2", compose_text))

    service = switched_on["services"]["discarr"]
    assert service["secrets"] == list(switched_on["secrets"])
    assert all(set(secret) == {"file"} for secret in switched_on["secrets"].values())
    assert service["networks"] == list(switched_on["networks"])
    assert all(network["external"] is True for network in switched_on["networks"].values())
    assert service["environment"]["RADARR__4K__URL"] == "${RADARR__4K__URL:-}"
    assert service["env_file"] == [".env"]


def test_nothing_external_is_switched_on(compose_text: str) -> None:
    assert set(compose(compose_text)) == {"services", "volumes"}


def test_the_service_unit_is_hardened_and_does_not_restart_over_a_mistake_in_the_settings() -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign] # systemd's names have capitals
    unit.read(REPO / "deploy" / "discarr.service")
    section = unit["Service"]

    assert section["ExecStart"].endswith("/discarr run")
    assert section["DynamicUser"] == section["NoNewPrivileges"] == section["ProtectHome"] == "yes"
    assert section["ProtectSystem"] == "strict"
    assert section["CapabilityBoundingSet"] == ""
    assert section["RestartPreventExitStatus"] == "78"
    assert section["Environment"] == f"DISCARR_DATA_DIR=/var/lib/{section['StateDirectory']}"
