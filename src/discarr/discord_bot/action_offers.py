"""What somebody may do about a download now, and what is being done to it already."""

from dataclasses import dataclass

from discarr.core.errors import StoreError
from discarr.core.models import Download, DownloadKey
from discarr.discord_bot.askers import Asker
from discarr.discord_bot.services import Services
from discarr.monitoring.acting.kinds import ActionKind
from discarr.monitoring.acting.offers import Offer, offers_for
from discarr.monitoring.acting.operation import Operation
from discarr.monitoring.download_rows import Phase, phase_of
from discarr.monitoring.reasons import ReasonKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Doable:
    """What a card says and offers about acting on its download."""

    offers: tuple[Offer, ...] = ()
    """What the person may do now, the right remedy first; none while something is under way."""
    under_way: Operation | None = None
    """What is being done to it, whoever asked for it."""


class ActionOffers:
    """Judges from memory, but for what is under way."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def offers(self, asker: Asker, download: Download) -> tuple[Offer, ...]:
        """Return what a person may do about a download now, the right remedy first."""
        instance = self._services.cache.snapshot.instance(download.instance)
        if instance is None:
            return ()
        return offers_for(
            download,
            instance.kind,
            instance.version,
            level=asker.level,
            grants=asker.grants,
            reason=self.observed(download).get(download.key),
        )

    async def doable(self, asker: Asker, download: Download) -> Doable:
        """Return what a card of a download says and offers to a person."""
        under_way = await self.under_way(download)
        if under_way is not None:
            return Doable(under_way=under_way)
        return Doable(offers=self.offers(asker, download))

    def observed(self, download: Download) -> dict[DownloadKey, ReasonKind]:
        """Return what was observed where the download itself says nothing: that no data comes in."""
        estimate = self._services.tracker.estimate(download.key)
        is_stalled = phase_of(download, estimate) is Phase.STALLED
        return {download.key: ReasonKind.STALLED} if is_stalled else {}

    async def under_way(self, download: Download) -> Operation | None:
        """Return what is being done to a download; None also while the store does not say.

        A search leaves the download as it is, and keeps nobody from anything.
        """
        try:
            operation = await self._services.actions.under_way(download.key)
        except StoreError:
            return None
        return operation if operation is not None and operation.kind is not ActionKind.SEARCH else None
