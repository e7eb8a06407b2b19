from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.monitoring.alerts.routes import ALERTS, LOG, OWNER, Route, RouteKind, fallback

CHANNEL, PERSON = Route(RouteKind.CHANNEL, 123), Route(RouteKind.USER, 456)


@pytest.mark.parametrize("route", [ALERTS, LOG, OWNER, CHANNEL, PERSON])
def test_a_route_is_read_as_it_was_written(route: Route) -> None:
    assert Route.parse(str(route)) == route


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alerts:1",
        "owner:5",
        "channel",
        "user",
        "channel:0",
        "channel:x",
        "user:-1",
        f"user:{2**63}",
        "dm",
    ],
)
def test_what_is_no_route_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="route"):
        Route.parse(text)


@given(st.text())
def test_whatever_is_read_is_a_route_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert str(Route.parse(text)) == text


@pytest.mark.parametrize("route", [ALERTS, LOG, OWNER, CHANNEL, PERSON])
def test_ways_around_end(route: Route) -> None:
    tried: list[Route] = []
    current: Route | None = route
    while current is not None and current not in tried:
        tried.append(current)
        current = fallback(current)
    assert len(tried) <= 3


def test_what_is_for_one_person_goes_to_nobody_else() -> None:
    assert fallback(PERSON) is None
