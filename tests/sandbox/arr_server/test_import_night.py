"""A night of imports."""

from datetime import timedelta

import pytest

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.import_night import night_of_imports
from discarr.sandbox.arr_server.json_format import parse_utc
from discarr.sandbox.arr_server.library import EpisodesOf
from discarr.sandbox.arr_server.scenario import Scenario
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from tests.fakes.clock import START


@pytest.mark.parametrize("kind", list(InstanceKind))
def test_every_download_is_imported_in_the_given_time(kind: InstanceKind) -> None:
    night = night_of_imports(kind, count=300, over_s=3_600, starts_at_s=60)
    source = ScenarioSource(scenario=Scenario(kind=kind, downloads=night))
    source.begin(START)

    rows = source.history(START + timedelta(hours=3))

    imported = [row for row in rows if row["eventType"] == "downloadFolderImported"]
    assert len({row["downloadId"] for row in imported}) == 300
    last_of_each = {row["downloadId"]: parse_utc(row["date"]) for row in imported}
    assert min(last_of_each.values()) >= START + timedelta(seconds=59)
    assert max(last_of_each.values()) <= START + timedelta(seconds=3_661)
    assert source.rows(START + timedelta(hours=3)) == []


def test_sonarr_gets_packs_too() -> None:
    night = night_of_imports(InstanceKind.SONARR, count=100)

    sizes = {len(script.media.numbers) for script in night if isinstance(script.media, EpisodesOf)}
    assert sizes == {1, 10}


def test_the_same_seed_makes_the_same_night() -> None:
    first, same, other = (night_of_imports(InstanceKind.RADARR, count=20, seed=seed) for seed in (1, 1, 2))

    assert first == same
    assert first != other
