"""The whole product in a simulated Discord, over simulated apps on sockets, with people of every level."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import discord
import simcord

from discarr.clients.factory import create_client
from discarr.core.models import Download
from discarr.core.store import Connection
from discarr.discord_bot.ui.queue_browser import key_token
from discarr.monitoring.acting.operation import Operation
from discarr.sandbox.arr_server.app import ArrServer
from discarr.sandbox.arr_server.scenario import Scenario
from discarr.sandbox.arr_server.scenario_source import ScenarioSource
from discarr.utils.permissions import Level
from tests.clients.fake_app import make_config
from tests.fakes.clock import FakeClock
from tests.fakes.world import World, embed_text, open_world
from tests.monitoring.acting.stage import ActingStore

_PATIENCE_S = 40.0
_PEOPLE = {
    Level.ADMIN: ("ada", "DISCARR_ADMIN_USERS"),
    Level.OPERATOR: ("oscar", "DISCARR_OPERATOR_USERS"),
}


@dataclass(slots=True, kw_only=True)
class ActingWorld:
    """What a test acts on and looks at."""

    world: World
    servers: Sequence[ArrServer]
    store: ActingStore
    people: dict[Level, simcord.MemberActor] = field(default_factory=dict)

    @property
    def clock(self) -> FakeClock:
        return self.world.clock

    @property
    def oscar(self) -> simcord.MemberActor:
        """A helper."""
        return self.people[Level.OPERATOR]

    @property
    def ada(self) -> simcord.MemberActor:
        """An admin."""
        return self.people[Level.ADMIN]

    @property
    def downloads(self) -> tuple[Download, ...]:
        return self.world.app.cache.snapshot.downloads

    def download(self, words: str = "") -> Download:
        """Return the first download whose release contains the words."""
        return next(item for item in self.downloads if words in item.release_title)

    def token(self, words: str = "") -> str:
        return key_token(self.download(words).key)

    async def passing[T](self, action: Any) -> Any:
        """Let somebody do what takes a while: time goes on meanwhile."""
        return await self.world.while_time_passes(action)

    async def until(self, is_so: Any, *, step_s: float = 0.5) -> None:
        """Let time pass until something holds."""
        async with asyncio.timeout(_PATIENCE_S):
            while not is_so():
                await self.world.step(step_s)

    async def restart(self) -> None:
        """End the process as SIGTERM does, and start another one."""
        await self.world.end()
        self.world.clients = _clients(self.servers, self.clock)
        self.world.start()
        await self.until(self.world.app.cache.initial_load_event.is_set)

    async def card(self, person: simcord.MemberActor, words: str = "") -> simcord.InteractionResult:
        """Open the card of a download by way of the queue."""
        opened = await self.passing(person.slash(self.world.channel, "queue"))
        return await self.choose(person, opened, "pick", self.token(words))

    async def choose(
        self, person: simcord.MemberActor, shown: simcord.InteractionResult, verb: str, *values: str
    ) -> simcord.InteractionResult:
        """Choose in one of the selects below an answer."""
        custom_id = id_in(shown, verb)
        result: simcord.InteractionResult = await self.passing(
            person.select(message_of(shown), custom_id=custom_id, values=list(values))
        )
        return result

    async def click(
        self, person: simcord.MemberActor, shown: simcord.InteractionResult, label: str
    ) -> simcord.InteractionResult:
        """Press a button below an answer."""
        result: simcord.InteractionResult = await self.passing(person.click(message_of(shown), label=label))
        return result

    async def post(self, view: discord.ui.View) -> Any:
        """Put controls where everybody can press them, as if they were made up."""
        view.stop()  # the ids alone decide who answers
        channel = self.world.bot.get_channel(self.world.channel.id)
        assert isinstance(channel, discord.TextChannel)
        return await channel.send("?", view=view)

    async def operations(self) -> list[Operation]:
        """Return every operation there is, in the order of the questions."""

        def ids(connection: Connection) -> list[str]:
            rows = connection.execute("SELECT id FROM operation ORDER BY created_at, id").fetchall()
            return [row[0] for row in rows]

        found = [await self.world.app.acting.desk.find(name) for name in await self.store.run(ids)]
        return [operation for operation in found if operation is not None]

    async def audit(self) -> list[tuple[int, str, str]]:
        """Return who did what with which result, the oldest first."""
        lines = await self.world.app.acting.desk.audit_after(0, limit=10_000)
        return [(line.entry.actor, line.entry.action, line.entry.result) for line in lines]

    def written(self, number: int = 0) -> list[str]:
        """Return what an app was asked to change, but for its commands."""
        return [
            line
            for line in self.servers[number].requests
            if not line.startswith("GET") and not line.startswith("POST /api/v3/command")
        ]

    def texts(self, channel: Any) -> list[str]:
        return [said(message) for message in channel.history()]


def shown_by(result: simcord.InteractionResult) -> Any:
    """Return what somebody got to see, as it is now: the follow-up, where there is one."""
    shown = result.followups[-1] if result.followups else result.response
    assert shown is not None
    return shown


def message_of(result: simcord.InteractionResult) -> Any:
    return shown_by(result).message


def answer(result: simcord.InteractionResult) -> str:
    """What the person reads now; every answer must be private and in time."""
    assert result.acknowledged
    shown = shown_by(result)
    assert shown.ephemeral
    return "\n".join([shown.content, *(embed_text(embed) for embed in shown.embeds)])


def said(message: discord.Message) -> str:
    """Return everything a message says."""
    return "\n".join([message.content, *(embed_text(embed) for embed in message.embeds)])


def controls_of(result: simcord.InteractionResult) -> list[dict[str, Any]]:
    return [item for row in shown_by(result).components for item in row["components"]]


def labels_of(result: simcord.InteractionResult) -> list[str]:
    return [item["label"] for item in controls_of(result) if "label" in item]


def id_in(shown: simcord.InteractionResult, verb: str) -> str:
    """Return the id of the control of that kind below an answer."""
    found = [
        str(item["custom_id"])
        for item in controls_of(shown)
        if re.match(rf"discarr:v1:{verb}\d*:", item.get("custom_id", ""))
    ]
    assert found, f"no {verb} among {[item.get('custom_id') for item in controls_of(shown)]}"
    return found[0]


def options_of(shown: simcord.InteractionResult, verb: str) -> list[str]:
    """Return the values that a select below an answer offers."""
    custom_id = id_in(shown, verb)
    select = next(item for item in controls_of(shown) if item.get("custom_id") == custom_id)
    return [option["value"] for option in select["options"]]


def _clients(servers: Sequence[ArrServer], clock: FakeClock) -> list[Any]:
    return [
        create_client(
            make_config(
                server.kind, url=server.url, api_key=server.api_key, name=server.kind.value.capitalize()
            ),
            clock=clock,
        )
        for server in servers
    ]


@asynccontextmanager
async def open_acting_world(
    *scenarios: Scenario,
    has_admin: bool = True,
    environ: dict[str, str] | None = None,
    command_s: float = 0.5,
    audit_channel: str | None = None,
    make_roles: Callable[[simcord.Env], dict[str, str]] = lambda _env: {},
) -> AsyncIterator[ActingWorld]:
    """Yield a world over these apps (one of each kind at most), whose queues have been read.

    `audit_channel` is the name of a channel in which the audit trail is repeated. `make_roles` makes
    roles of the server, and returns what the settings say of them.
    """
    clock = FakeClock()
    values = dict(environ or {})
    users: dict[Level, simcord.UserHandle] = {}

    def prepare(env: simcord.Env) -> None:
        values.update(make_roles(env))
        if audit_channel is not None:
            values["DISCARR_AUDIT_CHANNEL_ID"] = str(env.guild.create_text_channel(audit_channel).id)
        for level, (name, variable) in _PEOPLE.items():
            users[level] = env.create_user(name)
            if has_admin or level is not Level.ADMIN:
                values[variable] = str(users[level].id)

    async with AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(
                ArrServer(ScenarioSource(scenario=scenario), clock=clock, command_s=command_s)
            )
            for scenario in scenarios
        ]
        store = await ActingStore.in_memory(clock=clock)
        world = await stack.enter_async_context(
            open_world(_clients(servers, clock), environ=values, prepare=prepare, clock=clock, store=store)
        )
        world.env.settle_timeout = 30.0
        world.step_takes_s = 0.0005
        acting = ActingWorld(world=world, servers=servers, store=store)
        acting.people = {level: world.guild.add_member(user) for level, user in users.items()}
        acting.people |= {Level.OWNER: world.owner, Level.VIEWER: world.member}
        await acting.until(lambda: world.app.cache.initial_load_event.is_set() and acting.downloads)
        await world.shows("Checked")
        yield acting
