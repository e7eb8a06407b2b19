"""The demo's page in headless Chromium, for the picture in the README and for the test of the page."""

import asyncio
import os
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from playwright.async_api import Page, async_playwright

CHROMIUM = shutil.which("chromium")
"""Debian's package; playwright's own downloads are not used. None where there is none."""

_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_START_TIMEOUT_S = 20.0
_END_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A running `discarr demo`."""

    process: Process
    url: str

    async def end(self, signal_number: int = signal.SIGTERM) -> tuple[int | None, str]:
        """End it by a signal, or at last by force; return its exit code and what it wrote to stderr."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal_number)
        try:
            async with asyncio.timeout(_END_TIMEOUT_S):
                _, errors = await self.process.communicate()
        except TimeoutError:
            self.process.kill()
            _, errors = await self.process.communicate()
        return self.process.returncode, errors.decode()


@asynccontextmanager
async def running_demo(*options: str, environ: Mapping[str, str] | None = None) -> AsyncIterator[Demo]:
    """Run `discarr demo` as a visitor does, and end it with the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "discarr", "demo", *options),
        stdout=PIPE,
        stderr=PIPE,
        env={**os.environ, "DISPLAY": "", "WAYLAND_DISPLAY": "", **(environ or {})},
    )
    demo = Demo(process=process, url="")
    try:
        async with asyncio.timeout(_START_TIMEOUT_S):
            demo = Demo(process=process, url=await _printed_url(process))
        yield demo
    finally:
        if process.returncode is None:
            await demo.end()


async def _printed_url(process: Process) -> str:
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    async for line in process.stdout:
        if (text := line.decode().strip()).startswith("http://"):
            return text
    raise RuntimeError("the demo did not start")


@asynccontextmanager
async def opened_page(
    url: str, *, width: int, height: int, scale: float = 1, timezone: str = "UTC"
) -> AsyncIterator[Page]:
    """Open an address in Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_QUIET)
        try:
            page = await browser.new_page(
                viewport={"width": width, "height": height}, device_scale_factor=scale, timezone_id=timezone
            )
            await page.goto(url)
            yield page
        finally:
            await browser.close()
