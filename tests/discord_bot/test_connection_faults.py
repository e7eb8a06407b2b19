"""What a failed connection means, where no test on sockets gets to it."""

import asyncio
import socket
from typing import Any

import aiohttp
import discord
import pytest
from aiohttp.client_reqrep import ConnectionKey

from discarr.discord_bot.connection_faults import (
    BAD_TOKEN,
    PRIVILEGED_INTENTS,
    UNSUPPORTED,
    ConnectionFault,
    FaultKind,
    classify,
)


def closed(code: int) -> discord.ConnectionClosed:
    unused: Any = None
    return discord.ConnectionClosed(unused, shard_id=None, code=code)


def dns_failure() -> aiohttp.ClientConnectorDNSError:
    key = ConnectionKey("discord.com", 443, True, True, None, None, None)
    return aiohttp.ClientConnectorDNSError(key, socket.gaierror(-2, "Name or service not known"))


@pytest.mark.parametrize("code", [4010, 4011, 4012])
def test_close_codes_about_the_protocol_ask_for_an_update(code: int) -> None:
    assert classify(closed(code)) == UNSUPPORTED


def test_refusals_are_permanent_and_come_with_a_remedy() -> None:
    for fault in (BAD_TOKEN, PRIVILEGED_INTENTS, UNSUPPORTED):
        assert fault.kind is FaultKind.PERMANENT
        assert fault.remedy


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (closed(4001), "code 4001"),
        (
            discord.GatewayNotFound(),  # type: ignore[no-untyped-call]  # discord.py leaves it untyped
            "trouble",
        ),
        (dns_failure(), "looked up"),
        (TimeoutError(), "in time"),
        (aiohttp.ServerTimeoutError(), "in time"),
        (aiohttp.ServerDisconnectedError(), "cannot be reached"),
        (ConnectionResetError(104, "reset"), "cannot be reached"),
    ],
)
def test_everything_about_the_line_passes(error: Exception, words: str) -> None:
    fault = classify(error)

    assert isinstance(fault, ConnectionFault)
    assert fault.kind is FaultKind.PASSING
    assert words in fault.reason


def test_the_words_carry_no_address() -> None:
    fault = classify(dns_failure())

    assert fault is not None
    assert "discord.com" not in fault.reason + fault.remedy


@pytest.mark.parametrize("mistake", [AttributeError("sequence"), KeyError("id"), asyncio.InvalidStateError()])
def test_mistakes_in_the_program_are_no_faults(mistake: Exception) -> None:
    assert classify(mistake) is None
