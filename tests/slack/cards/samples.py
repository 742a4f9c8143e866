"""Cases as the examples in the documents tell them, to be varied by the tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.billing.source import BilledInvoice, PaymentState, TermOrigin
from bot.cases.case import CaseState
from bot.cases.view import (
    Arrival,
    CaseInvoice,
    CaseKind,
    CaseView,
    Course,
    DecisionView,
    Diagnosis,
    EarlierInvoice,
    FieldDifference,
    InvoiceNote,
    KeyedByHand,
    OtherReason,
    PeriodChoice,
    Trouble,
    Unknown,
    UsersOfKind,
    Withdrawing,
)
from bot.close import CloseCalendar, Closing, month
from bot.terms.matching import Difference, DifferenceKind, Match, MatchKind, XRay
from bot.terms.proposal import Action, FieldSource, ProofLine, Proposal, ProposedField
from bot.terms.term import ArTerm, DueFrom, DueRule, PaymentTerm

NOW = datetime(2026, 11, 24, 9, 14, tzinfo=UTC)
DIGEST = "c0ffee" * 10 + "abcd"
NET_45 = PaymentTerm(due=DueRule(45))


def ar_term(name: str, days: int, **changes: Any) -> ArTerm:
    return ArTerm(
        **{
            "record_no": str(days),
            "name": name,
            "active": True,
            "rule": PaymentTerm(due=DueRule(days)),
            "modified_at": datetime(2026, 3, 3, 12, tzinfo=UTC),
            "modified_by": "jsmith",
            **changes,
        }
    )


def billed(number: str = "INV-1042", term: str | None = "Net 45", **changes: Any) -> BilledInvoice:
    return BilledInvoice(
        **{
            "number": number,
            "source_id": "00e" + number,
            "customer_id": "0cu1",
            "customer_name": "Globex GmbH",
            "term_name": term,
            "term_origin": TermOrigin.INVOICE,
            "invoice_date": date(2026, 11, 2),
            "due_date": date(2026, 12, 17),
            "amount": Decimal("1250.50"),
            "balance": Decimal("750.50"),
            "currency": "USD",
            "payment": PaymentState.PARTLY_PAID,
            "url": "https://app.bill.test/invoices/00e1",
            **changes,
        }
    )


def waiting(term: str | None = "Net 45") -> tuple[CaseInvoice, ...]:
    others = (
        billed("INV-1043", term, amount=Decimal(8000), balance=Decimal(8000), payment=PaymentState.OPEN),
        billed("INV-1044", term, amount=Decimal(120), balance=Decimal(120), payment=PaymentState.OPEN),
    )
    return tuple(CaseInvoice(number=each.number, billed=each) for each in (billed(term=term), *others))


def proposal(name: str = "Net 45", days: int = 45, **changes: Any) -> Proposal:
    return Proposal(
        **{
            "action": Action.CREATE,
            "name": name,
            "rule": PaymentTerm(due=DueRule(days)),
            "fields": (
                ProposedField(label="Name", value=name, sources=(FieldSource.NAME,)),
                ProposedField(
                    label="Description", value=f"{days} days from the invoice date", sources=(FieldSource.NAME,)
                ),
                ProposedField(label="Status", value="Active", sources=(FieldSource.DEFAULT,)),
                ProposedField(
                    label="Due",
                    value=f"{days} days from the invoice date",
                    sources=(FieldSource.NAME, FieldSource.BILLING_DAYS),
                ),
                ProposedField(label="Discount", value="No discount", sources=(FieldSource.DEFAULT,)),
                ProposedField(label="Penalty", value="No penalty", sources=(FieldSource.DEFAULT,)),
                ProposedField(label="Entity", value="All entities", sources=(FieldSource.DEFAULT,)),
            ),
            "description": f"{days} days from the invoice date",
            "proof": tuple(
                ProofLine(number=f"INV-{number}", invoice_date=day, billed_due=due, proposed_due=due)
                for number, day, due in (
                    (1042, date(2026, 11, 2), date(2026, 12, 17)),
                    (1020, date(2026, 10, 5), date(2026, 11, 19)),
                    (1001, date(2026, 9, 1), date(2026, 10, 16)),
                )
            ),
            **changes,
        }
    )


def diagnosis(match: Match | None, **changes: Any) -> Diagnosis:
    return Diagnosis(**{"at": NOW, "match": match, **changes})


def case(**changes: Any) -> CaseView:
    """Net 45 is missing in Intacct; three invoices wait; Dan or Priya can approve."""
    return CaseView(
        **{
            "case_id": 312,
            "company": "acme",
            "number": 12,
            "state": CaseState.AWAITING_DECISION,
            "revision": 3,
            "term_name": "Net 45",
            "term_origin": TermOrigin.INVOICE.value,
            "invoices": waiting(),
            "alerts": 2,
            "diagnosis": ABSENT,
            "proposal": proposal(),
            "digest": DIGEST,
            "approvers": ("U0DAN", "U0PRIYA"),
            "policy": "second-person",
            "source_label": "BILL",
            "system": "BILL",
            "books_entity": "",
            "asked_by": (),
            "asked_at": NOW,
            "expires_at": NOW + timedelta(days=7),
            "opened_at": NOW,
            "alerted_at": NOW - timedelta(minutes=1),
            "billing_url": "https://app.bill.test/",
            "books_url": "https://www.intacct.test/",
            **changes,
        }
    )


ABSENT = diagnosis(
    Match(
        name="Net 45",
        kind=MatchKind.ABSENT,
        term=None,
        xray=None,
        nearest=(ar_term("Net 30", 30), ar_term("N60", 60)),
    ),
    billing_days=45,
)

NBSP_NAME = "Net\u00a035"
LOOKALIKE = diagnosis(
    Match(
        name=NBSP_NAME,
        kind=MatchKind.LOOKALIKE,
        term=ar_term("Net 35", 35),
        xray=XRay(
            source_name=NBSP_NAME,
            intacct_name="Net 35",
            differences=(
                Difference(
                    position=4,
                    source="\u00a0",
                    intacct=" ",
                    source_label="NO-BREAK SPACE U+00A0",
                    intacct_label="SPACE U+0020",
                    kind=DifferenceKind.BLANK,
                ),
            ),
            source_clean=False,
            intacct_clean=True,
        ),
    ),
    intacct_uses={"Net 35": 214},
    source_invoices=9,
    source_customers=2,
)


def _lookalike(source: str, books: str, **changes: Any) -> Diagnosis:
    """Names that differ in the case of their first letter, or as `changes` say."""
    shown = Difference(
        position=1,
        source=source[0],
        intacct=books[0],
        source_label="LATIN SMALL LETTER N U+006E",
        intacct_label="LATIN CAPITAL LETTER N U+004E",
        kind=DifferenceKind.CASE,
    )
    xray = XRay(source_name=source, intacct_name=books, differences=(shown,), source_clean=True, intacct_clean=True)
    term = ar_term(books, 35, active=changes.pop("active", True))
    return diagnosis(Match(name=source, kind=MatchKind.LOOKALIKE, term=term, xray=xray), **changes)


CASE_ONLY = _lookalike("net 35", "Net 35", intacct_uses={"Net 35": 3}, source_invoices=40)
INACTIVE_LOOKALIKE = _lookalike("net 35", "Net 35", intacct_uses={"Net 35": 300}, source_invoices=4, active=False)

EQUIVALENT = diagnosis(
    Match(name="Net 30", kind=MatchKind.EQUIVALENT, term=ar_term("N30", 30), xray=None),
    intacct_uses={"N30": 188, "Net 30": 0},
    source_invoices=3,
)
INACTIVE = diagnosis(
    Match(name="Net 90", kind=MatchKind.INACTIVE, term=ar_term("Net 90", 90, active=False), xray=None),
    last_used=date(2026, 2, 27),
)
EXACT = diagnosis(
    Match(
        name="Net 15",
        kind=MatchKind.EXACT,
        term=ar_term("Net 15", 15, modified_at=datetime(2026, 11, 24, 8, 2, tzinfo=UTC)),
        xray=None,
    ),
    newer_than_alert=True,
)
EXACT_OLD = replace(EXACT, newer_than_alert=False)


def unknown(why: Unknown, detail: str = "") -> CaseView:
    missing = (CaseInvoice(number="INV-1099", billed=None),)
    several = tuple(
        CaseInvoice(number="INV-1099", billed=billed("INV-1099", customer_name=name))
        for name in ("Globex GmbH", "Initech")
    )
    return case(
        state=CaseState.OPEN,
        term_name=None,
        term_origin=TermOrigin.NONE.value,
        diagnosis=diagnosis(None, unknown=why, detail=detail),
        proposal=None,
        digest="",
        invoices=several if why is Unknown.SEVERAL_FOUND else missing,
    )


def of(found: Diagnosis, name: str, days: int, **changes: Any) -> CaseView:
    """The case of another term."""
    return case(
        **{
            "number": 13,
            "term_name": name,
            "diagnosis": found,
            "proposal": proposal(name, days, proof=()),
            "invoices": (CaseInvoice(number="INV-1050", billed=billed("INV-1050", name, payment=PaymentState.OPEN)),),
            **changes,
        }
    )


REACTIVATE = proposal(
    "Net 90",
    90,
    action=Action.REACTIVATE,
    proof=(),
    doubts=("Somebody made the record inactive; the reason is not known.",),
)
BY_HAND = proposal(
    "Net 10 EOM",
    10,
    action=Action.BY_HAND,
    rule=PaymentTerm(due=DueRule(10, DueFrom.END_OF_MONTH)),
    proof=(),
    instructions=("Name: Net 10 EOM", "Due: 10 days after the end of the month", "Status: active"),
    doubts=("The XML gateway cannot create this rule.",),
)
DOUBTFUL = proposal(
    doubts=("The discount is read from the name only.",),
    conflicts=("The name says 45 days, BILL's due dates say 30.",),
    outside_policy=("45 days is longer than the 30 days that the policy allows.",),
)

BY_MATCH: dict[str, CaseView] = {
    "absent": case(),
    "absent not one-click": case(proposal=DOUBTFUL),
    "absent by hand": of(ABSENT, "Net 10 EOM", 10, proposal=BY_HAND),
    "absent undecided": case(
        state=CaseState.OPEN,
        proposal=None,
        digest="",
        diagnosis=replace(ABSENT, undecided="“Net 45” has several readings, and the invoice's dates fit both."),
    ),
    "absent two people": case(policy="two-people"),
    "absent without invoices": case(invoices=(), term_origin=TermOrigin.ALERT.value),
    "lookalike": of(LOOKALIKE, NBSP_NAME, 35),
    "lookalike case only": of(CASE_ONLY, "net 35", 35),
    "lookalike inactive": of(INACTIVE_LOOKALIKE, "net 35", 35),
    "equivalent": of(EQUIVALENT, "Net 30", 30),
    "inactive": of(INACTIVE, "Net 90", 90, proposal=REACTIVATE),
    "exact": of(EXACT, "Net 15", 15, state=CaseState.AWAITING_SYNC, proposal=None, digest=""),
    "exact older": of(EXACT_OLD, "Net 15", 15, state=CaseState.AWAITING_SYNC, proposal=None, digest=""),
    "not found": unknown(Unknown.INVOICE_NOT_FOUND),
    "several found": unknown(Unknown.SEVERAL_FOUND),
    "no term": unknown(Unknown.NO_TERM),
    "source down": unknown(Unknown.SOURCE_DOWN, "BDC_1322: too many requests at once"),
    "Intacct down": unknown(Unknown.INTACCT_DOWN, "The Service is Temporarily Off-line"),
    "looking": case(state=CaseState.OPEN, diagnosis=None, proposal=None, digest=""),
}

APPROVED = DecisionView(user_id="U0DAN", verdict="approve", at=NOW + timedelta(minutes=6))
DECLINED = DecisionView(
    user_id="U0PRIYA", verdict="decline", at=NOW + timedelta(minutes=6), reason="Globex pays in 30 days."
)
DIFFERENT = (
    CaseInvoice(
        number="INV-1042",
        billed=billed(),
        arrival=Arrival.DIFFERENT,
        differences=(FieldDifference(label="Due date", expected="2026-12-17", found="2026-12-12"),),
    ),
    *waiting()[1:],
)
NOTED = (
    CaseInvoice(
        number="INV-1042",
        billed=billed(),
        note=InvoiceNote(failed=OtherReason(words="Customer C-100 is inactive", at=NOW)),
    ),
    CaseInvoice(number="INV-1043", billed=billed("INV-1043", "Net 30"), first_term="Net 45"),
    CaseInvoice(
        number="INV-1044",
        billed=billed("INV-1044"),
        note=InvoiceNote(
            earlier=EarlierInvoice(
                record_no="17",
                customer_name="Initech",
                total=Decimal(5000),
                currency="USD",
                created_at=datetime(2021, 3, 3, tzinfo=UTC),
            )
        ),
    ),
    CaseInvoice(
        number="INV-1045",
        billed=billed("INV-1045"),
        arrival=Arrival.ARRIVED,
        note=InvoiceNote(by_hand=KeyedByHand(created_by="pnair", created_at=NOW, usual="bill-sync", made=96, known=98)),
    ),
)
BY_HAND_TERM = replace(
    EXACT,
    match=Match(
        name="Net 45",
        kind=MatchKind.EXACT,
        term=ar_term(
            "Net 45",
            30,
            record_no="48",
            created_at=datetime(2026, 11, 24, 8, 2, tzinfo=UTC),
            created_by="jsmith",
            modified_by="agarcia",
            modified_at=datetime(2026, 11, 24, 8, 40, tzinfo=UTC),
        ),
        xray=None,
    ),
)
ARRIVED = tuple(replace(invoice, arrival=Arrival.ARRIVED) for invoice in waiting())

BY_STATE: dict[str, CaseView] = {
    "awaiting correction": case(state=CaseState.AWAITING_CORRECTION, wrong_invoice_note="Net 30, as in the contract"),
    "writing": case(state=CaseState.WRITING, decision=APPROVED),
    "writing delayed": case(
        state=CaseState.WRITING,
        decision=APPROVED,
        delay="BILL did not answer in time.",
        due_at=NOW + timedelta(minutes=7),
    ),
    "changed since approved": case(
        decision=APPROVED,
        changed=(
            FieldDifference(
                label="Due", expected="45 days from the invoice date", found="54 days from the invoice date"
            ),
            FieldDifference(label="Conflicts", expected="none", found="The name says 45 days, BILL says 54."),
        ),
    ),
    "verifying": case(state=CaseState.VERIFYING, decision=APPROVED),
    "unverified": case(
        state=CaseState.UNVERIFIED,
        decision=APPROVED,
        trouble=Trouble(
            sentence="Intacct did not answer after the write; I could not read it back.",
            advice="Please look at AR Terms for ‘Net 45’, then press Check again.",
        ),
    ),
    "failed": case(
        state=CaseState.FAILED,
        decision=APPROVED,
        trouble=Trouble(
            sentence="Intacct refused.",
            vendor_words="You do not have permission for API operation CREATE_ARTERM",
            advice="The user bot needs Accounts Receivable: AR terms, Add.",
        ),
    ),
    "failed differently": case(
        state=CaseState.FAILED,
        decision=APPROVED,
        trouble=Trouble(
            sentence="What Intacct keeps is not what was approved.",
            differences=(FieldDifference(label="Name", expected="Net 45 ", found="Net 45"),),
        ),
    ),
    "awaiting sync": case(state=CaseState.AWAITING_SYNC, decision=APPROVED, record_no="48"),
    "appeared": case(state=CaseState.AWAITING_SYNC, appeared=True, record_no="48"),
    "made by others": case(
        state=CaseState.AWAITING_SYNC,
        diagnosis=BY_HAND_TERM,
        appeared=True,
        to_acknowledge=True,
        record_no="48",
        proposal=None,
        digest="",
    ),
    "acknowledged": case(
        state=CaseState.AWAITING_SYNC,
        diagnosis=BY_HAND_TERM,
        appeared=True,
        record_no="48",
        proposal=None,
        digest="",
        decision=DecisionView(user_id="U0DAN", verdict="acknowledge", at=NOW),
    ),
    "seen since": case(state=CaseState.AWAITING_SYNC, decision=APPROVED, record_no="48", invoices=NOTED),
    "as billed in the end": case(state=CaseState.ARRIVED_DIFFERENT, decision=APPROVED, invoices=ARRIVED),
    "appeared with another rule": case(
        state=CaseState.AWAITING_SYNC,
        appeared=True,
        record_no="48",
        appeared_otherwise=(
            FieldDifference(
                label="Due", expected="45 days from the invoice date", found="54 days from the invoice date"
            ),
        ),
    ),
    "corrected": case(state=CaseState.AWAITING_SYNC, invoices=waiting("Net 30")[:1]),
    "arrived different": case(state=CaseState.ARRIVED_DIFFERENT, decision=APPROVED, invoices=DIFFERENT[:1]),
    "arrived different, others awaited": case(state=CaseState.ARRIVED_DIFFERENT, decision=APPROVED, invoices=DIFFERENT),
    "closed": case(
        state=CaseState.CLOSED, decision=APPROVED, invoices=ARRIVED, closed_at=NOW + timedelta(hours=1, minutes=11)
    ),
    "accepted": case(
        state=CaseState.CLOSED,
        decision=DecisionView(user_id="U0DAN", verdict="accept", at=NOW, reason="Five days do not matter here."),
        invoices=DIFFERENT[:1],
        closed_at=NOW + timedelta(days=2),
    ),
    "closed, not all compared": case(
        state=CaseState.CLOSED,
        decision=APPROVED,
        invoices=tuple(
            replace(each, billed=replace(each.billed, due_date=None, amount=None)) if each.billed else each
            for each in ARRIVED[:2]
        ),
        closed_at=NOW + timedelta(hours=1, minutes=11),
    ),
    "merged": case(state=CaseState.MERGED, merged_into=9),
    "declined": case(state=CaseState.DECLINED, decision=DECLINED),
    "expired": case(state=CaseState.EXPIRED, previous_number=7),
    "dismissed": case(
        state=CaseState.DISMISSED,
        decision=DecisionView(user_id="U0DAN", verdict="dismiss", at=NOW, reason="A test invoice."),
    ),
    "cause unknown": case(state=CaseState.CAUSE_UNKNOWN, diagnosis=EXACT_OLD, proposal=None),
}

CALENDAR = CloseCalendar(
    (
        Closing(period=month("2026-10"), cut_off=datetime(2026, 11, 6, 23, tzinfo=UTC)),
        Closing(period=month("2026-11"), cut_off=datetime(2026, 12, 7, 23, tzinfo=UTC)),
    )
)


def dated(at: datetime, choice: PeriodChoice | None = None) -> tuple[CaseInvoice, ...]:
    """Three invoices, two of November and one of October, as the calendar has them at a moment."""
    first, second, third = waiting()
    assert third.billed is not None
    october = replace(third.billed, invoice_date=date(2026, 10, 28), due_date=date(2026, 12, 12))
    return (
        *(replace(each, standing=CALENDAR.standing(date(2026, 11, 2), at)) for each in (first, second)),
        replace(third, billed=october, standing=CALENDAR.standing(date(2026, 10, 28), at), last_choice=choice),
    )


def choice(course: Course) -> PeriodChoice:
    """What Priya chose for October."""
    return PeriodChoice(
        period="2026-10", course=course, reason="The audit is done.", team="T0ACME", user_id="U0PRIYA", at=NOW
    )


CLOSED_AT, NEAR_AT = NOW, datetime(2026, 11, 4, 20, 15, tzinfo=UTC)
CLOSED_EXACT = tuple(
    replace(each, billed=replace(each.billed, term_name="Net 15")) for each in dated(CLOSED_AT)[2:] if each.billed
)
BY_PERIOD: dict[str, CaseView] = {
    "period closes soon": case(invoices=dated(NEAR_AT)),
    "period closed": case(invoices=dated(CLOSED_AT)),
    "period closed, awaiting sync": case(
        state=CaseState.AWAITING_SYNC, decision=APPROVED, record_no="48", invoices=dated(CLOSED_AT)
    ),
    "period to be reopened": case(
        state=CaseState.AWAITING_SYNC,
        decision=APPROVED,
        record_no="48",
        invoices=dated(CLOSED_AT, choice(Course.REOPEN)),
    ),
    "posted in the current period": case(
        state=CaseState.AWAITING_SYNC,
        decision=APPROVED,
        record_no="48",
        invoices=dated(CLOSED_AT, choice(Course.CURRENT))[2:],
    ),
    "period closed, failed otherwise": case(
        state=CaseState.AWAITING_SYNC,
        decision=APPROVED,
        record_no="48",
        invoices=tuple(replace(each, note=NOTED[0].note) for each in dated(CLOSED_AT)[2:]),
    ),
    "period chosen, failed otherwise": case(
        state=CaseState.AWAITING_SYNC,
        decision=APPROVED,
        record_no="48",
        invoices=tuple(replace(each, note=NOTED[0].note) for each in dated(CLOSED_AT, choice(Course.REOPEN))[2:]),
    ),
    "periods kept, no invoice named": case(
        state=CaseState.AWAITING_SYNC, decision=APPROVED, record_no="48", invoices=(), keeps_periods=True
    ),
    "period closed, exact": of(
        EXACT_OLD, "Net 15", 15, state=CaseState.AWAITING_SYNC, proposal=None, digest="", invoices=CLOSED_EXACT
    ),
}

WISH = Withdrawing(
    of_number=12,
    record_no="48",
    reason="Made by mistake: Globex pays in 30 days.",
    looked_at=NOW,
    looked_for=(
        "invoices in Intacct",
        "customers in Intacct whose default it is",
        "invoices at BILL that are not paid, or not in Intacct",
        "open cases that await it",
    ),
    not_told=("contracts in Intacct",),
    status="active",
)
RETIRE = replace(
    WISH,
    of_number=None,
    record_no="7",
    reason="Net 45 is our name for it.",
    keep="Net 45",
    looked_for=(*WISH.looked_for, "contracts in Intacct", "other companies here that share these books"),
    not_told=(),
)
DEACTIVATE = proposal(
    action=Action.DEACTIVATE,
    proof=(),
    doubts=("Invoices that bear this term from then on fail to sync until it is active again.",),
)
USED = replace(
    WISH,
    users=(
        UsersOfKind(label="invoices in Intacct", count=7, at_least=False, examples=("INV-1", "INV-2", "INV-3")),
        UsersOfKind(label="open cases that await it", count=1, at_least=False, examples=("case 12",)),
    ),
    unread=("Customers in Intacct whose default it is could not be read: the user bot lacks a right.",),
)


def withdrawal(**changes: Any) -> CaseView:
    """Maria wants Net 45 withdrawn, which case 12 made."""
    return case(
        **{
            "number": 14,
            "kind": CaseKind.WITHDRAW,
            "withdrawing": WISH,
            "proposal": DEACTIVATE,
            "invoices": (),
            "alerts": 0,
            "diagnosis": None,
            "asked_by": ("U0MARIA",),
            **changes,
        }
    )


WITHDRAWALS: dict[str, CaseView] = {
    "withdraw": withdrawal(),
    "withdraw looking": withdrawal(
        state=CaseState.OPEN, proposal=None, digest="", withdrawing=replace(WISH, looked_at=None, status="")
    ),
    "withdraw used": withdrawal(state=CaseState.OPEN, proposal=None, digest="", withdrawing=USED),
    "withdraw writing": withdrawal(state=CaseState.WRITING, decision=APPROVED),
    "withdraw failed": withdrawal(
        state=CaseState.FAILED, decision=APPROVED, trouble=Trouble(sentence="Intacct refused.", vendor_words="No.")
    ),
    "withdrawn": withdrawal(
        state=CaseState.CLOSED, decision=APPROVED, record_no="48", closed_at=NOW + timedelta(hours=1)
    ),
    "withdrawn by others": withdrawal(
        state=CaseState.CLOSED, proposal=None, digest="", withdrawing=replace(WISH, status="inactive")
    ),
    "retire": withdrawal(
        term_name="N45",
        withdrawing=RETIRE,
        proposal=replace(
            DEACTIVATE,
            name="N45",
            doubts=(
                "This makes inactive a term that Intacct already had; no decision here made it.",
                *DEACTIVATE.doubts,
            ),
            outside_policy=("“N45” is on the list of approved terms.",),
        ),
    ),
    "retire used": withdrawal(
        term_name="N45",
        state=CaseState.OPEN,
        proposal=None,
        digest="",
        withdrawing=replace(RETIRE, users=USED.users, elsewhere=True),
    ),
    "retired": withdrawal(
        term_name="N45",
        state=CaseState.CLOSED,
        decision=APPROVED,
        withdrawing=RETIRE,
        record_no="7",
        closed_at=NOW + timedelta(hours=1),
    ),
    "term made here": case(
        state=CaseState.CLOSED,
        decision=APPROVED,
        invoices=ARRIVED,
        made="Net 45",
        closed_at=NOW + timedelta(hours=1),
    ),
    "term being withdrawn": case(
        state=CaseState.CLOSED,
        decision=APPROVED,
        invoices=ARRIVED,
        made="Net 45",
        withdrawal_number=14,
        withdrawal_link="https://acme.slack.test/archives/C0FINALERTS/p14",
        closed_at=NOW + timedelta(hours=1),
    ),
}

EVERY = BY_MATCH | BY_STATE | BY_PERIOD | WITHDRAWALS
