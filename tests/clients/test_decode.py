import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discarr.clients.decode import PageDecoder, decode_list, decode_object
from discarr.clients.wire import QueueRow, Status, Tag
from discarr.core.clock import SystemClock
from discarr.core.errors import BadAnswer
from tests.clients.fake_app import make_row

DECODER = PageDecoder(QueueRow, "radarr", clock=SystemClock())


def page_of(*records: Any, **more: Any) -> bytes:
    return json.dumps({"page": 1, "totalRecords": len(records), "records": records} | more).encode()


async def test_a_sound_page_is_decoded() -> None:
    page = await DECODER.decode(page_of(make_row(1), make_row(2)))
    assert [row.id for row in page.rows] == [1, 2]
    assert (page.number, page.total, page.skipped, page.sent) == (1, 2, 0, 2)


@pytest.mark.parametrize(
    "bad", [None, 5, "row", [], {"id": "abc"}, {"id": 1, "status": {"a": 1}}, {"id": 1, "size": []}]
)
async def test_a_bad_record_is_skipped_and_counted_without_harm_to_others(bad: Any) -> None:
    page = await DECODER.decode(page_of(make_row(1), bad, make_row(3)))
    assert [row.id for row in page.rows] == [1, 3]
    assert (page.skipped, page.sent) == (1, 3)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "-5", "1" * 60, "1" * 5000])
async def test_numbers_beyond_json_do_not_cost_a_row(number: str) -> None:
    body = page_of(make_row(1, size="@")).replace(b'"@"', number.encode())
    page = await DECODER.decode(body)
    assert [row.id for row in page.rows] == [1]
    assert page.skipped == 0


async def test_an_endless_number_costs_at_most_its_own_row() -> None:
    body = page_of(make_row(1), make_row(2, id="@"), totalRecords="@").replace(b'"@"', b"1" * 5000)
    page = await DECODER.decode(body)
    assert [row.id for row in page.rows] == [1]
    assert (page.skipped, page.total) == (1, None)


async def test_a_byte_order_mark_and_broken_utf8_are_survived() -> None:
    body = b"\xef\xbb\xbf" + page_of(make_row(1, title="@")).replace(b"@", b"caf\xe9")
    assert (await DECODER.decode(body)).rows[0].title == "caf\N{REPLACEMENT CHARACTER}"


async def test_lone_surrogates_become_encodable() -> None:
    messages = [{"title": "\ud800", "messages": ["\udfff"]}]
    page = await DECODER.decode(page_of(make_row(1, title="a\ud800b", statusMessages=messages)))
    assert page.rows[0].title == "a\N{REPLACEMENT CHARACTER}b"
    assert page.rows[0].status_messages is not None
    assert page.rows[0].status_messages[0].messages == ("\N{REPLACEMENT CHARACTER}",)


async def test_strange_page_numbers_count_as_unknown() -> None:
    page = await DECODER.decode(page_of(make_row(1), page="one", totalRecords=True))
    assert (page.number, page.total) == (None, None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"records": null}',
        b'{"records": {}}',
        b"<html>",
        b'{"page": 1, "records": [{"id": 1',
        b"[" * 100_000,
        b'{"records":' + b"[" * 100_000,
    ],
)
async def test_what_is_no_page_is_an_error_and_never_an_empty_queue(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        await DECODER.decode(body)


async def test_records_that_did_not_change_stay_the_same_rows() -> None:
    records = [make_row(key) for key in range(1, 8)]
    before = await DECODER.decode(page_of(*records))
    records[2] = make_row(3, sizeleft=1)
    after = await DECODER.decode(page_of(*records), before)
    assert after.rows == (await DECODER.decode(page_of(*records))).rows
    assert [old is new for old, new in zip(before.rows, after.rows, strict=True)] == [True] * 2 + [False] + [
        True
    ] * 4


@given(st.lists(st.integers(1, 8), max_size=9), st.lists(st.integers(1, 8), max_size=9))
async def test_what_is_remembered_never_changes_what_is_read(before: list[int], after: list[int]) -> None:
    first = await DECODER.decode(page_of(*(make_row(key) for key in before)))
    body = page_of(*(make_row(key) if key < 8 else 5 for key in after))
    assert (await DECODER.decode(body, first)).rows == (await DECODER.decode(body)).rows
    assert (await DECODER.decode(body, first)).sent == len(after)


def test_lists_leave_out_what_cannot_be_understood() -> None:
    assert decode_list(b'[{"id":1,"label":"a"}, 7]', Tag, "radarr") == [Tag(id=1, label="a")]
    assert decode_list(b"[]", Tag, "radarr") == []
    with pytest.raises(BadAnswer):
        decode_list(b"{}", Tag, "radarr")


def test_objects_must_be_objects() -> None:
    assert decode_object(b'{"appName":"Radarr","x":NaN}', Status, "radarr").app_name == "Radarr"
    with pytest.raises(BadAnswer):
        decode_object(b"[]", Status, "radarr")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.lists(JSON | st.dictionaries(st.sampled_from(sorted(make_row(1))), JSON, max_size=6), max_size=5))
async def test_whatever_the_records_are_each_is_read_or_counted(records: list[Any]) -> None:
    page = await DECODER.decode(page_of(make_row(1), *records, make_row(2)))
    assert page.sent == len(records) + 2
    assert {1, 2} <= {row.id for row in page.rows}
