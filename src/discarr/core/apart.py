"""Reads the settings in a process of its own, which ends.

pydantic takes 10 MB that an imported module never gives back, for something that is needed once: the
process that runs for months would hold them all the time.
"""

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from discarr.core.config import Config
from discarr.core.secret import Secret


def read_apart(load: Callable[[], Config]) -> Config:
    """Return what `load` returns, called in a child of this process.

    Whatever goes wrong there, `load` is called here, so that its errors are this process's own.
    """
    # A lock that another thread holds would stay locked in the child. Windows knows no such children, and
    # the libraries of macOS do not bear to be in one.
    if sys.platform != "linux" or threading.active_count() > 1:
        return load()
    try:
        return _DECODER.decode(_answer_of_child(load))
    except (OSError, msgspec.DecodeError):
        return load()


def _answer_of_child(load: Callable[[], Config]) -> bytes:
    """Return what a child wrote: nothing at all where `load` failed.

    Raises:
        OSError: there is no process or no pipe to be had.
    """
    reading, writing = os.pipe()
    try:
        child = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        raise
    if not child:
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(_ENCODER.encode(load()))
        finally:
            os._exit(0)  # whatever was raised: the parent meets it again, and tells of it
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    with suppress(ChildProcessError):  # whoever started this process may have let it ignore SIGCHLD
        os.waitpid(child, 0)
    return answer


def _to_text(value: object) -> str:
    if isinstance(value, Secret):
        return value.get_secret_value()
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError  # as msgspec wants it for what cannot be written


def _from_text(kind: type, text: str) -> object:
    if kind in (Secret, Path):
        return kind(text)
    raise NotImplementedError  # nor read


_ENCODER = msgspec.json.Encoder(enc_hook=_to_text)
_DECODER = msgspec.json.Decoder(Config, dec_hook=_from_text)
