from dataclasses import replace
from typing import Any

import pytest

from discarr.core.actions import ImportCandidate
from discarr.core.models import DownloadKey, EpisodeNumber, InstanceKind
from discarr.discord_bot.drafts import LIVES_S
from discarr.discord_bot.import_drafts import ALL, MAX_DRAFTS, ImportDrafts, are_as_expected, doubles
from discarr.monitoring.acting.targets import target_of
from tests.discord_bot.ui.operations import DEVS, DUNE, make_draft, make_episode_file, make_file
from tests.factories import make_download
from tests.fakes.clock import FakeClock

KEY = DownloadKey("radarr", "d", "HASH")
E1, E2 = EpisodeNumber(1, 1), EpisodeNumber(1, 2)
WORK = target_of(make_download()).work


def test_of_files_that_would_become_the_same_the_largest_stays() -> None:
    assert doubles([make_file(size_bytes=1), make_file(size_bytes=9), make_file(media=None)]) == {0}
    assert doubles([make_file(size_bytes=5), make_file(size_bytes=5)]) == {1}
    assert doubles(
        [make_episode_file(1, 2), make_episode_file(2, size_bytes=10**10), make_episode_file()]
    ) == {0}
    assert doubles([]) == frozenset()


@pytest.mark.parametrize(
    ("files", "expected", "is_so"),
    [
        ([make_file()], {"media_id": DUNE.id}, True),
        ([make_file(), make_file(media=None)], {"media_id": DUNE.id}, False),
        ([make_file()], {"media_id": DUNE.id + 1}, False),
        ([make_file()], {"media_id": None}, False),
        ([make_episode_file(1), make_episode_file(2)], {"media_id": DEVS.id, "episodes": (E1, E2)}, True),
        ([make_episode_file(1, 2)], {"media_id": DEVS.id, "episodes": (E1,)}, False),
        ([make_episode_file(1)], {"media_id": DEVS.id, "episodes": ()}, False),
    ],
    ids=["it", "a sample", "another", "unknown", "episodes", "more than grabbed", "unknown episodes"],
)
def test_only_what_a_download_was_grabbed_for_is_expected(
    files: list[ImportCandidate], expected: dict[str, Any], is_so: bool
) -> None:
    assert are_as_expected(files, make_download(**expected)) is is_so


def test_only_what_is_ready_and_wanted_is_chosen() -> None:
    files = (make_file(), make_file(media=None), make_file(media=replace(DUNE, id=4)))
    draft = make_draft(*files)

    assert draft.chosen == (files[0], files[2])
    assert draft.with_choice(0, is_wanted=False).chosen == (files[2],)
    assert draft.with_choice(0, is_wanted=False).with_choice(0, is_wanted=True) == draft


def test_two_of_the_same_are_a_conflict_until_one_is_left_out() -> None:
    draft = make_draft(make_file(), make_file())
    assert draft.has_conflict
    assert not draft.with_choice(1, is_wanted=False).has_conflict


def test_an_assigned_file_is_wanted_and_what_was_searched_is_settled() -> None:
    draft = make_draft(make_file(media=None), left_out=frozenset({0}), found=(DUNE,), searched="dune")

    assigned = draft.with_files({0: make_file()})

    assert assigned.is_chosen(0)
    assert (assigned.found, assigned.searched) == ((), "")


async def test_a_draft_belongs_to_one_person_and_is_forgotten_after_a_while() -> None:
    clock = FakeClock()
    drafts = ImportDrafts(clock)
    draft = drafts.begin(17, KEY, WORK, InstanceKind.RADARR, (make_file(),))

    assert drafts.find(draft.id, 17) == draft
    assert drafts.find(draft.id, 18) is None
    assert drafts.find("0" * 12, 17) is None
    assert drafts.is_anybodys(draft.id)
    assert not drafts.is_anybodys("0" * 12)
    await clock.advance(LIVES_S)
    assert drafts.find(draft.id, 17) is None
    assert not drafts.is_anybodys(draft.id)


def test_the_oldest_drafts_make_room() -> None:
    drafts = ImportDrafts(FakeClock())
    first = drafts.begin(17, KEY, WORK, InstanceKind.RADARR, (make_file(),))
    others = [drafts.begin(17, KEY, WORK, InstanceKind.RADARR, (make_file(),)) for _ in range(MAX_DRAFTS)]

    assert drafts.find(first.id, 17) is None
    assert drafts.find(others[-1].id, 17) is not None


def test_a_draft_takes_as_many_files_as_can_be_shown() -> None:
    draft = ImportDrafts(FakeClock()).begin(17, KEY, WORK, InstanceKind.RADARR, (make_file(),) * (ALL + 5))

    assert len(draft.files) == ALL
