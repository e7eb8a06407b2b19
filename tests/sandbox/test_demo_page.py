"""The demo in a browser, as a visitor sees it. Nothing is sped up but the downloads."""

import signal
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Locator, Page, expect

from scripts.demo_page import CHROMIUM, opened_page, running_demo

_PRIVATE = "Only you can see this"
_ZONE = "Asia/Kolkata"
"""Half an hour off the full hour, and never the zone of the machine by chance."""
_PATIENCE_MS = 10_000
_EDIT_SHOWS_MS = 40_000
"""15 s between two edits, and up to 10 s until the page shows one; the rest is for a busy machine."""
_READY_SHOWS_MS = 75_000
_PERCENTS = r"""
() => Object.fromEntries(
  [...document.querySelector(".channel-message .embed-description").innerText
    .matchAll(/^(.+)\n.* (\d+) % of /gm)].map((row) => [row[1], Number(row[2])]))
"""
_HAS_GROWN = f"(before) => Object.entries(({_PERCENTS})()).some(([row, percent]) => percent > before[row])"


@pytest.mark.browser
@pytest.mark.timeout(120)
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed here (Debian: chromium)")
async def test_a_visitor_sees_the_bot_at_work_and_is_told() -> None:
    """One visit for all of it: a browser and the demo's own pauses take long."""
    async with (
        running_demo("--speed", "10", environ={"TZ": _ZONE}) as demo,
        opened_page(demo.url, width=1000, height=1000, timezone=_ZONE) as page,
    ):
        live = page.locator(".channel-message").first
        await expect(live).to_contain_text("need a hand", timeout=_PATIENCE_MS)
        before = await page.evaluate(_PERCENTS)
        assert len(before) >= 3
        assert all(0 <= percent <= 100 for percent in before.values())

        await _follow_as_a_member(page, live)
        await _ask_for_health(page)
        await _look_closer_as_the_owner(page, live)
        await page.wait_for_function(_HAS_GROWN, arg=before, timeout=_EDIT_SHOWS_MS)
        await _assert_times_are_local(live)

        await _look_after_an_alert(page)
        ready = page.locator(".channel-message", has_text="can be watched now").filter(has_text="@Max")
        await expect(ready).to_contain_text("Couples Therapy", timeout=_READY_SHOWS_MS)

        assert await demo.end(signal.SIGINT) == (0, "")


async def _follow_as_a_member(page: Page, live: Locator) -> None:
    await live.get_by_role("button", name="Browse").click(timeout=_PATIENCE_MS)
    answer = page.locator(".channel-message", has_text=_PRIVATE)
    await expect(answer).to_contain_text("Queue · ", timeout=_PATIENCE_MS)
    await answer.get_by_text("More about").click()
    await page.locator("[role=option]:visible", has_text="Couples Therapy").click()
    await expect(answer).to_contain_text("What next", timeout=_PATIENCE_MS)
    await expect(answer).not_to_contain_text("Release:")
    await answer.get_by_role("button", name="Follow").click(timeout=_PATIENCE_MS)
    await expect(answer).to_contain_text("you are told when", timeout=_PATIENCE_MS)


async def _ask_for_health(page: Page) -> None:
    await page.locator("#channel-composer-input").press_sequentially("/health")
    await page.get_by_role("option", name="/health").click()
    await page.locator("#channel-composer").get_by_role("button", name="Send").click()
    answer = page.locator(".channel-message").last
    await expect(answer).to_contain_text("servers fine", timeout=_PATIENCE_MS)
    await expect(answer).to_contain_text(_PRIVATE)


async def _look_closer_as_the_owner(page: Page, live: Locator) -> None:
    await page.get_by_label("Viewing as").select_option(label="Olivia (owner)")
    answers = page.locator(".channel-message", has_text=_PRIVATE)
    await expect(answers).to_have_count(0, timeout=_PATIENCE_MS)
    await live.get_by_role("button", name="Needs a hand").click()
    await expect(answers).to_contain_text("only: needs a hand", timeout=_PATIENCE_MS)
    await answers.get_by_text("More about").click()
    await page.locator("[role=option]:visible").first.click()
    await expect(answers).to_contain_text("Release:", timeout=_PATIENCE_MS)


async def _look_after_an_alert(page: Page) -> None:
    alert = page.locator(".channel-message", has_text="What to do").filter(has_text="Sita Sings the Blues")
    await expect(alert).to_contain_text("the name belongs to another title", timeout=_EDIT_SHOWS_MS)
    await alert.get_by_role("button", name="Silence").click()
    answers = page.locator(".channel-message", has_text=_PRIVATE)
    await expect(answers.last).to_contain_text("Keep quiet about this", timeout=_PATIENCE_MS)
    await alert.get_by_role("button", name="Acknowledge").click()
    await expect(alert).to_contain_text("looks after it", timeout=_EDIT_SHOWS_MS)


async def _assert_times_are_local(live: Locator) -> None:
    checked, next_by = await live.locator(".embed-description time").evaluate_all(
        "times => times.slice(-2).map((time) => [time.dateTime, time.innerText])"
    )
    at = datetime.fromisoformat(checked[0])
    now = datetime.now(UTC)
    assert now - timedelta(minutes=2) < at <= now
    # Some versions of Chromium put a narrow space before PM.
    assert checked[1].replace("\u202f", " ") == f"{at.astimezone(ZoneInfo(_ZONE)):%-I:%M %p}"
    assert now < datetime.fromisoformat(next_by[0]) <= now + timedelta(minutes=5)
