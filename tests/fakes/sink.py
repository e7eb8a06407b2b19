"""A place that messages go to, in memory, with every fault that Discord has."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from discarr.core.store.outbox import PostedMessage
from discarr.monitoring.alerts.content import Content
from discarr.monitoring.alerts.dispatcher import OutcomeUnknown, SinkError
from discarr.monitoring.alerts.routes import Route


@dataclass(slots=True)
class Posted:
    """A message that somebody can read."""

    route: Route
    row_id: int
    nonce: str
    contents: list[Content]
    """What it said, edits included."""


@dataclass(slots=True)
class FakeSink:
    """A `discarr.monitoring.alerts.dispatcher.Sink`."""

    ready: asyncio.Event = field(default_factory=asyncio.Event)
    messages: dict[int, Posted] = field(default_factory=dict)
    refusals: dict[str, SinkError] = field(default_factory=dict)
    """By route: what every call there ends in."""
    faults: list[SinkError | None] = field(default_factory=list)
    """What the next calls of `send` end in; None lets one pass."""
    knows_nonces: bool = True
    """Whether a nonce still leads to the message that was sent under it."""
    hung: asyncio.Event | None = None
    """While set to an event, `send` waits for it."""
    calls: list[str] = field(default_factory=list)
    places: Mapping[str, int] = field(default_factory=dict)
    """Channels of routes that lead to the same one as others."""

    def __post_init__(self) -> None:
        self.ready.set()

    async def channel_of(self, route: Route) -> int:
        self.calls.append(f"channel {route}")
        if str(route) in self.refusals:
            raise self.refusals[str(route)]
        return self.places.get(str(route)) or _channel(route)

    async def send(self, route: Route, content: Content, *, row_id: int, nonce: str) -> PostedMessage:
        self.calls.append(f"send {route} {row_id}")
        if self.hung is not None:
            await self.hung.wait()
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None and not isinstance(fault, OutcomeUnknown):
            raise fault
        message_id = self._known(nonce)
        if message_id is None:
            message_id = len(self.messages) + 1
            self.messages[message_id] = Posted(route, row_id, nonce, [content])
        if fault is not None:
            raise fault
        return PostedMessage(channel_id=_channel(route), message_id=message_id)

    async def edit(self, posted: PostedMessage, content: Content) -> None:
        self.calls.append(f"edit {posted.message_id}")
        self.messages[posted.message_id].contents.append(content)

    async def find(self, route: Route, row_id: int) -> PostedMessage | None:
        self.calls.append(f"find {row_id}")
        for message_id, message in self.messages.items():
            if message.row_id == row_id and message.route == route:
                return PostedMessage(channel_id=_channel(route), message_id=message_id)
        return None

    def _known(self, nonce: str) -> int | None:
        if not self.knows_nonces:
            return None
        return next((key for key, message in self.messages.items() if message.nonce == nonce), None)


def _channel(route: Route) -> int:
    return 1 + int.from_bytes(str(route).encode()) % 1_000_003
