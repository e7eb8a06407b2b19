"""The whole product from real HTTP to the embed: the main job, outages, and whatever instances may send."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, override

import pytest

from discarr.core.models import InstanceKind, InstanceState
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.faults import Fault, FaultKind
from discarr.sandbox.arr_server.queue_query import QueueQuery
from discarr.sandbox.arr_server.replay import Replay
from discarr.sandbox.arr_server.scenario import (
    Ending,
    Step,
    Volume,
    already,
    downloading,
    troubled,
    waiting,
)
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from discarr.sandbox.arr_server.source import FixedSource, PreparedBody
from tests.app_world import PATIENCE_S, AppWorld, FastClock, open_app
from tests.fakes.contract import assert_valid_for_discord
from tests.fakes.world import embed_text
from tests.sandbox.arr_server.world import AMELIE, METROPOLIS, movie_download, pack, radarr, sonarr
from tests.shared_folder import RECORDED, needs_shared

QUEUE = "/api/v3/queue"


@pytest.fixture
def clock() -> FastClock:
    return FastClock()


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


async def browse(world: AppWorld) -> list[str]:
    """Return every page that a member gets to see behind Browse."""
    result = await world.member.click(world.message, label="Browse")
    pages = []
    while True:
        assert result.acknowledged
        assert result.response is not None
        assert result.response.ephemeral
        page = embed_text(result.response.embeds[0])
        pages.append(page)
        if f"Page {len(pages)} of {len(pages)} " in page:
            return pages
        result = await world.member.click(result.response.message, label="Next")


async def refresh_until(world: AppWorld, is_so: Callable[[], bool]) -> None:
    """Press Refresh until something holds: what was read seconds ago is not read again."""
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():
            await world.member.click(world.message, label="Refresh")
            await asyncio.sleep(0.05)


@needs_shared
async def test_recorded_queues_become_one_message_that_accounts_for_all_of_them() -> None:
    clock = FastClock(speed=100.0)
    recorded = Replay.from_directory(RECORDED)
    radarr_server = ArrServer(recorded.source(InstanceKind.RADARR), clock=clock, refresh_every_s=5)
    sonarr_server = ArrServer(recorded.source(InstanceKind.SONARR), clock=clock, refresh_every_s=5)
    async with (
        radarr_server,
        sonarr_server,
        open_app({"Movies": radarr_server, "TV": sonarr_server}, clock) as world,
    ):
        text = await world.shows(
            "15 downloads · 5 need a hand", "TV · same disk as Movies", "Movies · 14 TB free"
        )
        first = world.message.id

        lines = text.splitlines()
        hands = [number for number, line in enumerate(lines) if line.startswith("✋")]
        assert hands == [1, 3, 5]
        assert "no video file found" in lines[2]
        assert "not better than what is there" in lines[4]
        assert "tracker refuses" in lines[6]
        assert lines[7] == "+2 more"
        assert "and 3 more" in lines
        assert "▰" in text
        assert "Puffin Rock" not in text
        assert "Added <t:" in text

        pages = await browse(world)
        numbered = [line for page in pages for line in page.splitlines() if line.startswith("`")]
        assert [line.split("`")[1] for line in numbered] == [str(number) for number in range(1, 16)]
        assert "Puffin Rock** S01 · 20 episodes" in pages[-1]

        edited = len(world.env.http_requests)
        await world.until(lambda: len(world.env.http_requests) > edited)
        assert world.message.id == first
        assert len(world.channel.history()) == 1
        assert_valid_for_discord(world.env.http_requests)


async def test_downloads_progress_unpack_finish_stall_and_fail() -> None:
    clock = FastClock(speed=200.0)
    going_well = (downloading(300), waiting(Step.UNPACKING, 300), waiting(Step.IMPORTING, 300))
    films = radarr(
        movie_download(*going_well),
        movie_download(downloading(100, until=0.4), waiting(Step.SILENT), media=AMELIE, name="Amelie.2001"),
    )
    failing = pack(downloading(100, until=0.5), troubled("unpack failed", 300), ending=Ending.FAILED)
    movies = ArrServer(ScenarioSource(scenario=films), clock=clock, refresh_every_s=5)
    tv = ArrServer(ScenarioSource(scenario=sonarr(failing)), clock=clock, refresh_every_s=5)
    async with movies, tv, open_app({"Movies": movies, "TV": tv}, clock) as world:
        await world.shows("3 downloads")
        first = world.message.id
        await world.shows("1 download\n", "⌛ **Amélie** (2001) · no data for 15 min", ": Metropolis (1927)")

        assert world.message.id == first
        assert_valid_for_discord(world.env.http_requests)
    said = iter(world.texts)
    for words in (
        "% of 1 MB",
        "% of 1 MB · ≈ <t:",
        "🔧 **Metropolis** (1927) · unpacking",
        "📥 **Metropolis**",
    ):
        assert any(words in text for text in said), words
    failed = next(text for text in world.texts if "1 needs a hand" in text)
    assert "\n✋ **Devs** S01 · 8 episodes\nLocked with a password" in failed
    assert "2 downloads\n" in "".join(world.texts).partition(failed)[2]


TROUBLES = {
    FaultKind.UNAUTHORIZED: "refuses the API key",
    FaultKind.HTML: "is not set up right in Discarr",
    FaultKind.STARTING: "starting",
    FaultKind.LOCKED: "has trouble answering since",
    FaultKind.GARBAGE: "sent an answer that makes no sense since",
    FaultKind.HANG: "offline since",
    FaultKind.DRIP: "offline since",
}


def tells(world: AppWorld, name: str, words: str) -> bool:
    return words in world.line_of(name)


async def test_every_kind_of_outage_is_told_apart_delays_nobody_and_ends(
    clock: FastClock, stack: AsyncExitStack
) -> None:
    servers = {kind.name: ArrServer(ScenarioSource(scenario=radarr()), clock=clock) for kind in TROUBLES}
    servers["FINE"] = ArrServer(
        ScenarioSource(scenario=radarr(movie_download(waiting(Step.PAUSED)))), clock=clock
    )
    servers["DEAD"] = ArrServer(ScenarioSource(scenario=radarr()), clock=clock)
    for kind in TROUBLES:
        path = QUEUE if kind is FaultKind.GARBAGE else "/"
        servers[kind.name].faults.add(Fault(kind=kind, path=path, times=None, seconds=20.0))
    for server in servers.values():
        await stack.enter_async_context(server)
    await servers["DEAD"].go_away()
    async with open_app(servers, clock, RADARR__HANG__TIMEOUT="1", RADARR__DRIP__TIMEOUT="1") as world:
        began = asyncio.get_running_loop().time()
        await world.shows("1 download", "**Metropolis** (1927) · FINE · paused")
        assert asyncio.get_running_loop().time() - began < 10

        for kind, words in TROUBLES.items():
            await world.until(partial(tells, world, kind.name, words))
        await world.until(partial(tells, world, "DEAD", "offline since"))
        assert world.line_of("FINE").startswith("✓")
        assert "Copy the key from Settings" in world.text
        assert not any("Nothing is downloading" in text for text in world.texts)

        for server in servers.values():
            server.faults.clear()
            await server.come_back()
        await refresh_until(world, lambda: all(world.line_of(name).startswith("✓") for name in servers))
        assert_valid_for_discord(world.env.http_requests)


@pytest.mark.parametrize("kind", [FaultKind.UNAUTHORIZED, FaultKind.GARBAGE, FaultKind.RESET])
async def test_an_outage_keeps_the_rows_and_never_looks_like_an_empty_queue(
    clock: FastClock, kind: FaultKind
) -> None:
    scenario = radarr(movie_download(already(0.4), waiting(Step.PAUSED)))
    async with (
        ArrServer(ScenarioSource(scenario=scenario), clock=clock) as server,
        open_app({"Movies": server}, clock) as world,
    ):
        await world.shows("paused at 40 %")
        server.faults.add(Fault(kind=kind, times=None))

        await world.shows("✗ Movies", "Metropolis", "paused at 40 % · at <t:")

        server.faults.clear()
        await refresh_until(world, lambda: "✓ Movies" in world.text)
        assert all("1 download" in text for text in world.texts if "Loading" not in text)


async def test_an_instance_that_never_answered_is_no_empty_queue(clock: FastClock) -> None:
    async with ArrServer(ScenarioSource(scenario=radarr()), clock=clock) as server:
        server.faults.add(Fault(kind=FaultKind.GARBAGE, path=QUEUE, times=None))
        async with open_app({"Movies": server}, clock) as world:
            await world.shows("The server cannot be asked", "What is downloading is not known right now")
            server.faults.clear()
            await world.shows("Nothing is downloading", "✓ Movies")

            assert [text.splitlines()[0] for text in world.texts if "Loading" not in text] == [
                "The server cannot be asked",
                "Nothing is downloading",
            ]


async def test_many_polls_log_no_line(clock: FastClock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    scenario = radarr(movie_download(downloading(100_000)))
    async with (
        ArrServer(ScenarioSource(scenario=scenario), clock=clock, refresh_every_s=5) as server,
        open_app({"Movies": server}, clock, DISCARR_REFRESH_INTERVAL="1") as world,
    ):
        server.faults.add(Fault(kind=FaultKind.GARBAGE, path="/api/v3/history", times=None))
        await world.shows("1 download")
        told = len(caplog.records)
        polls = len(server.requests)

        await world.until(lambda: len(server.requests) > polls + 30)

        assert [record.getMessage() for record in caplog.records[told:]] == []


@dataclass(kw_only=True)
class RawSource(FixedSource):
    """Answers every queue request with the same bytes."""

    body: bytes = b""

    @override
    def prepared_page(self, query: QueueQuery) -> PreparedBody:
        return PreparedBody(self.body, self.body)


def row(number: int, **overrides: Any) -> dict[str, Any]:
    """Return a sound queue row; a field that is set to `...` is left out."""
    fields = {
        "id": number,
        "movieId": 0,
        "title": f"Fine.Film.{number}.2020.1080p.WEB-DL",
        "size": 1000,
        "sizeleft": 500,
        "status": "downloading",
        "trackedDownloadStatus": "ok",
        "trackedDownloadState": "downloading",
        "downloadId": f"D{number}",
        "protocol": "usenet",
        "downloadClient": "sab",
        "quality": {"quality": {"name": "WEBDL-1080p", "resolution": 1080}},
    } | overrides
    return {name: value for name, value in fields.items() if value is not ...}


def page(rows: list[Any], **envelope: Any) -> bytes:
    fields = {"page": 1, "pageSize": 1000, "totalRecords": len(rows), "records": rows} | envelope
    return json.dumps(fields).encode()


NASTY_VALUES: list[Any] = [
    None,
    float("nan"),
    float("inf"),
    -5,
    1e308,
    10**400,
    2**63,
    "12",
    "?",
    [],
    {},
    True,
    0,
]
NASTY_FIELDS = [
    "id",
    "movieId",
    "title",
    "size",
    "sizeleft",
    "status",
    "trackedDownloadState",
    "downloadId",
    "quality",
    "statusMessages",
    "timeleft",
    "estimatedCompletionTime",
    "added",
    "errorMessage",
    "indexer",
]
NASTY_TEXTS = [
    "@everyone @here <@1> <@&2> <#3> </queue:4> <t:5:R> <:e:6>",
    "**b** __u__ ~~s~~ ||p|| `c` ```x``` [a](http://b) http://c.example > q",
    "\u202egnirts\u202c \u2066x",
    "\u200b\u200b",
    "\x00\x07\n\r",
    "# big\n-# small",
    "\ud800",
    "😀" * 3000,
    "Z" + "\u0351" * 500,
]


def rows_of_wrong_types() -> list[Any]:
    """Rows with a wrong value in each field, and things that are no rows."""
    numbers = iter(range(1000, 2000))
    rows = [row(next(numbers), **{field: value}) for field in NASTY_FIELDS for value in NASTY_VALUES]
    return [*rows, None, 1, "x", [], {}]


def rows_of_hostile_texts() -> list[dict[str, Any]]:
    """Rows that are formally sound, with hostile texts, duplicates and missing ids."""
    numbers = iter(range(2000, 3000))
    rows = [row(1), row(1), row(2, downloadId=...), row(3) | {"id": 3, "movieId": 4}]
    for text in NASTY_TEXTS:
        messages = [{"title": text, "messages": [text, None]}]
        rows.append(row(next(numbers), title=text, downloadId=text))
        rows.append(row(next(numbers), title=text, status="warning", errorMessage=text, indexer=text))
        rows.append(row(next(numbers), trackedDownloadStatus="warning", statusMessages=messages))
    return rows


@asynccontextmanager
async def open_nasty(clock: FastClock, body: bytes) -> AsyncIterator[tuple[AppWorld, RawSource]]:
    """Yield a world with an instance that answers `body`, and a good one with film 7."""
    source = RawSource(kind=InstanceKind.RADARR, body=body)
    good = FixedSource(kind=InstanceKind.RADARR, queue=[row(7)])
    async with (
        ArrServer(source, clock=clock) as bad_server,
        ArrServer(good, clock=clock) as good_server,
        open_app({"Bad": bad_server, "Good": good_server}, clock) as world,
    ):
        yield world, source


@pytest.mark.parametrize(
    ("body", "title"),
    [
        pytest.param(page([row(1, title="x" * 10_000_000)]), "2 downloads", id="10 MB title"),
        pytest.param(page([row(number) for number in range(20_000)]), "20001 downloads", id="20,000 rows"),
        pytest.param(b'{"records":' + b"[" * 100_000, "1 download", id="deep"),
        pytest.param(b"null", "1 download", id="null"),
        pytest.param(b'{"records": null}', "1 download", id="no records"),
        pytest.param(b"", "1 download", id="empty"),
        pytest.param(page([row(1)], totalRecords=-1, page=float("nan")), "2 downloads", id="wrong totals"),
    ],
)
async def test_a_nasty_answer_harms_nobody_and_is_over_when_it_is_over(
    clock: FastClock, body: bytes, title: str
) -> None:
    async with open_nasty(clock, body) as (world, source):
        await world.until(lambda: world.text.startswith(title + "\n") and "Loading" not in world.text)
        found = await world.member.slash(world.channel, "queue", instance="radarr_good")
        assert found.response is not None
        assert "**Fine Film 7** (2020) · 1080p · Good" in embed_text(found.response.embeds[0])
        source.body = page([row(8)])

        await world.shows("2 downloads", "**Fine Film 8** (2020) · 1080p · Bad", "✓ Bad")
        assert_valid_for_discord(world.env.http_requests)


async def test_nasty_rows_are_shown_harmlessly_or_skipped_and_counted(clock: FastClock) -> None:
    wrong, hostile = rows_of_wrong_types(), rows_of_hostile_texts()
    async with open_nasty(clock, page([*wrong, *hostile])) as (world, source):
        await world.shows("downloads", "rows not readable")
        bad, good = world.app.cache.snapshot.instances
        assert bad.state is good.state is InstanceState.UP
        assert len(good.downloads) == 1
        assert {item["id"] for item in hostile} <= {number for it in bad.downloads for number in it.row_ids}
        assert 5 <= bad.skipped_rows < len(wrong)

        everything = "\n".join([world.text, *await browse(world)])
        for live in (
            "@everyone",
            "@here",
            "<@",
            "<#",
            "</queue",
            "<t:5",
            "<:e:6",
            "\u202e",
            "\x07",
            "](http",
        ):
            assert live not in everything
        assert not world.message.mention_everyone
        source.body = page([row(8)])

        await world.shows("2 downloads", "**Fine Film 8** (2020) · 1080p · Bad", "✓ Bad")
        assert_valid_for_discord(world.env.http_requests)


async def test_nonsense_beside_the_queue_harms_nobody(clock: FastClock) -> None:
    hostile = "@everyone **x** <@1>\n" * 500
    scenario = replace(
        radarr(movie_download(waiting(Step.PAUSED))),
        volumes=(Volume(path="/data", free_bytes=10**400, total_bytes=-1),),
    )
    source = ScenarioSource(scenario=scenario)
    no_object: Any = 1
    nonsense = {"source": hostile, "type": hostile, "message": hostile, "wikiUrl": "javascript:x"}
    source.health = [nonsense, {}, no_object]
    source.media[METROPOLIS.id] |= {"title": hostile, "year": -(10**30), "tags": [hostile, None, 99]}
    source.tags = [{"id": "x", "label": hostile}, no_object]
    source.status = {"instanceName": hostile}
    async with ArrServer(source, clock=clock) as server, open_app({"Movies": server}, clock) as world:
        await world.shows("1 download", "warning")

        answered = await world.owner.slash(world.channel, "health")

        assert answered.acknowledged
        assert answered.response is not None
        assert "@everyone" not in world.text + embed_text(answered.response.embeds[0])
        assert_valid_for_discord(world.env.http_requests)
