from collections.abc import Mapping
from pathlib import Path

from discarr.doctor.security.secret_places import SecretPlace, Sources, find_secret_places
from tests.core.environs import KEY, TOKEN


def find(
    environ: Mapping[str, str], *, env_file: Path | None = None, secrets_dir: Path | None = None
) -> tuple[SecretPlace, ...]:
    return find_secret_places(Sources(environ=environ, env_file=env_file, secrets_dir=secrets_dir))


def test_every_source_in_the_order_of_preference(tmp_path: Path) -> None:
    env_file, secrets_dir, key_file = tmp_path / ".env", tmp_path / "secrets", tmp_path / "key"
    env_file.write_text(
        f"\ufeffDISCORD_TOKEN={TOKEN}\nSONARR_API_KEY_FILE={key_file}\nRADARR_URL=http://radarr\n"
    )
    secrets_dir.mkdir()
    (secrets_dir / "discord_token").write_text(TOKEN)
    (secrets_dir / "radarr__4K__api_key").write_text(KEY)

    found = find(
        {"DISCORD_TOKEN": TOKEN, "RADARR_API_KEY_FILE": f'"{key_file}"'},
        env_file=env_file,
        secrets_dir=secrets_dir,
    )

    assert [(place.variable, place.place, place.path) for place in found] == [
        ("DISCORD_TOKEN", "the environment", None),
        ("RADARR_API_KEY", "the file of RADARR_API_KEY_FILE", key_file),
        ("SONARR_API_KEY", "the file of SONARR_API_KEY_FILE", key_file),
        ("DISCORD_TOKEN", "the secret file discord_token", secrets_dir / "discord_token"),
        ("RADARR__4K__API_KEY", "the secret file radarr__4K__api_key", secrets_dir / "radarr__4K__api_key"),
        ("DISCORD_TOKEN", "the .env file", env_file),
    ]


def test_a_file_that_is_reached_in_two_ways_is_one_place(tmp_path: Path) -> None:
    (tmp_path / "discord_token").write_text(TOKEN)
    (tmp_path / ".env").write_text(f"DISCORD_TOKEN_FILE={tmp_path / 'link'}\n")
    (tmp_path / "link").symlink_to("discord_token")

    found = find(
        {"DISCORD_TOKEN_FILE": str(tmp_path / "discord_token")},
        env_file=tmp_path / ".env",
        secrets_dir=tmp_path,
    )

    assert [place.place for place in found] == ["the file of DISCORD_TOKEN_FILE"]


def test_one_file_may_hold_several_secrets(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"DISCORD_TOKEN={TOKEN}\nRADARR_API_KEY={KEY}\n")

    found = find({}, env_file=tmp_path / ".env")

    assert [place.variable for place in found] == ["DISCORD_TOKEN", "RADARR_API_KEY"]


def test_what_is_no_secret_is_left_alone(tmp_path: Path) -> None:
    env_file, secrets_dir = tmp_path / ".env", tmp_path / "secrets"
    env_file.write_text("RADARR_URL=http://radarr\nDISCORD_TOKEN\nDISCORD_CHANNEL_ID=1\n")
    secrets_dir.mkdir()
    (secrets_dir / "postgres_password").write_text("x")
    (secrets_dir / "discord_token").mkdir()
    (secrets_dir / "sonarr_api_key").touch()
    environ = {
        "DISCORD_TOKEN": "  ",
        "RADARR_URL": "http://radarr",
        "RADARR__AUTH__APIKEY": KEY,  # Radarr's own
        "MY_API_KEY": KEY,
        "DISCARR_DATA_DIR_FILE": "/somewhere",
        "DISCORD_TOKEN_FILE": "",
    }

    assert find(environ, env_file=env_file, secrets_dir=secrets_dir) == ()


def test_files_and_directories_may_be_missing(tmp_path: Path) -> None:
    assert find({}, env_file=tmp_path / ".env", secrets_dir=tmp_path / "secrets") == ()


def test_sources_keep_values_out_of_their_repr() -> None:
    sources = Sources(environ={"DISCORD_TOKEN": TOKEN}, env_file=None, secrets_dir=None)

    assert TOKEN not in repr((sources, find_secret_places(sources)))
