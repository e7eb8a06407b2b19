"""What a visitor of the demo gets to see, at any time of the day."""

from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from discarr.sandbox.arr_server.demo_scenarios import movies, movies_4k, television
from discarr.sandbox.arr_server.demo_world import OUTAGE_OF_4K, demo_servers, replay_servers
from discarr.sandbox.arr_server.replay import ReplayError
from discarr.sandbox.arr_server.scenario import Scenario
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from tests.fakes.clock import START, FakeClock
from tests.shared_folder import RECORDED, needs_shared

WORLD = (movies, movies_4k, television)


def _begun(scenario: Scenario) -> ScenarioSource:
    source = ScenarioSource(scenario=scenario)
    source.begin(START)
    return source


@pytest.fixture(scope="module")
def sources() -> list[ScenarioSource]:
    return [_begun(make()) for make in WORLD]


def _looks(sources: list[ScenarioSource], seconds: float) -> list[tuple[str, str, bool]]:
    """Return status, verdict and whether nothing is left, of every download at a moment."""
    rows = [row for source in sources for row in source.rows(START + timedelta(seconds=seconds))]
    downloads = {row.get("downloadId", row["id"]): row for row in rows}
    return [
        (row["status"], row.get("trackedDownloadStatus", "pending"), row["sizeleft"] == 0)
        for row in downloads.values()
    ]


@pytest.mark.parametrize("seconds", [0, 60, 900, 3_600, 86_400, 1_000_000])
def test_there_is_always_something_to_see(sources: list[ScenarioSource], seconds: float) -> None:
    looks = _looks(sources, seconds)

    assert 8 <= len(looks) <= 28
    assert any(look[0] == "downloading" for look in looks)
    assert sum(look[0] == "warning" or look[:2] == ("completed", "warning") for look in looks) >= 3
    assert any(look[0] == "paused" for look in looks)


def test_everything_happens_within_a_quarter_of_an_hour(sources: list[ScenarioSource]) -> None:
    seen = {look for seconds in range(0, 900, 5) for look in _looks(sources, seconds)}

    assert ("delay", "pending", False) in seen
    assert ("queued", "ok", False) in seen
    assert ("downloading", "ok", True) in seen, "unpacking"
    assert ("completed", "ok", True) in seen, "importing"
    assert ("failed", "warning", False) in seen


@pytest.mark.parametrize("scenario", [movies(), television()], ids=["Movies", "TV"])
def test_something_was_imported_before_the_visitor_came(scenario: Scenario) -> None:
    events = {row["eventType"] for row in _begun(scenario).history(START)}

    assert "downloadFolderImported" in events


async def _status(url: str, key: str) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{url}/api/v3/queue", headers={"X-Api-Key": key}) as answer,
    ):
        return answer.status


async def test_three_instances_answer_at_the_addresses_in_the_settings() -> None:
    async with demo_servers(clock=FakeClock()) as settings:
        statuses = [
            await _status(settings[f"{prefix}__URL"], settings[f"{prefix}__API_KEY"])
            for prefix in ("RADARR__MOVIES", "RADARR__4K", "SONARR__TV")
        ]

    assert statuses == [200, 200, 200]
    assert settings["RADARR__4K__NAME"] == "4K"


async def test_the_4k_instance_goes_away_and_comes_back() -> None:
    clock = FakeClock()
    async with demo_servers(clock=clock) as settings:
        url, key = settings["RADARR__4K__URL"], settings["RADARR__4K__API_KEY"]
        await clock.advance(OUTAGE_OF_4K.window.first_at_s + 2)
        with pytest.raises(aiohttp.ClientConnectorError):
            await _status(url, key)
        await clock.advance(OUTAGE_OF_4K.window.lasts_s)
        assert await _status(url, key) == 200


@needs_shared
async def test_recorded_answers_can_stand_in_for_the_demo() -> None:
    async with replay_servers(RECORDED, clock=FakeClock()) as settings:
        radarr = await _status(settings["RADARR_URL"], settings["RADARR_API_KEY"])
        sonarr = await _status(settings["SONARR_URL"], settings["SONARR_API_KEY"])

    assert (radarr, sonarr) == (200, 200)


async def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReplayError):
        async with replay_servers(tmp_path, clock=FakeClock()):
            pass
