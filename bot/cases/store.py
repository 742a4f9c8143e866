"""Cases in the records: opening, joining, and reading them as the values that cards and steps need."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, cast, func, literal, select, text, update
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
    TROUBLE,
    WITHDRAWING,
    digest,
    read_digest,
)
from bot.cases.policy import ApprovalPolicy, Part, Participant, RefusalReason, policy_for, refusal, who_made
from bot.cases.ports import Company, Entitled, Person
from bot.cases.readback import rule_differences
from bot.cases.reading import Answer, Entry
from bot.cases.step import Step
from bot.cases.view import Arrival, CaseInvoice, CaseKind, CaseView, DecisionView, EarlierCase, FieldDifference
from bot.close import NO_PERIODS, Periods
from bot.records.alone import Turn, in_turn
from bot.records.tables import alerts, case_invoices, case_people, cases, decisions, failures, writes
from bot.terms.term import ArTerm

CaseRow = Row[Any]

EARLIER_SHOWN = 3
"""Earlier cases of a term that its card tells of; the others are counted."""
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


def take_part(step: Step, case_id: int, person: Person, part: Part) -> None:
    """Notes what part a person had in a case."""
    _take_part(step, case_id, person, part)


def take_edit(step: Step, case: CaseRow, person: Person, entry: Entry, proposal_digest: str) -> None:
    """Notes that a person edited the case's proposal into another one, and what of it is his."""
    before = PROPOSAL.validate_python(case.proposal) if case.proposal is not None else None
    edited: dict[str, Any] = {}
    if before is None or before.rule != entry.rule:
        edited["rule"] = RULE.dump_python(entry.rule, mode="json")
    if before is None or before.description != entry.description:
        edited["description"] = entry.description
    _take_part(step, case.id, person, Part.EDITED, proposal_digest=proposal_digest, edited=edited)


def _take_part(step: Step, case_id: int, person: Person, part: Part, **edit: Any) -> None:
    step.connection.execute(
        insert(case_people).values(
            case_id=case_id, team=person.team, user_id=person.user_id, part=part.value, at=step.now, **edit
        )
    )


def participants(connection: Connection, case: CaseRow) -> tuple[Participant, ...]:
    """Who had a part in the case's present proposal; asking and telling hold for the case.

    An edit holds for the proposal that it made, and for every later one in which the rule or the description is as it
    put them: a new look may add a conflict to it, and somebody else edit the rest, and it is still the editor's.
    """
    rows = connection.execute(
        select(case_people).where(case_people.c.case_id == case.id).order_by(case_people.c.id)
    ).all()
    edits = [row for row in rows if row.part == Part.EDITED]
    holding = {row.id for row in edits if row.proposal_digest in (None, case.proposal_digest)}
    note = case.note or {}
    if edits and note.get("rule") is not None:
        holding |= {edits[-1].id, *(row.id for row in edits if _stands(row.edited or {}, note))}
    return tuple(
        Participant(person=Person(team=row.team, user_id=row.user_id), part=Part(row.part))
        for row in rows
        if row.part != Part.EDITED or row.id in holding
    )


def _stands(edited: Mapping[str, Any], note: Mapping[str, Any]) -> bool:
    """Whether something of an edit is in the proposal still."""
    return any(name in edited and edited[name] == note.get(name) for name in ("rule", "description"))


def participants_among(connection: Connection, case: CaseRow, entitled: Entitled, team: str) -> tuple[Participant, ...]:
    """The participants, and those of the entitled (of `team`) whom the source names as the maker of an invoice."""
    makers = {
        invoice.billed.created_by
        for invoice in waiting_invoices(connection, case.id)
        if invoice.billed is not None and invoice.billed.created_by
    }
    made = who_made({user: entitled.names.get(user, ()) for user in entitled.people}, makers)
    return (
        *participants(connection, case),
        *(Participant(person=Person(team=team, user_id=user), part=Part.BILLED) for user in sorted(made)),
    )


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


