"""What happens on a disk of 2 MiB, in a mount namespace of its own: run as a program by the tests."""

import asyncio
import inspect
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from discarr.core.errors import StoreError
from discarr.core.store import Store
from discarr.core.store.connection import connect
from discarr.core.store.schema import MIGRATIONS, migrate
from tests.core.store.scenes import back_up, content, garble_pages, look, names, remember
from tests.fakes.clock import FakeClock

_SIZE = "2m"
FULL = "the disk of the data directory is full"


def fill_disk(directory: Path, *, but_bytes: int = 0) -> None:
    """Leave not a byte of room, or that many."""
    path = directory.parent / "ballast"
    with path.open("wb", buffering=0) as ballast, suppress(OSError):
        while ballast.write(b"x" * 1024):
            pass
    os.truncate(path, path.stat().st_size - but_bytes)
    room = os.statvfs(directory.parent)
    assert room.f_bavail * room.f_frsize == but_bytes


def make_room(directory: Path) -> None:
    (directory.parent / "ballast").unlink()


def mount_again(directory: Path, options: str) -> None:
    subprocess.run(
        ["mount", "-o", f"remount,{options}", str(directory.parent)],  # noqa: S607 - where it is differs
        check=True,
        timeout=10,
    )


async def refused(work: Awaitable[object], words: str) -> StoreError:
    with pytest.raises(StoreError, match=words) as caught:
        await work
    return caught.value


async def a_disk_fills_up_while_it_runs(directory: Path) -> None:
    store = await Store.open(directory, clock=FakeClock())
    await store.put_meta("key", "value")
    await asyncio.to_thread(fill_disk, directory)

    assert (await refused(store.put_meta("large", "x" * 100_000), FULL)).summary == FULL
    await refused(store.back_up(), FULL)
    assert names(directory, ".*.backup") == []
    assert not (directory / "discarr.partial").exists()
    assert await store.get_meta("key") == "value"

    await asyncio.to_thread(make_room, directory)
    await store.put_meta("key", "new value")
    await store.back_up()
    assert await store.get_meta("key") == "new value"
    await store.close()


async def a_disk_is_full_at_the_start(directory: Path) -> None:
    await remember(directory)
    await asyncio.to_thread(fill_disk, directory)

    store = await Store.open(directory, clock=FakeClock())
    assert store.is_persistent
    assert store.recovery is None
    assert await store.get_meta("key") == "value"
    await refused(store.put_meta("large", "x" * 100_000), FULL)

    await asyncio.to_thread(make_room, directory)
    await store.put_meta("key", "new value")
    await store.close()
    assert (await look(directory)).value == "new value"


async def a_new_database_has_no_room(directory: Path) -> None:
    await asyncio.to_thread(fill_disk, directory)
    await refused(Store.open(directory, clock=FakeClock()), FULL)
    await asyncio.to_thread(make_room, directory)
    assert (await look(directory)).recovery is None


async def a_backup_does_not_fit_but_a_new_database_would(directory: Path) -> None:
    await a_backup_cannot_be_put_back_without_room(directory, but_bytes=200 * 1024)


async def a_backup_cannot_be_put_back_without_room(directory: Path, *, but_bytes: int = 0) -> None:
    path = await remember(directory)
    await back_up(directory)
    await asyncio.to_thread(garble_pages, path)
    garbled = content(path)
    await asyncio.to_thread(fill_disk, directory, but_bytes=but_bytes)

    await refused(Store.open(directory, clock=FakeClock()), FULL)
    assert content(path) == garbled
    assert names(directory, ".corrupt.*") == []

    await asyncio.to_thread(make_room, directory)
    found = await look(directory)
    assert (found.value, found.is_disarmed) == ("value", True)


async def a_migration_has_no_room(directory: Path) -> None:
    path = await remember(directory)
    await asyncio.to_thread(fill_disk, directory)

    with closing(connect(path, shares=False)) as connection:
        with pytest.raises(sqlite3.OperationalError, match="full"):
            migrate(connection, path, [*MIGRATIONS, ("CREATE TABLE later (id INTEGER PRIMARY KEY)",)])
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)

    await asyncio.to_thread(make_room, directory)
    assert (await look(directory)).value == "value"


async def a_disk_is_read_only(directory: Path) -> None:
    await remember(directory)
    await asyncio.to_thread(mount_again, directory, "ro")

    error = await refused(Store.open(directory, clock=FakeClock()), "is read-only")
    assert error.summary == "the data directory is read-only"
    assert "a read-only container needs one for /data" in error.remedy

    await asyncio.to_thread(mount_again, directory, "rw")
    assert (await look(directory)).value == "value"


SCENES: dict[str, Callable[[Path], Coroutine[Any, Any, None]]] = {
    name: scene
    for name, scene in globals().items()
    if name.startswith("a_") and inspect.iscoroutinefunction(scene)
}


def run_on_small_disk(scene: str, mount_point: Path) -> None:
    """Run a scene in another process; skips the test where nothing may be mounted.

    The mount is seen by that process alone, and ends with it.
    """
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("there is no unshare")
    root = [] if os.geteuid() == 0 else ["--map-root-user"]
    mounting = [
        unshare,
        "--mount",
        *root,
        "sh",
        "-c",
        f'mount -t tmpfs -o size={_SIZE} none "$0" && exec "$@"',
    ]
    if subprocess.run([*mounting, str(mount_point), "true"], capture_output=True, timeout=10).returncode:
        pytest.skip("nothing may be mounted")
    ran = subprocess.run(
        [*mounting, str(mount_point), sys.executable, "-m", __name__, scene, str(mount_point)],
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert ran.returncode == 0, ran.stderr


if __name__ == "__main__":
    logging.disable()
    asyncio.run(SCENES[sys.argv[1]](Path(sys.argv[2]) / "data"))
