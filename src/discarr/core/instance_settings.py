"""The settings of one Radarr or Sonarr, and how they are found among the variables.

`RADARR_URL` and `RADARR_API_KEY` describe the one without a name; `RADARR__4K__URL` and so on any
number of named ones.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from discarr.core.config import InstanceConfig
from discarr.core.env_sources import Entry, Variables, instance_pattern, printable_name
from discarr.core.models import InstanceKind
from discarr.core.secret import Refused
from discarr.core.setting_values import (
    Address,
    CaFile,
    DisplayName,
    SecretText,
    Variable,
    as_config,
)

_LONGEST_ID = 32


class InstanceSettings(BaseModel):
    """What is set for one instance; becomes its `InstanceConfig`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,32}$")]
    kind: InstanceKind
    name: Annotated[
        DisplayName,
        Variable(
            name="NAME",
            about="What people see; the name in the variable (or Radarr, Sonarr) when not set.",
            expects="a short text of at most 50 characters",
            example="Movies",
        ),
    ]
    url: Annotated[
        Address,
        Variable(
            name="URL",
            about="Address that Discarr reaches it by, with the base path if it has one. Inside a container "
            "localhost is Discarr itself: use the service name, or the LAN address.",
            expects="an address, such as http://{kind}:{port}",
            example="http://{kind}:{port}",
            is_required=True,
        ),
    ]
    api_key: Annotated[
        SecretText,
        Variable(
            name="API_KEY",
            about="From the app: Settings → General → Security → API Key.",
            expects="the key from Settings → General → Security → API Key",
            example="paste-the-api-key-here",
            is_required=True,
        ),
    ]
    public_url: Annotated[
        Address | None,
        Variable(
            name="PUBLIC_URL",
            about="Address that people's browsers reach it by: a download's card then links there.",
            expects="an address, such as https://{kind}.example.org",
            example="https://{kind}.example.org",
        ),
    ] = None
    verify_tls: Annotated[
        bool,
        Variable(
            name="VERIFY_TLS",
            about="false accepts any certificate, also a forged one; CA_FILE is the better way.",
            expects="true or false",
            example="true",
        ),
    ] = True
    ca_file: Annotated[
        CaFile | None,
        Variable(
            name="CA_FILE",
            about="Certificate of your own authority, as a path inside the container.",
            expects="the path of a certificate file",
            example="/data/ca.pem",
        ),
    ] = None
    timeout_s: Annotated[
        float,
        Field(gt=0, le=300, allow_inf_nan=False),
        Variable(
            name="TIMEOUT",
            about="Seconds that a whole answer may take.",
            expects="a number of seconds above 0 and up to 300",
            example="15",
        ),
    ] = 15.0


INSTANCE_VARIABLES: Mapping[str, Variable] = {
    field_name: next(item for item in info.metadata if isinstance(item, Variable))
    for field_name, info in InstanceSettings.model_fields.items()
    if any(isinstance(item, Variable) for item in info.metadata)
}
"""By field of `InstanceSettings`; names are only the part behind `RADARR_` or `RADARR__<NAME>__`."""

_FIELDS = {variable.name: field_name for field_name, variable in INSTANCE_VARIABLES.items()}
_VARIABLE = instance_pattern(_FIELDS)


@dataclass(slots=True, kw_only=True)
class _Draft:
    """The variables of one instance, before anything is checked."""

    kind: InstanceKind
    name: str | None
    """As typed; None for the one without a name."""
    entries: dict[str, Entry] = field(default_factory=dict)
    """By field of `InstanceSettings`."""
    is_ambiguous: bool = False
    """Whether another instance has the name that this one would get by default."""

    def variable(self, field_name: str) -> str:
        """Return the name of a variable of this instance, as its owner would type it."""
        if field_name in self.entries:
            return printable_name(self.entries[field_name].name)
        middle = "_" if self.name is None else f"__{self.name}__"
        return f"{self.kind.upper()}{middle}{INSTANCE_VARIABLES[field_name].name}"

    @property
    def shown_name(self) -> str:
        """What people see: the name that was set, or the default one."""
        if "name" in self.entries:
            return self.entries["name"].value
        kind = self.kind.capitalize()
        default = self.name or kind
        return f"{default} ({kind})" if self.is_ambiguous else default

    def names(self) -> tuple[str, ...]:
        """Return what people may call this instance."""
        return (self.shown_name,) if self.name is None else (self.shown_name, self.name)

    @property
    def id(self) -> str:
        """The id made from the name: only [a-z0-9_], at most 32 characters."""
        if self.name is None:
            return self.kind.value
        plain = unicodedata.normalize("NFKD", self.name.casefold()).encode("ascii", "ignore").decode()
        slug = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
        full = f"{self.kind}_{slug}"
        letters = sum(character.isalnum() for character in self.name)
        if slug and len(full) <= _LONGEST_ID and len(slug.replace("_", "")) >= letters:
            return full
        # Letters without a Latin form, or too many of them: a fingerprint replaces what got lost.
        digest = hashlib.sha256(self.name.casefold().encode("utf-8", "backslashreplace")).hexdigest()[:8]
        return f"{full[: _LONGEST_ID - 9].rstrip('_')}_{digest}"