_OF_PART = ("team", "user_id", "part", "proposal_digest", "edited")


def keep_participants(step: Step, case_id: int, into: int) -> None:
    """Whoever had a part in a case that is merged has it in the other one too."""
    kept = select(literal(into), *(case_people.c[name] for name in _OF_PART)).where(case_people.c.case_id == case_id)
    step.connection.execute(insert(case_people).from_select(["case_id", *_OF_PART], kept))


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


def load_view(
    connection: Connection,
    company: Company,
    case_id: int,
    approvers: Sequence[str],
    deputies: Collection[str] = (),
) -> CaseView:
    """Everything that a card shows of one case. `approvers`: who may decide now, `deputies`: which of them stand in."""
    case = read(connection, case_id)
    note = case.note or {}
    people = participants(connection, case)
    editors = [each.person.user_id for each in people if each.part is Part.EDITED]
    earlier, earlier_count = history(connection, case)
    return CaseView(
        case_id=case.id,
        company=case.company,
        number=case.number,
        state=CaseState(case.state),
        revision=case.card_revision,
        term_name=case.term_name,
        term_origin=note.get("origin", TermOrigin.NONE.value),
        invoices=waiting_invoices(connection, case_id, company.periods),
        alerts=_alerts_of(connection, case_id),
        found_before=_found_before(connection, case_id),
        diagnosis=None if case.diagnosis is None else DIAGNOSIS.validate_python(case.diagnosis),
        proposal=None if case.proposal is None else PROPOSAL.validate_python(case.proposal),
        digest=case.proposal_digest or "",
        approvers=tuple(approvers),
        deputies=tuple(sorted(deputies)),
        policy=policy_for(company.approval_policy, case.kind),
        kind=CaseKind(case.kind),
        withdrawing=WITHDRAWING.validate_python(note["withdrawing"]) if note.get("withdrawing") else None,
        made=(note.get("made") or {}).get("name", ""),
        withdrawal_number=_withdrawal_of(connection, case),
        keeps_periods=bool(company.periods.calendar.closings),
        source_label=company.source.label,
        books_entity=company.entity,
        asked_by=tuple(sorted({p.person.user_id for p in people if p.part is Part.ASKED})),
        asked_at=case.asked_at or case.opened_at,
        expires_at=case.expires_at,
        opened_at=case.opened_at,
        alerted_at=case.alerted_at,
        closed_at=case.closed_at,
        decision=latest_decision(connection, case_id),
        trouble=TROUBLE.validate_python(note["trouble"]) if note.get("trouble") else None,
        record_no=note.get("record_no", ""),
        appeared=bool(note.get("appeared")),
        to_acknowledge=to_acknowledge(note),
        in_books_at=datetime.fromisoformat(note["in_books_at"]) if note.get("in_books_at") else None,
        appeared_otherwise=_appeared_otherwise(case),
        changed=_changed_since(case),
        delay=note.get("delay", ""),
        due_at=case.due_at,
        wrong_invoice_note=note.get("wrong_invoice", ""),
        previous_number=_number_of(connection, case.previous_case_id),
        earlier=earlier,
        earlier_count=earlier_count,
        merged_into=_number_of(connection, case.merged_into_id),
        barred=_barred(people, approvers, policy_for(company.approval_policy, case.kind)),
        edited_by=editors[-1] if editors else "",
        edit_reason=note.get("edit_reason", "") if editors else "",
        billing_url=company.billing_url,
        books_url=company.books_url,
    )


def _barred(people: Sequence[Participant], approvers: Sequence[str], policy: ApprovalPolicy) -> tuple[str, ...]:
    """Those of the approvers who may not decide because of a part that they had."""
    why = {each.person: refusal(policy, each.person, approvers=approvers, participants=people) for each in people}
    never = (None, RefusalReason.NOT_APPROVER, RefusalReason.NOBODY_ASKED)
    return tuple(sorted({person.user_id for person, reason in why.items() if reason not in never}))


