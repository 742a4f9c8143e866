"""One case from its alert to the books without Slack: real records, emulated Intacct and BILL over real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select, update

from bot.alerts import Cause, Failure
from bot.cases import showing, store
from bot.cases.deciding import decide
from bot.cases.deciding.decide import Act, Outcome
from bot.cases.folding import intake
from bot.cases.folding.gather import Gatherer
from bot.cases.ports import Entitled, Person
from bot.cases.reading import Reader
from bot.cases.step import Step, step
from bot.cases.view import CaseView
from bot.cases.work import Workshop
from bot.records.engine import Database
from bot.records.tables import cases, journal, messages, writes
from bot.sandbox import bill, intacct
from bot.sandbox.bill import books as bill_books
from bot.sandbox.intacct.terms import add_term, change_term
from bot.sandbox.world import Fault, World
from bot.slack.cards.case_card import case_card
from tests.cases.company import REPORTS, Calendar, acme, bill_at, keep_in_bill
from tests.intacct.conftest import books_at
from tests.sandbox.serving import serve

TEAM = "T0ACME"
DAN, PRIYA, MARIA = (Person(team=TEAM, user_id=user) for user in ("U0DAN", "U0PRIYA", "U0MARIA"))
ENTITLED = Entitled(approvers=frozenset({"U0DAN", "U0PRIYA"}))


class Desk:
    """A company, and one process's rooms on it."""

    def __init__(self, world: World, database: Database, address: str, **company: Any) -> None:
        self.world = world
        self.database = database
        self.clock = Calendar(world)
        self.books = books_at(address + intacct.PATH)
        source = bill_at(address, sleep=lambda seconds: None)
        self.company = acme(**{"books": self.books, "source": source, "report_channel": REPORTS} | company)
        reader = Reader(self.company)
        self.gatherer = Gatherer(database, self.clock, self.company, reader)
        self.workshop = Workshop(database, self.clock, self.company, reader)

    # The two systems

    def bill_term(self, name: str, days: int) -> str:
        """A term in BILL; its id."""
        return str(bill_books.add_term(self.world, name, days)["id"])

    def bill_invoice(self, number: str, term_id: str, *, days: int, dated: str = "2026-10-05") -> None:
        """An invoice in BILL that bears a term."""
        keep_in_bill(self.world, number, term_id, days=days, dated=dated)

    def ar_term(self, name: str, days: int, **fields: str) -> None:
        """A person makes a term in Intacct."""
        add_term(self.world, name, {"DUEDATE": str(days), **fields}, by="pnair")

    def change_ar_term(self, name: str, **fields: str) -> None:
        """A person changes a term in Intacct."""
        change_term(self.world, name, fields, by="pnair")

    def ar_terms(self) -> dict[str, dict[str, Any]]:
        """Intacct's terms by name."""
        return {row["NAME"]: row for row in self.world.store.table("arterm").values()}

    def fault(self, name: str, method: str = "create_arterm", *, service: str = "intacct", times: int = 1) -> None:
        """A fault switch."""
        self.world.faults.set(Fault(service, method, name, times, 0, 0.1 if "timeout" in name else None))

    def calls(self, function: str, service: str = "intacct") -> list[dict[str, Any]]:
        """The calls of one function, in the emulator's own log."""
        return [call for call in self.world.calls.of(service) if call["function"] == function]

    # People

    def case_of(self, number: str, term: str | None = None) -> int:
        """An alert about an invoice (or a term) arrives and is looked into; its case's id."""
        failure = (
            Failure(cause=Cause.SEQUENCE, invoice=number)
            if term is None
            else Failure(cause=Cause.TERM_INVALID, term=term)
        )
        ts = f"{self.clock.now().timestamp():.6f}"
        alert = intake.Alert(
            company="acme",
            team=TEAM,
            channel="C0FINALERTS",
            ts=ts,
            thread_ts=None,
            poster="B0BILL",
            by_person=False,
            posted_at=self.clock.now(),
        )
        with self.step() as taken:
            intake.take(taken, alert, [failure])
        self.gatherer.gather("test")
        with self.database.transaction() as connection:
            found = connection.scalar(select(cases.c.id).order_by(cases.c.id.desc()).limit(1))
        return int(found or 0)

    @contextmanager
    def step(self) -> Iterator[Step]:
        """A transaction of a person's act."""
        with step(self.database, self.clock, "test") as taken:
            yield taken

    def act(self, case_id: int, person: Person = DAN, key: str = "") -> Act:
        """What a person does to the case as it stands."""
        digest = self.row(case_id).proposal_digest or ""
        return Act(case_id=case_id, person=person, digest=digest, key=key or f"k{self.clock.now().timestamp()}")

    def approve(self, case_id: int, person: Person = DAN, **words: str) -> Outcome:
        """An approver's yes; a reason and a reference are always given."""
        words = {"reason": "as agreed", "reference": "C-17", **words}
        with self.step() as taken:
            return decide.approve(taken, self.company, self.act(case_id, person), entitled=ENTITLED, **words)

    def check(self, case_id: int) -> Outcome:
        """Check again."""
        with self.step() as taken:
            return decide.look_again(taken, self.act(case_id))

    # Work

    def work(self, case_id: int, *, rounds: int = 1) -> Any:
        """Does what is due now; with `rounds`, also what is due after each pause. The case's row."""
        for _ in range(rounds):
            self.workshop.work(case_id, "test")
            if rounds > 1:
                with self.database.transaction() as connection:
                    connection.execute(update(cases).where(cases.c.id == case_id).values(due_at=self.clock.now()))
        return self.row(case_id)

    def row(self, case_id: int) -> Any:
        """The case's row."""
        with self.database.transaction() as connection:
            return store.read(connection, case_id)

    def attempts(self, case_id: int) -> Sequence[Any]:
        """The writes of a case."""
        with self.database.transaction() as connection:
            return connection.execute(select(writes).where(writes.c.case_id == case_id).order_by(writes.c.id)).all()

    def journal(self, kind: str) -> list[dict[str, Any]]:
        """What the journal holds of a kind."""
        with self.database.transaction() as connection:
            found = connection.scalars(select(journal.c.content).where(journal.c.kind == kind).order_by(journal.c.seq))
            return [json.loads(text)["content"] for text in found]

    def notices(self) -> list[dict[str, Any]]:
        """What the admin is told."""
        with self.database.transaction() as connection:
            return list(connection.scalars(select(messages.c.body).where(messages.c.kind == "notice")))

    def view(self, case_id: int) -> CaseView:
        """The case as its card has it."""
        with self.database.transaction() as connection:
            return showing.load_view(connection, self.company, case_id, ("U0DAN", "U0PRIYA"))

    def card(self, case_id: int) -> str:
        """What the card says."""
        return case_card(self.view(case_id)).text


@contextmanager
def at_a_desk(database: Database, **company: Any) -> Iterator[Desk]:
    """A company with one term, `Net 30`, and two BILL invoices that bear `Net 45`."""
    world = World()
    world.store.table("bill_customer")["0cu01"] = {"id": "0cu01", "name": "Globex GmbH", "accNumber": "C1"}
    with serve([*intacct.routes(world), *bill.routes(world)], world) as address:
        desk = Desk(world, database, address, **company)
        desk.ar_term("Net 30", 30)
        net_45 = desk.bill_term("Net 45", 45)
        desk.bill_invoice("INV-1", net_45, days=45)
        desk.bill_invoice("INV-2", net_45, days=45, dated="2026-09-07")
        try:
            yield desk
        finally:
            desk.books.close()
