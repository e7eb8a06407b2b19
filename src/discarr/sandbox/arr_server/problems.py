"""What the apps and their download clients say when a download needs a person.

The words are the apps' own (English); `{path}`, `{file}` and `{app}` are filled in for the row.
"""

from dataclasses import dataclass

from discarr.core.models import QueueStatus, TrackedState, TrackedStatus

_MISSING_EPISODES = (
    "One or more episodes expected in this release were not imported or missing from the release"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """How one kind of trouble looks in a queue row."""

    status: QueueStatus = QueueStatus.COMPLETED
    tracked_status: TrackedStatus = TrackedStatus.WARNING
    tracked_state: TrackedState = TrackedState.IMPORT_PENDING
    header: str | None = None
    """An entry of its own without messages, as Sonarr puts before the files of a partial import."""
    message: str | None = None
    """The rejection of the file; None: only the download client complains."""
    is_per_file: bool = False
    """Whether a season pack repeats the message for each of its files."""
    error_message: str | None = None
    """The download client's own words."""
    hides_files: bool = False
    """Whether the app sees no file at all: a manual import has nothing to offer."""
    is_unmatched: bool = False
    """Whether the app cannot tell what the file is: in a manual import a person has to say it."""


def _rejected(message: str, *, is_per_file: bool = False, header: str | None = None) -> Problem:
    return Problem(message=message, is_per_file=is_per_file, header=header)


def _unseen(message: str) -> Problem:
    return Problem(message=message, hides_files=True)


def _unmatched(message: str) -> Problem:
    return Problem(message=message, is_unmatched=True)


def _blocked(message: str) -> Problem:
    return Problem(message=message, tracked_state=TrackedState.IMPORT_BLOCKED)


def _unexamined(message: str, *, hides_files: bool = False) -> Problem:
    return Problem(message=message, tracked_state=TrackedState.DOWNLOADING, hides_files=hides_files)


def _client_warning(error_message: str) -> Problem:
    return Problem(
        status=QueueStatus.WARNING,
        tracked_status=TrackedStatus.OK,
        tracked_state=TrackedState.DOWNLOADING,
        error_message=error_message,
    )


def _failed(error_message: str) -> Problem:
    return Problem(
        status=QueueStatus.FAILED,
        tracked_state=TrackedState.FAILED_PENDING,
        message="{file}",
        error_message=error_message,
    )


def _dangerous(message: str) -> Problem:
    return Problem(
        tracked_status=TrackedStatus.ERROR,
        tracked_state=TrackedState.FAILED_PENDING,
        message=message,
        hides_files=True,
    )


PROBLEMS: dict[str, Problem] = {
    "not an upgrade": _rejected(
        "Not an upgrade for existing movie file. Existing quality: Bluray-1080p. New Quality WEBDL-720p."
    ),
    "not an upgrade (episodes)": _rejected(
        "Not an upgrade for existing episode file(s). Existing quality: HDTV-1080p. New Quality SDTV.",
        header=_MISSING_EPISODES,
        is_per_file=True,
    ),
    "not a custom format upgrade": _rejected(
        "Not a Custom Format upgrade for existing movie file(s). "
        "New: [] (0) do not improve on Existing: [HDR10] (50)"
    ),
    "sample": _rejected("Sample", header=_MISSING_EPISODES, is_per_file=True),
    "sample unclear": _rejected("Unable to determine if file is a sample"),
    "no eligible files": _unseen("No files found are eligible for import in {path}"),
    "unable to parse": _unmatched("Unable to parse file"),
    "unknown movie": _unmatched("Unknown Movie"),
    "already imported": _rejected("Movie file already imported at 5/8/2025 6:01:23 PM"),
    "same size": _rejected("Has the same filesize as existing file"),
    "no audio": _rejected("No audio tracks detected"),
    "archive": _unseen("Found archive file, might need to be extracted"),
    "still unpacking": _rejected("File is still being unpacked"),
    "no room": _rejected("Not enough free space"),
    "locked file": _rejected("Locked file, try again later"),
    "unexpected episode": _rejected(
        "Episode 1x09 was unexpected considering the {file} folder name", is_per_file=True
    ),
    "missing episodes": Problem(header=_MISSING_EPISODES),
    "path missing": _unseen(
        "Import failed, path does not exist or is not accessible by {app}: {path}. Ensure the path exists "
        "and the user running {app} has the correct permissions to access this file/folder"
    ),
    "matched by id": _blocked(
        "Found matching movie via grab history, but release was matched to movie by ID. "
        "Automatic import is not possible. See the FAQ for details."
    ),
    "title mismatch": _blocked(
        "Movie title mismatch, automatic import is not possible. Manual Import required."
    ),
    "partial pack": _blocked("Partial season packs are not supported"),
    "invalid path": _unexamined(
        "[{path}] is not a valid local path. You may need a Remote Path Mapping.", hides_files=True
    ),
    "not grabbed": _unexamined("Download wasn't grabbed by {app} and not in a category, Skipping."),
    "dangerous file": _dangerous("Caution: Found potentially dangerous file with extension: .lnk"),
    "executable": _dangerous("Caution: Found executable file with extension: '.exe'"),
    "stalled": _client_warning("The download is stalled with no connections"),
    "banned client": _client_warning(
        "Banned client, please see http://tracker.example.org/rules for a list of allowed clients"
    ),
    "client error": _client_warning("qBittorrent is reporting an error"),
    "missing files": _client_warning("qBittorrent is reporting missing files"),
    "no metadata": _client_warning("qBittorrent cannot resolve magnet link with DHT disabled"),
    "incomplete": _failed("Aborted, cannot be completed - https://sabnzbd.org/not-complete"),
    "unpack failed": _failed("Unpacking failed, archive requires a password"),
    "disk full": _failed("Unpacking failed, write error or disk is full?"),
}
"""Every kind of trouble by a short name, for scenarios and for tests of the plain words."""
