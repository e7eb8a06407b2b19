"""Discord's limits for an embed and for choices, and how texts are kept within them.

Every foreign text is cut before it gets here, so whole lines are kept or left out and none is ever cut.
"""

import hashlib
import json
from collections.abc import Sequence

import discord

from discarr.utils.text_utils import length

MAX_DESCRIPTION = 4096
MAX_FIELD_VALUE = 1024
MAX_OPTION = 100
"""Of a choice in a select: of its label, and of its description. A button's label is shorter (80)."""

AMBER = 0xE6A23C
GREEN = 0x4FA66A
GREY = 0x80848E
RED = 0xD9534F
"""Colours only repeat what symbols and words already say."""


def fit(blocks: Sequence[str], budget: int) -> list[str]:
    """Return the leading blocks that, joined by line breaks, stay within the budget (UTF-16 units)."""
    kept: list[str] = []
    used = -1
    for block in blocks:
        used += 1 + length(block)
        if used > budget:
            break
        kept.append(block)
    return kept


def fingerprint(embed: discord.Embed, *, without: str = "") -> str:
    """Return a short hash of what a reader sees in the embed, but for one passage of the description."""
    shown = embed.to_dict()
    if without:
        shown["description"] = shown.get("description", "").replace(without, "")
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:16]
