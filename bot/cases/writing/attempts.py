"""What was tried to carry out one decision, and what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from bot.records.tables import writes


@dataclass(frozen=True, slots=True)
class Attempts:
    """The attempts of one decision, the first one first."""

    rows: Sequence[Any] = ()

    @property
    def started(self) -> tuple[Any, ...]:
        """Noted and not ended: a process died while it was under way."""
        return tuple(row for row in self.rows if row.state == "started")

    @property
    def uncertain(self) -> tuple[Any, ...]:
        """Sent, perhaps, and not answered: Intacct may have carried them out."""
        return tuple(row for row in self.rows if row.state in ("started", "unknown"))

    @property
    def answered(self) -> bool:
        """Whether Intacct said that it was carried out."""
        return any(row.state == "answered" for row in self.rows)

    @property
    def duplicate(self) -> bool:
        """Whether the last one was refused because the name, or the control id, is there already."""
        return bool(self.rows) and bool((self.rows[-1].error or {}).get("duplicate"))

    @property
    def duplicate_words(self) -> str:
        """Intacct's words for that."""
        return str((self.rows[-1].error or {}).get("words", "")) if self.duplicate else ""

    @property
    def carried_out(self) -> int | None:
        """The id of the one that did it, or may have done it; None where all were refused."""
        answered = [row.id for row in self.rows if row.state == "answered"]
        return next(iter(answered or [row.id for row in self.uncertain]), None)

    @property
    def next_number(self) -> int:
        """The number of the next one."""
        return len(self.rows) + 1


def attempts_of(connection: Connection, decision_id: int) -> Attempts:
    """What was tried for a decision."""
    return Attempts(
        connection.execute(select(writes).where(writes.c.decision_id == decision_id).order_by(writes.c.attempt)).all()
    )
