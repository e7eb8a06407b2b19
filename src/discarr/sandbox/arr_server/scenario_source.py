"""A scenario brought to life: scenario time becomes wall time, and people's actions have their effects."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import override

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.commands import DONE, MANUAL_IMPORT, Outcome
from discarr.sandbox.arr_server.json_format import JsonObject
from discarr.sandbox.arr_server.manual_import import import_by_hand, offered_files, reconsidered_file
from discarr.sandbox.arr_server.occurrence import DownloadState, Occurrence
from discarr.sandbox.arr_server.quality_profiles import usual_profiles
from discarr.sandbox.arr_server.removals import pending_releases, remove_download
from discarr.sandbox.arr_server.rows import queue_rows
from discarr.sandbox.arr_server.scenario import Scenario, Step
from discarr.sandbox.arr_server.searches import search
from discarr.sandbox.arr_server.source import Removal, Source
from discarr.sandbox.arr_server.story import Story


@dataclass(kw_only=True)
class ScenarioSource(Source):
    """The downloads of a scenario. At `speed` 10 they take a tenth of the time."""

    kind: InstanceKind = field(init=False)
    scenario: Scenario
    speed: float = 1.0

    def __post_init__(self) -> None:
        scenario = self.scenario
        self.kind = scenario.kind
        self._story = Story(scenario, speed=self.speed)
        self.media = self._story.shelf.media
        self.episodes = self._story.shelf.episodes
        self.catalogue = [replace(item, tags=()).resource({}) for item in scenario.catalogue]
        self.profiles = usual_profiles(self.kind)
        self.tags = [{"label": label, "id": number} for label, number in scenario.tag_ids.items()]

    @override
    def begin(self, at: datetime) -> None:
        self._story.begin(at)

    @override
    def advance(self, at: datetime) -> None:
        self._story.advance(self._story.scenario_time(at))

    @override
    def rows(self, at: datetime) -> list[JsonObject]:
        now_s = self._story.scenario_time(at)
        return [
            row
            for occurrence, state in self._story.present(now_s)
            if not self._is_out_of_sight(occurrence, state, now_s)
            for row in self._rows_of(occurrence, state, at)
        ]

    @override
    def history(self, at: datetime) -> list[JsonObject]:
        self.advance(at)
        return list(self._story.records.history)

    @override
    def remove(self, row: JsonObject, removal: Removal, at: datetime) -> None:
        self.advance(at)
        remove_download(self._story, row, removal, self._story.scenario_time(at))

    @override
    def grab(self, row: JsonObject, at: datetime) -> None:
        self.advance(at)
        now_s = self._story.scenario_time(at)
        for occurrence in pending_releases(self._story, row, now_s):
            grabbed = occurrence.grabbed_now(now_s)
            self._story.plot.change(grabbed)
            self._story.start(grabbed, now_s)

    @override
    def run(self, name: str, body: JsonObject, at: datetime) -> Outcome:
        self.advance(at)
        now_s = self._story.scenario_time(at)
        if name == MANUAL_IMPORT:
            return import_by_hand(self._story, body, now_s)
        if name.endswith("Search"):
            return search(self._story, name, body, now_s)
        if name == "ClearBlocklist":
            self.unblock([row["id"] for row in self.blocklist()])
        return DONE

    @override
    def importable(self, download_id: str, at: datetime) -> list[JsonObject]:
        return offered_files(self._story, download_id, self._story.scenario_time(at))

    @override
    def reconsidered(self, file: JsonObject, at: datetime) -> JsonObject:
        return reconsidered_file(self._story, file, self._story.scenario_time(at))

    @override
    def blocklist(self) -> list[JsonObject]:
        return self._story.records.blocklist

    @override
    def unblock(self, ids: Collection[int]) -> None:
        self._story.records.unblock(ids)

    def restore(self, moment: datetime, at: datetime) -> None:
        """Let the app go back to the backup of a moment: what was written since is lost, ids start again."""
        self.advance(at)
        self._story.records.restore(moment)

    @override
    def health_at(self, at: datetime) -> list[JsonObject]:
        now_s = self._story.scenario_time(at)
        scripted = [
            {
                "source": line.source,
                "type": line.level,
                "message": line.message,
                "wikiUrl": f"https://wiki.servarr.com/{self.kind.value}/system",
            }
            for line in self.scenario.health
            if line.window.is_open(now_s)
        ]
        return scripted + self.health

    @override
    def disks_at(self, at: datetime) -> list[JsonObject]:
        now_s = self._story.scenario_time(at)
        return [
            {
                "path": volume.path,
                "label": volume.label,
                "freeSpace": volume.free_bytes_at(now_s),
                "totalSpace": volume.total_bytes,
            }
            for volume in self.scenario.volumes
        ]

    @override
    def root_folders_at(self, at: datetime) -> list[JsonObject]:
        now_s = self._story.scenario_time(at)
        return [
            {
                "path": path,
                "accessible": True,
                "freeSpace": _free_bytes(self.scenario, path, now_s),
                "unmappedFolders": [],
                "id": number,
            }
            for number, path in enumerate(self.scenario.root_folders, start=1)
        ]

    @override
    def version_at(self, at: datetime) -> str | None:
        now_s = self._story.scenario_time(at)
        return next((name for since_s, name in reversed(self.scenario.versions) if since_s <= now_s), None)

    def _rows_of(self, occurrence: Occurrence, state: DownloadState, at: datetime) -> list[JsonObject]:
        story = self._story
        left_s = state.time_left_s
        return queue_rows(
            self.kind,
            occurrence,
            state,
            client=story.client_of(occurrence),
            at=at,
            grabbed=None if state.step is Step.DELAYED else story.wall_time(occurrence.grabbed_at_s),
            time_left=None if left_s is None else timedelta(seconds=left_s / self.speed),
            arrived=occurrence.arrived_at(story.scenario_time(at)),
        )

    def _is_out_of_sight(self, occurrence: Occurrence, state: DownloadState, now_s: float) -> bool:
        client = self._story.client_of(occurrence)
        return self._story.plot.is_hidden(occurrence, now_s) or (
            state.step is not Step.DELAYED and client.away.is_open(now_s)
        )


def _free_bytes(scenario: Scenario, path: str, now_s: float) -> int | None:
    """Return the free room of the volume that a folder lies on: the one with the longest matching path."""
    volumes = [volume for volume in scenario.volumes if path.startswith(volume.path)]
    return max(volumes, key=lambda volume: len(volume.path)).free_bytes_at(now_s) if volumes else None
