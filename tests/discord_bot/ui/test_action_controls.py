import re
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from discarr.core.models import InstanceKind, QueueStatus, TrackedState, TrackedStatus
from discarr.discord_bot.ui.action_controls import (
    ACTION_ITEMS,
    CountButton,
    CountModal,
    add_offers,
    look_button,
    operation_controls,
    renewed,
)
from discarr.discord_bot.ui.action_text import WORDS, scope
from discarr.discord_bot.ui.lasting import id_of
from discarr.discord_bot.ui.queue_browser import key_token
from discarr.monitoring.acting.kinds import ActionKind, effect_of
from discarr.monitoring.acting.offers import Offer, offers_for
from discarr.monitoring.acting.operation import OperationState
from discarr.monitoring.acting.targets import target_of
from discarr.utils.permissions import Grants, Level
from tests.discord_bot.ui.builders import NOW, at, message_with
from tests.discord_bot.ui.operations import OPERATION_ID, make_operation
from tests.factories import make_download
from tests.fakes.contract import assert_valid_for_discord

STUCK = make_download(status=QueueStatus.WARNING, error_message="stalled", added=at(12))
REFUSED = make_download(
    status=QueueStatus.COMPLETED,
    tracked_status=TrackedStatus.WARNING,
    tracked_state=TrackedState.IMPORT_PENDING,
    added=at(12),
)
TOKEN = key_token(STUCK.key)
GRANTS = Grants(admin_users=frozenset({1}))


