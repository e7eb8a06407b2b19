"""What an app has written down."""

from datetime import timedelta

from discarr.sandbox.arr_server.json_format import utc_text
from discarr.sandbox.arr_server.records import Records
from tests.fakes.clock import START


def _written(count: int) -> Records:
    records = Records()
    for number in range(count):
        row = {"date": utc_text(START + timedelta(minutes=number))}
        records.write(row)
        records.block(row)
    return records


def test_ids_grow() -> None:
    records = _written(3)

    assert [row["id"] for row in records.history] == [1, 2, 3]
    assert [row["id"] for row in records.blocklist] == [1, 2, 3]


def test_an_id_that_was_freed_is_not_given_again() -> None:
    records = _written(3)

    records.unblock([3, 99])
    records.block({"date": utc_text(START)})

    assert [row["id"] for row in records.blocklist] == [1, 2, 4]


def test_a_restored_backup_forgets_what_came_later_and_gives_its_ids_again() -> None:
    records = _written(5)

    records.restore(START + timedelta(minutes=1))
    forgotten = [row["id"] for row in records.history]
    records.write({"date": utc_text(START + timedelta(hours=1))})

    assert forgotten == [1, 2]
    assert [row["id"] for row in records.history] == [1, 2, 3]
    assert [row["id"] for row in records.blocklist] == [1, 2]


def test_a_backup_of_an_empty_database_starts_at_one() -> None:
    records = _written(2)

    records.restore(START - timedelta(hours=1))
    records.write({"date": utc_text(START)})

    assert [row["id"] for row in records.history] == [1]
