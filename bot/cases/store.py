"""Cases in the records: opening them, joining them, and reading what the steps of a case need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, cast, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from bot.billing.source import BilledInvoice, TermOrigin
from bot.cases.case import FINAL_STATES, CaseState
from bot.cases.codec import (
    BILLED,
    BOOKED,
    CHOICE,
    DIAGNOSIS,
    DIFFERENCES,
    INVOICE_NOTE,
    PROPOSAL,
    RULE,
    digest,
    read_digest,
)
from bot.cases.ports import Company
from bot.cases.reading import Answer, Entry
from bot.cases.step import Step
from bot.cases.view import Arrival, CaseInvoice, CaseKind
from bot.close import NO_PERIODS, Periods
from bot.records.alone import Turn, in_turn
from bot.records.tables import alerts, case_invoices, cases, decisions, failures
from bot.terms.term import ArTerm

CaseRow = Row[Any]

FINAL = tuple(state.value for state in FINAL_STATES)
_LEEWAY = timedelta(hours=1)


def term_key(entity: str, name: str) -> str:
    """The key of the case about one term."""
    return f"term:{entity}:{name}"


def invoice_key(number: str) -> str:
    """The key of a case whose term is not known yet."""
    return f"invoice:{number}"


def lock_company(connection: Connection, company: str) -> None:
    """Cases of one company are opened one after the other."""
    in_turn(connection, Turn.OPENING, company)


def read(connection: Connection, case_id: int) -> CaseRow:
    """One case's row."""
    return connection.execute(select(cases).where(cases.c.id == case_id)).one()


def hold(connection: Connection, case_id: int) -> CaseRow:
    """One case's row, locked until the transaction ends: for whoever changes it by what it says."""
    return connection.execute(select(cases).where(cases.c.id == case_id).with_for_update()).one()


def open_by_key(connection: Connection, company: str, key: str) -> CaseRow | None:
    """The one case of a key that is not final."""
    return connection.execute(
        select(cases).where(cases.c.company == company, cases.c.key == key, cases.c.state.not_in(FINAL))
    ).one_or_none()


def open_with_invoice(connection: Connection, company: str, number: str) -> CaseRow | None:
    """A case that is not final and awaits this invoice, where there is one."""
    return connection.execute(
        select(cases)
        .join(case_invoices, case_invoices.c.case_id == cases.c.id)
        .where(cases.c.company == company, case_invoices.c.number == number, cases.c.state.not_in(FINAL))
        .order_by(cases.c.id.desc())
        .limit(1)
    ).one_or_none()


def latest_by_key(connection: Connection, company: str, key: str) -> CaseRow | None:
    """The newest ended case of a key, which a new one names."""
    return connection.execute(
        select(cases)
        .where(cases.c.company == company, cases.c.key == key, cases.c.state.in_(FINAL), cases.c.state != "merged")
        .order_by(cases.c.id.desc())
        .limit(1)
    ).one_or_none()


def open_case(
    step: Step,
    company: Company,
    key: str,
    *,
    term_name: str | None,
    alerted_at: datetime,
    origin: TermOrigin,
    kind: CaseKind = CaseKind.FIX,
) -> CaseRow:
    """Opens a case; it names the previous one of the same key."""
    connection = step.connection
    previous = latest_by_key(connection, company.key, key)
    number = (connection.scalar(select(func.max(cases.c.number)).where(cases.c.company == company.key)) or 0) + 1
    row = connection.execute(
        insert(cases)
        .values(
            company=company.key,
            number=number,
            kind=kind.value,
            entity=company.entity or None,
            key=key,
            term_name=term_name,
            state=CaseState.OPEN.value,
            version=1,
            card_revision=1,
            previous_case_id=previous.id if previous else None,
            opened_at=step.now,
            alerted_at=alerted_at,
            state_since=step.now,
            expires_at=step.now + timedelta(days=company.decision_days),
            note={"origin": origin.value},
            last_cause=step.cause,
        )
        .returning(cases)
    ).one()
    step.record(
        company.key,
        "case",
        {"case": number, "term": term_name, "key": key, "previous": previous.number if previous else None},
        case_id=row.id,
    )
    return row


