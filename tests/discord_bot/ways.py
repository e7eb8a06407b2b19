"""Every way in of the product, made up by hand, and what it needs; nothing may be missing here."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import discord
import simcord

from discarr.core.events import EventKind
from discarr.discord_bot.ui import (
    action_controls,
    alert_controls,
    alert_pages,
    audit_pages,
    card_controls,
    cleanup_controls,
    controls,
    delivery_list,
    follow_controls,
    import_controls,
    rule_pages,
)
from discarr.discord_bot.ui.lasting import LastingModal, kind_of
from discarr.monitoring.acting.kinds import ActionKind
from discarr.utils.permissions import DESTRUCTIVE, REQUIRED, Capability, Level
from tests.fakes.acting_world import ActingWorld

REFUSALS = (
    "Somebody else asked for this",
    "You may not do that",
    "Nobody may do that yet",
    "This is for Discarr's helpers and admins",
    "This is for Discarr's admins",
)
REMOVE, SEARCH = ActionKind.REMOVE.value, ActionKind.SEARCH.value
DRAFT, TOKEN, OPERATION = "0" * 12, "0" * 20, "0" * 16
KIND = EventKind.NEEDS_HAND.value
RULES, LOOK, FOLLOW = Capability.CHANGE_RULES, Capability.LOOK, Capability.FOLLOW
IMPORT, CLEAN_UP, AUDIT = Capability.IMPORT, Capability.CLEAN_UP, Capability.SEE_AUDIT
ACKNOWLEDGE, SILENCE = Capability.ACKNOWLEDGE, Capability.SILENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One kind of control, made up, and what whoever presses it must be allowed to do."""

    kind: type[discord.ui.DynamicItem[Any]]
    id: str
    needs: Capability
    """Looking is what every member may; for what opens a modal, too, whose answer is judged."""
    choice: str | None = None
    """What is chosen in a select: a text, or "channel", "person" or "role" for one of those."""
    refused_as: str = ""
    """The action in the audit trail, where it is not named for what is needed."""

    @property
    def action(self) -> str:
        return self.refused_as or self.needs.value

    @property
    def asked(self) -> str:
        """What the trail says of how it was asked; empty for an action, of which it says more."""
        if self.action == "arm":
            return asked_by("arm")
        return "" if self.action in (REMOVE, SEARCH) else asked_by(kind_of(self.id))


def way(
    kind: type[discord.ui.DynamicItem[Any]],
    rest: str,
    needs: Capability,
    choice: str | None = None,
    refused_as: str = "",
) -> Way:
    return Way(kind=kind, id=f"discarr:v1:{rest}", needs=needs, choice=choice, refused_as=refused_as)


