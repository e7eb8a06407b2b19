import pytest

from discarr.discord_bot.ui.silence_choice import SILENCES, hours_in, silence_options


def test_what_is_offered_is_what_is_taken() -> None:
    assert [hours_in(option.value) for option in silence_options()] == list(SILENCES)


@pytest.mark.parametrize("chosen", ["", "0", "999", "-8", "٨", "8 ", "x"])
def test_what_was_never_offered_is_the_shortest(chosen: str) -> None:
    assert hours_in(chosen) == 1
