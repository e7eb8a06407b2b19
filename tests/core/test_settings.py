"""What `load_settings` accepts, refuses and says."""

import re
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from discarr.core.cleanup_config import CleanupConfig
from discarr.core.cleanup_settings import CleanupSettings
from discarr.core.config import Config, InstanceConfig
from discarr.core.env_sources import PREFIXES
from discarr.core.errors import ConfigError
from discarr.core.instance_settings import InstanceSettings
from discarr.core.settings import SETTINGS_REFERENCE, Settings, load_settings, read_exit_delay
from discarr.utils.permissions import Grants
from tests.core.environs import KEY, MINIMAL, TOKEN, load, only_problem, problems
from tests.effort import examples

ENV_EXAMPLE = Path(__file__).parents[2] / ".env.example"


def test_four_values_are_enough_and_the_rest_has_defaults() -> None:
    settings = load()
    assert settings.discord_token.get_secret_value() == TOKEN
    assert settings.discord_channel_id == 123456789012345678
    assert [config.id for config in settings.instances] == ["radarr"]
    assert (settings.refresh_interval_s, settings.health_interval_s, settings.edit_interval_s) == (
        30,
        300,
        15,
    )
    assert settings.exit_delay_s == 0
    assert (settings.data_dir, settings.log_level, settings.log_format) == (Path("data"), "INFO", "text")
    assert settings.grants == Grants()
    assert not any((settings.hidden_instances, settings.hidden_tags))
    assert not any((settings.cleanup_keep_indexers, settings.cleanup_keep_tags))
    assert (settings.cleanup_strikes, settings.cleanup_spacing_minutes) == (3, 10)
    assert (settings.cleanup_stalled_minutes, settings.cleanup_slow_kb_s) == (60, 50)
    assert (settings.cleanup_young_hours, settings.cleanup_per_run, settings.cleanup_per_day) == (2, 5, 20)
    assert settings.warnings == ()


def test_every_variable_reaches_its_field() -> None:
    settings = load(
        {
            "DISCARR_REFRESH_INTERVAL": "10",
            "DISCARR_HEALTH_INTERVAL": "60.5",
            "DISCARR_EDIT_INTERVAL": "5",
            "DISCARR_DATA_DIR": "/somewhere/else",
            "DISCARR_LOG_LEVEL": "debug",
            "DISCARR_LOG_FORMAT": "json",
            "DISCARR_OPERATOR_ROLES": "<@&56>",
            "DISCARR_OPERATOR_USERS": "<@78>",
            "DISCARR_ADMIN_ROLES": "12, <@&34>,",
            "DISCARR_ADMIN_USERS": "<@!90>,91",
            "DISCARR_OWNER_ROLES": "57",
            "DISCARR_OWNER_USERS": "92",
            "DISCARR_AUDIT_CHANNEL_ID": "93",
            "DISCARR_DISK_RESERVE": "0.5",
            "DISCARR_HIDDEN_INSTANCES": "Radarr",
            "DISCARR_HIDDEN_TAGS": "Gifts, adults",
            "DISCARR_CLEANUP_RULES": "stalled",
            "DISCARR_CLEANUP_STRIKES": "4",
            "DISCARR_CLEANUP_SPACING": "7.5",
            "DISCARR_CLEANUP_STALLED": "90",
            "DISCARR_CLEANUP_SLOW": "0.5",
            "DISCARR_CLEANUP_YOUNG": "0",
            "DISCARR_CLEANUP_KEEP_INDEXERS": "Linux Tracker (Prowlarr), Other",
            "DISCARR_CLEANUP_KEEP_TAGS": "Keep",
            "DISCARR_CLEANUP_PER_RUN": "1",
            "DISCARR_CLEANUP_PER_DAY": "2",
            "DISCARR_EXIT_DELAY": "60",
        }
    )
    assert (settings.refresh_interval_s, settings.health_interval_s, settings.edit_interval_s) == (
        10,
        60.5,
        5,
    )
    assert (settings.data_dir, settings.log_level) == (Path("/somewhere/else"), "DEBUG")
    assert (settings.log_format, settings.exit_delay_s) == ("json", 60)
    assert settings.grants == Grants(
        operator_roles=frozenset({56}),
        operator_users=frozenset({78}),
        admin_roles=frozenset({12, 34}),
        admin_users=frozenset({90, 91}),
        owner_roles=frozenset({57}),
        owner_users=frozenset({92}),
    )
    assert settings.disk_reserve_gb == 0.5
    assert settings.hidden_instances == {"radarr"}
    assert settings.hidden_tags == {"gifts", "adults"}
    assert [item.rule for item in settings.cleanup_rules] == ["stalled"]
    assert (settings.cleanup_strikes, settings.cleanup_spacing_minutes) == (4, 7.5)
    assert (settings.cleanup_stalled_minutes, settings.cleanup_slow_kb_s) == (90, 0.5)
    assert (settings.cleanup_young_hours, settings.cleanup_per_run, settings.cleanup_per_day) == (0, 1, 2)
    assert settings.cleanup_keep_indexers == {"linux tracker (prowlarr)", "other"}
    assert settings.cleanup_keep_tags == {"keep"}


