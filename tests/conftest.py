"""What holds for every test; the network guard and the time limit are options in pyproject.toml."""

from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import settings

from tests.effort import examples

# Two busy cores make single examples slow now and then; the per-test time limit catches what hangs.
settings.register_profile("discarr", deadline=None, max_examples=examples(100))
settings.load_profile("discarr")


_ROOT = Path(__file__).parents[1]


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Let each worker begin with a share of its own: in a fresh checkout all would compile everything."""
    worker = getattr(session.config, "workerinput", None)
    if worker is None:
        return
    paths = sorted(path for argument in session.config.args for path in Path(argument).rglob("test_*.py"))
    number = int(worker["workerid"].removeprefix("gw"))
    for path in paths[number :: worker["workercount"]]:
        with suppress(Exception):  # told when it is collected
            import_module(".".join(path.resolve().relative_to(_ROOT).with_suffix("").parts))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let those begin first that mostly wait, for a browser: the others fill the time."""
    items.sort(key=lambda item: "browser" not in item.keywords)
