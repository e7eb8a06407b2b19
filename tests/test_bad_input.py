"""Whatever an instance may send, from real HTTP to the embed: legal, harmless, and nobody else's trouble."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, override

import pytest

from discarr.core.models import InstanceKind, InstanceState
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.queue_query import QueueQuery
from discarr.sandbox.arr_server.scenario import Step, Volume, waiting
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from discarr.sandbox.arr_server.source import FixedSource, PreparedBody
from tests.app_world import AppWorld, FastClock, open_app
from tests.fakes.contract import assert_valid_for_discord
from tests.fakes.world import embed_text
from tests.sandbox.arr_server.world import METROPOLIS, movie_download, radarr


@pytest.fixture
def clock() -> FastClock:
    return FastClock()


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
        pytest.param(page([row(number) for number in range(6_000)]), "6001 downloads", id="6,000 rows"),
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

        everything = "\n".join([world.text, *await world.browse()])
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
