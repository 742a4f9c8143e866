"""A small company over real sockets: Slack, Intacct and BILL emulated in this process, the bot's rooms on a real database."""

from __future__ import annotations

import asyncio
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot.cases.deciding import asking
from bot.cases.folding.gather import Gatherer
from bot.cases.ports import Entitled
from bot.cases.reading import Reader
from bot.cases.work import Workshop
from bot.intacct.client import Intacct
from bot.records import inbox, jobs, schedule
from bot.records.engine import Database
from bot.records.tables import cases, journal, messages
from bot.reports.desk import Reports
from bot.reports.reading import Reading
from bot.reports.run import Runner, Spent
from bot.reports.weeks import Rhythm
from bot.sandbox import bill, intacct, slack
from bot.sandbox.bill import books
from bot.sandbox.intacct.terms import add_term
from bot.sandbox.slack.seed import BOT_TOKEN, TEAM_ID
from bot.sandbox.world import World
from bot.slack.answering import Answering
from bot.slack.clients import clients
from bot.slack.door import Door, ItemKind
from bot.slack.handling import Handling
from bot.slack.insight import Insight
from bot.slack.parts import Parts
from bot.slack.posting import Poster
from bot.slack.reporting import Reporting
from tests.cases.company import ALERTS, REPORTS, ZONE, Calendar, Everybody, acme, bill_at, keep_in_bill
from tests.intacct.conftest import books_at
from tests.sandbox.serving import serve

T = TypeVar("T")
TEAM = TEAM_ID
PACE_S = 0.01
"""Between two messages in a channel: a test need not wait as Slack wants it."""


class Named:
    """Who may decide, as the test says."""

    def __init__(self) -> None:
        self.people = {"U0DAN", "U0PRIYA"}

    def entitled(self, company: str) -> Entitled:
        del company
        return Entitled(approvers=frozenset(self.people))

    recent = entitled


class Rooms:
    """One process's rooms: what `assembly` joins, without workers."""

    def __init__(self, office: Office) -> None:
        database, clock = office.database, office.clock
        self.intacct: Intacct = books_at(office.address + intacct.PATH)
        self.company = acme(
            books=self.intacct, source=bill_at(office.address), report_channel=REPORTS, zone=office.zone
        )
        companies = {"acme": self.company}
        self.reader = Reader(self.company)
        self.gatherer = Gatherer(database, clock, self.company, self.reader)
        self.workshop = Workshop(database, clock, self.company, self.reader)
        self.slack = clients(BOT_TOKEN, f"{office.address}/sandbox/slack/api/")
        self.handling = Handling(companies, office.approvers, office.members, clock)
        told = asking.Asking(database, clock, companies, office.approvers)
        self.doings: dict[str, schedule.Doing] = {
            asking.ASK: told.tell_asked,
            asking.EXPIRY: told.tell_expiring,
        }
        runner = Runner(
            database, clock, self.company, Reading(self.company), lambda: Spent(intacct=0, billing=0, month=0)
        )
        self.reports = Reports(database, clock, self.company, runner, Rhythm(weekday=0, hour=8, zone=self.company.zone))
        answering = Answering(
            database, clock, self.company, self.reader, lambda channel, ts: f"{channel}/{ts}", self.reports
        )
        self.poster = Poster(
            database,
            self.slack,
            companies,
            office.approvers,
            lambda _, body: answering.answer(body),
            Reporting(database, self.slack, clock),
            search_pause_s=0.01,
            pace_s=PACE_S,
        )

    def close(self) -> None:
        self.intacct.close()


