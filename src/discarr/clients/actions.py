"""Everything that changes an instance, and what has to be asked for just before or after it."""

from collections.abc import Sequence

import msgspec

from discarr.clients.commands import read_command
from discarr.clients.decode import decode_list
from discarr.clients.download_finder import DownloadFinder
from discarr.clients.library import read_episodes, read_title
from discarr.clients.manual_import import evaluated, import_command, import_question, read_candidates
from discarr.clients.searches import plan_searches
from discarr.clients.titles import TitleCache
from discarr.clients.transport import InstanceHttp, Params
from discarr.clients.values import is_id
from discarr.clients.wire_actions import EpisodeRow, ImportRow, LibraryRow, MoviesSearch
from discarr.core.actions import CommandStatus, ImportCandidate, LibraryEpisode, LibraryTitle, Removal
from discarr.core.clock import Clock
from discarr.core.config import InstanceConfig
from discarr.core.errors import BadAnswer, Crashed, NotComplete, Rejected
from discarr.core.models import Download, DownloadKey, InstanceKind

_CLIENT_S = 60.0
"""The app answers after its download client did."""
_METADATA_S = 60.0
"""The app answers after a server of its maker did."""
_MEDIA_INFO_S = 120.0
"""The app looks into every file before it answers."""
_MAX_TERM = 200

_NO_TITLE = "Choose the movie or series first."
_NO_EPISODES = "Discarr does not know which episodes this is: search in the app itself."
_NOT_READY = "Choose what each file is first: the movie, or the series and its episodes."


