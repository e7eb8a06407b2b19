"""Which downloads there are: those of the scenario, and what people have made of them."""

from collections.abc import Iterable, Iterator

from discarr.sandbox.arr_server.occurrence import Occurrence, occurrences
from discarr.sandbox.arr_server.scenario import SEARCH_S, Ending, ScriptedDownload

type _Identity = tuple[object, ...]


class Plot:
    """The downloads of a scenario over time."""

    def __init__(self, scripts: Iterable[ScriptedDownload]) -> None:
        self._scripts = tuple(scripts)
        self._changed: dict[_Identity, Occurrence] = {}
        self._added: list[Occurrence] = []
        self._hidden_until_s: dict[_Identity, float] = {}
        self._replaced: set[_Identity] = set()

    def occurrences(self, until_s: float, since_s: float) -> Iterator[Occurrence]:
        """Yield what is or was in the queue between two moments, and what has ended not long before."""
        for script in self._scripts:
            for scripted in occurrences(script, until_s, since_s):
                yield from self._with_followers(scripted, until_s)
        for added in self._added:
            yield from self._with_followers(added, until_s)

    def change(self, occurrence: Occurrence) -> None:
        """Go on with another version of a download."""
        self._changed[occurrence.identity] = occurrence

    def add(self, occurrence: Occurrence) -> None:
        """Go on with one more download."""
        self._added.append(occurrence)

    def replace(self, occurrence: Occurrence, moment_s: float) -> Occurrence | None:
        """Add what a search finds instead of a download, once; returns it, or None if there is nothing."""
        following = occurrence.replaced_at(moment_s)
        if following is None or occurrence.identity in self._replaced:
            return None
        self._replaced.add(occurrence.identity)
        self.add(following)
        return following

    def hide(self, occurrence: Occurrence, moment_s: float) -> None:
        """Show no row of a download until the queue is refreshed after a moment."""
        self._hidden_until_s[occurrence.identity] = moment_s

    def is_hidden(self, occurrence: Occurrence, moment_s: float) -> bool:
        """Whether a queue that is refreshed at a moment lacks the download."""
        return moment_s <= self._hidden_until_s.get(occurrence.identity, float("-inf"))

    def _with_followers(self, scripted: Occurrence, until_s: float) -> Iterator[Occurrence]:
        """Yield a download, what the app grabs by itself after its failure, and so on."""
        current = self._changed.get(scripted.identity, scripted)
        yield current
        if current.script.ending is Ending.FAILED and current.ends_at_s <= until_s:
            following = current.replaced_at(current.ends_at_s + SEARCH_S)
            if following is not None:
                yield from self._with_followers(following, until_s)
