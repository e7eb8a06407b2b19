"""Recorded answers served as if they were given now."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.replay import Replay, ReplayError
from tests.fakes.clock import START, FakeClock
from tests.sandbox.arr_server.world import visiting
from tests.shared_folder import RECORDED, needs_shared

QUALITY = {"quality": {"id": 7, "name": "Bluray-1080p"}, "revision": {"version": 1}}
RUNNING: dict[str, Any] = {
    "movieId": 5,
    "title": "running",
    "size": 10,
    "sizeleft": 4,
    "quality": QUALITY,
    "timeleft": "00:10:00",
    "estimatedCompletionTime": "2024-05-24T22:00:00Z",
    "added": "2024-05-24T21:00:00Z",
    "status": "downloading",
    "downloadId": "A",
    "id": 1,
    "movie": {"id": 5, "title": "Metropolis", "tags": []},
}
UNTIMED = {"title": "untimed", "size": 0, "sizeleft": 0, "status": "queued", "downloadId": "B", "id": 2}


def _write(directory: Path, **contents: Any) -> Path:
    defaults: dict[str, Any] = {"movie_queue": {"records": []}, "series_queue": {"records": []}}
    for name, content in (defaults | contents).items():
        (directory / f"{name.replace('_', '-')}.json").write_text(json.dumps(content))
    return directory


def _radarr(directory: Path, clock: FakeClock) -> ArrServer:
    return ArrServer(Replay.from_directory(directory).source(InstanceKind.RADARR), clock=clock)


async def test_an_estimate_stays_as_far_away_as_it_was(tmp_path: Path) -> None:
    clock = FakeClock()
    server = _radarr(_write(tmp_path, movie_queue={"records": [RUNNING]}), clock)
    async with visiting(server) as visitor:
        (first,) = await visitor.queue()
        await clock.advance(60)
        (second,) = await visitor.queue()

    assert first["estimatedCompletionTime"] == "2026-01-02T20:57:00Z"
    assert second["estimatedCompletionTime"] == "2026-01-02T20:58:00Z"
    # recorded 21:50, grabbed 50 minutes before
    assert first["added"] == second["added"] == "2026-01-02T19:57:00Z"


@pytest.mark.parametrize(
    ("fields", "added"),
    [
        ({"added": "2024-04-07T09:06:51Z"}, "2026-01-02T17:47:00Z"),
        (
            {"added": "2024-04-07T09:00:00Z", "estimatedCompletionTime": "2024-04-07T10:00:00Z"},
            "2026-01-02T19:47:00Z",
        ),
        ({}, None),
    ],
)
async def test_rows_that_tell_less_are_dated_as_well_as_can_be(
    tmp_path: Path, fields: dict[str, str], added: str | None
) -> None:
    server = _radarr(_write(tmp_path, movie_queue={"records": [UNTIMED | fields]}), FakeClock())
    async with visiting(server) as visitor:
        (row,) = await visitor.queue()

    assert row.get("added") == added


async def test_embedded_titles_move_to_the_library(tmp_path: Path) -> None:
    server = _radarr(_write(tmp_path, movie_queue=[RUNNING]), FakeClock())
    async with visiting(server) as visitor:
        (lean,) = await visitor.queue()
        (rich,) = await visitor.queue(includeMovie="true")
        movie = await visitor.get("/movie/5")
        async with visitor.ask("/api/v3/movie/6") as answer:
            assert answer.status == 404

    assert "movie" not in lean
    assert rich["movie"] == movie == RUNNING["movie"]


async def test_the_last_event_happened_a_quarter_of_an_hour_ago(tmp_path: Path) -> None:
    events = [
        {"movieId": 5, "eventType": "downloadFolderImported", "date": "2024-03-31T16:35:25Z", "id": 2},
        {"movieId": 5, "eventType": "grabbed", "date": "2024-03-31T16:30:25Z", "id": 1},
    ]
    async with visiting(_radarr(_write(tmp_path, movie_history=events), FakeClock())) as visitor:
        page = await visitor.get("/history")

    assert [row["date"] for row in page["records"]] == ["2026-01-02T20:32:00Z", "2026-01-02T20:27:00Z"]


async def test_the_status_of_the_other_app_is_adapted(tmp_path: Path) -> None:
    status = {"appName": "Radarr", "version": "5.2.6.8376", "instanceName": "Synology"}
    replay = Replay.from_directory(_write(tmp_path, system_status=status))
    told = {}
    for kind in InstanceKind:
        async with visiting(ArrServer(replay.source(kind), clock=FakeClock())) as visitor:
            told[kind] = await visitor.get("/system/status")

    assert [item["appName"] for item in told.values()] == ["Radarr", "Sonarr"]
    assert [item["version"] for item in told.values()] == ["5.2.6.8376", "4.0.16.2944"]
    assert {item["instanceName"] for item in told.values()} == {"Synology"}


async def test_manual_imports_profiles_and_look_ups_are_served_too(tmp_path: Path) -> None:
    directory = _write(
        tmp_path,
        radarr_manual_import=[{"path": "/data/a.mkv", "downloadId": "A", "rejections": []}],
        quality_profiles=[{"id": 4, "name": "HD"}],
        movie_lookup=[{"title": "Alien", "tmdbId": 348}, {"title": "Aliens", "tmdbId": 679, "id": 197}],
    )
    async with visiting(_radarr(directory, FakeClock())) as visitor:
        files = await visitor.get("/manualimport", downloadId="A")
        profiles = await visitor.get("/qualityprofile")
        found = await visitor.get("/movie/lookup", term="alien")
        by_id = await visitor.get("/movie/lookup", term="tmdb:679")

    assert [file["path"] for file in files] == ["/data/a.mkv"]
    assert [profile["name"] for profile in profiles] == ["HD"]
    assert [item.get("id") for item in found] == [197, None]
    assert [item["title"] for item in by_id] == ["Aliens"]


def test_a_missing_queue_is_named_with_all_that_can_be_served(tmp_path: Path) -> None:
    (tmp_path / "movie-queue.json").write_text("[]")

    with pytest.raises(ReplayError, match=r"lacks series-queue\.json\. Needed are .* tags\.json"):
        Replay.from_directory(tmp_path)


@pytest.mark.parametrize("content", ["{", "5", '{"record": []}', '["row"]'])
def test_a_file_that_is_no_answer_is_named(tmp_path: Path, content: str) -> None:
    _write(tmp_path)
    (tmp_path / "tags.json").write_text(content)

    with pytest.raises(ReplayError, match=r"tags\.json is not a recorded answer"):
        Replay.from_directory(tmp_path)


@needs_shared
async def test_the_recorded_answers_can_be_served() -> None:
    replay = Replay.from_directory(RECORDED)
    counts, downloads = {}, {}
    for kind in InstanceKind:
        async with visiting(ArrServer(replay.source(kind), clock=FakeClock())) as visitor:
            rows = await visitor.queue()
            counts[kind] = len(rows)
            downloads[kind] = {row["downloadId"] for row in rows}
            for path in ("/tag", "/diskspace", "/rootfolder", "/history", "/system/status", "/health"):
                await visitor.get(path)
            assert len(await visitor.get("/qualityprofile")) == 6

    assert counts == {InstanceKind.RADARR: 3, InstanceKind.SONARR: 48}
    assert {kind: len(ids) for kind, ids in downloads.items()} == {
        InstanceKind.RADARR: 2,
        InstanceKind.SONARR: 13,
    }


@needs_shared
async def test_every_recorded_estimate_says_that_the_app_has_just_looked() -> None:
    source = Replay.from_directory(RECORDED).source(InstanceKind.SONARR)
    source.begin(START)

    rows = source.rows(START + timedelta(hours=1))

    immediate = [row for row in rows if row.get("timeleft") == "00:00:00"]
    assert immediate
    assert {row["estimatedCompletionTime"] for row in immediate} == {"2026-01-02T21:47:00Z"}
