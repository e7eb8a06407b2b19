"""Asks the instances what the offline rules cannot know: where they are, and their version."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from discarr.clients.base import MediaClient
from discarr.core.config import InstanceConfig
from discarr.core.errors import MediaClientError, TimedOut, Unreachable
from discarr.doctor.instances import AT_ONCE, host_of
from discarr.doctor.off_loop import look_up
from discarr.doctor.security.surroundings import InstanceFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceAnswer:
    """What came of asking one instance."""

    config: InstanceConfig
    facts: InstanceFacts
    problem: str | None
    """Why the version is unknown, completing "it …"; None where it is known."""


async def ask_instances(clients: Iterable[MediaClient], *, timeout_s: float) -> tuple[InstanceAnswer, ...]:
    """Ask all of them at once, each within `timeout_s`; in the order of `clients`, which stay open."""
    at_once = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_ask(client, at_once, timeout_s=timeout_s), name=f"security {client.config.id}")
            for client in clients
        ]
    return tuple(task.result() for task in tasks)


async def _ask(client: MediaClient, at_once: asyncio.Semaphore, *, timeout_s: float) -> InstanceAnswer:
    facts, problem = InstanceFacts(), None
    try:
        async with asyncio.timeout(timeout_s), at_once:
            facts = InstanceFacts(addresses=await look_up(host_of(client.config)))
            identity = await client.identify()
            facts = InstanceFacts(addresses=facts.addresses, version=identity.version)
    except MediaClientError as error:
        problem = error.summary
    except TimeoutError:
        problem = TimedOut.summary
    except (OSError, UnicodeError):  # a name that is unknown, or that cannot be one
        problem = Unreachable.summary
    return InstanceAnswer(config=client.config, facts=facts, problem=problem)
