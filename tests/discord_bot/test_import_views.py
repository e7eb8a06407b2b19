"""Unblocking: from the files that an app refused to the library, over simulated apps on sockets."""

from typing import Any

import discord
import simcord

from discarr.discord_bot.ui import import_pages
from discarr.discord_bot.ui.import_controls import (
    EpisodeSelect,
    FileSelect,
    SeasonSelect,
    TitleSelect,
    WantedButton,
)
from discarr.discord_bot.ui.lasting import id_of
from discarr.monitoring.acting.operation import OperationState
from discarr.sandbox.arr_server.library import EpisodesOf, Series
from discarr.sandbox.arr_server.scenario import (
    ManualImport,
    ScriptedDownload,
    ScriptedFile,
    already,
    troubled,
)
from discarr.utils.permissions import Level
from tests.discord_bot.importing import confirmed, opened
from tests.fakes.acting_world import (
    ActingWorld,
    answer,
    controls_of,
    id_in,
    open_acting_world,
    options_of,
)
from tests.sandbox.arr_server.world import AMELIE, DEVS, METROPOLIS, movie_download, pack, radarr, sonarr

REFUSED = (already(1.0), troubled("not an upgrade"))
SAMPLES = (already(1.0), troubled("sample"))
MATCHED = ScriptedFile(name="movie.mkv", size_bytes=900, media=METROPOLIS)


async def search(
    world: ActingWorld, shown: simcord.InteractionResult, label: str, typed: str
) -> simcord.InteractionResult:
    """Type a title into the modal behind a button."""
    asked = await world.click(world.oscar, shown, label)
    assert asked.modal is not None
    (row,) = asked.modal["components"]
    done: simcord.InteractionResult = await world.passing(
        world.oscar.submit_modal(asked, {row["component"]["custom_id"]: typed})
    )
    return done


async def test_a_refused_movie_is_shown_with_the_reason_and_imported_all_the_same() -> None:
    async with open_acting_world(radarr(movie_download(*REFUSED))) as world:
        files = await opened(world)
        assert "✅ **Metropolis** (1927) · 1 MB" in answer(files)
        assert "-# Metropolis.1927.1080p.WEB-DL.mkv" in answer(files)
        assert "⚠ Not an upgrade for existing movie file." in answer(files)
        assert "**1 of 1 file** would be imported." in answer(files)

        question = await world.click(world.oscar, files, "Import 1 …")
        assert "Import these files?" in answer(question)
        assert "They may **replace** what is there" in answer(question)
        assert "The app would refuse it: Not an upgrade" in answer(question)
        done = await confirmed(world, question)

        assert "Imported: 1 of 1" in answer(done)
        await world.until(lambda: not world.downloads)


async def test_a_pack_is_imported_file_by_file_and_verified_in_the_history() -> None:
    async with open_acting_world(sonarr(pack(*SAMPLES))) as world:
        files = await opened(world)
        assert "**8 of 8 files** would be imported." in answer(files)

        question = await world.click(world.oscar, files, "Import 8 …")
        assert "**8 files**" in answer(question)
        done = await confirmed(world, question)

        assert "Imported: 8 of 8" in answer(done)


async def test_a_command_that_fails_though_the_file_arrived_ends_in_the_truth() -> None:
    script = movie_download(*REFUSED, manual_import=ManualImport.SAYS_IT_FAILED)
    async with open_acting_world(radarr(script)) as world:
        question = await world.click(world.oscar, await opened(world), "Import 1 …")

        assert "Imported: 1 of 1" in answer(await confirmed(world, question))


async def test_a_command_that_fails_is_not_called_done() -> None:
    script = movie_download(*REFUSED, manual_import=ManualImport.FAILS)
    async with open_acting_world(radarr(script)) as world:
        question = await world.click(world.oscar, await opened(world), "Import 1 …")
        done = await confirmed(world, question)

        assert "✗ Not done" in answer(done)
        assert "The app gave it up" in answer(done)


