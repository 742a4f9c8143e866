"""What a message with many failures, or a summary of many alerts, tells of its cases: a line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from bot.billing.source import Money
from bot.cases import store
from bot.cases.case import CaseState
from bot.cases.codec import BILLED, DIAGNOSIS, PROPOSAL
from bot.cases.deciding import taking_part
from bot.cases.deciding.policy import Participant
from bot.cases.outbox import card_key
from bot.cases.view import Unknown
from bot.records.tables import alerts, case_invoices, failures, messages
from bot.terms.matching import MatchKind
from bot.terms.proposal import Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """One case among several."""

    case_id: int
    number: int
    state: CaseState
    term_name: str | None
    """Exactly as at the source; None while not known."""
    first_invoice: str
    """By which a case without a known term is called; empty where none is known."""
    invoices: int
    """Of this case in the message, or in all where the line belongs to no one message."""
    amounts: tuple[Money, ...]
    """What these invoices were billed for, one each; those whose amount is not known are left out."""
    looks_alike: bool
    """Whether Intacct has a term that only looks like it: which side to correct is told on the card."""
    unknown: Unknown | None
    """Why the term is not known."""
    proposal: Proposal | None
    digest: str
    """Of the proposal; empty where there is none."""
    card_channel: str
    card_ts: str
    """Of its card; both empty while none is posted."""
    participants: tuple[Participant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A message with many failures."""

    alert_id: int
    company: str
    channel: str
    thread_ts: str
    failures: int
    looking: int
    """How many of the failures are not looked into yet."""
    cases: tuple[CaseLine, ...]
    """In the order of their numbers."""


def load_overview(connection: Connection, alert_id: int) -> Overview:
    """What is known of the cases of one message."""
    alert = connection.execute(select(alerts).where(alerts.c.id == alert_id)).one()
    rows = connection.execute(
        select(failures.c.case_id, failures.c.invoice, failures.c.state).where(failures.c.alert_id == alert_id)
    ).all()
    numbers: dict[int, set[str]] = {}
    for row in rows:
        if row.case_id is not None:
            numbers.setdefault(row.case_id, set()).update({row.invoice} - {None})
    return Overview(
        alert_id=alert_id,
        company=alert.company,
        channel=alert.channel,
        thread_ts=alert.thread_ts or alert.ts,
        failures=len(rows),
        looking=sum(row.state != "joined" for row in rows),
        cases=tuple(
            sorted((_line(connection, case_id, found) for case_id, found in numbers.items()), key=lambda c: c.number)
        ),
    )


def load_lines(connection: Connection, case_ids: Sequence[int]) -> tuple[CaseLine, ...]:
    """What is known of these cases, in the order of their numbers; of merged ones the case that they went into."""
    found: set[int] = set()
    for case_id in case_ids:
        case = store.read(connection, case_id)
        found.add(case.merged_into_id or case.id)
    return tuple(sorted((_line(connection, case_id, None) for case_id in found), key=lambda line: line.number))


def _line(connection: Connection, case_id: int, numbers: set[str] | None) -> CaseLine:
    """`numbers`: the invoices that count; None for all of the case."""
    case = store.read(connection, case_id)
    of_case = case_invoices.c.case_id == case_id
    rows: Sequence[Any] = connection.execute(
        select(case_invoices.c.number, case_invoices.c.billed)
        .where(of_case if numbers is None else of_case & case_invoices.c.number.in_(numbers))
        .order_by(case_invoices.c.position)
    ).all()
    billed = [BILLED.validate_python(row.billed) for row in rows if row.billed is not None]
    card = connection.execute(
        select(messages.c.channel, func.coalesce(messages.c.ts, "").label("ts")).where(
            messages.c.key == card_key(case_id), messages.c.ts.is_not(None)
        )
    ).one_or_none()
    diagnosis = None if case.diagnosis is None else DIAGNOSIS.validate_python(case.diagnosis)
    return CaseLine(
        case_id=case.id,
        number=case.number,
        state=CaseState(case.state),
        term_name=case.term_name,
        first_invoice=rows[0].number if rows else "",
        invoices=len(rows),
        amounts=tuple(Money(amount=i.amount, currency=i.currency) for i in billed if i.amount is not None),
        looks_alike=diagnosis is not None
        and diagnosis.match is not None
        and diagnosis.match.kind is MatchKind.LOOKALIKE,
        unknown=diagnosis.unknown if diagnosis is not None else None,
        proposal=None if case.proposal is None else PROPOSAL.validate_python(case.proposal),
        digest=case.proposal_digest or "",
        card_channel=card.channel if card is not None else "",
        card_ts=card.ts if card is not None else "",
        participants=taking_part.participants(connection, case),
    )
