"""What one alert says: the records that could not sync."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Which of the sync's two sentences named the failure."""

    SEQUENCE = "sequence"
    """`Invoice [X] cannot be created in Intacct: Could not retrieve the Sequence record!`: it names an invoice."""
    TERM_INVALID = "term_invalid"
    """`The term name 'X' is invalid`: it names a term."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One record that could not sync."""

    cause: Cause
    invoice: str | None = None
    """The invoice's number; beside a term only where one sentence names both."""
    term: str | None = None
    """The term's name, exactly as between its quotes."""
