"""The choice for invoices of a closed period: who may make it, what is kept of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from bot.cases import store
from bot.cases.case import CaseState
from bot.cases.codec import CHOICE
from bot.cases.deciding.decide import DONE, OUTDATED, Act, Outcome, OutcomeKind, barred
from bot.cases.ports import Company, Entitled
from bot.cases.step import Step
from bot.cases.view import CaseInvoice, Course, PeriodChoice
from bot.records.tables import case_invoices


def choose(
    step: Step, company: Company, act: Act, *, entitled: Entitled, period: str, course: Course, reason: str
) -> Outcome:
    """Keeps how the case's waiting invoices of one closed period get into the books; a later choice stands instead.

    Whoever may decide in the company may choose: which period takes an invoice is not what he edited or asked for.
    """
    case = store.hold(step.connection, act.case_id)
    inside = _inside(step, company, case, period)
    if not inside:
        return OUTDATED
    why = barred(step.connection, company, case, act.person, entitled, "period")
    if why is not None:
        step.record(
            case.company,
            "refused",
            {"case": case.number, "what": "choose for a closed period", "why": why.value},
            actor=act.person.user_id,
            case_id=case.id,
        )
        return Outcome(kind=OutcomeKind.REFUSED, reason=why)
    if not reason.strip():
        return Outcome(kind=OutcomeKind.NEEDS_REASON)
    choice = PeriodChoice(
        period=period,
        course=course,
        reason=reason,
        team=act.person.team,
        user_id=act.person.user_id,
        at=step.now,
    )
    numbers = [invoice.number for invoice in inside]
    step.connection.execute(
        update(case_invoices)
        .where(case_invoices.c.case_id == case.id, case_invoices.c.number.in_(numbers))
        .values(choice=CHOICE.dump_python(choice, mode="json"))
    )
    step.record(
        case.company,
        "period",
        {
            "case": case.number,
            "period": period,
            "closed_since": inside[0].standing.closed_since if inside[0].standing is not None else None,
            "course": course.value,
            "reason": reason,
            "invoices": numbers,
            "replaces": sorted({each.choice.course.value for each in inside if each.choice is not None}),
            "team": act.person.team,
            "approvers": sorted(entitled.approvers),
            "deputies": sorted(entitled.deputies),
        },
        actor=act.person.user_id,
        case_id=case.id,
    )
    step.touch_card(case.id)
    return DONE


def _inside(step: Step, company: Company, case: Any, period: str) -> tuple[CaseInvoice, ...]:
    """The case's invoices that wait and are dated in the closed period."""
    if CaseState(case.state).final:
        return ()
    return tuple(
        invoice
        for invoice in store.waiting_invoices(step.connection, case.id, company.periods)
        if invoice.shut_out and invoice.standing is not None and invoice.standing.closing.period.name == period
    )
