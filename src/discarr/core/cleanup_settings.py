"""How the settings of clean-up are read."""

import re
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, Field

from discarr.core.cleanup_config import CleanupAction, CleanupRule, RuleConfig
from discarr.core.secret import Refused
from discarr.core.setting_values import Variable, Words, split_list

FEWEST_STRIKES: Final = 3
"""Fewer would be a guess: one look proves nothing, and the second may have met the same hiccup."""
MOST_STRIKES: Final = 1000


def _rules(text: str) -> tuple[RuleConfig, ...]:
    """Read "rule", "rule:action" and "rule:action:strikes", separated by commas; "none" switches all off."""
    if text.strip().casefold() == "none":
        return ()
    configs: dict[CleanupRule, RuleConfig] = {}
    for entry in split_list(text):
        config = _rule(entry.casefold())
        if config.rule in configs:
            raise Refused("names a rule twice")
        configs[config.rule] = config
    return tuple(configs[rule] for rule in CleanupRule if rule in configs)


def _rule(entry: str) -> RuleConfig:
    name, *rest = (part.strip() for part in entry.split(":"))
    if name not in CleanupRule:
        raise Refused(f"names a rule that there is not: known are {', '.join(CleanupRule)}")
    rule = CleanupRule(name)
    action = rest[0] if rest else _ACTIONS[rule]
    if action not in CleanupAction:
        raise Refused(f"names an action that there is not: known are {', '.join(CleanupAction)}")
    return RuleConfig(rule=rule, action=CleanupAction(action), strikes=_strikes(rest[1:]))


def _strikes(rest: list[str]) -> int | None:
    if not rest:
        return None
    is_number = re.fullmatch(r"[0-9]{1,4}", rest[0])
    if len(rest) > 1 or not is_number or not FEWEST_STRIKES <= int(rest[0]) <= MOST_STRIKES:
        raise Refused(
            "must have the strikes of a rule behind its action, as in stalled:search:6: a whole number"
            f" from {FEWEST_STRIKES} to {MOST_STRIKES}"
        )
    return int(rest[0])


_ACTIONS: Final = {
    CleanupRule.FAILED: CleanupAction.SEARCH,
    CleanupRule.MISSING_FILES: CleanupAction.REMOVE,
    CleanupRule.FAILED_IMPORT: CleanupAction.SEARCH,
    CleanupRule.ALREADY_HAVE: CleanupAction.BLOCKLIST,
    CleanupRule.NO_METADATA: CleanupAction.SEARCH,
    CleanupRule.STALLED: CleanupAction.SEARCH,
    CleanupRule.SLOW: CleanupAction.SEARCH,
    CleanupRule.ORPHAN: CleanupAction.REMOVE,
    CleanupRule.UNMONITORED: CleanupAction.REMOVE,
}
"""What is suggested where the settings name only a rule. Files that are missing were most likely moved by
somebody, so that is no reason to load them again; a release that is no better would be grabbed again."""
_DEFAULT_RULES: Final = "failed, missing-files, failed-import, already-have, no-metadata, stalled"
"""Off: slow, as only the owner knows what is; orphan, as it may be somebody's; unmonitored, as it asks."""


def _read_rules(value: object) -> object:
    return _rules(value) if isinstance(value, str) else value


class CleanupSettings(BaseModel):
    """The part of `Settings` that becomes a `CleanupConfig`."""

    cleanup_rules: Annotated[
        tuple[RuleConfig, ...],
        BeforeValidator(_read_rules),
        Variable(
            name="DISCARR_CLEANUP_RULES",
            about="What clean-up looks for, each with what it suggests (remove, blocklist, search, category)"
            " and, if it is to be more patient, its strikes: stalled:search:6. What is left out is off.",
            expects="rules separated by commas, such as failed, stalled:search:6, or none",
            example="failed,missing-files:remove,failed-import:search,already-have:blocklist,no-metadata:search,"
            "stalled:search:6,slow:search,orphan:remove,unmonitored:remove",
        ),
    ] = _rules(_DEFAULT_RULES)
    cleanup_strikes: Annotated[
        int,
        Field(ge=FEWEST_STRIKES, le=MOST_STRIKES),
        Variable(
            name="DISCARR_CLEANUP_STRIKES",
            about="How often a download must be seen in trouble before clean-up proposes it.",
            expects=f"a whole number from {FEWEST_STRIKES} to {MOST_STRIKES}",
            example="3",
        ),
    ] = 3
    cleanup_spacing_minutes: Annotated[
        float,
        Field(ge=5, le=1440, allow_inf_nan=False),
        Variable(
            name="DISCARR_CLEANUP_SPACING",
            about="Minutes from one strike to the next.",
            expects="a number of minutes from 5 to 1440",
            example="10",
        ),
    ] = 10.0
    cleanup_stalled_minutes: Annotated[
        float,
        Field(ge=15, le=43_200, allow_inf_nan=False),
        Variable(
            name="DISCARR_CLEANUP_STALLED",
            about="Minutes without a single byte before a download counts as stalled.",
            expects="a number of minutes from 15 to 43200",
            example="60",
        ),
    ] = 60.0
    cleanup_slow_kb_s: Annotated[
        float,
        Field(gt=0, le=1_000_000, allow_inf_nan=False),
        Variable(
            name="DISCARR_CLEANUP_SLOW",
            about="Kilobytes a second: a download that stays below from one strike to the next is slow.",
            expects="a number of kilobytes a second above 0 and up to 1000000",
            example="50",
        ),
    ] = 50.0
    cleanup_young_hours: Annotated[
        float,
        Field(ge=0, le=8760, allow_inf_nan=False),
        Variable(
            name="DISCARR_CLEANUP_YOUNG",
            about="Hours after the grab in which clean-up leaves a download alone.",
            expects="a number of hours from 0 to 8760",
            example="2",
        ),
    ] = 2.0
    cleanup_keep_indexers: Annotated[
        Words,
        Variable(
            name="DISCARR_CLEANUP_KEEP_INDEXERS",
            about="Indexers whose downloads are left alone, such as private trackers, separated by commas.",
            expects="names of indexers separated by commas",
            example="My Private Tracker",
        ),
    ] = frozenset()
    cleanup_keep_tags: Annotated[
        Words,
        Variable(
            name="DISCARR_CLEANUP_KEEP_TAGS",
            about="Tags of movies and series whose downloads are left alone, separated by commas.",
            expects="tags separated by commas",
            example="keep",
        ),
    ] = frozenset()
    cleanup_per_run: Annotated[
        int,
        Field(ge=1, le=1000),
        Variable(
            name="DISCARR_CLEANUP_PER_RUN",
            about="At most so many downloads are cleaned up at a time.",
            expects="a whole number from 1 to 1000",
            example="5",
        ),
    ] = 5
    cleanup_per_day: Annotated[
        int,
        Field(ge=1, le=10_000),
        Variable(
            name="DISCARR_CLEANUP_PER_DAY",
            about="At most so many downloads are cleaned up in a day.",
            expects="a whole number from 1 to 10000",
            example="20",
        ),
    ] = 20
