"""How tokens and keys are held."""

from discarr.core.secret import Secret


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret("canary")

    assert secret.get_secret_value() == "canary"
    assert "canary" not in f"{secret} {secret!r} {[secret]}"


def test_secrets_are_alike_when_their_texts_are() -> None:
    assert {Secret("canary"), Secret("canary")} == {Secret("canary")}
    assert Secret("canary") != Secret("other")
    assert Secret("canary") != "canary"
