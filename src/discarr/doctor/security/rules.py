"""All rules, by code.

The numbers that are missing are rules that cannot apply to Discarr: it cleans up nothing without a person
(DS016), opens no port (DS023), serves the guild of its channel alone (DS024), chains no audit trail (DS025),
and a list of advisories inside of it would be out of date unnoticed (DS022).
"""

from operator import attrgetter

from discarr.doctor.security import discord_rules, instance_rules, process_rules, secret_rules
from discarr.doctor.security.discord_rules import DiscordEvidence
from discarr.doctor.security.finding import Rule
from discarr.doctor.security.surroundings import Surroundings

OFFLINE_RULES: tuple[Rule[Surroundings], ...] = tuple(
    sorted((*secret_rules.RULES, *instance_rules.RULES, *process_rules.RULES), key=attrgetter("code"))
)
"""They judge the settings and the machine."""

DISCORD_RULES: tuple[Rule[DiscordEvidence], ...] = discord_rules.RULES
"""They judge what Discord says."""
