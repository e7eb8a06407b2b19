"""The machine below Discarr: is it a container, and can the data directory be used?"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from discarr.core.errors import StoreError
from discarr.core.store.faults import unwritable
from discarr.core.store.place import is_on_network
from discarr.doctor.off_loop import run_off_loop
from discarr.doctor.report import Check, Verdict

_SUBJECT = "Data directory"
_LOW_SPACE_BYTES = 100_000_000
_CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv")


def is_in_container() -> bool:
    """Whether this process runs in a container: Docker and Podman leave a file, Kubernetes a variable."""
    return "KUBERNETES_SERVICE_HOST" in os.environ or any(Path(mark).exists() for mark in _CONTAINER_MARKS)


async def check_data_dir(
    data_dir: Path, *, timeout_s: float, mountinfo: str | None = None
) -> tuple[Check, ...]:
    """Say whether Discarr can keep its state there; leaves nothing behind and creates no directory.

    `mountinfo` is the text of /proc/self/mountinfo; None reads it.
    """
    try:
        return await run_off_loop(
            lambda: tuple(_examine(data_dir.absolute(), mountinfo)), timeout_s=timeout_s
        )
    except TimeoutError:
        error = StoreError(
            f"{data_dir} does not answer within {timeout_s:g} s",
            remedy="Is it on a network mount whose server is away? Use a local disk.",
        )
        return (_refusal(error),)


def _examine(path: Path, mountinfo: str | None) -> Iterator[Check]:
    try:
        where = next(place for place in (path, *path.parents) if place.exists())
        _try_to_write(where)
        free_bytes = shutil.disk_usage(where).free
        is_remote = is_on_network(where, mountinfo)
        locked = _first_locked_file(path)
    except OSError as error:
        yield _refusal(unwritable(path, error))
        return
    if locked:
        yield _refusal(unwritable(path, PermissionError(), name=locked))
        return
    state = "can be used" if where == path else "does not exist yet and can be created"
    yield Check(
        subject=_SUBJECT, verdict=Verdict.OK, text=f"{path} {state}; {_megabytes(free_bytes)} are free."
    )
    yield from _warnings(path, free_bytes=free_bytes, is_remote=is_remote)


def _warnings(path: Path, *, free_bytes: int, is_remote: bool) -> Iterator[Check]:
    if free_bytes < _LOW_SPACE_BYTES:
        yield Check(
            subject=_SUBJECT,
            verdict=Verdict.WARNING,
            text=f"Only {_megabytes(free_bytes)} are free at {path}.",
            remedy="Make room there: without it Discarr forgets which message is its own.",
        )
    if is_remote:
        yield Check(
            subject=_SUBJECT,
            verdict=Verdict.WARNING,
            text=f"{path} lies on a network file system, where SQLite's locks are not reliable.",
            remedy="Use a local disk or a named volume.",
        )


def _try_to_write(directory: Path) -> None:
    # Really writing is the only answer that counts: access(2) knows nothing of quotas or full disks.
    with tempfile.TemporaryFile(dir=directory, prefix=".discarr-doctor-") as file:
        file.write(b"doctor")
        file.flush()


def _first_locked_file(directory: Path) -> str:
    """Return the name of a file of an earlier Discarr that ran as somebody else; empty if there is none."""
    # Not by opening them: closing a second handle would drop the locks that a running SQLite holds.
    usable = os.R_OK | os.W_OK
    return next(
        (
            path.name
            for path in directory.glob("discarr.*")
            if not os.access(path, usable, effective_ids=True)
        ),
        "",
    )


def _refusal(error: StoreError) -> Check:
    return Check(subject=_SUBJECT, verdict=Verdict.PROBLEM, text=f"{error}.", remedy=error.remedy)


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes // 1_000_000:,} MB"
