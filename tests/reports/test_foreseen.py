"""The daily look: before the report, once a failure, and what it spoke of in time is counted when nothing failed."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, update

from bot.billing.bill import TERMS_KEPT_S
from bot.records import schedule
from bot.records.tables import schedule as rows
from bot.reports import calendar, memory
from bot.reports.report import Report
from bot.reports.run import RunKind
from bot.sandbox.world import Fault
from bot.terms.drift import FAILING
from tests.cases.office import Office, invalid, sequence
from tests.reports.keys import weekly_key

LOOK = "preflight/acme/2026-11-23"


def report(acme: Office) -> Report:
    """The newest weekly report."""
    with acme.database.transaction() as connection:
        run = connection.exec_driver_sql("SELECT max(id) FROM drift_runs WHERE kind = 'weekly'").scalar_one()
        return memory.report_of(connection, run)


def term(acme: Office, name: str, days: int, number: str) -> None:
    """A term in BILL alone, and an invoice that bears it."""
    acme.invoices(acme.bill_term(name, days), number, dated=acme.clock.now().date().isoformat())
    time.sleep(TERMS_KEPT_S)


def case_of(acme: Office, name: str) -> Any:
    return next((case for case in acme.cases() if case.term_name == name), None)


def look(acme: Office) -> None:
    acme.rooms.reports.preflight()
    acme.work()


def book(acme: Office, number: str, term_name: str) -> str:
    """Intacct has an invoice of this number and term; its record."""
    invoices = acme.world.store.table("arinvoice")
    row = next(iter(invoices.values()))
    invoices["999"] = {**row, "RECORDNO": "999", "RECORDID": number, "TERMNAME": term_name}
    return "999"


class Due:
    """A report and a look that became due at the same tick, done when the test says so."""

    def __init__(self, acme: Office) -> None:
        self._acme = acme
        self.report = weekly_key(acme)
        with acme.database.transaction() as connection:
            for kind, key in ((calendar.WEEKLY, self.report), (calendar.PREFLIGHT, LOOK)):
                schedule.ask(connection, key=key, kind=kind, company="acme")
        acme.rooms.doings |= {calendar.WEEKLY: self._weekly, calendar.PREFLIGHT: self._preflight}

    def _weekly(self, company: str, key: str) -> None:
        del company
        self._acme.rooms.reports.weekly(key)

    def _preflight(self, company: str, key: str) -> None:
        del company, key
        self._acme.rooms.reports.preflight()

    def do(self, key: str) -> bool:
        return schedule.do(self._acme.database, key, self._acme.rooms.doings, lambda *_: pytest.fail("given up"))

    def put(self, key: str, **values: Any) -> None:
        """As if this had happened to what the key asks for."""
        with self._acme.database.transaction() as connection:
            connection.execute(update(rows).where(rows.c.key == key).values(**values))

    def attempts(self, key: str) -> int:
        with self._acme.database.transaction() as connection:
            found: int = connection.scalar(rows.select().with_only_columns(rows.c.attempts).where(rows.c.key == key))
            return found


def test_a_report_that_is_due_with_the_look_comes_after_it_and_links_the_cases_that_it_opened(acme: Office) -> None:
    due = Due(acme)
    assert not due.do(due.report)
    assert due.attempts(due.report) == 0
    acme.work(seconds=60)
    told = report(acme)
    failing = {each.key for each in told.tracked if each.finding.kind in FAILING and each.finding.invoices}
    assert failing
    assert set(told.cases) >= failing
    assert due.attempts(due.report) == 1


def test_a_report_does_not_wait_for_ever_for_a_look_that_fails(acme: Office) -> None:
    due = Due(acme)
    acme.world.faults.set(Fault("intacct", "*", "offline", 500))
    assert not due.do(LOOK)
    assert not due.do(due.report)
    due.put(due.report, asked_at=rows.c.asked_at - calendar.LOOK_FIRST - timedelta(seconds=1))
    assert not due.do(due.report)
    assert due.attempts(due.report) == 1


def test_an_outage_puts_the_report_off_and_the_last_attempt_tells_what_it_can(acme: Office) -> None:
    due = Due(acme)
    due.put(LOOK, done_at=func.now())
    acme.world.faults.set(Fault("intacct", "*", "offline", 500))
    assert not due.do(due.report)
    assert acme.messages("report") == []
    due.put(due.report, attempts=schedule.ATTEMPTS - 1)
    assert due.do(due.report)
    assert len(acme.messages("report")) == 1
    assert report(acme).missing


def test_a_report_that_an_outage_put_off_is_whole_once_the_services_answer(acme: Office) -> None:
    due = Due(acme)
    due.put(LOOK, done_at=func.now())
    acme.world.faults.set(Fault("intacct", "query", "offline", 500, after=1))
    assert not due.do(due.report)
    acme.world.faults.clear()
    assert due.do(due.report)
    assert not report(acme).missing


def test_a_look_that_could_not_see_what_waits_is_repeated_and_then_speaks(acme: Office) -> None:
    due = Due(acme)
    acme.world.faults.set(Fault("intacct", "query", "offline", 500, after=1))
    assert not due.do(LOOK)
    assert not acme.cases()
    acme.world.faults.clear()
    assert due.do(LOOK)
    acme.work(seconds=60)
    assert case_of(acme, "Net 45") is not None


def test_every_case_of_a_look_is_about_its_term_even_where_two_invoices_bear_one_number(acme: Office) -> None:
    look(acme)
    assert {case.term_name for case in acme.cases()} >= {"Per contract", "Net 90"}
    assert None not in {case.term_name for case in acme.cases()}


def test_a_known_failure_is_spoken_of_with_its_first_invoice_that_waits(acme: Office) -> None:
    term(acme, "Net 7", 7, "INV-2000")
    record = book(acme, "INV-2000", "Net 7")
    look(acme)
    acme.rooms.reports.now()
    assert case_of(acme, "Net 7") is None
    acme.world.store.table("arinvoice").pop(record)
    acme.rooms.reports.now()
    look(acme)
    assert case_of(acme, "Net 7").state == "awaiting_decision"
    (card,) = [card for card in acme.posted() if "INV-2000" in card["text"]]
    assert "found before it failed" in card["text"].lower()


@pytest.mark.parametrize("kind", [RunKind.ASKED, RunKind.PREFLIGHT])
def test_what_a_person_asked_for_first_is_still_spoken_of_by_the_look(acme: Office, kind: RunKind) -> None:
    acme.rooms.reports.now(kind=kind)
    look(acme)
    assert case_of(acme, "Net 45") is not None


def test_what_went_away_and_came_back_between_two_reports_is_spoken_of_again(acme: Office) -> None:
    look(acme)
    acme.ar_term("Net 45", 45)
    look(acme)
    terms = acme.world.store.table("arterm")
    key = next(key for key, row in terms.items() if row["NAME"] == "Net 45")
    terms[key] = {**terms[key], "STATUS": "inactive"}
    before = len(acme.journal("found"))
    look(acme)
    look(acme)
    assert len(acme.journal("found")) == before + 1


@pytest.mark.parametrize(
    ("lines", "avoided"),
    [
        pytest.param((), 1, id="nothing failed"),
        pytest.param((invalid("Net 7"),), 0, id="the term failed"),
        pytest.param(sequence("INV-2000"), 0, id="its invoice failed"),
        pytest.param(sequence("INV-1044"), 1, id="another failed"),
    ],
)
def test_what_is_fixed_was_avoided_unless_an_alert_came_in_between(
    acme: Office, lines: tuple[str, ...], avoided: int
) -> None:
    term(acme, "Net 7", 7, "INV-2000")
    look(acme)
    acme.rooms.reports.weekly(weekly_key(acme))
    if lines:
        acme.alert(*lines)
        acme.work()
    acme.ar_term("Net 7", 7)
    acme.rooms.reports.weekly(weekly_key(acme, 1))
    assert report(acme).avoided == avoided
    acme.rooms.reports.weekly(weekly_key(acme, 2))
    assert report(acme).avoided == 0


def test_what_had_failed_when_the_look_found_it_was_not_avoided(acme: Office) -> None:
    term(acme, "Net 7", 7, "INV-2000")
    acme.alert(*sequence("INV-2000"))
    acme.work()
    look(acme)
    acme.ar_term("Net 7", 7)
    acme.rooms.reports.weekly(weekly_key(acme))
    assert report(acme).avoided == 0
