"""The company's calendar: real time, or in the sandbox the calendar that its page moves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import requests


class RealClock:
    """Real time."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return datetime.now(UTC)


class SandboxClock:
    """Real time and the sandbox's offset, asked for every second."""

    def __init__(self, address: str) -> None:
        """`address`: of the sandbox, `http://127.0.0.1:PORT`. Call `follow` to begin."""
        self._url = f"{address}/sandbox/control/clock"
        self._offset = timedelta(0)
        self._ended = threading.Event()
        self._session = requests.Session()
        self._moved: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        """The company's moment, aware, UTC."""
        return datetime.now(UTC) + self._offset

    def follow(self) -> None:
        """Reads the offset now, and from now on each second in a thread of its own."""
        self.read()
        threading.Thread(target=self._run, name="calendar", daemon=True).start()

    def on_move(self, act: Callable[[], None]) -> None:
        """Has something done each time the calendar is moved: what is due by it need not wait for the next tick."""
        self._moved = act

    def end(self) -> None:
        """Follows no more."""
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(1.0):
            self.read()

    def read(self) -> None:
        """Reads the offset once; where the sandbox does not answer, it stays as it was."""
        try:
            told = self._session.get(self._url, timeout=2).json()
        except (requests.RequestException, ValueError):
            return
        before, self._offset = self._offset, timedelta(seconds=float(told["offset_s"]))
        if self._offset != before:
            self._moved()
