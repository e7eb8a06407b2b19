"""What one look says about each rule, both ways."""

from typing import Any

import pytest

from discarr.core.cleanup_config import CleanupRule
from discarr.core.models import Download, Protocol, QueueStatus, StatusMessage, TrackedState, TrackedStatus
from discarr.monitoring.cleanup.rules import (
    FAULTY_RELEASE,
    HELD_ALREADY,
    Limits,
    Seen,
    Verdict,
    has_all_data,
    is_loading,
    is_understood,
    judge,
)
from discarr.monitoring.reasons import explanation_of
from tests.monitoring.cleanup.stage import GB, make_item, make_pending, refused

LIMITS = Limits(stalled_s=3600, slow_bytes_s=50_000)
STALLED_FOR_LONG = Seen(idle_s=3600)
TRICKLING = Seen(rate_bytes_s=49_999)

UNPACKING = make_item(size_left_bytes=0, protocol=Protocol.USENET)
PAUSED = make_item(status=QueueStatus.PAUSED)
QUEUED = make_item(status=QueueStatus.QUEUED)
CHECKING = make_item(status=QueueStatus.QUEUED, size_left_bytes=0)
SEEDING = make_item(
    status=QueueStatus.COMPLETED, size_left_bytes=0, tracked_state=TrackedState.IMPORT_PENDING
)
IMPORTING = make_item(status=QueueStatus.COMPLETED, size_left_bytes=0, tracked_state=TrackedState.IMPORTING)
WARNED = make_item(
    status=QueueStatus.WARNING, error_message="Der Download ist ohne Verbindungen ins Stocken geraten"
)
MOVED = make_item(status=QueueStatus.WARNING, error_message="The download is missing files")
FAILED = make_item(status=QueueStatus.FAILED)
MAGNET: dict[str, Any] = {"size_bytes": 0, "size_left_bytes": 0}


def verdict(rule: CleanupRule, download: Download, seen: Seen = Seen()) -> Verdict:  # noqa: B008 - frozen
    assert is_understood(download)
    return judge(rule, download, seen, LIMITS)


@pytest.mark.parametrize(
    ("download", "expected"),
    [
        (FAILED, Verdict.BAD),
        (make_item(tracked_state=TrackedState.FAILED_PENDING), Verdict.BAD),
        (make_item(tracked_state=TrackedState.FAILED), Verdict.BAD),
        (
            refused(tracked_status=TrackedStatus.ERROR, tracked_state=TrackedState.FAILED_PENDING),
            Verdict.BAD,
        ),
        (make_item(), Verdict.GOOD),
        (WARNED, Verdict.GOOD),
        (refused("Sample"), Verdict.GOOD),
    ],
)
def test_failed_downloads_are_told_by_their_state(download: Download, expected: Verdict) -> None:
    assert verdict(CleanupRule.FAILED, download) is expected


@pytest.mark.parametrize(
    ("download", "expected"),
    [
        (MOVED, Verdict.BAD),
        (make_item(status=QueueStatus.WARNING, error_message="Dateien fehlen"), Verdict.OPEN),
        (WARNED, Verdict.OPEN),
        (make_item(), Verdict.GOOD),
        (CHECKING, Verdict.GOOD),
        (refused("No files found are eligible for import in /x"), Verdict.GOOD),
    ],
)
def test_missing_files_are_told_by_the_client_alone(download: Download, expected: Verdict) -> None:
    assert verdict(CleanupRule.MISSING_FILES, download) is expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("Sample",), Verdict.BAD),
        (("No files found are eligible for import in /downloads/x",), Verdict.BAD),
        (("Caution: Found potentially dangerous file with extension: .exe",), Verdict.BAD),
        (("No audio tracks detected", "Sample"), Verdict.BAD),
        (("Sample", "Not enough free space"), Verdict.OPEN),
        (("Sample", "Episode has a TBA title and recently aired"), Verdict.OPEN),
        (("Sample", "Not an upgrade for existing movie file."), Verdict.OPEN),
        (("Sample", "Etwas ganz anderes"), Verdict.OPEN),
        (("Unable to determine if file is a sample",), Verdict.OPEN),
        (("Etwas ganz anderes",), Verdict.OPEN),
        (("Movie title mismatch, automatic import is not possible.",), Verdict.OPEN),
        (("Not enough free space",), Verdict.OPEN),
        ((), Verdict.OPEN),
    ],
)
def test_a_failed_import_is_one_where_every_file_is_at_fault(
    texts: tuple[str, ...], expected: Verdict
) -> None:
    assert verdict(CleanupRule.FAILED_IMPORT, refused(*texts)) is expected
    assert verdict(CleanupRule.FAILED_IMPORT, refused(*texts, tracked_state=TrackedState.IMPORT_BLOCKED)) is (
        expected
    )


