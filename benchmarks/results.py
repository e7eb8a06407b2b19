"""What was measured, what must hold, and how both are shown."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of `build/bench.json`."""

    case: str
    n: int
    """Queue rows of each of the two apps."""
    contender: str
    median_ms: float
    ratio_to_limit: float
    """To the raw-socket lower bound of the same run, or to the figure that must not be exceeded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A promise and what was found."""

    what: str
    found: float
    most: float
    unit: str

    @property
    def is_kept(self) -> bool:
        """Whether the promise holds."""
        return self.found <= self.most


@dataclass(slots=True)
class Report:
    """Everything one run found."""

    results: list[Result] = field(default_factory=list)
    bounds: list[Bound] = field(default_factory=list)

    def add(self, results: Iterable[Result], bounds: Iterable[Bound]) -> None:
        """Take over what one case found."""
        self.results += results
        self.bounds += bounds

    @property
    def is_good(self) -> bool:
        """Whether every promise holds."""
        return all(bound.is_kept for bound in self.bounds)

    def write(self, path: Path) -> None:
        """Write the results as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [asdict(result) | _rounded(result) for result in self.results]
        path.write_text(json.dumps(rows, indent=1) + "\n")

    def __str__(self) -> str:
        results = [
            (item.case, f"{item.n:,}", item.contender, f"{item.median_ms:.2f}", f"{item.ratio_to_limit:.2f}×")
            for item in self.results
        ]
        bounds = [
            (item.what, f"{item.found:.4g} {item.unit}", f"{item.most:.4g} {item.unit}", _word(item))
            for item in self.bounds
        ]
        return "\n".join(
            (
                *_table(("case", "rows per app", "contender", "median ms", "to limit"), results),
                "",
                *_table(("promise", "found", "at most", ""), bounds),
            )
        )


def _word(bound: Bound) -> str:
    return "kept" if bound.is_kept else "BROKEN"


def _rounded(result: Result) -> dict[str, float]:
    return {"median_ms": round(result.median_ms, 4), "ratio_to_limit": round(result.ratio_to_limit, 4)}


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(len(line[column]) for line in (head, *rows)) for column in range(len(head))]
    for line in (head, ["-" * width for width in widths], *rows):
        cells = (
            cell.rjust(width) if cell[:1].isdigit() else cell.ljust(width)
            for cell, width in zip(line, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()
