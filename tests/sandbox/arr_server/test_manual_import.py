"""Manual imports over a real socket, and what becomes of them."""

from dataclasses import replace
from typing import Any

import pytest

from discarr.core.models import Protocol
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.library import BLURAY_2160P, WEBDL_720P, EpisodesOf
from discarr.sandbox.arr_server.scenario import (
    ManualImport,
    Scenario,
    ScriptedFile,
    Step,
    already,
    importing,
    troubled,
    waiting,
)
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from tests.fakes.clock import FakeClock
from tests.sandbox.arr_server.world import (
    AMELIE,
    DEVS,
    METROPOLIS,
    Visitor,
    events_of,
    movie_download,
    pack,
    radarr,
    sonarr,
    visiting,
)

REFUSED = (already(1.0), troubled("not an upgrade"))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def _server(clock: FakeClock, scenario: Scenario) -> ArrServer:
    return ArrServer(ScenarioSource(scenario=scenario), clock=clock, refresh_every_s=5)


async def _offers(visitor: Visitor) -> list[dict[str, Any]]:
    row, *_ = await visitor.queue()
    offers: list[dict[str, Any]] = await visitor.get("/manualimport", downloadId=row["downloadId"])
    return offers


def _choice(offer: dict[str, Any], **overrides: Any) -> dict[str, Any]:
    """Return what a client sends for an offered file."""
    named = (
        {"seriesId": offer["series"]["id"], "episodeIds": [episode["id"] for episode in offer["episodes"]]}
        if "series" in offer
        else {"movieId": offer["movie"]["id"]}
        if "movie" in offer
        else {}
    )
    kept = {name: offer[name] for name in ("path", "folderName", "downloadId", "quality", "languages")}
    return kept | named | overrides


async def test_a_refused_movie_is_offered_with_the_reason(clock: FakeClock) -> None:
    async with visiting(_server(clock, radarr(movie_download(*REFUSED)))) as visitor:
        (offer,) = await _offers(visitor)

    assert offer["movie"]["title"] == "Metropolis"
    assert offer["path"].endswith("/Metropolis.1927.1080p.WEB-DL/Metropolis.1927.1080p.WEB-DL.mkv")
    assert [rejection["type"] for rejection in offer["rejections"]] == ["permanent"]
    assert offer["rejections"][0]["reason"].startswith("Not an upgrade")


async def test_a_refused_pack_is_offered_file_by_file(clock: FakeClock) -> None:
    async with visiting(_server(clock, sonarr(pack(already(1.0), troubled("sample"))))) as visitor:
        offers = await _offers(visitor)

    assert [[episode["episodeNumber"] for episode in offer["episodes"]] for offer in offers] == [
        [number] for number in range(1, 9)
    ]
    assert {offer["rejections"][0]["reason"] for offer in offers} == {"Sample"}
    assert {offer["size"] for offer in offers} == {1_000_000}


@pytest.mark.parametrize(
    ("problem", "reasons"),
    [
        ("matched by id", []),
        ("not grabbed", []),
        ("missing episodes", []),
        ("unknown movie", ["Unknown Movie"]),
        ("unable to parse", ["Unable to parse file"]),
        ("locked file", ["Locked file, try again later"]),
    ],
)
async def test_what_speaks_against_a_file_depends_on_the_problem(
    clock: FakeClock, problem: str, reasons: list[str]
) -> None:
    scenario = radarr(movie_download(already(1.0), troubled(problem)))
    async with visiting(_server(clock, scenario)) as visitor:
        (offer,) = await _offers(visitor)

    assert [rejection["reason"] for rejection in offer["rejections"]] == reasons
    assert ("movie" in offer) is (problem not in ("unknown movie", "unable to parse"))


@pytest.mark.parametrize("problem", ["no eligible files", "path missing", "invalid path", "archive"])
async def test_nothing_is_offered_where_the_app_sees_no_file(clock: FakeClock, problem: str) -> None:
    async with visiting(_server(clock, radarr(movie_download(already(1.0), troubled(problem))))) as visitor:
        assert await _offers(visitor) == []


