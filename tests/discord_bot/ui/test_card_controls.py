from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from discarr.discord_bot.ui.card_controls import add_link, detail_controls, way_back
from discarr.discord_bot.ui.queue_browser import QueueFilter
from tests.discord_bot.ui.test_controls import click, components_of


async def test_the_way_back_from_a_detail_card() -> None:
    queue_filter = QueueFilter(state="waiting")
    (back,) = components_of(detail_controls(queue_filter, 3))
    assert await click(back) == [("browse", queue_filter, 3)]


def shown(*custom_ids: str) -> discord.Message:
    """Return a message with buttons of these ids, as Discord hands it over with a click."""
    buttons = [{"type": 2, "style": 2, "label": "x", "custom_id": custom_id} for custom_id in custom_ids]
    row: Any = {"type": 1, "components": buttons}
    return cast("discord.Message", SimpleNamespace(components=[discord.ActionRow(row)]))


def test_a_card_knows_where_it_was_chosen() -> None:
    place = QueueFilter(text="film")
    (back,) = components_of(detail_controls(place, 3))

    assert way_back(shown("discarr:v1:refresh", back["custom_id"])) == (place, 3)


def test_without_a_way_back_it_is_the_first_page_of_everything() -> None:
    assert way_back(None) == way_back(shown("discarr:v1:refresh")) == (QueueFilter(), 0)


@pytest.mark.parametrize(
    ("url", "links"),
    [("https://tv.home", ["https://tv.home/activity/queue"]), (None, []), ("https://" + "x" * 500, [])],
)
def test_the_app_is_linked_where_browsers_reach_it_and_discord_takes_the_address(
    url: str | None, links: list[str]
) -> None:
    view = discord.ui.View(timeout=None)

    add_link(view, "TV", url)

    assert [item["url"] for item in components_of(view)] == links