async def test_an_unknown_file_is_given_its_movie() -> None:
    unknown = movie_download(already(1.0), troubled("unknown movie"), media=None)
    async with open_acting_world(radarr(unknown)) as world:
        files = await opened(world)
        assert "❔ **not known what it is**" in answer(files)
        assert _button(files, "Import …")["disabled"]

        file = await world.choose(world.oscar, files, "imp:pick", "1")
        assert "It cannot be imported before somebody says what it is." in answer(file)
        found = await search(world, file, "Which title?", "  amélie ")
        assert "Found for “amélie”" in answer(found)
        chosen = await world.choose(world.oscar, found, "imp:title", str(AMELIE.id))
        assert "✅ **Amélie** (2001)" in answer(chosen)
        assert "Nothing speaks against it." in answer(chosen)
        files = await world.click(world.oscar, chosen, "All files")
        done = await confirmed(world, await world.click(world.oscar, files, "Import 1 …"))

        assert "Imported: 1 of 1" in answer(done)


async def test_a_wrong_movie_is_corrected() -> None:
    async with open_acting_world(radarr(movie_download(*REFUSED))) as world:
        file = await world.choose(world.oscar, await opened(world), "imp:pick", "1")
        found = await search(world, file, "Another title …", "Amélie")
        chosen = await world.choose(world.oscar, found, "imp:title", str(AMELIE.id))

        assert "**Amélie** (2001)" in answer(chosen)
        assert "• Not an upgrade" in answer(chosen)


async def test_a_wrong_episode_is_corrected_by_season_and_number() -> None:
    file = ScriptedFile(name="devs.mkv", size_bytes=5, media=EpisodesOf(series=DEVS, season=1, numbers=(1,)))
    async with open_acting_world(sonarr(pack(*SAMPLES, files=(file,)))) as world:
        shown = await world.choose(world.oscar, await opened(world), "imp:pick", "1")
        assert "**Devs** S01E01" in answer(shown)
        third = options_of(shown, "imp:episodes")[2]

        chosen = await world.choose(world.oscar, shown, "imp:episodes", third)

        assert "**Devs** S01E03" in answer(chosen)
        assert "1" in options_of(chosen, "imp:season")


async def test_unknown_files_of_a_series_are_given_title_season_and_episode() -> None:
    file = ScriptedFile(name="unnamed.mkv", size_bytes=5, media=None, rejections=("Unknown Series",))
    async with open_acting_world(sonarr(pack(*SAMPLES, files=(file,)))) as world:
        shown = await world.choose(world.oscar, await opened(world), "imp:pick", "1")
        found = await search(world, shown, "Which title?", "devs")
        titled = await world.choose(world.oscar, found, "imp:title", str(DEVS.id))
        assert "episode not known" in answer(titled)
        season = await world.choose(world.oscar, titled, "imp:season", "1")
        episode = await world.choose(
            world.oscar, season, "imp:episodes", options_of(season, "imp:episodes")[0]
        )
        assert "**Devs** S01E01" in answer(episode)
        files = await world.click(world.oscar, episode, "All files")

        done = await confirmed(world, await world.click(world.oscar, files, "Import 1 …"))

        assert "Imported: 1 of 1" in answer(done)


async def test_all_files_are_given_one_title_at_once() -> None:
    files = tuple(
        ScriptedFile(name=f"{number}.mkv", size_bytes=number, media=None, rejections=("Unknown Movie",))
        for number in (1, 2)
    )
    async with open_acting_world(radarr(movie_download(*REFUSED, files=files))) as world:
        found = await search(world, await opened(world), "They are all …", "metropolis")
        assigned = await world.choose(world.oscar, found, "imp:title", str(METROPOLIS.id))

        # Both would be the same movie: the smaller one is left out.
        assert "`1` ➖ **Metropolis**" in answer(assigned)
        assert "`2` ✅ **Metropolis**" in answer(assigned)


