"""What is known about movies, series and episodes, so that the queue can be asked for without them.

Half of the cost of a poll would be the embedded movie or series (design decision 2).
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from msgspec import Struct

from discarr.clients.artwork import poster_url
from discarr.clients.values import clip
from discarr.clients.wire import Episode, Media
from discarr.core.clock import Clock
from discarr.core.models import EpisodeNumber

FRESH_S = 24 * 3600.0
"""How long a title is believed before it is asked for again."""
FRESH_TAGS_S = 300.0
"""The same where tags decide what people may see: one added after the grab must not take a day to count."""
GONE_S = 3600.0
"""How long nothing is asked about a title that cannot be had."""
TROUBLE_S = 60.0
"""How long after a failure nothing more is asked."""
MAX_TITLE = 300
MAX_FOLDER = 1000
"""A longer path is none: cut, it would be another's."""


class MediaTitle(Struct, frozen=True, kw_only=True, gc=False):
    """A movie or series."""

    title: str
    year: int | None
    tag_ids: tuple[int, ...] | None
    """None when the app did not say."""
    poster_url: str | None = None
    """As in `Download.poster_url`."""
    root_folder: str | None = None
    """As in `Download.root_folder`."""


class Known[Value]:
    """Values by the app's id, each with a time before which it is not asked for (again)."""

    def __init__(self, clock: Clock, *, fresh_s: float = FRESH_S) -> None:
        self.version = 0
        """Grows whenever a value changes."""
        self._clock = clock
        self._fresh_s = fresh_s
        self._values: dict[int, Value] = {}
        self._quiet_until: dict[int, float] = {}
        self._next_due = 0.0

    def get(self, key: int | None) -> Value | None:
        """Return the value, even when it is due for a refresh."""
        return self._values.get(key) if key is not None else None

    def put(self, key: int, value: Value) -> None:
        """Store a fresh value."""
        if self._values.get(key) != value:
            self._values[key] = value
            self.version += 1
        self.postpone((key,), self._fresh_s)

    def postpone(self, keys: Iterable[int], seconds: float) -> None:
        """Leave these keys alone for a while."""
        due = self._clock.monotonic() + seconds
        self._quiet_until.update(dict.fromkeys(keys, due))
        self._next_due = min(self._next_due, due)

    def wanted(self, keys: set[int]) -> set[int]:
        """Return those of the keys in use that should be asked for; forget what is old and unused."""
        now = self._clock.monotonic()
        if now >= self._next_due:
            for key in [key for key, due in self._quiet_until.items() if due <= now]:
                del self._quiet_until[key]
                if key not in keys:
                    self._values.pop(key, None)
            self._next_due = min(self._quiet_until.values(), default=now + self._fresh_s)
        return keys - self._quiet_until.keys()


class TitleCache:
    """Titles, episode numbers and tag labels of one instance."""

    def __init__(self, clock: Clock, *, needs_fresh_tags: bool = False) -> None:
        self.media: Known[MediaTitle] = Known(clock, fresh_s=FRESH_TAGS_S if needs_fresh_tags else FRESH_S)
        self.episodes: Known[EpisodeNumber] = Known(clock)
        self._clock = clock
        self._labels: dict[int, str] | None = None
        self._labels_version = 0
        self._labels_quiet_until = 0.0
        self._labels_fresh_until = 0.0
        self._without_label: frozenset[int] = frozenset()

    @property
    def version(self) -> int:
        """Grows whenever anything changes that a download shows."""
        return self.media.version + self.episodes.version + self._labels_version

    def learn_media(self, media: Media | None, media_id: int | None = None) -> None:
        """Take over a movie or series, if the app sent a usable one."""
        if media is not None and (key := media_id or media.id) and media.title and media.title.strip():
            self.media.put(key, media_title(media))

    def learn_episode(self, episode: Episode | None) -> None:
        """Take over an episode's number, if the app sent a usable one."""
        if episode is None or not episode.id:
            return
        if episode.season_number is not None and episode.episode_number is not None:
            number = EpisodeNumber(episode.season_number, episode.episode_number)
            self.episodes.put(episode.id, number)

    def tags(self, title: MediaTitle | None) -> tuple[str, ...] | None:
        """Return the labels in order; None while they are not known for sure."""
        if title is None or title.tag_ids is None:
            return None
        if not title.tag_ids:
            return ()
        labels = self._labels
        if labels is None or any(
            key not in labels and key not in self._without_label for key in title.tag_ids
        ):
            return None
        return tuple(sorted({labels[key] for key in title.tag_ids if key in labels}))

    def wants_labels(self, used: Iterable[MediaTitle]) -> bool:
        """Whether the tag labels should be asked for, given the titles in use."""
        now = self._clock.monotonic()
        if now < self._labels_quiet_until:
            return False
        is_due = self.are_labels_due
        if any(title.tag_ids and (is_due or self.tags(title) is None) for title in used):
            return True
        self._labels_fresh_until = max(self._labels_fresh_until, now + TROUBLE_S)
        return False

    @property
    def are_labels_due(self) -> bool:
        """Whether it is time to look at the labels again, even if nothing new is in use."""
        return self._clock.monotonic() >= self._labels_fresh_until

    def postpone_labels(self) -> None:
        """Leave the labels alone for a while."""
        self._labels_quiet_until = self._clock.monotonic() + TROUBLE_S

    def learn_labels(self, labels: Mapping[int, str], used: Iterable[MediaTitle]) -> None:
        """Take over the complete list; ids in use that it lacks have no label and stay without one."""
        self._labels_fresh_until = self._clock.monotonic() + FRESH_S
        ids = {tag_id for title in used for tag_id in title.tag_ids or ()}
        without = (self._without_label | ids) - labels.keys()
        if (labels, without) != (self._labels, self._without_label):
            self._labels = dict(labels)
            self._without_label = without
            self._labels_version += 1


def media_title(media: Media) -> MediaTitle:
    """Reduce a movie or series to what is kept of it.

    Sonarr writes the year into some titles to tell series apart; it is a field of its own here.
    """
    year = media.year if media.year and 1800 < media.year < 3000 else None
    title = clip((media.title or "").strip(), MAX_TITLE)
    if year and title.endswith(f" ({year})"):
        title = title.removesuffix(f" ({year})").rstrip() or title
    return MediaTitle(
        title=title,
        year=year,
        tag_ids=None if media.tags is None else tuple(sorted(set(media.tags))),
        poster_url=poster_url(media.images),
        root_folder=_root_folder(media),
    )


def _root_folder(media: Media) -> str | None:
    """Return the root folder without a slash at its end; None when the app says nothing of folders.

    Where the title is embedded, the apps tell its own folder only. The one above is the root folder, or lies
    in it where titles are sorted into subfolders; `core.volumes.volume_of` finds the volume of both.
    """
    folder = media.root_folder_path or _parent(media.path)
    if folder is None or len(folder) > MAX_FOLDER:
        return None
    return _shared(folder.rstrip("/\\") or folder[:1])


def _parent(path: str | None) -> str | None:
    path = (path or "").rstrip("/\\")
    end = max(path.rfind("/"), path.rfind("\\"))
    return path[: end + 1] if end >= 0 else None


@lru_cache(maxsize=1024)
def _shared(text: str) -> str:
    """Return one object for equal texts, so that 10,000 titles share a few.

    `sys.intern` would keep each of them for ever on Python 3.12.
    """
    return text
