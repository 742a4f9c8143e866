"""What would be written: field by field with its source, proved against invoices, with everything that speaks against it."""

from __future__ import annotations

from enum import StrEnum

from bot.slack.cards import words
from bot.slack.cards.blocks import bullets
from bot.slack.cards.subject import Subject
from bot.terms.proposal import Action, FieldSource, ProofLine, Proposal, ProposedField
from bot.terms.term import DueFrom

SENTENCES_SHOWN = 6


class Tense(StrEnum):
    """When a proposal is carried out, as its title says it."""

    WOULD = "would be"
    """Nothing is decided yet."""
    NOW = "is being"
    """Decided; the write is under way."""
    WAS = "was to be"
    """It was tried, and not done."""


def plan_lines(subject: Subject, tense: Tense = Tense.WOULD) -> list[str]:
    """The proposal as a card shows it; empty where there is none."""
    proposal = subject.proposal
    if proposal is None:
        return []
    title = {
        Action.CREATE: f"*What {tense} created*",
        Action.REACTIVATE: f"*What {tense} reactivated*",
        Action.BY_HAND: "*What a person has to create by hand*",
        Action.DEACTIVATE: f"*What {tense} made inactive*",
    }[proposal.action]
    lines = [title, fields_line(subject, proposal)]
    if proposal.action is Action.BY_HAND:
        lines.append("I cannot create this rule in Intacct. Make it under Accounts Receivable > Setup > AR Terms:")
        lines.append(bullets([words.said(step, 200) for step in proposal.instructions], 12))
        lines.append("Then press *Check again*: I read it and compare it.")
    lines.append(proof_line(proposal))
    return [line for line in lines if line]


def fields_line(subject: Subject, proposal: Proposal) -> str:
    """Every field with where it came from, in the order in which people ask for them."""
    by_label = {field.label: field for field in proposal.fields}
    owner = f"for entity {words.name(proposal.entity, 40)} only" if proposal.entity else "for all entities"
    status = by_label.get("Status")
    description = f"described as “{words.said(proposal.description, 120)}”" if proposal.description else ""
    shown = [
        f"Name {words.code(proposal.name, 100)}, exactly as on the invoice",
        *(_field(subject, proposal, field) for field in proposal.fields[:12] if field.label not in _APART),
        words.said(status.value, 20).lower() if status is not None else "",
        owner,
        description,
    ]
    return " · ".join(part for part in shown if part)


_APART = frozenset({"Name", "Description", "Status", "Entity"})
"""Fields that stand at the line's ends."""


def _field(subject: Subject, proposal: Proposal, field: ProposedField) -> str:
    label, value = words.name(field.label, 40), words.said(field.value, 200)
    if value.lower() in ("none", f"no {label.lower()}"):
        return f"no {label.lower()}"
    apart = {FieldSource.DEFAULT} | ({FieldSource.INTACCT} if proposal.action is Action.REACTIVATE else set())
    sources = [source for source in field.sources if source not in apart]
    told = [_source(subject, source, first=index == 0) for index, source in enumerate(sources)]
    return f"{label} {value} ({'; '.join(told)})" if told else f"{label} {value}"


def _source(subject: Subject, source: FieldSource, *, first: bool) -> str:
    """The first source, and then those that agree with it."""
    if source is FieldSource.NAME:
        return "read from the name" if first else "the name says the same"
    if source is FieldSource.BILLING_DAYS:
        days = subject.diagnosis.billing_days if subject.diagnosis is not None else None
        return f"{subject.source} says {words.counted(days, 'day')}" if days is not None else f"{subject.source}'s days"
    if source is FieldSource.INVOICE_DATES:
        return "the invoices' due dates" if first else "the invoices' due dates agree"
    return source.value


def proof_line(proposal: Proposal) -> str:
    """How the rule stands against the due dates that customers were sent."""
    if not proposal.proof:
        return "Not checked against an invoice: none with both dates is known."
    wrong = [line for line in proposal.proof if not line.holds]
    if wrong:
        count = f"{len(wrong):,} of {words.counted(len(proposal.proof), 'invoice')}"
        verb = "has" if len(wrong) == 1 else "have"
        told = f"Checked against invoices: {count} {verb} another due date than this rule gives"
        return (
            f"{told}, see below." if proposal.conflicts else f"{told}:\n" + bullets([_wrong(line) for line in wrong], 4)
        )
    dates = sorted(line.invoice_date for line in proposal.proof)
    first, last = dates[0], dates[-1]
    span = f"of {words.month(first)}" if (first.year, first.month) == (last.year, last.month) else _span(proposal)
    more = ", and so on" if len(proposal.proof) > 1 else ""
    checked = f"Checked against {words.counted(len(proposal.proof), 'invoice')} {span}"
    return f"{checked}: {_example(proposal, proposal.proof[0])}{more}."


def _span(proposal: Proposal) -> str:
    dates = sorted(line.invoice_date for line in proposal.proof)
    first, last = dates[0], dates[-1]
    if first.year == last.year:
        return f"from {words.month(first)} to {words.month(last)}"
    return f"from {words.month(first)} {first.year} to {words.month(last)} {last.year}"


def _example(proposal: Proposal, line: ProofLine) -> str:
    due = proposal.rule.due
    if due.start is DueFrom.INVOICE_DATE:
        return f"{words.month_day(line.invoice_date)} + {words.counted(due.days, 'day')} = {words.calendar(line.proposed_due)}"
    return f"{words.month_day(line.invoice_date)} falls due {words.calendar(line.proposed_due)}"


def _wrong(line: ProofLine) -> str:
    return (
        f"{words.name(line.number, 60)} of {words.calendar(line.invoice_date)} was billed as due "
        f"{words.calendar(line.billed_due)}; this rule gives {words.calendar(line.proposed_due)}"
    )


def against_lines(proposal: Proposal) -> list[str]:
    """What speaks against the proposal: conflicts, doubts, what exceeds the policy; each sentence once."""
    sentences = [*proposal.conflicts, *proposal.doubts]
    lines = []
    unique = list(dict.fromkeys(sentences))
    if unique:
        needs = "; reactivating it takes a reason and a reference"
        lines.append(f"*Look closely*{needs if proposal.action is Action.REACTIVATE else ''}")
        lines.append(bullets([words.said(sentence, 300) for sentence in unique], SENTENCES_SHOWN))
    if proposal.outside_policy:
        lines.append("*Outside the policy for terms*; approving it takes a reason and a reference")
        lines.append(bullets([words.said(sentence, 300) for sentence in proposal.outside_policy], SENTENCES_SHOWN))
    return lines
