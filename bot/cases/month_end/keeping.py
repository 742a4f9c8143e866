"""A period's list kept as evidence: remembered as it was shown, then written whole into the journal, once."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from bot.cases.month_end.cutoff import CUT_OFF, CutOff, Missing, Owner, Sum
from bot.cases.step import Step
from bot.records.tables import journal, views

KIND = "cutoff"
"""Of kept lists in the records, and of the journal entry."""
KEPT_FOR = timedelta(days=2)
"""So long a list that was shown may be kept as evidence."""


def remember(connection: Connection, listed: CutOff, *, user: str, team: str) -> str:
    """Keeps a list that is shown to a person, so that he can have this very one kept as evidence; its token."""
    connection.execute(delete(views).where(views.c.kind == KIND, views.c.created_at < func.now() - KEPT_FOR))
    token = secrets.token_urlsafe(18)
    payload = {"team": team, "list": CUT_OFF.dump_python(listed, mode="json")}
    connection.execute(insert(views).values(id=token, kind=KIND, payload=payload, user_id=user))
    return token


def keep(step: Step, token: str, *, user: str) -> str | None:
    """Writes a remembered list into its company's journal, once; the company, or None where the list is gone.

    Only who was shown the list can keep it.
    """
    row = step.connection.execute(
        select(views).where(views.c.id == token, views.c.kind == KIND).with_for_update()
    ).one_or_none()
    if row is None or row.user_id != user:
        return None
    listed = CUT_OFF.validate_python(row.payload["list"])
    if kept(step.connection, listed.company, token) is None:
        content = evidence(listed) | {"list": token, "team": row.payload["team"]}
        step.record(listed.company, KIND, content, actor=user)
    return listed.company


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A list that is in the journal."""

    period: str
    number: int
    """Of the entry in the company's chain."""


def kept(connection: Connection, company: str, token: str) -> Kept | None:
    """Where the journal holds a list; None where it was not kept."""
    row = connection.execute(
        select(journal.c.seq, journal.c.content)
        .where(
            journal.c.company == company,
            journal.c.kind == KIND,
            journal.c.content.contains(f'"list":"{token}"', autoescape=True),
        )
        .order_by(journal.c.seq.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Kept(period=json.loads(row.content)["content"]["period"], number=row.seq)


def evidence(listed: CutOff) -> dict[str, Any]:
    """The list as the journal keeps it: all of it, with counts, sums, moment, queries and the reader."""
    return {
        "period": listed.period.name,
        "first": listed.period.first,
        "last": listed.period.last,
        "closes_at": listed.closes_at,
        "as_of": listed.as_of,
        "entity": listed.entity,
        "source": listed.source_label,
        "reader": listed.reader,
        "queries": list(listed.queries),
        "requests": {"source": listed.source_requests, "intacct": listed.books_queries},
        "billed": [_sum(each) for each in listed.billed],
        "missing_count": len(listed.missing),
        "missing_sums": [_sum(each) for each in listed.sums],
        "undated": listed.undated,
        "missing": [_line(each) for each in listed.missing],
    }


def _sum(each: Sum) -> dict[str, Any]:
    return {
        "currency": each.currency,
        "invoices": each.invoices,
        "amount": each.amount,
        "credits": each.credits,
    }


def _line(each: Missing) -> dict[str, Any]:
    invoice, case = each.billed, each.case
    return {
        "invoice": invoice.number,
        "id": invoice.source_id,
        "customer": invoice.customer_name or invoice.customer_id,
        "date": invoice.invoice_date,
        "due": invoice.due_date,
        "term": invoice.term_name,
        "amount": invoice.amount,
        "currency": invoice.currency,
        "where": each.whereabouts.value,
        "in_intacct": each.books_state,
        "case": case.number if case is not None else None,
        "state": case.state.value if case is not None else None,
        "owner": case.owner.value if case is not None else Owner.NOBODY.value,
        "owner_id": case.person if case is not None else "",
        "choice": case.choice.value if case is not None and case.choice is not None else None,
    }
