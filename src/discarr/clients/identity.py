"""Checking that the app behind an address is the one that the settings say."""

import re

from discarr.clients.values import clip, parse_instant
from discarr.clients.wire import Status
from discarr.core.errors import Misconfigured
from discarr.core.models import AppIdentity, InstanceKind

_OLDEST_SONARR = 4


def read_identity(status: Status, kind: InstanceKind, instance: str) -> AppIdentity:
    """Return who answered.

    Raises:
        Misconfigured: another app, or Sonarr 3, which speaks an older dialect.
    """
    expected = kind.value.capitalize()
    app_name = (status.app_name or "").strip()
    version = clip((status.version or "").strip(), 40)
    if not app_name:
        remedy = f"Something answers there, but it is not {expected}: check the address."
        raise Misconfigured(instance, "no appName", remedy=remedy)
    if app_name.casefold() != kind.value:
        # The name comes from the network and is shown: only what can be an app's name is repeated.
        other = app_name if re.fullmatch("[A-Za-z]{2,20}", app_name) else "another app"
        remedy = f"This is {other}, configured as {expected}: check the address and port."
        raise Misconfigured(instance, f"this is {other}", remedy=remedy)
    major = re.match(r"\d{1,4}", version)
    if kind is InstanceKind.SONARR and major and int(major[0]) < _OLDEST_SONARR:
        remedy = f"Update Sonarr to version {_OLDEST_SONARR}: version {major[0]} is too old for Discarr."
        raise Misconfigured(instance, "Sonarr is too old", remedy=remedy)
    return AppIdentity(
        app_name=expected,
        version=version,
        instance_name=clip((status.instance_name or "").strip(), 100) or expected,
        url_base=clip((status.url_base or "").strip(), 100),
        started_at=parse_instant(status.start_time),
    )
