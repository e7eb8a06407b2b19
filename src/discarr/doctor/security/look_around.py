"""Gathers what the offline rules judge. It only reads, and of secrets nothing but where they lie."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from discarr.core.config import Config, InstanceConfig
from discarr.core.store import DATABASE_NAME
from discarr.core.store.place import is_on_network
from discarr.doctor.instances import host_of
from discarr.doctor.security.file_rights import OthersRights, rights_of_others
from discarr.doctor.security.git_index import is_tracked
from discarr.doctor.security.process_facts import read_container, read_mountinfo, read_process
from discarr.doctor.security.secret_places import SecretPlace, Sources, find_secret_places
from discarr.doctor.security.surroundings import DataFacts, FileFacts, InstanceFacts, Surroundings

BACKUP_PATTERN = f"{DATABASE_NAME}.*.backup"
"""How copies of the database are called, in the data directory."""
_NOBODY = OthersRights(can_read=False, can_change=False)


def look_around(
    settings: Config, sources: Sources, *, in_container: bool, root: Path = Path("/")
) -> Surroundings:
    """Read everything from the disk; blocks, and may hang on a dead network mount.

    Of the instances only addresses that stand in the settings are known: nothing is looked up.

    Raises:
        OSError: something that could be read a moment ago no longer can.
    """
    mountinfo = read_mountinfo(root)
    places = find_secret_places(sources)
    return Surroundings(
        settings=settings,
        environment_names=frozenset(sources.environ),
        secrets=_places_by_variable(places),
        secret_files=tuple(_secret_files(places, in_container=in_container)),
        ca_files=tuple(_ca_files(settings.instances, in_container=in_container)),
        data=_read_data(settings.data_dir.absolute(), mountinfo, in_container=in_container),
        process=read_process(root),
        container=read_container(root, mountinfo) if in_container else None,
        instances={config.id: _literal_address(config) for config in settings.instances},
    )


def _places_by_variable(places: Iterable[SecretPlace]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for place in places:
        found.setdefault(place.variable.upper(), {})[place.place] = None
    return {variable: tuple(names) for variable, names in found.items()}


def _secret_files(places: Iterable[SecretPlace], *, in_container: bool) -> Iterator[FileFacts]:
    files = {place.path: place.place for place in places if place.path is not None}
    for path, place in files.items():
        rights = _rights(path, in_container=in_container)
        yield FileFacts(
            subject=place[0].upper() + place[1:],
            can_others_read=rights.can_read,
            can_others_change=rights.can_change,
            is_tracked_by_git=is_tracked(path),
        )


def _ca_files(configs: Iterable[InstanceConfig], *, in_container: bool) -> Iterator[FileFacts]:
    for config in configs:
        if config.ca_file is not None:
            rights = _rights(config.ca_file, in_container=in_container)
            yield FileFacts(subject=config.name, can_others_change=rights.can_change)


def _read_data(directory: Path, mountinfo: str, *, in_container: bool) -> DataFacts:
    backups = frozenset(directory.glob(BACKUP_PATTERN))
    live = frozenset(directory.glob("discarr.*")) - backups
    written = tuple(_modified(live))
    rights = [_rights(path, in_container=in_container) for path in live | backups]
    own = _rights(directory, in_container=in_container)
    return DataFacts(
        can_others_read=any(file.can_read for file in rights),
        can_others_change=any(place.can_change for place in (own, *rights)),
        is_on_network=is_on_network(directory, mountinfo),
        used_since=min(written, default=None),
        written_at=max(written, default=None),
        backed_up_at=max(_modified(backups), default=None),
    )


def _rights(path: Path, *, in_container: bool) -> OthersRights:
    # Nobody else is in a container, and the host's directories above a mount cannot be seen from within.
    if not in_container:
        with suppress(OSError):
            return rights_of_others(path)
    return _NOBODY


def _modified(paths: Iterable[Path]) -> Iterator[datetime]:
    for path in paths:
        with suppress(FileNotFoundError):  # SQLite removes its log when the last connection closes
            yield datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _literal_address(config: InstanceConfig) -> InstanceFacts:
    with suppress(ValueError):
        return InstanceFacts(addresses=(ip_address(host_of(config)),))
    return InstanceFacts()
