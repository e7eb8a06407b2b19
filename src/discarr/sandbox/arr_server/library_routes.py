"""The library's end points, and the look-up of titles that are not in it."""

import re

from aiohttp import web

from discarr.sandbox.arr_server.call import Call
from discarr.sandbox.arr_server.json_format import JsonObject, without_absent
from discarr.sandbox.arr_server.replies import error, json_reply, not_found

_NEVER = "0001-01-01T00:00:00Z"
_ID_TERM = re.compile(r"(tmdb|tvdb):\s*(\d+)", re.IGNORECASE)


async def get_library(call: Call) -> web.Response:
    """`GET /movie` and `GET /series`, whole or by the id of the metadata provider."""
    wanted = set(call.parameters.numbers(_provider_id(call)))
    return json_reply(
        [
            _in_full(call, item)
            for item in call.instance.source.media.values()
            if not wanted or item[_provider_id(call)] in wanted
        ]
    )


async def get_media(call: Call) -> web.Response:
    """`GET /movie/{id}` and `GET /series/{id}`."""
    item = call.instance.source.media.get(call.id)
    return not_found() if item is None else json_reply(_in_full(call, item))


async def get_episodes(call: Call) -> web.Response:
    """`GET /episode`: those of a series or of one season, or those with the given ids."""
    series, ids = call.parameters.numbers("seriesId"), set(call.parameters.numbers("episodeIds"))
    seasons = call.parameters.numbers("seasonNumber")
    if not series and not ids:
        return error(400, "BadRequest: seriesId or episodeIds must be provided")
    return json_reply(
        [
            episode
            for episode_id, episode in call.instance.source.episodes.items()
            if episode_id in ids
            or (episode["seriesId"] in series and (not seasons or episode["seasonNumber"] in seasons))
        ]
    )


async def get_episode(call: Call) -> web.Response:
    """`GET /episode/{id}`."""
    episode = call.instance.source.episodes.get(call.id)
    return not_found() if episode is None else json_reply(episode)


async def look_up(call: Call) -> web.Response:
    """`GET /movie/lookup` and `GET /series/lookup`: by words of the title, or by "tmdb:603", "tvdb:81189"."""
    term = call.parameters.text("term").strip()
    if not term:
        app = call.instance.app_name
        return error(503, f"Search for '{term}' failed. Unable to communicate with {app}API.")
    source = call.instance.source
    known = [_found(item) for item in source.media.values() if _matches(call, item, term)]
    others = [_found(_not_added(item)) for item in source.catalogue if _matches(call, item, term)]
    return json_reply(known + others)


def _provider_id(call: Call) -> str:
    return "tvdbId" if call.is_sonarr else "tmdbId"


def _matches(call: Call, item: JsonObject, term: str) -> bool:
    by_id = _ID_TERM.fullmatch(term)
    if by_id is not None:
        name, number = by_id.groups()
        return f"{name.lower()}Id" == _provider_id(call) and item[_provider_id(call)] == int(number)
    return all(word in item["title"].lower() for word in term.lower().split())


def _not_added(item: JsonObject) -> JsonObject:
    """Return a title as it looks while the library does not hold it: without an id."""
    left_out = ("id", "path", "rootFolderPath", "movieFileId", "languageProfileId")
    return {name: value for name, value in item.items() if name not in left_out} | {
        "qualityProfileId": 0,
        "monitored": False,
        "added": _NEVER,
    }


def _found(item: JsonObject) -> JsonObject:
    """Return a title with what only a look-up tells."""
    posters = (image["remoteUrl"] for image in item.get("images", ()) if image["coverType"] == "poster")
    return item | without_absent(
        remotePoster=next(posters, None), folder=f"{item['title']} ({item.get('year', 0)})"
    )


def _in_full(call: Call, item: JsonObject) -> JsonObject:
    """Return a title with the statistics that it has only here, not where it is embedded."""
    if not call.is_sonarr or "statistics" in item:
        return item
    episodes = [
        episode for episode in call.instance.source.episodes.values() if episode["seriesId"] == item["id"]
    ]
    seasons = [
        season
        | {"statistics": _statistics([it for it in episodes if it["seasonNumber"] == season["seasonNumber"]])}
        for season in item["seasons"]
    ]
    count = {"seasonCount": sum(season["seasonNumber"] > 0 for season in seasons)}
    return item | {"seasons": seasons, "statistics": count | _statistics(episodes)}


def _statistics(episodes: list[JsonObject]) -> JsonObject:
    """Count as the apps do: an episode counts if it is monitored or has a file."""
    files = sum(episode["hasFile"] for episode in episodes)
    counted = sum(episode["hasFile"] or episode["monitored"] for episode in episodes)
    return {
        "episodeFileCount": files,
        "episodeCount": counted,
        "totalEpisodeCount": len(episodes),
        "sizeOnDisk": 0,
        "releaseGroups": [],
        "percentOfEpisodes": 100 * files / counted if counted else 0,
    }
