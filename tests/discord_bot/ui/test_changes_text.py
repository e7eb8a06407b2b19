from hypothesis import given, settings
from hypothesis import strategies as st

from discarr.core.models import DownloadKey, EpisodeNumber, InstanceState
from discarr.discord_bot.ui.changes_text import render_changes
from discarr.monitoring.snapshot_diff import InstanceChange, SnapshotChanges
from tests.discord_bot.ui.builders import FOREIGN_TEXT, NOW, at, faults_of, message_with, stamp
from tests.effort import examples
from tests.factories import make_download, make_instance_snapshot
from tests.fakes.contract import assert_valid_for_discord

UP = make_instance_snapshot()
AWAY = make_instance_snapshot(name="4K", state=InstanceState.UNREACHABLE, away_since=at(19))
DOWNLOADS = st.lists(
    st.builds(lambda title: make_download(title=title, key=DownloadKey("radarr", "d", title)), FOREIGN_TEXT),
    max_size=9,
).map(tuple)


def lines_of(changes: SnapshotChanges, *instances: object) -> list[str]:
    embed = render_changes(changes, instances or (UP,), now=NOW)  # type: ignore[arg-type]  # snapshots
    return str(embed.description).split("\n")


@settings(max_examples=examples(50))
@given(DOWNLOADS, DOWNLOADS, DOWNLOADS, st.lists(FOREIGN_TEXT, max_size=30))
def test_any_changes_are_legal(
    new: tuple[()], vanished: tuple[()], resolved: tuple[()], names: list[str]
) -> None:
    changes = SnapshotChanges(
        new=new,
        vanished=vanished,
        progressed=new,
        needing_hand=vanished,
        resolved=resolved,
        instances=tuple(
            InstanceChange(id="x", name=name, before=InstanceState.STARTING, after=InstanceState.UP)
            for name in names
        ),
    )
    away = [make_instance_snapshot(name=name, state=InstanceState.DEGRADED, problem=name) for name in names]
    assert faults_of(render_changes(changes, away, now=NOW)) == []


def test_every_kind_of_change_has_its_line() -> None:
    hand = make_download(title="Arrival", year=2016, key=DownloadKey("radarr", "d", "1"))
    new = make_download(title="Dune", year=None, key=DownloadKey("radarr", "d", "2"))
    pack = make_download(
        title="Devs",
        seasons=(1,),
        episode_count=8,
        episodes=tuple(EpisodeNumber(1, number) for number in range(1, 9)),
        key=DownloadKey("sonarr", "d", "3"),
    )
    changes = SnapshotChanges(
        new=(hand, new),
        vanished=(pack,),
        progressed=(new, pack),
        needing_hand=(hand,),
        resolved=(pack,),
        instances=(
            InstanceChange(id="a", name="TV", before=InstanceState.UNREACHABLE, after=InstanceState.UP),
            InstanceChange(id="b", name="New", before=InstanceState.LOADING, after=InstanceState.UP),
        ),
    )

    assert lines_of(changes, UP, AWAY) == [
        "🆕 New: **Dune**",
        "✋ Now needs a hand: **Arrival** (2016)",
        "👍 No longer needs a hand: **Devs** S01",
        "👋 No longer in the queue: **Devs** S01",
        "⬇ 2 downloads moved on",
        "✓ Answering again: TV",
        f"✗ 4K · offline since {stamp(at(19))}",
    ]
    assert_valid_for_discord([message_with(render_changes(changes, (UP, AWAY), now=NOW))])


def test_long_lists_are_counted() -> None:
    new = tuple(make_download(title=f"F{number}", year=None) for number in range(9))
    assert lines_of(SnapshotChanges(new=new)) == ["🆕 New: **F0**, **F1**, **F2**, **F3**, **F4** and 4 more"]


def test_nothing_changed_is_not_said_of_servers_that_were_not_asked() -> None:
    nothing = SnapshotChanges()
    assert lines_of(nothing) == ["Nothing changed since the last look."]
    assert lines_of(nothing, UP, AWAY)[0] == "Nothing changed on the others."
    assert lines_of(nothing, AWAY)[0] == "No server could be asked."
    assert lines_of(nothing, *[AWAY] * 12)[-1] == "and 2 more servers not fine"
