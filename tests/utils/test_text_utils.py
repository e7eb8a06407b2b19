import math
import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.utils.text_utils import (
    bar,
    clean,
    count_of,
    escape,
    human_size,
    join_and_more,
    label,
    length,
    percent,
    shorten,
    without_addresses,
)

ANY_TEXT = st.text(st.characters(), max_size=80) | st.text(
    st.sampled_from("<@#&:/t1Rhps[](){}*_~|`>\\-+. \n\u202e\u200b\u0301🎬a"), max_size=40
)
# What Discord's apps take as markup once backslash pairs are gone.
_ACTIVE = re.compile(
    r"[*_~|`>\[\]\\]|^[-+#]|^\d+\.|<[@#tai/:]|@(?:everyone|here|\d)|https?:/|discord\.gg/|:[\w+-]+:"
)


@given(ANY_TEXT)
def test_no_markup_survives_escaping(text: str) -> None:
    shown_literally = re.sub(r"\\[^0-9A-Za-z\s]", "\x00", escape(text))
    assert not _ACTIVE.search(shown_literally)


@given(ANY_TEXT)
def test_an_escaped_text_is_one_line_without_anything_invisible_but_our_own_breaks(text: str) -> None:
    for character in escape(text):
        assert character == "\u200b" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
        assert not (character.isspace() and character != " ")


@given(ANY_TEXT, st.integers(1, 60))
def test_a_shortened_escaped_text_fits_and_never_ends_inside_an_escape_pair(text: str, budget: int) -> None:
    cut = shorten(escape(text), budget)

    assert length(cut) <= budget
    assert cut == escape(text) or cut.endswith("…")
    body = cut.removesuffix("…") if cut != escape(text) else cut
    assert (len(body) - len(body.rstrip("\\"))) % 2 == 0
    assert not _ACTIVE.search(re.sub(r"\\[^0-9A-Za-z\s]", "\x00", cut))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dune: Part Two", "Dune: Part Two"),
        ("WALL·E 12:30", "WALL·E 12:30"),
        ("**b** _i_ ~~s~~ ||p|| `c`", r"\*\*b\*\* \_i\_ \~\~s\~\~ \|\|p\|\| \`c\`"),
        ("<@123>", "<\u200b@\u200b123\\>"),
        ("@everyone", "@\u200beveryone"),
        ("<t:1:R>", "<\u200bt\\:1:R\\>"),
        ("</queue:1>", "<\\/queue:1\\>"),
        ("https://evil.example/x", "https:\\/\\/evil.example\\/x"),
        ("[a](b)", r"\[a\](b)"),
        ("# head", r"\# head"),
        ("-# sub", r"\-# sub"),
        ("1. FC Köln", r"1\. FC Köln"),
        (":joy:", r"\:joy:"),
        ("a\u202eb\u2066c\u200fd\u200be\ufeff", "abcde"),
        (" two\nlines\t \x00\x9bhere ", "two lines here"),
        ("lone \ud83c surrogate", "lone surrogate"),
        ("\u3164\u2800\U000e0041", ""),
    ],
)
def test_escaping(text: str, expected: str) -> None:
    assert escape(text) == expected


def test_only_a_few_marks_stay_on_a_letter() -> None:
    assert clean("Z" + "\u0335" * 60 + "a") == "Z" + "\u0335" * 3 + "a"


def test_megabytes_are_cut_before_they_are_looked_at() -> None:
    assert len(clean("x" * 10_000_000)) <= 500


@pytest.mark.parametrize(
    ("text", "budget", "expected"),
    [
        ("short", 5, "short"),
        ("longer", 5, "long…"),
        ("with space", 6, "with…"),
        ("ab\\*", 4, "ab\\*"),
        ("ab\\*c", 4, "ab…"),
        ("🎬🎬🎬", 6, "🎬🎬🎬"),
        ("🎬🎬🎬", 5, "🎬🎬…"),
        ("🎬🎬🎬", 4, "🎬…"),
        ("ab", 1, "…"),
    ],
)
def test_shortening(text: str, budget: int, expected: str) -> None:
    assert shorten(text, budget) == expected


