"""Processes forked from one that has imported the product, which takes the processor a second otherwise."""

import asyncio
import multiprocessing
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, cast

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["discarr.process", "discarr.doctor"])


@dataclass(frozen=True, slots=True)
class ForkedProcess:
    """As much of `asyncio.subprocess.Process` as tests need."""

    _process: ForkServerProcess

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(cast("int", self._process.pid), number)

    def kill(self) -> None:
        self._process.kill()

    async def wait(self) -> int:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        return cast("int", self.returncode)


async def fork(
    program: str, *arguments: str, cwd: Path, environ: Mapping[str, str], outputs: tuple[Path, Path]
) -> ForkedProcess:
    """Run a program as `python -c` would, with warnings as errors; `outputs` are there, and begin empty."""
    for path in outputs:
        path.touch()
    process = _CONTEXT.Process(
        target=_become, args=(program, arguments, cwd, dict(environ), outputs), daemon=True
    )
    await asyncio.to_thread(process.start)
    return ForkedProcess(process)


def _become(
    program: str, arguments: Sequence[str], cwd: Path, environ: Mapping[str, str], outputs: Sequence[Path]
) -> None:
    for number, path in enumerate(outputs, start=1):
        with path.open("wb") as file:
            os.dup2(file.fileno(), number)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environ)
    warnings.simplefilter("error")
    sys.argv[:] = ["-c", *arguments]
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(program, names)  # noqa: S102 - a test's own
