"""The parameters of `GET /queue`, and the apps' way of sorting and paging."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from discarr.core.models import InstanceKind
from discarr.sandbox.arr_server.json_format import JsonObject, parse_span
from discarr.sandbox.arr_server.parameters import Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueQuery:
    """What a request for the queue asks for; also the key under which prepared answers are kept."""

    page: int = 1
    page_size: int = 10
    sort_key: str = "timeleft"
    is_descending: bool = True
    has_unknown: bool = False
    has_media: bool = False
    """Embed the movie or series."""
    has_episode: bool = False
    media_ids: frozenset[int] = frozenset()
    statuses: frozenset[str] = frozenset()
    quality_ids: frozenset[int] = frozenset()
    protocol: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of the queue."""

    number: int
    """May differ from the page asked for."""
    total: int
    rows: list[JsonObject]

    def resource(self, query: QueueQuery, records: list[JsonObject]) -> JsonObject:
        """Return the answer that holds the page; `records` are its rows with what was to be embedded."""
        return {
            "page": self.number,
            "pageSize": query.page_size,
            "sortKey": query.sort_key,
            "sortDirection": "descending" if query.is_descending else "ascending",
            "totalRecords": self.total,
            "records": records,
        }


def read_queue_query(kind: InstanceKind, parameters: Parameters) -> QueueQuery:
    """Read a request; an unknown sort key falls back silently, anything malformed raises BadParameter."""
    is_sonarr = kind is InstanceKind.SONARR
    media = "Series" if is_sonarr else "Movie"
    known = {key.lower(): key for key in (*_SORT_VALUES, *(_SONARR_KEYS if is_sonarr else _RADARR_KEYS))}
    direction = parameters.word("sortDirection", {"default", "ascending", "descending"}, default="descending")
    return QueueQuery(
        page=parameters.number("page", 1),
        page_size=parameters.number("pageSize", 10),
        sort_key=known.get(parameters.text("sortKey", "timeleft").lower(), "timeleft"),
        is_descending=direction == "descending",
        has_unknown=parameters.flag(f"includeUnknown{media}Items"),
        has_media=parameters.flag(f"include{media}"),
        has_episode=is_sonarr and parameters.flag("includeEpisode"),
        media_ids=frozenset(parameters.numbers(f"{media.lower()}Ids")),
        statuses=frozenset(word.lower() for word in parameters.texts("status")),
        quality_ids=frozenset(parameters.numbers("quality")),
        protocol=parameters.word("protocol", {"usenet", "torrent", "unknown"}, default="") or None,
    )


def select(
    kind: InstanceKind, rows: list[JsonObject], query: QueueQuery, media: Mapping[int, JsonObject]
) -> Page:
    """Return the page the apps would answer with.

    A page past the end becomes an earlier one, by integer division.

    Raises:
        ZeroDivisionError: page size 0 on a page past the first, as in the apps.
        TypeError: sorting two or more rows by `episode`, as in the apps.
    """
    media_key = f"{_media_name(kind)}Id"
    wanted = [row for row in rows if _is_wanted(row, query, media_key)]
    if query.sort_key == "episode" and len(wanted) > 1:
        raise TypeError("At least one object must implement IComparable.")
    value_of = _sort_value(kind, query.sort_key, media)
    wanted.sort(key=_progress, reverse=True)
    wanted.sort(key=lambda row: _nulls_last(value_of(row)), reverse=query.is_descending)
    return turn_page(wanted, query)


def turn_page(rows: list[JsonObject], query: QueueQuery) -> Page:
    """Return the page of a list; see `select` for its quirks."""
    number = query.page
    found = _slice(rows, number, query.page_size)
    if not found and number > 1:
        number = max(len(rows) // query.page_size, 1)
        found = _slice(rows, number, query.page_size)
    return Page(number=number, total=len(rows), rows=found)


def is_known(row: JsonObject) -> bool:
    """Whether the app has matched a row to its library."""
    return "movieId" in row or "seriesId" in row


def _slice(rows: list[JsonObject], number: int, size: int) -> list[JsonObject]:
    start = max(size, 0) * max(number - 1, 0)
    return rows[start : start + max(size, 0)]


def _is_wanted(row: JsonObject, query: QueueQuery, media_key: str) -> bool:
    return (
        (query.has_unknown or is_known(row))
        and (not query.media_ids or row.get(media_key) in query.media_ids)
        and (not query.statuses or row["status"].lower() in query.statuses)
        and (not query.quality_ids or row["quality"]["quality"]["id"] in query.quality_ids)
        and (query.protocol is None or row["protocol"] == query.protocol)
    )


def _media_name(kind: InstanceKind) -> str:
    return "series" if kind is InstanceKind.SONARR else "movie"


def _progress(row: JsonObject) -> float:
    size = row["size"]
    return 1 - row["sizeleft"] / size if size else 0.0


def _nulls_last(value: Any) -> tuple[bool, Any]:
    return (value is None, 0 if value is None else value)


def _time_left(row: JsonObject) -> float | None:
    return parse_span(row["timeleft"]).total_seconds() if "timeleft" in row else None


_SORT_VALUES: dict[str, Callable[[JsonObject], Any]] = {
    "added": lambda row: row.get("added"),
    "downloadClient": lambda row: row.get("downloadClient", ""),
    "estimatedCompletionTime": lambda row: row.get("estimatedCompletionTime"),
    "indexer": lambda row: row.get("indexer", ""),
    "languages": lambda row: [language["id"] for language in row["languages"]],
    "progress": _progress,
    "protocol": lambda row: row["protocol"],
    "quality": lambda row: row["quality"]["quality"]["id"],
    "size": lambda row: row["size"],
    "status": lambda row: row["status"],
    "timeleft": _time_left,
    "title": lambda row: row["title"].lower(),
}
_RADARR_KEYS = ("movies.sortTitle", "year")
_SONARR_KEYS = ("episode", "episodes.airDateUtc", "episodes.title", "language", "series.sortTitle")


def _sort_value(kind: InstanceKind, key: str, media: Mapping[int, JsonObject]) -> Callable[[JsonObject], Any]:
    if key in _SORT_VALUES:
        return _SORT_VALUES[key]
    if key == "language":
        return _SORT_VALUES["languages"]
    if key.startswith("episode"):
        return lambda row: row.get("episodeId")
    field = "year" if key == "year" else "sortTitle"
    return lambda row: media.get(row.get(f"{_media_name(kind)}Id", 0), {}).get(field)
