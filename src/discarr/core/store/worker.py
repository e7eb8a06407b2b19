"""One thread that does everything with the database."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future


class Worker:
    """Runs functions one after the other in a thread of its own.

    A `ThreadPoolExecutor` is joined when the interpreter ends, so a disk that hangs would keep the
    process alive for ever; this thread is a daemon.
    """

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self.is_stopped = False
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def submit[T](self, function: Callable[[], T]) -> Future[T]:
        """Queue a function; cancelling the future before its turn means that it never runs."""
        future: Future[T] = Future()

        def job() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = function()
            except BaseException as error:  # handed to whoever waits
                future.set_exception(error)
            else:
                future.set_result(result)

        self._jobs.put(job)
        return future

    def stop(self) -> None:
        """End the thread once everything queued so far has run."""
        self.is_stopped = True
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