def test_a_label_is_never_empty() -> None:
    assert label("\u200b", 10) == "?"
    assert label("*as it is*", 20) == "*as it is*"


@given(st.floats(allow_nan=True, allow_infinity=True), st.integers(1, 30))
def test_a_bar_has_its_width_and_is_full_only_when_complete(fraction: float, width: int) -> None:
    drawn = bar(fraction, width)
    assert len(drawn) == width
    assert ("▱" not in drawn) == (fraction >= 1)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_percentage_is_complete_only_when_complete(fraction: float) -> None:
    words = percent(fraction)
    assert re.fullmatch(r"\d{1,3} %", words)
    assert (words == "100 %") == (fraction >= 1)


def test_bars_and_percentages_round_down() -> None:
    assert bar(0.22) == "▰▰▱▱▱▱▱▱▱▱"
    assert percent(0.229) == "22 %"
    assert percent(0.9999) == "99 %"
    assert percent(math.nan) == "0 %"


@pytest.mark.parametrize(
    ("size_bytes", "expected"),
    [
        (-5, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (950_000_000, "950 MB"),
        (999_600_000, "1 GB"),
        (9_960_000_000, "10 GB"),
        (18_000_000_000, "18 GB"),
        (812_400_000_000, "812 GB"),
        (4_100_000_000_000, "4.1 TB"),
        (999_000_000_000_000_000_000, "999 EB"),
        (10**400, "over 999 EB"),
    ],
)
def test_sizes(size_bytes: int, expected: str) -> None:
    assert human_size(size_bytes) == expected


def test_counting_and_joining() -> None:
    assert count_of(1, "download") == "1 download"
    assert count_of(0, "download") == "0 downloads"
    assert count_of(2, "more server", "more servers") == "2 more servers"
    assert join_and_more(["a", "b"], 2) == "a, b"
    assert join_and_more(["a", "b", "c"], 2) == "a, b and 1 more"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No files in /downloads/Foo Bar/x.mkv are eligible", "No files in x.mkv are eligible"),
        ("C:\\Users\\Bob Smith\\x.mkv is locked", "x.mkv is locked"),
        ("\\\\nas\\my share\\x.mkv", "x.mkv"),
        ("Foo.S01/Foo.S01E01.mkv", "Foo.S01E01.mkv"),
        ("'/mnt/Bob's movies/x.mkv'", "'x.mkv'"),
        ("see http://10.0.0.5:8080/queue now", "see … now"),
        ("Connection refused (qbittorrent:8080)", "Connection refused (…)"),
        ("at 192.168.1.2:80, [::1]:90 and localhost", "at …, … and …"),
        ("Not an upgrade. Existing quality: HDTV-1080p at 12:30", None),
    ],
)
def test_addresses_and_directories_are_taken_out(text: str, expected: str | None) -> None:
    assert without_addresses(text) == (text if expected is None else expected)


@pytest.mark.parametrize(
    "piece", ["x", "*", "/", "/ ", "a.", "[:", "a:1", "a/", "\\", "1.1.1.", ":a", "\u0301"]
)
def test_no_text_takes_long(piece: str) -> None:
    started = time.perf_counter()
    without_addresses(piece * 1_000_000)
    escape(piece * 1_000_000)
    assert time.perf_counter() - started < 0.1


@given(ANY_TEXT)
def test_no_separator_of_a_path_survives(text: str) -> None:
    assert not re.search(r"[\\/]\S", without_addresses(text))


@pytest.mark.parametrize(
    "text",
    [
        "Authentication failed for apikey=0123456789abcdef",
        "GET /download?passkey=0123456789abcdef&id=4 → 403",
        'refused {"token": "0123456789abcdef"}',
        "API Key: 0123456789abcdef is wrong",
    ],
)
def test_keys_in_an_apps_own_words_are_taken_out(text: str) -> None:
    assert "0123456789abcdef" not in without_addresses(text)
