"""A Radarr or Sonarr at the wire whose queue a test changes as it likes, and whose answers it can take."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from discarr.core.models import InstanceKind
from tests.clients.fake_app import json_response, make_episode_row, make_row

_EVENTS = {
    "grabbed": 1,
    "downloadFolderImported": 3,
    "downloadFailed": 4,
}
_IGNORED = {InstanceKind.RADARR: 9, InstanceKind.SONARR: 7}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grab:
    """One release in the queue. The same release that is grabbed again is another one of these."""

    name: str
    """Its download id too, and so what its rows are numbered by."""
    release: str
    number: int
    """Different for each that ever was."""
    media_id: int | None = 1
    episodes: tuple[int, ...] = ()
    """Episode numbers of a pack; empty for a movie."""
    is_pending: bool = False
    added: str | None = "2026-01-02T20:00:00Z"
    fields: dict[str, Any] = field(default_factory=dict)
    """Whatever else its rows say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """Something that was taken off the queue because it was asked for."""

    grab: Grab
    flags: dict[str, str]


type Trouble = Callable[[httpx.Request], httpx.Response | None]


class QueueApp:
    """Answers as the apps do; `before` and `after` stand at the places where things go wrong."""

    def __init__(self, kind: InstanceKind = InstanceKind.RADARR) -> None:
        self.kind = kind
        self.grabs: dict[str, Grab] = {}
        self.history: list[dict[str, Any]] = []
        self.deletions: list[Deletion] = []
        self.grabbed: list[Grab] = []
        self.commands: dict[int, list[dict[str, Any]]] = {}
        """What a command says of itself, each time it is asked; the last is said for ever."""
        self.next_command: list[dict[str, Any]] = [{"status": "completed", "result": "successful"}]
        self.writes: list[str] = []
        """Method and path of everything that arrived and would change something, but for refreshes."""
        self.bodies: list[Any] = []
        self.only_pretends = False
        """Whether the download client keeps what it is told to remove; see `look`."""
        self.version = "5.28.0.10274" if kind is InstanceKind.RADARR else "4.0.16.2944"
        self.before: Trouble = lambda request: None
        self.after: Trouble = lambda request: None
        self.numbers: Callable[[Grab, int], int] = _row_number
        self._pretended: dict[str, Grab] = {}
        self._count = 0

    def add(self, name: str = "A", **overrides: Any) -> Grab:
        """Put a release into the queue, grabbed just now."""
        self._count += 1
        known = set(Grab.__dataclass_fields__)
        own = {key: value for key, value in overrides.items() if key in known}
        fields = {key: value for key, value in overrides.items() if key not in known}
        values: dict[str, Any] = {"release": f"Release.{name}", "number": self._count, "fields": fields}
        grab = Grab(name=name, **(values | own))
        self.grabs[name] = grab
        return grab

    def change(self, name: str, **fields: Any) -> None:
        """Change what the rows of a release say, as long as it is there."""
        grab = self.grabs.get(name)
        if grab is not None:
            self.grabs[name] = replace(grab, fields=grab.fields | fields)

    def record(self, event: str, grab: Grab, **overrides: Any) -> None:
        """Add lines to the history: one for a movie, one for each episode."""
        for number in grab.episodes or (None,):
            row: dict[str, Any] = {
                "id": len(self.history) + 1,
                "sourceTitle": grab.release,
                "downloadId": grab.name,
                "eventType": event,
                "date": f"2026-01-02T20:{len(self.history) % 60:02}:00Z",
            } | overrides
            key = "movieId" if self.kind is InstanceKind.RADARR else "seriesId"
            row[key] = grab.media_id
            if number is not None:
                row["episodeId"] = number
            self.history.append(row)

    def look(self) -> None:
        """Ask the download client: what it only pretended to remove is back."""
        self.grabs |= self._pretended
        self._pretended = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = self.before(request)
        if answer is not None:
            return answer
        answer = self._answer(request)
        return self.after(request) or answer

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the queue."""
        return [row for grab in self.grabs.values() for row in self._rows_of(grab)]

    def _rows_of(self, grab: Grab) -> list[dict[str, Any]]:
        fields: dict[str, Any] = {"title": grab.release, "added": grab.added, "downloadId": grab.name}
        if grab.is_pending:
            fields |= {
                "downloadId": None,
                "status": "delay",
                "trackedDownloadStatus": None,
                "trackedDownloadState": None,
            }
        if self.kind is InstanceKind.RADARR:
            return [make_row(self.numbers(grab, 0), **({"movieId": grab.media_id} | fields | grab.fields))]
        return [
            make_episode_row(
                self.numbers(grab, episode),
                **({"seriesId": grab.media_id, "episodeId": 100 + episode} | fields | grab.fields),
            )
            for episode in grab.episodes or (1,)
        ]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.partition("/api/v3")[2]
        params = request.url.params
        is_refresh = b"RefreshMonitoredDownloads" in request.content
        if request.method != "GET" and not is_refresh:
            self.writes.append(f"{request.method} {path}")
        match request.method, path.strip("/").split("/"):
            case "GET", ["system", "status"]:
                name = self.kind.value.capitalize()
                return _json({"appName": name, "version": self.version, "startTime": "2026-01-01T00:00:00Z"})
            case "GET", ["queue"]:
                return _json(self._page(params))
            case "GET", ["queue", "details"]:
                key = "movieId" if self.kind is InstanceKind.RADARR else "seriesId"
                return _json([row for row in self.rows() if str(row.get(key)) == params.get(key)])
            case "GET", ["history"]:
                return _json(self._history(params))
            case "DELETE", ["queue", number]:
                return self._delete(int(number), dict(params))
            case "POST", ["queue", "grab", number]:
                return self._grab(int(number))
            case "POST", ["command"]:
                if is_refresh:
                    return json_response(201, {"id": 999, "name": "RefreshMonitoredDownloads"})
                self.bodies.append(json.loads(request.content))
                command_id = len(self.commands) + 1
                self.commands[command_id] = list(self.next_command)
                return json_response(201, {"id": command_id, "name": "X", "status": "queued"})
            case "GET", ["command", number]:
                return self._command(int(number))
            case "GET", ["episode"]:
                return _json(
                    [
                        {"id": 100 + n, "seasonNumber": 1, "episodeNumber": n, "title": "T"}
                        for n in range(1, 9)
                    ]
                )
            case "GET", ["movie" | "series", number]:
                return _json({"id": int(number), "title": f"Title {number}", "year": 2020})
            case _:
                return json_response(404, {"message": "NotFound"})

    def _page(self, params: httpx.QueryParams) -> dict[str, Any]:
        rows = sorted(self.rows(), key=lambda row: str(row["title"]))
        return {"page": 1, "pageSize": 1000, "totalRecords": len(rows), "records": rows}

    def _history(self, params: httpx.QueryParams) -> dict[str, Any]:
        numbers = _EVENTS | {"downloadIgnored": _IGNORED[self.kind]}
        rows = [
            row
            for row in reversed(self.history)
            if params.get("downloadId") in (None, row["downloadId"])
            and params.get("eventType") in (None, str(numbers[row["eventType"]]))
        ][: int(params["pageSize"])]
        return {"page": 1, "pageSize": len(rows), "totalRecords": len(rows), "records": rows}

    def _find(self, number: int) -> Grab | None:
        return next(
            (grab for grab in self.grabs.values() if any(row["id"] == number for row in self._rows_of(grab))),
            None,
        )

    def _delete(self, number: int, flags: dict[str, str]) -> httpx.Response:
        grab = self._find(number)
        if grab is None:
            return json_response(404, {"message": "NotFound"})
        gone = [grab]
        if grab.is_pending:  # every release that is held back for the same title goes
            gone = [
                item for item in self.grabs.values() if item.is_pending and item.media_id == grab.media_id
            ]
        for item in gone:
            del self.grabs[item.name]
            self.deletions.append(Deletion(grab=item, flags=flags))
            if self.only_pretends:
                self._pretended[item.name] = item
        if flags["blocklist"] == "true" and grab.added and not grab.is_pending:
            self.record("downloadFailed", grab)
        return httpx.Response(200)

    def _grab(self, number: int) -> httpx.Response:
        grab = self._find(number)
        if grab is None or not grab.is_pending:
            return json_response(404, {"message": "NotFound"})
        del self.grabs[grab.name]
        self.grabbed.append(grab)
        self.record("grabbed", grab)
        return _json({})

    def _command(self, number: int) -> httpx.Response:
        says = self.commands.get(number)
        if says is None:
            return json_response(404, {"message": "NotFound"})
        said = says.pop(0) if len(says) > 1 else says[0]
        return _json({"id": number, "name": "X"} | said)


class HeldApp(QueueApp):
    """Carries out what arrives and keeps its answers to what deletes."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = asyncio.Event()
        self.now = self.most = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:  # type: ignore[override]
        answer = super().__call__(request)
        if request.method == "DELETE":
            self.now += 1
            self.most = max(self.most, self.now)
            await self.answers.wait()
            self.now -= 1
        return answer


class Deletes:
    """Counts what asks to delete, and puts something in its way."""

    def __init__(self, trouble: Any) -> None:
        self.count = 0
        self._trouble = trouble

    def __call__(self, request: httpx.Request) -> httpx.Response | None:
        if request.method != "DELETE":
            return None
        self.count += 1
        return self._trouble(request)  # type: ignore[no-any-return]


def crash(request: httpx.Request) -> httpx.Response | None:
    return json_response(500, {"message": "database is locked"})


def drop(request: httpx.Request) -> httpx.Response | None:
    """Lose the connection."""
    raise httpx.ReadError("lost", request=request)


def refuse_connections(request: httpx.Request) -> httpx.Response | None:
    """Be switched off."""
    raise httpx.ConnectError("refused", request=request)


def _row_number(grab: Grab, episode: int) -> int:
    """As the apps do it: made of the download id and the episode, so the same when grabbed again."""
    return 1000 * (1 + sum(map(ord, grab.name))) + episode


def _json(value: Any) -> httpx.Response:
    return json_response(200, value)
