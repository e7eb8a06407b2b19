from discarr.clients.health import health_issues
from discarr.clients.wire import Health
from discarr.core.models import HealthIssue


def test_what_is_well_is_no_issue() -> None:
    assert health_issues([Health(source="UpdateCheck", type="ok", message="fine")]) == ()


def test_a_source_has_one_issue_the_worst_and_then_the_first() -> None:
    rows = [
        Health(source="IndexerStatusCheck", type="warning", message="first"),
        Health(source="UpdateCheck", type="notice", message="update"),
        Health(source=" IndexerStatusCheck ", type="Error", message="worst"),
        Health(source="IndexerStatusCheck", type="error", message="as bad"),
        Health(source="IndexerStatusCheck", type="notice", message="last"),
    ]
    assert health_issues(rows) == (
        HealthIssue(source="IndexerStatusCheck", level="error", message="worst", wiki_url=None),
        HealthIssue(source="UpdateCheck", level="notice", message="update", wiki_url=None),
    )


def test_a_message_in_another_language_is_the_same_issue() -> None:
    english, german = (
        health_issues([Health(source="RootFolderCheck", type="error", message=message)])
        for message in ("Missing root folder", "Stammordner fehlt")
    )
    assert [issue.source for issue in (*english, *german)] == ["RootFolderCheck"] * 2


def test_a_message_never_stands_in_for_a_source() -> None:
    rows = [
        Health(type="notice", message="without a source"),
        Health(source=" ", type="warning", message="another one"),
    ]
    assert health_issues(rows) == (
        HealthIssue(source="unknown", level="warning", message="another one", wiki_url=None),
    )


def test_unknown_levels_are_warnings_and_only_web_pages_are_linked() -> None:
    rows = [
        Health(source="A", type="dreadful", wiki_url="javascript:x"),
        Health(source="B", wiki_url="https://wiki.example/b"),
    ]
    assert health_issues(rows) == (
        HealthIssue(source="A", level="warning", message="", wiki_url=None),
        HealthIssue(source="B", level="warning", message="", wiki_url="https://wiki.example/b"),
    )


def test_texts_without_end_are_cut_and_what_is_the_same_then_is_one_issue() -> None:
    flood = "x" * 100_000
    (issue,) = health_issues(
        [Health(source=flood + tail, type="error", message=flood) for tail in ("a", "b")]
    )
    assert len(issue.source) <= 200
    assert len(issue.message) <= 1000
