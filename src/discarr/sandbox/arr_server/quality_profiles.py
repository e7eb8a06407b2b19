"""The quality profiles that the apps come with, in short."""

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.json_format import JsonObject
from discarr.sandbox.arr_server.library import (
    BLURAY_2160P,
    WEBDL_720P,
    WEBDL_1080P,
    WEBDL_2160P,
    Quality,
    languages_resource,
)

_QUALITIES = (WEBDL_720P, WEBDL_1080P, WEBDL_2160P, BLURAY_2160P)
_PROFILES = (("Any", _QUALITIES), ("HD-1080p", (WEBDL_1080P,)), ("Ultra-HD", (WEBDL_2160P, BLURAY_2160P)))


def usual_profiles(kind: InstanceKind) -> list[JsonObject]:
    """Return `/qualityprofile`."""
    return [
        _profile(kind, number, name, allowed) for number, (name, allowed) in enumerate(_PROFILES, start=1)
    ]


def _profile(kind: InstanceKind, number: int, name: str, allowed: tuple[Quality, ...]) -> JsonObject:
    profile: JsonObject = {
        "name": name,
        "upgradeAllowed": True,
        "cutoff": allowed[-1].id,
        "items": [
            {"quality": quality.resource(kind)["quality"], "items": [], "allowed": quality in allowed}
            for quality in _QUALITIES
        ],
        "minFormatScore": 0,
        "cutoffFormatScore": 0,
        "minUpgradeFormatScore": 1,
        "formatItems": [],
    }
    if kind is InstanceKind.RADARR:
        profile["language"] = languages_resource("English")[0]
    return profile | {"id": number}
