"""Every rule both ways, and the table as a whole."""

import re
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from discarr.doctor.security.discord_rules import DiscordEvidence
from discarr.doctor.security.finding import Finding, Rule, apply_rules
from discarr.doctor.security.rules import DISCORD_RULES, OFFLINE_RULES
from discarr.doctor.security.surroundings import InstanceFacts, Surroundings
from tests.core.environs import KEY, TOKEN
from tests.doctor.security.cases import (
    DISCORD_CASES,
    OFFLINE_CASES,
    OTHER_KEY,
    SAFE,
    SAFE_DISCORD,
    Cases,
    reached_at,
    settings,
    two_at,
)

REPO = Path(__file__).parents[3]
ALL_RULES: tuple[Rule[Surroundings] | Rule[DiscordEvidence], ...] = (*OFFLINE_RULES, *DISCORD_RULES)

type Evidence = Surroundings | DiscordEvidence


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    """What all rules find in this evidence."""
    if isinstance(evidence, Surroundings):
        return apply_rules(OFFLINE_RULES, evidence)
    return apply_rules(DISCORD_RULES, evidence)


def each(side: str) -> list[object]:
    """Every piece of evidence on one side of the cases, with the code it belongs to."""
    every: dict[str, Cases[Surroundings] | Cases[DiscordEvidence]] = {**OFFLINE_CASES, **DISCORD_CASES}
    return [
        pytest.param(code, evidence, id=f"{code}-{number}")
        for code, cases in every.items()
        for number, evidence in enumerate(getattr(cases, side))
    ]


@pytest.mark.parametrize(("code", "evidence"), each("objected_to"))
def test_a_rule_objects_and_no_other_one_does(code: str, evidence: Evidence) -> None:
    found = judge(evidence)

    assert [finding.code for finding in found] == [code]


@pytest.mark.parametrize(("code", "evidence"), each("left_alone"))
def test_a_rule_leaves_alone_what_is_harmless(code: str, evidence: Evidence) -> None:
    assert code not in {finding.code for finding in judge(evidence)}


def test_every_rule_has_cases_of_both_kinds() -> None:
    assert {rule.code for rule in OFFLINE_RULES} == OFFLINE_CASES.keys()
    assert {rule.code for rule in DISCORD_RULES} == DISCORD_CASES.keys()
    assert all(cases.objected_to and cases.left_alone for cases in OFFLINE_CASES.values())
    assert all(cases.objected_to and cases.left_alone for cases in DISCORD_CASES.values())


def test_nothing_is_found_where_all_is_safe() -> None:
    assert judge(SAFE) == ()
    assert judge(SAFE_DISCORD) == ()


def test_nothing_is_found_where_nothing_could_be_looked_at() -> None:
    assert judge(Surroundings(settings=SAFE.settings)) == ()


def test_codes_are_unique_and_in_order() -> None:
    for rules in (OFFLINE_RULES, DISCORD_RULES):
        codes = [rule.code for rule in rules]
        assert codes == sorted(codes)
    assert len({rule.code for rule in ALL_RULES}) == len(ALL_RULES)
    assert all(re.fullmatch(r"DS\d{3}", rule.code) for rule in ALL_RULES)


@pytest.mark.parametrize(("code", "evidence"), each("objected_to"))
def test_a_finding_tells_no_secret_and_no_address(code: str, evidence: Evidence) -> None:
    said = repr(judge(evidence))

    private = {TOKEN, KEY, OTHER_KEY, "k" * 19}
    if isinstance(evidence, Surroundings):
        hosts = {urlsplit(config.url).netloc for config in evidence.settings.instances}
        addresses = {str(address) for facts in evidence.instances.values() for address in facts.addresses}
        private |= hosts | addresses
    assert {word for word in private if word in said} == set()


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.code)
def test_a_rule_has_words_for_people(rule: Rule[Surroundings] | Rule[DiscordEvidence]) -> None:
    assert not rule.title.endswith(".")
    assert rule.remedy.endswith(".")
    assert len(rule.title) < 90


def test_everything_wrong_with_one_file_is_said_in_one_sentence() -> None:
    *_, both = OFFLINE_CASES["DS001"].objected_to

    (finding,) = judge(both)

    assert finding.subject == "The .env file"
    assert finding.text == "Everybody on this machine can read and change it."


def test_servers_with_one_key_are_named_together() -> None:
    three = settings(
        RADARR__4K__URL="http://radarr-4k:7878",
        RADARR__4K__API_KEY=KEY,
        SONARR_URL="http://sonarr:8989",
        SONARR_API_KEY=KEY,
    )

    (finding,) = judge(three)

    assert finding.subject == "Radarr, 4K and Sonarr"


def test_one_server_entered_twice_shares_its_key_with_nobody_else() -> None:
    twice = two_at("172.18.0.2", "172.18.0.2", RADARR__4K__API_KEY=KEY)
    and_sonarr = replace(
        twice,
        settings=settings(
            RADARR__4K__URL="http://radarr-4k:7878",
            RADARR__4K__API_KEY=KEY,
            SONARR_URL="http://sonarr:8989",
            SONARR_API_KEY=KEY,
        ).settings,
    )

    assert [(finding.code, finding.subject) for finding in judge(and_sonarr)] == [
        ("DS017", "Radarr and Sonarr"),
        ("DS028", "Radarr and 4K"),
    ]


@pytest.mark.parametrize(
    "url", ["http://radarr-4k:7879", "http://radarr-4k:7878/base", "https://radarr-4k:7878"]
)
def test_another_port_or_path_is_another_server(url: str) -> None:
    apart = two_at("172.18.0.2", "172.18.0.2", RADARR__4K__API_KEY=KEY, RADARR__4K__URL=url)

    assert [finding.code for finding in judge(apart)] == ["DS017"]


def test_all_instances_are_judged() -> None:
    public = InstanceFacts(addresses=(ip_address("8.8.8.8"),))
    both = replace(
        settings(SONARR_URL="http://sonarr:8989", SONARR_API_KEY=OTHER_KEY),
        instances={"radarr": public, "sonarr": public},
    )

    assert [(finding.code, finding.subject) for finding in judge(both)] == [
        ("DS004", "Radarr"),
        ("DS004", "Sonarr"),
    ]


def test_an_old_version_is_told_with_the_one_to_have() -> None:
    (finding,) = judge(reached_at(version="5.7.0"))

    assert "5.8" in finding.text


def test_the_readme_lists_exactly_these_rules() -> None:
    readme = (REPO / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| (DS\d{3}) \| (\w+) \| (.+) \|$", readme, re.MULTILINE)

    assert rows == sorted((rule.code, rule.severity.value, rule.title) for rule in ALL_RULES)
