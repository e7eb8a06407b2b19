"""Logs: one line per record, redacted, written by a thread so that a blocked pipe stalls nobody."""

import asyncio
import json
import logging
import queue
import threading
from datetime import UTC, datetime
from typing import TextIO

from discarr.core.clock import Clock
from discarr.core.config import Config
from discarr.core.redaction import Redactor

_OWN_LOGGER = "discarr"
_NOISY_LOGGERS = ("aiohttp.access", "discord.gateway", "discord.http", "h2", "hpack", "httpcore", "httpx")
"""They log addresses with keys, headers with keys, payloads or every request."""
_MAX_QUEUED = 2_000
_MAX_TEXT = 16_000
_CLOSE_TIMEOUT_S = 2.0


class _RedactingFormatter(logging.Formatter):
    """Formats message, arguments and traceback, then redacts all of it."""

    def __init__(self, redactor: Redactor, *, is_json: bool) -> None:
        super().__init__()
        self._redactor = redactor
        self._is_json = is_json

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        message = self._clean(_message(record))
        trace = self._clean(self._trace(record))
        if self._is_json:
            fields = {"time": at, "level": record.levelname, "logger": record.name, "message": message}
            return json.dumps(fields | ({"exception": trace} if trace else {}))
        line = f"{at} {record.levelname:<7} {record.name}: {_on_one_line(message)}"
        return line + "".join(f"\n    {_on_one_line(part)}" for part in trace.splitlines())

    def _clean(self, text: str) -> str:
        text = self._redactor.redact(text)
        return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"

    def _trace(self, record: logging.LogRecord) -> str:
        # Not `record.exc_text`: another handler may have cached the traceback there unredacted.
        trace = self.formatException(record.exc_info) if record.exc_info and record.exc_info[0] else ""
        return "\n".join(part for part in (trace, record.stack_info) if part)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, LookupError, AttributeError):
        # Arguments that do not fit the text: a slip in a log line must not fail what it tells about.
        return str(record.msg)


def _on_one_line(text: str) -> str:
    """Escape what would begin a new line or steer a terminal: titles come from strangers."""
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in text.rstrip()
    )


class _QueueingHandler(logging.Handler):
    """Hands finished lines to a thread; drops and counts them while that thread is stuck."""

    def __init__(self, stream: TextIO, redactor: Redactor, *, is_json: bool) -> None:
        super().__init__()
        self.setFormatter(_RedactingFormatter(redactor, is_json=is_json))
        self._stream = stream
        self._lines: queue.Queue[str | None] = queue.Queue(_MAX_QUEUED)
        self.dropped_count = 0
        self._thread = threading.Thread(target=self._write_all, name="discarr-log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.put_nowait(self.format(record))
        except queue.Full:
            self.dropped_count += 1

    def stop(self) -> None:
        """Write what is queued, for at most 2 s."""
        try:
            self._lines.put(None, timeout=_CLOSE_TIMEOUT_S)
        except queue.Full:
            return
        self._thread.join(_CLOSE_TIMEOUT_S)

    def _write_all(self) -> None:
        told = 0
        while (line := self._lines.get()) is not None:
            if not self._write(line):
                self.dropped_count += 1
            elif (dropped := self.dropped_count) > told:
                told = dropped
                self._write(f"{dropped} log lines were dropped so far: the reader of this log is too slow")

    def _write(self, line: str) -> bool:
        encoding = self._stream.encoding or "utf-8"
        try:
            self._stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            # The reader is gone (EPIPE) or the stream closed: there is nowhere left to say so.
            return False
        return True


class LogPipe:
    """Logging as set up by `setup_logging`; close it last."""

    def __init__(self, handler: _QueueingHandler) -> None:
        self._handler = handler

    def close(self) -> None:
        """Write what is queued, bounded in time, and take the handler away."""
        logging.getLogger().removeHandler(self._handler)
        self._handler.stop()
        self._handler.close()


def setup_logging(settings: Config, redactor: Redactor, stream: TextIO) -> LogPipe:
    """Send everything that is logged to `stream`, redacted, in place of other handlers.

    Only Discarr's own loggers ever get to DEBUG: discord.py prints tokens there.
    """
    handler = _QueueingHandler(stream, redactor, is_json=settings.log_format == "json")
    own_level = logging.getLevelNamesMapping()[settings.log_level]
    root = logging.getLogger()
    for other in tuple(root.handlers):
        root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(max(own_level, logging.INFO))
    logging.getLogger(_OWN_LOGGER).setLevel(own_level)
    for name in _NOISY_LOGGERS:
        logging.getLogger(name).setLevel(max(own_level, logging.WARNING))
    return LogPipe(handler)


class LogLevelSwitch:
    """Turns debug logging on for a while, and off again by itself."""

    def __init__(self, level: str, *, clock: Clock) -> None:
        self._level = level
        self._clock = clock
        self._until: float | None = None
        self._requested = asyncio.Event()

    def verbose_until(self, until: datetime) -> None:
        """Log at DEBUG from now on until that instant; asking again moves it."""
        self._until = self._clock.monotonic() + (until - self._clock.now()).total_seconds()
        logging.getLogger(_OWN_LOGGER).setLevel(logging.DEBUG)
        self._requested.set()

    def restore(self) -> None:
        """Go back to the level of the settings."""
        if self._until is not None:
            self._until = None
            logging.getLogger(_OWN_LOGGER).setLevel(self._level)

    async def run(self) -> None:
        """Fall back to the level of the settings when the time is over; run until cancelled."""
        try:
            while True:
                await self._requested.wait()
                self._requested.clear()
                while self._until is not None:
                    remaining_s = self._until - self._clock.monotonic()
                    if remaining_s > 0:
                        await self._clock.sleep(remaining_s)
                    else:
                        self.restore()
        finally:
            self.restore()
