"""What an app can do, by its version (https://github.com/Radarr/Radarr, Sonarr/Sonarr: when it was added)."""

import re
from enum import StrEnum

from discarr.core.models import InstanceKind


class Feature(StrEnum):
    """What not every supported version can do. Older ones ignore the parameter without a word."""

    CHANGE_CATEGORY = "changeCategory"
    """Keeping a download's data in another category of the client instead of deleting it."""
    SKIP_REDOWNLOAD = "skipRedownload"
    """Blocklisting without a new search."""


_SINCE = {
    (Feature.CHANGE_CATEGORY, InstanceKind.RADARR): (5, 3, 3, 0),
    (Feature.CHANGE_CATEGORY, InstanceKind.SONARR): (4, 0, 1, 987),
    (Feature.SKIP_REDOWNLOAD, InstanceKind.RADARR): (4, 7, 2, 0),
    (Feature.SKIP_REDOWNLOAD, InstanceKind.SONARR): (4, 0, 0, 0),
}
_VERSION = re.compile(r"\s*(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?![\d.])", re.ASCII)


def supports(feature: Feature, kind: InstanceKind, version: str | None) -> bool:
    """Whether an app of that version has the feature; False when the version is unknown or none at all."""
    match = _VERSION.match(version or "")
    if match is None:
        return False
    return tuple(int(part or 0) for part in match.groups()) >= _SINCE[feature, kind]
