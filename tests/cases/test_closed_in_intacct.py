"""An invoice that Intacct refuses as its period is closed: told as that, chosen for, and in the books as was chosen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from bot.cases.case import CaseState
from bot.cases.month_end import cutoff
from bot.cases.month_end.cutoff import Owner
from bot.close import month
from bot.evidence.telling import sentence
from bot.records.engine import Database
from bot.sandbox.bill import books
from bot.sandbox.intacct import periods
from bot.sandbox.sync import Sync
from bot.sandbox.world import Record
from tests.cases.desk import Desk, open_desk

REFUSED = (
    "Invoice [INV-1042] cannot be created in Intacct: Periods are closed. Your transaction date (11/02/2026) is within a "
    "period that's been closed. You can add, modify, or delete a transaction only if the date of the transaction is "
    "within a period that's open."
)


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    """Case 1: Net 45 was missing and is there now; INV-1042 and INV-1043 wait for the sync, and November is closed."""
    with open_desk(database) as opened:
        opened.world.store.table("customer")["C-100"] = {
            "CUSTOMERID": "C-100",
            "NAME": "Globex GmbH",
            "STATUS": "active",
            "CURRENCY": "USD",
        }
        opened.world.store.table("bill_customer")["0cu01"] = {
            "id": "0cu01",
            "name": "Globex GmbH",
            "accNumber": "C-100",
        }
        opened.fails("INV-1042", "INV-1043")
        opened.press("U0DAN", "case.create")
        periods.close(opened.world, "2026-11")
        yield opened


def run_sync(desk: Desk) -> None:
    """BILL's sync runs; its app posts what failed, a moment later."""
    said: list[Record] = []
    asyncio.run(Sync(desk.world, lambda _channel, event: said.append(event)).run())
    for event in said:
        desk.alert(event["text"], after=1)
    desk.pass_time(seconds=10)


def choose(desk: Desk, course: str, user: str = "U0DAN") -> None:
    values = {"period": "2026-11", "course": course, "reason": "The audit of November is signed."}
    desk.submit(user, "view.period", values)


def bill_id(desk: Desk, number: str) -> str:
    invoices: dict[str, Any] = dict(desk.world.store.table("bill_invoice"))
    return next(key for key, row in invoices.items() if row["invoiceNumber"] == number)


def test_it_is_told_with_its_period_and_the_choice_though_no_calendar_names_it(desk: Desk) -> None:
    run_sync(desk)
    card = desk.card()
    assert desk.state() is CaseState.AWAITING_SYNC
    assert "INV-1042 and one more failed again" in card
    assert "as Intacct takes no posting on Nov 2, 2026: “Periods are closed." in card
    assert "That is another matter than the term. Before that is synced again, an approver chooses" in card
    assert "November 2026 is closed for AR, as Intacct said" in card
    assert "Do not sync INV-1042 and one more yet" in card
    assert "case.period" in desk.buttons()


def test_a_calendar_is_not_needed_and_an_open_period_asks_for_nothing(desk: Desk) -> None:
    periods.reopen(desk.world, "2026-11")
    run_sync(desk)
    assert desk.state() is CaseState.CLOSED
    assert "closed for AR" not in desk.card()


def test_only_the_refused_invoices_wait_for_the_choice(desk: Desk) -> None:
    desk.alert(REFUSED, after=1)
    assert "Do not sync INV-1042 yet" in desk.card()
    assert "Sync INV-1043 again" in desk.card()
    choose(desk, "current")
    assert [i.choice is not None for i in desk.view().invoices] == [True, False]


def test_post_in_the_current_period_arrives_as_billed_under_its_own_dates(desk: Desk) -> None:
    run_sync(desk)
    choose(desk, "current")
    assert "give it a posting date there" in desk.card()
    assert "case.period" in desk.buttons(), "it can be chosen differently"
    for number in ("INV-1042", "INV-1043"):
        books.set_posting_date(desk.world, bill_id(desk, number), date(2026, 12, 1))
    run_sync(desk)
    assert desk.state() is CaseState.CLOSED
    assert [i.differences for i in desk.view().invoices] == [(), ()]
    assert "November 2026 was closed for AR when this failed" in desk.card()
    assert "chose to post in the current period" in desk.card()
    assert "Posted as chosen: INV-1042 on Dec 1, 2026 and INV-1043 on Dec 1, 2026." in desk.card()


def test_what_is_posted_in_the_closed_period_after_all_is_told(desk: Desk) -> None:
    run_sync(desk)
    choose(desk, "current")
    periods.reopen(desk.world, "2026-11")
    run_sync(desk)
    assert desk.state() is CaseState.CLOSED, "it is as billed; where it stands is for a person to look at"
    assert "Not posted as chosen: INV-1042 on Nov 2, 2026 and INV-1043 on Nov 2, 2026." in desk.card()


def test_reopen_is_told_to_be_still_due_until_the_period_is_open(desk: Desk) -> None:
    run_sync(desk)
    choose(desk, "reopen")
    run_sync(desk)
    assert "The period was chosen to be reopened, and was not open for that sync." in desk.card()
    periods.reopen(desk.world, "2026-11")
    run_sync(desk)
    assert desk.state() is CaseState.CLOSED
    assert "chose to reopen November 2026" in desk.card()
    assert "Posted as chosen: INV-1042 on Nov 2, 2026" in desk.card()


def test_the_journal_tells_the_refusal_and_since_when_the_period_is_known_to_be_closed(desk: Desk) -> None:
    desk.alert(REFUSED, after=1)
    choose(desk, "reopen")
    (noted,), (chosen,) = desk.entries("failed_otherwise"), desk.entries("period")
    assert noted.content["closed_on"] == "2026-11-02"
    assert "its period is closed in Intacct (posting date 2026-11-02)" in sentence(noted)
    assert chosen.content["invoices"] == ["INV-1042"]
    assert chosen.content["closed_since"] is not None


def test_a_date_that_reads_two_ways_is_the_invoices_own_where_it_can_be(desk: Desk) -> None:
    desk.alert(REFUSED.replace("11/02/2026", "02/11/2026"), after=1)
    (noted,) = desk.entries("failed_otherwise")
    assert noted.content["closed_on"] == "2026-11-02"


def test_the_cut_off_list_names_an_approver_until_it_is_chosen(desk: Desk) -> None:
    def owners() -> dict[str, Owner]:
        listing = cutoff.Listing(desk.database, desk.clock, desk.process.company)
        missing = listing.make(month("2026-11"), lambda _words: None).missing
        return {each.billed.number: each.case.owner for each in missing if each.case is not None}

    desk.alert(REFUSED, after=1)
    assert owners() == {"INV-1042": Owner.APPROVERS, "INV-1043": Owner.SYNC}
    choose(desk, "current")
    assert owners() == {"INV-1042": Owner.SYNC, "INV-1043": Owner.SYNC}
