"""Who had what part in a case: who asked, told the term, edited its proposal, or made an invoice that waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, literal, select
from sqlalchemy.dialects.postgresql import insert

from bot.cases import store
from bot.cases.codec import PROPOSAL, RULE
from bot.cases.deciding.policy import Part, Participant, who_made
from bot.cases.ports import Entitled, Person
from bot.cases.reading import Entry
from bot.cases.step import Step
from bot.records.tables import case_people

_OF_PART = ("team", "user_id", "part", "proposal_digest", "edited")
"""What is kept of a part beside its case."""


def take_part(step: Step, case_id: int, person: Person, part: Part) -> None:
    """Notes what part a person had in a case."""
    _take_part(step, case_id, person, part)


def take_edit(step: Step, case: store.CaseRow, person: Person, entry: Entry, proposal_digest: str) -> None:
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


def participants(connection: Connection, case: store.CaseRow) -> tuple[Participant, ...]:
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


def participants_among(
    connection: Connection, case: store.CaseRow, entitled: Entitled, team: str
) -> tuple[Participant, ...]:
    """The participants, and those of the entitled (of `team`) whom the source names as the maker of an invoice."""
    makers = {
        invoice.billed.created_by
        for invoice in store.waiting_invoices(connection, case.id)
        if invoice.billed is not None and invoice.billed.created_by
    }
    made = who_made({user: entitled.names.get(user, ()) for user in entitled.people}, makers)
    return (
        *participants(connection, case),
        *(Participant(person=Person(team=team, user_id=user), part=Part.BILLED) for user in sorted(made)),
    )


def keep_participants(step: Step, case_id: int, into: int) -> None:
    """Whoever had a part in a case that is merged has it in the other one too."""
    kept = select(literal(into), *(case_people.c[name] for name in _OF_PART)).where(case_people.c.case_id == case_id)
    step.connection.execute(insert(case_people).from_select(["case_id", *_OF_PART], kept))
