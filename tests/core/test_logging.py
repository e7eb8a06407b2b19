"""What reaches the log: one redacted line per record, and never a stalled loop."""

import asyncio
import io
import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

from discarr.core.logging import LogLevelSwitch, LogPipe, setup_logging
from discarr.core.redaction import Redactor
from tests.core.environs import KEY, TOKEN, load
from tests.fakes.clock import FakeClock

LOG = logging.getLogger("discarr.test")
TALKATIVE = ("aiohttp.access", "discord.gateway", "discord.http", "h2", "hpack", "httpcore", "httpx")
type Setup = Callable[..., tuple[LogPipe, io.StringIO]]


@pytest.fixture
def setup() -> Iterator[Setup]:
    """Set up logging into a string; everything is put back afterwards."""
    root = logging.getLogger()
    before = list(root.handlers)
    names = [None, "discarr", *TALKATIVE]
    levels = [(logging.getLogger(name), logging.getLogger(name).level) for name in names]
    pipes: list[LogPipe] = []

    def build(**changes: str) -> tuple[LogPipe, io.StringIO]:
        settings = load({name.upper(): value for name, value in changes.items()})
        stream = io.StringIO()
        pipes.append(setup_logging(settings, Redactor(settings.secrets()), stream))
        return pipes[-1], stream

    yield build
    for pipe in pipes:
        pipe.close()
    root.handlers[:] = before
    for logger, level in levels:
        logger.setLevel(level)


def raise_with(secret: str) -> None:
    raise RuntimeError(f"outer\n{secret}") from ValueError(f"inner {secret}")


def fail_with(secret: str) -> None:
    try:
        raise_with(secret)
    except RuntimeError:
        LOG.exception("request with %s failed for %r", secret, {"X-Api-Key": secret}, stack_info=True)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_secret_passes_in_message_arguments_or_traceback(setup: Setup, log_format: str) -> None:
    pipe, stream = setup(discarr_log_format=log_format)
    fail_with(KEY)
    fail_with(TOKEN)
    logging.getLogger("foreign").warning(f"https://h/?apikey={KEY} {TOKEN}")
    pipe.close()
    text = stream.getvalue()
    assert KEY not in text
    assert TOKEN not in text
    assert text.count("request with") >= 2
    assert "inner [redacted]" in text


def test_text_is_one_line_per_record_and_traces_are_indented(setup: Setup) -> None:
    pipe, stream = setup()
    LOG.info("first\nfake line\x1b[2J‮")
    fail_with("something")
    pipe.close()
    first, *rest = stream.getvalue().splitlines()
    assert first.endswith(r"INFO    discarr.test: first\nfake line\x1b[2J\u202e")
    assert " ERROR   discarr.test: request with something" in rest[0]
    assert all(line.startswith("    ") for line in rest[1:])


def test_json_is_one_object_per_line(setup: Setup) -> None:
    pipe, stream = setup(discarr_log_format="json")
    LOG.info("a\nb %s", "ü")
    fail_with("something")
    pipe.close()
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first.keys() == {"time", "level", "logger", "message"}
    assert (first["level"], first["logger"], first["message"]) == ("INFO", "discarr.test", "a\nb ü")
    assert "RuntimeError" in second["exception"]


def test_a_slip_in_a_log_line_is_written_as_it_stands(setup: Setup) -> None:
    pipe, stream = setup()
    LOG.info("%d things", "no number")
    pipe.close()
    assert stream.getvalue().rstrip().endswith("%d things")


def test_huge_texts_are_cut(setup: Setup) -> None:
    pipe, stream = setup()
    LOG.info("x" * 1_000_000)
    pipe.close()
    assert len(stream.getvalue()) < 20_000


def test_third_parties_never_get_to_debug(setup: Setup) -> None:
    pipe, stream = setup(discarr_log_level="debug")
    LOG.debug("own")
    for name in (*TALKATIVE, "foreign"):
        logging.getLogger(name).debug("theirs")
    for name in TALKATIVE:
        logging.getLogger(name).info("theirs")
    logging.getLogger("foreign").info("their news")
    pipe.close()
    assert "own" in stream.getvalue()
    assert "their news" in stream.getvalue()
    assert "theirs" not in stream.getvalue()


def test_a_quiet_level_is_quiet_for_all(setup: Setup) -> None:
    pipe, stream = setup(discarr_log_level="error")
    for name in ("discarr.x", "discord.client", "httpx"):
        logging.getLogger(name).warning("nothing")
    pipe.close()
    assert stream.getvalue() == ""


def test_a_blocked_pipe_loses_lines_instead_of_time() -> None:
    reading, writing = os.pipe()
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    settings = load()
    with os.fdopen(writing, "w") as stream, os.fdopen(reading) as reader:
        pipe = setup_logging(settings, Redactor([]), stream)
        try:
            for number in range(3_500):
                LOG.info("%d %s", number, "x" * 100)
            assert pipe._handler.dropped_count > 500
            read = [next(reader) for _ in range(1_000)]
            LOG.info("room again")
            read += [next(reader) for _ in range(500)]
            assert any("log lines were dropped so far" in line for line in read)
        finally:
            root.handlers[:] = before
            root.setLevel(level)
            logging.getLogger("discarr").setLevel(logging.NOTSET)
            while pipe_is_busy(pipe):
                next(reader)
            pipe.close()


def pipe_is_busy(pipe: LogPipe) -> bool:
    return not pipe._handler._lines.empty()


def test_a_closed_stream_raises_nothing(setup: Setup) -> None:
    pipe, stream = setup()
    stream.close()
    LOG.info("lost")
    pipe.close()
    assert pipe._handler.dropped_count == 1


def test_characters_the_terminal_lacks_are_escaped() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        pipe = setup_logging(load(), Redactor([]), stream)
        LOG.info("✓")
        pipe.close()
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        logging.getLogger("discarr").setLevel(logging.NOTSET)
    assert raw.getvalue().endswith(b"\\u2713\n")


class TestLogLevelSwitch:
    @pytest.fixture
    def logger(self) -> Iterator[logging.Logger]:
        logger = logging.getLogger("discarr")
        level = logger.level
        logger.setLevel("WARNING")
        yield logger
        logger.setLevel(level)

    async def test_debug_ends_by_itself(self, logger: logging.Logger) -> None:
        clock = FakeClock()
        switch = LogLevelSwitch("WARNING", clock=clock)
        task = asyncio.create_task(switch.run(), name="log-level")
        await clock.settle()
        switch.verbose_until(clock.now() + timedelta(minutes=30))
        await clock.advance(29 * 60)
        assert logger.level == logging.DEBUG
        await clock.advance(60)
        assert logger.level == logging.WARNING
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def test_asking_again_moves_the_end_and_restoring_ends_it_at_once(
        self, logger: logging.Logger
    ) -> None:
        clock = FakeClock()
        switch = LogLevelSwitch("WARNING", clock=clock)
        task = asyncio.create_task(switch.run(), name="log-level")
        switch.verbose_until(clock.now() + timedelta(minutes=30))
        await clock.advance(20 * 60)
        switch.verbose_until(clock.now() + timedelta(minutes=30))
        await clock.advance(20 * 60)
        assert logger.level == logging.DEBUG
        switch.restore()
        assert logger.level == logging.WARNING
        switch.restore()
        await clock.advance(60 * 60)
        switch.verbose_until(clock.now() + timedelta(minutes=30))
        await clock.settle()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert logger.level == logging.WARNING
