"""What can be done to a candidate."""

from typing import Any

import pytest

from discarr.core.cleanup_config import CleanupAction
from discarr.core.models import InstanceKind
from discarr.monitoring.cleanup.candidates import possible_actions, supported_actions
from tests.factories import make_instance_snapshot
from tests.monitoring.cleanup.stage import make_item

REMOVE, BLOCKLIST, SEARCH, CATEGORY = CleanupAction


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({}, (REMOVE, BLOCKLIST, SEARCH)),
        ({"has_post_import_category": True}, (REMOVE, BLOCKLIST, SEARCH, CATEGORY)),
        ({"media_id": None}, (REMOVE, BLOCKLIST)),
        ({"added": None}, (REMOVE,)),
        ({"added": None, "has_post_import_category": True}, (REMOVE, CATEGORY)),
    ],
)
def test_what_is_possible_depends_on_the_download(
    overrides: dict[str, Any], expected: tuple[CleanupAction, ...]
) -> None:
    assert possible_actions(make_item(**overrides), frozenset(CleanupAction)) == expected


@pytest.mark.parametrize(
    ("kind", "version", "expected"),
    [
        (InstanceKind.RADARR, "6.0.3.1", {REMOVE, BLOCKLIST, SEARCH, CATEGORY}),
        (InstanceKind.RADARR, "5.0.0.0", {REMOVE, BLOCKLIST, SEARCH}),
        (InstanceKind.RADARR, "4.0.0.0", {REMOVE, SEARCH}),
        (InstanceKind.SONARR, "4.0.0.1", {REMOVE, BLOCKLIST, SEARCH}),
        (InstanceKind.SONARR, None, {REMOVE, SEARCH}),
    ],
)
def test_and_on_the_version_of_the_app(
    kind: InstanceKind, version: str | None, expected: set[CleanupAction]
) -> None:
    assert supported_actions(make_instance_snapshot(kind=kind, version=version)) == expected
