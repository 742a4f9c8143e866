"""What billing sources need of higher rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol


class Gate(Protocol):
    """Holds how many requests may be in flight to one BILL organization, over all processes."""

    def slot(self) -> AbstractContextManager[object]:
        """One request's place: waits until there is one, and frees it at the end. Held around one HTTP request."""


class CallCounter(Protocol):
    """Counts requests to BILL; an organization's key has 20,000 an hour."""

    def count(self) -> None:
        """One request is about to be sent."""


class AlertFacts(Protocol):
    """What the stored alerts say."""

    def terms_named(self, numbers: Sequence[str]) -> Mapping[str, str]:
        """Of these invoices those that an alert named together with a term: number to term name, untouched."""