class Office:
    """The emulated company, and the bot's rooms on it, whose jobs run when the test says so."""

    def __init__(self, world: World, database: Database, address: str, loop: asyncio.AbstractEventLoop) -> None:
        self.world = world
        self.database = database
        self.address = address
        self.zone = ZONE
        self.clock = Calendar(world)
        self.approvers = Named()
        self.members = Everybody()
        self.workspace = slack.Workspace.of(world)
        self._loop = loop
        self._aside = ThreadPoolExecutor(1)
        self._rooms: list[Rooms] = []
        self.rooms = self.more_rooms()

    def more_rooms(self) -> Rooms:
        """Another process's rooms on the same database."""
        self._rooms.append(Rooms(self))
        return self._rooms[-1]

    def close(self) -> None:
        self._aside.shutdown()
        for rooms in self._rooms:
            rooms.close()

    def in_loop(self, act: Callable[[], T]) -> T:
        """Runs something in the server's loop, as what people and apps do runs there."""

        async def run() -> T:
            return act()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(15)

    # The two systems

    def bill_term(self, name: str, days: int) -> str:
        """A term in BILL; its id."""
        return str(books.add_term(self.world, name, days)["id"])

    def invoices(self, term_id: str | None, *numbers: str, amount: float = 100.0, dated: str = "2026-10-05") -> None:
        """Invoices in BILL that bear a term."""
        days = int(self.world.store.table("bill_term")[term_id]["daysDue"]) if term_id else 30
        with self.world.store.batch():
            for number in numbers:
                keep_in_bill(self.world, number, term_id, days=days, dated=dated, amount=amount)

    def ar_term(self, name: str, days: int, **fields: str) -> None:
        """A term in Intacct."""
        add_term(self.world, name, {"DUEDATE": str(days), **fields}, by="agarcia")

    def calls(self, service: str) -> list[str]:
        """What a service was asked for, in order."""
        return [str(call["function"]) for call in self.world.calls.of(service)]

    # Slack

    def alert(self, *lines: str) -> str:
        """BILL's app posts a message, and the bot takes it in; its ts."""
        ts = self.in_loop(lambda: self.workspace.post_as_app(ALERTS, {"text": "\n".join(lines)}))
        event = {
            "type": "message",
            "subtype": "bot_message",
            "bot_id": "B0BILL",
            "channel": ALERTS,
            "ts": ts,
            "text": "\n".join(lines),
        }
        self.take(ItemKind.MESSAGE, f"Ev{ts}", {"team_id": TEAM_ID, "event": event})
        return ts

    def take(self, kind: ItemKind, key: str, payload: dict[str, Any]) -> None:
        """The door takes something in."""
        inbox.take(self.database, kind.value, f"{kind.value}:{key}", payload)

    def click(self, user: str, action: str, value: str, key: str = "") -> None:
        """A person presses a button that opens no view."""
        case_id, digest = value.split(":")
        act = {"action": action, "user": user, "team": TEAM_ID, "channel": ALERTS}
        key = key or f"{user}:{action}:{time.monotonic_ns()}"
        self.take(ItemKind.CLICK, key, act | {"case_id": int(case_id), "digest": digest})

    def posted(self) -> list[dict[str, Any]]:
        """All messages of the bot in the alert channel, threads included."""
        client = self.rooms.slack.other
        history = client.conversations_history(channel=ALERTS, limit=999)["messages"]
        found = {m["ts"]: m for m in history}
        for message in history:
            if message.get("reply_count"):
                replies = client.conversations_replies(channel=ALERTS, ts=message["ts"], limit=999)["messages"]
                found |= {m["ts"]: m for m in replies}
        return [found[ts] for ts in sorted(found) if found[ts].get("user") == "U0TERMKEEPER"]

    def parts(self) -> Parts:
        """What listeners and views use."""
        rooms = self.rooms
        return Parts(
            door=Door(self.database),
            database=self.database,
            companies={"acme": rooms.company},
            approvers=self.approvers,
            clients=rooms.slack,
            listens=rooms.handling.listens,
            aside=self._aside,
            insight=Insight(rooms.slack.other, {"acme": rooms.company}, self.approvers),
            came_up=lambda: None,
        )

    # Work

    def work(self, *, seconds: float = 30.0, ahead_s: float = 4.0, rooms: Rooms | None = None) -> int:
        """Does all jobs that are due, or will be within `ahead_s` seconds, one after the other, what was taken in first; how many."""
        rooms = rooms or self.rooms
        handlers: dict[str, Callable[..., object]] = {
            jobs.DRAIN_INBOX: lambda: inbox.drain(self.database, rooms.handling.handle),
            jobs.GATHER: lambda company: rooms.gatherer.gather("job:gather"),
            jobs.WATCH: lambda company: rooms.workshop.watch("job:watch"),
            jobs.WORK_CASE: lambda case_id: rooms.workshop.work(case_id, f"job:case:{case_id}"),
            jobs.POST_MESSAGE: lambda message_id: rooms.poster.post(message_id),
            jobs.SCHEDULED: lambda row: schedule.do(self.database, row, rooms.doings, _gave_up),
        }
        done, deadline = 0, time.monotonic() + seconds
        with psycopg.connect(self.database.url, autocommit=True, row_factory=namedtuple_row) as connection:
            while time.monotonic() < deadline:
                job = connection.execute(_NEXT).fetchone()
                if job is None:
                    soon = connection.execute(_SOONEST).fetchone()
                    if soon is None or soon.wait is None or soon.wait > ahead_s:
                        return done
                    time.sleep(max(0.01, soon.wait))
                    continue
                connection.execute(_SAME, [job.task_name, psycopg.types.json.Jsonb(job.args)])
                handlers[job.task_name](**{k: v for k, v in job.args.items() if k != "_key"})
                done += 1
        raise AssertionError(f"work was left after {seconds} s")

    # What is kept

    def cases(self) -> list[Any]:
        """All cases, in their order."""
        with self.database.transaction() as connection:
            return list(connection.execute(select(cases).order_by(cases.c.number)))

    def case(self, number: int) -> Any:
        """One case by its number."""
        return next(case for case in self.cases() if case.number == number)

    def messages(self, kind: str) -> list[Any]:
        """What was kept to be said, of one kind."""
        with self.database.transaction() as connection:
            return list(connection.execute(select(messages).where(messages.c.kind == kind).order_by(messages.c.id)))

    def journal(self, kind: str) -> list[str]:
        """The contents of the journal's entries of one kind."""
        with self.database.transaction() as connection:
            return list(
                connection.scalars(
                    select(journal.c.content).where(journal.c.kind == kind).order_by(journal.c.company, journal.c.seq)
                )
            )