async def test_a_sample_beside_the_movie_is_left_out_and_two_of_the_same_are_not_imported() -> None:
    files = (
        ScriptedFile(name="movie.mkv", size_bytes=900, media=METROPOLIS),
        ScriptedFile(name="sample.mkv", size_bytes=9, media=METROPOLIS, rejections=("Sample",)),
    )
    async with open_acting_world(radarr(movie_download(*REFUSED, files=files))) as world:
        shown = await opened(world)
        assert "`2` ➖ **Metropolis**" in answer(shown)

        sample = await world.choose(world.oscar, shown, "imp:pick", "2")
        both = await world.click(
            world.oscar, await world.click(world.oscar, sample, "Import it, too"), "All files"
        )
        assert "Two files would become the same: leave one out." in answer(both)
        assert _button(both, "Import 2 …")["disabled"]
        sample = await world.choose(world.oscar, both, "imp:pick", "2")
        one = await world.click(
            world.oscar, await world.click(world.oscar, sample, "Leave it out"), "All files"
        )
        assert "**1 of 2 files** would be imported." in answer(one)


async def test_what_is_not_in_the_library_is_said_to_be_missing() -> None:
    async with open_acting_world(radarr(movie_download(*REFUSED))) as world:
        file = await world.choose(world.oscar, await opened(world), "imp:pick", "1")

        found = await search(world, file, "Another title …", "@everyone *Nosferatu*")

        assert "Nothing in the library is called" in answer(found)
        assert "@everyone" not in answer(found)


async def test_where_the_app_sees_no_file_it_is_said_what_else_can_be_done() -> None:
    script = movie_download(already(1.0), troubled("path missing"))
    async with open_acting_world(radarr(script)) as world:
        assert import_pages.NO_FILES in answer(await opened(world))


async def test_files_are_forgotten_with_the_process_and_that_is_said() -> None:
    async with open_acting_world(radarr(movie_download(*REFUSED))) as world:
        files = await opened(world)
        await world.restart()

        late = await world.click(world.oscar, files, "Import 1 …")

        assert import_pages.FORGOTTEN in answer(late)
        assert [item.state for item in await world.operations()] == [OperationState.WITHDRAWN]


async def test_nobody_touches_the_files_that_another_has_open() -> None:
    async with open_acting_world(radarr(movie_download(*REFUSED))) as world:
        files = await opened(world)
        draft_id = id_in(files, "imp:go").rpartition(":")[2]

        assert world.world.app.services.drafts.find(draft_id, world.oscar.id) is not None
        assert world.world.app.services.drafts.find(draft_id, world.ada.id) is None
        assert world.world.app.services.drafts.find(draft_id, world.people[Level.VIEWER].id) is None


async def test_a_long_list_of_files_has_pages() -> None:
    files = tuple(
        ScriptedFile(
            name=f"{'x' * 300}.{number}.mkv", size_bytes=number, media=None, rejections=("?" * 900,) * 9
        )
        for number in range(23)
    )
    async with open_acting_world(radarr(movie_download(*REFUSED, files=files))) as world:
        first = await opened(world)
        assert "Page 1 of 3" in answer(first)

        last = await world.click(world.oscar, await world.click(world.oscar, first, "Next"), "Next")
        assert "Page 3 of 3" in answer(last)
        assert "`23` ❔" in answer(last)


async def test_an_app_that_is_away_in_the_middle_is_named_and_nothing_is_lost() -> None:
    async with open_acting_world(radarr(movie_download(*REFUSED))) as world:
        file = await world.choose(world.oscar, await opened(world), "imp:pick", "1")
        await world.servers[0].go_away()

        asked = await world.click(world.oscar, file, "Another title …")
        (row,) = asked.modal["components"]  # type: ignore[index]
        failed = await world.passing(world.oscar.submit_modal(asked, {row["component"]["custom_id"]: "devs"}))

        assert "radarr is offline" in answer(failed)
        again = await world.click(world.oscar, file, "All files")
        assert "**1 of 1 file** would be imported." in answer(again)


