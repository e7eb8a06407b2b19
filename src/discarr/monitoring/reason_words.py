"""The kinds of trouble a download can be in, and the words for each."""

from dataclasses import dataclass
from enum import StrEnum


class ReasonKind(StrEnum):
    """What kind of trouble it is: stable, for routing and grouping."""

    DANGEROUS_FILE = "dangerous file"
    PASSWORD = "password"  # noqa: S105 - the name of a reason
    NO_SPACE = "no space"
    PATH = "path"
    PERMISSION = "permission"
    IN_USE = "in use"
    ROOT_FOLDER_MISSING = "root folder missing"
    DESTINATION_EXISTS = "destination exists"
    RECYCLE_BIN = "recycle bin"
    UNSUPPORTED_TYPE = "unsupported type"
    ARCHIVE = "archive"
    STILL_UNPACKING = "still unpacking"
    NOT_AN_UPGRADE = "not an upgrade"
    NOT_A_FORMAT_UPGRADE = "not a format upgrade"
    NOT_A_LANGUAGE_UPGRADE = "not a language upgrade"
    ALREADY_IMPORTED = "already imported"
    MATCHED_BY_ID = "matched by id"
    TITLE_MISMATCH = "title mismatch"
    SEVERAL_MATCHES = "several matches"
    UNKNOWN_TITLE = "unknown title"
    NOT_IN_RELEASE = "not in release"
    NOT_GRABBED_HERE = "not grabbed here"
    FULL_SEASON_FILE = "full season file"
    PARTIAL_SEASON = "partial season"
    SPLIT_FILE = "split file"
    EXTRA = "extra"
    NUMBERING = "numbering"
    TITLE_TBA = "title tba"
    NO_AUDIO = "no audio"
    SAMPLE = "sample"
    NO_VIDEO = "no video"
    UNPARSABLE = "unparsable"
    EPISODES_MISSING = "episodes missing"
    IMPORT_FAILED = "import failed"
    IMPORT_REFUSED = "import refused"
    TRACKER = "tracker"
    MISSING_FILES = "missing files"
    MAGNET = "magnet"
    LOGIN = "login"
    DAMAGED = "damaged"
    INCOMPLETE = "incomplete"
    UNPACK_FAILED = "unpack failed"
    STALLED = "stalled"
    DOWNLOAD_FAILED = "download failed"
    CLIENT_TROUBLE = "client trouble"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One plain sentence and what to do about it; both safe for everybody (no paths, no indexers)."""

    kind: ReasonKind
    sentence: str
    remedy: str


_BY_HAND = "Import it by hand if it is the right one, or remove it."
_ANOTHER = "Remove it and search again for another release."

_TEXTS: dict[ReasonKind, tuple[str, str]] = {
    ReasonKind.DANGEROUS_FILE: (
        "Import refused: it contains a program, not a video",
        "Do not open it; remove it, put it on the blocklist and search again.",
    ),
    ReasonKind.PASSWORD: ("Locked with a password", _ANOTHER),
    ReasonKind.NO_SPACE: ("The disk is full", "Free some space; it goes on by itself afterwards."),
    ReasonKind.PATH: (
        "Import refused: the downloaded files cannot be found",
        "The owner has to check that the app sees the download folder (remote path mapping).",
    ),
    ReasonKind.PERMISSION: (
        "Import refused: no permission to the files",
        "The owner has to let the app read the download folder and write to the library.",
    ),
    ReasonKind.IN_USE: ("Import waits: a file is still in use", "It is tried again by itself."),
    ReasonKind.ROOT_FOLDER_MISSING: (
        "Import failed: the library folder is missing",
        "The owner has to check that the disk of the library is connected.",
    ),
    ReasonKind.DESTINATION_EXISTS: (
        "Import failed: the file is in the library already",
        "Look whether the title plays; if it does, remove this download.",
    ),
    ReasonKind.RECYCLE_BIN: (
        "Import failed: the old file could not be moved away",
        "The owner has to check the recycling bin folder of the app.",
    ),
    ReasonKind.UNSUPPORTED_TYPE: ("Import refused: not a video the app can use", _ANOTHER),
    ReasonKind.ARCHIVE: (
        "Import refused: it still has to be unpacked",
        "Unpack it by hand, or remove it and search again.",
    ),
    ReasonKind.STILL_UNPACKING: ("Import waits: still being unpacked", "It is tried again by itself."),
    ReasonKind.NOT_AN_UPGRADE: (
        "Import refused: not better than what is there",
        "Remove it; the version in the library is kept.",
    ),
    ReasonKind.NOT_A_FORMAT_UPGRADE: (
        "Import refused: scores lower than what is there",
        "Remove it, or import it by hand if it is preferred all the same.",
    ),
    ReasonKind.NOT_A_LANGUAGE_UPGRADE: (
        "Import refused: not the wanted language",
        "Remove it and search again, or import it by hand if the language is fine.",
    ),
    ReasonKind.ALREADY_IMPORTED: (
        "Imported already",
        "Look whether the title plays; if it does, remove this download.",
    ),
    ReasonKind.MATCHED_BY_ID: (
        "Import refused: the name does not prove the title",
        "Look whether it is the right title, then import it by hand or remove it.",
    ),
    ReasonKind.TITLE_MISMATCH: (
        "Import refused: the name belongs to another title",
        "Look whether it is the right title, then import it by hand or remove it.",
    ),
    ReasonKind.SEVERAL_MATCHES: (
        "Import refused: it fits several titles",
        "Import it by hand and choose the right one.",
    ),
    ReasonKind.UNKNOWN_TITLE: (
        "Import refused: the title is not in the library",
        "Add the title to the library, then import it by hand, or remove it.",
    ),
    ReasonKind.NOT_IN_RELEASE: ("Import refused: it contains something else", _BY_HAND),
    ReasonKind.NOT_GRABBED_HERE: (
        "Skipped: the app did not order this download",
        "Import it by hand if it is wanted, or remove it in the download client.",
    ),
    ReasonKind.FULL_SEASON_FILE: ("Import refused: a whole season in one file", _BY_HAND),
    ReasonKind.PARTIAL_SEASON: ("Import refused: only part of a season", _BY_HAND),
    ReasonKind.SPLIT_FILE: ("Import refused: split into several files", _ANOTHER),
    ReasonKind.EXTRA: ("Import refused: only bonus material", _ANOTHER),
    ReasonKind.NUMBERING: (
        "Import refused: the episode number is uncertain",
        "Import it by hand and choose the right episode.",
    ),
    ReasonKind.TITLE_TBA: (
        "Import waits: the episode has no title yet",
        "Wait a day or two, or import it by hand.",
    ),
    ReasonKind.NO_AUDIO: ("Import refused: it has no sound", _ANOTHER),
    ReasonKind.SAMPLE: ("Import refused: only a short sample", _ANOTHER),
    ReasonKind.NO_VIDEO: ("Import refused: no video file found", _ANOTHER),
    ReasonKind.UNPARSABLE: ("Import refused: the file name makes no sense", _BY_HAND),
    ReasonKind.EPISODES_MISSING: (
        "Import refused: something expected is missing",
        "Import by hand what is there, or remove it and search again.",
    ),
    ReasonKind.IMPORT_FAILED: (
        "Import failed",
        "It is tried again; if this stays, the owner has to look at the app's log.",
    ),
    ReasonKind.IMPORT_REFUSED: (
        "Import refused",
        "Somebody has to look at it in the app and import or remove it.",
    ),
    ReasonKind.TRACKER: (
        "The tracker refuses this download",
        "The owner has to check the account there; or remove it and search again.",
    ),
    ReasonKind.MISSING_FILES: (
        "Files of the download are missing",
        "Were they moved or deleted? Check it in the download client, or remove it and search again.",
    ),
    ReasonKind.MAGNET: (
        "Nobody to load its description from",
        "It may start by itself; if not, remove it and search again.",
    ),
    ReasonKind.LOGIN: (
        "The download client cannot log in",
        "The owner has to check the accounts in the download client.",
    ),
    ReasonKind.DAMAGED: ("Download is damaged beyond repair", _ANOTHER),
    ReasonKind.INCOMPLETE: ("Download is not complete at the source", _ANOTHER),
    ReasonKind.UNPACK_FAILED: ("Unpacking failed", _ANOTHER),
    ReasonKind.STALLED: (
        "No data is coming in",
        "It may go on by itself; if not, remove it and search again.",
    ),
    ReasonKind.DOWNLOAD_FAILED: ("Download failed", _ANOTHER),
    ReasonKind.CLIENT_TROUBLE: (
        "The download client reports a problem",
        "Somebody has to look at it in the download client.",
    ),
    ReasonKind.UNKNOWN: ("Something is wrong with it", "Somebody has to look at it in the app."),
}

_EXPLANATIONS = {
    kind: Explanation(kind=kind, sentence=sentence, remedy=remedy)
    for kind, (sentence, remedy) in _TEXTS.items()
}


def explanation_of(kind: ReasonKind) -> Explanation:
    """Return the words for a kind."""
    return _EXPLANATIONS[kind]