async def test_nothing_is_offered_for_an_unknown_download(clock: FakeClock) -> None:
    async with visiting(_server(clock, radarr())) as visitor:
        assert await visitor.get("/manualimport", downloadId="nothing", filterExistingFiles="false") == []


@pytest.mark.parametrize("phase", [waiting(Step.QUEUED), waiting(Step.UNPACKING), troubled("stalled")])
async def test_the_app_stumbles_over_what_has_not_completed(clock: FakeClock, phase: Any) -> None:
    async with visiting(_server(clock, radarr(movie_download(already(1.0), phase)))) as visitor:
        (row,) = await visitor.queue()
        got, _ = await visitor.send("GET", "/manualimport", downloadId=row["downloadId"])
        posted, _ = await visitor.send("POST", "/manualimport", [{"downloadId": row["downloadId"]}])

    assert (got, posted) == (500, 500)


async def test_an_import_brings_the_movie_into_the_library(clock: FakeClock) -> None:
    async with visiting(_server(clock, radarr(movie_download(*REFUSED, replaces=BLURAY_2160P)))) as visitor:
        (offer,) = await _offers(visitor)
        ended = await visitor.run(clock, "ManualImport", importMode="auto", files=[_choice(offer)])
        left = await visitor.queue()
        rows = await visitor.history()
        movie = await visitor.get("/movie/1")
        again = await visitor.get("/manualimport", downloadId=offer["downloadId"])

    assert (ended["status"], ended["result"]) == ("completed", "successful")
    assert left == again == []
    assert events_of(rows) == ["grabbed", "movieFileDeleted", "downloadFolderImported"]
    assert rows[1]["data"]["reason"] == "Upgrade"
    assert rows[2]["data"]["droppedPath"] == offer["path"]
    assert movie["movieFile"]["quality"] == offer["quality"]


async def test_a_running_import_says_what_it_does(clock: FakeClock) -> None:
    async with visiting(_server(clock, radarr(movie_download(*REFUSED)))) as visitor:
        (offer,) = await _offers(visitor)
        _, posted = await visitor.send(
            "POST", "/command", {"name": "ManualImport", "files": [_choice(offer)]}
        )
        await clock.advance(0.2)
        running = await visitor.get(f"/command/{posted['id']}")

    assert (running["status"], running["message"]) == ("started", "Processing file 1 of 1")
    assert "started" not in posted


async def test_of_a_pack_exactly_the_named_files_are_imported(clock: FakeClock) -> None:
    async with visiting(_server(clock, sonarr(pack(already(1.0), troubled("sample"))))) as visitor:
        offers = await _offers(visitor)
        await visitor.run(clock, "ManualImport", files=[_choice(offer) for offer in offers[:3]])
        await clock.advance(5)
        rows = await visitor.queue()
        still_offered = await _offers(visitor)
        await visitor.run(clock, "ManualImport", files=[_choice(offer) for offer in still_offered])
        left = await visitor.queue()
        history = await visitor.history(eventType=3)

    assert [row["episodeHasFile"] for row in rows] == [True] * 3 + [False] * 5
    assert [offer["path"] for offer in still_offered] == [offer["path"] for offer in offers[3:]]
    assert left == []
    assert [row["episodeId"] for row in history] == [701_001 + number for number in range(8)]


async def test_files_of_a_torrent_stay_where_they_are(clock: FakeClock) -> None:
    script = pack(already(1.0), troubled("sample"), protocol=Protocol.TORRENT)
    async with visiting(_server(clock, sonarr(script))) as visitor:
        offers = await _offers(visitor)
        await visitor.run(clock, "ManualImport", files=[_choice(offers[0])])
        after_auto = await _offers(visitor)
        await visitor.run(clock, "ManualImport", importMode="move", files=[_choice(offers[0])])
        after_move = await _offers(visitor)

    assert (len(after_auto), len(after_move)) == (8, 7)


