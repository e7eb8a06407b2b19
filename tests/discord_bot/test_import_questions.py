"""Asking at once for what an app matched as expected: its files stand in the question."""

import discord
import pytest
import simcord

from discarr.discord_bot.ui import import_pages
from discarr.discord_bot.ui.import_controls import ChangeButton, FinishButton, WantedButton
from discarr.discord_bot.ui.lasting import LastingButton, id_of
from discarr.monitoring.acting.operation import OperationState
from discarr.sandbox.arr_server.library import EpisodesOf, Series
from discarr.sandbox.arr_server.scenario import ScriptedDownload, ScriptedFile, already, troubled
from tests.discord_bot.importing import CHANGE, asked, confirmed
from tests.fakes.acting_world import ActingWorld, answer, id_in, labels_of, open_acting_world
from tests.sandbox.arr_server.world import AMELIE, DEVS, METROPOLIS, movie_download, radarr, sonarr

REFUSED = (already(1.0), troubled("not an upgrade"))
SAMPLES = (already(1.0), troubled("sample"))
MATCHED = ScriptedFile(name="movie.mkv", size_bytes=900, media=METROPOLIS)


async def press(world: ActingWorld, button: LastingButton) -> simcord.InteractionResult:
    """Let the helper press a button that stands elsewhere still."""
    view = discord.ui.View(timeout=None)
    view.add_item(button)
    message = await world.post(view)
    pressed: simcord.InteractionResult = await world.passing(
        world.oscar.click(message, label=button.item.label)
    )
    return pressed


async def test_what_the_app_matched_as_expected_is_asked_for_at_once_with_its_files() -> None:
    async with open_acting_world(radarr(movie_download(*REFUSED))) as world:
        question = await asked(world)
        assert "Import these files?" in answer(question)
        assert "📥 **Metropolis** (1927) · 1 MB" in answer(question)
        assert "-# Metropolis.1927.1080p.WEB-DL.mkv" in answer(question)
        assert "The app would refuse it: Not an upgrade" in answer(question)
        assert "They may **replace** what is there" in answer(question)
        assert labels_of(question) == ["Confirm", "Keep it", CHANGE]
        assert not [line for line in world.servers[0].requests if line.startswith("POST")]

        assert "Imported: 1 of 1" in answer(await confirmed(world, question))


async def test_instead_of_confirming_other_files_are_chosen_and_asked_for_anew() -> None:
    async with open_acting_world(radarr(movie_download(*REFUSED))) as world:
        first = await asked(world)
        files = await world.click(world.oscar, first, CHANGE)
        assert "✅ **Metropolis** (1927) · 1 MB" in answer(files)
        question = await world.click(world.oscar, files, "Import 1 …")
        again = await world.click(world.oscar, question, CHANGE)
        question = await world.click(world.oscar, again, "Import 1 …")

        states = [operation.state for operation in await world.operations()]
        assert states == [OperationState.WITHDRAWN, OperationState.WITHDRAWN, OperationState.PENDING]
        assert "Imported: 1 of 1" in answer(await confirmed(world, question))


@pytest.mark.parametrize(
    ("button", "verb", "label"), [(ChangeButton, "change", CHANGE), (FinishButton, "go", "Import 1 …")]
)
async def test_what_is_confirmed_already_is_neither_changed_nor_asked_for_again(
    button: type[ChangeButton | FinishButton], verb: str, label: str
) -> None:
    async with open_acting_world(radarr(movie_download(*REFUSED)), command_s=60) as world:
        question = await asked(world)
        draft_id = id_in(question, "imp:change").rpartition(":")[2]
        await world.click(world.oscar, question, "Confirm")

        late = await press(world, button(id_of(f"imp:{verb}", draft_id), draft_id, label))

        assert "That was confirmed or withdrawn before" in answer(late)
        states = [operation.state for operation in await world.operations()]
        assert OperationState.PENDING not in states
        await world.until(lambda: "Imported: 1 of 1" in answer(question))


async def test_a_question_that_is_refused_leaves_the_one_before_as_it_was() -> None:
    async with open_acting_world(radarr(movie_download(*REFUSED))) as world:
        question = await asked(world)
        draft_id = id_in(question, "imp:change").rpartition(":")[2]
        left_out = f"{draft_id}.0.0"
        await press(world, WantedButton(id_of("imp:want", left_out), left_out, "Leave it out"))

        refused = await press(world, FinishButton(id_of("imp:go", draft_id), draft_id, "Import …"))

        assert "There is no file that could be imported" in answer(refused)
        assert [operation.state for operation in await world.operations()] == [OperationState.PENDING]
        assert "Imported: 1 of 1" in answer(await confirmed(world, question))


@pytest.mark.parametrize(
    "files",
    [
        # Not known what one of them is.
        (MATCHED, ScriptedFile(name="extra.mkv", size_bytes=5, media=None)),
        # One of them is a sample: two are the same movie.
        (MATCHED, ScriptedFile(name="sample.mkv", size_bytes=9, media=METROPOLIS, rejections=("Sample",))),
        # Another movie than the download was grabbed for.
        (ScriptedFile(name="movie.mkv", size_bytes=900, media=AMELIE),),
    ],
)
async def test_where_there_is_something_to_choose_the_files_come_first(
    files: tuple[ScriptedFile, ...],
) -> None:
    async with open_acting_world(radarr(movie_download(*REFUSED, files=files))) as world:
        shown = await asked(world)

        assert "Import by hand" in answer(shown)
        assert await world.operations() == []


async def test_an_episode_that_is_not_of_the_download_is_not_taken_for_granted() -> None:
    file = ScriptedFile(name="devs.mkv", size_bytes=5, media=EpisodesOf(series=DEVS, season=1, numbers=(3,)))
    script = ScriptedDownload(
        release="Devs.S01E01", media=EpisodesOf(series=DEVS, season=1, numbers=(1,)), size_bytes=5,
        phases=SAMPLES, files=(file,),
    )  # fmt: skip
    async with open_acting_world(sonarr(script)) as world:
        assert "**1 of 1 file** would be imported." in answer(await asked(world))
        assert await world.operations() == []


async def test_more_files_than_a_question_names_are_looked_at_first() -> None:
    long = Series(id=9, title="Long", year=2000, episode_counts=(12,))
    script = ScriptedDownload(
        release="Long.S01",
        media=EpisodesOf(series=long, season=1, numbers=tuple(range(1, 13))),
        size_bytes=5,
        phases=SAMPLES,
    )
    async with open_acting_world(sonarr(script)) as world:
        assert "**12 of 12 files** would be imported." in answer(await asked(world))
        assert await world.operations() == []


async def test_after_a_restart_the_question_stands_and_its_files_are_forgotten() -> None:
    async with open_acting_world(radarr(movie_download(*REFUSED))) as world:
        question = await asked(world)
        await world.restart()

        late = await world.click(world.oscar, question, CHANGE)
        assert import_pages.FORGOTTEN in answer(late)

        assert "Imported: 1 of 1" in answer(await confirmed(world, question))


async def test_an_unconfirmed_question_leads_to_its_files_also_after_its_time() -> None:
    async with open_acting_world(radarr(movie_download(*REFUSED))) as world:
        question = await asked(world)
        await world.clock.advance(11 * 60)

        files = await world.click(world.oscar, question, CHANGE)

        assert "**1 of 1 file** would be imported." in answer(files)
