"""Searches that people start: what they find is scripted."""

from collections.abc import Callable

from discarr.sandbox.arr_server.commands import Outcome
from discarr.sandbox.arr_server.json_format import JsonObject
from discarr.sandbox.arr_server.library import media_ids
from discarr.sandbox.arr_server.occurrence import Occurrence
from discarr.sandbox.arr_server.scenario import Ending, ScriptedDownload
from discarr.sandbox.arr_server.story import Story

type _Wanted = Callable[[JsonObject], bool]


def search(story: Story, name: str, body: JsonObject, now_s: float) -> Outcome:
    """Do the work of a search command: grab what is scripted to be found for the titles it names."""
    for movie_id in body.get("movieIds") or ():
        if movie_id not in story.shelf.media:
            message = f"Movie with ID {movie_id} does not exist"
            return Outcome(message=message, exception=f"ModelNotFoundException: {message}")
    is_wanted = _wanted(story, name, body)
    found = [
        story.search_again(occurrence, now_s)
        for occurrence in list(story.plot.occurrences(now_s, now_s))
        if _is_gone(occurrence, now_s)
        and occurrence.script.replacement is not None
        and _fits(story, occurrence.script.replacement, is_wanted, now_s)
    ]
    found += [
        _grab(story, script, now_s)
        for script in list(story.left_to_find)
        if _fits(story, script, is_wanted, now_s)
    ]
    kind = name.removesuffix("Search").removesuffix("s")
    return Outcome(message=f"{kind} search completed. {sum(found)} reports downloaded.")


def _wanted(story: Story, name: str, body: JsonObject) -> _Wanted:
    def is_of_series(ids: JsonObject) -> bool:
        return body.get("seriesId") in (None, ids.get("seriesId"))

    match name:
        case "MoviesSearch":
            return lambda ids: ids.get("movieId") in (body.get("movieIds") or ())
        case "EpisodeSearch":
            return lambda ids: ids.get("episodeId") in (body.get("episodeIds") or ())
        case "SeasonSearch":
            return lambda ids: is_of_series(ids) and ids.get("seasonNumber") == body.get("seasonNumber")
        case "SeriesSearch":
            return is_of_series
        case "CutoffUnmetMoviesSearch" | "CutoffUnmetEpisodeSearch":
            return lambda ids: is_of_series(ids) and story.shelf.file_of(ids) is not None
        case _:
            return lambda ids: is_of_series(ids) and story.shelf.file_of(ids) is None


def _fits(story: Story, script: ScriptedDownload, is_wanted: _Wanted, now_s: float) -> bool:
    """Whether a release is for what is searched, and better than what is in the queue already."""
    parts = media_ids(script.media)
    if not parts or not all(map(is_wanted, parts)):
        return False
    return not any(
        part in parts
        for occurrence, _ in story.present(now_s)
        if occurrence.script.quality.resolution >= script.quality.resolution
        for part in media_ids(occurrence.script.media)
    )


def _is_gone(occurrence: Occurrence, now_s: float) -> bool:
    """Whether a download has left the queue without a file and without a search of the app's own."""
    return occurrence.script.ending is Ending.VANISHED and occurrence.ends_at_s <= now_s


def _grab(story: Story, script: ScriptedDownload, now_s: float) -> bool:
    story.left_to_find.remove(script)
    occurrence = Occurrence(script=script, cycle=0, moved_s=now_s)
    story.plot.add(occurrence)
    story.start(occurrence, now_s)
    return True