async def test_copying_leaves_the_file_of_a_usenet_download(clock: FakeClock) -> None:
    async with visiting(_server(clock, sonarr(pack(already(1.0), troubled("sample"))))) as visitor:
        offers = await _offers(visitor)
        await visitor.run(clock, "ManualImport", importMode="copy", files=[_choice(offers[0])])
        assert len(await _offers(visitor)) == 8


async def test_what_the_app_has_imported_itself_is_not_offered_again(clock: FakeClock) -> None:
    script = pack(already(1.0), importing(4, 1, 2), troubled("missing episodes"))
    async with visiting(_server(clock, sonarr(script))) as visitor:
        await clock.advance(5)
        offers = await _offers(visitor)
        await visitor.run(clock, "ManualImport", files=[_choice(offer) for offer in offers])
        left = await visitor.queue()

    assert len(offers) == 6
    assert left == []


async def test_an_unknown_item_can_be_assigned(clock: FakeClock) -> None:
    scenario = radarr(movie_download(already(1.0), troubled("not grabbed"), media=None))
    async with visiting(_server(clock, scenario)) as visitor:
        (offer,) = await _offers(visitor)
        choice = _choice(offer, movieId=AMELIE.id)
        _, (judged,) = await visitor.send("POST", "/manualimport", [choice])
        await visitor.run(clock, "ManualImport", files=[choice])
        left = await visitor.queue()
        (imported,) = await visitor.history()

    assert [rejection["reason"] for rejection in offer["rejections"]] == ["Unknown Movie"]
    assert (judged["movie"]["title"], judged["rejections"]) == ("Amélie", [])
    assert left == []
    assert (imported["movieId"], imported["eventType"]) == (AMELIE.id, "downloadFolderImported")


async def test_an_unknown_item_of_sonarr_can_be_assigned_to_episodes(clock: FakeClock) -> None:
    script = replace(pack(already(1.0), troubled("not grabbed")), media=None)
    async with visiting(_server(clock, sonarr(script))) as visitor:
        (offer,) = await _offers(visitor)
        choice = _choice(offer, seriesId=DEVS.id, episodeIds=[701_001, 701_002])
        _, (judged,) = await visitor.send("POST", "/manualimport", [choice])
        await visitor.run(clock, "ManualImport", files=[choice])
        left = await visitor.queue()
        history = await visitor.history()

    assert [rejection["reason"] for rejection in offer["rejections"]] == ["Unknown Series"]
    assert [episode["id"] for episode in judged["episodes"]] == [701_001, 701_002]
    assert left == []
    assert [row["episodeId"] for row in history] == [701_001, 701_002]


@pytest.mark.parametrize("name", ["Radarr", "Sonarr"])
async def test_a_choice_that_names_nothing_stays_unknown(clock: FakeClock, name: str) -> None:
    scenario = (
        radarr(movie_download(*REFUSED))
        if name == "Radarr"
        else sonarr(pack(already(1.0), troubled("sample")))
    )
    async with visiting(_server(clock, scenario)) as visitor:
        offer, *_ = await _offers(visitor)
        _, (judged,) = await visitor.send(
            "POST", "/manualimport", [_choice(offer, movieId=99, episodeIds=[])]
        )

    kept = offer["rejections"][0]["reason"]
    unknown = "Unknown Movie" if name == "Radarr" else "Unknown Series"
    assert [rejection["reason"] for rejection in judged["rejections"]] == [unknown, kept]


@pytest.mark.parametrize("body", [[], {}, None, ["file"]])
async def test_judging_needs_files(clock: FakeClock, body: Any) -> None:
    async with visiting(_server(clock, radarr())) as visitor:
        status, _ = await visitor.send("POST", "/manualimport", body)

    assert status == 400