@pytest.mark.parametrize(
    "value",
    [
        "123456789012345678",
        "https://discord.com/channels/999/123456789012345678",
        "https://ptb.discord.com/channels/999/123456789012345678/555",
        "<#123456789012345678>",
        ' "123456789012345678"\n',
    ],
)
def test_a_channel_is_an_id_or_a_copied_link(value: str) -> None:
    assert load({"DISCORD_CHANNEL_ID": value}).discord_channel_id == 123456789012345678


@pytest.mark.parametrize(
    "value",
    ["general", "0", "-5", "1" * 20, "٣", "https://discord.com/channels/@me/12", "https://a.b/channels/1/2"],
)
def test_anything_else_is_no_channel(value: str) -> None:
    assert only_problem({"DISCORD_CHANNEL_ID": value}) == (
        "DISCORD_CHANNEL_ID must be a channel id or a channel link copied from Discord."
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"DISCORD_TOKEN": "paste-your-bot-token-here"}, "DISCORD_TOKEN still holds the placeholder"),
        ({"DISCORD_TOKEN": f"Bot {TOKEN}"}, "DISCORD_TOKEN contains a blank"),
        ({"DISCORD_TOKEN": "https://discord.com/api/webhooks/1/x"}, "DISCORD_TOKEN holds an address"),
        ({"DISCORD_TOKEN": "tökenvalue"}, "DISCORD_TOKEN contains a character that no key or token has"),
        ({"DISCORD_CHANNEL_ID": "<your channel>"}, "DISCORD_CHANNEL_ID still holds the placeholder"),
        ({"DISCARR_EDIT_INTERVAL": "4"}, "DISCARR_EDIT_INTERVAL must be a number of seconds from 5"),
        ({"DISCARR_EDIT_INTERVAL": "121"}, "DISCARR_EDIT_INTERVAL must be a number of seconds from 5 to 120"),
        ({"DISCARR_REFRESH_INTERVAL": "nan"}, "DISCARR_REFRESH_INTERVAL must be a number"),
        ({"DISCARR_HEALTH_INTERVAL": "5 minutes"}, "DISCARR_HEALTH_INTERVAL must be a number"),
        ({"DISCARR_EXIT_DELAY": "-1"}, "DISCARR_EXIT_DELAY must be a number"),
        ({"DISCARR_LOG_LEVEL": "loud"}, "DISCARR_LOG_LEVEL must be debug, info, warning or error"),
        ({"DISCARR_LOG_FORMAT": "xml"}, "DISCARR_LOG_FORMAT must be text or json"),
        ({"DISCARR_ADMIN_ROLES": "admins"}, "DISCARR_ADMIN_ROLES must be role ids"),
        ({"DISCARR_DATA_DIR": "da\nta"}, "DISCARR_DATA_DIR must be the path of a directory"),
        ({"DISCARR_HIDDEN_INSTANCES": "4K"}, "DISCARR_HIDDEN_INSTANCES names an instance that is not set"),
    ],
)
def test_a_wrong_value_is_named_with_its_remedy(changes: dict[str, str], words: str) -> None:
    problem = only_problem(changes)
    assert problem.startswith(words)
    assert not any(value in problem for value in changes.values())


def test_all_problems_are_said_at_once() -> None:
    found = problems(
        {
            "DISCORD_TOKN": "x",
            "DISCORD_CHANNEL_ID": "general",
            "RADARR_URL": "radarr:7878",
            "SONARR_API_KEY": KEY,
            "DISCARR_EDIT_INTERVAL": "1",
            "DISCARR_HIDDEN_INSTANCES": "4K",
        },
        base={key: value for key, value in MINIMAL.items() if key != "DISCORD_TOKEN"},
    )
    named = [re.split(r"\W", problem)[0] for problem in found]
    assert sorted(named) == [
        "DISCARR_EDIT_INTERVAL",
        "DISCARR_HIDDEN_INSTANCES",
        "DISCORD_CHANNEL_ID",
        "DISCORD_TOKEN",
        "DISCORD_TOKN",
        "RADARR_URL",
        "SONARR_URL",
    ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("DISCORD_TOKN", "DISCORD_TOKEN"),
        ("RADARR_APIKEY", "RADARR_API_KEY"),
        ("sonarr_ulr", "SONARR_URL"),
        ("RADARR_4K_URL", "RADARR__4K__URL"),
        ("RADARR__4K_API_KEY", "RADARR__4K__API_KEY"),
        ("RADARR__4K__APIKEY", "RADARR__4K__API_KEY"),
        ("RADARR____URL", "RADARR_URL"),
        ("DISCARR_REFRESH", "DISCARR_REFRESH_INTERVAL"),
        ("DISCORD_ADMIN_ROLES", "DISCARR_ADMIN_ROLES"),
        ("DISCARR_CHANNEL_ID", "DISCORD_CHANNEL_ID"),
    ],
)
def test_a_misspelt_name_is_reported_with_the_right_one(name: str, meant: str) -> None:
    assert f"{name} is not a setting of Discarr: did you mean {meant}?" in problems({name: "tcp"})


