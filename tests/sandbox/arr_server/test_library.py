"""Movies and series as the apps print them."""

from dataclasses import replace

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.scenario import (
    Scenario,
)
from tests.sandbox.arr_server.world import (
    DEVS,
    METROPOLIS,
    begun,
    radarr,
    sonarr,
)


def test_what_is_not_monitored_says_so() -> None:
    series = replace(DEVS, unmonitored_episodes=frozenset({(1, 2)}))
    source = begun(Scenario(kind=InstanceKind.SONARR, library=(series,)))

    assert [episode["monitored"] for episode in source.episodes.values()].count(False) == 1


def test_posters_are_where_the_providers_have_them() -> None:
    movie = begun(radarr()).media[METROPOLIS.id]
    series = begun(sonarr()).media[DEVS.id]

    assert movie["images"][0]["remoteUrl"].startswith("https://image.tmdb.org/t/p/original/")
    assert all(image["remoteUrl"].startswith("https://artworks.thetvdb.com/") for image in series["images"])
