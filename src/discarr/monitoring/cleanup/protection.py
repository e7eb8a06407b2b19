"""What clean-up never proposes, whatever speaks for it."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, Self

from discarr.core.cleanup_config import CleanupConfig
from discarr.core.models import Download, TrackedState
from discarr.monitoring.cleanup.rules import (
    has_all_data,
    has_failed,
    is_refused,
    is_understood,
    lacks_files,
)

_PROXY: Final = " (prowlarr)"
"""Prowlarr appends this to the names of the indexers that it hands on."""
_IMPORTING = frozenset({TrackedState.IMPORTING, TrackedState.IMPORTED})


class Protection(StrEnum):
    """Why a download is left alone."""

    IMPORTING = "importing"
    NOT_UNDERSTOOD = "not understood"
    """In a state, or described with words, that Discarr does not know."""
    WAITING_FOR_IMPORT = "waiting for import"
    TAG = "tag"
    """It has a tag that the settings name, or may have it."""
    INDEXER = "indexer"
    """It is from an indexer that the settings name, or may be."""
    YOUNG = "young"
    WANTED_ELSEWHERE = "wanted elsewhere"
    """Another instance has it in its library: both look at the same part of a download client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """What the settings protect."""

    tags: frozenset[str]
    indexers: frozenset[str]
    young: timedelta

    @classmethod
    def of(cls, settings: CleanupConfig) -> Self:
        """Return what the settings protect."""
        return cls(
            tags=settings.cleanup_keep_tags,
            indexers=frozenset(name.removesuffix(_PROXY) for name in settings.cleanup_keep_indexers),
            young=timedelta(hours=settings.cleanup_young_hours),
        )

    def named(self, download: Download) -> Protection | None:
        """Say whether tag or indexer protect a download; an unknown one may be one that does."""
        if self.tags and (download.tags is None or not self.tags.isdisjoint(download.tags)):
            return Protection.TAG
        if self.indexers and (
            download.indexer is None
            or download.indexer.strip().casefold().removesuffix(_PROXY) in self.indexers
        ):
            return Protection.INDEXER
        return None

    def is_young(self, age: timedelta) -> bool:
        """Whether a download is young; one from the future is."""
        return age < self.young or age < timedelta()


def protection_of(download: Download, keep: Keep) -> Protection | None:
    """Say what protects a download apart from its age; None when nothing does."""
    if download.tracked_state in _IMPORTING:
        return Protection.IMPORTING
    if not is_understood(download):
        return Protection.NOT_UNDERSTOOD
    is_in_trouble = is_refused(download) or has_failed(download) or lacks_files(download)
    if has_all_data(download) and not is_in_trouble:
        return Protection.WAITING_FOR_IMPORT
    return keep.named(download)
