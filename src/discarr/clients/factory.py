"""From settings to a client."""

import httpx

from discarr.clients.base import MediaClient
from discarr.clients.radarr import RadarrClient
from discarr.clients.sonarr import SonarrClient
from discarr.core.clock import Clock
from discarr.core.config import InstanceConfig
from discarr.core.models import InstanceKind

_CLIENTS: dict[InstanceKind, type[MediaClient]] = {
    InstanceKind.RADARR: RadarrClient,
    InstanceKind.SONARR: SonarrClient,
}


def create_client(
    config: InstanceConfig,
    *,
    clock: Clock,
    transport: httpx.AsyncBaseTransport | None = None,
    needs_fresh_tags: bool = False,
) -> MediaClient:
    """Return the client for the kind of app that the settings name; arguments as `MediaClient`.

    Raises:
        ConfigError: the CA file cannot be read.
    """
    client = _CLIENTS[config.kind]
    return client(config, clock=clock, transport=transport, needs_fresh_tags=needs_fresh_tags)
