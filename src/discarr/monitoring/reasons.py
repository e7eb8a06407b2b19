"""Why a download needs a person, in plain words.

Whether it does is decided by states (`Download.needs_hand`), never by text: the client's own message is
written in the language of the app, so English patterns only choose the sentence. Nothing of a message is
ever copied: it names files, paths and hosts.

The patterns follow the texts of Radarr 4–6 and Sonarr 4–5 (`Download/*DownloadService`, `MediaFiles/**/
Specifications`, `Localization/Core/en.json`) and of SABnzbd, NZBGet and common torrent clients.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from msgspec import Struct

from discarr.core.models import Download, QueueStatus
from discarr.monitoring.reason_words import Explanation, ReasonKind, explanation_of

__all__ = [
    "Explanation",
    "ReasonKind",
    "Said",
    "explain",
    "explain_each",
    "explanation_of",
    "import_kinds",
]

_IMPORT_PATTERNS: tuple[tuple[ReasonKind, str], ...] = (
    (ReasonKind.DANGEROUS_FILE, r"^caution: found "),
    (ReasonKind.NO_SPACE, r"not enough (free )?(disk )?space|no space left"),
    (
        ReasonKind.PERMISSION,
        r"permission denied|access to the path .* is denied",
    ),
    (
        ReasonKind.PATH,
        r"is not a valid local path|remote path mapping|path does not exist|find a part of the path|"
        r"doesn't contain intermediate path|path matches client base download directory",
    ),
    (ReasonKind.IN_USE, r"^locked file|used by another process"),
    (ReasonKind.ROOT_FOLDER_MISSING, r"root folder (is )?missing"),
    (ReasonKind.DESTINATION_EXISTS, r"destination already exists"),
    (ReasonKind.RECYCLE_BIN, r"recycl(e|ing) bin"),
    (ReasonKind.STILL_UNPACKING, r"still being unpacked"),
    (ReasonKind.PASSWORD, r"^download is encrypted|password[- ]protected|requires a password"),
    (ReasonKind.ARCHIVE, r"^found archive file"),
    (ReasonKind.NOT_A_LANGUAGE_UPGRADE, r"^not an? .*language|wanted language|language .* is not wanted"),
    (ReasonKind.NOT_A_FORMAT_UPGRADE, r"^not a custom format upgrade|custom format score"),
    (
        ReasonKind.NOT_AN_UPGRADE,
        r"^not an upgrade for|^not a quality revision upgrade|contains more episodes than",
    ),
    (ReasonKind.ALREADY_IMPORTED, r"(has|have|file) already (been )?imported"),
    (ReasonKind.MATCHED_BY_ID, r"matched to (movie|series) by id"),
    (ReasonKind.TITLE_MISMATCH, r"^(movie|series) title mismatch"),
    (ReasonKind.SEVERAL_MATCHES, r"found multiple (movies|series)"),
    (ReasonKind.NOT_GRABBED_HERE, r"wasn't grabbed by"),
    (
        ReasonKind.NOT_IN_RELEASE,
        r"(was|were) unexpected considering|(was|were) not found in the grabbed release",
    ),
    (ReasonKind.UNKNOWN_TITLE, r"^unknown (movie|series|film)|^invalid movie"),
    (ReasonKind.FULL_SEASON_FILE, r"contains all episodes in season|^full season file|multi-?season"),
    (ReasonKind.PARTIAL_SEASON, r"^partial season"),
    (ReasonKind.SPLIT_FILE, r"split into multiple files|multi-part file"),
    (ReasonKind.EXTRA, r"^extras are not supported"),
    (
        ReasonKind.NUMBERING,
        r"thexem|scene numbering|absolute episode number|^invalid season or episode|^episodes not selected",
    ),
    (ReasonKind.TITLE_TBA, r"tba title|does not have a title"),
    (ReasonKind.NO_AUDIO, r"^(no|invalid) audio"),
    (
        ReasonKind.UNSUPPORTED_TYPE,
        r"^invalid video file|unsupported extension|rejected extension",
    ),
    (ReasonKind.SAMPLE, r"^sample$|file is a sample"),
    (ReasonKind.NO_VIDEO, r"^no files found are eligible|^no video files"),
    (ReasonKind.UNPARSABLE, r"^unable to parse|^unexpected error processing file"),
    (ReasonKind.EPISODES_MISSING, r"^one or more (episodes|movies) expected"),
    (ReasonKind.IMPORT_FAILED, r"^failed to import|^import failed|specification: "),
    (ReasonKind.DOWNLOAD_FAILED, r"^download has failed"),
)
"""Most telling first: a pack's general header loses against what is said about its files."""

