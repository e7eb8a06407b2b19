"""What the values of acting promise by themselves."""

import itertools

import pytest

from discarr.core.actions import Removal


@pytest.mark.parametrize("flags", [*itertools.product([False, True], repeat=4)])
def test_a_removal_cannot_both_delete_and_keep_the_data(flags: tuple[bool, ...]) -> None:
    names = ("remove_from_client", "blocklist", "skip_redownload", "change_category")
    values = dict(zip(names, flags, strict=True))

    if values["remove_from_client"] and values["change_category"]:
        with pytest.raises(ValueError, match="either"):
            Removal(**values)
    else:
        removal = Removal(**values)
        does_something = removal.remove_from_client or removal.blocklist or removal.change_category
        assert removal.is_ignore is not does_something


def test_no_flag_of_a_removal_is_left_to_a_default() -> None:
    with pytest.raises(TypeError):
        Removal(remove_from_client=False, blocklist=True)  # type: ignore[call-arg]  # what is tested
