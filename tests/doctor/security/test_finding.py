from hypothesis import given
from hypothesis import strategies as st

from discarr.doctor.security.finding import Finding, Severity, fingerprint, worst_first

WORDS = st.sampled_from(["", "Radarr", "Sonarr", "4K"])
FINDINGS = st.lists(
    st.builds(
        Finding,
        code=st.sampled_from(["DS001", "DS002", "DS003"]),
        severity=st.sampled_from(Severity),
        subject=WORDS,
        title=WORDS,
        text=WORDS,
        remedy=WORDS,
    ),
    max_size=8,
)


def make(code: str = "DS001", **changes: str) -> Finding:
    words = {"subject": "Radarr", "title": "t", "text": "It is so.", "remedy": "Do this."} | changes
    return Finding(code=code, severity=Severity.HIGH, **words)


def test_nothing_has_no_fingerprint() -> None:
    assert fingerprint([]) == ""


def test_a_fingerprint_outlives_the_process_that_made_it() -> None:
    assert fingerprint([make()]) == "f860f6845bd369e0"


def test_another_rule_or_subject_is_news_and_other_words_are_not() -> None:
    before = fingerprint([make()])

    assert fingerprint([make("DS002")]) != before
    assert fingerprint([make(subject="Sonarr")]) != before
    assert fingerprint([make(), make("DS002")]) != before
    assert fingerprint([make(text="It is still so.", title="T", remedy="Do that.")]) == before


@given(FINDINGS.flatmap(lambda findings: st.tuples(st.just(findings), st.permutations(findings))))
def test_a_fingerprint_does_not_depend_on_the_order(orders: tuple[list[Finding], list[Finding]]) -> None:
    one, other = orders

    assert fingerprint(one) == fingerprint(other)


@given(FINDINGS)
def test_the_worst_come_first_and_nothing_else_changes(findings: list[Finding]) -> None:
    order = worst_first(findings)

    ranks = [list(Severity).index(finding.severity) for finding in order]
    assert ranks == sorted(ranks)
    for severity in Severity:
        assert [finding for finding in order if finding.severity is severity] == [
            finding for finding in findings if finding.severity is severity
        ]
