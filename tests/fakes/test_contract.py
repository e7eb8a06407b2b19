"""The check of requests finds what Discord's document does not allow."""

from typing import Any

import pytest

from tests.fakes.contract import assert_valid_for_discord
from tests.fakes.discord_server.ledger import RecordedRequest
from tests.shared_folder import CONTRACTS

pytestmark = pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the shared folder is not beside the checkout")

BUTTON = {"type": 2, "style": 1, "label": "Refresh", "custom_id": "refresh"}


def send(body: dict[str, Any]) -> None:
    request = RecordedRequest(method="POST", path="/channels/123/messages", body=body)
    assert_valid_for_discord([request])


def test_what_discord_allows_passes() -> None:
    send({"embeds": [{"title": "Downloads", "url": "https://discarr.example"}], "components": [row(BUTTON)]})


def row(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(parts)}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"embeds": [{"title": "x" * 257}]}, "is too long"),
        ({"embeds": [{"titel": "Downloads"}]}, "'titel' was unexpected"),
        ({"embeds": [{"title": "Downloads", "url": "discarr"}]}, "is not a 'uri'"),
        ({"embeds": [{"title": "Downloads", "color": 2**40}]}, "16777215"),
        ({"components": [row({**BUTTON, "style": 9})]}, "style: 1 was expected"),
        ({"components": [row(BUTTON, BUTTON)]}, "custom_id not unique"),
    ],
    ids=["long", "unknown", "address", "large", "wrong word", "twice"],
)
def test_what_it_does_not_allow_is_named(body: dict[str, Any], problem: str) -> None:
    with pytest.raises(AssertionError, match=problem):
        send(body)
