"""Renew docs/screenshot.png: the live message of the demo, as a phone shows it."""

import asyncio
import sys
from pathlib import Path

from playwright.async_api import expect

from scripts.demo_page import CHROMIUM, opened_page, running_demo

PICTURE = Path("docs/screenshot.png")

_SETTLED_MS = 40_000
_RESTYLE = """
const sheet = new CSSStyleSheet();
sheet.replaceSync(`
  .markdown-paragraph + .markdown-paragraph { margin-top: 1lh }
  .channel-message { padding-block: 12px }
  .messages-sidebar { display: none }
`);
document.adoptedStyleSheets = [sheet];
"""
"""Discord shows the blank lines of an embed, SimCord's page does not. Style elements are forbidden there."""


async def take_picture(target: Path) -> None:
    """Run the demo and write a picture of its live message."""
    async with running_demo() as demo, opened_page(demo.url, width=520, height=1200, scale=1.5) as page:
        message = page.locator(".channel-message").first
        # The second edit: by then the free space is known, and what was added last.
        await expect(message).to_contain_text("TB free", timeout=_SETTLED_MS)
        await page.evaluate(_RESTYLE)
        await message.screenshot(path=target)


def main() -> int:
    """Return the exit code."""
    if CHROMIUM is None:
        print("No Chromium is here to take the picture with (Debian: chromium)", file=sys.stderr)
        return 1
    asyncio.run(take_picture(PICTURE))
    print(f"{PICTURE}: {PICTURE.stat().st_size // 1024} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