async def test_files_can_be_scripted(clock: FakeClock) -> None:
    second = EpisodesOf(series=DEVS, season=1, numbers=(2,))
    script = pack(
        already(1.0),
        troubled("no eligible files"),
        files=(
            ScriptedFile(name="two.mkv", size_bytes=7, media=second, quality=WEBDL_720P),
            ScriptedFile(name="extras/what.mkv", size_bytes=5, media=None, rejections=("Sample",)),
        ),
    )
    async with visiting(_server(clock, sonarr(script))) as visitor:
        offers = await _offers(visitor)

    assert [offer["relativePath"] for offer in offers] == ["two.mkv", "extras/what.mkv"]
    assert offers[0]["quality"]["quality"]["name"] == "WEBDL-720p"
    assert [len(offer["rejections"]) for offer in offers] == [0, 1]
    assert [offer["releaseType"] for offer in offers] == ["singleEpisode", "unknown"]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"quality": None}, "Object reference not set to an instance of an object."),
        ({"languages": None}, "Object reference not set to an instance of an object."),
        ({"movieId": None}, "Object reference not set to an instance of an object."),
        ({"movieId": 99}, "Movie with ID 99 does not exist"),
        ({"path": "/elsewhere"}, "Could not find file '/elsewhere'."),
        ({"downloadId": "gone"}, "Could not find file '{path}'."),
    ],
)
async def test_a_bad_choice_makes_the_command_fail(
    clock: FakeClock, overrides: dict[str, Any], message: str
) -> None:
    async with visiting(_server(clock, radarr(movie_download(*REFUSED)))) as visitor:
        (offer,) = await _offers(visitor)
        ended = await visitor.run(clock, "ManualImport", files=[_choice(offer, **overrides)])
        history = await visitor.history()

    assert (ended["status"], ended["result"]) == ("failed", "unsuccessful")
    assert ended["message"] == message.format(path=offer["path"])
    assert ended["exception"]
    assert events_of(history) == ["grabbed"]


async def test_an_episode_that_does_not_exist_cannot_be_imported(clock: FakeClock) -> None:
    async with visiting(_server(clock, sonarr(pack(already(1.0), troubled("sample"))))) as visitor:
        offer, *_ = await _offers(visitor)
        ended = await visitor.run(clock, "ManualImport", files=[_choice(offer, episodeIds=[5])])

    assert ended["message"] == "Episode with ID 5 does not exist"


async def test_a_command_can_fail_without_an_import(clock: FakeClock) -> None:
    script = movie_download(*REFUSED, manual_import=ManualImport.FAILS)
    async with visiting(_server(clock, radarr(script))) as visitor:
        (offer,) = await _offers(visitor)
        ended = await visitor.run(clock, "ManualImport", files=[_choice(offer)])
        history = await visitor.history()

    assert (ended["status"], events_of(history)) == ("failed", ["grabbed"])


async def test_a_command_can_say_that_it_failed_although_the_file_arrived(clock: FakeClock) -> None:
    script = movie_download(*REFUSED, manual_import=ManualImport.SAYS_IT_FAILED)
    async with visiting(_server(clock, radarr(script))) as visitor:
        (offer,) = await _offers(visitor)
        ended = await visitor.run(clock, "ManualImport", files=[_choice(offer)])
        history = await visitor.history(downloadId=offer["downloadId"])
        left = await visitor.queue()

    assert (ended["status"], events_of(history)) == ("failed", ["grabbed", "downloadFolderImported"])
    assert len(left) == 1


async def test_a_file_can_be_imported_as_another_movie(clock: FakeClock) -> None:
    async with visiting(_server(clock, radarr(movie_download(*REFUSED)))) as visitor:
        (offer,) = await _offers(visitor)
        await visitor.run(clock, "ManualImport", files=[_choice(offer, movieId=AMELIE.id)])
        left = await visitor.queue()
        has_file = [(await visitor.get(f"/movie/{movie.id}"))["hasFile"] for movie in (METROPOLIS, AMELIE)]

    assert left == []
    assert has_file == [False, True]


async def test_an_import_of_nothing_completes(clock: FakeClock) -> None:
    async with visiting(_server(clock, radarr())) as visitor:
        ended = await visitor.run(clock, "ManualImport", files=[])

    assert (ended["status"], ended["message"]) == ("completed", "Manually imported 0 files")
