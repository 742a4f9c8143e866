"""One transaction of a case's life: changes first, jobs next, journal entries last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from bot.cases.case import CaseEvent, CaseState, next_state
from bot.cases.ports import Clock
from bot.records import jobs, journal
from bot.records.engine import Database
from bot.records.tables import cases, failures, messages

SYSTEM = "termkeeper"


class Stale(Exception):
    """The case has moved since it was read; read it again."""


class Undecided(Exception):
    """A write was to begin without a kept decision on this very proposal."""


@dataclass(slots=True)
class _Entry:
    company: str
    kind: str
    content: Mapping[str, Any]
    actor: str
    case_id: int | None


@dataclass(slots=True)
class Step:
    """What one transaction does. `finish` must be its last act: it appends to the journal."""

    connection: Connection
    now: datetime
    """The company's calendar."""
    cause: str
    """What caused it: an inbox item or a job."""
    _entries: list[_Entry] = field(default_factory=list)

    def record(
        self, company: str, kind: str, content: Mapping[str, Any], *, actor: str = SYSTEM, case_id: int | None = None
    ) -> None:
        """Notes a journal entry, appended when the step finishes."""
        self._entries.append(_Entry(company, kind, content, actor, case_id))

    def nudge(self, task: str, *, due: datetime | None = None, **args: int | str) -> None:
        """Enqueues a job in this transaction; `due` is a moment of the company's calendar."""
        at = None if due is None else datetime.now(UTC) + (due - self.now)
        # Without a key: a job that waits now may start, and look, before this transaction commits.
        jobs.nudge(self.connection, task, key=None, at=at, **args)

    def move(
        self,
        case: Any,
        event: CaseEvent,
        *,
        actor: str = SYSTEM,
        content: Mapping[str, Any] | None = None,
        due_at: datetime | None = None,
        **columns: Any,
    ) -> CaseState:
        """Moves a case by the table.

        Raises TransitionRefused, Stale where it moved meanwhile, Undecided where a write would begin that no kept
        decision covers.
        """
        before = CaseState(case.state)
        after = next_state(before, event)
        if after is CaseState.WRITING:
            self._assert_decided(case)
        columns |= {"closed_at": self.now} if after.final else {}
        columns.setdefault("rounds", 0)
        done = self.connection.execute(
            update(cases)
            .where(cases.c.id == case.id, cases.c.version == case.version)
            .values(
                state=after.value,
                version=cases.c.version + 1,
                state_since=self.now,
                due_at=due_at,
                last_cause=self.cause,
                **columns,
            )
        )
        if done.rowcount == 0:
            raise Stale
        told = {"case": case.number, "event": event.value, "from": before.value, "to": after.value}
        self.record(case.company, "state", told | dict(content or {}), actor=actor, case_id=case.id)
        self.touch_card(case.id)
        if due_at is not None:
            self.nudge(jobs.WORK_CASE, due=due_at, case_id=case.id)
        return after

    def _assert_decided(self, case: Any) -> None:
        """A write begins only in the transaction that keeps the yes to this very proposal."""
        for entry in self._entries:
            decided = (entry.content.get("verdict"), entry.content.get("digest"))
            if entry.kind == "decision" and entry.case_id == case.id and decided == ("approve", case.proposal_digest):
                return
        raise Undecided(f"case {case.number} has no decision on its proposal")

    def touch_card(self, case_id: int) -> None:
        """The card has to be drawn again."""
        self.connection.execute(
            update(cases).where(cases.c.id == case_id).values(card_revision=cases.c.card_revision + 1)
        )
        for message_id in self.connection.scalars(
            update(messages)
            .where(messages.c.case_id == case_id, messages.c.kind == "card", messages.c.state != "dead")
            .values(
                wanted_revision=select(cases.c.card_revision).where(cases.c.id == case_id).scalar_subquery(),
                due_at=func.now(),
            )
            .returning(messages.c.id)
        ).all():
            jobs.nudge(self.connection, jobs.POST_MESSAGE, message_id=message_id)
        self._touch_overviews(case_id)

    def _touch_overviews(self, case_id: int) -> None:
        """The overviews of the messages that speak of the case have to be drawn again."""
        speaking = select(func.concat("overview:", failures.c.alert_id)).where(failures.c.case_id == case_id).distinct()
        for message_id in self.connection.scalars(
            update(messages)
            .where(messages.c.key.in_(speaking), messages.c.state != "dead")
            .values(wanted_revision=messages.c.wanted_revision + 1, due_at=func.now())
            .returning(messages.c.id)
        ).all():
            jobs.nudge(self.connection, jobs.POST_MESSAGE, message_id=message_id)

    def finish(self) -> None:
        """Appends what was noted to the journal."""
        for entry in self._entries:
            journal.append(
                self.connection,
                entry.company,
                entry.kind,
                entry.content,
                at=self.now,
                actor=entry.actor,
                case_id=entry.case_id,
            )
        self._entries.clear()


@contextmanager
def step(database: Database, clock: Clock, cause: str) -> Iterator[Step]:
    """A transaction of its own."""
    with database.transaction() as connection:
        taken = Step(connection, clock.now(), cause)
        yield taken
        taken.finish()
