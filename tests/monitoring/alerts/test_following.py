from dataclasses import replace
from typing import Any

import msgspec

from discarr.core.events import EventKind, Work
from discarr.core.models import EpisodeNumber
from discarr.core.store.follows import Follow
from discarr.monitoring.alerts.following import follow_of, tell_followers, work_followed
from tests.factories import make_download
from tests.fakes.clock import START
from tests.monitoring.alerts.test_digests import step

EPISODES = tuple(EpisodeNumber(1, number) for number in (1, 2, 3))


def movie(user_id: int = 7, follow_id: int = 1, **overrides: Any) -> Follow:
    made = follow_of(make_download(media_id=1), user_id, is_hidden=False, now=START)
    assert made is not None
    return replace(made, id=follow_id, **overrides)


def season(user_id: int = 7, follow_id: int = 1, **overrides: Any) -> Follow:
    download = make_download(media_id=1, seasons=(1,), episodes=EPISODES, episode_count=3, title="Devs")
    made = follow_of(download, user_id, is_hidden=False, now=START)
    assert made is not None
    return replace(made, id=follow_id, **overrides)


def test_a_follow_knows_what_it_waits_for() -> None:
    follow = season()
    assert follow.part == "1x1 1x2 1x3"
    assert msgspec.json.decode(follow.missing, type=list[EpisodeNumber]) == list(EPISODES)
    assert work_followed(follow).title == "Devs"
    assert movie().part == ""


def test_what_the_app_does_not_know_cannot_be_followed() -> None:
    assert follow_of(make_download(media_id=None), 7, is_hidden=False, now=START) is None


def test_a_movie_is_ready_when_it_is_imported_by_whichever_download() -> None:
    for kind in (EventKind.IMPORTED, EventKind.UPGRADED):
        told = tell_followers(
            [movie()], [step("ANOTHER", kind, work=Work(title="x", quality="4K"))], "Movies"
        )

        (content,) = told.ready
        assert (content.user_ids, content.has_failed, content.instance_name) == ((7,), False, "Movies")
        assert (content.work.title, content.work.quality) == ("Dune: Part Two", "4K")
        assert told.ended == (1,)
        assert told.changed == ()


def test_other_titles_instances_and_steps_tell_nothing() -> None:
    steps = [
        step(media_id=2),
        step(instance="other"),
        step(kind=EventKind.GRABBED),
        step(kind=EventKind.REMOVED),
        step(media_id=None),
    ]
    told = tell_followers([movie()], steps, "Movies")
    assert (told.ready, told.ended, told.changed) == ((), (), ())


def test_all_who_follow_the_same_share_one_message() -> None:
    told = tell_followers([movie(7, 1), movie(8, 2)], [step()], "Movies")

    (content,) = told.ready
    assert content.user_ids == (7, 8)
    assert told.ended == (1, 2)


def test_a_message_mentions_fifty_people_at_most() -> None:
    follows = [movie(number, number) for number in range(1, 121)]
    told = tell_followers(follows, [step()], "Movies")

    assert [len(content.user_ids) for content in told.ready] == [50, 50, 20]
    assert sorted(user for content in told.ready for user in content.user_ids) == list(range(1, 121))


def test_a_season_is_ready_when_its_last_episode_is_there() -> None:
    follow = season()
    first = tell_followers([follow], [step(episodes=EPISODES[:2])], "TV")
    assert (first.ready, first.ended) == ((), ())
    (follow,) = first.changed
    assert msgspec.json.decode(follow.missing, type=list[EpisodeNumber]) == [EPISODES[2]]

    second = tell_followers([follow], [step(episodes=EPISODES[2:])], "TV")

    assert len(second.ready) == 1
    assert second.ended == (1,)


def test_a_season_in_one_go_is_told_once() -> None:
    steps = [step(str(number), episodes=(episode,)) for number, episode in enumerate(EPISODES)]
    told = tell_followers([season()], steps, "TV")
    assert len(told.ready) == 1


def test_where_no_episodes_are_known_the_first_import_counts() -> None:
    download = make_download(media_id=1, seasons=(1,), episode_count=8)
    follow = follow_of(download, 7, is_hidden=False, now=START)
    assert follow is not None
    assert len(tell_followers([replace(follow, id=1)], [step(episodes=EPISODES)], "TV").ready) == 1


def test_a_failure_is_told_once_and_the_wait_goes_on() -> None:
    failed = step("HASH", EventKind.FAILED)
    first = tell_followers([movie()], [failed], "Movies")
    (content,) = first.ready
    assert content.has_failed
    assert first.ended == ()
    (follow,) = first.changed

    again = tell_followers([follow], [failed], "Movies")
    assert (again.ready, again.changed) == ((), ())

    another = tell_followers([follow], [step("OTHER", EventKind.FAILED), step("THIRD")], "Movies")
    assert [item.has_failed for item in another.ready] == [False]
    assert another.ended == (1,)


def test_the_failure_of_another_part_concerns_nobody() -> None:
    failed = step("OTHER", EventKind.FAILED, episodes=(EpisodeNumber(2, 1),))
    assert tell_followers([season()], [failed], "TV").ready == ()
    of_mine = step("OTHER", EventKind.FAILED, episodes=EPISODES[:1])
    assert len(tell_followers([season()], [of_mine], "TV").ready) == 1


def test_hidden_titles_are_told_to_each_person_alone() -> None:
    told = tell_followers([movie(7, 1, is_hidden=True), movie(8, 2, is_hidden=True)], [step()], "Movies")

    assert told.ready == ()
    assert [(user_id, content.user_ids) for user_id, content in told.in_private] == [(7, (7,)), (8, (8,))]


def test_a_title_that_was_hidden_meanwhile_is_not_told_to_everybody() -> None:
    told = tell_followers([movie()], [step(is_hidden=True)], "Movies")

    assert told.ready == ()
    assert [user_id for user_id, _ in told.in_private] == [7]
    assert told.ended == (1,)


def test_failures_without_end_are_not_told_without_end() -> None:
    follow = movie(failed=tuple(str(number) for number in range(20)))
    assert tell_followers([follow], [step("NEW", EventKind.FAILED)], "Movies").ready == ()