WAYS = (
    way(controls.BrowseButton, "browse:0::::", LOOK),
    way(controls.NeedsHandButton, "hands", LOOK),
    way(controls.RefreshButton, "refresh", LOOK),
    way(controls.StateSelect, "state:0::::", LOOK, "x"),
    way(controls.InstanceSelect, "where:0::::", LOOK, "x"),
    way(controls.DownloadSelect, "pick:0::::", LOOK, "x"),
    way(card_controls.FollowToggle, f"card:1.{TOKEN}", FOLLOW),
    way(action_controls.OfferButton, f"act:do:remove.{TOKEN}", Capability.REMOVE, None, REMOVE),
    way(action_controls.OfferSelect, f"act:more:{TOKEN}", Capability.SEARCH, SEARCH, SEARCH),
    way(action_controls.ConfirmButton, f"act:yes:{OPERATION}", LOOK),
    way(action_controls.CountButton, f"act:count:{OPERATION}.12", LOOK),
    way(action_controls.KeepButton, f"act:no:{OPERATION}", LOOK),
    way(action_controls.LookButton, f"act:look:{OPERATION}", LOOK),
    way(import_controls.FilesButton, f"imp:files:{DRAFT}.0", IMPORT, None, "import"),
    way(import_controls.FileSelect, f"imp:pick:{DRAFT}", IMPORT, "1", "import"),
    way(import_controls.WantedButton, f"imp:want:{DRAFT}.0.1", IMPORT, None, "import"),
    way(import_controls.SearchButton, f"imp:find:{DRAFT}.0", LOOK),
    way(import_controls.TitleSelect, f"imp:title:{DRAFT}.0", IMPORT, "1", "import"),
    way(import_controls.SeasonSelect, f"imp:season:{DRAFT}.0", IMPORT, "1", "import"),
    way(import_controls.EpisodeSelect, f"imp:episodes:{DRAFT}.0", IMPORT, "1", "import"),
    way(import_controls.EpisodesButton, f"imp:later:{DRAFT}.0.1", IMPORT, None, "import"),
    way(import_controls.FinishButton, f"imp:go:{DRAFT}", IMPORT, None, "import"),
    way(import_controls.ChangeButton, f"imp:change:{DRAFT}", IMPORT, None, "import"),
    way(alert_controls.AcknowledgeButton, "alert:acknowledge:1:", ACKNOWLEDGE),
    way(alert_controls.SilenceButton, "alert:silence:1:", SILENCE),
    way(alert_controls.SilenceSelect, "alert:hush:1", LOOK, "1"),
    way(alert_controls.DetailsButton, "alert:details:1:", LOOK),
    way(alert_controls.OpenAlertsButton, "alert:open::", LOOK),
    way(alert_controls.BrowseQueueButton, "alert:browse::", LOOK),
    way(alert_controls.FollowButton, f"alert:follow:{TOKEN}:", FOLLOW),
    way(alert_controls.UnfollowButton, "alert:unfollow:1:", FOLLOW),
    way(alert_controls.FollowsButton, "alert:follows::", FOLLOW),
    way(alert_pages.AlertPageButton, "alerts:quiet:silences.0.0", SILENCE),
    way(alert_pages.AlertPageButton, "alerts:again:open.0.0", LOOK),
    way(alert_pages.AcknowledgeAllButton, "alerts:all:open.0.0", ACKNOWLEDGE),
    way(alert_pages.AcknowledgeOneButton, "alerts:one:1.open.0.0", ACKNOWLEDGE),
    way(alert_pages.AlertSelect, "alerts:pick:open.0.0", LOOK, "1"),
    way(alert_pages.SilenceOneSelect, "alerts:hush:1.open.0.0", LOOK, "1"),
    way(alert_pages.EndSilenceSelect, "alerts:end:open.0.0", SILENCE, "1"),
    way(follow_controls.FollowsPageButton, "follows:again:0", FOLLOW),
    way(follow_controls.LetGoSelect, "follows:end:0", FOLLOW, "1"),
    way(follow_controls.FollowSelect, "follows:pick:", FOLLOW, "1"),
    way(rule_pages.RulesButton, "rules:list:", RULES),
    way(rule_pages.RuleSelect, "rules:kind:", RULES, KIND),
    way(rule_pages.SwitchButton, f"rules:switch:1.{KIND}", RULES),
    way(rule_pages.ResetButton, f"rules:reset:{KIND}", RULES),
    way(rule_pages.TestButton, f"rules:test:{KIND}", RULES),
    way(rule_pages.TimesButton, f"rules:times:{KIND}|", RULES),
    way(rule_pages.FixedSelect, f"rules:fixed:{KIND}", RULES, "nowhere"),
    way(rule_pages.ChannelsSelect, f"rules:channels:{KIND}", RULES, "channel"),
    way(rule_pages.PeopleSelect, f"rules:people:{KIND}", RULES, "person"),
    way(rule_pages.MentionSelect, f"rules:role:{KIND}", RULES, "role"),
    way(rule_pages.QuietButton, "rules:quiet:", RULES),
    way(rule_pages.NoQuietButton, "rules:noquiet:", RULES),
    way(delivery_list.DeliveryButton, "mail:list:0", RULES),
    way(delivery_list.SendAgainSelect, "mail:one:0", RULES, "1"),
    way(delivery_list.SendAllAgainButton, "mail:all:", RULES),
    way(cleanup_controls.PageButton, f"tidy:next:{DRAFT}.0", CLEAN_UP),
    way(cleanup_controls.RenewButton, f"tidy:again:{DRAFT}", CLEAN_UP),
    way(cleanup_controls.PickSelect, f"tidy:pick:{DRAFT}.0", CLEAN_UP, "x"),
    way(cleanup_controls.AllButton, f"tidy:all:1.{DRAFT}", CLEAN_UP),
    way(cleanup_controls.FocusSelect, f"tidy:rule:{DRAFT}", CLEAN_UP, "stalled"),
    way(cleanup_controls.ActionSelect, f"tidy:what:{DRAFT}", CLEAN_UP, "remove"),
    way(cleanup_controls.DryRunButton, f"tidy:dry:{DRAFT}", CLEAN_UP),
    way(cleanup_controls.GoOnButton, f"tidy:go:{DRAFT}", CLEAN_UP),
    way(cleanup_controls.AskToAllowButton, "tidy:arm:", CLEAN_UP),
    way(cleanup_controls.AllowButton, "tidy:allow:1", CLEAN_UP, None, "arm"),
    way(cleanup_controls.AllowButton, "tidy:allow:0", CLEAN_UP),
    way(audit_pages.AuditButton, "audit:newest:.....", AUDIT),
    way(audit_pages.EntrySelect, "audit:entry:.....", AUDIT, "1"),
)
COMMANDS = {
    "queue": LOOK,
    "progress": LOOK,
    "health": LOOK,
    "check": LOOK,
    "alerts": LOOK,
    "follow": FOLLOW,
    "following": FOLLOW,
    "verbose": Capability.CHANGE_LOG,
    "notifications": RULES,
    "cleanup": CLEAN_UP,
    "audit": AUDIT,
}
SUGGESTIONS = {
    ("queue", "instance"): LOOK,
    ("queue", "text"): LOOK,
    ("follow", "title"): FOLLOW,
    ("audit", "instance"): AUDIT,
}
TYPED: dict[type[LastingModal], tuple[str, Capability, str]] = {
    alert_controls.SilenceReason: ("alert:hush:1", SILENCE, SILENCE.value),
    alert_pages.SilenceOneReason: ("alerts:hush:1.open.0.0", SILENCE, SILENCE.value),
    rule_pages.TimesModal: (f"rules:times:{KIND}|", RULES, RULES.value),
    rule_pages.QuietModal: ("rules:quiet:", RULES, RULES.value),
    import_controls.SearchModal: (f"imp:find:{DRAFT}.0", IMPORT, "import"),
}
"""The control that opens each, what is needed to answer it, and the action it is refused as."""
JUDGED_BY_ITS_OPERATION = {action_controls.CountModal}
"""What the permission tests of actions go through, for every kind of them."""