@pytest.mark.parametrize(
    "name", ["DISCORD_QQQQQQQQQQQQQQ", "DISCORD_GUILD_ID", "DISCARR_BLA", "RADARR__4K", "RADARR__4K__PORT"]
)
def test_a_name_that_resembles_nothing_is_still_reported(name: str) -> None:
    assert only_problem({name: "x"}).startswith(f"{name} is not a setting of Discarr: remove it")


def test_a_missing_value_is_looked_for_under_similar_foreign_names() -> None:
    found = problems(
        {"DISCROD_TOKEN": TOKEN}, base={key: MINIMAL[key] for key in MINIMAL if key != "DISCORD_TOKEN"}
    )
    assert found[0].startswith("DISCORD_TOKEN is missing")
    assert found[0].endswith("(DISCROD_TOKEN looks like it.)")


@pytest.mark.parametrize(
    "foreign",
    [
        {"PATH": "/bin", "TZ": "UTC", "PROWLARR_API_KEY": "x", "READARR_URL": "x", "DISCO": "x"},
        {"RADARR_PORT": "tcp://10.0.0.1:7878", "RADARR_PORT_7878_TCP": "tcp://10.0.0.1:7878"},
        {"RADARR_PORT_7878_TCP_ADDR": "10.0.0.1", "RADARR_PORT_7878_TCP_PROTO": "tcp"},
        {"RADARR_SERVICE_HOST": "10.0.0.1", "RADARR_SERVICE_PORT": "80", "RADARR_SERVICE_PORT_HTTP": "80"},
        {"SONARR_4K_SERVICE_HOST": "10.0.0.1", "SONARR_4K_PORT": "tcp://10.0.0.1:80", "RADARR_ENV_TZ": "UTC"},
        {"RADARR_NAME": "/discarr/radarr", "RADARR_PORT": "tcp://10.0.0.1:7878"},
        {"RADARR__AUTH__APIKEY": "x", "SONARR__SERVER__URLBASE": "/tv", "RADARR__POSTGRES__HOST": "db"},
    ],
)
def test_foreign_and_injected_variables_are_left_alone(foreign: dict[str, str]) -> None:
    assert load(foreign) == load()


def test_a_port_that_a_person_set_is_a_mistake() -> None:
    assert "RADARR_PORT is not a setting of Discarr" in only_problem({"RADARR_PORT": "7878"})


def test_a_name_that_looks_like_a_docker_link_counts_without_one() -> None:
    assert load({"RADARR_NAME": "/a/b"}).instances[0].name == "/a/b"


def test_a_blank_value_counts_as_not_set() -> None:
    settings = load({"SONARR_URL": "", "SONARR_API_KEY": "  ", "DISCARR_LOG_LEVEL": '""', "DISCARR_TYPO": ""})
    assert settings == load()


def test_hidden_instances_are_found_by_name_display_name_and_id_whatever_the_case() -> None:
    changes = {
        "RADARR__4K__URL": "http://a",
        "RADARR__4K__API_KEY": KEY,
        "RADARR__4K__NAME": "Ultra",
        "SONARR_URL": "http://b",
        "SONARR_API_KEY": KEY,
    }
    for word in ("4k", "ULTRA", "radarr_4K"):
        hidden = load({**changes, "DISCARR_HIDDEN_INSTANCES": f"{word},SONARR"}).hidden_instances
        assert hidden == {"radarr_4k", "sonarr"}


def test_the_secrets_are_known_and_never_in_the_repr() -> None:
    settings = load({"SONARR_URL": "http://s", "SONARR_API_KEY": "second0123456789canary0123456789"})
    assert settings.secrets() == {TOKEN, KEY, "second0123456789canary0123456789"}
    shown = f"{settings!r} {settings} {settings.instances}"
    assert not any(secret in shown for secret in settings.secrets())


