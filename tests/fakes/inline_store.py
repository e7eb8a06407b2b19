"""A store that needs no thread, so that everything it does takes no time on a clock that a test moves."""

from collections.abc import Callable
from concurrent.futures import Future

from discarr.core.clock import Clock
from discarr.core.store import Store
from discarr.core.store.worker import Worker


class _AtOnce(Worker):
    """Runs each function when it is handed over."""

    def __init__(self) -> None:
        self.is_stopped = False

    def submit[T](self, function: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(function())
        except BaseException as error:  # handed to whoever waits
            future.set_exception(error)
        return future

    def stop(self) -> None:
        self.is_stopped = True


class InlineStore(Store):
    """The real store on the caller's own thread."""

    def __init__(self, *, clock: Clock) -> None:
        super().__init__(clock=clock)
        self._worker.stop()
        self._worker = _AtOnce()
