"""Withdrawing a term that a decision here made: only while nothing uses it, and by a second person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.cases.deciding import decide
from bot.cases.deciding.decide import DONE, OUTDATED, OutcomeKind
from bot.cases.deciding.policy import RefusalReason
from bot.cases.withdrawing import withdraw
from bot.cases.writing.carrying import PAUSES
from bot.intacct.users import EXAMPLES
from bot.records.engine import Database
from bot.records.tables import cases
from bot.slack.cards.case_card import case_card
from tests.cases.writing_desk import DAN, ENTITLED, MARIA, PRIYA, Desk, at_a_desk
from tests.intacct.conftest import keep_invoice
from tests.slack.cards.reading import buttons

UPDATE = "update_arterm"


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    with at_a_desk(database) as made:
        yield made


def made_and_closed(desk: Desk) -> int:
    """`Net 45` was made by a decision; then both invoices were corrected in BILL and the case dismissed."""
    case_id = desk.case_of("INV-1")
    desk.approve(case_id)
    assert desk.work(case_id).state == "awaiting_sync"
    bear_another_term(desk)
    dismiss(desk, case_id)
    return case_id


def bear_another_term(desk: Desk) -> None:
    net_30 = desk.bill_term("Net 30", 30)
    table = desk.world.store.table("bill_invoice")
    for key, row in list(table.items()):
        table[key] = {**row, "paymentTermId": net_30}


def dismiss(desk: Desk, case_id: int) -> None:
    with desk.step() as taken:
        done = decide.dismiss(taken, desk.company, desk.act(case_id), entitled=ENTITLED, reason="corrected in BILL")
    assert done == DONE


def wish(desk: Desk, origin: int, person: Any = MARIA) -> int:
    """A person asks to withdraw; the new case, looked at."""
    with desk.step() as taken:
        assert withdraw.ask(taken, desk.company, desk.act(origin, person), reason="made by mistake") == DONE
    case_id = newest(desk)
    desk.work(case_id)
    return case_id


def newest(desk: Desk) -> int:
    with desk.database.transaction() as connection:
        return int(connection.scalar(select(func.max(cases.c.id))) or 0)


def offered(desk: Desk, case_id: int) -> list[str]:
    return buttons(case_card(desk.view(case_id)).blocks)


def test_a_term_that_nothing_uses_is_made_inactive_by_a_second_person(desk: Desk) -> None:
    origin = made_and_closed(desk)
    assert offered(desk, origin) == ["case.withdraw"]
    case_id = wish(desk, origin)
    row = desk.row(case_id)
    assert (row.kind, row.state, row.proposal["action"]) == ("withdraw", "awaiting_decision", "deactivate")
    assert "Nothing uses it" in desk.card(case_id)
    assert offered(desk, case_id) == ["case.deactivate", "case.decline"]
    assert offered(desk, origin) == []
    assert f"Case {row.number} is about withdrawing" in desk.card(origin)
    assert desk.approve(case_id, PRIYA) == DONE
    row = desk.work(case_id)
    assert row.state == "closed"
    assert desk.ar_terms()["Net 45"]["STATUS"] == "inactive"
    assert desk.ar_terms()["Net 45"]["DUEDATE"] == "45"
    assert "Net 45 is withdrawn" in desk.card(case_id)
    (attempt,) = desk.attempts(case_id)
    assert "<status>inactive</status>" in attempt.request
    assert "dueday" not in attempt.request
    moves = [entry["event"] for entry in desk.journal("state") if entry["case"] == row.number]
    assert moves == ["write_proposed", "approved", "written", "read_identical", "all_arrived"]
    assert desk.journal("withdraw_asked")[0]["reason"] == "made by mistake"
    with desk.step() as taken:
        assert withdraw.ask(taken, desk.company, desk.act(case_id, MARIA), reason="again") == OUTDATED


def test_who_asked_cannot_decide_under_any_policy(database: Database) -> None:
    with at_a_desk(database, approval_policy="any-approver") as desk:
        case_id = wish(desk, made_and_closed(desk), DAN)
        refused = desk.approve(case_id, DAN)
        assert (refused.kind, refused.reason) == (OutcomeKind.REFUSED, RefusalReason.ASKED)
        assert desk.approve(case_id, PRIYA) == DONE


def test_a_reason_is_required(desk: Desk) -> None:
    case_id = wish(desk, made_and_closed(desk))
    assert desk.approve(case_id, DAN, reason=" ").kind is OutcomeKind.NEEDS_REASON


def test_a_term_that_is_used_stays_and_its_users_are_listed(desk: Desk) -> None:
    case_id = desk.case_of("INV-1")
    desk.approve(case_id)
    desk.work(case_id)
    for number in range(1, 8):
        keep_invoice(desk.world, number, TERMNAME="Net 45", RECORDID=f"OLD-{number}")
    customer(desk, "C7", "Net 45")
    withdrawal = wish(desk, case_id)
    row = desk.row(withdrawal)
    assert (row.state, row.proposal) == ("open", None)
    card = desk.card(withdrawal)
    assert "cannot be withdrawn now" in card
    assert "Invoices in Intacct: 7 (OLD-1, " in card
    assert f"OLD-{EXAMPLES}, …)" in card
    assert "Customers in Intacct whose default it is: 1 (C7)" in card
    assert "Invoices at BILL that are not paid, or not in Intacct: 2 (INV-" in card
    assert "Open cases that await it: 1 (case 1)" in card
    assert offered(desk, withdrawal) == ["case.check", "case.dismiss"]
    assert desk.calls(UPDATE) == []


def test_a_term_that_comes_free_can_be_withdrawn_after_a_check(desk: Desk) -> None:
    origin = made_and_closed(desk)
    customer(desk, "C7", "Net 45")
    case_id = wish(desk, origin)
    assert desk.row(case_id).state == "open"
    customer(desk, "C7", "Net 30")
    desk.check(case_id)
    assert desk.work(case_id).state == "awaiting_decision"


@pytest.mark.parametrize(
    ("service", "method", "fault", "words"),
    [
        ("intacct", "query", "permission", "could not be read"),
        ("bill", "*", "server_error", "Invoices at BILL could not be read"),
    ],
)
def test_what_cannot_be_read_is_named_and_stands_in_the_way(
    desk: Desk, service: str, method: str, fault: str, words: str
) -> None:
    origin = made_and_closed(desk)
    desk.fault(fault, method, service=service, times=10_000)
    case_id = wish(desk, origin)
    assert (desk.row(case_id).state, desk.row(case_id).proposal) == ("open", None)
    assert words in desk.card(case_id)
    desk.world.faults.clear()
    desk.check(case_id)
    assert desk.work(case_id).state == "awaiting_decision"


def test_a_use_that_comes_after_the_approval_stops_it(desk: Desk) -> None:
    case_id = wish(desk, made_and_closed(desk))
    desk.approve(case_id, DAN)
    keep_invoice(desk.world, 1, TERMNAME="Net 45", RECORDID="NEW-1")
    row = desk.work(case_id)
    assert (row.state, row.proposal) == ("awaiting_decision", None)
    card = desk.card(case_id)
    assert "Nothing was written" in card
    assert "NEW-1" in card
    assert desk.calls(UPDATE) == []
    assert desk.ar_terms()["Net 45"]["STATUS"] == "active"


def test_use_that_cannot_be_read_at_the_moment_of_writing_is_waited_for(desk: Desk) -> None:
    case_id = wish(desk, made_and_closed(desk))
    desk.approve(case_id, DAN)
    desk.fault("server_error", "*", service="bill", times=10_000)
    assert desk.work(case_id).state == "writing"
    assert "Nothing is written yet" in desk.card(case_id)
    assert desk.work(case_id, rounds=len(PAUSES) + 1).state == "failed"
    assert desk.calls(UPDATE) == []


def test_a_term_that_somebody_made_inactive_meanwhile_closes_the_case(desk: Desk) -> None:
    case_id = wish(desk, made_and_closed(desk))
    desk.approve(case_id, DAN)
    desk.change_ar_term("Net 45", STATUS="inactive")
    assert desk.work(case_id).state == "closed"
    assert desk.calls(UPDATE) == []
    assert "already inactive" in desk.card(case_id)


@pytest.mark.parametrize("fault", ["timeout_after", "timeout_before"])
def test_an_uncertain_withdrawal_is_read_first_too(desk: Desk, fault: str) -> None:
    case_id = wish(desk, made_and_closed(desk))
    desk.approve(case_id, DAN)
    desk.fault(fault, UPDATE)
    assert desk.work(case_id).state == "closed"
    calls = desk.calls(UPDATE)
    assert len(calls) == (1 if fault == "timeout_after" else 2)
    assert len({call["controlid"] for call in calls}) == 1


def test_a_term_that_was_not_made_here_offers_nothing(desk: Desk) -> None:
    case_id = desk.case_of("INV-1")
    desk.approve(case_id)
    desk.ar_term("Net 45", 45)
    assert desk.work(case_id).state == "awaiting_sync"
    assert "case.withdraw" not in offered(desk, case_id)
    with desk.step() as taken:
        assert withdraw.ask(taken, desk.company, desk.act(case_id), reason="x") == OUTDATED


def customer(desk: Desk, number: str, term: str) -> None:
    desk.world.store.table("customer")[number] = {
        "RECORDNO": number[1:],
        "CUSTOMERID": number,
        "NAME": "Globex GmbH",
        "TERMNAME": term,
        "STATUS": "active",
        "MEGAENTITYID": "",
    }


def test_a_paid_invoice_that_is_not_in_the_books_yet_uses_the_term(desk: Desk) -> None:
    origin = made_and_closed(desk)
    table = desk.world.store.table("bill_invoice")
    key = next(key for key, row in table.items() if row["invoiceNumber"] == "INV-1")
    net_45 = next(row["id"] for row in desk.world.store.table("bill_term").values() if row["name"] == "Net 45")
    table[key] = {**table[key], "paymentTermId": net_45, "status": "PAID_IN_FULL", "dueAmount": 0.0}
    case_id = wish(desk, origin)
    assert "not paid, or not in Intacct: 1 (INV-1)" in desk.card(case_id)
    keep_invoice(desk.world, 1, TERMNAME="Net 30", RECORDID="INV-1")
    desk.check(case_id)
    assert desk.work(case_id).state == "awaiting_decision"
