"""Where something is told: a place in Discord or a person, as a short text that stands in the database."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

_TEXT = re.compile(r"(alerts|log|channel|owner|user)(?::([1-9][0-9]{0,18}))?")
_LARGEST_ID = 2**63 - 1


class RouteKind(StrEnum):
    """What sort of place it is."""

    ALERTS = "alerts"
    """The thread under the live message."""
    LOG = "log"
    """A second thread there, for those who want to read everything."""
    CHANNEL = "channel"
    OWNER = "owner"
    """A direct message to the owner of the server."""
    USER = "user"
    """A direct message to somebody."""


_WITH_ID = frozenset({RouteKind.CHANNEL, RouteKind.USER})


@dataclass(frozen=True, slots=True)
class Route:
    """One place; `id` is that of the channel or person, None for the others."""

    kind: RouteKind
    id: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote.

        Raises:
            ValueError: it is no route.
        """
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueError(f"not a route: {text!r}")
        kind, number = RouteKind(match[1]), int(match[2]) if match[2] else None
        if (kind in _WITH_ID) is (number is None) or (number or 0) > _LARGEST_ID:
            raise ValueError(f"not a route: {text!r}")
        return cls(kind, number)

    def __str__(self) -> str:
        return self.kind.value if self.id is None else f"{self.kind.value}:{self.id}"


ALERTS: Final = Route(RouteKind.ALERTS)
LOG: Final = Route(RouteKind.LOG)
OWNER: Final = Route(RouteKind.OWNER)


def fallback(route: Route) -> Route | None:
    """Return where something goes that cannot be told here for good; None: nowhere, it stays undelivered.

    What was meant for one person does not go to everybody.
    """
    match route.kind:
        case RouteKind.ALERTS:
            return OWNER
        case RouteKind.LOG | RouteKind.CHANNEL:
            return ALERTS
        case RouteKind.OWNER:
            return ALERTS
        case RouteKind.USER:
            return None