def test_the_header_of_a_pack_says_nothing_alone() -> None:
    header = StatusMessage(
        title="One or more episodes expected in this release were not imported or missing from the release",
        messages=(),
    )
    file = StatusMessage(title="S01E01.mkv", messages=("Sample",))

    assert verdict(CleanupRule.FAILED_IMPORT, refused(messages=(header,))) is Verdict.OPEN
    assert verdict(CleanupRule.FAILED_IMPORT, refused(messages=(header, file))) is Verdict.BAD
    assert verdict(CleanupRule.ALREADY_HAVE, refused(messages=(header,))) is Verdict.OPEN


@pytest.mark.parametrize("rule", [CleanupRule.FAILED_IMPORT, CleanupRule.ALREADY_HAVE])
def test_an_import_that_is_tried_again_is_neither_bad_nor_good(rule: CleanupRule) -> None:
    assert verdict(rule, SEEDING) is Verdict.OPEN
    assert verdict(rule, IMPORTING) is Verdict.OPEN
    assert verdict(rule, refused("Sample", tracked_state=TrackedState.DOWNLOADING)) is Verdict.OPEN
    assert verdict(rule, make_item()) is Verdict.GOOD
    assert verdict(rule, refused("Sample", tracked_state=TrackedState.FAILED_PENDING)) is Verdict.GOOD


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("Not an upgrade for existing movie file. Existing quality: Bluray-1080p.",), Verdict.BAD),
        (("Not a Custom Format upgrade for existing episode file(s). New: [x]",), Verdict.BAD),
        (("Episode file already imported at 01/02/2026",), Verdict.BAD),
        (("Not an upgrade for existing movie file.", "Sample"), Verdict.OPEN),
        (("Not an upgrade for existing movie file.", "Irgendwas"), Verdict.OPEN),
        (("Not an upgrade for existing movie file. Language French",), Verdict.OPEN),
    ],
)
def test_what_is_there_already_is_so_with_every_file(texts: tuple[str, ...], expected: Verdict) -> None:
    assert verdict(CleanupRule.ALREADY_HAVE, refused(*texts)) is expected


def test_the_words_for_these_reasons_advise_to_remove_as_well() -> None:
    assert not FAULTY_RELEASE & HELD_ALREADY
    for kind in FAULTY_RELEASE | HELD_ALREADY:
        assert "remove" in explanation_of(kind).remedy.lower(), kind


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Verdict.BAD),
        ({"status": QueueStatus.WARNING, "error_message": "DHT aus"}, Verdict.BAD),
        ({"status": QueueStatus.QUEUED, "error_message": "Metadaten werden geladen"}, Verdict.BAD),
        ({"status": QueueStatus.QUEUED}, Verdict.OPEN),
        ({"status": QueueStatus.PAUSED}, Verdict.OPEN),
        ({"protocol": Protocol.USENET}, Verdict.GOOD),
        ({"size_bytes": GB, "size_left_bytes": GB}, Verdict.GOOD),
        ({"status": QueueStatus.COMPLETED}, Verdict.GOOD),
        ({"status": QueueStatus.FAILED}, Verdict.GOOD),
    ],
)
def test_a_magnet_without_description_has_no_size(changes: dict[str, Any], expected: Verdict) -> None:
    assert verdict(CleanupRule.NO_METADATA, make_item(**(MAGNET | changes))) is expected


def test_stalled_is_what_should_get_data_and_does_not_for_long() -> None:
    assert verdict(CleanupRule.STALLED, make_item(), STALLED_FOR_LONG) is Verdict.BAD
    assert verdict(CleanupRule.STALLED, WARNED, STALLED_FOR_LONG) is Verdict.BAD
    assert verdict(CleanupRule.STALLED, make_item(), Seen(idle_s=3599)) is Verdict.OPEN
    assert verdict(CleanupRule.STALLED, make_item()) is Verdict.OPEN


@pytest.mark.parametrize("rule", [CleanupRule.STALLED, CleanupRule.SLOW])
@pytest.mark.parametrize(
    ("download", "expected"),
    [
        (UNPACKING, Verdict.GOOD),
        (SEEDING, Verdict.GOOD),
        (IMPORTING, Verdict.GOOD),
        (refused("Sample"), Verdict.GOOD),
        (CHECKING, Verdict.GOOD),
        (PAUSED, Verdict.OPEN),
        (QUEUED, Verdict.OPEN),
        (make_item(**MAGNET), Verdict.OPEN),
        (FAILED, Verdict.OPEN),
        (make_item(status=QueueStatus.WARNING, error_message="No space left on device"), Verdict.OPEN),
        (make_item(status=QueueStatus.WARNING, error_message="Permission denied"), Verdict.OPEN),
    ],
)
def test_neither_stalled_nor_slow_is_what_cannot_be(
    rule: CleanupRule, download: Download, expected: Verdict
) -> None:
    assert verdict(rule, download, Seen(idle_s=1e6, rate_bytes_s=0.0)) is expected