_CLIENT_PATTERNS: tuple[tuple[ReasonKind, str], ...] = (
    (ReasonKind.PASSWORD, r"password|encrypt|unpack status: password"),
    (
        ReasonKind.NO_SPACE,
        r"disk (is )?full|no space left|not enough (free )?(disk )?space|unpack status: space",
    ),
    (ReasonKind.DANGEROUS_FILE, r"unwanted extension"),
    (ReasonKind.PERMISSION, r"permission denied|access (is )?denied|read-only file system"),
    (ReasonKind.PATH, r"path matches client base download directory"),
    (ReasonKind.LOGIN, r"not logged in|authenticat|login failed|invalid credentials|too many connections"),
    (
        ReasonKind.TRACKER,
        r"unregistered|not registered|banned|blacklisted|torrent (has been )?(deleted|not found)|passkey|"
        r"tracker (error|gave|is )|allowed clients|trumped",
    ),
    (ReasonKind.MISSING_FILES, r"missing files|no data found|files? (are|is) missing"),
    (ReasonKind.MAGNET, r"metadata|magnet"),
    (ReasonKind.STALLED, r"stalled|no connections|no seeds|no peers"),
    (
        ReasonKind.DAMAGED,
        r"repair(ing)? failed|not enough repair|par status: (failure|manual)|crc error|corrupt|"
        r"failed to verify",
    ),
    (
        ReasonKind.INCOMPLETE,
        r"cannot be completed|not on your server|missing articles|download might fail|delete status: health",
    ),
    (ReasonKind.UNPACK_FAILED, r"unpack(ing)? (failed|error)|unpack status: failure"),
)


def _compile(
    patterns: tuple[tuple[ReasonKind, str], ...],
) -> tuple[tuple[int, ReasonKind, re.Pattern[str]], ...]:
    return tuple(
        (rank, kind, re.compile(pattern, re.IGNORECASE)) for rank, (kind, pattern) in enumerate(patterns)
    )


_IMPORT_RULES = _compile(_IMPORT_PATTERNS)
_CLIENT_RULES = _compile(_CLIENT_PATTERNS)
_LONGEST_TEXT = 500
"""Texts can be megabytes long; what they are about stands at the start."""
_MOST_TEXTS = 500
"""Of one download: a file of a pack has one or two."""


def explain(download: Download) -> Explanation | None:
    """Say why the download needs a person; None when it does not (`Download.needs_hand`)."""
    if not download.needs_hand:
        return None
    if download.status in (QueueStatus.WARNING, QueueStatus.FAILED):
        return explanation_of(_client_kind(download))
    kind = _import_kind(download)
    if kind is None and download.error_message:
        kind = _client_match(download.error_message[:_LONGEST_TEXT])
    if kind is None:
        is_import = download.status is QueueStatus.COMPLETED
        kind = ReasonKind.IMPORT_REFUSED if is_import else ReasonKind.UNKNOWN
    return explanation_of(kind)


class Said(Struct, frozen=True, kw_only=True, gc=False):
    """One of the things that speak against a download, in plain words and in those of the app."""

    explanation: Explanation | None
    """None where nobody knows the words for it."""
    technical: tuple[tuple[str, str], ...]
    """Messages, each with the file or header that it is about, which may be empty; for operators only."""


def explain_each(download: Download) -> tuple[Said, ...]:
    """Return everything that is said about a download, in its order; the same reason once."""
    said: dict[ReasonKind | None, list[tuple[str, str]]] = {}
    if download.error_message:
        text = download.error_message
        said.setdefault(_client_match(text[:_LONGEST_TEXT]), []).append((text, ""))
    for message in download.messages:
        lines = [(text, message.title) for text in message.messages] or [(message.title, "")]
        for text, about in lines:
            found = _import_match(text[:_LONGEST_TEXT])
            if text:
                said.setdefault(found[1] if found else None, []).append((text, about))
    return tuple(
        Said(explanation=explanation_of(kind) if kind is not None else None, technical=tuple(texts))
        for kind, texts in said.items()
    )


def import_kinds(download: Download) -> frozenset[ReasonKind]:
    """Return what all the app's messages about the import say; UNKNOWN stands for those not understood.

    `explain` needs the most telling message; whoever wants to delete files must understand every one.
    """
    texts = list(islice(_texts(download), _MOST_TEXTS + 1))
    if len(texts) > _MOST_TEXTS:
        return frozenset({ReasonKind.UNKNOWN})
    return frozenset(map(_stated_kind, texts))


def _stated_kind(text: str) -> ReasonKind:
    """Return what a message states; a doubt ("Unable to determine if file is a sample") states nothing."""
    found = _import_match(text[:_LONGEST_TEXT])
    is_doubt = text[:_LONGEST_TEXT].lower().startswith("unable to determine")
    return ReasonKind.UNKNOWN if found is None or is_doubt else found[1]


def _client_kind(download: Download) -> ReasonKind:
    """The client's own message says most; the app's messages come second, then the state alone."""
    fallback = (
        ReasonKind.DOWNLOAD_FAILED if download.status is QueueStatus.FAILED else ReasonKind.CLIENT_TROUBLE
    )
    said = _client_match(download.error_message[:_LONGEST_TEXT]) if download.error_message else None
    return said or _import_kind(download) or fallback


def _import_kind(download: Download) -> ReasonKind | None:
    best: tuple[int, ReasonKind] | None = None
    for text in _texts(download):
        found = _import_match(text[:_LONGEST_TEXT])
        if found is not None and (best is None or found[0] < best[0]):
            best = found
    return best[1] if best else None


def _texts(download: Download) -> Iterator[str]:
    for message in download.messages:
        if message.messages:
            yield from message.messages
        else:
            # Only a header without lines of its own is a sentence; otherwise the title is a file's name.
            yield message.title


@lru_cache(maxsize=1024)
def _import_match(text: str) -> tuple[int, ReasonKind] | None:
    return next(((rank, kind) for rank, kind, pattern in _IMPORT_RULES if pattern.search(text)), None)


@lru_cache(maxsize=1024)
def _client_match(text: str) -> ReasonKind | None:
    return next((kind for _, kind, pattern in _CLIENT_RULES if pattern.search(text)), None)
