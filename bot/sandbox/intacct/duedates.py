"""When an invoice falls due under a kept AR term: the sandbox's own reckoning, independent of the bot's."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from bot.sandbox.intacct.objects import FROM
from bot.sandbox.world import Record


def due_date(term: Record, invoiced: date) -> date:
    """The due date of an invoice of `invoiced` under the ARTERM record."""
    return _reckon(int(term.get("DUEDATE") or 0), term.get("DUEFROM") or FROM[0], invoiced)


def discount_date(term: Record, invoiced: date) -> date | None:
    """The last date for the term's discount; None where it grants none."""
    if not term.get("DISCAMOUNT"):
        return None
    return _reckon(int(term.get("DISCDATE") or 0), term.get("DISCFROM") or FROM[0], invoiced)


def _reckon(days: int, start: str, invoiced: date) -> date:
    """Days from the invoice date, or a day of a month: one beyond the month's end is its last day."""
    months = FROM.index(start) - 1
    if months < 0:
        return invoiced + timedelta(days=days)
    year, month = divmod(invoiced.year * 12 + invoiced.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(max(days, 1), last))
