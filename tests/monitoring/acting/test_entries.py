import json

from discarr.core.models import DownloadKey
from discarr.monitoring.acting.entries import (
    armed_entry,
    asked_by,
    begun_entry,
    confirmed_entry,
    refused_confirmation_entry,
    refused_entry,
    request_of,
    result_entry,
)
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.refusals import ActionRefused, Refusal
from discarr.monitoring.acting.results import Cause, result_of
from tests.fakes.clock import START
from tests.monitoring.acting.scenes import make_operation, make_target
from tests.monitoring.acting.stage import OSCAR

A = make_target()
B = make_target(key=DownloadKey("sonarr", "d", "B"), release_title="B")


def test_a_line_about_one_download_holds_the_evidence_and_every_flag() -> None:
    entry = confirmed_entry(make_operation(), START)

    assert (entry.actor, entry.level, entry.action, entry.result) == (1, 2, "remove", "confirmed")
    assert (entry.instance, entry.download, entry.title) == ("radarr", "d:HASH", A.release_title)
    assert json.loads(entry.evidence)["size_left_bytes"] == A.size_left_bytes
    assert json.loads(entry.request) == {
        "downloads": 1,
        "removal": {
            "remove_from_client": True,
            "blocklist": False,
            "skip_redownload": False,
            "change_category": False,
        },
    }


def test_a_line_about_several_names_what_they_have_in_common() -> None:
    both = confirmed_entry(make_operation(A, A), START)
    assert (both.instance, both.download, both.title, both.evidence) == ("radarr", None, None, "")
    assert confirmed_entry(make_operation(A, B), START).instance is None


def test_what_begins_and_ends_has_a_line_for_each_download() -> None:
    operation = make_operation(A, B)
    assert (begun_entry(operation, 1, START).download, begun_entry(operation, 1, START).result) == (
        "d:B",
        "begun",
    )
    ended = result_entry(operation, 1, result_of(Cause.BUSY), START)
    assert (ended.title, ended.result, ended.detail) == ("B", "changed", "The app is at work on it now")


def test_a_refusal_names_who_tried_and_not_who_asked() -> None:
    refused = ActionRefused(Refusal.NOT_YOURS)
    entry = refused_confirmation_entry(OSCAR, make_operation(), None, refused, START)
    assert (entry.actor, entry.operation, entry.result) == (2, "0123456789abcdef", "not yours")
    early = refused_entry(OSCAR, "grab", refused, START, request=request_of(ActionKind.GRAB, 1))
    assert (early.actor, early.operation, early.action, early.detail) == (2, None, "grab", refused.summary)


def test_a_refusal_says_what_was_asked() -> None:
    refused = ActionRefused(Refusal.WRONG_COUNT)
    counted = refused_confirmation_entry(OSCAR, make_operation(A, B), 0, refused, START)
    assert json.loads(counted.request) == json.loads(confirmed_entry(make_operation(A, B), START).request) | {
        "typed": 0
    }
    opened = refused_entry(OSCAR, "clean up", refused, START, request=asked_by("/cleanup"))
    assert json.loads(opened.request) == {"asked": "/cleanup"}
    assert json.loads(armed_entry(OSCAR, START).request) == {"asked": "arm"}


def test_a_refusal_names_the_download_that_was_meant_also_where_it_is_gone() -> None:
    refused = ActionRefused(Refusal.NOT_THERE)
    asked = request_of(ActionKind.REMOVE, 1)
    one = refused_entry(OSCAR, "remove", refused, START, request=asked, wanted=[A.key])
    assert (one.instance, one.download, one.title, one.evidence) == ("radarr", "d:HASH", None, "")
    two = refused_entry(OSCAR, "remove", refused, START, request=asked, wanted=[A.key, B.key])
    assert (two.instance, two.download) == (None, None)


def test_who_armed_clean_up_is_named() -> None:
    entry = armed_entry(OSCAR, START)
    assert (entry.actor, entry.action, entry.result) == (2, "arm", "done")