def await_invoices(step: Step, case_id: int, waiting: Sequence[tuple[str, BilledInvoice | None]]) -> list[str]:
    """Adds invoices that wait on a case; the numbers that are new to it."""
    added = []
    for number, billed in waiting:
        position = select(func.count()).where(case_invoices.c.case_id == case_id).scalar_subquery()
        values: dict[str, Any] = {"billed": None if billed is None else BILLED.dump_python(billed, mode="json")}
        values["first_term"] = billed.term_name if billed is not None and _named_by_source(billed) else None
        new = step.connection.scalar(
            insert(case_invoices)
            .values(case_id=case_id, number=number, position=position, arrival="waiting", added_at=step.now, **values)
            .on_conflict_do_update(
                index_elements=["case_id", "number"],
                set_={**values, "first_term": func.coalesce(case_invoices.c.first_term, values["first_term"])}
                if billed is not None
                else {"number": case_invoices.c.number},
            )
            .returning(text("xmax = 0"))
        )
        if new:
            added.append(number)
    return added


def _named_by_source(billed: BilledInvoice) -> bool:
    return billed.term_origin in (TermOrigin.INVOICE, TermOrigin.CUSTOMER, TermOrigin.DAYS)


def keep_answer(step: Step, case: CaseRow, answer: Answer, **columns: Any) -> dict[str, Any]:
    """The columns that hold what was found; journal entry included."""
    proposal = answer.proposal
    match = answer.diagnosis.match
    bound = digest(proposal) if proposal else None
    step.record(
        case.company,
        "diagnosis",
        {
            "case": case.number,
            "match": match.kind.value if match else None,
            "unknown": answer.diagnosis.unknown.value if answer.diagnosis.unknown else None,
            "proposal": PROPOSAL.dump_python(proposal, mode="json") if proposal else None,
            "digest": bound,
            "read": {"digest": read_digest(answer.diagnosis), "invoices": len(answer.diagnosis.evidence)},
        },
        case_id=case.id,
    )
    return {
        "diagnosis": DIAGNOSIS.dump_python(answer.diagnosis, mode="json"),
        "proposal": PROPOSAL.dump_python(proposal, mode="json") if proposal else None,
        "proposal_digest": bound,
        **columns,
    }


def change(step: Step, case_id: int, **columns: Any) -> None:
    """Changes a case without moving it, and has its card drawn again."""
    step.connection.execute(update(cases).where(cases.c.id == case_id).values(**columns))
    step.touch_card(case_id)


def entry_of(case: CaseRow) -> Entry | None:
    """The rule that a person gave for the case's term, where one did."""
    note = case.note or {}
    if note.get("rule") is None:
        return None
    return Entry(rule=RULE.validate_python(note["rule"]), description=note.get("description", ""))


def keep_choices(step: Step, from_id: int, to_id: int) -> None:
    """What was chosen for invoices of a closed period goes with them from one case into another."""
    before, after = case_invoices.alias("before"), case_invoices
    step.connection.execute(
        update(after)
        .where(
            after.c.case_id == to_id,
            before.c.case_id == from_id,
            before.c.number == after.c.number,
            before.c.choice.is_not(None),
            after.c.choice.is_(None),
        )
        .values(choice=before.c.choice)
    )


def waiting_invoices(connection: Connection, case_id: int, periods: Periods = NO_PERIODS) -> tuple[CaseInvoice, ...]:
    """The invoices of a case, the first failure's first; with how they stand to the close calendar where it is given."""
    rows = connection.execute(
        select(case_invoices).where(case_invoices.c.case_id == case_id).order_by(case_invoices.c.position)
    ).all()
    return tuple(_invoice(row, periods) for row in rows)