def may(capability: Capability, level: Level, *, has_admin: bool) -> bool:
    return level >= REQUIRED[capability] and (has_admin or capability not in DESTRUCTIVE)


def people(world: ActingWorld, *, has_admin: bool) -> Iterator[tuple[Level, simcord.MemberActor]]:
    """Yield somebody of each level; without an admin, ada is a member like others."""
    for level, person in world.people.items():
        if has_admin or level is not Level.ADMIN:
            yield level, person


def is_refused(result: simcord.InteractionResult) -> bool:
    """Whether somebody reads that they may not; what the audit trail shows of that stands in an embed."""
    texts = [shown.message.content for shown in (result.response, *result.followups) if shown is not None]
    return any(words in text for words in REFUSALS for text in texts)


async def press(world: ActingWorld, person: simcord.MemberActor, made_up: Way) -> simcord.InteractionResult:
    """Let somebody press a control that anybody can see."""
    view, place = discord.ui.View(timeout=None), world.world
    item: discord.ui.Item[Any]
    chosen: Any = made_up.choice
    match made_up.choice:
        case None:
            item = discord.ui.Button(label="Do it", custom_id=made_up.id)
        case "channel":
            item, chosen = discord.ui.ChannelSelect(custom_id=made_up.id), place.channel
        case "person":
            item, chosen = discord.ui.UserSelect(custom_id=made_up.id), place.owner
        case "role":
            item, chosen = discord.ui.RoleSelect(custom_id=made_up.id), place.guild.default_role
        case words:
            options = [discord.SelectOption(label="x", value=words)]
            item = discord.ui.Select(custom_id=made_up.id, options=options)
    message = await world.post(view.add_item(item))
    pressing = (
        person.click(message, custom_id=made_up.id)
        if made_up.choice is None
        else person.select(message, custom_id=made_up.id, values=[chosen])
    )
    takes_time = made_up.kind is controls.RefreshButton
    result: simcord.InteractionResult = await (world.passing(pressing) if takes_time else pressing)
    assert result.acknowledged
    return result


@dataclass(slots=True)
class Trail:
    """What comes into the audit trail of a world."""

    world: ActingWorld
    read_until: int = 0

    async def refusals(self) -> list[tuple[int, str, str]]:
        """Return who was refused what since the last call, and what exactly they had asked for."""
        lines = await self.world.world.app.acting.desk.audit_after(self.read_until, limit=100)
        self.read_until = lines[-1].sequence if lines else self.read_until
        return [
            (line.entry.actor, line.entry.action, line.entry.request)
            for line in lines
            if line.entry.result in ("not allowed", "no admin", "not yours")
        ]


def asked_by(words: str) -> str:
    return json.dumps({"asked": words}, separators=(",", ":"))
