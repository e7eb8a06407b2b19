"""How a scenario goes on: what happens is written down and changes the library, whoever caused it."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from discarr.sandbox.arr_server.download_clients import DownloadClient
from discarr.sandbox.arr_server.files import file_with, path_of
from discarr.sandbox.arr_server.history_rows import (
    blocklist_row,
    failed_rows,
    grabbed_rows,
    imported_row,
    upgraded_row,
)
from discarr.sandbox.arr_server.library import media_ids
from discarr.sandbox.arr_server.occurrence import DownloadState, Event, EventKind, Occurrence
from discarr.sandbox.arr_server.plot import Plot
from discarr.sandbox.arr_server.records import Records
from discarr.sandbox.arr_server.scenario import Scenario, ScriptedDownload, Step
from discarr.sandbox.arr_server.shelf import stocked_shelf

_GAVE_UP = "Failed download detected"
_BY_HAND = "Manually marked as failed"
_PENDING = "Pending release manually blocklisted"


class Story:
    """One scenario under way. Times are scenario time; at `speed` 10 it passes ten times as fast."""

    def __init__(self, scenario: Scenario, *, speed: float) -> None:
        self.scenario = scenario
        self.kind = scenario.kind
        self.plot = Plot(scenario.downloads)
        self.shelf = stocked_shelf(scenario)
        self.records = Records()
        self.left_to_find = list(scenario.findable)
        """What a search can still find."""
        self.moved_paths: set[str] = set()
        """Where files lay that a person has imported, and lie no more."""
        self.speed = speed
        self._told_until_s = -math.inf

    def begin(self, at: datetime) -> None:
        """Learn when scenario time is 0."""
        self._began = at

    def scenario_time(self, at: datetime) -> float:
        """Return a moment as scenario time."""
        return (at - self._began).total_seconds() * self.speed

    def wall_time(self, moment_s: float) -> datetime:
        """Return a moment of scenario time as a time of the world."""
        return self._began + timedelta(seconds=moment_s / self.speed)

    def advance(self, now_s: float) -> None:
        """Tell everything that has happened by now."""
        since_s = self._told_until_s
        if now_s <= since_s:
            return
        self._told_until_s = now_s
        due = [
            event
            for occurrence in self.plot.occurrences(now_s, since_s)
            if occurrence.ends_at_s >= since_s
            for event in occurrence.events()
            if since_s < event.moment_s <= now_s
        ]
        for event in sorted(due, key=lambda event: event.moment_s):
            self._tell(event)

    def present(self, now_s: float) -> list[tuple[Occurrence, DownloadState]]:
        """Return what is in the queue, pending releases included."""
        looks = (
            (occurrence, occurrence.state_at(now_s)) for occurrence in self.plot.occurrences(now_s, now_s)
        )
        return [(occurrence, state) for occurrence, state in looks if state is not None]

    def find(self, download_id: str, now_s: float) -> tuple[Occurrence, DownloadState] | None:
        """Return the download in the queue that has an id."""
        for occurrence, state in self.present(now_s):
            if state.step is not Step.DELAYED and occurrence.download_id == download_id:
                return occurrence, state
        return None

    def start(self, occurrence: Occurrence, now_s: float) -> None:
        """Tell what has already happened to a download that was added or changed only now."""
        for event in occurrence.events():
            if event.moment_s <= now_s:
                self._tell(event)

    def search_again(self, occurrence: Occurrence, now_s: float, *, takes_s: float = 0.0) -> bool:
        """Grab what a search finds instead of a download; returns whether there is something."""
        following = self.plot.replace(occurrence, now_s + takes_s)
        if following is not None:
            self.start(following, now_s)
        return following is not None

    def fail_by_hand(self, occurrence: Occurrence, now_s: float) -> None:
        """Let a person declare that a download has failed: its release is blocklisted."""
        self._fail(occurrence, _BY_HAND, self.wall_time(now_s))

    def block_pending(self, script: ScriptedDownload, now_s: float) -> None:
        """Let a person keep a pending release away."""
        if media_ids(script.media):
            self.records.block(blocklist_row(self.kind, script, _PENDING, self.wall_time(now_s)))

    def client_of(self, occurrence: Occurrence) -> DownloadClient:
        """Return the client that a download is with."""
        return self.scenario.client_of(occurrence.script)

    def put_into_library(
        self,
        occurrence: Occurrence,
        ids: Mapping[str, int],
        at: datetime,
        *,
        dropped_path: str,
        size_bytes: int,
        **overrides: Any,
    ) -> None:
        """Import one file, instead of the one that the library has; `overrides` are what a person has set."""
        older = self.shelf.file_of(ids)
        if older is not None:
            self.records.write(upgraded_row(self.kind, ids, older, at))
        quality = overrides.get("quality", occurrence.script.quality.resource(self.kind))
        file = self.shelf.put(
            ids, name=dropped_path.rpartition("/")[2], size_bytes=size_bytes, quality=quality, at=at
        )
        row = imported_row(
            self.kind,
            occurrence,
            self.client_of(occurrence),
            file,
            at,
            ids=ids,
            dropped_path=dropped_path,
            **overrides,
        )
        self.records.write(row)

    def _tell(self, event: Event) -> None:
        occurrence, at = event.occurrence, self.wall_time(event.moment_s)
        if event.kind is EventKind.GRABBED:
            if occurrence.script.replaces is None:
                for ids in media_ids(occurrence.script.media):
                    # it is grabbed because it is missing: somebody has deleted what was imported before
                    self.shelf.drop(ids)
            self.records.write(*grabbed_rows(self.kind, occurrence, self.client_of(occurrence), at))
        elif event.kind is EventKind.FAILED:
            self._fail(occurrence, _message_of(occurrence), at)
        else:
            self._import(occurrence, event.part, at)

    def _fail(self, occurrence: Occurrence, message: str, at: datetime) -> None:
        script = occurrence.script
        if media_ids(script.media):
            self.records.write(*failed_rows(self.kind, occurrence, self.client_of(occurrence), message, at))
            self.records.block(blocklist_row(self.kind, script, message, at))

    def _import(self, occurrence: Occurrence, part: int, at: datetime) -> None:
        script = occurrence.script
        ids = media_ids(script.media)[part]
        file = file_with(script, ids)
        self.put_into_library(
            occurrence, ids, at, dropped_path=path_of(script, file), size_bytes=file.size_bytes
        )


def _message_of(occurrence: Occurrence) -> str:
    """Return what the client said when it gave a download up."""
    problems = [phase.problem for phase in occurrence.script.phases if phase.problem is not None]
    return (problems[-1].error_message if problems else None) or _GAVE_UP
