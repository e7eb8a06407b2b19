"""A click that Discord does not let be acknowledged: the person was told that it failed, and clicks again."""

import discord
import pytest

from discarr.core.store import Connection
from discarr.monitoring.alerts.rules import DEFAULT_BOOK
from tests.discord_bot.stage import alert_in, forge, open_told, pick, press
from tests.discord_bot.test_alert_actions import TOKEN
from tests.fakes.world import World

BUTTONS = (
    "alert:acknowledge:1:",
    "alert:silence:1:",
    "alert:details:1:",
    "alert:open::",
    "alert:browse::",
    f"alert:follow:{TOKEN}:",
    "alert:unfollow:1:",
    "alert:follows::",
    "alerts:back:open.0.0",
    "alerts:all:open.0.0",
    "alerts:one:1.open.0.0",
    "follows:again:0",
    f"card:1.{TOKEN}",
    "rules:list:",
    "rules:switch:0.needs_hand",
    "rules:reset:needs_hand",
    "rules:test:needs_hand",
    "rules:times:needs_hand|",
    "rules:quiet:",
    "rules:noquiet:",
    "mail:list:0",
    "mail:all:",
)
SELECTS = (
    ("alert:hush:1", "8"),
    ("alerts:pick1:open.0.0", "1"),
    ("alerts:hush1:1.open.0.0", "8"),
    ("alerts:end1:silences.0.0", "1"),
    ("follows:end1:0", "1"),
    ("follows:pick1:", TOKEN),
    ("rules:kind1:", "needs_hand"),
    ("rules:fixed1:needs_hand", "log"),
    ("mail:one1:0", "1"),
)
COMMANDS = ("alerts", "following", "notifications", "health")


def lose_acknowledgements(world: World) -> None:
    world.env.inject_error("POST", "/interactions/*/*/callback", status=404, code=10062, times=None)


async def fingerprint(world: World) -> tuple[object, ...]:
    """Return everything that people can change."""

    def read(connection: Connection) -> list[object]:
        tables = ("rule", "silence", "follow", "outbox")
        return [connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in tables]  # noqa: S608 - of the test

    desk = world.app.alerting.desk
    acknowledged = [alert.acknowledged_by for alert in desk.open_alerts]
    return desk.rules, desk.quiet_hours, acknowledged, await world.store.run(read)


async def test_nothing_happens_and_nothing_is_logged_as_an_error(caplog: pytest.LogCaptureFixture) -> None:
    async with open_told() as (world, _):
        assert world.app.alerting.desk.rules == DEFAULT_BOOK
        before = await fingerprint(world)
        messages = [await forge(world, f"discarr:v1:{custom_id}") for custom_id in BUTTONS]
        menus = [await forge(world, menu(custom_id, value)) for custom_id, value in SELECTS]
        lose_acknowledgements(world)

        for message in messages:
            assert not (await press(world.owner, message, "x")).acknowledged
        for message, (_, value) in zip(menus, SELECTS, strict=True):
            assert not (await world.owner.select(message, [value])).acknowledged
        for command in COMMANDS:
            assert not (await world.owner.slash(world.channel, command)).acknowledged
        title = await world.owner.slash(world.channel, "follow", title="Sunshine")

        assert not title.acknowledged
        assert await fingerprint(world) == before
        assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def menu(custom_id: str, value: str) -> discord.ui.Select[discord.ui.View]:
    options = [discord.SelectOption(label="x", value=value)]
    return discord.ui.Select(custom_id=f"discarr:v1:{custom_id}", options=options)


async def test_a_form_that_gets_no_answer_changes_nothing() -> None:
    async with open_told() as (world, _):
        asked = await press(world.owner, alert_in(world), "Silence")
        card = await pick(world.owner, await world.owner.slash(world.channel, "alerts"), "alerts:pick")
        rules = await world.owner.slash(world.channel, "notifications")
        forms = [
            await pick(world.owner, asked, "alert:hush", "8"),
            await pick(world.owner, card, "alerts:hush", "8"),
            await press(world.owner, rules, "Quiet hours"),
        ]
        before = await fingerprint(world)
        lose_acknowledgements(world)

        for form in forms:
            assert not (await world.owner.submit_modal(form, {})).acknowledged

        assert await fingerprint(world) == before
