import threading
import time
from ipaddress import ip_address

import pytest

from discarr.doctor.off_loop import look_up, run_off_loop


async def test_the_result_comes_back() -> None:
    assert await run_off_loop(lambda: threading.current_thread().daemon, timeout_s=5) is True


async def test_an_error_comes_back() -> None:
    def fail() -> None:
        raise PermissionError("no")

    with pytest.raises(PermissionError):
        await run_off_loop(fail, timeout_s=5)


async def test_work_that_hangs_is_left_behind_and_may_still_end() -> None:
    release, ended = threading.Event(), threading.Event()

    def hang() -> None:
        release.wait(10)
        ended.set()

    started = time.monotonic()
    with pytest.raises(TimeoutError):
        await run_off_loop(hang, timeout_s=0.05)

    assert time.monotonic() - started < 5
    release.set()
    assert ended.wait(5)


async def test_the_addresses_of_a_known_name_are_found_once_each() -> None:
    found = await look_up("localhost")

    assert any(address.is_loopback for address in found)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7"])
async def test_an_address_needs_no_looking_up(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no name server")

    monkeypatch.setattr("socket.getaddrinfo", refuse)

    assert await look_up(address) == (ip_address(address),)


async def test_a_name_that_cannot_be_one_is_an_error() -> None:
    with pytest.raises(UnicodeError):
        await look_up("a" * 64 + ".example")
