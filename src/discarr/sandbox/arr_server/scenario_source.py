"""A scenario brought to life: scenario time becomes wall time, and people's actions are remembered."""

import math
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import override

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.json_format import JsonObject
from discarr.sandbox.arr_server.library import Movie, Series
from discarr.sandbox.arr_server.rows import history_rows, queue_rows
from discarr.sandbox.arr_server.scenario import Ending, Occurrence, Phase, Scenario, Step
from discarr.sandbox.arr_server.source import Removal, Source, by_id

_HISTORY_LIMIT = 2_000
_ENDINGS = {Ending.IMPORTED: "downloadFolderImported", Ending.FAILED: "downloadFailed"}


@dataclass(kw_only=True)
class ScenarioSource(Source):
    """The downloads of a scenario. At `speed` 10 they take a tenth of the time."""

    kind: InstanceKind = field(init=False)
    scenario: Scenario
    speed: float = 1.0

    def __post_init__(self) -> None:
        scenario = self.scenario
        self.kind = scenario.kind
        tag_ids = scenario.tag_ids
        media: list[Movie | Series] = list(scenario.media.values())
        self.media = by_id(item.resource(tag_ids) for item in media)
        self.episodes = by_id(
            episode for item in media if isinstance(item, Series) for episode in item.episodes()
        )
        self.tags = [{"label": label, "id": number} for label, number in tag_ids.items()]
        self.health = [
            {
                "source": line.source,
                "type": line.level,
                "message": line.message,
                "wikiUrl": f"https://wiki.servarr.com/{self.kind.value}/system",
            }
            for line in scenario.health
        ]
        self.disks = [
            {
                "path": volume.path,
                "label": volume.label,
                "freeSpace": volume.free_bytes,
                "totalSpace": volume.total_bytes,
            }
            for volume in scenario.volumes
        ]
        self.root_folders = [
            {
                "path": path,
                "accessible": True,
                "freeSpace": _free_bytes(scenario, path),
                "unmappedFolders": [],
                "id": number,
            }
            for number, path in enumerate(scenario.root_folders, start=1)
        ]
        self._occurrences: dict[int, Occurrence] = {}
        self._removed: set[Occurrence] = set()
        self._grabbed_early: dict[Occurrence, Occurrence] = {}
        self._past: deque[JsonObject] = deque(maxlen=_HISTORY_LIMIT)
        self._past_until_s = -math.inf
        self._past_count = 0

    @override
    def begin(self, at: datetime) -> None:
        self._began = at

    @override
    def rows(self, at: datetime) -> list[JsonObject]:
        now_s = self._scenario_time(at)
        rows: list[JsonObject] = []
        for scripted in self._scripted(now_s, since_s=now_s):
            occurrence = self._grabbed_early.get(scripted, scripted)
            state = None if scripted in self._removed else occurrence.state_at(now_s)
            if state is None:
                continue
            time_left = (
                None if state.time_left_s is None else timedelta(seconds=state.time_left_s / self.speed)
            )
            made = queue_rows(
                self.kind,
                occurrence,
                state,
                at=at,
                grabbed=self._wall_time(occurrence.grabbed_at_s),
                time_left=time_left,
            )
            self._occurrences.update((row["id"], scripted) for row in made)
            rows += made
        return rows

    @override
    def history(self, at: datetime) -> list[JsonObject]:
        now_s = self._scenario_time(at)
        since_s, self._past_until_s = self._past_until_s, max(now_s, self._past_until_s)
        events: list[tuple[float, str, Occurrence]] = []
        for scripted in self._scripted(now_s, since_s=since_s):
            occurrence = self._grabbed_early.get(scripted, scripted)
            events.append((occurrence.grabbed_at_s, "grabbed", occurrence))
            if scripted not in self._removed and occurrence.script.ending in _ENDINGS:
                events.append((occurrence.ends_at_s, _ENDINGS[occurrence.script.ending], occurrence))
        due = [event for event in events if since_s <= event[0] < now_s]
        for moment_s, event, occurrence in sorted(due, key=lambda item: item[0]):
            self._record(event, occurrence, self._wall_time(moment_s))
        return list(self._past)

    @override
    def remove(self, row: JsonObject, removal: Removal, at: datetime) -> None:
        occurrence = self._occurrences[row["id"]]
        is_unknown = occurrence.script.media is None
        if removal.is_ignore and is_unknown:
            # ignoring an item that matches nothing does not stick: it comes back at the next refresh
            return
        self.history(at)
        self._removed.add(occurrence)
        if removal.blocklist:
            self._record("downloadFailed", occurrence, at)
        elif removal.is_ignore:
            self._record("downloadIgnored", occurrence, at)

    @override
    def grab(self, row: JsonObject, at: datetime) -> None:
        occurrence = self._occurrences[row["id"]]
        waited_s = self._scenario_time(at) - occurrence.starts_at_s
        script = occurrence.script
        waited = Phase(step=Step.DELAYED, lasts_s=waited_s)
        phases = (waited, *(phase for phase in script.phases if phase.step is not Step.DELAYED))
        self._grabbed_early[occurrence] = replace(occurrence, script=replace(script, phases=phases))

    def _scripted(self, until_s: float, since_s: float) -> list[Occurrence]:
        return [
            occurrence
            for script in self.scenario.downloads
            for occurrence in script.occurrences(until_s, since_s)
        ]

    def _record(self, event: str, occurrence: Occurrence, at: datetime) -> None:
        for row in history_rows(self.kind, occurrence, event, at):
            self._past_count += 1
            self._past.append(row | {"id": self._past_count})

    def _scenario_time(self, at: datetime) -> float:
        return (at - self._began).total_seconds() * self.speed

    def _wall_time(self, moment_s: float) -> datetime:
        return self._began + timedelta(seconds=moment_s / self.speed)


def _free_bytes(scenario: Scenario, path: str) -> int | None:
    """Return the free room of the volume that a folder lies on: the one with the longest matching path."""
    volumes = [volume for volume in scenario.volumes if path.startswith(volume.path)]
    return max(volumes, key=lambda volume: len(volume.path)).free_bytes if volumes else None
