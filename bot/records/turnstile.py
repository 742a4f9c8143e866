"""So many threads at a time, first come, first served: a pool's own waiters can be overtaken for ever."""

from __future__ import annotations

import threading
from collections import deque


class Turnstile:
    """So many at a time within this process, in the order in which they came."""

    def __init__(self, places: int) -> None:
        """All places are free."""
        self._free = places
        self._queue: deque[threading.Event] = deque()
        self._guard = threading.Lock()

    def enter(self, wait_s: float) -> bool:
        """Takes a place, after `wait_s` seconds at most; True where it was had, and `leave` is then owed."""
        with self._guard:
            if self._free:
                self._free -= 1
                return True
            called = threading.Event()
            self._queue.append(called)
        if called.wait(wait_s):
            return True
        with self._guard:
            if called.is_set():  # called just as the wait ended: the place is ours
                return True
            self._queue.remove(called)
            return False

    def leave(self) -> None:
        """Hands the place to whoever has waited longest."""
        with self._guard:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._free += 1
