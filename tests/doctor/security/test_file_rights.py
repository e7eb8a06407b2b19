import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.doctor.security.file_rights import OthersRights, rights_by_modes, rights_of_others

NOTHING = OthersRights(can_read=False, can_change=False)
READ = OthersRights(can_read=True, can_change=False)
CHANGE = OthersRights(can_read=False, can_change=True)
BOTH = OthersRights(can_read=True, can_change=True)

MODES = st.integers(0, 0o1777)


@pytest.mark.parametrize(
    ("above", "own", "expected"),
    [
        ([0o755, 0o755], 0o600, NOTHING),
        ([0o755, 0o755], 0o640, NOTHING),
        ([0o755, 0o755], 0o660, NOTHING),
        ([0o755, 0o755], 0o644, READ),
        ([0o755, 0o755], 0o602, CHANGE),
        ([0o755, 0o755], 0o666, BOTH),
        # a directory above keeps everybody out
        ([0o755, 0o700], 0o666, NOTHING),
        ([0o700, 0o755], 0o666, NOTHING),
        ([0o755, 0o754], 0o666, NOTHING),
        ([0o700, 0o777], 0o600, NOTHING),
        # whoever may rename in a directory above puts another file there
        ([0o755, 0o777], 0o600, CHANGE),
        ([0o777, 0o755], 0o600, CHANGE),
        ([0o777, 0o700], 0o600, CHANGE),
        ([0o755, 0o776], 0o600, NOTHING),
        ([0o1777, 0o755], 0o600, NOTHING),
        ([0o1777, 0o755], 0o644, READ),
        # a directory itself, such as /tmp
        ([0o755], 0o1777, BOTH),
    ],
)
def test_what_others_may_do(above: list[int], own: int, expected: OthersRights) -> None:
    assert rights_by_modes(above, own) == expected


@given(st.lists(MODES, max_size=4), MODES, st.integers(0, 3), st.integers(0, 0o7))
def test_taking_rights_of_others_away_gives_them_none(
    above: list[int], own: int, place: int, taken: int
) -> None:
    stricter = [mode & ~taken if number == place else mode for number, mode in enumerate(above)]

    before, after = rights_by_modes(above, own), rights_by_modes(stricter, own & ~taken)

    assert after.can_read <= before.can_read
    assert after.can_change <= before.can_change


@given(st.lists(MODES, max_size=4), MODES)
def test_rights_of_owner_and_group_do_not_matter(above: list[int], own: int) -> None:
    relevant = stat.S_IRWXO | stat.S_ISVTX

    assert rights_by_modes(above, own) == rights_by_modes([mode & relevant for mode in above], own & relevant)


def test_a_file_that_everybody_may_use() -> None:
    assert rights_of_others(Path("/dev/null")) == BOTH


def test_a_file_in_a_closed_directory_is_out_of_reach(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "file").chmod(0o666)
    tmp_path.chmod(0o700)

    assert rights_of_others(tmp_path / "file") == NOTHING


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/dev/null")

    assert rights_of_others(tmp_path / "link") == BOTH


def test_a_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        rights_of_others(tmp_path / "gone")
