"""The choice for invoices of a closed period: whose it is, what it covers, what is kept of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.billing.source import TermOrigin
from bot.cases import store
from bot.cases.codec import BILLED
from bot.cases.deciding.decide import Act, Outcome, OutcomeKind
from bot.cases.month_end.period import choose
from bot.cases.ports import Entitled, Person
from bot.cases.step import Step, step
from bot.cases.view import Course
from bot.evidence.telling import sentence
from bot.records import journal
from bot.records.engine import Database
from bot.records.tables import case_invoices, cases
from tests.cases.month_end import NOVEMBER, NOW, OCTOBER, Clock, billed, company

APPROVERS = Entitled(approvers=frozenset({"U0DAN"}), deputies=frozenset({"U0LEE"}))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def taken(database: Database, clock: Clock) -> Iterator[Step]:
    with step(database, clock, "test") as taken:
        yield taken


@pytest.fixture
def case(taken: Step, clock: Clock) -> Any:
    """Two invoices of October, one of November, one without a date."""
    opened = store.open_case(
        taken, company(clock), "term::Net 45", term_name="Net 45", alerted_at=NOW, origin=TermOrigin.INVOICE
    )
    days = {"INV-1": date(2026, 10, 5), "INV-2": date(2026, 10, 31), "INV-3": date(2026, 11, 2), "INV-4": None}
    store.await_invoices(taken, opened.id, [(number, billed(number, day)) for number, day in days.items()])
    return opened


def chosen(taken: Step, case: Any, clock: Clock, **changes: Any) -> Outcome:
    who = Person(team="T0ACME", user_id=changes.pop("user", "U0DAN"))
    wanted = {"period": "2026-10", "course": Course.REOPEN, "reason": "The audit is done.", **changes}
    act = Act(case_id=case.id, person=who, digest="", key="submission:1")
    return choose(taken, company(clock), act, entitled=APPROVERS, **wanted)


def kept(taken: Step, case: Any, clock: Clock) -> dict[str, str | None]:
    rows = store.waiting_invoices(taken.connection, case.id, company(clock).periods)
    return {row.number: row.choice.course.value if row.choice else None for row in rows}


def entries(taken: Step, kind: str) -> list[dict[str, Any]]:
    taken.finish()
    return [json.loads(entry.canonical) for entry in journal.entries(taken.connection, "acme") if entry.kind == kind]


def test_a_choice_covers_the_invoices_of_its_period_and_no_others(taken: Step, case: Any, clock: Clock) -> None:
    assert chosen(taken, case, clock).kind is OutcomeKind.DONE
    assert kept(taken, case, clock) == {"INV-1": "reopen", "INV-2": "reopen", "INV-3": None, "INV-4": None}


def test_a_choice_is_kept_in_the_journal_with_who_why_and_who_could(taken: Step, case: Any, clock: Clock) -> None:
    chosen(taken, case, clock, user="U0LEE")
    (entry,) = entries(taken, "period")
    assert entry["actor"] == "U0LEE"
    assert entry["content"] == {
        "case": case.number,
        "period": "2026-10",
        "closed_since": "2026-11-06T23:00:00.000000Z",
        "course": "reopen",
        "reason": "The audit is done.",
        "invoices": ["INV-1", "INV-2"],
        "replaces": [],
        "team": "T0ACME",
        "approvers": ["U0DAN"],
        "deputies": ["U0LEE"],
    }


def test_who_may_not_decide_may_not_choose_and_that_is_kept(taken: Step, case: Any, clock: Clock) -> None:
    assert chosen(taken, case, clock, user="U0MARIA").kind is OutcomeKind.REFUSED
    assert set(kept(taken, case, clock).values()) == {None}
    (refusal,) = entries(taken, "refused")
    assert (refusal["actor"], refusal["content"]["what"]) == ("U0MARIA", "choose for a closed period")
    assert entries(taken, "period") == []


def test_a_later_choice_stands_instead_and_says_what_it_replaces(taken: Step, case: Any, clock: Clock) -> None:
    chosen(taken, case, clock)
    chosen(taken, case, clock, course=Course.CURRENT)
    assert kept(taken, case, clock)["INV-1"] == "current"
    assert [entry["content"]["replaces"] for entry in entries(taken, "period")] == [[], ["reopen"]]
    told = [sentence(entry) for entry in journal.entries(taken.connection, "acme") if entry.kind == "period"]
    assert told[0] == "closed period 2026-10, INV-1, INV-2: reopen it; reason: The audit is done."
    assert told[1].endswith("; instead of: reopen")


def test_a_choice_needs_a_reason(taken: Step, case: Any, clock: Clock) -> None:
    assert chosen(taken, case, clock, reason=" ").kind is OutcomeKind.NEEDS_REASON
    assert set(kept(taken, case, clock).values()) == {None}


@pytest.mark.parametrize("why", ["open", "other", "arrived", "ended"])
def test_nothing_is_chosen_for_what_is_not_shut_out(taken: Step, case: Any, clock: Clock, why: str) -> None:
    if why == "open":
        clock.moment = OCTOBER.cut_off - timedelta(seconds=1)
    if why == "arrived":
        taken.connection.execute(update(case_invoices).values(arrival="arrived"))
    if why == "ended":
        taken.connection.execute(update(cases).values(state="expired"))
    outcome = chosen(taken, case, clock, period="2026-11" if why == "other" else "2026-10")
    assert outcome.kind is OutcomeKind.OUTDATED
    assert entries(taken, "period") == []


def test_an_invoice_that_joins_later_still_waits_for_a_choice(taken: Step, case: Any, clock: Clock) -> None:
    chosen(taken, case, clock)
    store.await_invoices(taken, case.id, [("INV-5", billed("INV-5", date(2026, 10, 7)))])
    assert kept(taken, case, clock)["INV-5"] is None
    assert kept(taken, case, clock)["INV-1"] == "reopen"


def test_a_choice_for_one_period_counts_in_no_other(taken: Step, case: Any, clock: Clock) -> None:
    chosen(taken, case, clock)
    clock.moment = NOVEMBER.cut_off + timedelta(days=1)
    both = company(clock, OCTOBER, NOVEMBER)
    redated = BILLED.dump_python(billed("INV-1", date(2026, 11, 3)), mode="json")
    taken.connection.execute(update(case_invoices).where(case_invoices.c.number == "INV-1").values(billed=redated))
    by_number = {row.number: row for row in store.waiting_invoices(taken.connection, case.id, both.periods)}
    assert by_number["INV-1"].shut_out
    assert by_number["INV-1"].choice is None, "nobody chose for November"
    assert by_number["INV-2"].choice is not None
    again = choose(
        taken,
        both,
        Act(case_id=case.id, person=Person(team="T0ACME", user_id="U0DAN"), digest="", key="submission:2"),
        entitled=APPROVERS,
        period="2026-11",
        course=Course.CURRENT,
        reason="It is small.",
    )
    assert again.kind is OutcomeKind.DONE
    assert entries(taken, "period")[-1]["content"]["replaces"] == []


def test_a_choice_goes_with_its_invoice_into_another_case_and_overrules_none(
    taken: Step, case: Any, clock: Clock
) -> None:
    chosen(taken, case, clock)
    acme = company(clock)
    other = store.open_case(taken, acme, "term::Net 55", term_name="Net 55", alerted_at=NOW, origin=TermOrigin.INVOICE)
    store.await_invoices(taken, other.id, [(each, billed(each, date(2026, 10, 5))) for each in ("INV-1", "INV-2")])
    only = {"period": "2026-10", "course": "current", "reason": "r", "team": "T", "user_id": "U", "at": NOW.isoformat()}
    taken.connection.execute(
        update(case_invoices)
        .where(case_invoices.c.case_id == other.id, case_invoices.c.number == "INV-2")
        .values(choice=only)
    )
    store.keep_choices(taken, case.id, other.id)
    assert kept(taken, other, clock) == {"INV-1": "reopen", "INV-2": "current"}
