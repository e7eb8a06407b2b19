"""Plain words for what clean-up proposes and for why it does not: safe for members, not escaped yet.

No file, path, indexer or download client is named. Names of instances are the owner's own.
"""

from datetime import timedelta
from typing import Final

from discarr.core.cleanup_config import CleanupAction, CleanupRule
from discarr.monitoring.cleanup.candidates import Candidate
from discarr.monitoring.cleanup.guards import Guard, GuardKind
from discarr.monitoring.cleanup.protection import Protection
from discarr.monitoring.reasons import ReasonKind, explanation_of

RULE_WORDS: Final = {
    CleanupRule.FAILED: "Failed downloads",
    CleanupRule.MISSING_FILES: "Missing files",
    CleanupRule.FAILED_IMPORT: "Failed imports",
    CleanupRule.ALREADY_HAVE: "Already in the library",
    CleanupRule.NO_METADATA: "No description found",
    CleanupRule.STALLED: "No data",
    CleanupRule.SLOW: "Slow",
    CleanupRule.ORPHAN: "Not in the library",
    CleanupRule.UNMONITORED: "No longer wanted",
}
ACTION_WORDS: Final = {
    CleanupAction.REMOVE: "Remove with its data",
    CleanupAction.BLOCKLIST: "Remove with its data and never take this release again",
    CleanupAction.SEARCH: "Remove with its data, never take this release again and search for another",
    CleanupAction.CATEGORY: "Keep its data in another category of the download client",
}
PROTECTION_WORDS: Final = {
    Protection.IMPORTING: "being imported",
    Protection.NOT_UNDERSTOOD: "in a state that Discarr does not know",
    Protection.WAITING_FOR_IMPORT: "waiting to be imported",
    Protection.TAG: "protected by a tag",
    Protection.INDEXER: "protected by where it comes from",
    Protection.YOUNG: "too young",
    Protection.WANTED_ELSEWHERE: "in the library of another server",
}
_GUARDS: Final = {
    GuardKind.DISARMED: "Discarr has lost its memory: an admin has to allow clean-up again first.",
    GuardKind.NO_MEMORY: "Discarr has not been able to read yet what it saw before.",
    GuardKind.NETWORK: "{count} of {total} servers cannot be reached: that is one problem of the network.",
    GuardKind.AWAY: "{name} is not available.",
    GuardKind.JUST_BACK: "{name}, or Discarr, was away until a few minutes ago.",
    GuardKind.STALE: "{name} has not looked at its downloads for a while.",
    GuardKind.UNCHECKED: "{name} has not said yet whether its download clients are well.",
    GuardKind.CLIENT_AWAY: "{name} cannot reach a download client.",
    GuardKind.INTERNET: "{name} cannot reach any of its search sources: the internet is most likely away.",
    GuardKind.MANY_AT_ONCE: "{count} of {total} downloads of {name} got into trouble together: that is most"
    " likely one problem, and not theirs.",
}
_MINUTE = timedelta(minutes=1)


def guard_text(guard: Guard) -> str:
    """Return why nothing is proposed, as a sentence."""
    return _GUARDS[guard.kind].format(name=guard.instance_name, count=guard.count, total=guard.total)


def evidence_text(candidate: Candidate) -> str:
    """Return what speaks for removing a download, such as "3 strikes in 2 h 10 min · no byte for 95 min"."""
    evidence = candidate.evidence
    parts = [f"{evidence.strikes} strikes in {_span(evidence.span)}"]
    if candidate.rule is CleanupRule.STALLED and evidence.idle_for is not None:
        parts.append(f"no byte for {_span(evidence.idle_for)}")
    if candidate.rule is CleanupRule.SLOW and evidence.rate_bytes_s is not None:
        parts.append(f"{_rate(evidence.rate_bytes_s)} on average")
    if candidate.rule is CleanupRule.NO_METADATA:
        parts.append("nobody sends its description")
    if candidate.rule is CleanupRule.ORPHAN:
        parts.append("it belongs to nothing in the library")
    if candidate.rule is CleanupRule.UNMONITORED:
        parts.append("nothing of it is monitored any more")
    if evidence.reason is ReasonKind.STALLED:
        parts.append("client says: stalled")
    elif evidence.reason not in (None, ReasonKind.MAGNET):
        parts.append(explanation_of(evidence.reason).sentence)
    return " · ".join(parts)


def _span(span: timedelta) -> str:
    """Return a span in one unit or two: "95 min", "2 h 10 min", "3 d 4 h"."""
    minutes = max(span, timedelta()) // _MINUTE
    if minutes < 120:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def _rate(bytes_s: float) -> str:
    kilobytes = bytes_s / 1000
    return f"{kilobytes:.0f} kB/s" if kilobytes >= 1 else "under 1 kB/s"
