"""Plain words for every kind of trouble."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.core.models import Download, QueueStatus, StatusMessage, TrackedState, TrackedStatus
from discarr.monitoring.reasons import ReasonKind, explain, explain_each, explanation_of, import_kinds
from tests.factories import make_download
from tests.shared_folder import RECORDED, needs_shared


def refused(*texts: str, title: str = "file.mkv", error_message: str | None = None) -> Download:
    return make_download(
        status=QueueStatus.COMPLETED,
        size_left_bytes=0,
        tracked_status=TrackedStatus.WARNING,
        tracked_state=TrackedState.IMPORT_PENDING,
        messages=(StatusMessage(title=title, messages=texts),),
        error_message=error_message,
    )


def client_problem(text: str | None, status: QueueStatus = QueueStatus.WARNING) -> Download:
    return make_download(status=status, error_message=text)


def kind_of(download: Download) -> ReasonKind:
    explanation = explain(download)
    assert explanation is not None
    return explanation.kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            "Not an upgrade for existing movie file. Existing quality: Bluray-1080p. New Quality WEBDL-720p.",
            ReasonKind.NOT_AN_UPGRADE,
        ),
        (
            "Not an upgrade for existing episode file(s). Existing quality: HDTV-1080p. New Quality SDTV.",
            ReasonKind.NOT_AN_UPGRADE,
        ),
        ("Not a quality revision upgrade for existing episode file(s)", ReasonKind.NOT_AN_UPGRADE),
        (
            "Episode file on disk contains more episodes than this file contains",
            ReasonKind.NOT_AN_UPGRADE,
        ),
        (
            "Not a Custom Format upgrade for existing movie file(s). New: [x] (10) do not improve",
            ReasonKind.NOT_A_FORMAT_UPGRADE,
        ),
        ("Not an upgrade for existing movie file. Language French", ReasonKind.NOT_A_LANGUAGE_UPGRADE),
        ("Sample", ReasonKind.SAMPLE),
        ("Unable to determine if file is a sample", ReasonKind.SAMPLE),
        ("No files found are eligible for import in /volume2/#nzb/Devs.S01", ReasonKind.NO_VIDEO),
        ("No files found are eligible for import in /x/Encrypted.Sample.2021", ReasonKind.NO_VIDEO),
        ("Unable to parse file", ReasonKind.UNPARSABLE),
        ("Unable to parse download, automatic import is not possible.", ReasonKind.UNPARSABLE),
        ("Unable to parse episodes from title", ReasonKind.UNPARSABLE),
        ("Unknown Series", ReasonKind.UNKNOWN_TITLE),
        ("Unknown Movie", ReasonKind.UNKNOWN_TITLE),
        ("Invalid movie", ReasonKind.UNKNOWN_TITLE),
        ("Episode 2x03 was unexpected considering the A.Show.S01 folder name", ReasonKind.NOT_IN_RELEASE),
        ("Episodes 1x02 were not found in the grabbed release: A.Show", ReasonKind.NOT_IN_RELEASE),
        ("Movie [Cats (2019)] was not found in the grabbed release: Dogs", ReasonKind.NOT_IN_RELEASE),
        (
            "Found matching series via grab history, but release was matched to series by ID. "
            "Automatic import is not possible. See the FAQ for details.",
            ReasonKind.MATCHED_BY_ID,
        ),
        (
            "Found matching movie via grab history, but release was matched to movie by ID.",
            ReasonKind.MATCHED_BY_ID,
        ),
        (
            "Movie title mismatch, automatic import is not possible. Manual Import required.",
            ReasonKind.TITLE_MISMATCH,
        ),
        (
            "Series title mismatch; automatic import is not possible. Check the wiki.",
            ReasonKind.TITLE_MISMATCH,
        ),
        ("Unable to import automatically, found multiple movies: [A], [B]", ReasonKind.SEVERAL_MATCHES),
        ("Episode file already imported at 1/2/2026 10:00:00", ReasonKind.ALREADY_IMPORTED),
        ("Movie has already been imported", ReasonKind.ALREADY_IMPORTED),
        ("Caution: Found executable file with extension: '.exe'", ReasonKind.DANGEROUS_FILE),
        ("Caution: Found potentially dangerous file", ReasonKind.DANGEROUS_FILE),
        (
            "Caution: Found file with user defined rejected extension: '.iso'",
            ReasonKind.DANGEROUS_FILE,
        ),
        ("Invalid video file, unsupported extension: '.txt'", ReasonKind.UNSUPPORTED_TYPE),
        ("Invalid video file, filename starts with '._'", ReasonKind.UNSUPPORTED_TYPE),
        ("Found archive file, might need to be extracted", ReasonKind.ARCHIVE),
        ("File is still being unpacked", ReasonKind.STILL_UNPACKING),
        (
            "Download is encrypted and wasn't grabbed by Sonarr, skipping automatic download handling",
            ReasonKind.PASSWORD,
        ),
        ("Not enough free space", ReasonKind.NO_SPACE),
        (
            "[/downloads/x] is not a valid local path. You may need a Remote Path Mapping.",
            ReasonKind.PATH,
        ),
        ("Import failed, path does not exist or is not accessible by Radarr: /downloads/x", ReasonKind.PATH),
        ("Download doesn't contain intermediate path, Skipping.", ReasonKind.PATH),
        ("Access to the path '/tv/x.mkv' is denied.", ReasonKind.PERMISSION),
        ("Locked file, try again later", ReasonKind.IN_USE),
        (
            "Single episode file contains all episodes in seasons. Review file name or manually import",
            ReasonKind.FULL_SEASON_FILE,
        ),
        ("Partial season packs are not supported", ReasonKind.PARTIAL_SEASON),
        ("Extras are not supported", ReasonKind.EXTRA),
        ("Single episode split into multiple files", ReasonKind.SPLIT_FILE),
        ("File is suspected multi-part file, Radarr doesn't support this", ReasonKind.SPLIT_FILE),
        ("No audio tracks detected", ReasonKind.NO_AUDIO),
        (
            "This show has individual episode mappings on TheXEM but the mapping for this episode has not "
            "been confirmed yet by their administrators. TheXEM needs manual input.",
            ReasonKind.NUMBERING,
        ),
        ("Episode does not have an absolute episode number and recently aired", ReasonKind.NUMBERING),
        ("Invalid season or episode", ReasonKind.NUMBERING),
        ("Episodes not selected", ReasonKind.NUMBERING),
        ("Episode has a TBA title and recently aired", ReasonKind.TITLE_TBA),
        ("Episode does not have a title and recently aired", ReasonKind.TITLE_TBA),
        ("Failed to import episode, Root folder missing.", ReasonKind.ROOT_FOLDER_MISSING),
        ("Failed to import movie, Destination already exists.", ReasonKind.DESTINATION_EXISTS),
        (
            "Failed to import episode, unable to move existing file to the Recycle Bin.",
            ReasonKind.RECYCLE_BIN,
        ),
        ("Failed to import episode", ReasonKind.IMPORT_FAILED),
        ("UpgradeSpecification: Object reference not set", ReasonKind.IMPORT_FAILED),
        ("Unexpected error processing file", ReasonKind.UNPARSABLE),
        (
            "Download wasn't grabbed by Sonarr and not in a category, Skipping.",
            ReasonKind.NOT_GRABBED_HERE,
        ),
        ("Quelque chose d'inconnu", ReasonKind.IMPORT_REFUSED),
    ],
)
def test_every_known_rejection_has_its_own_words(text: str, kind: ReasonKind) -> None:
    assert kind_of(refused(text)) is kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The download is stalled with no connections", ReasonKind.STALLED),
        ("qBittorrent is reporting missing files", ReasonKind.MISSING_FILES),
        ("qBittorrent cannot resolve magnet link with DHT disabled", ReasonKind.MAGNET),
        ("qBittorrent is reporting an error", ReasonKind.CLIENT_TROUBLE),
        ("Banned client, please see the rules for a list of allowed clients", ReasonKind.TRACKER),
        (
            "Transmission is reporting an error: Tracker gave an error: Unregistered torrent",
            ReasonKind.TRACKER,
        ),
        ("Transmission is reporting an error: No data found! Ensure your drives are connected", None),
        ("Unpacking failed, archive requires a password", ReasonKind.PASSWORD),
        ("Unpacking failed, write error or disk is full?", ReasonKind.NO_SPACE),
        ("Unpacking failed, see log", ReasonKind.UNPACK_FAILED),
        ("Repair failed, not enough repair blocks (12 short)", ReasonKind.DAMAGED),
        ("Aborted, cannot be completed - https://sabnzbd.org/not-complete", ReasonKind.INCOMPLETE),
        ("Aborted, encryption detected", ReasonKind.PASSWORD),
        ("Aborted, unwanted extension detected", ReasonKind.DANGEROUS_FILE),
        ("Not logged in", ReasonKind.LOGIN),
        (
            "PAR Status: SUCCESS - Unpack Status: FAILURE - Move Status: NONE - Script Status: NONE",
            ReasonKind.UNPACK_FAILED,
        ),
        (
            "PAR Status: NONE - Unpack Status: NONE - Move Status: NONE - Delete Status: HEALTH",
            ReasonKind.INCOMPLETE,
        ),
        ("Unable to Import. Path matches client base download directory", ReasonKind.PATH),
        ("Le téléchargement est bloqué", ReasonKind.CLIENT_TROUBLE),
        (None, ReasonKind.CLIENT_TROUBLE),
    ],
)
def test_the_clients_own_trouble_has_words(text: str | None, kind: ReasonKind | None) -> None:
    assert kind_of(client_problem(text)) is (kind or ReasonKind.MISSING_FILES)


def test_a_failed_download_without_a_known_text_says_that_it_failed() -> None:
    assert kind_of(client_problem("???", QueueStatus.FAILED)) is ReasonKind.DOWNLOAD_FAILED


def test_a_failed_download_is_explained_by_the_apps_message_when_the_client_is_silent() -> None:
    download = make_download(
        status=QueueStatus.FAILED,
        messages=(
            StatusMessage(title="x", messages=("Download is encrypted and wasn't grabbed by Radarr",)),
        ),
    )

    assert kind_of(download) is ReasonKind.PASSWORD


def test_what_is_said_about_the_files_wins_over_the_header_of_a_pack() -> None:
    header = "One or more episodes expected in this release were not imported or missing from the release"
    download = make_download(
        status=QueueStatus.COMPLETED,
        tracked_status=TrackedStatus.WARNING,
        messages=(
            StatusMessage(title=header, messages=()),
            StatusMessage(title="a-sample.mkv", messages=("Sample",)),
            StatusMessage(title="b.mkv", messages=("Not an upgrade for existing episode file(s).",)),
        ),
    )

    assert kind_of(download) is ReasonKind.NOT_AN_UPGRADE


@pytest.mark.parametrize(
    "header",
    [
        "One or more episodes expected in this release were not imported or missing from the release",
        "One or more movies expected in this release were not imported or missing",
    ],
)
def test_the_header_alone_says_that_something_is_missing(header: str) -> None:
    assert kind_of(refused(title=header)) is ReasonKind.EPISODES_MISSING


def test_a_file_name_is_not_taken_for_a_reason() -> None:
    download = refused("something new", title="Unknown Movie (2019).mkv")

    assert kind_of(download) is ReasonKind.IMPORT_REFUSED


def test_a_refused_import_without_messages_is_explained_by_the_client() -> None:
    assert kind_of(refused(error_message="Unpacking failed, see log")) is ReasonKind.UNPACK_FAILED


def test_an_error_at_another_stage_without_a_text_gets_a_general_sentence() -> None:
    download = make_download(tracked_status=TrackedStatus.ERROR, tracked_state=TrackedState.FAILED_PENDING)

    assert kind_of(download) is ReasonKind.UNKNOWN


def test_a_download_that_is_fine_needs_no_explanation() -> None:
    assert explain(make_download(error_message="The download is stalled with no connections")) is None


@pytest.mark.parametrize("kind", ReasonKind)
def test_sentences_fit_a_phone(kind: ReasonKind) -> None:
    explanation = explanation_of(kind)

    assert 0 < len(explanation.sentence) <= 60
    assert explanation.remedy.endswith(".")


@given(
    st.text(), st.text(), st.sampled_from([QueueStatus.WARNING, QueueStatus.FAILED, QueueStatus.COMPLETED])
)
def test_nothing_of_a_message_is_ever_copied(text: str, error: str, status: QueueStatus) -> None:
    download = make_download(
        status=status,
        tracked_status=TrackedStatus.WARNING,
        messages=(StatusMessage(title=text, messages=(text,) if len(text) % 2 else ()),),
        error_message=error,
    )

    assert explain(download) in [explanation_of(kind) for kind in ReasonKind]


@needs_shared
@pytest.mark.parametrize("name", ["series-queue.json", "movie-queue.json"])
def test_every_recorded_rejection_is_recognised(name: str) -> None:
    rows = json.loads((RECORDED / name).read_text())["records"]
    texts = {text for row in rows for entry in row.get("statusMessages", []) for text in entry["messages"]}
    headers = {
        entry["title"] for row in rows for entry in row.get("statusMessages", []) if not entry["messages"]
    }

    kinds = {kind_of(refused(text)) for text in texts} | {kind_of(refused(title=title)) for title in headers}

    assert kinds
    assert ReasonKind.IMPORT_REFUSED not in kinds


@needs_shared
def test_every_recorded_client_error_is_recognised() -> None:
    rows = json.loads((RECORDED / "series-queue.json").read_text())["records"]
    texts = {row["errorMessage"] for row in rows if row.get("errorMessage")}

    assert [kind_of(client_problem(text)) for text in texts] == [ReasonKind.TRACKER]


@needs_shared
def test_every_recorded_rejection_of_a_manual_import_is_recognised() -> None:
    files = json.loads((RECORDED / "radarr-manual-import.json").read_text())
    reasons = {rejection["reason"] for file in files for rejection in file["rejections"]}

    assert {kind_of(refused(reason)) for reason in reasons} == {ReasonKind.NOT_AN_UPGRADE}


def test_every_message_about_an_import_counts() -> None:
    download = refused("Sample", "Not an upgrade for existing movie file.", "Was weiß ich")

    assert import_kinds(download) == {ReasonKind.SAMPLE, ReasonKind.NOT_AN_UPGRADE, ReasonKind.UNKNOWN}
    assert import_kinds(make_download()) == frozenset()


def test_a_doubt_states_nothing() -> None:
    assert import_kinds(refused("Unable to determine if file is a sample")) == {ReasonKind.UNKNOWN}


def test_more_messages_than_anybody_writes_are_not_understood() -> None:
    assert import_kinds(refused(*["Sample"] * 500)) == {ReasonKind.SAMPLE}
    assert import_kinds(refused(*["Sample"] * 501)) == {ReasonKind.UNKNOWN}


def test_everything_that_is_said_is_explained_once_with_the_words_behind_it() -> None:
    download = refused("Sample", "Gibberish", "", title="a.mkv", error_message="The disk is full")

    said = [
        (item.explanation.kind if item.explanation else None, item.technical)
        for item in explain_each(download)
    ]

    assert said == [
        (ReasonKind.NO_SPACE, (("The disk is full", ""),)),
        (ReasonKind.SAMPLE, (("Sample", "a.mkv"),)),
        (None, (("Gibberish", "a.mkv"),)),
    ]
    assert explain_each(make_download()) == ()
