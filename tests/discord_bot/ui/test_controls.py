import re
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discarr.core.models import DownloadKey
from discarr.discord_bot.ui.card_controls import detail_controls
from discarr.discord_bot.ui.controls import (
    DYNAMIC_ITEMS,
    BrowseButton,
    is_status_message,
    page_controls,
    status_controls,
)
from discarr.discord_bot.ui.queue_browser import QueueFilter, key_token, render_queue_page
from discarr.monitoring.status_view import StatusView
from tests.discord_bot.ui.builders import (
    NOW,
    VIEWS,
    make_instance_row,
    make_row,
    make_view,
    message_with,
    units,
)
from tests.discord_bot.ui.test_queue_browser import FILTERS
from tests.effort import examples
from tests.fakes.contract import assert_valid_for_discord

ROWS = tuple(
    make_row(key=DownloadKey("radarr", "d", str(number)), title=f"Film {number}") for number in range(25)
)
FULL = QueueFilter(instance="i" * 32, state="downloading", text="🎬" * 40)


@dataclass
class RecordedControls:
    """A `Controls` that notes what it was asked for."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)

    async def browse(self, _: Any, queue_filter: QueueFilter, page: int) -> None:
        self.asked.append(("browse", queue_filter, page))

    async def needs_hand(self, _: Any) -> None:
        self.asked.append(("needs_hand",))

    async def refresh(self, _: Any) -> None:
        self.asked.append(("refresh",))

    async def detail(self, _: Any, token: str, queue_filter: QueueFilter, page: int) -> None:
        self.asked.append(("detail", token, queue_filter, page))


async def click(component: dict[str, Any], values: tuple[str, ...] = ()) -> list[tuple[Any, ...]]:
    """Send a click through the steps of discord.py's view store, from nothing but the component."""
    controls = RecordedControls()
    interaction = cast("discord.Interaction[Any]", SimpleNamespace(client=SimpleNamespace(controls=controls)))
    custom_id = component["custom_id"]
    if component["type"] == 3:
        item: discord.ui.Item[Any] = discord.ui.Select(
            custom_id=custom_id, options=[discord.SelectOption(label="x")]
        )
    else:
        item = discord.ui.Button(custom_id=custom_id)
    matches = [(kind, kind.__discord_ui_compiled_template__.fullmatch(custom_id)) for kind in DYNAMIC_ITEMS]
    found = [(kind, match) for kind, match in matches if match is not None]
    assert len(found) == 1, f"{custom_id} is claimed by {found}"
    kind, match = found[0]
    dynamic = await kind.from_custom_id(interaction, item, match)
    dynamic._refresh_state(interaction, {"custom_id": custom_id, "values": list(values)})
    await dynamic.callback(interaction)
    return controls.asked


def components_of(view: discord.ui.View) -> list[dict[str, Any]]:
    return [child for row in view.to_components() for child in row["components"]]


def page_of(view: StatusView, queue_filter: QueueFilter, page: int) -> list[dict[str, Any]]:
    rendered = render_queue_page(view, queue_filter, page, now=NOW)
    return components_of(page_controls(rendered, view.instances))


async def test_the_buttons_of_the_live_message() -> None:
    browse, hands, refresh = components_of(status_controls(2))

    assert (browse["label"], hands["label"], refresh["label"]) == ("Browse", "Needs a hand (2)", "Refresh")
    assert not hands["disabled"]
    assert await click(browse) == [("browse", QueueFilter(), 0)]
    assert await click(hands) == [("needs_hand",)]
    assert await click(refresh) == [("refresh",)]


def test_needs_a_hand_cannot_be_pressed_while_nothing_does() -> None:
    hands = components_of(status_controls(0))[1]
    assert (hands["label"], hands["disabled"]) == ("Needs a hand (0)", True)


async def test_the_controls_of_a_page_lead_to_the_places_around_it() -> None:
    queue_filter = QueueFilter(instance="radarr", text="film")
    instances = (make_instance_row(), make_instance_row(id="sonarr", name="TV"))
    view = make_view(others=ROWS, instances=instances)

    pick, state, where, previous, following, again = page_of(view, queue_filter, 1)

    assert await click(previous) == [("browse", queue_filter, 0)]
    assert await click(following) == [("browse", queue_filter, 2)]
    assert await click(again) == [("browse", queue_filter, 1)]
    token = pick["options"][0]["value"]
    assert token == key_token(ROWS[10].key)
    assert pick["options"][0]["label"] == "11 · Film 10"
    assert pick["options"][0]["description"] == "downloading · 25 %"
    assert await click(pick, (token,)) == [("detail", token, queue_filter, 1)]
    assert await click(state, ("needs_hand",)) == [
        ("browse", QueueFilter(instance="radarr", text="film", state="needs_hand"), 0)
    ]
    assert await click(where, ("sonarr",)) == [("browse", QueueFilter(instance="sonarr", text="film"), 0)]
    assert await click(where, ("-",)) == [("browse", QueueFilter(text="film"), 0)]
    assert [option["value"] for option in where["options"] if option.get("default")] == ["radarr"]
    assert [option["value"] for option in state["options"] if option.get("default")] == ["-"]


