"""What clean-up proposed is judged again right before it is removed, with the app at the wire."""

from typing import Any

import httpx
import pytest

from discarr.core.cleanup_config import CleanupRule
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import Operation, OperationState
from discarr.monitoring.acting.results import Cause
from discarr.monitoring.cleanup.grounds import Grounds
from tests.clients.fake_app import json_response
from tests.monitoring.acting.pressing import make_app
from tests.monitoring.acting.stage import ADA, Stage, open_stage, result

REMOVE = ActionKind.REMOVE


async def clean_up(stage: Stage, rule: CleanupRule) -> Operation:
    """Ask for what a rule proposed, as clean-up does."""
    (download,) = stage.cache.snapshot.downloads
    grounds = Grounds.of(download, rule, slow_bytes_s=1, now=stage.clock.now())
    return await stage.ask(
        REMOVE, "A", person=ADA, evidence={download.key: "3 strikes"}, grounds={download.key: grounds}
    )


@pytest.mark.parametrize(
    ("rule", "before", "after", "cause"),
    [
        (
            CleanupRule.NO_METADATA,
            {"size": 0, "sizeleft": 0},
            {"size": 900, "sizeleft": 900},
            Cause.RECOVERED,
        ),
        (CleanupRule.SLOW, {}, {"sizeleft": 400}, Cause.RECOVERED),
        (CleanupRule.STALLED, {}, {"sizeleft": 999}, Cause.RECOVERED),
        (CleanupRule.STALLED, {}, {"sizeleft": 0}, Cause.FINISHED),
        (CleanupRule.SLOW, {"protocol": "usenet"}, {"sizeleft": 0}, Cause.FINISHED),
    ],
)
async def test_what_has_recovered_before_its_turn_is_not_cleaned_up(
    rule: CleanupRule, before: dict[str, Any], after: dict[str, Any], cause: Cause
) -> None:
    async with open_stage(app := make_app(**before)) as stage:
        operation = await clean_up(stage, rule)
        await stage.restart()  # the question outlives it, with what it went by
        app.change("A", **after)
        await stage.confirm(operation, ADA)
        kept = await stage.end_of(operation)
        assert (result(kept).cause, kept.state) == (cause, OperationState.FAILED)
    assert app.writes == []


@pytest.mark.parametrize("before", [{}, {"size": 0, "sizeleft": 0}])
async def test_what_is_as_bad_as_it_was_is_cleaned_up(before: dict[str, Any]) -> None:
    rule = CleanupRule.NO_METADATA if before else CleanupRule.SLOW
    async with open_stage(app := make_app(**before)) as stage:
        operation = await clean_up(stage, rule)
        await stage.clock.advance(300)
        await stage.confirm(operation, ADA)
        assert result(await stage.end_of(operation)).cause is Cause.ANSWERED
    assert app.grabs == {}


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ({"monitored": False}, Cause.ANSWERED),
        ({"monitored": True}, Cause.MONITORED),
        ({}, Cause.IN_DOUBT),
        (None, Cause.REQUEST),
    ],
)
async def test_the_library_is_asked_again_about_what_was_no_longer_wanted(
    answer: dict[str, Any] | None, cause: Cause
) -> None:
    def library(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith("/movie/1"):
            return None
        return json_response(*((500, {}) if answer is None else (200, {"id": 1} | answer)))

    async with open_stage(app := make_app()) as stage:
        operation = await clean_up(stage, CleanupRule.UNMONITORED)
        app.before = library
        await stage.confirm(operation, ADA)
        ended = await stage.end_of(operation)
    assert result(ended).cause is cause
    assert bool(app.writes) is (cause is Cause.ANSWERED)


async def test_what_the_snapshot_does_not_show_now_may_be_wanted_again() -> None:
    async with open_stage(app := make_app()) as stage:
        operation = await clean_up(stage, CleanupRule.UNMONITORED)
        grab = app.grabs.pop("A")
        await stage.read()
        app.grabs["A"] = grab
        await stage.confirm(operation, ADA)
        assert result(await stage.end_of(operation)).cause is Cause.IN_DOUBT
    assert app.writes == []
