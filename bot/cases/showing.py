"""A case as its card shows it, read from the records."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from bot.billing.source import TermOrigin
from bot.cases import store
from bot.cases.case import CaseState
from bot.cases.codec import DIAGNOSIS, DIFFERENCES, PROPOSAL, TROUBLE, WITHDRAWING
from bot.cases.deciding import taking_part
from bot.cases.deciding.policy import ApprovalPolicy, Part, Participant, RefusalReason, policy_for, refusal
from bot.cases.ports import Company
from bot.cases.view import CaseKind, CaseView, DecisionView, EarlierCase, FieldDifference
from bot.cases.writing.readback import rule_differences
from bot.records.tables import alerts, cases, decisions, failures

EARLIER_SHOWN = 3
"""Earlier cases of a term that its card tells of; the others are counted."""


def load_view(
    connection: Connection,
    company: Company,
    case_id: int,
    approvers: Sequence[str],
    deputies: Collection[str] = (),
) -> CaseView:
    """Everything that a card shows of one case. `approvers`: who may decide now, `deputies`: which of them stand in."""
    case = store.read(connection, case_id)
    note = case.note or {}
    people = taking_part.participants(connection, case)
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
        invoices=store.waiting_invoices(connection, case_id, company.periods),
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
        system=company.source.system,
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
        to_acknowledge=store.to_acknowledge(note),
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


def history(connection: Connection, case: store.CaseRow) -> tuple[tuple[EarlierCase, ...], int]:
    """The newest ended cases of the same key before this one, and how many there were; merged ones were none."""
    earlier = (
        (cases.c.company == case.company)
        & (cases.c.key == case.key)
        & (cases.c.kind == case.kind)
        & (cases.c.id < case.id)
        & cases.c.state.in_(store.FINAL)
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


def _withdrawal_of(connection: Connection, case: store.CaseRow) -> int | None:
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


def _appeared_otherwise(case: store.CaseRow) -> tuple[FieldDifference, ...]:
    """What of a term that appeared by itself is not as the case's proposal would have made it."""
    if not (case.note or {}).get("appeared") or case.proposal is None or case.diagnosis is None:
        return ()
    proposal, match = PROPOSAL.validate_python(case.proposal), DIAGNOSIS.validate_python(case.diagnosis).match
    return () if match is None or match.term is None else rule_differences(proposal.rule, match.term)


def _changed_since(case: store.CaseRow) -> tuple[FieldDifference, ...]:
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
