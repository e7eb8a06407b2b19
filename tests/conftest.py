"""What holds for every test; the network guard and the time limit are options in pyproject.toml."""

import pytest
from hypothesis import settings

from tests.effort import examples

# Two busy cores make single examples slow now and then; the per-test time limit catches what hangs.
settings.register_profile("discarr", deadline=None, max_examples=examples(100))
settings.load_profile("discarr")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let those begin first that mostly wait, for a browser: the others fill the time."""
    items.sort(key=lambda item: "browser" not in item.keywords)
