"""Secrets, and the files that they and Discarr's memory lie in."""

from collections.abc import Iterator
from datetime import timedelta

from discarr.discord_bot.ui import texts
from discarr.doctor.security.finding import Found, Rule, Severity
from discarr.doctor.security.surroundings import FileFacts, Surroundings

_DATA = "The data directory"
_LONGEST_WITHOUT_BACKUP = timedelta(days=3)


def _rights_words(file: FileFacts) -> str:
    held = [
        word
        for word, is_held in (("read", file.can_others_read), ("change", file.can_others_change))
        if is_held
    ]
    return f"Everybody on this machine can {texts.list_of(held)} it."


def _exposed_secret_files(surroundings: Surroundings) -> Iterator[Found]:
    for file in surroundings.secret_files:
        if file.can_others_read or file.can_others_change:
            yield file.subject, _rights_words(file)


def _secrets_in_several_places(surroundings: Surroundings) -> Iterator[Found]:
    for variable, places in surroundings.secrets.items():
        if len(places) > 1:
            yield variable, f"It is in {texts.list_of(places)}: the first one counts, but each can leak."


def _tracked_secret_files(surroundings: Surroundings) -> Iterator[Found]:
    for file in surroundings.secret_files:
        if file.is_tracked_by_git:
            yield file.subject, "Git tracks it: whoever gets the repository gets the secrets."


def _debug_log(surroundings: Surroundings) -> Iterator[Found]:
    if surroundings.settings.log_level == "DEBUG":
        yield (
            "The log",
            "It is on debug for good: it tells far more about servers and members than it has to.",
        )


def _data_on_network(surroundings: Surroundings) -> Iterator[Found]:
    if surroundings.data.is_on_network:
        yield (
            _DATA,
            "It lies on a network file system: others may get at it, and SQLite's locks are not reliable.",
        )


def _no_backup(surroundings: Surroundings) -> Iterator[Found]:
    data = surroundings.data
    safe_at = data.backed_up_at or data.used_since
    if safe_at and data.written_at and data.written_at - safe_at > _LONGEST_WITHOUT_BACKUP:
        days = (data.written_at - safe_at).days
        yield "The database", f"What it learned in the last {days} days is in no backup."


def _data_readable(surroundings: Surroundings) -> Iterator[Found]:
    if surroundings.data.can_others_read:
        yield _DATA, "Everybody on this machine can read the files in it."


def _data_changeable(surroundings: Surroundings) -> Iterator[Found]:
    if surroundings.data.can_others_change:
        yield _DATA, "Everybody on this machine can change what is in it."


def _changeable_ca_files(surroundings: Surroundings) -> Iterator[Found]:
    for file in surroundings.ca_files:
        if file.can_others_change:
            yield (
                file.subject,
                "Everybody on this machine can change its CA_FILE, and so forge its certificate.",
            )


def _tls_keys_written(surroundings: Surroundings) -> Iterator[Found]:
    if "SSLKEYLOGFILE" in surroundings.environment_names:
        yield (
            "The environment",
            "SSLKEYLOGFILE is set: with what is written there, everything encrypted can be read.",
        )


RULES: tuple[Rule[Surroundings], ...] = (
    Rule(
        code="DS001",
        severity=Severity.HIGH,
        title="A file with a secret can be read or changed by everybody on the machine",
        remedy="Set its mode to 600, and take write permission for others from the directories above it.",
        find=_exposed_secret_files,
    ),
    Rule(
        code="DS002",
        severity=Severity.LOW,
        title="A secret is given in more than one place",
        remedy="Keep one of them: a file that only Discarr's user can read.",
        find=_secrets_in_several_places,
    ),
    Rule(
        code="DS003",
        severity=Severity.HIGH,
        title="A file with a secret is tracked by git",
        remedy="Run git rm --cached for it, name it in .gitignore, and renew the token and the keys in it.",
        find=_tracked_secret_files,
    ),
    Rule(
        code="DS019",
        severity=Severity.LOW,
        title="The log is on debug",
        remedy="Set DISCARR_LOG_LEVEL to info; /verbose writes everything for 30 minutes when it is needed.",
        find=_debug_log,
    ),
    Rule(
        code="DS020",
        severity=Severity.LOW,
        title="The data directory lies on a network file system",
        remedy="Use a local disk or a named volume.",
        find=_data_on_network,
    ),
    Rule(
        code="DS021",
        severity=Severity.LOW,
        title="The database has had no backup for more than three days",
        remedy="The log says why no backup could be made: often the disk is full.",
        find=_no_backup,
    ),
    Rule(
        code="DS029",
        severity=Severity.LOW,
        title="The database can be read by everybody on the machine",
        remedy="Set the mode of the data directory to 700.",
        find=_data_readable,
    ),
    Rule(
        code="DS030",
        severity=Severity.MEDIUM,
        title="The data directory can be changed by everybody on the machine",
        remedy="Set its mode to 700, and take write permission for others from what is in it and above it.",
        find=_data_changeable,
    ),
    Rule(
        code="DS031",
        severity=Severity.MEDIUM,
        title="A CA file can be changed by everybody on the machine",
        remedy="Set its mode to 644, and take write permission for others from the directories above it.",
        find=_changeable_ca_files,
    ),
    Rule(
        code="DS035",
        severity=Severity.MEDIUM,
        title="The keys of encrypted connections are written to a file",
        remedy="Remove SSLKEYLOGFILE from the environment, and the file that it names.",
        find=_tls_keys_written,
    ),
)
