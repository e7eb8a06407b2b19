import pytest

from discarr.core.actions import Removal
from discarr.core.models import DownloadKey
from discarr.monitoring.acting.kinds import (
    REMOVALS,
    ActionKind,
    DataFate,
    capability_of,
    effect_of,
    removal_of,
)
from discarr.utils.permissions import Capability
from tests.monitoring.acting.scenes import make_target

PENDING = DownloadKey("radarr", "p", "7")
BLOCKING = {ActionKind.REMOVE_BLOCKLIST, ActionKind.REMOVE_SEARCH, ActionKind.KEEP_SEARCH}
SEARCHING = {ActionKind.SEARCH, ActionKind.REMOVE_SEARCH, ActionKind.KEEP_SEARCH}


@pytest.mark.parametrize("kind", ActionKind)
def test_what_an_action_says_is_what_its_flags_do(kind: ActionKind) -> None:
    effect = effect_of(kind, [make_target()])
    removal = removal_of(kind)

    assert effect.is_blocklisted is (kind in BLOCKING)
    assert effect.is_searched is (kind in SEARCHING)
    if removal is not None:
        assert removal.blocklist is effect.is_blocklisted
        assert removal.remove_from_client is (effect.data is DataFate.DELETED)
        assert removal.change_category is (effect.data is DataFate.MOVED)
        # The apps search whenever they blocklist, unless they are told not to.
        assert (removal.blocklist and not removal.skip_redownload) is effect.is_searched


@pytest.mark.parametrize(
    ("kind", "from_client", "blocklist", "skip_redownload", "change_category"),
    [
        (ActionKind.REMOVE, True, False, False, False),
        (ActionKind.REMOVE_BLOCKLIST, True, True, True, False),
        (ActionKind.REMOVE_SEARCH, True, True, False, False),
        (ActionKind.KEEP, False, False, False, False),
        (ActionKind.KEEP_SEARCH, False, True, False, False),
        (ActionKind.CHANGE_CATEGORY, False, False, False, True),
    ],
)
def test_the_flags_of_a_removal_are_these_and_never_others(
    kind: ActionKind, *, from_client: bool, blocklist: bool, skip_redownload: bool, change_category: bool
) -> None:
    assert removal_of(kind) == Removal(
        remove_from_client=from_client,
        blocklist=blocklist,
        skip_redownload=skip_redownload,
        change_category=change_category,
    )


def test_only_removals_have_flags_and_keeping_never_deletes() -> None:
    assert set(REMOVALS) == set(ActionKind) - {ActionKind.GRAB, ActionKind.SEARCH, ActionKind.IMPORT}
    for kind in (ActionKind.KEEP, ActionKind.KEEP_SEARCH, ActionKind.CHANGE_CATEGORY):
        assert not REMOVALS[kind].remove_from_client
    for kind in (ActionKind.KEEP, ActionKind.KEEP_SEARCH):
        assert effect_of(kind, [make_target()]).data is DataFate.KEPT


def test_what_removes_nothing_says_so() -> None:
    assert effect_of(ActionKind.IMPORT, [make_target()]).data is DataFate.IMPORTED
    assert effect_of(ActionKind.SEARCH, [make_target()]).data is DataFate.UNTOUCHED
    assert effect_of(ActionKind.GRAB, [make_target(key=PENDING)]).data is DataFate.UNTOUCHED


def test_of_several_downloads_everything_is_added_up() -> None:
    targets = [make_target(episode_count=3, size_bytes=5), make_target(episode_count=8, size_bytes=7)]

    effect = effect_of(ActionKind.REMOVE, targets)

    assert (effect.download_count, effect.episode_count, effect.size_bytes) == (2, 11, 12)
    assert not effect.takes_all_delayed


def test_what_is_held_back_has_no_data_and_takes_the_others_of_its_title_along() -> None:
    effect = effect_of(ActionKind.REMOVE, [make_target(key=PENDING)])
    assert effect.data is DataFate.NONE
    assert effect.takes_all_delayed
    assert not effect_of(ActionKind.GRAB, [make_target(key=PENDING)]).takes_all_delayed

    mixed = effect_of(ActionKind.REMOVE, [make_target(key=PENDING), make_target()])
    assert (mixed.data, mixed.takes_all_delayed) == (DataFate.DELETED, True)


@pytest.mark.parametrize(
    ("kind", "capability"),
    [
        (ActionKind.GRAB, Capability.GRAB),
        (ActionKind.SEARCH, Capability.SEARCH),
        (ActionKind.IMPORT, Capability.IMPORT),
        *((kind, Capability.REMOVE) for kind in REMOVALS),
    ],
)
def test_a_single_download_needs_its_own_right_and_several_that_to_clean_up(
    kind: ActionKind, capability: Capability
) -> None:
    assert capability_of(kind) is capability
    assert capability_of(kind, is_cleanup=True) is Capability.CLEAN_UP
