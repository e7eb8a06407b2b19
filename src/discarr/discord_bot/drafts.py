"""What people have in hand while they choose; forgotten with the process."""

import secrets
from typing import Final, Protocol

from discarr.core.clock import Clock

LIVES_S: Final = 30 * 60.0
"""A draft that nobody touched for so long is forgotten."""


class Draft(Protocol):
    """Something that one person is working on."""

    @property
    def id(self) -> str:
        """12 characters; fits into the ids of controls."""

    @property
    def owner_id(self) -> int:
        """The one person who can find it."""


class Drafts[D: Draft]:
    """The drafts of everybody, the latest of them."""

    def __init__(self, clock: Clock, *, most: int) -> None:
        """`most` is how many are kept."""
        self._clock = clock
        self._most = most
        self._drafts: dict[str, tuple[float, D]] = {}

    @staticmethod
    def new_id() -> str:
        """Return an id for a new draft."""
        return secrets.token_hex(6)

    def find(self, draft_id: str, owner_id: int) -> D | None:
        """Return a person's own draft; None when there is none of that id (any more)."""
        touched_at, draft = self._drafts.get(draft_id, (0.0, None))
        if draft is None or draft.owner_id != owner_id:
            return None
        return draft if self._clock.monotonic() - touched_at < LIVES_S else None

    def is_anybodys(self, draft_id: str) -> bool:
        """Whether there is a draft of that id, whoever it belongs to."""
        _, draft = self._drafts.get(draft_id, (0.0, None))
        return draft is not None and self.find(draft_id, draft.owner_id) is not None

    def put(self, draft: D) -> None:
        """Keep a draft as it is now."""
        self._drafts.pop(draft.id, None)
        self._drafts[draft.id] = self._clock.monotonic(), draft
        while len(self._drafts) > self._most:
            del self._drafts[next(iter(self._drafts))]
