"""What clean-up can be told, and what is said about mistakes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from discarr.core.cleanup_config import CleanupAction, CleanupRule, RuleConfig
from discarr.core.cleanup_settings import CleanupSettings
from tests.core.environs import load, only_problem

CAREFUL = {
    CleanupRule.FAILED: CleanupAction.SEARCH,
    CleanupRule.MISSING_FILES: CleanupAction.REMOVE,
    CleanupRule.FAILED_IMPORT: CleanupAction.SEARCH,
    CleanupRule.ALREADY_HAVE: CleanupAction.BLOCKLIST,
    CleanupRule.NO_METADATA: CleanupAction.SEARCH,
    CleanupRule.STALLED: CleanupAction.SEARCH,
}


def rules_of(text: str) -> tuple[RuleConfig, ...]:
    return load({"DISCARR_CLEANUP_RULES": text}).cleanup_rules


def test_by_default_rules_that_need_no_opinion_are_on() -> None:
    assert {item.rule: item.action for item in load().cleanup_rules} == CAREFUL
    assert {item.strikes for item in load().cleanup_rules} == {None}


def test_every_rule_has_a_suggestion_of_its_own() -> None:
    found = rules_of("unmonitored, orphan, slow")

    assert [(item.rule, item.action) for item in found] == [
        (CleanupRule.SLOW, CleanupAction.SEARCH),
        (CleanupRule.ORPHAN, CleanupAction.REMOVE),
        (CleanupRule.UNMONITORED, CleanupAction.REMOVE),
    ]


def test_suggestion_and_patience_are_said_behind_a_rule() -> None:
    settings = load(
        {"DISCARR_CLEANUP_RULES": "Stalled : Category : 12, failed", "DISCARR_CLEANUP_STRIKES": "5"}
    )

    assert settings.cleanup_rules == (
        RuleConfig(rule=CleanupRule.FAILED, action=CleanupAction.SEARCH),
        RuleConfig(rule=CleanupRule.STALLED, action=CleanupAction.CATEGORY, strikes=12),
    )
    assert [settings.strikes_of(item) for item in settings.cleanup_rules] == [5, 12]


@pytest.mark.parametrize("text", ["none", " NONE "])
def test_all_rules_can_be_switched_off(text: str) -> None:
    assert rules_of(text) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stuck", "names a rule that there is not: known are failed, missing-files"),
        ("failed,", None),
        ("none,failed", "names a rule that there is not"),
        ("stalled:delete", "names an action that there is not: known are remove, blocklist"),
        ("stalled:", "names an action that there is not"),
        ("stalled,failed,stalled:remove", "names a rule twice"),
        ("stalled:search:2", "must have the strikes of a rule behind its action"),
        ("stalled:search:1001", "a whole number from 3 to 1000"),
        ("stalled:search:many", "must have the strikes of a rule behind its action"),
        ("stalled:search:٣", "must have the strikes of a rule behind its action"),
        ("stalled:search:6:7", "must have the strikes of a rule behind its action"),
    ],
)
def test_a_mistake_in_the_rules_is_named_with_its_remedy(text: str, words: str | None) -> None:
    if words is None:
        assert len(rules_of(text)) == 1
    else:
        problem = only_problem({"DISCARR_CLEANUP_RULES": text})
        assert problem.startswith("DISCARR_CLEANUP_RULES ")
        assert words in problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STRIKES", "2"),
        ("STRIKES", "3.5"),
        ("SPACING", "1"),
        ("STALLED", "5"),
        ("SLOW", "0"),
        ("YOUNG", "-1"),
        ("YOUNG", "nan"),
        ("PER_RUN", "0"),
        ("PER_DAY", "many"),
    ],
)
def test_a_threshold_that_would_be_a_guess_is_refused(name: str, value: str) -> None:
    problem = only_problem({f"DISCARR_CLEANUP_{name}": value})

    assert problem.startswith(f"DISCARR_CLEANUP_{name} must be a ")


def test_they_can_be_made_directly() -> None:
    settings = CleanupSettings(
        cleanup_rules=(RuleConfig(rule=CleanupRule.SLOW, action=CleanupAction.REMOVE),)
    )

    assert settings.cleanup_rules[0].rule is CleanupRule.SLOW
    with pytest.raises(ValidationError):
        CleanupSettings(cleanup_strikes=1)


@given(st.lists(st.sampled_from(CleanupRule), unique=True), st.sampled_from(CleanupAction))
def test_rules_keep_their_order_whatever_the_order_in_the_settings(
    rules: list[CleanupRule], action: CleanupAction
) -> None:
    found = rules_of(",".join(f"{rule}:{action}" for rule in rules) or "none")

    assert [item.rule for item in found] == [rule for rule in CleanupRule if rule in rules]
    assert all(item.action is action for item in found)