class QueueActions:
    """What people can do to one instance.

    Every method raises `MediaClientError` kinds only and is bounded in time. What changes something is sent
    once, whatever happens, and two at a time: where an error says `is_outcome_unknown`, look before trying
    again. What is read here is read anew, never shared with a request that is under way already: that one
    may be older than what was just done.
    """

    def __init__(
        self,
        config: InstanceConfig,
        http: InstanceHttp,
        *,
        titles: TitleCache,
        unknown_items: Params,
        clock: Clock,
    ) -> None:
        """`titles` is what the polled queue has learnt; it is read and never changed.

        `unknown_items` asks for downloads that the app could not match.
        """
        self._config = config
        self._http = http
        self._is_radarr = config.kind is InstanceKind.RADARR
        self._finder = DownloadFinder(config, http, titles=titles, unknown_items=unknown_items, clock=clock)

    async def remove(self, row_id: int, *, removal: Removal) -> None:
        """Remove the download that a queue row belongs to: of a pack, all of it.

        Raises:
            NotFound: it is gone already, which is as good.
        """
        flags = {
            "removeFromClient": removal.remove_from_client,
            "blocklist": removal.blocklist,
            "skipRedownload": removal.skip_redownload,
            "changeCategory": removal.change_category,
        }
        params = tuple((name, "true" if flag else "false") for name, flag in flags.items())
        await self._http.delete(f"/queue/{row_id}", params, deadline_s=_CLIENT_S)

    async def grab(self, row_id: int) -> None:
        """Send a pending release to the download client now.

        Raises:
            NotFound: it is not pending any more.
        """
        await self._http.post(f"/queue/grab/{row_id}", deadline_s=_CLIENT_S)

    async def find(self, key: DownloadKey, media_id: int | None) -> Download | None:
        """Read one download again; None when the app does not show it any more.

        That it is not shown proves little: after a restart, or without its download client, an app shows
        nothing (design decision 7).

        With `media_id` only the rows of that title are asked for, and only they are in `row_ids`. Before a
        download counts as gone, the whole queue follows: it may belong to another title by now, or to none.

        Raises:
            BadAnswer: it was not found, but there are rows that cannot be understood.
        """
        return await self._finder.find(key, media_id)

    async def search(self, download: Download) -> tuple[CommandStatus, ...]:
        """Search for what a download holds: its movie, its seasons where it covers them, else its episodes.

        Where that takes several commands, an error can come after some were sent. Sending them again is
        harmless: the app returns an equal command that has not ended instead of a new one.

        Raises:
            Rejected: Discarr does not know what it holds; nothing was sent.
        """
        media_id = download.media_id
        if not is_id(media_id):
            raise Rejected(self._config.id, "a search without a title", remedy=_NO_TITLE)
        if self._is_radarr:
            return (await self._command(MoviesSearch((media_id,))),)
        known: tuple[LibraryEpisode, ...] = ()
        if download.seasons:
            season = download.seasons[0] if len(download.seasons) == 1 else None
            known = await self.episodes(media_id, season)
        searches = plan_searches(download, media_id, known)
        if not searches:
            raise Rejected(self._config.id, "a search for unknown episodes", remedy=_NO_EPISODES)
        return tuple([await self._command(search) for search in searches])

    async def command(self, command_id: int) -> CommandStatus:
        """Return how far a command has got; the app remembers it for a day.

        Raises:
            NotFound: the app does not know it (any more).
        """
        body = await self._http.get(f"/command/{command_id}", deadline_s=self._config.timeout_s)
        return read_command(body, self._config.id)

    async def import_candidates(self, download_id: str) -> tuple[ImportCandidate, ...]:
        """Return the files of a download, and what the app takes them for.

        Empty when the app does not know the download (any more), does not see its folder, or finds no
        video in it: then an import is possible in the app itself at best (ruddarr/app#6).

        Raises:
            NotComplete: the app fails at it, as it does while the download is not complete.
            BadAnswer: also when there are files, but none that can be understood.
        """
        # The apps hide files they have already, and those are just what a person wants to see refused.
        params = (("downloadId", download_id), ("filterExistingFiles", "false"))
        try:
            body = await self._http.get("/manualimport", params, deadline_s=_MEDIA_INFO_S)
        except Crashed as exc:
            raise NotComplete(self._config.id, exc.detail) from exc
        candidates = read_candidates(decode_list(body, ImportRow, self._config.id), self._config.kind)
        if not candidates and decode_list(body, object, self._config.id):
            raise BadAnswer(self._config.id, "no file that could be understood")
        return candidates

    async def evaluate_import(self, candidates: Sequence[ImportCandidate]) -> tuple[ImportCandidate, ...]:
        """Ask the app to judge files anew, as they are assigned now; nothing is imported.

        Raises:
            Rejected: a file has no movie or series; nothing was sent.
            NotFound: the app does not know such a movie or series.
        """
        if any(candidate.media is None for candidate in candidates):
            raise Rejected(self._config.id, "a file without a title", remedy=_NO_TITLE)
        if not candidates:
            return ()  # the apps refuse an empty list
        body = await self._http.ask("/manualimport", import_question(candidates), deadline_s=_MEDIA_INFO_S)
        return evaluated(candidates, decode_list(body, ImportRow, self._config.id), self._config.id)

    async def import_files(self, candidates: Sequence[ImportCandidate]) -> CommandStatus:
        """Import files, whatever speaks against it; the returned command goes on after this.

        It may end as failed although the files arrived (Sonarr#8649): history knows.

        Raises:
            Rejected: there is none, or one that is not `is_ready`; nothing was sent.
        """
        if not candidates or not all(candidate.is_ready for candidate in candidates):
            raise Rejected(self._config.id, "files that are not ready", remedy=_NOT_READY)
        return await self._post_command(import_command(candidates))

    async def lookup(self, term: str) -> tuple[LibraryTitle, ...]:
        """Return the titles of the library that a search by name finds, best first."""
        term = " ".join(term.split())[:_MAX_TERM]
        if not term:
            return ()  # the apps answer 503
        path = "/movie/lookup" if self._is_radarr else "/series/lookup"
        body = await self._http.get(path, (("term", term),), deadline_s=_METADATA_S)
        titles = [read_title(row) for row in decode_list(body, LibraryRow, self._config.id)]
        return tuple(title for title in titles if title is not None)

    async def episodes(self, series_id: int, season: int | None = None) -> tuple[LibraryEpisode, ...]:
        """Return the episodes of a season, or of all, in order and with those to come (Sonarr only)."""
        params: Params = (("seriesId", str(series_id)),)
        if season is not None:
            params = (*params, ("seasonNumber", str(season)))
        body = await self._http.get("/episode", params, deadline_s=self._config.timeout_s)
        episodes = read_episodes(decode_list(body, EpisodeRow, self._config.id))
        return tuple(item for item in episodes if season is None or item.number.season == season)

    async def _command(self, command: msgspec.Struct) -> CommandStatus:
        return await self._post_command(msgspec.json.encode(command))

    async def _post_command(self, body: bytes) -> CommandStatus:
        """Queue a command; an equal one that has not ended is returned instead of a new one."""
        answer = await self._http.post("/command", body, deadline_s=self._config.timeout_s)
        try:
            return read_command(answer, self._config.id)
        except BadAnswer as exc:
            exc.is_outcome_unknown = True
            raise
