"""A company at work: its books emulated over a real socket, its invoices in a file, its cases worked on in order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.alerts import Cause, Failure
from bot.billing.csv_source import CsvSource
from bot.cases.deciding import decide
from bot.cases.folding import intake
from bot.cases.folding.gather import Gatherer
from bot.cases.ports import Entitled, Person
from bot.cases.reading import Reader
from bot.cases.step import step
from bot.cases.work import Workshop
from bot.intacct.client import Intacct
from bot.records.engine import Database
from bot.records.tables import cases
from bot.sandbox.world import World
from tests.cases.company import Calendar, acme
from tests.intacct.conftest import books, open_books, world

__all__ = ["books", "open_books", "world"]

DAN = Person(team="T0ACME", user_id="U0DAN")


class Office:
    """One company and what is done in it."""

    def __init__(self, database: Database, world: World, books: Intacct, file: Path) -> None:
        self.database = database
        self.world = world
        self.books = books
        self.clock = Calendar(world)
        self.file = file
        self.company = acme(books=books, source=CsvSource(file), report_channel="C0REPORTS")
        reader = Reader(self.company)
        self._gatherer = Gatherer(database, self.clock, self.company, reader)
        self._workshop = Workshop(database, self.clock, self.company, reader)

    def case_about(self, term: str, number: str = "INV-77") -> int:
        """An alert about an invoice with this term comes in and is looked into; the case's id."""
        header = "invoice_number,term,customer_name,invoice_date,due_date,amount,currency\n"
        before = self.file.read_text(encoding="utf-8") if self.file.exists() else header
        self.file.write_text(f'{before}{number},"{term}",Globex GmbH,2026-11-02,,1250.50,USD\n', encoding="utf-8")
        now = self.clock.now()
        with step(self.database, self.clock, "inbox:1") as taken:
            alert = intake.Alert(
                company="acme",
                team="T0ACME",
                channel="C0FINALERTS",
                ts=f"{now.timestamp():.6f}",
                thread_ts=None,
                poster="B0BILL",
                by_person=False,
                posted_at=now,
            )
            intake.take(taken, alert, [Failure(cause=Cause.SEQUENCE, invoice=number, term=None)])
        self._gatherer.gather("job:gather")
        with self.database.transaction() as connection:
            return int(connection.scalars(select(cases.c.id).order_by(cases.c.id.desc())).first() or 0)

    def approve(self, case_id: int, reason: str = "", reference: str = "") -> None:
        """Dan says yes, and the case is worked on as far as it goes."""
        with self.database.transaction() as connection:
            digest = connection.scalar(select(cases.c.proposal_digest).where(cases.c.id == case_id))
        with step(self.database, self.clock, "inbox:2") as taken:
            act = decide.Act(case_id=case_id, person=DAN, digest=digest or "", key=f"click:{case_id}")
            entitled = Entitled(approvers=frozenset({"U0DAN", "U0PRIYA"}))
            outcome = decide.approve(taken, self.company, act, entitled=entitled, reason=reason, reference=reference)
            assert outcome.kind is decide.OutcomeKind.DONE, outcome
        self._workshop.work(case_id, f"job:case:{case_id}")

    def state(self, case_id: int) -> str:
        """The case's state."""
        with self.database.transaction() as connection:
            return str(connection.scalar(select(cases.c.state).where(cases.c.id == case_id)))


@pytest.fixture
def office(database: Database, world: World, books: Intacct, tmp_path: Path) -> Iterator[Office]:
    """acme, whose calendar and books are the emulator's."""
    return Office(database, world, books, tmp_path / "invoices.csv")
