"""A period's list and the reminder before its cut-off: as reviewed, within Slack's limits, whatever the names."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.cases.case import CaseState
from bot.cases.month_end.cutoff import CaseOfInvoice, CutOff, Missing, Owner, Whereabouts, sums
from bot.close import month
from bot.slack.cards.closing import Reminder, WaitingCase, period_closes
from bot.slack.cards.cutoff import cutoff_answer, cutoff_kept
from tests.slack.cards.limits import faults
from tests.slack.cards.reading import read
from tests.slack.cards.samples import NOW, billed

UGLY = "`<!channel>` *=cmd|'*\u202e" + "x" * 300


def case(state: CaseState, owner: Owner, person: str = "") -> CaseOfInvoice:
    return CaseOfInvoice(number=12, state=state, owner=owner, person=person)


def listed(*missing: Missing, **changes: Any) -> CutOff:
    values: dict[str, Any] = {
        "company": "acme",
        "entity": "",
        "period": month("2026-10"),
        "closes_at": datetime(2026, 11, 26, 23, tzinfo=UTC),
        "as_of": NOW,
        "source_label": "BILL",
        "billed": sums(each.billed for each in missing),
        "missing": missing,
        "sums": sums(each.billed for each in missing),
        "undated": 0,
        "queries": (),
        "source_requests": 3,
        "books_queries": 1,
        "reader": "termkeeper-reader",
    }
    return CutOff(**values | changes)


MISSING = (
    Missing(
        billed=billed(invoice_date=date(2026, 10, 28)),
        whereabouts=Whereabouts.ABSENT,
        case=case(CaseState.AWAITING_DECISION, Owner.APPROVERS),
    ),
    Missing(
        billed=billed("INV-1050", invoice_date=date(2026, 10, 30), amount=Decimal("-20"), url=""),
        whereabouts=Whereabouts.UNPOSTED,
        books_state="Draft",
        case=case(CaseState.AWAITING_CORRECTION, Owner.CORRECTOR, "U0MARIA"),
    ),
    Missing(
        billed=billed("INV-1051", invoice_date=date(2026, 10, 31), currency="EUR"),
        whereabouts=Whereabouts.ELSEWHERE,
        books_state="300",
    ),
)


def test_a_list_reads_as_reviewed(snapshot: Any) -> None:
    assert (
        read(cutoff_answer(listed(*MISSING), "t" * 24, {12: "https://acme.slack.test/archives/C1/p1"}).blocks)
        == snapshot
    )


def test_a_list_of_a_closed_period_says_that_an_approver_chooses() -> None:
    closed = listed(*MISSING, closes_at=NOW - timedelta(days=1), undated=2, entity="200")
    text = cutoff_answer(closed, "t" * 24, {12: "https://acme.slack.test/archives/C1/p1"}).text
    assert "It is closed for AR since" in text
    assert "entity 200" in text
    assert "2 invoices without a date" in text


def test_the_longest_list_of_the_worst_names_fits_slacks_limits() -> None:
    worst = Missing(
        billed=billed(UGLY, customer_name=UGLY, currency="XYZ", url="https://bill.test/" + "a" * 900),
        whereabouts=Whereabouts.UNPOSTED,
        books_state=UGLY,
        case=case(CaseState.AWAITING_DECISION, Owner.APPROVERS),
    )
    card = cutoff_answer(
        listed(*[worst] * 5_000, company=UGLY, source_label=UGLY, entity=UGLY),
        "t" * 24,
        {12: "https://acme.slack.test/archives/C1/p1"},
    )
    assert faults(card.blocks) == []
    assert "5,000 invoices" in card.text
    assert faults(cutoff_kept("2026-10", UGLY, 10**12).blocks) == []


def reminder(cases: list[WaitingCase], more: int = 0) -> Reminder:
    return Reminder(
        period="2026-10",
        cut_off=NOW + timedelta(hours=4),
        left=timedelta(hours=3, minutes=59, seconds=55),
        invoices=3,
        sums=[(Decimal("240.00"), "USD"), (Decimal("50.5"), "EUR")],
        cases=cases,
        more=more,
    )


def test_a_reminder_reads_as_reviewed(snapshot: Any) -> None:
    waiting = [
        WaitingCase(
            number=12,
            term="Net 45",
            state=CaseState.AWAITING_DECISION,
            invoices=["INV-1", "INV-2", "INV-3", "INV-4", "INV-5"],
            link="https://acme.slack.test/archives/C1/p1",
        ),
        WaitingCase(number=13, term=None, state=CaseState.OPEN, invoices=["INV-9"], link=""),
    ]
    assert read(period_closes(reminder(waiting, more=2)).blocks) == snapshot


def test_a_reminder_of_the_worst_names_fits_slacks_limits() -> None:
    worst = WaitingCase(
        number=10**9,
        term=UGLY,
        state=CaseState.AWAITING_DECISION,
        invoices=[UGLY] * 50,
        link="https://acme.slack.test/" + "a" * 500,
    )
    assert faults(period_closes(reminder([worst] * 15, more=10**6)).blocks) == []
