"""Questions and controls as they are found after a restart, or made up, where everybody can press them."""

import asyncio
from typing import Any

import discord
import simcord

from discarr.discord_bot.ui.action_controls import OfferButton, operation_controls
from discarr.discord_bot.ui.lasting import id_of
from discarr.monitoring.acting.journal import Journal
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.operation import Item, Operation, OperationState
from discarr.monitoring.acting.targets import target_of
from discarr.utils.permissions import Level
from tests.fakes.acting_world import ActingWorld


def alerts_of(world: ActingWorld) -> list[discord.Message]:
    """Return the alerts in the thread of the live message."""
    threads = [thread for thread in world.world.channel.threads if thread.name == "Alerts"]
    return [message for thread in threads for message in thread.history() if message.embeds]


def operation_of(
    world: ActingWorld, kind: ActionKind, count: int, person: simcord.MemberActor, level: Level
) -> Operation:
    now = world.clock.now()
    return Operation(
        id=f"{count:016x}",
        kind=kind,
        state=OperationState.PENDING,
        requested_by=person.id,
        level=level,
        required_count=count if count > 10 else None,
        created_at=now,
        expires_at=now.replace(hour=23),
        items=tuple(Item(target=target_of(download)) for download in world.downloads[:count]),
    )


async def question_of(
    world: ActingWorld,
    kind: ActionKind,
    *,
    count: int = 1,
    person: simcord.MemberActor | None = None,
    level: Level = Level.OPERATOR,
) -> Operation:
    """Return a question of somebody's, as it would be found after a restart."""
    operation = operation_of(world, kind, count, person or world.oscar, level)
    await Journal(world.store, clock=world.clock).add(operation)
    return operation


async def posted(world: ActingWorld, operation: Operation) -> Any:
    """Put the controls of a question where everybody can press them."""
    view = operation_controls(operation)
    assert view is not None
    return await world.post(view)


async def offering(world: ActingWorld) -> Any:
    view = discord.ui.View(timeout=None)
    argument = f"remove.{world.token()}"
    view.add_item(OfferButton(id_of("act:do", argument), argument, "Remove"))
    return await world.post(view)


async def counted(person: simcord.MemberActor, message: Any, typed: str) -> Any:
    shown = await person.click(message, label="Confirm …")
    assert shown.modal is not None
    (row,) = shown.modal["components"]
    return await person.submit_modal(shown, {row["component"]["custom_id"]: typed})


async def together(presses: list[Any]) -> list[Any]:
    return list(await asyncio.gather(*presses))