def test_settings_can_be_made_directly_without_reading_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EDIT_INTERVAL_S", "99")
    monkeypatch.setenv("LOG_FORMAT", "json")
    settings = Settings(discord_token=TOKEN, discord_channel_id=1, instances=load().instances)
    assert (settings.edit_interval_s, settings.log_format) == (15, "text")


@pytest.mark.parametrize(
    ("read", "held"),
    [(Settings, Config), (CleanupSettings, CleanupConfig), (InstanceSettings, InstanceConfig)],
)
def test_all_that_is_read_is_held_under_the_same_name(read: type[BaseModel], held: type) -> None:
    assert read.model_fields.keys() == {field.name for field in fields(held)}


def test_unverified_tls_is_worth_a_warning() -> None:
    (warning,) = load({"RADARR_VERIFY_TLS": "no"}).warnings
    assert warning.startswith("radarr accepts any certificate")


@pytest.mark.parametrize(
    ("value", "seconds"), [(None, 0.0), ("60", 60.0), ("soon", 0.0), ("-1", 0.0), ("inf", 0.0)]
)
def test_the_exit_delay_is_known_even_when_the_settings_are_wrong(value: str | None, seconds: float) -> None:
    environ = {} if value is None else {"DISCARR_EXIT_DELAY": value}
    assert read_exit_delay(environ, env_file=None, secrets_dir=None) == seconds


def test_the_example_file_holds_every_setting_and_nothing_else() -> None:
    lines = ENV_EXAMPLE.read_text(encoding="utf-8").splitlines()
    names = [match[1] for line in lines if (match := re.fullmatch(r"#?([A-Z][A-Z0-9_]*)=.*", line))]
    assert names == list(dict.fromkeys(names))
    assert set(names) == {variable.name for variable in SETTINGS_REFERENCE}


def test_the_example_file_as_it_is_asks_for_exactly_the_four_values() -> None:
    found = problems(base={}, env_file=ENV_EXAMPLE)
    assert [problem.split()[0] for problem in found] == [
        "RADARR_API_KEY",
        "DISCORD_TOKEN",
        "DISCORD_CHANNEL_ID",
    ]
    assert all("placeholder" in problem for problem in found)


def test_the_example_values_are_valid_apart_from_placeholders(tmp_path: Path) -> None:
    text = re.sub(r"^#(?=[A-Z])", "", ENV_EXAMPLE.read_text(encoding="utf-8"), flags=re.M)
    text = text.replace("/data/ca.pem", str(ENV_EXAMPLE)).replace("paste-your-bot-token-here", TOKEN)
    text = text.replace("paste-the-api-key-here", KEY).replace("paste-your-channel-id-or-link-here", "12")
    path = tmp_path / ".env"
    path.write_text(text, encoding="utf-8")
    settings = load(base={}, env_file=path)
    assert [config.id for config in settings.instances] == ["radarr", "radarr_4k", "sonarr"]


_NAMES = st.one_of(
    st.sampled_from([variable.name for variable in SETTINGS_REFERENCE]),
    st.builds(
        "{}{}".format,
        st.sampled_from([*PREFIXES, "RADARR__", "radarr_", "OTHER_"]),
        st.text(st.characters(exclude_characters="=\0"), max_size=12),
    ),
)
_CANARIES = st.builds(
    "{}CANARY4711{}".format,
    st.one_of(st.text(max_size=8), st.sampled_from(["http://", "http://u:", "https://h:", "'", "169.254."])),
    st.one_of(st.text(max_size=8), st.sampled_from(["@host", "/api", ",", "://x", "?apikey=1"])),
)


@given(st.dictionaries(_NAMES, st.one_of(_CANARIES, st.text(max_size=20)), max_size=12), st.booleans())
def test_whatever_is_set_ends_as_settings_or_as_problems_without_values(
    environ: dict[str, str], is_complete: bool
) -> None:
    try:
        load_settings({**(MINIMAL if is_complete else {}), **environ}, env_file=None, secrets_dir=None)
    except ConfigError as caught:
        error = caught
    else:
        return
    assert "CANARY" not in f"{error} {error!r} {error.problems} {error.__cause__!r}"
    assert all(problem.endswith((".", "?", ")")) and "\n" not in problem for problem in error.problems)
    assert str(error).encode()


@settings(max_examples=examples(25))
@given(st.text(max_size=60))
def test_no_single_value_leaks_or_crashes_in_any_setting(value: str) -> None:
    secret = f"s3cr3t{value}"
    for variable in SETTINGS_REFERENCE:
        with suppress(ConfigError):
            load({variable.name: secret})
            continue
        assert "s3cr3t" not in str(problems({variable.name: secret}))
