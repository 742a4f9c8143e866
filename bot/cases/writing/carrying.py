"""What the steps of carrying out a decision share: who carries on after a pause, who is told, what an attempt is called."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from bot.cases import store
from bot.cases.case import CaseEvent
from bot.cases.codec import TROUBLE
from bot.cases.outbox import notice
from bot.cases.ports import Clock, Company
from bot.cases.step import Step, step
from bot.cases.view import Trouble
from bot.intacct.errors import IntacctError, PermissionMissing, SignInRefused
from bot.records import jobs
from bot.records.engine import Database
from bot.records.tables import cases, decisions
from bot.terms.proposal import Action
from bot.terms.term import ArTerm, in_words

READ_PAUSE = timedelta(seconds=3)
READ_ATTEMPTS = 3
"""To read a term back, and to find out what became of a write; then a person is told."""
WRITE_ATTEMPTS = 3
"""Of one decision whose outcome is not known, all under one function control id."""
PAUSES = tuple(timedelta(seconds=s) for s in (15, 30, 60, 120, 300, 600, 1200, 1800))
"""Between attempts to begin while a system cannot be read or takes nothing; after the last, nothing is written."""
HOPELESS = (SignInRefused, PermissionMissing)
"""What no waiting mends."""
FUNCTIONS = {
    Action.CREATE: "create_arterm",
    Action.REACTIVATE: "update_arterm",
    Action.DEACTIVATE: "update_arterm",
}
"""What carrying out a proposal is called at the gateway."""


class Carrying:
    """What writing and reading back share, for one company."""

    def __init__(self, database: Database, clock: Clock, company: Company) -> None:
        self._database = database
        self._clock = clock
        self._company = company

    @contextmanager
    def holding(self, case: Any, cause: str) -> Iterator[tuple[Step, Any]]:
        """A step that has the case's row first, so that no two wait for each other; and the row as it is now."""
        with step(self._database, self._clock, cause) as taken:
            yield taken, store.hold(taken.connection, case.id)

    def written(self, case: Any, cause: str) -> bool:
        """The write was answered, or may have been carried out: what is there is read back next."""
        with self.holding(case, cause) as (taken, fresh):
            taken.move(case, CaseEvent.WRITTEN, due_at=taken.now, note=note_of(fresh))
        return True

    def not_yet(self, case: Any, sentence: str, error: IntacctError | None, cause: str) -> bool:
        """Nothing is under way: tried again with growing pauses, then given up with nothing written."""
        hopeless = isinstance(error, HOPELESS)
        if not hopeless and case.rounds < len(PAUSES):
            wait = getattr(error, "retry_after", None)
            pause = max(PAUSES[case.rounds], timedelta(seconds=wait or 0))
            with self.holding(case, cause) as (taken, fresh):
                store.change(taken, case.id, note={**(fresh.note or {}), "delay": sentence})
            later(self._database, self._clock, case, pause)
            return False
        trouble = Trouble(
            sentence=f"Nothing was written. {sentence}",
            vendor_words=error.vendor_words if error else "",
            advice=error.advice
            if error and hopeless
            else "Press Check again once it answers: I look, and make a new proposal.",
        )
        with self.holding(case, cause) as (taken, fresh):
            note = note_of(fresh, trouble=kept_trouble(trouble))
            taken.move(case, CaseEvent.REFUSED, note=note, content={"error": sentence, "written": False})
            self.tell_sign_in(taken, error)
        return True

    def tell_sign_in(self, taken: Step, error: IntacctError | None) -> None:
        """The admin is told of a refused sign-in once a day; every card says it."""
        if not isinstance(error, SignInRefused):
            return
        day = taken.now.astimezone(self._company.zone).date().isoformat()
        key = f"sign_in:{self._company.key}:{error.credential.value}:{day}"
        notice(
            taken,
            self._company,
            key,
            "sign_in_refused",
            sentence=str(error),
            words=error.vendor_words,
            advice=error.advice,
        )


def control_id_of(decision: Any) -> str:
    """The function control id of a decision: the same at each attempt, and never again for another decision.

    The moment and the person are in it, so that a database that begins anew does not repeat an earlier one's ids.
    """
    told = f"{decision.id}/{decision.proposal_digest}/{decision.team}/{decision.user_id}/{decision.at.isoformat()}"
    return f"termkeeper-{decision.id}-{hashlib.sha256(told.encode()).hexdigest()[:32]}"


def decision_of(connection: Any, case: Any) -> Any:
    """The newest yes to the case's present proposal."""
    return connection.execute(
        select(decisions)
        .where(
            decisions.c.case_id == case.id,
            decisions.c.verdict == "approve",
            decisions.c.proposal_digest == case.proposal_digest,
        )
        .order_by(decisions.c.id.desc())
        .limit(1)
    ).one()


def first_round(taken: Step, case: Any) -> None:
    """What follows is counted anew."""
    taken.connection.execute(update(cases).where(cases.c.id == case.id).values(rounds=0))


def read_back(there: ArTerm) -> dict[str, Any]:
    """A record as it was read, for the journal."""
    return {
        "record_no": there.record_no,
        "name": there.name,
        "status": "active" if there.active else "inactive",
        "rule": in_words(there.rule) if there.rule else "",
        "unread": there.unread,
        "description": there.description,
        "entity": there.entity,
        "created_by": there.created_by,
        "created_at": there.created_at,
        "modified_by": there.modified_by,
        "modified_at": there.modified_at,
    }


def note_of(case: Any, **changed: Any) -> dict[str, Any]:
    """The case's note with what changed, and without what was said of waiting."""
    kept = {key: value for key, value in (case.note or {}).items() if key != "delay"}
    return kept | changed


def kept_trouble(trouble: Trouble) -> Any:
    """A trouble as a case's note keeps it."""
    return TROUBLE.dump_python(trouble, mode="json")


def trouble_of(error: IntacctError) -> Trouble:
    """A refusal as a card tells it."""
    return Trouble(sentence=str(error), vendor_words=error.vendor_words, advice=error.advice)


def later(database: Database, clock: Clock, case: Any, wait: timedelta) -> None:
    """Has the case looked at again after `wait`, in the state in which it is."""
    with step(database, clock, "later") as taken:
        due = taken.now + wait
        taken.connection.execute(
            update(cases)
            .where(cases.c.id == case.id, cases.c.version == case.version)
            .values(due_at=due, rounds=cases.c.rounds + 1)
        )
        taken.nudge(jobs.WORK_CASE, due=due, case_id=case.id)


def number_of(record_no: str) -> int:
    """A record's number, by which records are older or newer; 0 for what is none."""
    return int(record_no) if record_no.isdecimal() and len(record_no) < 19 else 0
