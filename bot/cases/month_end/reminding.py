"""Before a period closes: approvers, then deputies too, are told what still waits, and cards say how long is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from bot.cases import store
from bot.cases.case import FINAL_STATES
from bot.cases.outbox import direct, notice
from bot.cases.ports import Approvers, Clock, Company
from bot.cases.step import step
from bot.cases.view import CaseInvoice
from bot.close import Closing, Stage, stage
from bot.records import schedule
from bot.records.engine import Database
from bot.records.tables import case_invoices, cases, messages
from bot.records.tables import schedule as asked

KIND = "close"
"""Of the calendar's work that this module does."""
CASES_LISTED = 15
_MOMENT = "%Y%m%dT%H%M%SZ"

Permalink = Callable[[str, str], str]
"""(channel, ts) to the link of a message; empty where it has none any more."""


def key_of(company: Company, closing: Closing, moment: Stage) -> str:
    """`close/acme/2026-10/all/20261106T230000Z/24h`: a cut-off that is moved is another one, and reminded of anew."""
    at = closing.cut_off.astimezone(UTC).strftime(_MOMENT)
    return f"{KIND}/{company.key}/{closing.period.name}/{closing.entity or 'all'}/{at}/{moment.value}"


def ask_due(connection: Connection, companies: Iterable[Company], now: datetime) -> None:
    """Asks for what the close calendars say is due, the most urgent of each period alone. For every tick."""
    wanted = {
        key_of(company, closing, due): company.key
        for company in companies
        for closing in company.periods.calendar.closings
        if (due := stage(closing, now)) is not None
    }
    known = set(connection.scalars(select(asked.c.key).where(asked.c.key.in_(wanted))))
    for key in sorted(wanted.keys() - known):
        schedule.ask(connection, key=key, kind=KIND, company=wanted[key])


class Reminders:
    """Does what the close calendar of one company asks for."""

    def __init__(
        self, database: Database, clock: Clock, company: Company, approvers: Approvers, permalink: Permalink
    ) -> None:
        self._database = database
        self._clock = clock
        self._company = company
        self._approvers = approvers
        self._permalink = permalink

    def do(self, key: str) -> None:
        """Draws the cards concerned again, and at 24, 4 and 1 hours tells people what waits. Safe to run twice.

        After the last cut-off of the calendar it says that more are needed.

        What another moment or another calendar has overtaken is left undone. Raises slack_sdk's errors.
        """
        now = self._clock.now()
        closing = next(
            (
                each
                for each in self._company.periods.calendar.closings
                if (due := stage(each, now)) is not None and key_of(self._company, each, due) == key
            ),
            None,
        )
        if closing is None:
            return
        with self._database.transaction() as connection:
            waiting = self._waiting(connection, closing)
        moment = stage(closing, now)
        people = self._people(moment) if waiting and moment is not None and moment.reminds else ()
        told = self._told(closing, waiting) if people else {}
        with step(self._database, self._clock, f"schedule:{key}") as taken:
            for case, _ in waiting:
                taken.touch_card(case.id)
            if moment is Stage.CLOSED and not self._ahead(now):
                notice(taken, self._company, key, "calendar_ends", period=closing.period.name)
            for user in people:
                direct(taken, company=self._company.key, user=user, key=key, what="period_closes", **told)

    def _ahead(self, now: datetime) -> bool:
        """Whether the calendar names a cut-off that is still to come."""
        return any(each.cut_off > now for each in self._company.periods.calendar.closings)

    def _people(self, moment: Stage) -> tuple[str, ...]:
        entitled = self._approvers.entitled(self._company.key)
        return tuple(sorted(entitled.approvers)) if moment is Stage.DAY else entitled.people

    def _waiting(self, connection: Connection, closing: Closing) -> list[tuple[Any, tuple[CaseInvoice, ...]]]:
        """The cases with invoices that wait and fall under this closing, each with these."""
        rows = connection.execute(
            select(cases)
            .where(
                cases.c.company == self._company.key,
                cases.c.state.not_in([state.value for state in FINAL_STATES]),
                cases.c.id.in_(select(case_invoices.c.case_id).where(case_invoices.c.arrival == "waiting")),
            )
            .order_by(cases.c.id)
        ).all()
        found = []
        for case in rows:
            inside = tuple(
                invoice
                for invoice in store.waiting_invoices(connection, case.id, self._company.periods)
                if invoice.waits and invoice.standing is not None and self._under(closing, invoice.standing.closing)
            )
            if inside:
                found.append((case, inside))
        return found

    def _under(self, closing: Closing, found: Closing) -> bool:
        """Whether it is this closing, or one that it implies: of an earlier month that the calendar does not name."""
        named = self._company.periods.calendar.named(found.period.name) is not None
        return found == closing or (not named and found.cut_off == closing.cut_off)

    def _told(self, closing: Closing, waiting: Sequence[tuple[Any, tuple[CaseInvoice, ...]]]) -> dict[str, Any]:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for _, inside in waiting:
            for invoice in inside:
                if invoice.billed is not None and invoice.billed.amount is not None:
                    sums[invoice.billed.currency] += invoice.billed.amount
        return {
            "period": closing.period.name,
            "cut_off": closing.cut_off.isoformat(),
            "left_s": int((closing.cut_off - self._clock.now()).total_seconds()),
            "invoices": sum(len(inside) for _, inside in waiting),
            "sums": [[str(amount), currency] for currency, amount in sums.items()],
            "cases": [
                {
                    "number": case.number,
                    "term": case.term_name,
                    "state": case.state,
                    "invoices": [invoice.number for invoice in inside],
                    "link": self._link(case.id),
                }
                for case, inside in waiting[:CASES_LISTED]
            ],
            "more": max(0, len(waiting) - CASES_LISTED),
        }

    def _link(self, case_id: int) -> str:
        with self._database.transaction() as connection:
            card = connection.execute(
                select(messages.c.channel, messages.c.ts).where(
                    messages.c.case_id == case_id, messages.c.kind == "card", messages.c.ts.is_not(None)
                )
            ).one_or_none()
        return self._permalink(card.channel, card.ts) if card is not None else ""
