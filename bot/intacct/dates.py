"""Dates, moments and amounts as Intacct writes them; what cannot be read is None, never a guess."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

AMERICAN = re.compile(r"\s*(\d{1,2})/(\d{1,2})/(\d{4})(?: (\d{1,2}):(\d{2}):(\d{2}))?\s*", re.ASCII)
"""A date, with or without a time."""


def day(text: str) -> date | None:
    """A calendar date (`11/30/2026`, `2026-11-30`)."""
    found = moment(text)
    return found.date() if found else None


def moment(text: str) -> datetime | None:
    """An aware moment, UTC where the text names no zone (`11/30/2026 08:15:00`, `2026-11-30T08:15:00+00:00`)."""
    american = AMERICAN.fullmatch(text)
    try:
        if american:
            month, day_of_month, year, hour, minute, second = (int(part) for part in american.groups("0"))
            return datetime(year, month, day_of_month, hour, minute, second, tzinfo=UTC)
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def amount(text: str) -> Decimal | None:
    """A finite number."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