@pytest.mark.parametrize("left", [2 * GB, 4 * GB])
def test_a_stall_is_over_with_the_first_byte_and_with_a_check(left: int) -> None:
    struck = Seen(idle_s=1e6, stalled_at_bytes=3 * GB)

    assert verdict(CleanupRule.STALLED, make_item(size_left_bytes=left), struck) is Verdict.GOOD
    assert verdict(CleanupRule.STALLED, make_item(size_left_bytes=3 * GB), struck) is Verdict.BAD


def test_slow_is_what_was_measured_and_found_below_the_limit() -> None:
    assert verdict(CleanupRule.SLOW, make_item(), TRICKLING) is Verdict.BAD
    assert verdict(CleanupRule.SLOW, make_item(), Seen(rate_bytes_s=0.0)) is Verdict.BAD
    assert verdict(CleanupRule.SLOW, make_item(), Seen(rate_bytes_s=50_000)) is Verdict.GOOD
    assert verdict(CleanupRule.SLOW, make_item(), STALLED_FOR_LONG) is Verdict.OPEN


@pytest.mark.parametrize(
    ("download", "expected"),
    [
        (make_item(media_id=None), Verdict.BAD),
        (make_item(media_id=None, status=QueueStatus.PAUSED), Verdict.BAD),
        (refused("Unknown Movie", media_id=None), Verdict.BAD),
        (
            refused("Download wasn't grabbed by Radarr and not in a category, Skipping.", media_id=None),
            Verdict.OPEN,
        ),
        (refused("x", media_id=None, tracked_state=TrackedState.DOWNLOADING), Verdict.OPEN),
        (make_item(media_id=None, status=QueueStatus.COMPLETED), Verdict.OPEN),
        (make_item(media_id=None, status=QueueStatus.FAILED), Verdict.OPEN),
        (make_item(), Verdict.GOOD),
        (refused("Unknown Movie"), Verdict.GOOD),
    ],
)
def test_orphans_belong_to_nothing_and_were_not_put_there_by_somebody(
    download: Download, expected: Verdict
) -> None:
    assert verdict(CleanupRule.ORPHAN, download) is expected


def test_unmonitored_is_what_the_library_says_of_all_of_it() -> None:
    unwanted = Seen(is_monitored=False)

    assert verdict(CleanupRule.UNMONITORED, make_item(), unwanted) is Verdict.BAD
    assert verdict(CleanupRule.UNMONITORED, PAUSED, unwanted) is Verdict.BAD
    assert verdict(CleanupRule.UNMONITORED, make_item(), Seen(is_monitored=True)) is Verdict.GOOD
    assert verdict(CleanupRule.UNMONITORED, make_item()) is Verdict.OPEN
    assert verdict(CleanupRule.UNMONITORED, SEEDING, unwanted) is Verdict.OPEN
    assert verdict(CleanupRule.UNMONITORED, UNPACKING, unwanted) is Verdict.OPEN


@pytest.mark.parametrize(
    "changes",
    [
        {"status": QueueStatus.UNKNOWN},
        {"status": QueueStatus.DELAY},
        {"status": QueueStatus.CLIENT_UNAVAILABLE},
        {"tracked_state": TrackedState.UNKNOWN},
        {"tracked_state": TrackedState.IGNORED},
        {"tracked_state": TrackedState.IMPORTED},
        {"tracked_state": None},
        {"tracked_status": TrackedStatus.UNKNOWN},
        {"tracked_status": None},
        {"tracked_status": TrackedStatus.ERROR},
        {"protocol": Protocol.UNKNOWN},
        {"row_ids": ()},
        {"row_ids": (1 << 40,)},
        {"error_message": "Unbekannter Status: superDL"},
    ],
)
def test_a_word_that_is_not_known_is_not_understood(changes: dict[str, Any]) -> None:
    assert not is_understood(make_item(**changes))


def test_a_pending_release_is_not_for_clean_up() -> None:
    assert not is_understood(make_pending())


def test_nothing_left_means_unpacking_and_an_unknown_size_does_not() -> None:
    assert has_all_data(UNPACKING)
    assert not is_loading(UNPACKING)
    assert not has_all_data(make_item(**MAGNET))
    assert is_loading(make_item(**MAGNET))
