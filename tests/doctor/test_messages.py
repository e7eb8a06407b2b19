"""What the doctor says about messages and alerts, from real databases."""

from datetime import datetime, timedelta
from pathlib import Path

from discarr.core.store import DATABASE_NAME, Store
from discarr.doctor.messages import check_messages
from discarr.doctor.report import Check, Verdict
from tests.core.store.test_glance import fill
from tests.fakes.clock import START, FakeClock


async def check(data_dir: Path, now: datetime = START) -> list[Check]:
    return list(await check_messages(data_dir, now=now, timeout_s=5))


async def make_database(directory: Path, *, is_filled: bool = True) -> None:
    store = await Store.open(directory, clock=FakeClock())
    if is_filled:
        await store.run(fill)
    await store.close()


async def test_without_a_database_nothing_is_said(tmp_path: Path) -> None:
    assert await check(tmp_path / "nowhere") == []


async def test_a_quiet_database_is_one_line(tmp_path: Path) -> None:
    await make_database(tmp_path, is_filled=False)

    assert await check(tmp_path) == [
        Check(
            subject="Messages",
            verdict=Verdict.OK,
            text="0 alerts open, 0 not acknowledged; 0 on the way; 0 for later; 0 undeliverable.",
        )
    ]


async def test_what_reached_nobody_is_a_warning_with_the_way_to_send_it_again(tmp_path: Path) -> None:
    await make_database(tmp_path)

    counts, dead = await check(tmp_path)

    assert counts.text == "3 alerts open, 1 not acknowledged; 1 on the way; 1 for later; 1 undeliverable."
    assert (dead.verdict, dead.text) == (Verdict.WARNING, "1 message reached nobody.")
    assert "/notifications" in str(dead.remedy)


async def test_what_waits_for_long_is_a_warning(tmp_path: Path) -> None:
    await make_database(tmp_path)

    found = await check(tmp_path, START + timedelta(minutes=40))

    assert [item.text for item in found if item.verdict is Verdict.WARNING] == [
        "1 message reached nobody.",
        "Something waits to be told for 40 min already.",
    ]


async def test_a_database_that_cannot_be_read_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).write_bytes(b"no database " * 1000)

    (found,) = await check(tmp_path)

    assert found.verdict is Verdict.WARNING
    assert found.text == "Not known: the database is damaged."
    assert "newest backup" in str(found.remedy)


async def test_a_disk_that_hangs_is_left_to_the_check_of_the_directory(tmp_path: Path) -> None:
    assert await check_messages(tmp_path, now=START, timeout_s=0) == ()
