"""How much the tests try: a part in `make test`, everything in `make coverage` and `make test-all`."""

import os
from typing import Final

_EFFORT: Final = float(os.environ.get("TEST_EFFORT", "0.15"))
"""1 tries everything; more tries more of what is drawn at random."""


def examples(count: int) -> int:
    """Return how many of so many random examples are tried, always a few."""
    return max(10, round(count * _EFFORT))
