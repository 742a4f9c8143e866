"""A period's list: what is billed and not in the ledger, with case and owner; kept as evidence under its number."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.billing.source import BilledInvoice
from bot.cases.case import CaseState
from bot.cases.month_end import cutoff, keeping
from bot.cases.month_end.cutoff import Owner, Sum, Whereabouts, not_in_ledger, period_of, sums
from bot.cases.view import Arrival, Course
from bot.cases.watching import arrival
from bot.close import CloseCalendar, Closing, NoPeriod, Periods, month
from bot.evidence.telling import sentence
from bot.intacct.invoices import BookedInvoice
from bot.records import journal
from bot.records.tables import case_invoices, cases, views
from bot.sandbox.slack.seed import TEAM_ID
from bot.sandbox.world import Fault
from bot.slack.cards.states import STATES
from bot.slack.door import ItemKind
from bot.slack.progress import Progress
from tests.cases.month_end import OCTOBER, Clock, billed, company
from tests.cases.office import ALERTS, Office, sequence
from tests.intacct.conftest import keep_invoice
from tests.sandbox.slack.conftest import until

DAY = date(2026, 10, 5)


def invoice(number: str, amount: str = "120.00", currency: str = "USD") -> BilledInvoice:
    return billed(number, DAY, amount=Decimal(amount), currency=currency)


def booked(number: str, amount: str = "120.00", **changes: Any) -> BookedInvoice:
    values: dict[str, Any] = {
        "record_no": "1",
        "number": number,
        "customer_id": "C1",
        "customer_name": "Globex GmbH",
        "term_name": "Net 45",
        "invoice_date": DAY,
        "due_date": None,
        "total": Decimal(amount),
        "currency": "USD",
        "state": "Posted",
        "posted": True,
        "created_at": None,
        "created_by": "",
        "modified_at": None,
    }
    return BookedInvoice(**values | changes)


def found(*missing: cutoff.Missing) -> list[tuple[str, str, str]]:
    return [(each.billed.number, each.whereabouts.value, each.books_state) for each in missing]


def test_what_is_posted_is_not_listed_and_a_draft_is_not_posted() -> None:
    here = [booked("A"), booked("B", state="Draft", posted=False)]
    assert found(*not_in_ledger([invoice("A"), invoice("B"), invoice("C")], here, "")) == [
        ("B", "unposted", "Draft"),
        ("C", "absent", ""),
    ]


def test_of_two_with_one_number_the_one_in_the_ledger_is_told_by_its_amount() -> None:
    both = [invoice("A", "900.00"), invoice("A", "1400.00")]
    (missing,) = not_in_ledger(both, [booked("A", "1400.00")], "")
    assert missing.billed.amount == Decimal("900.00")
    assert not_in_ledger(both, [booked("A", "900.00"), booked("A", "1400.00", record_no="2")], "") == ()


def test_one_number_in_the_ledger_with_another_amount_is_there_all_the_same() -> None:
    assert not_in_ledger([invoice("A", "900.00")], [booked("A", "901.00")], "") == ()


def test_what_another_entity_has_is_not_in_this_one() -> None:
    mine = [booked("A", entity="200"), booked("B", entity="300"), booked("C", entity=None)]
    three = [invoice("A"), invoice("B"), invoice("C")]
    assert found(*not_in_ledger(three, mine, "200")) == [("B", "elsewhere", "300")]
    assert found(*not_in_ledger(three, mine, "")) == [("A", "elsewhere", "200"), ("B", "elsewhere", "300")]


def test_an_entitys_invoice_of_the_same_number_does_not_stand_for_one_of_the_top_level() -> None:
    of_germany = booked("INV-7", "15.00", entity="DE")
    assert found(*not_in_ledger([invoice("INV-7", "900.00")], [of_germany], "")) == [("INV-7", "elsewhere", "DE")]
    awaited = arrival.Awaited(
        billed=invoice("INV-7", "900.00"), term_name="Net 45", entity="", failed_at=datetime(2026, 11, 1, tzinfo=UTC)
    )
    assert arrival.look(awaited, [of_germany]).arrival is Arrival.WAITING, "as a case reads it"
    assert not_in_ledger([invoice("INV-7", "900.00")], [booked("INV-7", "900.00", entity="")], "") == ()


def test_sums_are_one_a_currency_with_credits_apart() -> None:
    told = sums([invoice("A"), invoice("B", "-20.00"), invoice("C", "9.50", "EUR"), billed("D", DAY, amount=None)])
    assert told == (
        Sum(currency="USD", invoices=3, amount=Decimal("120.00"), credits=Decimal("-20.00")),
        Sum(currency="EUR", invoices=1, amount=Decimal("9.50")),
    )


def test_a_period_is_the_calendars_or_a_month_and_without_a_name_the_next_to_close(clock: Clock) -> None:
    acme = company(clock)
    assert period_of(acme, "2026-09", clock.now()) == month("2026-09")
    assert period_of(acme, None, clock.now()) == OCTOBER.period
    with pytest.raises(NoPeriod):
        period_of(acme, "1980-09", clock.now())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def october(office: Office) -> Office:
    """Five invoices of October in BILL, of which Intacct has one, and one as a draft; one of November."""
    term = office.bill_term("Net 45", 45)
    office.invoices(term, "INV-1", "INV-2", "INV-3", "INV-4", "INV-5", amount=100.5)
    office.invoices(term, "INV-6", dated="2026-11-02")
    for number, state in ((1, "Posted"), (2, "Draft")):
        keep_invoice(office.world, number, WHENCREATED="10/05/2026", STATE=state)
    office.world.store.table("sequence")["arinvoice"] = {"next": 10}
    return office


def ask(office: Office, text: str, user: str = "U0MARIA") -> list[str]:
    """Asks by command; what the asker alone then sees, in order."""
    address = office.in_loop(lambda: office.workspace.response_urls.lend(user=user, channel=ALERTS))
    before = len(seen(office, user))
    question = {"text": text, "team": TEAM_ID, "user": user, "channel": ALERTS, "response_url": address}
    office.take(ItemKind.QUESTION, address, question)
    office.work()
    return [message["text"] for message in seen(office, user)[before:]]


def seen(office: Office, user: str) -> list[dict[str, Any]]:
    return office.in_loop(lambda: office.workspace.ephemerals(user, ALERTS))


def press_keep(office: Office, user: str = "U0MARIA", presser: str = "") -> list[str]:
    """Presses the button under the newest list that a person sees."""
    presser = presser or user
    lists = [message for message in seen(office, user) if "Keep as evidence" in message["text"]]
    token = lists[-1]["blocks"][-1]["elements"][0]["value"].removeprefix("list:")
    address = office.in_loop(lambda: office.workspace.response_urls.lend(user=presser, channel=ALERTS))
    before = len(seen(office, presser))
    act = {"action": "close.keep", "user": presser, "team": TEAM_ID, "channel": ALERTS}
    office.take(ItemKind.CLICK, address, act | {"listing": token, "response_url": address})
    office.work()
    return [message["text"] for message in seen(office, presser)[before:]]


def test_a_period_is_listed_with_sums_case_and_owner_and_its_cost(october: Office) -> None:
    october.alert(*sequence("INV-3", "INV-4"))
    october.work()
    (told,) = ask(october, "close 2026-10")
    assert "October 2026: 4 invoices billed and not in Intacct" in told
    assert "Not in Intacct: 4 invoices, $402.00" in told
    assert "Billed in BILL: 5 invoices, $502.50" in told
    assert (
        "INV-2 · Globex GmbH · $100.50 · Oct 5 · in Intacct as Draft, not posted · no case: nobody has it yet" in told
    )
    assert "INV-3 · Globex GmbH · $100.50 · Oct 5 · case 1, waiting for a decision: an approver" in told
    assert "INV-1 " not in told
    assert "INV-6" not in told
    assert "Read with 2 requests to BILL and 1 query of Intacct" in told


@pytest.mark.parametrize(
    ("state", "owner"),
    [
        ("open", "whoever can tell its term"),
        ("awaiting_correction", "<@U0LEE>"),
        ("awaiting_sync", "whoever runs the sync"),
        ("writing", "me, just now"),
        ("failed", "an approver"),
        ("cause_unknown", "the finance systems admin"),
        ("declined", "nobody"),
        ("closed", "nobody"),
    ],
)
def test_who_has_to_act_is_told_by_where_the_case_stands(october: Office, state: str, owner: str) -> None:
    october.alert(*sequence("INV-3"))
    october.work()
    if state == "awaiting_correction":
        case = october.case(1)
        wrong = {"view": "view.invoice_wrong", "case_id": case.id, "digest": case.proposal_digest}
        values = {"values": {"should_be": "Net 30"}, "user": "U0LEE", "team": TEAM_ID}
        october.take(ItemKind.SUBMISSION, "1", wrong | values)
        october.work(ahead_s=0)
    else:
        with october.database.transaction() as connection:
            connection.execute(update(cases).values(state=state, due_at=None))
    (told,) = ask(october, "close 2026-10")
    assert f"case 1, {STATES[CaseState(state)]}: {owner}" in told


def test_what_waits_for_a_sync_into_a_closed_period_is_an_approvers_until_he_has_chosen(october: Office) -> None:
    october.alert(*sequence("INV-3"))
    october.work()
    closed = Closing(period=month("2026-10"), cut_off=october.clock.now() - timedelta(days=1))
    acme = replace(october.rooms.company, periods=Periods(CloseCalendar((closed,)), october.clock.now))
    choice = {
        "period": "2026-10",
        "course": "reopen",
        "reason": "r",
        "team": "T",
        "user_id": "U",
        "at": "2026-11-24T00:00Z",
    }

    def owner() -> tuple[Owner, Course | None]:
        listed = cutoff.Listing(october.database, october.clock, acme).make(closed.period, lambda _: None)
        (case,) = [each.case for each in listed.missing if each.case is not None]
        return case.owner, case.choice

    with october.database.transaction() as connection:
        connection.execute(update(cases).values(state="awaiting_sync", due_at=None))
    assert owner() == (Owner.APPROVERS, None)
    with october.database.transaction() as connection:
        connection.execute(update(case_invoices).values(choice={**choice, "period": "2026-09"}))
    assert owner() == (Owner.APPROVERS, None), "what was chosen for another period says nothing of this one"
    with october.database.transaction() as connection:
        connection.execute(update(case_invoices).values(choice=choice))
    assert owner() == (Owner.SYNC, Course.REOPEN)


def test_where_a_long_reading_stands_is_said_as_it_moves_on_and_a_quick_one_says_nothing(office: Office) -> None:
    def address() -> str:
        return office.in_loop(lambda: office.workspace.response_urls.lend(user="U0MARIA", channel=ALERTS))

    with Progress("October 2026", address(), pauses_s=(30,)) as quick:
        quick.at("Reading what BILL billed.")
    with Progress("October 2026", address(), pauses_s=(0.01, 0.01, 0.5, 0.5)) as slow:
        slow.at("Reading what BILL billed.")
        until(lambda: seen(office, "U0MARIA"))
        slow.at("reading what Intacct has")
        until(lambda: len(seen(office, "U0MARIA")) > 1)
        time.sleep(0.6)
    assert [message["text"] for message in seen(office, "U0MARIA")] == [
        "October 2026: Reading what BILL billed. It follows here.",
        "October 2026: reading what Intacct has. It follows here.",
    ]


def test_a_list_is_kept_whole_under_the_number_that_is_told(october: Office) -> None:
    october.invoices(None, *(f"INV-{number}" for number in range(100, 140)), amount=1.0)
    (told,) = ask(october, "close 2026-10")
    assert "And 14 invoices more" in told
    (kept,) = press_keep(october)
    (entry,) = [json.loads(each) for each in october.journal("cutoff")]
    with october.database.transaction() as connection:
        listed = connection.execute(select(views)).one()
    content = entry["content"]
    with october.database.transaction() as connection:
        (told,) = [sentence(each) for each in journal.entries(connection, "acme") if each.kind == "cutoff"]
    assert told.startswith("kept as evidence what BILL billed in 2026-10 and Intacct had not posted as of 20")
    assert told.endswith("44 invoices (44 in USD, 442.0)")
    assert "is entry 1 of the journal of acme" in kept
    assert entry["actor"] == "U0MARIA"
    assert content["missing_count"] == len(content["missing"]) == 44
    assert content["missing_sums"] == [{"currency": "USD", "invoices": 44, "amount": "442.0", "credits": "0"}]
    assert content["list"] == listed.id
    assert content["reader"] == "termkeeper-reader"
    assert "invoiceDate:gte" in content["queries"][0]
    assert "45 numbers" in content["queries"][1]
    assert content["as_of"].startswith(f"{datetime.now(UTC):%Y}")
    assert {line["where"] for line in content["missing"]} == {Whereabouts.ABSENT, Whereabouts.UNPOSTED}
    assert {line["owner"] for line in content["missing"]} == {Owner.NOBODY}


def test_a_list_is_kept_once_however_often_its_button_is_pressed(october: Office) -> None:
    ask(october, "close 2026-10")
    first, again = press_keep(october), press_keep(october)
    assert first == again
    assert len(october.journal("cutoff")) == 1


def test_only_who_was_shown_a_list_keeps_it_and_not_for_ever(october: Office) -> None:
    ask(october, "close 2026-10")
    (refused,) = press_keep(october, presser="U0DAN")
    assert "can no longer be kept" in refused
    with october.database.transaction() as connection:
        connection.execute(update(views).values(created_at=datetime.now(UTC) - keeping.KEPT_FOR - timedelta(hours=1)))
    ask(october, "close 2026-11", user="U0DAN")
    (gone,) = press_keep(october)
    assert "can no longer be kept" in gone
    assert october.journal("cutoff") == []


def test_a_period_of_which_all_is_in_intacct_and_one_without_invoices_say_so(october: Office) -> None:
    (empty,) = ask(october, "close 2026-01")
    assert "January 2026: BILL billed nothing" in empty
    keep_invoice(october.world, 6, WHENCREATED="11/02/2026")
    (whole,) = ask(october, "close 2026-11")
    assert "November 2026: all that is billed is in Intacct" in whole
    assert "Keep as evidence" in whole


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("close 2026-13", "I did not find a month in that. A period is asked for as /checkterms close 2026-10."),
        ("close", "No close calendar is set"),
    ],
)
def test_what_names_no_period_gets_a_clear_sentence(october: Office, text: str, told: str) -> None:
    assert told in ask(october, text)[0]
    assert "query" not in october.calls("intacct")


@pytest.mark.parametrize("service", ["bill", "intacct"])
def test_a_system_that_does_not_answer_is_named_and_no_half_list_is_shown(october: Office, service: str) -> None:
    october.world.faults.set(Fault(service=service, method="*", name="server_error", times=99))
    (told,) = ask(october, "close 2026-10")
    assert "October 2026 could not be listed." in told
    assert "Keep as evidence" not in told


def test_more_than_a_thousand_invoices_take_as_few_queries_as_intacct_allows(october: Office) -> None:
    october.invoices(None, *(f"X-{number}" for number in range(1_100)), amount=1.0)
    (told,) = ask(october, "close 2026-10")
    assert "1,104 invoices billed and not in Intacct" in told
    assert "2 queries of Intacct" in told
    assert october.calls("intacct").count("query") == 2
