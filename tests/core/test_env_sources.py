"""Where variables come from, which source wins, and what unreadable ones say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from discarr.core.env_sources import printable_name, read_data_dir, read_token
from discarr.core.errors import ConfigError
from tests.core.environs import KEY, MINIMAL, TOKEN, load, problems

WITHOUT_TOKEN = {name: value for name, value in MINIMAL.items() if name != "DISCORD_TOKEN"}


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_environment_beats_named_file_beats_secret_file_beats_dotenv(tmp_path: Path) -> None:
    env_file = write(tmp_path / ".env", "DISCORD_TOKEN=from-dotenv\n")
    secret = write(tmp_path / "secrets/discord_token", "from-secret\n")
    named = write(tmp_path / "named", "from-named\n")

    def token(changes: dict[str, str], *, secrets_dir: Path | None) -> str:
        settings = load(changes, base=WITHOUT_TOKEN, env_file=env_file, secrets_dir=secrets_dir)
        return settings.discord_token.get_secret_value()

    assert token({}, secrets_dir=None) == "from-dotenv"
    assert token({}, secrets_dir=secret.parent) == "from-secret"
    assert token({"DISCORD_TOKEN_FILE": str(named)}, secrets_dir=secret.parent) == "from-named"
    both = {"DISCORD_TOKEN_FILE": str(named), "DISCORD_TOKEN": "from-environment"}
    assert token(both, secrets_dir=secret.parent) == "from-environment"


def test_a_value_that_loses_to_another_one_is_worth_a_warning(tmp_path: Path) -> None:
    env_file = write(tmp_path / ".env", f"DISCORD_TOKEN=another-token\nRADARR_API_KEY={KEY}\n")
    assert load(env_file=env_file).warnings == (
        "DISCORD_TOKEN is set in the environment and in .env: the first one counts.",
    )


@pytest.mark.parametrize("name", ["discord_token", "DISCORD_TOKEN"])
def test_secret_files_are_found_in_either_case(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, f"{TOKEN}\n")
    write(tmp_path / "database_password", "foreign")
    (tmp_path / "discord_directory").mkdir()
    settings = load(base=WITHOUT_TOKEN, secrets_dir=tmp_path)
    assert settings.discord_token.get_secret_value() == TOKEN


def test_a_named_instance_may_be_spread_over_sources_and_cases(tmp_path: Path) -> None:
    write(tmp_path / "radarr__4k__api_key", KEY)
    settings = load({"RADARR__4K__URL": "http://x"}, secrets_dir=tmp_path)
    (config,) = [config for config in settings.instances if config.id == "radarr_4k"]
    assert (config.name, config.api_key.get_secret_value()) == ("4K", KEY)


def test_named_files_work_for_instances_and_from_dotenv(tmp_path: Path) -> None:
    key = write(tmp_path / "key", KEY)
    env_file = write(tmp_path / ".env", f"SONARR__A__API_KEY_FILE={key}\nSONARR__A__URL=http://s\n")
    assert [config.id for config in load(env_file=env_file).instances] == ["radarr", "sonarr_a"]


def test_a_ca_file_is_a_setting_and_names_no_secret(tmp_path: Path) -> None:
    ca_file = write(tmp_path / "ca.pem", "certificate")
    assert load({"RADARR_CA_FILE": str(ca_file)}).instances[0].ca_file == ca_file


def test_dotenv_knows_quotes_comments_export_and_a_byte_order_mark(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    text = (
        f"export DISCORD_TOKEN='{TOKEN}' # mine\n"
        "DISCORD_CHANNEL_ID=12\nFOREIGN_WITHOUT_VALUE\n"
        f'RADARR_URL="http://r/$HOME"\nRADARR_API_KEY={KEY}\n'
    )
    env_file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    settings = load(base={}, env_file=env_file)
    assert settings.instances[0].url == "http://r/$HOME"
    assert settings.discord_token.get_secret_value() == TOKEN


def test_a_dotenv_line_that_makes_no_sense_is_named_by_its_number_only(tmp_path: Path) -> None:
    env_file = write(tmp_path / ".env", f"TZ=UTC\nDISCORD_TOKEN {TOKEN}\nDISCORD_{KEY}\n")
    assert problems(env_file=env_file) == (
        "Line 2 of the .env file cannot be understood: write NAME=value.",
        "Line 3 of the .env file cannot be understood: write NAME=value.",
    )


def test_missing_optional_places_are_no_problem(tmp_path: Path) -> None:
    assert load(env_file=tmp_path / ".env", secrets_dir=tmp_path / "secrets") == load()
    assert load(secrets_dir=write(tmp_path / "file", "")) == load()


def test_one_name_in_two_spellings_with_different_values_is_a_problem() -> None:
    assert problems({"discord_token": "something-else"}) == (
        "discord_token is set twice with different values: keep one of them.",
    )
    assert load({"discord_token": TOKEN}) == load()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "does not exist or is no file"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"x" * 70_000, "is far too large for settings"),
    ],
)
def test_a_named_file_that_cannot_be_used_is_named_by_its_variable(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "canary-in-a-path"
    if content is not None:
        path.write_bytes(content)
    found = problems({"DISCORD_TOKEN_FILE": str(path)}, base=WITHOUT_TOKEN)
    assert found[0].startswith(f"The file that DISCORD_TOKEN_FILE names {words}")
    assert "canary" not in str(found)


def test_a_token_pasted_as_the_name_of_its_file_is_not_repeated() -> None:
    for value in (TOKEN, TOKEN * 100):
        found = problems({"DISCORD_TOKEN_FILE": value}, base=WITHOUT_TOKEN)
        assert len(found) == 2
        assert TOKEN not in str(found)


def test_an_empty_named_file_counts_as_not_set(tmp_path: Path) -> None:
    empty = write(tmp_path / "empty", "\n")
    assert load({"DISCARR_LOG_LEVEL_FILE": str(empty)}) == load()


def test_a_dotenv_that_docker_made_a_directory_is_said(tmp_path: Path) -> None:
    assert problems(env_file=tmp_path) == (
        "The .env file does not exist or is no file: inside a container it must be the path there.",
    )


_AS_ANOTHER_USER = """
import os, sys
from pathlib import Path
from discarr.core.errors import ConfigError
from discarr.core.settings import load_settings
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
root = Path(sys.argv[1])
try:
    load_settings({"DISCORD_TOKEN_FILE": str(root / "secrets/discord_token")},
                  env_file=root / "closed/.env", secrets_dir=root / sys.argv[2])
