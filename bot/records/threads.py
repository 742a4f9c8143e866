"""The threads that handlers of jobs run on: a fixed few, so that what they keep a thread (connections) is used again."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future


class HandlerThreads:
    """A few threads that live as long as the process and, unlike an executor's, never hold up its end."""

    def __init__(self, size: int) -> None:
        """Starts none yet."""
        self._size = size
        self._work: queue.SimpleQueue[tuple[Callable[[], None], Future[None]] | None] = queue.SimpleQueue()

    def start(self) -> None:
        """Starts them."""
        for number in range(self._size):
            threading.Thread(target=self._run, name=f"job-{number}", daemon=True).start()

    def stop(self) -> None:
        """Lets each end after what it is at."""
        for _ in range(self._size):
            self._work.put(None)

    def submit(self, work: Callable[[], None]) -> Future[None]:
        """Has work done by the next thread that is free."""
        future: Future[None] = Future()
        self._work.put((work, future))
        return future

    def _run(self) -> None:
        while (item := self._work.get()) is not None:
            work, future = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                work()
            except BaseException as error:  # noqa: BLE001  (it is the job's outcome)
                future.set_exception(error)
            else:
                future.set_result(None)
