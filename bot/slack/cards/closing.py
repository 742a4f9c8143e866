"""What is said of a period that is about to close, to one person at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bot.cases.case import CaseState
from bot.slack.cards import words
from bot.slack.cards.blocks import CardMessage, bullets, context, message, section
from bot.slack.cards.names import COMMAND


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCase:
    """A case with invoices that are dated in the period."""

    number: int
    term: str | None
    state: CaseState
    invoices: Sequence[str]
    link: str
    """To its card; empty where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """What still waits before a period closes."""

    period: str
    """`2026-10`."""
    cut_off: datetime
    left: timedelta
    """As of the message's making."""
    invoices: int
    sums: Sequence[tuple[Decimal, str]]
    cases: Sequence[WaitingCase]
    more: int
    """Cases that are not listed."""


def period_closes(reminder: Reminder) -> CardMessage:
    """To an approver or deputy: how long is left, what waits for how much, and where each case's card is."""
    period = words.period(reminder.period)
    # A reminder is a few seconds late: 23 h 59 min left is meant as 24.
    left = words.duration(reminder.left + timedelta(seconds=59))
    sums = f", {words.totals(reminder.sums)}" if reminder.sums else ""
    one = reminder.invoices == 1
    lines = [_case(case) for case in reminder.cases]
    if reminder.more:
        lines.append(f"and {words.counted(reminder.more, 'case')} more")
    return message(
        [
            section(
                f"*{period} closes for AR in {left}* ({words.at_moment(reminder.cut_off)}).",
                f"{words.counted(reminder.invoices, 'invoice')} dated in it {'is' if one else 'are'} not in Intacct yet"
                f"{sums}:",
            ),
            section(bullets(lines, 20)),
            context(
                f"`{COMMAND} close {reminder.period}` lists all that is billed and not in Intacct, whatever the reason. "
                "After the cut-off an approver has to choose for each how it gets into the books."
            ),
        ]
    )


def _case(case: WaitingCase) -> str:
    shown = [words.name(number, 60) for number in case.invoices[:3]]
    more = len(case.invoices) - len(shown)
    which = words.joined([*shown, *([f"{words.number(more)} more"] if more else [])])
    term = f", {words.code(case.term, 60)}" if case.term is not None else ""
    return f"{words.link(case.link, f'case {case.number}')}{term}: {which} · {case.state.value.replace('_', ' ')}"