async def test_made_up_choices_change_nothing() -> None:
    async with open_acting_world(sonarr(pack(*SAMPLES))) as world:
        files = await opened(world)
        draft_id = id_in(files, "imp:go").rpartition(":")[2]
        before = world.world.app.services.drafts.find(draft_id, world.oscar.id)
        view = discord.ui.View(timeout=None)
        for kind, verb, value in (
            (FileSelect, "imp:pick", "999"),
            (TitleSelect, "imp:title", "5"),
            (SeasonSelect, "imp:season", "77"),
            (EpisodeSelect, "imp:episodes", "1"),
        ):
            argument = draft_id if kind is FileSelect else f"{draft_id}.0"
            select: Any = discord.ui.Select(
                custom_id=id_of(verb, argument), options=[discord.SelectOption(label="x", value=value)]
            )
            view.add_item(kind(select, argument))
        argument = f"{draft_id}.77.1"
        view.add_item(WantedButton(id_of("imp:want", argument), argument, "Import it"))
        message = await world.post(view)

        for verb, value in (("pick", "999"), ("title", "5"), ("season", "77"), ("episodes", "1")):
            custom_id = next(
                child.custom_id
                for row in message.components
                for child in row.children
                if f"imp:{verb}:" in (child.custom_id or "")
            )
            result = await world.passing(world.oscar.select(message, custom_id=custom_id, values=[value]))
            assert import_pages.NOT_OFFERED in answer(result)
            foreign = await world.passing(world.ada.select(message, custom_id=custom_id, values=[value]))
            assert "Somebody else asked for this" in answer(foreign)
            assert (await world.audit())[-1] == (world.ada.id, "import", "not yours")
        pressed = await world.passing(world.oscar.click(message, label="Import it"))
        refused = await world.passing(world.people[Level.VIEWER].click(message, label="Import it"))

        assert import_pages.NOT_OFFERED in answer(pressed)
        assert "This is for Discarr's helpers and admins" in answer(refused)
        assert world.world.app.services.drafts.find(draft_id, world.oscar.id) == before


async def test_a_long_season_is_chosen_from_page_by_page() -> None:
    long = Series(id=9, title="Long", year=2000, episode_counts=(30,))
    file = ScriptedFile(name="long.mkv", size_bytes=5, media=EpisodesOf(series=long, season=1, numbers=(28,)))
    script = ScriptedDownload(
        release="Long.S01E28", media=EpisodesOf(series=long, season=1, numbers=(28,)), size_bytes=5,
        phases=SAMPLES, files=(file,),
    )  # fmt: skip
    async with open_acting_world(sonarr(script)) as world:
        shown = await world.choose(world.oscar, await opened(world), "imp:pick", "1")
        assert len(options_of(shown, "imp:episodes")) == 5
        earlier = await world.click(world.oscar, shown, "Earlier")
        assert len(options_of(earlier, "imp:episodes")) == 25
        later = await world.click(world.oscar, earlier, "Later")
        two = options_of(later, "imp:episodes")[:2]

        chosen = await world.choose(world.oscar, later, "imp:episodes", *two)

        assert "**Long** S01E26, S01E27" in answer(chosen)


async def test_a_conflict_is_not_imported_even_by_an_old_button() -> None:
    files = (
        ScriptedFile(name="movie.mkv", size_bytes=900, media=METROPOLIS),
        ScriptedFile(name="sample.mkv", size_bytes=9, media=METROPOLIS, rejections=("Sample",)),
    )
    async with open_acting_world(radarr(movie_download(*REFUSED, files=files))) as world:
        shown = await opened(world)
        draft_id = id_in(shown, "imp:go").rpartition(":")[2]
        drafts = world.world.app.services.drafts
        draft = drafts.find(draft_id, world.oscar.id)
        assert draft is not None
        drafts.put(draft.with_choice(1, is_wanted=True))

        pressed = await world.click(world.oscar, shown, "Import 1 …")

        assert "Two files would become the same" in answer(pressed)
        assert await world.operations() == []


def _button(shown: simcord.InteractionResult, label: str) -> dict[str, Any]:
    return next(item for item in controls_of(shown) if item.get("label") == label)
