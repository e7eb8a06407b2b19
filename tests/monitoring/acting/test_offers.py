"""What is offered makes sense, and the right remedy comes first."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.core.models import (
    Download,
    DownloadKey,
    InstanceKind,
    QueueStatus,
    StatusMessage,
    TrackedState,
    TrackedStatus,
)
from discarr.monitoring.acting.kinds import REMOVALS, ActionKind, capability_of
from discarr.monitoring.acting.offers import Offer, is_untouchable, offers_for, possible_actions
from discarr.monitoring.reasons import ReasonKind
from discarr.utils.permissions import Grants, Level
from tests.monitoring.acting.scenes import make_grab
from tests.monitoring.acting.test_changes import BLOCKED, VERSION

GRANTS = Grants(admin_users=frozenset({3}))
RADARR, SONARR = InstanceKind.RADARR, InstanceKind.SONARR
HELD: dict[str, Any] = {
    "key": DownloadKey("radarr", "p", "7"),
    "status": QueueStatus.DELAY,
    "tracked_status": None,
    "tracked_state": None,
}


def possible(
    kind: InstanceKind = RADARR, version: str | None = VERSION, **overrides: Any
) -> frozenset[ActionKind]:
    return possible_actions(make_grab(**overrides), kind, version)


def offers(download: Download, *, level: Level = Level.OPERATOR, **named: Any) -> tuple[Offer, ...]:
    return offers_for(download, RADARR, VERSION, level=level, **({"grants": GRANTS} | named))


def blocked(message: str) -> Download:
    return make_grab(**BLOCKED, messages=(StatusMessage(title="x", messages=(message,)),))


def test_a_download_that_goes_well_can_be_removed_and_searched_for() -> None:
    assert possible() == set(REMOVALS) - {ActionKind.CHANGE_CATEGORY} | {ActionKind.SEARCH}


@pytest.mark.parametrize(
    "overrides",
    [
        {"status": QueueStatus.UNKNOWN},
        {"tracked_status": TrackedStatus.UNKNOWN},
        {"tracked_status": None},
        {"tracked_state": TrackedState.UNKNOWN},
        {"tracked_state": None},
        {"tracked_state": TrackedState.IMPORTING},
        {"tracked_state": TrackedState.IMPORTED},
        {"tracked_state": TrackedState.FAILED},
        {"tracked_state": TrackedState.IGNORED},
        HELD | {"status": QueueStatus.UNKNOWN},
        HELD | {"status": QueueStatus.DOWNLOADING},
    ],
)
def test_what_the_app_works_on_or_nobody_understands_is_not_touched(overrides: dict[str, Any]) -> None:
    assert is_untouchable(make_grab(**overrides))
    assert possible(**overrides) == set()
    assert offers(make_grab(**overrides)) == ()


def test_what_the_app_did_not_grab_is_not_blocklisted() -> None:
    assert possible(added=None) == {ActionKind.REMOVE, ActionKind.KEEP, ActionKind.SEARCH}


def test_an_unknown_item_is_not_ignored_as_it_would_come_back() -> None:
    found = possible(media_id=None)
    assert ActionKind.REMOVE in found
    assert not found & {ActionKind.KEEP, ActionKind.KEEP_SEARCH, ActionKind.SEARCH}


@pytest.mark.parametrize(("version", "can"), [(VERSION, True), ("3.0.0.1", False), (None, False)])
def test_an_old_app_is_not_asked_for_what_it_ignores(version: str | None, can: bool) -> None:
    found = possible(version=version, has_post_import_category=True)
    assert (ActionKind.CHANGE_CATEGORY in found) is can
    assert (ActionKind.REMOVE_BLOCKLIST in found) is can


def test_without_rows_nothing_can_be_removed() -> None:
    assert possible(row_ids=()) == {ActionKind.SEARCH}
    assert possible(**HELD, row_ids=()) == set()


def test_episodes_are_searched_for_by_their_season() -> None:
    assert ActionKind.SEARCH in possible(SONARR, seasons=(1,))
    assert ActionKind.SEARCH not in possible(SONARR, seasons=())


def test_what_is_held_back_can_be_grabbed_now() -> None:
    found = offers(make_grab(**HELD))
    assert [offer.kind for offer in found] == [
        ActionKind.GRAB,
        ActionKind.REMOVE,
        ActionKind.REMOVE_BLOCKLIST,
    ]
    assert [offer.is_remedy for offer in found] == [True, False, False]


def test_nothing_is_a_remedy_while_the_download_client_is_away() -> None:
    held = make_grab(**(HELD | {"status": QueueStatus.CLIENT_UNAVAILABLE}))
    assert not any(offer.is_remedy for offer in offers(held))


@pytest.mark.parametrize(
    ("download", "first"),
    [
        (blocked("No files found are eligible for import in /a"), ActionKind.REMOVE_SEARCH),
        (blocked("Not an upgrade for existing movie file(s)"), ActionKind.REMOVE),
        (blocked("Something nobody ever said"), ActionKind.IMPORT),
        (make_grab(status=QueueStatus.FAILED), ActionKind.REMOVE_SEARCH),
    ],
)
def test_the_right_remedy_comes_first(download: Download, first: ActionKind) -> None:
    found = offers(download)
    assert (found[0].kind, found[0].is_remedy) == (first, True)
    assert not any(offer.is_remedy for offer in found[1:])


def test_where_nothing_is_wrong_nothing_is_advised_and_what_was_observed_counts() -> None:
    assert not any(offer.is_remedy for offer in offers(make_grab()))
    stalled = offers(make_grab(), reason=ReasonKind.STALLED)
    assert (stalled[0].kind, stalled[0].is_remedy) == (ActionKind.REMOVE_SEARCH, True)
    troubled = offers(make_grab(status=QueueStatus.WARNING))
    assert not troubled[0].is_remedy


@pytest.mark.parametrize(
    ("overrides", "can"),
    [
        (BLOCKED, True),
        (BLOCKED | {"tracked_state": TrackedState.FAILED_PENDING}, False),
        (BLOCKED | {"tracked_state": TrackedState.IMPORT_PENDING, "tracked_status": TrackedStatus.OK}, False),
        (BLOCKED | {"status": QueueStatus.WARNING}, False),
        ({}, False),
    ],
)
def test_only_what_is_complete_and_refused_can_be_imported(overrides: dict[str, Any], can: bool) -> None:
    assert (ActionKind.IMPORT in possible(**overrides)) is can


def test_a_dangerous_file_is_never_imported() -> None:
    download = blocked("Caution: Found potentially dangerous file with extension: .lnk")
    kinds = [offer.kind for offer in offers(download)]
    assert kinds[0] is ActionKind.REMOVE_SEARCH
    assert ActionKind.IMPORT not in kinds


downloads = st.builds(
    make_grab,
    status=st.sampled_from(QueueStatus),
    tracked_status=st.none() | st.sampled_from(TrackedStatus),
    tracked_state=st.none() | st.sampled_from(TrackedState),
    added=st.sampled_from([None, make_grab().added]),
    media_id=st.sampled_from([None, 0, 1]),
    row_ids=st.sampled_from([(), (1,)]),
    seasons=st.sampled_from([(), (1,)]),
    key=st.sampled_from([DownloadKey("radarr", "d", "A"), DownloadKey("radarr", "p", "7")]),
    has_post_import_category=st.booleans(),
)


@given(
    download=downloads,
    kind=st.sampled_from(InstanceKind),
    version=st.sampled_from([None, "2.0", VERSION]),
    level=st.sampled_from(Level),
    grants=st.sampled_from([Grants(), GRANTS]),
    reason=st.none() | st.sampled_from(ReasonKind),
)
def test_only_what_is_possible_and_allowed_is_offered_each_once(
    download: Download,
    kind: InstanceKind,
    version: str | None,
    level: Level,
    grants: Grants,
    reason: ReasonKind | None,
) -> None:
    found = offers_for(download, kind, version, level=level, grants=grants, reason=reason)

    kinds = [offer.kind for offer in found]
    able = possible_actions(download, kind, version)
    assert len(kinds) == len(set(kinds))
    assert set(kinds) == {action for action in able if grants.allows(level, capability_of(action))}
    assert all(offer.effect.download_count == 1 and offer.effect.kind is offer.kind for offer in found)
    assert not any(offer.is_remedy for offer in found[1:])
    if is_untouchable(download):
        assert not found
