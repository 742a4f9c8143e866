"""Making a term inactive that Intacct already had: everything that could name it is read, and a second person decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.billing.csv_source import CsvSource
from bot.billing.source import TermOrigin
from bot.cases import store
from bot.cases.deciding import decide
from bot.cases.deciding.decide import DONE, OutcomeKind
from bot.cases.deciding.policy import RefusalReason
from bot.cases.ports import Company, Person
from bot.cases.reading import Reader
from bot.cases.withdrawing import withdraw
from bot.cases.withdrawing.use import Looking
from bot.cases.work import Workshop
from bot.evidence import reconcile
from bot.evidence.ours import writes_of
from bot.records.engine import Database
from bot.sandbox.intacct import objects
from bot.terms.proposal import Policy
from tests.cases.company import keep_in_bill
from tests.cases.test_withdraw import UPDATE, customer, made_and_closed, newest, offered, wish
from tests.cases.writing_desk import DAN, ENTITLED, MARIA, PRIYA, Desk, at_a_desk
from tests.intacct.conftest import keep_invoice

THIS_YEAR, LONG_AGO = "10/02/2026", "01/02/2019"


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    with at_a_desk(database) as made:
        made.ar_term("N30", 30)
        yield made


def retire(desk: Desk, person: Person = MARIA, name: str = "N30") -> int:
    """A person asks for `N30` to be made inactive; the case, looked at."""
    ask(desk, person, name)
    case_id = newest(desk)
    desk.work(case_id)
    return case_id


def ask(desk: Desk, person: Person = MARIA, name: str = "N30") -> int | None:
    with desk.step() as taken:
        return withdraw.retire(taken, desk.company, person, name=name, keep="Net 30", reason="one name a rule")


def found(desk: Desk, key: str) -> reconcile.Exceptions:
    return reconcile.look(desk.database, desk.clock, desk.company, key)


def test_a_term_that_nothing_names_is_made_inactive_by_a_second_person(desk: Desk) -> None:
    found(desk, "first")
    case_id = retire(desk)
    row = desk.row(case_id)
    assert (row.kind, row.state, row.proposal["action"]) == ("withdraw", "awaiting_decision", "deactivate")
    card = desk.card(case_id)
    assert f"Make N30 inactive · case {row.number} · waiting for a decision" in card
    assert "Intacct already had this term (record " in card
    assert "Net 30 is the name that is kept for its rule" in card
    assert "This makes inactive a term that Intacct already had; no decision here made it." in card
    for kind in ("invoices of the last year", "open invoices", "recurring invoices", "Order Entry documents"):
        assert f"{kind} in Intacct" in card
    for kind in ("transaction templates in Intacct", "contracts in Intacct", "customers at BILL", "open cases"):
        assert kind in card
    assert offered(desk, case_id) == ["case.deactivate", "case.decline"]
    assert desk.approve(case_id, PRIYA) == DONE
    assert desk.work(case_id).state == "closed"
    assert (desk.ar_terms()["N30"]["STATUS"], desk.ar_terms()["N30"]["DUEDATE"]) == ("inactive", "30")
    assert "N30 is inactive now" in desk.card(case_id)
    (attempt,) = desk.attempts(case_id)
    assert "<status>inactive</status>" in attempt.request
    moves = [entry["event"] for entry in desk.journal("state") if entry["case"] == row.number]
    assert moves == ["write_proposed", "approved", "written", "read_identical", "all_arrived"]
    asked = desk.journal("withdraw_asked")[0]
    assert (asked["of"], asked["keep"], asked["reason"]) == (None, "Net 30", "one name a rule")


def test_the_daily_look_takes_it_for_decided_and_a_later_change_by_hand_not(desk: Desk) -> None:
    found(desk, "first")
    case_id = retire(desk)
    desk.approve(case_id, PRIYA)
    desk.work(case_id)
    after = found(desk, "second")
    assert (after.any, after.elsewhere) == (False, [])
    with desk.database.transaction() as connection:
        (write,) = writes_of(connection, "acme")
    assert (write.function, write.name, write.decided_by) == (UPDATE, "N30", "U0PRIYA")
    desk.world.calendar.move(timedelta(days=2))
    desk.change_ar_term("N30", STATUS="active")
    (changed,) = found(desk, "third").changed
    assert (changed["name"], changed["case"]) == ("N30", desk.row(case_id).number)


def test_who_asked_cannot_decide_under_any_policy(database: Database) -> None:
    with at_a_desk(database, approval_policy="any-approver") as desk:
        desk.ar_term("N30", 30)
        case_id = retire(desk, DAN)
        refused = desk.approve(case_id, DAN)
        assert (refused.kind, refused.reason) == (OutcomeKind.REFUSED, RefusalReason.ASKED)
        assert desk.approve(case_id, PRIYA) == DONE


def test_what_is_asked_twice_is_one_case(desk: Desk) -> None:
    case_id = retire(desk)
    assert ask(desk, PRIYA) == desk.row(case_id).number
    assert newest(desk) == case_id


def test_a_name_that_the_policy_approves_takes_a_reference(database: Database) -> None:
    with at_a_desk(database, terms_policy=Policy(approved_names=frozenset({"N30", "Net 30"}))) as desk:
        desk.ar_term("N30", 30)
        case_id = retire(desk)
        assert "Outside the policy: “N30” is on the list of approved terms." in desk.card(case_id)
        assert desk.approve(case_id, DAN, reference="").kind is OutcomeKind.NEEDS_REFERENCE
        assert desk.approve(case_id, DAN, reference="C-17") == DONE


def a_bill_customer(desk: Desk) -> None:
    term = desk.bill_term("N30", 31)
    row = desk.world.store.table("bill_customer")["0cu01"]
    desk.world.store.table("bill_customer")["0cu01"] = {**row, "archived": False, "paymentTermId": term}


def a_bill_invoice(desk: Desk, **changes: object) -> None:
    keep_in_bill(desk.world, "INV-9", desk.bill_term("N30", 31), days=31, **changes)  # type: ignore[arg-type]


def a_paid_invoice_of_long_ago(desk: Desk) -> None:
    """In both systems: it keeps its term, and nothing more is made of it."""
    a_bill_invoice(desk, dated="2025-01-07", status="PAID_IN_FULL", dueAmount=0.0)
    keep_invoice(desk.world, 9, TERMNAME="N30", RECORDID="INV-9", WHENCREATED=LONG_AGO, STATE="Paid", TOTALDUE="0.00")


def a_record(kind: str, field: str) -> Callable[[Desk], None]:
    def keep(desk: Desk) -> None:
        desk.world.store.table(kind)["1"] = {"RECORDNO": "1", field: "N30", "MEGAENTITYID": ""}

    return keep


USERS: dict[str, tuple[Callable[[Desk], object], str]] = {
    "an invoice of the year": (
        lambda desk: keep_invoice(desk.world, 9, TERMNAME="N30", WHENCREATED=THIS_YEAR, TOTALDUE="0.00"),
        "Invoices of the last year in Intacct: 1",
    ),
    "an old invoice that is open": (
        lambda desk: keep_invoice(desk.world, 9, TERMNAME="N30", WHENCREATED=LONG_AGO, TOTALDUE="5.00"),
        "Open invoices in Intacct: 1",
    ),
    "a customer": (lambda desk: customer(desk, "C7", "N30"), "Customers in Intacct whose default it is: 1 (C7)"),
    "a recurring invoice": (a_record("arrecurinvoice", "TERMNAME"), "Recurring invoices in Intacct: 1"),
    "a document": (a_record("sodocument", "TERM.NAME"), "Order Entry documents in Intacct: 1"),
    "a template": (a_record("sorecurdocument", "TERM.NAME"), "Transaction templates in Intacct: 1"),
    "a contract": (a_record("contract", "TERMNAME"), "Contracts in Intacct: 1"),
    "an invoice at the source": (a_bill_invoice, "not paid, or not in Intacct: 1 (INV-9)"),
    "a paid one that is not in the books": (
        lambda desk: a_bill_invoice(desk, dated="2025-01-07", status="PAID_IN_FULL", dueAmount=0.0),
        "not paid, or not in Intacct: 1 (INV-9)",
    ),
    "a customer at the source": (a_bill_customer, "Customers at BILL whose default it is: 1 (Globex GmbH)"),
    "an open case": (lambda desk: desk.case_of("", "N30"), "Open cases that await it: 1 (case 1)"),
}


@pytest.mark.parametrize("who", USERS)
def test_whatever_names_it_is_listed_and_stands_in_the_way(desk: Desk, who: str) -> None:
    make, said = USERS[who]
    make(desk)
    case_id = retire(desk)
    assert (desk.row(case_id).state, desk.row(case_id).proposal) == ("open", None)
    card = desk.card(case_id)
    assert "N30 cannot be made inactive now" in card
    assert said in card
    assert offered(desk, case_id) == ["case.check", "case.dismiss"]


def test_a_paid_invoice_of_long_ago_is_no_use_of_it(desk: Desk) -> None:
    a_paid_invoice_of_long_ago(desk)
    assert desk.row(retire(desk)).state == "awaiting_decision"


UNREAD: dict[str, tuple[Callable[[Desk], object], str]] = {
    "Intacct": (lambda desk: desk.fault("permission", "query", times=10_000), "could not be read"),
    "BILL": (
        lambda desk: desk.fault("server_error", "*", service="bill", times=10_000),
        "Customers at BILL whose default it is could not be read",
    ),
}


@pytest.mark.parametrize("what", UNREAD)
def test_what_cannot_be_read_is_named_and_stands_in_the_way(desk: Desk, what: str) -> None:
    make, said = UNREAD[what]
    make(desk)
    case_id = retire(desk)
    assert (desk.row(case_id).state, desk.row(case_id).proposal) == ("open", None)
    assert said in desk.card(case_id)
    desk.world.faults.clear()
    desk.check(case_id)
    assert desk.work(case_id).state == "awaiting_decision"


def test_records_that_a_company_does_not_tell_block_this_and_not_a_term_of_our_own(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(objects.OBJECTS, "CONTRACT")
    case_id = retire(desk)
    assert desk.row(case_id).proposal is None
    assert "Contracts in Intacct could not be read." in desk.card(case_id)
    ours = wish(desk, made_and_closed(desk))
    assert desk.row(ours).state == "awaiting_decision"
    assert "does not tell here whether they name it: contracts in Intacct." in desk.card(ours)


def test_one_entity_does_not_see_what_the_others_records_name(desk: Desk) -> None:
    desk.company = replace(desk.company, entity="E1")
    desk.workshop = Workshop(desk.database, desk.clock, desk.company, Reader(desk.company))
    case_id = retire(desk)
    assert desk.row(case_id).proposal is None
    assert "What other entities' records name cannot be seen from this entity" in desk.card(case_id)


def test_a_use_that_comes_after_the_approval_stops_it(desk: Desk) -> None:
    case_id = retire(desk)
    desk.approve(case_id, DAN)
    a_record("contract", "TERMNAME")(desk)
    row = desk.work(case_id)
    assert (row.state, row.proposal) == ("awaiting_decision", None)
    assert "contracts in Intacct: 1" in desk.card(case_id)
    assert desk.calls(UPDATE) == []


def test_a_record_that_was_made_anew_under_the_name_is_not_touched(desk: Desk) -> None:
    case_id = retire(desk)
    desk.approve(case_id, DAN)
    table = desk.world.store.table("arterm")
    (key,) = [key for key, row in table.items() if row["NAME"] == "N30"]
    del table[key]
    desk.ar_term("N30", 30)
    assert desk.work(case_id).state == "writing"
    assert "Intacct keeps another one" in desk.card(case_id)
    assert desk.calls(UPDATE) == []


@pytest.mark.parametrize("fault", ["timeout_after", "timeout_before"])
def test_an_uncertain_write_is_read_first_and_never_sent_twice_with_effect(desk: Desk, fault: str) -> None:
    case_id = retire(desk)
    desk.approve(case_id, DAN)
    desk.fault(fault, UPDATE)
    assert desk.work(case_id).state == "closed"
    calls = desk.calls(UPDATE)
    assert len(calls) == (1 if fault == "timeout_after" else 2)
    assert len({call["controlid"] for call in calls}) == 1


def test_one_that_somebody_made_inactive_meanwhile_ends_without_a_write(desk: Desk) -> None:
    case_id = retire(desk)
    desk.approve(case_id, DAN)
    desk.change_ar_term("N30", STATUS="inactive")
    assert desk.work(case_id).state == "closed"
    assert desk.calls(UPDATE) == []


# --- another company here that shares the books


def beside(desk: Desk, folder: Path, *, entity: str = "200", **lines: str) -> Company:
    """Another company on the same books, which bills by a file."""
    path = folder / "invoices.csv"
    rows = "".join(f"{number},{term},2026-10-05\n" for number, term in lines.items())
    path.write_text(f"invoice_number,term,invoice_date\n{rows}")
    other = replace(desk.company, key="acme-uk", entity=entity, source=CsvSource(path))
    desk.workshop = Workshop(desk.database, desk.clock, desk.company, Reader(desk.company), [other])
    return other


def open_there(desk: Desk, other: Company, name: str) -> None:
    with desk.step() as taken:
        store.open_case(
            taken,
            other,
            store.term_key(other.entity, name),
            term_name=name,
            alerted_at=taken.now,
            origin=TermOrigin.NONE,
        )


def test_what_another_company_on_these_books_bills_blocks_and_is_not_named(desk: Desk, tmp_path: Path) -> None:
    beside(desk, tmp_path, UK9="N30")
    case_id = retire(desk)
    assert (desk.row(case_id).state, desk.row(case_id).proposal) == ("open", None)
    card = desk.card(case_id)
    assert "Another company that shares these books" in card
    assert "UK9" not in card
    assert "acme-uk" not in card
    assert desk.journal("withdraw_looked")[-1]["elsewhere"] is True
    assert "UK9" not in str(desk.journal("withdraw_looked"))


def test_a_case_of_another_company_on_these_books_blocks_a_term_of_our_own_too(desk: Desk, tmp_path: Path) -> None:
    origin = made_and_closed(desk)
    open_there(desk, beside(desk, tmp_path), "Net 45")
    case_id = newest(desk)
    withdrawal = wish(desk, origin)
    assert withdrawal != case_id
    assert desk.row(withdrawal).proposal is None
    assert "Another company that shares these books" in desk.card(withdrawal)


def test_a_use_there_that_comes_after_the_approval_stops_it(desk: Desk, tmp_path: Path) -> None:
    beside(desk, tmp_path)
    case_id = retire(desk)
    assert "other companies here that share these books" in desk.card(case_id)
    desk.approve(case_id, DAN)
    beside(desk, tmp_path, UK9="N30")
    row = desk.work(case_id)
    assert (row.state, row.proposal) == ("awaiting_decision", None)
    assert "another company that shares these books" in desk.card(case_id)
    assert desk.calls(UPDATE) == []


def test_what_cannot_be_read_there_blocks_and_tells_nothing_of_it(desk: Desk, tmp_path: Path) -> None:
    other = beside(desk, tmp_path)
    (tmp_path / "invoices.csv").unlink()
    case_id = retire(desk)
    assert desk.row(case_id).proposal is None
    card = desk.card(case_id)
    assert "What another company that shares these books bills could not be read." in card
    assert "invoices.csv" not in card
    assert other.key not in card


def test_an_entitys_own_term_is_of_no_concern_to_another_entity(desk: Desk, tmp_path: Path) -> None:
    other = beside(desk, tmp_path, UK9="N30")
    looking = Looking(
        database=desk.database, company=desk.company, beside=[other], name="N30", ours=True, now=desk.clock.now()
    )
    term = desk.books.term("N30")
    assert term is not None
    assert [looking.look(replace(term, entity=entity)).elsewhere for entity in (None, "200", "100")] == [
        True,
        True,
        False,
    ]


def test_dismissing_takes_a_reason_and_ends_it(desk: Desk) -> None:
    customer(desk, "C7", "N30")
    case_id = retire(desk)
    with desk.step() as taken:
        ended = decide.dismiss(taken, desk.company, desk.act(case_id), entitled=ENTITLED, reason="still used")
    assert ended == DONE
    assert desk.ar_terms()["N30"]["STATUS"] == "active"