def is_instance_variable(name: str) -> bool:
    """Return whether a variable belongs to an instance, with or without a name."""
    return _VARIABLE.fullmatch(name) is not None


def build_instances(variables: Variables) -> tuple[tuple[InstanceConfig, ...], tuple[str, ...]]:
    """Return the instances in a stable order (Radarr before Sonarr, unnamed first), and all problems."""
    drafts = _collect(variables)
    if not drafts:
        return (), (
            "No Radarr and no Sonarr is set: put in RADARR_URL and RADARR_API_KEY,"
            " or SONARR_URL and SONARR_API_KEY.",
        )
    problems: list[str] = []
    built: list[tuple[_Draft, InstanceConfig]] = []
    seen: dict[str, _Draft] = {}
    for draft in drafts:
        twin = seen.setdefault(draft.id, draft)
        if twin is not draft:
            problems.append(
                f"{draft.variable('url')} and {twin.variable('url')} have names that are too much alike:"
                " rename one of them."
            )
        elif config := _build(draft, problems):
            built.append((draft, config))
    problems.extend(_same_addresses(built))
    problems.extend(_same_names(built))
    return tuple(config for _, config in built), tuple(problems)


def find_instances(words: Iterable[str], variables: Variables) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the ids that names or ids (in lower case) stand for, and a problem where one stands for none.

    Works on what was written, so that a mistake elsewhere in an instance is not a second one here.
    """
    drafts = _collect(variables)
    known = [(draft.id, {draft.id, *map(str.casefold, draft.names())}) for draft in drafts]
    found = {word: {instance_id for instance_id, names in known if word in names} for word in words}
    ids = frozenset[str]().union(*found.values())
    if all(found.values()):
        return ids, ()
    listed = ", ".join(instance_id for instance_id, _ in known) or "none"
    return ids, (f"DISCARR_HIDDEN_INSTANCES names an instance that is not set: known are {listed}.",)


def _collect(variables: Variables) -> list[_Draft]:
    drafts: dict[tuple[str, str | None], _Draft] = {}
    for entry in variables.entries.values():
        match = _VARIABLE.fullmatch(entry.name)
        if match is None:
            continue
        kind, name = InstanceKind(match["kind"].lower()), match["name"]
        key = (kind, None if name is None else name.casefold())
        draft = drafts.setdefault(key, _Draft(kind=kind, name=name))
        draft.entries[_FIELDS[match["key"].upper()]] = entry
    counts = Counter(draft.shown_name.casefold() for draft in drafts.values())
    ambiguous = [draft for draft in drafts.values() if counts[draft.shown_name.casefold()] > 1]
    for draft in ambiguous:
        draft.is_ambiguous = True
    return sorted(drafts.values(), key=lambda draft: (draft.kind, draft.name or ""))


def _build(draft: _Draft, problems: list[str]) -> InstanceConfig | None:
    values: dict[str, object] = {name: entry.value for name, entry in draft.entries.items()}
    values["name"] = draft.shown_name
    try:
        settings = InstanceSettings.model_validate({"id": draft.id, "kind": draft.kind, **values})
    except ValidationError as error:
        for name, words in refusals(error):
            variable = INSTANCE_VARIABLES[name].of_instance("", draft.kind)
            words = words and words.replace("{example}", variable.example)
            is_missing = name not in draft.entries and name != "name"
            verdict = (
                f"is missing: it must be {variable.expects}"
                if is_missing
                else words or f"must be {variable.expects}"
            )
            problems.append(f"{draft.variable(name)} {verdict}.")
        return None
    return as_config(settings, InstanceConfig)


def refusals(error: ValidationError) -> Iterator[tuple[str, str | None]]:
    """Yield field and words of each problem; None where only the field's expectation is known.

    pydantic's own messages are not used: some of them quote the value.
    """
    for detail in error.errors(include_url=False, include_input=False):
        cause = detail.get("ctx", {}).get("error")
        yield str(detail["loc"][0]), str(cause) if isinstance(cause, Refused) else None


def _same_addresses(built: list[tuple[_Draft, InstanceConfig]]) -> Iterator[str]:
    seen: dict[tuple[InstanceKind, str], str] = {}
    for draft, config in built:
        variable = draft.variable("url")
        twin = seen.setdefault((config.kind, config.url), variable)
        if twin != variable:
            yield f"{variable} and {twin} hold the same address: remove one of the two."


def _same_names(built: list[tuple[_Draft, InstanceConfig]]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for draft, config in built:
        variable = draft.variable("name")
        twin = seen.setdefault(config.name.casefold(), variable)
        if twin != variable:
            yield f"{variable} and {twin} make two instances look the same: give one of them another name."
