"""The bot's rooms on a real database and the emulated books and BILL, worked by hand: no Slack, no workers, no waiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.cases import showing
from bot.cases.case import CaseState
from bot.cases.folding.gather import Gatherer
from bot.cases.ports import Entitled
from bot.cases.reading import Reader
from bot.cases.view import CaseView
from bot.cases.work import Workshop
from bot.records import inbox, journal
from bot.records.engine import Database
from bot.records.tables import cases, messages
from bot.sandbox import bill, intacct
from bot.sandbox.bill import books
from bot.sandbox.intacct.terms import add_term, change_term
from bot.sandbox.world import Record, World
from bot.slack.cards.case_card import case_card
from bot.slack.door import ItemKind
from bot.slack.handling import Handling
from tests.cases.company import ALERTS, Calendar, Everybody, acme, bill_at, keep_in_bill
from tests.intacct.conftest import Counter, books_at
from tests.sandbox.serving import serve
from tests.slack.cards.reading import buttons

TEAM = "T0ACME"
STAMP = "%m/%d/%Y %H:%M:%S"


class Entitlement:
    """Who may decide, as a test says it."""

    def __init__(self) -> None:
        self.approvers = frozenset({"U0DAN", "U0PRIYA"})
        self.deputies: frozenset[str] = frozenset()

    def entitled(self, company: str) -> Entitled:
        del company
        return Entitled(approvers=self.approvers, deputies=self.deputies)

    recent = entitled


class Process:
    """The rooms of one process."""

    def __init__(self, desk: Desk, entity: str = "") -> None:
        self.books = books_at(desk.address + intacct.PATH, location_id=entity, counter=Counter())
        self.company = acme(
            entity=entity, books=self.books, source=bill_at(desk.address), billing_url="https://app.bill.test/"
        )
        reader = Reader(self.company)
        self.gatherer = Gatherer(desk.database, desk.clock, self.company, reader)
        self.workshop = Workshop(desk.database, desk.clock, self.company, reader)
        self.handling = Handling({"acme": self.company}, desk.entitlement, Everybody(), desk.clock)


class Desk:
    """The company's two systems and the rooms that look at them."""

    def __init__(self, world: World, database: Database, address: str) -> None:
        self.world, self.database, self.address = world, database, address
        self.clock = Calendar(world)
        self.entitlement = Entitlement()
        self.process = Process(self)
        self._posted = 0

    # BILL

    def bill_term(self, name: str, days: int) -> str:
        """A term in BILL; its id."""
        return str(books.add_term(self.world, name, days)["id"])

    def bill_invoice(self, number: str, term_id: str | None, days: int, **changes: Any) -> str:
        """An invoice in BILL of Nov 2, 2026 over $1,250.50; its id."""
        invoice = {"dated": "2026-11-02", "amount": 1250.50} | changes
        return keep_in_bill(self.world, number, term_id, days=days, **invoice)

    # Intacct

    def ar_term(self, name: str, days: int, *, by: str = "agarcia", **fields: str) -> Record:
        """A term that a person makes in Intacct."""
        return add_term(self.world, name, {"DUEDATE": str(days), **fields}, by=by)

    def ar_status(self, name: str, status: str) -> None:
        """A person makes a term active or inactive."""
        change_term(self.world, name, {"STATUS": status}, by="jsmith")

    def booked(self, number: str, term: str = "Net 45", due: str = "12/17/2026", **changes: str) -> str:
        """An invoice in Intacct, as billed and as the sync makes it, but for `changes`; its record number."""
        record = str(self.world.store.next_number("arinvoice"))
        now = self.world.calendar.now().strftime(STAMP)
        self.world.store.table("arinvoice")[record] = {
            "RECORDNO": record,
            "RECORDID": number,
            "CUSTOMERID": "C-100",
            "CUSTOMERNAME": "Globex GmbH",
            "TERMNAME": term,
            "WHENCREATED": "11/02/2026",
            "WHENDUE": due,
            "AUWHENCREATED": now,
            "WHENMODIFIED": now,
            "CREATEDBY": "bill-sync",
            "TOTALENTERED": "1250.50",
            "TRX_TOTALENTERED": "1250.50",
            "CURRENCY": "USD",
            "BASECURR": "USD",
            "STATE": "Posted",
            "MEGAENTITYID": "",
            **changes,
        }
        return record

    def queries(self, outcome: str = "success") -> int:
        """How many queries the gateway has answered."""
        calls = self.world.calls.of("intacct")
        return sum(1 for call in calls if call["function"] == "query" and call["outcome"] == outcome)

    # Slack, as far as the inbox is concerned

    def alert(self, text: str, *, after: float = 0.0, **event: Any) -> None:
        """BILL's app posts a message, `after` seconds from now on the company's calendar; it is taken in and gathered."""
        self._posted += 1
        ts = f"{self.clock.now().timestamp() + after:.3f}{self._posted:03}"
        whole = {"type": "message", "subtype": "bot_message", "bot_id": "B0BILL", "channel": ALERTS, "ts": ts}
        payload = {"team_id": TEAM, "event": {**whole, "text": text, **event}}
        self.take(ItemKind.MESSAGE, f"Ev{self._posted}", payload)
        self.process.gatherer.gather("job:gather")

    def fails(self, *numbers: str, **more: Any) -> None:
        """The sync reports the known failure of these invoices, in one message."""
        words = "cannot be created in Intacct: Could not retrieve the Sequence record!"
        self.alert("\n".join(f"Invoice [{number}] {words}" for number in numbers), **more)

    def press(self, user: str, action: str, case_id: int = 1) -> None:
        """A person presses a button of a case's card as it stands, and what is due is done."""
        act = {"action": action, "user": user, "team": TEAM, "channel": ALERTS, "case_id": case_id}
        self._posted += 1
        self.take(ItemKind.CLICK, f"Click{self._posted}", act | {"digest": self.view(case_id).digest})
        self.process.workshop.work(case_id, "job:case")

    def submit(self, user: str, view: str, values: dict[str, str], case_id: int = 1) -> None:
        """A person submits a view of a case's card."""
        act = {"view": view, "user": user, "team": TEAM, "case_id": case_id, "values": values}
        self._posted += 1
        self.take(ItemKind.SUBMISSION, f"View{self._posted}", act | {"digest": self.view(case_id).digest})
        self.process.workshop.work(case_id, "job:case")

    def take(self, kind: ItemKind, key: str, payload: dict[str, Any]) -> None:
        """The inbox takes something in and works it off."""
        inbox.take(self.database, kind.value, key, payload)
        inbox.drain(self.database, self.process.handling.handle)

    # Work, and what came of it

    def pass_time(self, **span: float) -> None:
        """The calendar moves on, and the watch is called."""
        self.world.calendar.move(timedelta(**span))
        self.process.workshop.watch("job:watch")

    def view(self, case_id: int = 1) -> CaseView:
        """A case as its card shows it."""
        people = self.entitlement.entitled("acme").people
        with self.database.transaction() as connection:
            return showing.load_view(connection, self.process.company, case_id, people)

    def state(self, case_id: int = 1) -> CaseState:
        """Where a case stands."""
        return self.view(case_id).state

    def card(self, case_id: int = 1) -> str:
        """What the card says, without formatting."""
        return case_card(self.view(case_id)).text

    def buttons(self, case_id: int = 1) -> list[str]:
        """The action ids on the card."""
        return buttons(case_card(self.view(case_id)).blocks)

    def row(self, case_id: int = 1) -> Any:
        """A case's row."""
        with self.database.transaction() as connection:
            return connection.execute(select(cases).where(cases.c.id == case_id)).one()

    def whispers(self) -> list[tuple[str, str]]:
        """What is to be told to one person alone: to whom, and which sentence."""
        with self.database.transaction() as connection:
            bodies = connection.scalars(
                select(messages.c.body).where(messages.c.kind == "whisper").order_by(messages.c.id)
            ).all()
        return [(body["user"], body["what"]) for body in bodies]

    def entries(self, kind: str) -> list[journal.Entry]:
        """The journal's entries of one kind."""
        with self.database.transaction() as connection:
            return [entry for entry in journal.entries(connection, "acme") if entry.kind == kind]


@contextmanager
def open_desk(database: Database) -> Iterator[Desk]:
    """A small company: Net 30 in both systems with what the sync brought in earlier, Net 45 in BILL alone."""
    world = World()
    world.store.table("entity")["200"] = {"LOCATIONID": "200", "NAME": "Europe"}
    with serve([*intacct.routes(world), *bill.routes(world)], world) as address:
        desk = Desk(world, database, address)
        net_30, net_45 = desk.bill_term("Net 30", 30), desk.bill_term("Net 45", 45)
        desk.ar_term("Net 30", 30)
        old = {"AUWHENCREATED": "10/03/2026 05:00:00", "WHENMODIFIED": "10/03/2026 05:00:00"}
        for number in (f"INV-{count}" for count in range(1, 7)):
            desk.bill_invoice(number, net_30, 30, _sync={"state": "synced", "message": "", "at": ""})
            desk.booked(number, "Net 30", "12/02/2026", **old)
        for number in ("INV-1042", "INV-1043", "INV-1044"):
            desk.bill_invoice(number, net_45, 45)
        try:
            yield desk
        finally:
            desk.process.books.close()
