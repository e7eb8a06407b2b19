"""What the app tells about itself, over a real socket."""

from dataclasses import replace
from typing import Any

import pytest

from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.scenario import Scenario
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from tests.fakes.clock import FakeClock
from tests.sandbox.arr_server.world import (
    one_of_each,
    radarr,
    sonarr,
    visiting,
)


def _server(scenario: Scenario, clock: FakeClock | None = None, **options: Any) -> ArrServer:
    return ArrServer(ScenarioSource(scenario=scenario), clock=clock or FakeClock(), **options)


async def test_tags_health_and_disks_are_told() -> None:
    async with visiting(_server(one_of_each())) as visitor:
        tags = await visitor.get("/tag")
        movie = await visitor.get("/movie/1")
        health = await visitor.get("/health")
        disks = await visitor.get("/diskspace")
        (folder,) = await visitor.get("/rootfolder")

    assert tags == [{"label": "family", "id": 1}]
    assert movie["tags"] == [1]
    assert [issue["source"] for issue in health] == ["IndexerStatusCheck"]
    assert [disk["path"] for disk in disks] == ["/", "/data"]
    assert folder["freeSpace"] == 7


async def test_a_root_folder_on_no_known_volume_has_no_free_space() -> None:
    scenario = Scenario(kind=radarr().kind, root_folders=("/elsewhere",))
    async with visiting(_server(scenario)) as visitor:
        (folder,) = await visitor.get("/rootfolder")

    assert folder["freeSpace"] is None


async def test_a_new_version_is_told_in_the_header_too() -> None:
    clock = FakeClock()
    scenario = replace(radarr(), versions=((60, "6.1.0.10001"),))
    versions = []
    async with visiting(_server(scenario, clock)) as visitor:
        for _ in range(2):
            async with visitor.ask("/api/v3/system/status") as answer:
                versions.append((answer.headers["X-Application-Version"], (await answer.json())["version"]))
            await clock.advance(60)

    assert versions == [("5.28.0.10274",) * 2, ("6.1.0.10001",) * 2]


@pytest.mark.parametrize("scenario", [radarr(), sonarr()], ids=["Radarr", "Sonarr"])
async def test_there_are_quality_profiles(scenario: Scenario) -> None:
    async with visiting(_server(scenario)) as visitor:
        profiles = await visitor.get("/qualityprofile")

    assert [profile["id"] for profile in profiles] == [1, 2, 3]
    assert all(any(item["allowed"] for item in profile["items"]) for profile in profiles)
