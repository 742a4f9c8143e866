"""After the term is there: invoices are awaited in the books, compared as billed, and the case closes by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.cases.case import CaseState
from bot.cases.folding.intake import tells
from bot.cases.view import Arrival
from bot.evidence.telling import sentence
from bot.records.alone import Work, alone
from bot.records.engine import Database
from bot.sandbox.world import Fault
from bot.slack.door import ItemKind
from tests.cases.desk import ALERTS, TEAM, Desk, Process, open_desk


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    with open_desk(database) as opened:
        yield opened


@pytest.fixture
def fixed(desk: Desk) -> Desk:
    """Case 1: Net 45 was missing, INV-1042 and INV-1043 failed; the term is created and read back."""
    desk.fails("INV-1042", "INV-1043")
    desk.press("U0DAN", "case.create")
    assert desk.state() is CaseState.AWAITING_SYNC
    return desk


def differences(desk: Desk, number: str = "INV-1042") -> dict[str, tuple[str, str]]:
    """What of an invoice is otherwise than billed: label to billed and found."""
    invoice = next(i for i in desk.view().invoices if i.number == number)
    return {d.label: (d.expected, d.found) for d in invoice.differences}


def test_the_case_closes_itself_once_all_invoices_are_as_billed_and_says_how_long_it_took(fixed: Desk) -> None:
    fixed.world.calendar.move(timedelta(minutes=72, seconds=20))
    fixed.booked("INV-1042")
    fixed.booked("INV-1043")
    fixed.pass_time(hours=3)
    assert fixed.state() is CaseState.CLOSED
    assert "1 h 12 min from alert to books" in fixed.card()
    (closed,) = [e for e in fixed.entries("state") if e.content["to"] == "closed"]
    assert closed.content["minutes_from_alert"] == 72


def test_one_invoice_that_is_not_there_keeps_the_case_open_and_is_named(fixed: Desk) -> None:
    fixed.booked("INV-1042")
    fixed.pass_time(seconds=10)
    assert fixed.state() is CaseState.AWAITING_SYNC
    assert "Sync INV-1043 again" in fixed.card()


@pytest.mark.parametrize(
    ("changes", "label", "told"),
    [
        ({"STATE": "Draft"}, "State", ("posted", "Draft")),
        ({"STATE": "Reversed"}, "State", ("posted", "Reversed")),
        ({"WHENCREATED": "11/03/2026"}, "Invoice date", ("2026-11-02", "2026-11-03")),
        ({"WHENDUE": "12/02/2026"}, "Due date", ("2026-12-17", "2026-12-02")),
        ({"TERMNAME": "Net 30"}, "Term", ("Net 45", "Net 30")),
        ({"TERMNAME": ""}, "Term", ("Net 45", "nothing")),
        ({"TRX_TOTALENTERED": "1250.05"}, "Amount", ("1250.5", "1250.05")),
        ({"CURRENCY": "EUR"}, "Currency", ("USD", "EUR")),
        ({"CUSTOMERNAME": "Initech"}, "Customer", ("Globex GmbH", "C-100 Initech")),
    ],
)
def test_an_invoice_that_is_otherwise_than_billed_is_told_field_by_field(
    fixed: Desk, changes: dict[str, str], label: str, told: tuple[str, str]
) -> None:
    fixed.booked("INV-1042", **changes)
    fixed.booked("INV-1043")
    fixed.pass_time(seconds=10)
    assert fixed.state() is CaseState.ARRIVED_DIFFERENT
    assert differences(fixed) == {label: told}
    assert fixed.buttons()[:2] == ["case.accept", "case.check"]


def test_a_customer_whose_name_differs_in_case_and_blanks_alone_is_the_same(fixed: Desk) -> None:
    for number in ("INV-1042", "INV-1043"):
        fixed.booked(number, CUSTOMERNAME="GLOBEX  GmbH")
    fixed.pass_time(seconds=10)
    assert fixed.state() is CaseState.CLOSED


def test_two_invoices_of_one_number_are_never_called_arrived(fixed: Desk) -> None:
    for number in ("INV-1042", "INV-1042", "INV-1043"):
        fixed.booked(number)
    fixed.pass_time(seconds=10)
    assert fixed.state() is CaseState.ARRIVED_DIFFERENT
    assert "2: record" in differences(fixed)["Invoices of this number"][1]


def test_the_amount_is_compared_in_the_invoices_own_currency(desk: Desk) -> None:
    for row in desk.world.store.table("bill_invoice").values():
        row["currency"] = "EUR"
    desk.fails("INV-1042")
    desk.press("U0DAN", "case.create")
    desk.booked("INV-1042", CURRENCY="EUR", TOTALENTERED="1350.54")
    desk.pass_time(seconds=10)
    assert desk.state() is CaseState.CLOSED


def test_an_old_invoice_of_the_same_number_is_not_the_awaited_one_and_the_card_says_so(fixed: Desk) -> None:
    fixed.booked("INV-1042", AUWHENCREATED="03/03/2021 08:00:00", WHENCREATED="03/01/2021", CUSTOMERNAME="Initech")
    fixed.booked("INV-1043")
    fixed.pass_time(seconds=10)
    assert fixed.state() is CaseState.AWAITING_SYNC
    assert "has been in Intacct since" in fixed.card()
    assert "Initech" in fixed.card()


def test_another_entitys_invoice_of_the_same_number_does_not_count(desk: Desk) -> None:
    desk.process = Process(desk, entity="200")
    desk.fails("INV-1042")
    desk.press("U0DAN", "case.create")
    desk.booked("INV-1042")
    desk.pass_time(seconds=10)
    assert desk.state() is CaseState.AWAITING_SYNC
    desk.booked("INV-1042", MEGAENTITYID="200")
    desk.pass_time(minutes=1)
    assert desk.state() is CaseState.CLOSED


def test_an_invoice_that_was_changed_at_the_source_meanwhile_is_compared_as_it_is_billed_now(fixed: Desk) -> None:
    invoices = fixed.world.store.table("bill_invoice")
    key = next(key for key, row in invoices.items() if row["invoiceNumber"] == "INV-1042")
    invoices[key] = {**invoices[key], "totalAmount": 1300.0}
    fixed.booked("INV-1042", TRX_TOTALENTERED="1300.00")
    fixed.booked("INV-1043")
    fixed.pass_time(seconds=10)
    assert fixed.state() is CaseState.CLOSED


def test_while_the_source_is_down_a_difference_is_not_judged(fixed: Desk) -> None:
    fixed.world.faults.set(Fault("bill", "*", "maintenance", 50))
    fixed.booked("INV-1042", TRX_TOTALENTERED="1300.00")
    fixed.booked("INV-1043")
    fixed.pass_time(seconds=10)
    assert fixed.state() is CaseState.AWAITING_SYNC
    fixed.world.faults.clear()
    fixed.pass_time(minutes=1)
    assert fixed.state() is CaseState.ARRIVED_DIFFERENT


def test_what_the_source_does_not_tell_is_said_not_to_be_compared(fixed: Desk) -> None:
    invoices = fixed.world.store.table("bill_invoice")
    key = next(key for key, row in invoices.items() if row["invoiceNumber"] == "INV-1042")
    invoices[key] = {name: value for name, value in invoices[key].items() if name != "dueDate"}
    fixed.press("U0MARIA", "case.check")
    for number in ("INV-1042", "INV-1043"):
        fixed.booked(number)
    fixed.press("U0MARIA", "case.check")
    assert fixed.state() is CaseState.CLOSED
    assert "Not compared for INV-1042, as BILL does not tell it: due date." in fixed.card()
    told = {e.content["invoice"]: e for e in fixed.entries("arrived") if e.content["as_billed"]}
    assert told["INV-1042"].content["not_compared"] == ["due date"]
    assert "not_compared" not in told["INV-1043"].content
    assert sentence(told["INV-1042"]).endswith("as billed; not compared, as the source does not tell it: due date")


def test_one_query_a_round_serves_all_cases_of_the_company(desk: Desk) -> None:
    for case_id, days in enumerate((45, 50, 55), 1):
        terms = desk.world.store.table("bill_term")
        term = next((key for key, row in terms.items() if row["daysDue"] == days), None)
        desk.bill_invoice(f"INV-{days}", term or desk.bill_term(f"Net {days}", days), days)
        desk.fails(f"INV-{days}")
        desk.press("U0DAN", "case.create", case_id)
        desk.pass_time(seconds=20)
    for _ in range(9):
        desk.pass_time(minutes=40)
    assert len({desk.row(case_id).due_at for case_id in (1, 2, 3)}) == 1
    before = desk.queries()
    desk.pass_time(minutes=40)
    # One for the invoices of all three cases, one for the terms that they count on.
    assert desk.queries() - before == 2


def test_the_pauses_grow_and_a_new_alert_shortens_them(fixed: Desk) -> None:
    for _ in range(9):
        fixed.pass_time(minutes=40)
    assert fixed.row().due_at - fixed.clock.now() > timedelta(minutes=20)
    fixed.fails("INV-1044")
    assert fixed.row().due_at - fixed.clock.now() <= timedelta(seconds=5)
    assert fixed.row().rounds == 0


def test_many_alerts_at_once_bring_one_round(fixed: Desk) -> None:
    for _ in range(9):
        fixed.pass_time(minutes=40)
    before = fixed.queries()
    due = set()
    for number in range(30):
        fixed.alert(f"Invoice [X-{number}] cannot be created in Intacct: Could not retrieve the Sequence record!")
        due.add(fixed.row().due_at)
    assert len(due) == 1
    gathered = fixed.queries() - before
    fixed.pass_time(seconds=6)
    assert fixed.queries() - before - gathered <= 2


def test_check_again_looks_at_once(fixed: Desk) -> None:
    for _ in range(9):
        fixed.pass_time(minutes=40)
    fixed.booked("INV-1042")
    fixed.booked("INV-1043")
    fixed.press("U0MARIA", "case.check")
    assert fixed.state() is CaseState.CLOSED


def test_a_second_process_does_not_ask_while_the_first_does(fixed: Desk) -> None:
    other = Process(fixed)
    fixed.world.calendar.move(timedelta(minutes=1))
    before = fixed.queries()
    with alone(fixed.database, Work.WATCH, "acme") as mine:
        assert mine
        assert other.workshop._watcher.watch("job:watch") == 0
    assert fixed.queries() == before
    assert other.workshop._watcher.watch("job:watch") == 1
    assert fixed.process.workshop._watcher.watch("job:watch") == 0
    other.books.close()


def test_invoices_are_asked_for_again_after_intacct_was_down(fixed: Desk) -> None:
    fixed.world.faults.set(Fault("intacct", "query", "offline", 20))
    fixed.booked("INV-1042")
    fixed.booked("INV-1043")
    fixed.pass_time(seconds=10)
    assert fixed.state() is CaseState.AWAITING_SYNC
    fixed.world.faults.clear()
    fixed.pass_time(minutes=1)
    assert fixed.state() is CaseState.CLOSED


def test_a_term_that_is_gone_again_is_noticed_by_the_watch(fixed: Desk) -> None:
    fixed.ar_status("Net 45", "inactive")
    fixed.pass_time(minutes=2)
    assert fixed.state() is CaseState.AWAITING_DECISION
    assert "inactive" in fixed.card()
    assert "case.reactivate" in fixed.buttons()


def test_what_arrived_differently_is_looked_at_again_and_still_accepted_by_a_person(fixed: Desk) -> None:
    record = fixed.booked("INV-1042", WHENDUE="12/02/2026")
    fixed.booked("INV-1043")
    fixed.pass_time(seconds=10)
    assert fixed.state() is CaseState.ARRIVED_DIFFERENT
    table = fixed.world.store.table("arinvoice")
    table[record] = {**table[record], "WHENDUE": "12/17/2026"}
    fixed.press("U0MARIA", "case.check")
    assert fixed.state() is CaseState.ARRIVED_DIFFERENT
    assert differences(fixed) == {}
    assert "as billed now" in fixed.card()
    fixed.submit("U0DAN", "view.accept", {"reason": "Corrected in Intacct."})
    assert fixed.state() is CaseState.CLOSED


def test_what_arrived_differently_and_was_deleted_is_awaited_again(fixed: Desk) -> None:
    record = fixed.booked("INV-1042", WHENDUE="12/02/2026")
    fixed.booked("INV-1043")
    fixed.pass_time(seconds=10)
    del fixed.world.store.table("arinvoice")[record]
    fixed.press("U0MARIA", "case.check")
    assert "Still awaited: INV-1042" in fixed.card()
    fixed.booked("INV-1042")
    fixed.pass_time(minutes=1)
    assert all(invoice.arrival is Arrival.ARRIVED for invoice in fixed.view().invoices)


def test_nothing_is_accepted_while_another_invoice_is_awaited(fixed: Desk) -> None:
    record = fixed.booked("INV-1042", WHENDUE="12/02/2026")
    fixed.booked("INV-1043", WHENDUE="12/02/2026")
    fixed.pass_time(seconds=10)
    del fixed.world.store.table("arinvoice")[record]
    fixed.press("U0MARIA", "case.check")
    assert "case.accept" not in fixed.buttons()
    fixed.submit("U0DAN", "view.accept", {"reason": "Good enough."})
    assert fixed.state() is CaseState.ARRIVED_DIFFERENT


def test_an_invoice_that_joins_what_arrived_differently_is_looked_for_and_keeps_the_case_open(fixed: Desk) -> None:
    fixed.booked("INV-1042", WHENDUE="12/02/2026")
    fixed.booked("INV-1043")
    fixed.pass_time(seconds=10)
    assert (fixed.state(), fixed.row().due_at) == (CaseState.ARRIVED_DIFFERENT, None)
    fixed.fails("INV-1044", after=5)
    assert "Still awaited: INV-1044" in fixed.card()
    fixed.submit("U0DAN", "view.accept", {"reason": "Good enough."})
    assert fixed.state() is CaseState.ARRIVED_DIFFERENT
    fixed.booked("INV-1044")
    fixed.pass_time(seconds=10)
    assert fixed.buttons()[0] == "case.accept"
    fixed.submit("U0DAN", "view.accept", {"reason": "The customer agreed."})
    assert fixed.state() is CaseState.CLOSED


def test_a_source_term_changed_after_the_alert_is_told(fixed: Desk) -> None:
    invoices, terms = fixed.world.store.table("bill_invoice"), fixed.world.store.table("bill_term")
    net_30 = next(key for key, row in terms.items() if row["name"] == "Net 30")
    key = next(key for key, row in invoices.items() if row["invoiceNumber"] == "INV-1042")
    invoices[key] = {**invoices[key], "paymentTermId": net_30, "dueDate": "2026-12-02"}
    fixed.press("U0MARIA", "case.check")
    assert "INV-1042 said Net 45 when it failed; it says Net 30 now" in fixed.card()
    fixed.booked("INV-1042", "Net 30", "12/02/2026")
    fixed.booked("INV-1043")
    fixed.pass_time(minutes=1)
    assert fixed.state() is CaseState.CLOSED


INACTIVE = "Invoice [INV-1042] cannot be created in Intacct: Customer C-100 is inactive"


def test_an_invoice_that_fails_for_another_reason_is_told_apart(fixed: Desk) -> None:
    fixed.alert(INACTIVE, after=1)
    assert "“Customer C-100 is inactive”" in fixed.card()
    assert "Sync INV-1043 again" in fixed.card()
    assert fixed.state() is CaseState.AWAITING_SYNC
    (noted,) = fixed.entries("failed_otherwise")
    assert noted.content["words"] == "Customer C-100 is inactive"


def test_another_reason_said_twice_or_by_an_edit_is_noted_once(fixed: Desk) -> None:
    fixed.alert(INACTIVE, after=1)
    fixed.alert(INACTIVE, after=0.5)
    assert len(fixed.entries("failed_otherwise")) == 1


def test_another_reason_from_before_the_case_says_nothing_about_it(fixed: Desk) -> None:
    fixed.alert(INACTIVE, after=-3600)
    assert fixed.entries("failed_otherwise") == []


def test_another_reason_of_an_invoice_that_nobody_awaits_is_not_even_kept(fixed: Desk) -> None:
    event = {"type": "message", "bot_id": "B0BILL", "channel": "C0FINALERTS", "ts": "1.0"}
    assert tells(fixed.database, {**event, "text": INACTIVE})
    assert not tells(fixed.database, {**event, "text": INACTIVE.replace("INV-1042", "INV-7")})
    fixed.booked("INV-1042")
    fixed.booked("INV-1043")
    fixed.pass_time(seconds=10)
    assert not tells(fixed.database, {**event, "text": INACTIVE})


def test_another_reason_is_forgotten_once_the_invoice_arrives_or_fails_for_the_term_again(fixed: Desk) -> None:
    fixed.alert(INACTIVE, after=1)
    fixed.ar_status("Net 45", "inactive")
    fixed.fails("INV-1042", after=5)
    assert fixed.state() is CaseState.AWAITING_DECISION
    assert "Customer C-100" not in fixed.card()


def test_the_same_failure_although_the_term_is_there_is_cause_unknown(fixed: Desk) -> None:
    fixed.world.calendar.move(timedelta(minutes=6))
    fixed.fails("INV-1042")
    assert fixed.state() is CaseState.CAUSE_UNKNOWN
    assert "A term is not the cause" in fixed.card()


def test_a_sync_that_may_have_been_under_way_when_the_term_was_made_is_noted_and_ends_nothing(fixed: Desk) -> None:
    fixed.fails("INV-1042", after=5)
    fixed.fails("INV-1042", after=25)
    assert fixed.state() is CaseState.AWAITING_SYNC, "a sync may report the same invoice twice"
    assert fixed.card().count("that sync may have begun without it") == 1
    (noted,) = fixed.entries("failed_early")
    assert noted.content["invoices"] == ["INV-1042"]
    fixed.booked("INV-1042")
    fixed.pass_time(minutes=1)
    assert "that sync may have begun without it" not in fixed.card()


def test_a_message_that_tells_a_syncs_state_reports_a_second_failure_by_its_edits(fixed: Desk) -> None:
    failing = "Invoice [INV-1044] cannot be created in Intacct: Could not retrieve the Sequence record!"
    fixed.alert(failing)
    (ts,) = [e.content["ts"] for e in fixed.entries("alert") if "INV-1044" in str(e.content)]

    def edited(words: str, after: int) -> dict[str, object]:
        at = f"{fixed.clock.now().timestamp() + after:.6f}"
        message = {"ts": ts, "bot_id": "B0BILL", "text": words, "edited": {"ts": at, "user": "U0BILL"}}
        return {"type": "message", "subtype": "message_changed", "channel": ALERTS, "message": message}

    fixed.world.calendar.move(timedelta(minutes=10))
    still, running, again = edited(failing + " (1 of 2)", 0), edited("Sync is running", 1), edited(failing, 2)
    fixed.alert("", **still)
    assert fixed.state() is CaseState.AWAITING_SYNC, "the same report, said with more words"
    assert tells(fixed.database, running), "it takes a failure back"
    fixed.alert("", **running)
    fixed.alert("", **still)
    assert fixed.state() is CaseState.AWAITING_SYNC, "what comes late changes nothing"
    fixed.alert("", **again)
    assert fixed.state() is CaseState.CAUSE_UNKNOWN
    assert sum("INV-1044" in str(e.content) for e in fixed.entries("alert")) == 2


def test_the_sync_after_one_that_was_under_way_decides_however_soon_it_comes(fixed: Desk) -> None:
    fixed.fails("INV-1042", after=5)
    fixed.fails("INV-1043", after=90)
    assert fixed.state() is CaseState.AWAITING_SYNC, "of the other invoice it is the first report"
    fixed.fails("INV-1042", after=90)
    assert fixed.state() is CaseState.CAUSE_UNKNOWN


def test_where_the_term_was_there_all_along_no_sync_can_have_begun_before(desk: Desk) -> None:
    desk.ar_term("Net 45", 45)
    desk.world.calendar.move(timedelta(hours=1))
    desk.fails("INV-1042")
    assert desk.state() is CaseState.AWAITING_SYNC
    desk.fails("INV-1042", after=5)
    assert desk.state() is CaseState.CAUSE_UNKNOWN


def test_what_was_noted_of_a_sync_under_way_is_over_once_the_term_is_gone(fixed: Desk) -> None:
    fixed.fails("INV-1042", after=5)
    fixed.ar_status("Net 45", "inactive")
    fixed.pass_time(minutes=10)
    assert fixed.state() is CaseState.AWAITING_DECISION
    assert "that sync may have begun without it" not in fixed.card()
    assert all(invoice.note.failed_early is None for invoice in fixed.view().invoices)


def test_an_alert_that_was_posted_before_the_term_was_there_does_not_count(fixed: Desk) -> None:
    fixed.fails("INV-1042", after=-60)
    assert fixed.state() is CaseState.AWAITING_SYNC


def test_an_alert_from_before_the_records_last_change_does_not_count(fixed: Desk) -> None:
    fixed.world.calendar.move(timedelta(minutes=10))
    fixed.ar_status("Net 45", "active")
    fixed.fails("INV-1042", after=-120)
    assert fixed.state() is CaseState.AWAITING_SYNC


def test_an_invoice_that_fails_for_the_first_time_only_joins(fixed: Desk) -> None:
    fixed.fails("INV-1044", after=5)
    assert fixed.state() is CaseState.AWAITING_SYNC
    assert [invoice.number for invoice in fixed.view().invoices] == ["INV-1042", "INV-1043", "INV-1044"]


def test_an_invoice_that_is_in_the_books_already_does_not_count_either(fixed: Desk) -> None:
    fixed.booked("INV-1042")
    fixed.pass_time(seconds=10)
    fixed.fails("INV-1042", after=5)
    assert fixed.state() is CaseState.AWAITING_SYNC


def test_a_case_whose_alert_named_no_invoice_finds_those_that_wait_and_closes_with_them(desk: Desk) -> None:
    recent = (desk.clock.now() - timedelta(days=3)).date()
    due = recent + timedelta(days=60)
    term = desk.bill_term("Net 60", 60)
    for number in ("INV-2001", "INV-2002"):
        desk.bill_invoice(number, term, 60, invoiceDate=recent.isoformat(), dueDate=due.isoformat())
    dates = {"WHENCREATED": f"{recent:%m/%d/%Y}", "WHENDUE": f"{due:%m/%d/%Y}"}
    desk.alert("The term name 'Net 60' is invalid")
    assert desk.view().invoices == ()
    desk.booked("INV-2002", "Net 60", **dates)
    desk.press("U0DAN", "case.create")
    assert [invoice.number for invoice in desk.view().invoices] == ["INV-2001"]
    assert "Sync INV-2001 again" in desk.card()
    assert desk.entries("joined")[-1].content["found_by"] == "term"
    desk.booked("INV-2001", "Net 60", **dates)
    desk.pass_time(minutes=1)
    assert desk.state() is CaseState.CLOSED


def test_where_no_invoice_waits_it_is_looked_for_a_while_and_a_person_ends_the_case(desk: Desk) -> None:
    desk.alert("The term name 'Net 90' is invalid")
    desk.press("U0DAN", "case.create")
    for _ in range(12):
        desk.pass_time(minutes=31)
    assert (desk.state(), desk.row().due_at) == (CaseState.AWAITING_SYNC, None)
    assert "can dismiss this case" in desk.card()
    desk.press("U0DAN", "case.check")
    assert desk.row().due_at is not None
    desk.submit("U0DAN", "view.dismiss", {"reason": "All are in Intacct."})
    assert desk.state() is CaseState.DISMISSED


@pytest.fixture
def by_others(desk: Desk) -> Desk:
    """Case 1: Net 45 was missing and waited for a decision; then jsmith made it in Intacct."""
    desk.fails("INV-1042", "INV-1043")
    desk.world.calendar.move(timedelta(minutes=5))
    desk.ar_term("Net 45", 30, by="jsmith")
    desk.press("U0MARIA", "case.check")
    return desk


def test_a_term_that_somebody_made_closes_no_case_until_an_approver_acknowledges_it(by_others: Desk) -> None:
    card = by_others.card()
    assert "Made in Intacct by jsmith" in card
    assert "The name says 45 days from the invoice date" in card
    assert "INV-1042 was billed as due Dec 17, 2026; this rule gives Dec 2, 2026" in card
    for number in ("INV-1042", "INV-1043"):
        by_others.booked(number)
    by_others.pass_time(minutes=1)
    assert by_others.state() is CaseState.AWAITING_SYNC
    assert "an approver who acknowledges it" in by_others.card()
    by_others.press("U0DAN", "case.acknowledge")
    assert by_others.state() is CaseState.CLOSED
    (decision,) = by_others.entries("decision")
    assert (decision.content["verdict"], decision.actor) == ("acknowledge", "U0DAN")


def test_to_accept_an_invoice_does_not_acknowledge_the_term_that_somebody_made(by_others: Desk) -> None:
    by_others.booked("INV-1042", WHENDUE="12/02/2026")
    by_others.booked("INV-1043", WHENDUE="12/02/2026")
    by_others.pass_time(seconds=10)
    assert by_others.state() is CaseState.ARRIVED_DIFFERENT
    assert "Made in Intacct by jsmith" in by_others.card()
    assert by_others.buttons()[0] == "case.acknowledge"
    by_others.submit("U0DAN", "view.accept", {"reason": "Due earlier."})
    assert by_others.state() is CaseState.ARRIVED_DIFFERENT
    by_others.press("U0PRIYA", "case.acknowledge")
    assert by_others.buttons()[0] == "case.accept"
    by_others.submit("U0DAN", "view.accept", {"reason": "Due earlier."})
    assert by_others.state() is CaseState.CLOSED
    assert [entry.content["verdict"] for entry in by_others.entries("decision")] == ["acknowledge", "accept"]


def test_acknowledged_first_the_case_closes_by_itself_once_all_is_there(by_others: Desk) -> None:
    by_others.press("U0PRIYA", "case.acknowledge")
    assert "case.acknowledge" not in by_others.buttons()
    for number in ("INV-1042", "INV-1043"):
        by_others.booked(number)
    by_others.pass_time(minutes=1)
    assert by_others.state() is CaseState.CLOSED


def test_only_an_approver_or_a_deputy_acknowledges(by_others: Desk) -> None:
    by_others.press("U0MARIA", "case.acknowledge")
    assert by_others.view().to_acknowledge
    assert by_others.whispers() == [("U0MARIA", "not_to_acknowledge")]
    (refused,) = by_others.entries("refused")
    assert (refused.content["what"], refused.content["why"]) == ("acknowledge", "not_approver")
    by_others.entitlement.deputies = frozenset({"U0MARIA"})
    by_others.press("U0MARIA", "case.acknowledge")
    assert not by_others.view().to_acknowledge


def test_an_approver_who_asked_for_the_decision_may_acknowledge(desk: Desk) -> None:
    desk.fails("INV-1042")
    desk.press("U0DAN", "case.ask")
    desk.world.calendar.move(timedelta(minutes=5))
    desk.ar_term("Net 45", 45, by="jsmith")
    desk.press("U0MARIA", "case.check")
    desk.press("U0DAN", "case.acknowledge")
    assert not desk.view().to_acknowledge


def test_acknowledging_twice_is_one_decision(by_others: Desk) -> None:
    by_others.press("U0DAN", "case.acknowledge")
    by_others.press("U0PRIYA", "case.acknowledge")
    assert len(by_others.entries("decision")) == 1


def test_a_term_newer_than_the_alert_at_opening_is_acknowledged_too(desk: Desk) -> None:
    desk.ar_term("Net 45", 45, by="jsmith")
    desk.fails("INV-1042", after=-600)
    assert desk.state() is CaseState.AWAITING_SYNC
    assert desk.buttons()[0] == "case.acknowledge"
    desk.booked("INV-1042")
    desk.pass_time(minutes=1)
    assert desk.state() is CaseState.AWAITING_SYNC


def test_what_is_in_the_books_already_is_not_to_be_synced_again(desk: Desk) -> None:
    desk.ar_term("Net 45", 45, by="jsmith")
    desk.fails("INV-1042", "INV-1043", after=-600)
    assert "sync INV-1042 and one more again" in desk.card()
    desk.booked("INV-1042")
    desk.pass_time(minutes=1)
    assert "sync INV-1043 again" in desk.card()
    desk.booked("INV-1043")
    desk.pass_time(minutes=1)
    assert "nothing is left to sync again" in desk.card()
    assert "waits for an approver who acknowledges it" in desk.card()


def test_a_term_that_was_there_all_along_needs_nobody(desk: Desk) -> None:
    desk.ar_term("Net 45", 45, by="jsmith")
    desk.world.calendar.move(timedelta(hours=1))
    desk.fails("INV-1042")
    assert "case.acknowledge" not in desk.buttons()
    desk.booked("INV-1042")
    desk.pass_time(minutes=1)
    assert desk.state() is CaseState.CLOSED


def test_a_term_that_an_earlier_decision_here_made_needs_nobody(fixed: Desk) -> None:
    for number in ("INV-1042", "INV-1043"):
        fixed.booked(number)
    fixed.pass_time(minutes=1)
    assert fixed.state() is CaseState.CLOSED
    fixed.fails("INV-1044", after=-600)
    assert fixed.state(2) is CaseState.AWAITING_SYNC
    assert "case.acknowledge" not in fixed.buttons(2)


def test_an_invoice_that_a_person_keyed_is_told_with_the_evidence_and_the_warning(fixed: Desk) -> None:
    fixed.booked("INV-1042", CREATEDBY="pnair")
    fixed.pass_time(seconds=10)
    card = fixed.card()
    assert "INV-1042 looks keyed by hand: its record in Intacct was made by pnair" in card
    assert "bill-sync made 6 of 7 invoices" in card
    assert "Do not sync INV-1042 again" in card
    assert "Sync INV-1043 again" in card


def test_the_warning_stays_on_the_closed_card(fixed: Desk) -> None:
    fixed.booked("INV-1042", CREATEDBY="pnair")
    fixed.booked("INV-1043")
    fixed.pass_time(seconds=10)
    assert fixed.state() is CaseState.CLOSED
    assert "Do not sync INV-1042 again" in fixed.card()


def test_who_synced_is_learned_once_and_then_from_what_arrived(fixed: Desk) -> None:
    fixed.booked("INV-1042")
    fixed.pass_time(seconds=10)
    before = fixed.queries()
    fixed.booked("INV-1043")
    fixed.pass_time(seconds=20)
    assert fixed.state() is CaseState.CLOSED
    assert fixed.queries() - before == 1


def test_of_too_few_invoices_nothing_is_concluded(fixed: Desk) -> None:
    table = fixed.world.store.table("arinvoice")
    for key in list(table)[:4]:
        del table[key]
    fixed.booked("INV-1042", CREATEDBY="pnair")
    fixed.pass_time(seconds=10)
    assert "keyed by hand" not in fixed.card()


def test_two_processes_that_watch_at_the_same_instant_ask_once(fixed: Desk) -> None:
    others = [Process(fixed) for _ in range(3)]
    fixed.pass_time(minutes=2)
    for each in others:
        each.books.fields("ARTERM")  # signed in, so that all set out together
    before = fixed.queries()
    fixed.world.calendar.move(timedelta(hours=1))
    start = threading.Barrier(len(others))

    def watch(process: Process) -> int:
        start.wait()
        return process.workshop._watcher.watch("job:watch")

    with ThreadPoolExecutor(len(others)) as pool:
        looked = list(pool.map(watch, others))
    for each in others:
        each.books.close()
    assert sorted(looked) == [0, 0, 1]
    # One query for the invoices and one for the terms.
    assert fixed.queries() - before == 2


def test_a_wish_to_look_again_that_comes_while_intacct_is_asked_is_kept(fixed: Desk) -> None:
    fixed.pass_time(minutes=2)
    fixed.world.faults.set(Fault("intacct", "query", "slow", 1, value=1.5))
    fixed.world.calendar.move(timedelta(minutes=10))
    with ThreadPoolExecutor(1) as pool:
        round_under_way = pool.submit(fixed.process.workshop._watcher.watch, "job:watch")
        time.sleep(0.5)
        act = {"action": "case.check", "user": "U0MARIA", "team": TEAM, "channel": ALERTS, "case_id": 1}
        fixed.take(ItemKind.CLICK, "Click-meanwhile", act | {"digest": fixed.view().digest})
        assert round_under_way.result(20) == 1
    assert fixed.row().note.get("look")
    assert fixed.row().due_at <= fixed.clock.now()
