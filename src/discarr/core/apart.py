"""Reads the settings in a process of its own, which ends.

pydantic takes 10 MB that an imported module never gives back, for something that is needed once: the
process that runs for months would hold them all the time.
"""

import os
import threading
from collections.abc import Callable
from contextlib import suppress

import msgspec

from discarr.core.config import Config
from discarr.core.secret import Secret


def read_apart(load: Callable[[], Config]) -> Config:
    """Return what `load` returns, called in a child of this process.

    Whatever goes wrong there, `load` is called here, so that its errors are this process's own.
    """
    # A lock that another thread holds would stay locked in the child; Windows knows no such children.
    if threading.active_count() > 1 or not hasattr(os, "fork"):
        return load()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        with suppress(BaseException), os.fdopen(writing, "wb") as pipe:
            pipe.write(_ENCODER.encode(load()))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    try:
        return _DECODER.decode(answer)
    except msgspec.DecodeError:
        return load()


def _to_text(value: object) -> str:
    return value.get_secret_value() if isinstance(value, Secret) else str(value)


def _from_text(kind: type, text: str) -> object:
    return kind(text)


_ENCODER = msgspec.json.Encoder(enc_hook=_to_text)
_DECODER = msgspec.json.Decoder(Config, dec_hook=_from_text)
