"""What an admin has picked so far of what clean-up proposes."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from discarr.core.cleanup_config import CleanupAction, CleanupRule
from discarr.core.models import DownloadKey
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.cleanup.candidates import Candidate, Collection

MAX_DRAFTS: Final = 20
KINDS: Final = {
    CleanupAction.REMOVE: ActionKind.REMOVE,
    CleanupAction.BLOCKLIST: ActionKind.REMOVE_BLOCKLIST,
    CleanupAction.SEARCH: ActionKind.REMOVE_SEARCH,
    CleanupAction.CATEGORY: ActionKind.CHANGE_CATEGORY,
}
"""What each action of clean-up is when it is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanupDraft:
    """What one clean-up proposes, and what its admin has picked of it."""

    id: str
    owner_id: int
    collection: Collection
    picked: Mapping[DownloadKey, CleanupRule] = field(default_factory=lambda: MappingProxyType({}))
    """What is to be cleaned up, and the rule by which it was proposed when it was picked."""
    actions: Mapping[CleanupRule, CleanupAction] = field(default_factory=lambda: MappingProxyType({}))
    """What is done instead of what is suggested, by rule."""
    focus: CleanupRule | None = None
    """The one rule whose candidates are shown; None for all of them."""

    @property
    def shown(self) -> tuple[Candidate, ...]:
        """The candidates in focus."""
        candidates = self.collection.candidates
        if self.focus is None:
            return candidates
        return tuple([item for item in candidates if item.rule is self.focus])

    @property
    def chosen(self) -> tuple[Candidate, ...]:
        """The candidates that are picked, in the order of the list."""
        picked = self.picked
        if not picked:
            return ()
        # Ten thousand are looked at: no call for each of them.
        return tuple(
            [item for item in self.collection.candidates if picked.get(item.download.key) is item.rule]
        )

    @property
    def lost(self) -> int:
        """How many were picked and are not proposed any more, or for another reason."""
        return len(self.picked) - len(self.chosen)

    @property
    def counts(self) -> Counter[CleanupRule]:
        """How many candidates each rule has."""
        return Counter([item.rule for item in self.collection.candidates])

    def is_picked(self, candidate: Candidate) -> bool:
        """Whether a candidate is to be cleaned up."""
        return self.picked.get(candidate.download.key) is candidate.rule

    def action_of(self, candidate: Candidate) -> CleanupAction | None:
        """Return what would be done to a candidate; None where that is not possible with it."""
        chosen = self.actions.get(candidate.rule)
        if chosen is None:
            return candidate.action
        return chosen if chosen in candidate.possible else None

    def kinds(self) -> Iterator[tuple[ActionKind, tuple[Candidate, ...]]]:
        """Yield what would be asked for, one kind of action after the other."""
        found: dict[CleanupAction | None, list[Candidate]] = defaultdict(list)
        for item in self.chosen:
            found[self.action_of(item)].append(item)
        for action, kind in KINDS.items():
            if action in found:
                yield kind, tuple(found[action])

    @property
    def impossible(self) -> tuple[Candidate, ...]:
        """What is picked, and what it is to be done cannot be done to it."""
        return tuple(item for item in self.chosen if self.action_of(item) is None)

    def with_page(self, shown: Iterable[Candidate], wanted: Iterable[DownloadKey]) -> "CleanupDraft":
        """Return the draft with exactly these picked of those on a page; the first ones if room is short."""
        on_page = {item.download.key: item.rule for item in shown}
        picked = {key: rule for key, rule in self.picked.items() if key not in on_page}
        chosen = set(wanted)
        return self._picking(picked, ((key, rule) for key, rule in on_page.items() if key in chosen))

    def with_all(self) -> "CleanupDraft":
        """Return the draft with everything in focus picked, as far as there is room."""
        return self._picking(
            dict(self.without_lost().picked), ((item.download.key, item.rule) for item in self.shown)
        )

    def with_none(self) -> "CleanupDraft":
        """Return the draft with nothing in focus picked."""
        focused = {item.download.key for item in self.shown} if self.focus else self.picked.keys()
        kept = {key: rule for key, rule in self.picked.items() if key not in focused}
        return replace(self, picked=MappingProxyType(kept))

    def with_action(self, action: CleanupAction | None) -> "CleanupDraft":
        """Return the draft with another action for the rule in focus; None: what is suggested."""
        if self.focus is None:
            return self
        actions = {rule: chosen for rule, chosen in self.actions.items() if rule is not self.focus}
        if action is not None:
            actions[self.focus] = action
        return replace(self, actions=MappingProxyType(actions))

    def with_focus(self, rule: CleanupRule | None) -> "CleanupDraft":
        """Return the draft with one rule in focus; all of them where it has no candidate."""
        return replace(self, focus=rule if rule in self.counts else None)

    def renewed(self, collection: Collection) -> "CleanupDraft":
        """Return the draft over what is proposed now."""
        return replace(self, collection=collection).with_focus(self.focus)

    def without_lost(self) -> "CleanupDraft":
        """Return the draft without what is not proposed any more."""
        picked = {item.download.key: item.rule for item in self.chosen}
        return replace(self, picked=MappingProxyType(picked))

    def _picking(
        self,
        picked: dict[DownloadKey, CleanupRule],
        more: Iterable[tuple[DownloadKey, CleanupRule]],
    ) -> "CleanupDraft":
        for key, rule in more:
            if len(picked) >= self.collection.room:
                break
            picked[key] = rule
        return replace(self, picked=MappingProxyType(picked))