except ConfigError as error:
    print(*error.problems, sep="\\n")
"""


def test_files_without_rights_are_explained_with_the_own_uid(tmp_path: Path) -> None:
    secret = write(tmp_path / "secrets/discord_token", TOKEN)
    write(tmp_path / "closed/.env", "TZ=UTC")
    write(tmp_path / "open/.keep", "")
    try:
        secret.chmod(0)
        (tmp_path / "closed").chmod(0)
        for parent in (tmp_path, *tmp_path.parents):
            if parent.stat().st_uid == os.getuid() and parent != parent.parent:
                parent.chmod(parent.stat().st_mode | 0o055)
        said = [
            subprocess.run(
                [sys.executable, "-c", _AS_ANOTHER_USER, str(tmp_path), directory],
                capture_output=True,
                text=True,
                check=True,
                timeout=30,
            ).stdout
            for directory in ("secrets", "closed")
        ]
    finally:
        (tmp_path / "closed").chmod(0o700)
    uid = os.getuid() or 65534
    rights = f"may not be read by uid {uid}"
    assert f"The .env file {rights}" in said[0]
    assert f"The file that DISCORD_TOKEN_FILE names {rights}: compose keeps the owner and mode" in said[0]
    assert f"The secret file discord_token {rights}" in said[0]
    assert f"The secrets directory {rights}" in said[1]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("RADARR__Größe__URL", "RADARR__Größe__URL"),
        (f"DISCORD_TOKEN:{TOKEN}", "a variable that begins with DISCORD_"),
        ("discarr_\n", "a variable that begins with DISCARR_"),
        ("RADARR_" + "x" * 80, "a variable that begins with RADARR_"),
    ],
)
def test_a_name_that_may_carry_a_value_is_not_shown(name: str, shown: str) -> None:
    assert printable_name(name) == shown


@pytest.mark.parametrize("source", ["nowhere", "environment", "named file", "secret file", "dotenv"])
def test_the_data_directory_alone_is_read_as_the_settings_read_it(tmp_path: Path, source: str) -> None:
    environ = {
        "environment": {"discarr_data_dir": "' /elsewhere '"},
        "named file": {"DISCARR_DATA_DIR_FILE": str(write(tmp_path / "named", "/elsewhere\n"))},
    }.get(source, {})
    secrets_dir = tmp_path / "secrets"
    env_file = tmp_path / ".env"
    if source == "secret file":
        write(secrets_dir / "discarr_data_dir", "/elsewhere\n")
    if source == "dotenv":
        write(env_file, "DISCARR_DATA_DIR='/elsewhere'\n")

    alone = read_data_dir(environ, env_file=env_file, secrets_dir=secrets_dir)

    assert alone == load(environ, env_file=env_file, secrets_dir=secrets_dir).data_dir
    assert alone == Path("data" if source == "nowhere" else "/elsewhere")


@pytest.mark.parametrize("source", ["environment", "named file", "secret file", "dotenv"])
def test_the_token_alone_is_read_as_the_settings_read_it(tmp_path: Path, source: str) -> None:
    environ = {
        "environment": {"discord_token": f"' {TOKEN} '"},
        "named file": {"DISCORD_TOKEN_FILE": str(write(tmp_path / "named", f"{TOKEN}\n"))},
    }.get(source, {})
    secrets_dir = tmp_path / "secrets"
    env_file = tmp_path / ".env"
    if source == "secret file":
        write(secrets_dir / "discord_token", f"{TOKEN}\n")
    if source == "dotenv":
        write(env_file, f"DISCORD_TOKEN='{TOKEN}'\n")

    alone = read_token(environ, env_file=env_file, secrets_dir=secrets_dir)

    settings = load(environ, base=WITHOUT_TOKEN, env_file=env_file, secrets_dir=secrets_dir)
    assert alone == settings.discord_token.get_secret_value() == TOKEN


@pytest.mark.parametrize(
    "value", [None, "", "paste-your-bot-token-here", "https://canary", "canary canary", "ca\u00f1ary"]
)
def test_a_token_that_the_settings_would_refuse_is_none(value: str | None) -> None:
    environ = {} if value is None else {"DISCORD_TOKEN": value}

    with pytest.raises(ConfigError, match="DISCORD_TOKEN") as caught:
        read_token(environ, env_file=None, secrets_dir=None)

    assert "canary" not in str(caught.value)
    assert problems(environ, base=WITHOUT_TOKEN)


def test_a_token_that_is_not_there_is_said_to_be_missing() -> None:
    with pytest.raises(ConfigError) as caught:
        read_token({}, env_file=None, secrets_dir=None)

    assert caught.value.problems == ("DISCORD_TOKEN is missing: set it to your bot's token.",)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"DISCORD_TOKEN_FILE": "/nowhere"}, "The file that DISCORD_TOKEN_FILE names does not exist"),
        ({"DISCORD_TOKEN": TOKEN, "discord_token": "another"}, "discord_token is set twice"),
    ],
)
def test_the_token_alone_is_refused_for_what_the_settings_refuse(
    tmp_path: Path, environ: dict[str, str], words: str
) -> None:
    env_file = write(tmp_path / ".env", "DISCORD_TOKEN=an-old-one\n")

    with pytest.raises(ConfigError) as caught:
        read_token(environ, env_file=env_file, secrets_dir=None)

    assert caught.value.problems == problems(environ, base=WITHOUT_TOKEN, env_file=env_file)
    assert caught.value.problems[0].startswith(words)
