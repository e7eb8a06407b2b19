"""How a helper imports the one download of a world by hand."""

import simcord

from tests.fakes.acting_world import ActingWorld, controls_of, labels_of

BY_HAND = "Import by hand"
CHANGE = "Choose the files …"


async def asked(world: ActingWorld) -> simcord.InteractionResult:
    """Let a helper begin to import the one download by hand."""
    return await world.click(world.oscar, await world.card(world.oscar), BY_HAND)


async def opened(world: ActingWorld) -> simcord.InteractionResult:
    """Let a helper open the files of the one download."""
    shown = await asked(world)
    return await world.click(world.oscar, shown, CHANGE) if CHANGE in labels_of(shown) else shown


async def confirmed(world: ActingWorld, question: simcord.InteractionResult) -> simcord.InteractionResult:
    """Confirm, and let time pass until the end is shown."""
    done = await world.click(world.oscar, question, "Confirm")
    await world.until(lambda: not controls_of(done))
    return done
