"""Which version can do what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.clients.features import Feature, supports
from discarr.core.models import InstanceKind

RADARR, SONARR = InstanceKind.RADARR, InstanceKind.SONARR


@pytest.mark.parametrize(
    ("feature", "kind", "before", "since"),
    [
        (Feature.CHANGE_CATEGORY, RADARR, "5.3.2.9999", "5.3.3.8535"),
        (Feature.CHANGE_CATEGORY, SONARR, "4.0.1.986", "4.0.1.987"),
        (Feature.SKIP_REDOWNLOAD, RADARR, "4.7.1.9999", "4.7.2.7686"),
        (Feature.SKIP_REDOWNLOAD, SONARR, "3.0.10.1567", "4.0.0.1"),
    ],
)
def test_a_feature_begins_with_its_version(
    feature: Feature, kind: InstanceKind, before: str, since: str
) -> None:
    assert not supports(feature, kind, before)
    assert supports(feature, kind, since)
    assert supports(feature, kind, "10.0.0.0")


@pytest.mark.parametrize("version", ["5.3.3", "6", "5.4", " 5.3.3.0 ", "5.14.0.9383-develop"])
def test_short_and_decorated_versions_count(version: str) -> None:
    assert supports(Feature.CHANGE_CATEGORY, RADARR, version)


@pytest.mark.parametrize("version", [None, "", "new", "v6.0", "9.9.9.9.9", "9.", "9..9", "-9", "９.0"])
def test_an_unknown_version_can_do_nothing(version: str | None) -> None:
    assert not any(supports(feature, kind, version) for feature in Feature for kind in InstanceKind)


@given(st.sampled_from(Feature), st.sampled_from(InstanceKind), st.text())
def test_any_text_has_an_answer(feature: Feature, kind: InstanceKind, version: str) -> None:
    assert supports(feature, kind, version) in (True, False)