def _gave_up(company: str, key: str, why: str) -> None:
    raise AssertionError(f"{key} of {company} was given up: {why}")


_NEXT = """
    DELETE FROM procrastinate_jobs WHERE id = (
        SELECT id FROM procrastinate_jobs WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())
        ORDER BY task_name <> 'inbox.drain', id LIMIT 1
    ) RETURNING task_name, args
    """
_SAME = """
    DELETE FROM procrastinate_jobs WHERE status = 'todo' AND task_name = %s AND args = %s
    AND (scheduled_at IS NULL OR scheduled_at <= now())
    """
_SOONEST = """
    SELECT extract(epoch FROM min(scheduled_at) - now())::float AS wait FROM procrastinate_jobs WHERE status = 'todo'
    """


def sequence(*numbers: str) -> list[str]:
    """The sync's words about invoices."""
    return [f"Invoice [{n}] cannot be created in Intacct: Could not retrieve the Sequence record!" for n in numbers]


def invalid(term: str) -> str:
    """The sync's words about a term."""
    return f"The term name '{term}' is invalid"


@contextmanager
def opened(world: World, database: Database) -> Iterator[Office]:
    """Serves the company, and opens the bot's rooms on it."""
    found: list[asyncio.AbstractEventLoop] = []

    async def loop(request: Request) -> PlainTextResponse:
        del request
        found.append(asyncio.get_running_loop())
        return PlainTextResponse("")

    world.store.table("bill_customer")["0cu01"] = {"id": "0cu01", "name": "Globex GmbH", "accNumber": "C1"}
    slack.Workspace.of(world)
    routes = [*intacct.routes(world), *bill.routes(world), *slack.routes(world), Route("/loop", loop)]
    with serve(routes, world) as address:
        urllib.request.urlopen(f"{address}/loop").close()
        office = Office(world, database, address, found[0])
        try:
            yield office
        finally:
            office.close()