def test_there_is_no_way_beyond_the_first_and_the_last_page() -> None:
    *_, previous, following, _ = page_of(make_view(others=ROWS[:3]), QueueFilter(), 0)
    assert (previous["disabled"], following["disabled"]) == (True, True)
    *_, previous, following, _ = page_of(make_view(others=ROWS), QueueFilter(), 1)
    assert (previous["disabled"], following["disabled"]) == (False, False)


def test_an_empty_page_has_nothing_to_pick_and_one_server_nothing_to_choose() -> None:
    assert len(page_of(make_view(), QueueFilter(), 0)) == 4


def test_the_chosen_server_is_offered_among_hundreds() -> None:
    instances = tuple(make_instance_row(id=f"radarr_{number}", name=str(number)) for number in range(300))
    components = page_of(make_view(instances=instances), QueueFilter(instance="radarr_299"), 0)
    options = components[1]["options"]
    assert len(options) == 25
    assert [option["value"] for option in options if option.get("default")] == ["radarr_299"]


@pytest.mark.parametrize("place", ["", "x", "-1:::", "1:2", "9999999:::", "0:radarr:nope:<@1>", "🎬" * 40])
async def test_junk_in_an_id_is_answered_too(place: str) -> None:
    for verb in ("browse", "next"):
        asked = await click({"type": 2, "custom_id": f"discarr:v1:{verb}:{place}"})
        assert asked[0][0] == "browse"
    assert (await click({"type": 3, "custom_id": f"discarr:v1:pick:{place}"}))[0][:2] == ("detail", "")
    assert (await click({"type": 3, "custom_id": f"discarr:v1:state:{place}"}, ("nonsense",)))[0][
        0
    ] == "browse"


@given(st.text(max_size=100))
def test_ids_of_others_are_left_alone(custom_id: str) -> None:
    for kind in DYNAMIC_ITEMS:
        assert not kind.__discord_ui_compiled_template__.fullmatch(f"other:{custom_id}")


@settings(max_examples=examples(80))
@given(VIEWS, FILTERS, st.integers(-3, 10**9))
def test_controls_of_any_page_are_legal(view: StatusView, queue_filter: QueueFilter, page: int) -> None:
    rendered = render_queue_page(view, queue_filter, page, now=NOW)
    drawn = page_controls(rendered, view.instances)
    components = components_of(drawn)
    ids = [component["custom_id"] for component in components]
    assert len(ids) == len(set(ids))
    assert len(drawn.to_components()) <= 5
    for component in components:
        assert 1 <= units(component["custom_id"]) <= 100
        options = component.get("options", [])
        values = [option["value"] for option in options]
        assert len(values) == len(set(values)) <= 25
        for option in options:
            assert 1 <= units(option["label"]) <= 100
            assert 1 <= units(option["value"]) <= 100
            assert not re.search(r"[\ud800-\udfff]", option["label"])


def test_a_choice_says_as_much_as_discord_allows() -> None:
    instances = (make_instance_row(name="n" * 100), make_instance_row(id="other", name="n" * 101))
    view = make_view(others=(make_row(title="t" * 90),), instances=instances)

    options = {
        option["label"]
        for component in page_of(view, QueueFilter(), 0)
        for option in component.get("options", [])
    }

    assert {"n" * 100, "n" * 99 + "…", "1 · " + "t" * 90} <= options


def test_the_longest_ids_fit() -> None:
    assert units(BrowseButton("x", verb="browse", queue_filter=FULL, page=10**9).custom_id) <= 100
    for component in page_of(make_view(others=ROWS), FULL, 0) + components_of(detail_controls(FULL, 10**9)):
        assert units(component["custom_id"]) <= 100


def test_discord_accepts_the_controls() -> None:
    view = make_view(others=ROWS, instances=(make_instance_row(), make_instance_row(id="sonarr")))
    page = render_queue_page(view, QueueFilter(), 0, now=NOW)
    assert_valid_for_discord(
        [
            message_with(page.embed, page_controls(page, view.instances)),
            message_with(page.embed, status_controls(0)),
            message_with(page.embed, status_controls(3)),
            message_with(page.embed, detail_controls(FULL, 1)),
        ]
    )


def test_the_live_message_is_told_by_its_buttons() -> None:
    def message(view: discord.ui.View) -> discord.Message:
        rows = [discord.ActionRow(cast("Any", row)) for row in view.to_components()]
        return cast("discord.Message", SimpleNamespace(components=rows))

    assert is_status_message(message(status_controls(1)))
    assert not is_status_message(message(detail_controls(QueueFilter(), 0)))
    assert not is_status_message(cast("discord.Message", SimpleNamespace(components=[])))
