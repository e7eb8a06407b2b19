from discarr.discord_bot.ui import texts
from tests.discord_bot.ui.builders import NOW, stamp


def test_lists_read_as_prose() -> None:
    assert texts.list_of([]) == ""
    assert texts.list_of(["a"]) == "a"
    assert texts.list_of(["a", "b"]) == "a and b"
    assert texts.list_of(["a", "b", "c"]) == "a, b and c"


def test_the_code_of_the_log_is_named() -> None:
    assert "A1B2C3" in texts.unexpected("A1B2C3")


def test_verbose_logging_ends_at_a_time_in_the_readers_zone() -> None:
    assert stamp(NOW) in texts.verbose_on(NOW)