@dataclass
class RecordedPages:
    """An `ActionPages` that notes what it was asked for."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)

    async def ask(self, _: Any, kind: str, token: str, *, is_chosen: bool = False) -> None:
        self.asked.append(("ask", kind, token, is_chosen))

    async def confirm(self, _: Any, operation_id: str, typed: str | None = None) -> None:
        self.asked.append(("confirm", operation_id, typed))

    async def keep(self, _: Any, operation_id: str) -> None:
        self.asked.append(("keep", operation_id))

    async def look(self, _: Any, operation_id: str) -> None:
        self.asked.append(("look", operation_id))


def offers(download: Any = STUCK) -> tuple[Offer, ...]:
    return offers_for(download, InstanceKind.RADARR, "6.0.3", level=Level.ADMIN, grants=GRANTS)


def offering(*shown: Offer) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    add_offers(view, TOKEN, shown, now=NOW)
    return view


def components_of(view: discord.ui.View) -> list[dict[str, Any]]:
    return [item for row in view.to_components() for item in row["components"]]


async def press(custom_id: str, *values: str) -> list[tuple[Any, ...]]:
    """Press the control with an id, and return what was asked for."""
    pages = RecordedPages()
    interaction = cast("Any", SimpleNamespace(client=SimpleNamespace(action_pages=pages)))
    chosen = {"custom_id": custom_id, "values": list(values), "is_dispatchable": lambda: True}
    item = cast("Any", SimpleNamespace(**chosen))
    for kind in ACTION_ITEMS:
        match = kind.__discord_ui_compiled_template__.fullmatch(custom_id)
        if match is not None:
            control = await kind.from_custom_id(interaction, item, match)
            await control.callback(interaction)
    return pages.asked


def test_the_remedy_is_the_one_primary_button_and_the_rest_is_a_choice() -> None:
    button, select = components_of(offering(*offers()))

    assert (button["label"], button["style"]) == (
        "Remove and search again",
        discord.ButtonStyle.primary.value,
    )
    assert button["custom_id"] == f"discarr:v1:act:do:remove_search.{TOKEN}"
    assert select["placeholder"] == "More …"
    assert [option["value"] for option in select["options"]][:2] == ["remove", "keep_search"]


def test_an_import_by_hand_is_a_button_also_where_it_is_not_the_remedy() -> None:
    both = components_of(offering(*offers(REFUSED)))
    assert [item["label"] for item in both if "label" in item] == ["Import by hand"]
    needless = tuple(offer for offer in offers(REFUSED) if offer.kind is ActionKind.IMPORT)
    (button,) = components_of(offering(*needless))
    assert button["custom_id"] == f"discarr:v1:act:do:import.{TOKEN}"


def test_without_a_remedy_everything_is_a_choice_and_without_offers_there_is_nothing() -> None:
    kept = tuple(offer for offer in offers() if not offer.is_remedy)
    (select,) = components_of(offering(*kept))
    assert select["placeholder"] == "Do something about it …"
    assert components_of(offering()) == []


@pytest.mark.parametrize("kind", ActionKind)
def test_every_action_has_words_that_fit(kind: ActionKind) -> None:
    words = WORDS[kind]
    assert 0 < len(words.label) <= 40
    assert 0 < len(words.hint) <= 100
    assert all((words.emoji, words.question, words.doing, words.done))
    assert len(id_of("act:do", f"{kind}.{TOKEN}")) <= 100


def test_a_question_can_be_confirmed_or_not_and_what_goes_on_looked_at() -> None:
    asked = operation_controls(make_operation())
    running = operation_controls(make_operation(state=OperationState.RUNNING))
    assert asked is not None
    assert running is not None
    assert [item["label"] for item in components_of(asked)] == ["Confirm", "Keep it"]
    assert components_of(asked)[0]["style"] == discord.ButtonStyle.danger.value
    assert [item["label"] for item in components_of(running)] == ["Look again"]
    assert operation_controls(make_operation(state=OperationState.DONE, ended_at=NOW)) is None


def test_what_loses_nothing_is_not_red() -> None:
    view = operation_controls(make_operation(kind=ActionKind.SEARCH))
    assert view is not None
    assert components_of(view)[0]["style"] == discord.ButtonStyle.success.value


def test_many_are_confirmed_by_their_number() -> None:
    view = operation_controls(make_operation(11))
    assert view is not None
    assert components_of(view)[0]["custom_id"] == f"discarr:v1:act:count:{OPERATION_ID}.11"
    modal = CountModal(OPERATION_ID, 11).to_dict()
    assert modal["custom_id"] == f"discarr:v1:modal:count:{OPERATION_ID}"
    assert "11 downloads" in str(modal)


@pytest.mark.parametrize(
    ("custom_id", "values", "asked"),
    [
        (f"discarr:v1:act:do:remove.{TOKEN}", (), ("ask", "remove", TOKEN, False)),
        (f"discarr:v1:act:more17:{TOKEN}", ("keep",), ("ask", "keep", TOKEN, True)),
        (f"discarr:v1:act:yes:{OPERATION_ID}", (), ("confirm", OPERATION_ID, None)),
        (f"discarr:v1:act:no:{OPERATION_ID}", (), ("keep", OPERATION_ID)),
        (f"discarr:v1:act:look:{OPERATION_ID}", (), ("look", OPERATION_ID)),
    ],
)
async def test_every_control_asks_for_what_stands_in_its_id(
    custom_id: str, values: tuple[str, ...], asked: tuple[Any, ...]
) -> None:
    assert await press(custom_id, *values) == [asked]


@pytest.mark.parametrize(
    "custom_id",
    [
        "discarr:v1:act:yes:",
        "discarr:v1:act:yes:0123456789abcdeg",
        f"discarr:v1:act:yes:{OPERATION_ID}0",
        f"discarr:v1:act:do:{'x' * 21}.{TOKEN}",
        f"discarr:v1:act:do:remove.{TOKEN}0",
        f"discarr:v1:act:count:{OPERATION_ID}.x",
    ],
)
async def test_made_up_ids_belong_to_nothing(custom_id: str) -> None:
    assert await press(custom_id) == []


async def test_a_typed_number_confirms() -> None:
    pages = RecordedPages()
    interaction = cast("Any", SimpleNamespace(client=SimpleNamespace(action_pages=pages)))
    match = CountModal.pattern.fullmatch(f"discarr:v1:modal:count:{OPERATION_ID}")
    assert match is not None
    await CountModal.answer(interaction, match, {"count": "12"})
    await CountModal.answer(interaction, match, {})
    assert pages.asked == [("confirm", OPERATION_ID, "12"), ("confirm", OPERATION_ID, "")]


def test_the_ids_of_several_actions_never_meet() -> None:
    patterns = [kind.__discord_ui_compiled_template__ for kind in ACTION_ITEMS]
    ids = [
        id_of("act:do", f"remove.{TOKEN}"),
        id_of("act:more", TOKEN, now=NOW),
        id_of("act:yes", OPERATION_ID),
        id_of("act:count", f"{OPERATION_ID}.11"),
        id_of("act:no", OPERATION_ID),
        id_of("act:look", OPERATION_ID),
    ]
    assert [sum(bool(re.fullmatch(pattern, name)) for pattern in patterns) for name in ids] == [1] * 6
    assert look_button(OPERATION_ID, "How it goes").item.label == "How it goes"
    assert CountButton(ids[3], f"{OPERATION_ID}.11").item.label == "…"


def test_scopes_are_counted_in_words() -> None:
    target = target_of(make_download(episode_count=1, size_bytes=0))
    assert scope(effect_of(ActionKind.REMOVE, (target,))) == "1 download · 1 episode"
    assert scope(effect_of(ActionKind.REMOVE, (target, target))) == "2 downloads · 2 episodes"


def test_offers_and_questions_are_what_discord_takes() -> None:
    embed = discord.Embed(description="x")
    assert_valid_for_discord(
        [
            message_with(embed, offering(*offers())),
            message_with(embed, offering(*offers(REFUSED))),
            message_with(embed, operation_controls(make_operation(11))),
        ]
    )


async def test_a_renewed_card_has_another_select_and_the_same_buttons() -> None:
    before = offering(*offers()).to_components()
    parts = [discord.ActionRow(cast("Any", row)) for row in before]
    message = cast("Any", SimpleNamespace(components=parts))

    view = renewed(message, now=at(21))

    ids = [item["custom_id"] for item in components_of(view)]
    assert ids[0] == f"discarr:v1:act:do:remove_search.{TOKEN}"
    assert ids[1] == id_of("act:more", TOKEN, now=at(21))
    assert view.is_finished()