def awaits(connection: Connection, case_id: int) -> bool:
    """Whether an invoice of a case is not in Intacct yet."""
    return any(invoice.arrival is Arrival.WAITING for invoice in waiting_invoices(connection, case_id))


def _invoice(row: Row[Any], periods: Periods) -> CaseInvoice:
    billed = None if row.billed is None else BILLED.validate_python(row.billed)
    arrival, note = Arrival(row.arrival), INVOICE_NOTE.validate_python(row.note or {})
    standing = periods.standing(billed.invoice_date) if billed is not None else None
    refused = note.failed if arrival is Arrival.WAITING else None
    if refused is not None and refused.closed_on is not None and not (standing is not None and standing.closed):
        standing = periods.refused(refused.closed_on, refused.at)
    return CaseInvoice(
        number=row.number,
        billed=billed,
        arrival=arrival,
        differences=() if row.differences is None else DIFFERENCES.validate_python(row.differences),
        standing=standing,
        last_choice=None if row.choice is None else CHOICE.validate_python(row.choice),
        posted_on=BOOKED.validate_python(row.booked)[-1].posted_on if row.booked else None,
        first_term=row.first_term,
        note=note,
    )


def to_acknowledge(note: Mapping[str, Any]) -> bool:
    """Whether an approver has yet to acknowledge a term that somebody made in Intacct without a decision here."""
    return bool(note.get("by_others", note.get("appeared"))) and not note.get("acknowledged")


def made_by_us(connection: Connection, company: str, term: ArTerm) -> bool:
    """Whether a decision of ours made this record what it is: written by it, and not changed by anybody since.

    Moments of Intacct and of ours are compared with an hour's leeway.
    """
    decided_at = connection.scalar(
        select(func.max(decisions.c.at))
        .join(cases, cases.c.id == decisions.c.case_id)
        .where(
            cases.c.company == company,
            cases.c.term_name == term.name,
            cases.c.kind == CaseKind.FIX.value,
            cases.c.note["record_no"].astext == term.record_no,
            cases.c.note["appeared"].astext.is_distinct_from("true"),
            decisions.c.verdict == "approve",
        )
    )
    if decided_at is None:
        return False
    changed = max((moment for moment in (term.created_at, term.modified_at) if moment is not None), default=None)
    return changed is None or changed <= decided_at + _LEEWAY


def first_failures(connection: Connection, case_id: int) -> dict[str, datetime]:
    """For each invoice of a case the moment at which an alert first reported it."""
    rows = connection.execute(
        select(failures.c.invoice, func.min(alerts.c.posted_at).label("at"))
        .join(alerts, alerts.c.id == failures.c.alert_id)
        .where(failures.c.case_id == case_id, failures.c.invoice.is_not(None))
        .group_by(failures.c.invoice)
    ).all()
    return {row.invoice: row.at for row in rows}


def failed_for_term(connection: Connection, case_id: int, failed_at: Mapping[str, datetime]) -> None:
    """Invoices failed for the term, each at its moment: what was noted of another reason before that is over."""
    rows = connection.execute(
        select(case_invoices.c.number, case_invoices.c.note).where(
            case_invoices.c.case_id == case_id, func.jsonb_typeof(case_invoices.c.note["failed"]) == "object"
        )
    ).all()
    for row in rows:
        noted = INVOICE_NOTE.validate_python(row.note).failed
        if noted is not None and row.number in failed_at and noted.at < failed_at[row.number]:
            add_note(connection, case_id, row.number, failed=None)


def add_note(connection: Connection, case_id: int, number: str, **parts: Any) -> None:
    """Lays parts over an invoice's note; None takes a part away."""
    connection.execute(
        update(case_invoices)
        .where(case_invoices.c.case_id == case_id, case_invoices.c.number == number)
        .values(note=case_invoices.c.note.op("||")(cast(parts, JSONB)))
    )
