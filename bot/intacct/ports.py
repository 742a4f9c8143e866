"""What the Intacct room needs of higher rooms."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class Gate(Protocol):
    """Holds how many requests may be in flight to one Intacct company, over all processes."""

    def slot(self) -> AbstractContextManager[object]:
        """One request's place: waits until there is one, and frees it at the end. Held around one HTTP request.

        What it raises where there is none to be had is passed on; nothing was sent then.
        """


class CallCounter(Protocol):
    """Counts requests to Intacct; contracts allow so many a month."""

    def count(self, function: str) -> None:
        """One request with this function is about to be sent."""