def history(connection: Connection, case: CaseRow) -> tuple[tuple[EarlierCase, ...], int]:
    """The newest ended cases of the same key before this one, and how many there were; merged ones were none."""
    earlier = (
        (cases.c.company == case.company)
        & (cases.c.key == case.key)
        & (cases.c.kind == case.kind)
        & (cases.c.id < case.id)
        & cases.c.state.in_(FINAL)
        & (cases.c.state != CaseState.MERGED.value)
    )
    count = connection.scalar(select(func.count()).select_from(cases).where(earlier)) or 0
    rows = connection.execute(select(cases).where(earlier).order_by(cases.c.id.desc()).limit(EARLIER_SHOWN)).all()
    shown = tuple(
        EarlierCase(
            number=row.number,
            state=CaseState(row.state),
            ended_at=row.closed_at or row.state_since,
            decision=latest_decision(connection, row.id),
        )
        for row in rows
    )
    return shown, count


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


def latest_decision(connection: Connection, case_id: int) -> DecisionView | None:
    """The newest decision on a case, where there is one."""
    decision = connection.execute(
        select(decisions).where(decisions.c.case_id == case_id).order_by(decisions.c.id.desc()).limit(1)
    ).one_or_none()
    if decision is None:
        return None
    return DecisionView(
        user_id=decision.user_id,
        verdict=decision.verdict,
        at=decision.at,
        reason=decision.reason or "",
        reference=decision.reference or "",
    )


def _found_before(connection: Connection, case_id: int) -> bool:
    """Whether looks of our own alone speak of a case."""
    behind = connection.scalars(
        select(alerts.c.raw)
        .join(failures, failures.c.alert_id == alerts.c.id)
        .where(failures.c.case_id == case_id)
        .distinct()
    ).all()
    return bool(behind) and all((raw or {}).get("found_by_us") for raw in behind)


def _withdrawal_of(connection: Connection, case: CaseRow) -> int | None:
    """The case in which the term that this one made is withdrawn, or was."""
    if not (case.note or {}).get("made"):
        return None
    number: int | None = connection.scalar(
        select(func.max(cases.c.number)).where(
            cases.c.company == case.company,
            cases.c.kind == CaseKind.WITHDRAW.value,
            cases.c.note["of"].astext == str(case.id),
            cases.c.state.not_in(("declined", "expired", "dismissed")),
        )
    )
    return number


def _appeared_otherwise(case: CaseRow) -> tuple[FieldDifference, ...]:
    """What of a term that appeared by itself is not as the case's proposal would have made it."""
    if not (case.note or {}).get("appeared") or case.proposal is None or case.diagnosis is None:
        return ()
    proposal, match = PROPOSAL.validate_python(case.proposal), DIAGNOSIS.validate_python(case.diagnosis).match
    return () if match is None or match.term is None else rule_differences(proposal.rule, match.term)


def _changed_since(case: CaseRow) -> tuple[FieldDifference, ...]:
    changed = (case.note or {}).get("changed")
    if not changed or changed["digest"] != case.proposal_digest:
        return ()
    return DIFFERENCES.validate_python(changed["differences"])


def _alerts_of(connection: Connection, case_id: int) -> int:
    return (
        connection.scalar(
            select(func.count(func.distinct(failures.c.alert_id)))
            .join(alerts, alerts.c.id == failures.c.alert_id)
            .where(failures.c.case_id == case_id, alerts.c.raw.is_(None))
        )
        or 0
    )


def _number_of(connection: Connection, case_id: int | None) -> int | None:
    return None if case_id is None else connection.scalar(select(cases.c.number).where(cases.c.id == case_id))


def latest_write(connection: Connection, case_id: int) -> CaseRow | None:
    """The newest write of a case."""
    return connection.execute(
        select(writes).where(writes.c.case_id == case_id).order_by(writes.c.id.desc()).limit(1)
    ).one_or_none()
