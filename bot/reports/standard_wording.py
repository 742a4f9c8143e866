"""One name a rule, in words: the first line, what each step asks of people, and what blocks it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from bot.reports.standardise import Standardisation
from bot.terms.standard import Standard, Step, StepKind

WHERE: dict[StepKind, str] = {
    StepKind.CREATE: "Intacct, by a case and its decision",
    StepKind.REACTIVATE: "Intacct, by a case and its decision",
    StepKind.RENAME: "the source, by hand",
    StepKind.USE_INSTEAD: "the source, by hand",
    StepKind.CHANGE_DEFAULT: "Intacct, by hand",
    StepKind.RETIRE: "Intacct, by a case and its decision",
}
"""Where a step is done, and how."""
TO_DO: dict[StepKind, str] = {
    StepKind.CREATE: "Create the term, after a decision",
    StepKind.REACTIVATE: "Make the term active again, after a decision",
    StepKind.RENAME: "Rename the term",
    StepKind.USE_INSTEAD: "Use the other name on new invoices",
    StepKind.CHANGE_DEFAULT: "Change the customer's default term",
    StepKind.RETIRE: "Make the term inactive, after a decision",
}
"""What a step is, in a few words."""
DATES_NAMED = 5


def first_line(found: Standardisation) -> str:
    """What there is to gain, in one sentence."""
    count = len(found.standards)
    stamp = "PARTIAL: not everything could be read. " if found.report.missing else ""
    if not count:
        return f"{stamp}Every rule in use goes by one name. Nothing to bring together."
    rules = "One rule goes" if count == 1 else f"{count:,} rules go"
    gain = _gain(found.prevented)
    return f"{stamp}{rules} by several names. {gain}"


def _gain(prevented: int) -> str:
    if not prevented:
        return "By today's terms a sync would refuse no invoice of the last year for it; it would only be tidier."
    if prevented == 1:
        return "By today's terms a sync would refuse 1 invoice of the last year; with one name each, it would not."
    return f"By today's terms a sync would refuse {prevented:,} invoices of the last year; with one name each, none."


def names_said(standard: Standard) -> str:
    """The names before and after."""
    return f"Today: {_names(standard.names)}. Afterwards: “{standard.keep}”."


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def dates_said(standard: Standard) -> str:
    """Whether due dates would change; those that would are named."""
    changed = standard.due_dates_changed
    if changed is None:
        return "Whether due dates would change is not known: the invoices' dates were not read."
    if not changed:
        return "No due date changes."
    many = len(changed) + standard.due_dates_more
    left = many - len(changed[:DATES_NAMED])
    count = "1 due date" if many == 1 else f"{many:,} due dates"
    more = f" and {left:,} more" if left else ""
    return f"{count} of the last year would have been another: {', '.join(changed[:DATES_NAMED])}{more}."


def steps_said(standard: Standard, *, looked: bool = True) -> tuple[str, ...]:
    """The steps in their order, customers with the same default told together."""
    told: list[str] = []
    for (kind, name), same in groupby(standard.steps, key=lambda step: (step.kind, step.name)):
        steps = list(same)
        if kind is StepKind.CHANGE_DEFAULT and len(steps) > 1:
            told.append(
                f"In Intacct, make “{standard.keep}” the default of {len(steps):,} customers that have “{name}”."
            )
        else:
            told += [step_said(step, looked=looked) for step in steps]
    return tuple(told)


def step_said(step: Step, *, looked: bool = True) -> str:
    """One step with what it concerns, what it would have prevented, and what it has to wait for.

    `looked`: False where nobody looked yet who holds the terms.
    """
    if step.kind is StepKind.RETIRE and not looked:
        return f"In Intacct, make “{step.name}” inactive once nothing holds it; who does was not looked at yet."
    waits = f" Not yet: {' '.join(step.blocked)}" if step.blocked else ""
    return f"{_STEPS[step.kind](step)}{_concerns(step)}.{waits}"


def _concerns(step: Step) -> str:
    if step.kind in (StepKind.CHANGE_DEFAULT, StepKind.RETIRE) or not step.invoices:
        return ""
    invoices = "1 invoice" if step.invoices == 1 else f"{step.invoices:,} invoices"
    failed = ", which a sync would refuse today" if step.prevented else ""
    return f" ({invoices} of the last year{failed})"


_STEPS: dict[StepKind, Callable[[Step], str]] = {
    StepKind.CREATE: lambda step: f"In Intacct, create “{step.name}” by a case that an approver decides",
    StepKind.REACTIVATE: lambda step: f"In Intacct, make “{step.name}” active again by a case that an approver decides",
    StepKind.RENAME: lambda step: f"At the source, rename “{step.name}” to “{step.to}”",
    StepKind.USE_INSTEAD: lambda step: f"At the source, write “{step.to}” on new invoices instead of “{step.name}”",
    StepKind.CHANGE_DEFAULT: lambda step: (
        f"In Intacct, make “{step.to}” the default of customer {step.subject} instead of “{step.name}”"
    ),
    StepKind.RETIRE: lambda step: f"In Intacct, make “{step.name}” inactive by a case that an approver decides",
}


def told_lines(found: Standardisation) -> list[str]:
    """All of it as lines of plain text."""
    lines = [first_line(found)]
    for place, standard in enumerate(found.standards, 1):
        lines += ["", f"{place}. Keep “{standard.keep}”. {standard.why}", f"   {names_said(standard)}"]
        lines += [f"   - {step}" for step in steps_said(standard, looked=found.looked)]
        lines.append(f"   {dates_said(standard)}")
    lines += [f"not read: {sentence}" for sentence in found.report.missing]
    return lines
