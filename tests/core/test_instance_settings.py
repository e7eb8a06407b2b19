"""How instances are found among the variables, named and checked."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from discarr.core.config import InstanceConfig
from discarr.core.errors import ConfigError
from discarr.core.instance_settings import InstanceSettings
from discarr.core.models import InstanceKind
from discarr.core.secret import Refused
from discarr.core.setting_values import normalise_address
from tests.core.environs import KEY, MINIMAL, load, only_problem, problems

DISCORD_ONLY = {name: value for name, value in MINIMAL.items() if name.startswith("DISCORD_")}


def named(name: str, *, url: str = "http://host", kind: str = "RADARR") -> dict[str, str]:
    return {f"{kind}__{name}__URL": url, f"{kind}__{name}__API_KEY": KEY}


def only_instance(environ: dict[str, str]) -> InstanceConfig:
    (config,) = load(environ, base=DISCORD_ONLY).instances
    return config


def test_the_simple_case_takes_all_optional_keys() -> None:
    config = only_instance(
        {
            "SONARR_URL": "http://sonarr:8989/",
            "SONARR_API_KEY": KEY,
            "SONARR_NAME": "TV",
            "SONARR_PUBLIC_URL": "https://tv.example.org/",
            "SONARR_VERIFY_TLS": "off",
            "SONARR_TIMEOUT": "2.5",
        }
    )
    assert (config.id, config.kind, config.name) == ("sonarr", InstanceKind.SONARR, "TV")
    assert (config.url, config.public_url) == ("http://sonarr:8989", "https://tv.example.org")
    assert (config.verify_tls, config.timeout_s, config.ca_file) == (False, 2.5, None)


def test_names_default_to_the_kind_or_to_what_was_typed() -> None:
    settings = load({**named("Anime_4K", url="http://b"), **named("4K", kind="SONARR")})
    assert [(config.id, config.name) for config in settings.instances] == [
        ("radarr", "Radarr"),
        ("radarr_anime_4k", "Anime_4K"),
        ("sonarr_4k", "4K"),
    ]


def test_default_names_that_collide_say_the_kind() -> None:
    twins = {**named("4K"), **named("4k", url="http://s", kind="SONARR")}
    settings = load({**twins, "DISCARR_HIDDEN_INSTANCES": "4K (sonarr)"}, base=DISCORD_ONLY)
    assert [config.name for config in settings.instances] == ["4K (Radarr)", "4k (Sonarr)"]
    assert settings.hidden_instances == {"sonarr_4k"}
    assert load({**twins, "DISCARR_HIDDEN_INSTANCES": "4K"}).hidden_instances == {"radarr_4k", "sonarr_4k"}


def test_a_name_that_was_chosen_stays_as_it_is() -> None:
    settings = load({**named("4K", url="http://b"), "RADARR_NAME": "4k"})
    assert [config.name for config in settings.instances] == ["4k", "4K (Radarr)"]


@pytest.mark.parametrize("name", ["Films", "films"])
def test_two_instances_may_not_be_given_the_same_name(name: str) -> None:
    changes = {**named("4K", url="http://b", kind="SONARR"), "SONARR__4K__NAME": name, "RADARR_NAME": "Films"}
    assert only_problem(changes) == (
        "SONARR__4K__NAME and RADARR_NAME make two instances look the same: give one of them another name."
    )


def test_no_instance_at_all_is_a_problem() -> None:
    assert problems(base=DISCORD_ONLY) == (
        "No Radarr and no Sonarr is set: put in RADARR_URL and RADARR_API_KEY,"
        " or SONARR_URL and SONARR_API_KEY.",
    )


def test_half_an_instance_says_which_half_is_missing() -> None:
    assert only_problem({"SONARR_URL": "http://s"}).startswith(
        "SONARR_API_KEY is missing: it must be the key"
    )
    assert only_problem({"RADARR__4K__API_KEY": KEY}) == (
        "RADARR__4K__URL is missing: it must be an address, such as http://radarr:7878."
    )
    assert len(problems({"SONARR_NAME": "TV"})) == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"RADARR_URL": "radarr:7878"}, "RADARR_URL must start with http:// or https://"),
        ({"RADARR_URL": "ftp://radarr"}, "RADARR_URL must start with http:// or https://"),
        ({"RADARR_URL": "http://me:pw@radarr"}, "RADARR_URL must not contain a user name or password"),
        ({"RADARR_URL": "http://r/?apikey=1"}, "RADARR_URL must end before any ? or #"),
        ({"RADARR_URL": "http://r/#x"}, "RADARR_URL must end before any ? or #"),
        ({"RADARR_URL": "http://"}, "RADARR_URL is not an address"),
        ({"RADARR_URL": "http://r:0"}, "RADARR_URL is not an address"),
        ({"RADARR_URL": "http://r:99999"}, "RADARR_URL is not an address"),
        ({"RADARR_URL": "http://[::1"}, "RADARR_URL is not an address"),
        ({"RADARR_URL": "http://a b"}, "RADARR_URL contains a character that no address has"),
        ({"RADARR_URL": "http://a\\b"}, "RADARR_URL contains a character that no address has"),
        ({"RADARR_URL": "<address>"}, "RADARR_URL still holds the placeholder"),
        ({"RADARR_PUBLIC_URL": "radarr.example.org"}, "RADARR_PUBLIC_URL must start with http://"),
        ({"RADARR_API_KEY": "paste-the-api-key-here"}, "RADARR_API_KEY still holds the placeholder"),
        ({"RADARR_API_KEY": "two words"}, "RADARR_API_KEY contains a blank"),
        ({"RADARR_NAME": "x" * 51}, "RADARR_NAME must be a short text"),
        ({"RADARR_NAME": "a\x07b"}, "RADARR_NAME must be a short text"),
        ({"RADARR_VERIFY_TLS": "maybe"}, "RADARR_VERIFY_TLS must be true or false"),
        ({"RADARR_TIMEOUT": "0"}, "RADARR_TIMEOUT must be a number of seconds"),
        ({"RADARR_TIMEOUT": "inf"}, "RADARR_TIMEOUT must be a number of seconds"),
        ({"RADARR_CA_FILE": "/nowhere/ca.pem"}, "RADARR_CA_FILE names a file that does not exist"),
        ({"RADARR_CA_FILE": "a\x00b"}, "RADARR_CA_FILE must be the path of a certificate file"),
    ],
)
def test_a_wrong_value_of_an_instance_is_named(changes: dict[str, str], words: str) -> None:
    assert only_problem(changes).startswith(words)


@pytest.mark.parametrize(
    ("changes", "example"),
    [
        ({"SONARR_URL": "sonarr:8989", "SONARR_API_KEY": KEY}, "http://sonarr:8989"),
        ({"SONARR_URL": "http://s:0", "SONARR_API_KEY": KEY}, "http://sonarr:8989"),
        ({"RADARR_URL": "http://r/?apikey=1"}, "http://radarr:7878"),
        ({"RADARR_PUBLIC_URL": "radarr.example.org"}, "https://radarr.example.org"),
    ],
)
def test_an_example_of_an_address_is_one_of_that_variable(changes: dict[str, str], example: str) -> None:
    assert only_problem(changes).endswith(f", such as {example}.")


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "[fe80::1]",
        "[fe80::1%25eth0]",
        "[::ffff:169.254.169.254]",
        "2852039166",
        "0xA9FEA9FE",
        "169.254.43518",
        "[fd00:ec2::254]",
        "169.254.169.254.",
    ],
)
def test_link_local_and_metadata_addresses_are_refused(host: str) -> None:
    with pytest.raises(Refused, match="link-local"):
        normalise_address(f"http://{host}/latest")


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        (" 'http://Radarr:7878/' ", "http://radarr:7878"),
        ("HTTP://radarr:80", "http://radarr"),
        ("https://radarr:443/base/", "https://radarr/base"),
        ("http://radarr:7878/api", "http://radarr:7878"),
        ("http://radarr:7878/radarr/api/v3/", "http://radarr:7878/radarr"),
        ("http://radarr/API//V3", "http://radarr"),
        ("http://192.168.1.5:7878", "http://192.168.1.5:7878"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1"),
        ("http://[2001:DB8::1]:7878/x", "http://[2001:db8::1]:7878/x"),
        ("http://host./capital/Base", "http://host/capital/Base"),
        ("http://radarr/therapi", "http://radarr/therapi"),
    ],
)
def test_addresses_are_brought_into_one_form(typed: str, normal: str) -> None:
    assert normalise_address(typed) == normal
    assert normalise_address(normal) == normal


def test_the_same_address_twice_is_a_problem_for_one_kind_only() -> None:
    url = MINIMAL["RADARR_URL"]
    assert only_problem(named("4K", url=f"{url}/api/")) == (
        "RADARR__4K__URL and RADARR_URL hold the same address: remove one of the two."
    )
    assert len(load(named("4K", url=url, kind="SONARR")).instances) == 2


def test_names_that_lead_to_one_id_are_a_problem() -> None:
    found = only_problem({**named("4-K"), **named("4_K", url="http://other")})
    assert found == (
        "RADARR__4_K__URL and a variable that begins with RADARR_ have names that are too much alike:"
        " rename one of them."
    )


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("Größe", r"radarr_grosse"),
        ("Café", r"radarr_cafe"),
        ("映画", r"radarr_[0-9a-f]{8}"),
        ("映画4K", r"radarr_4k_[0-9a-f]{8}"),
        ("x" * 40, r"radarr_x{16}_[0-9a-f]{8}"),
        ("🎬", r"radarr_[0-9a-f]{8}"),
    ],
)
def test_ids_are_plain_whatever_the_name(name: str, pattern: str) -> None:
    config = only_instance(named(name))
    assert re.fullmatch(pattern, config.id)
    assert config.name == name
    assert only_instance(named(name)).id == config.id


@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=40), max_size=4))
def test_ids_are_always_legal_and_unique(names: list[str]) -> None:
    environ: dict[str, str] = {}
    for number, name in enumerate({name.casefold(): name for name in names}.values()):
        environ |= named(name, url=f"http://h{number}")
    environ |= named("plain", url="http://plain")
    try:
        instances = load(environ, base=DISCORD_ONLY).instances
    except ConfigError as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert re.search("too much alike|short text|set twice", refusal)
        return
    ids = [config.id for config in instances]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9_]{1,32}", instance_id) for instance_id in ids)


def test_a_config_made_by_hand_is_checked_too_and_hides_its_key() -> None:
    config = InstanceSettings(
        id="radarr", kind=InstanceKind.RADARR, name="Radarr", url="http://r:1/", api_key=SecretStr(KEY)
    )
    assert config.url == "http://r:1"
    assert KEY not in repr(config)
    with pytest.raises(ValidationError) as caught:
        InstanceSettings(id="radarr", kind=InstanceKind.RADARR, name="R", url=KEY, api_key=SecretStr(""))
    assert KEY not in str(caught.value)
    assert caught.value.error_count() == 2
