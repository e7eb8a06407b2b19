"""Downloads that are no longer in a queue: what became of them, and whether that is known.

A row can vanish because a download client is away or the app restarted (design decision 7). So the history
speaks first; where it stays silent, two later looks at the queue, with all clients there, mean "removed".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from discarr.core.events import Ending
from discarr.core.models import Download, DownloadKey, InstanceSnapshot
from discarr.monitoring.alerts.conditions import has_client_trouble

_LATER_LOOKS: Final = 2
_KEPT: Final = 2_000
"""Endings that are remembered, for alerts that may still be open."""


@dataclass(slots=True, kw_only=True)
class _Missing:
    download: Download | None
    """None for one that only an alert of an earlier run tells of."""
    history_reads: int
    """How often the history had been read when it went missing."""
    looks: int = 0
    """How often the queue was read since, without it."""


class Vanished:
    """The downloads of one instance that went missing."""

    def __init__(self) -> None:
        self._last: tuple[Download, ...] | None = None
        self._missing: dict[DownloadKey, _Missing] = {}
        self._endings: dict[DownloadKey, Ending] = {}
        self._history_reads = 0

    @property
    def endings(self) -> Mapping[DownloadKey, Ending]:
        """What is known to have become of downloads that are gone."""
        return self._endings

    @property
    def is_anything_missing(self) -> bool:
        """Whether the history should be asked soon."""
        return bool(self._missing)

    def note_history(self, endings: Iterable[tuple[DownloadKey, Ending]]) -> None:
        """Take over what the history said when it was read; the latest word counts."""
        self._history_reads += 1
        for key, ending in endings:
            self._missing.pop(key, None)
            self._endings.pop(key, None)
            self._endings[key] = ending
        for key in list(self._endings)[:-_KEPT]:
            del self._endings[key]

    def look(self, instance: InstanceSnapshot, *, expected: Iterable[DownloadKey]) -> tuple[Download, ...]:
        """Take in a new reading of the queue; return downloads that are now known to be removed.

        `expected` are downloads that open alerts are about: they may have vanished while Discarr was off.
        """
        if instance.downloads is not self._last:
            self._compare(instance, expected)
        if has_client_trouble(instance):
            return ()
        removed: list[Download] = []
        for key, missing in list(self._missing.items()):
            if missing.looks >= _LATER_LOOKS and self._history_reads > missing.history_reads:
                del self._missing[key]
                self._endings[key] = Ending.REMOVED
                if missing.download is not None:
                    removed.append(missing.download)
            missing.looks += 1
        return tuple(removed)

    def _compare(self, instance: InstanceSnapshot, expected: Iterable[DownloadKey]) -> None:
        present = {download.key for download in instance.downloads}
        for download in self._last or ():
            # A pending release goes when it is grabbed, and the history tells of that.
            if download.key not in present and not download.is_pending:
                self._miss(download.key, download)
        for key in expected:
            if key not in present:
                self._miss(key, None)
        for known in (self._missing, self._endings):
            for key in [key for key in known if key in present]:
                del known[key]  # there again, or grabbed again
        self._last = instance.downloads

    def _miss(self, key: DownloadKey, download: Download | None) -> None:
        if key not in self._endings and key not in self._missing:
            self._missing[key] = _Missing(download=download, history_reads=self._history_reads)
