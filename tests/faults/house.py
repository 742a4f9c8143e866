"""Processes of the bot against one sandbox and one database, to be killed at exact steps without a hook in the product."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import requests
from psycopg.rows import dict_row

from bot.sandbox.bill import books
from bot.sandbox.company import founding
from bot.sandbox.company.customers import Customer
from bot.sandbox.company.invoice import Invoice, add_to_bill
from bot.sandbox.world import World
from tests.story.running import ALERTS, ROOT, Running, free_port

CUSTOMER = "Northwind Traders"
FIRST_DAYS = 500
"""Terms of so many days and more are in BILL alone: one for each test that wants a case of its own."""
TERMS = 60


def found(folder: Path) -> dict[int, str]:
    """Founds acme in a folder, with `TERMS` further terms in BILL that Intacct lacks; their ids there, by their days.

    For each there is a waiting invoice, whose term is in order until a test gives it the other: what looks ahead at
    what will fail would open cases of its own.
    """
    world = World(folder)
    founding.found(world)
    row = next(r for r in world.store.table("bill_customer").values() if r["name"] == CUSTOMER)
    customer = Customer(name=row["name"], bill_id=row["id"], intacct_id=row["accNumber"], currency="USD")
    good = next(term["id"] for term in world.store.table("bill_term").values() if term["name"] == "Net 30")
    today = world.calendar.now().date()
    terms: dict[int, str] = {}
    with world.store.batch():
        for days in range(FIRST_DAYS, FIRST_DAYS + TERMS):
            terms[days] = str(books.add_term(world, f"Net {days}", days)["id"])
            invoice = Invoice(
                number=f"INV-7{days}", customer=customer, dated=today - timedelta(days=5), days=30, amount=Decimal(days)
            )
            add_to_bill(world, invoice, str(good), None)
    world.store.close()
    return terms


class Process:
    """One process of the bot."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str], log: Path) -> None:
        self._log = log.open("a+")
        self.log = log
        self._process = subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def await_greeting(self) -> None:
        """Returns once it says that it listens or works."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert re.search("listening|working", line), (line, self.words())

    def words(self) -> str:
        """The end of what it has written to its standard error."""
        return self.log.read_text()[-4000:]

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """`kill -9`."""
        self._process.kill()
        self._end()

    def terminate(self, seconds: float = 40) -> int:
        """SIGTERM; the exit code."""
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(seconds)
        self._end()
        return code

    def wait(self, seconds: float = 60) -> int:
        """Waits until it ends by itself; the exit code."""
        code = self._process.wait(seconds)
        self._end()
        return code

    def stop(self) -> None:
        """SIGSTOP: it does nothing more until `go`."""
        self._process.send_signal(signal.SIGSTOP)

    def go(self) -> None:
        """SIGCONT."""
        self._process.send_signal(signal.SIGCONT)

    def _end(self) -> None:
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()


class House:
    """One sandbox, one database, and the processes that a test starts on them."""

    def __init__(self, folder: Path, database_url: str, **settings: str) -> None:
        """The sandbox runs on return; no process of the bot does yet."""
        self.folder = folder
        self.database_url = database_url
        self.port = free_port()
        self._changed = settings
        self.terms: list[str] = []
        self._terms = iter(found(folder / "sandbox").items())
        self._sandbox = subprocess.Popen(
            [sys.executable, "-m", "bot", "sandbox", "--json", "--port", "0", "--folder", str(folder / "sandbox")],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._sandbox.stdout is not None
        self.settings: dict[str, str] = json.loads(self._sandbox.stdout.readline())
        self.world = Running(folder)
        self.world.address = f"http://127.0.0.1:{self.settings['PORT']}"
        self.world.slack.base_url = f"{self.world.address}/sandbox/slack/api/"
        self.database = psycopg.connect(database_url, autocommit=True, row_factory=dict_row)
        self.processes: list[Process] = []
        self._settled = False

    # Processes

    def environment(self, **changed: str) -> dict[str, str]:
        """Of a process that takes in by HTTP, or works for one that does."""
        kept = {k: v for k, v in os.environ.items() if not re.match(r"SLACK_|INTACCT_|BILL_|DATABASE_URL", k)}
        ours = {"PYTHONPATH": str(ROOT), "DATABASE_URL": self.database_url, "PORT": str(self.port)}
        return kept | self.settings | {"SLACK_APP_TOKEN": ""} | ours | self._changed | changed

    def start(self, *command: str, name: str = "web", **changed: str) -> Process:
        """Starts a process; with no command the one that listens. Wait for its greeting where it matters."""
        log = self.folder / f"{name}.log"
        process = Process([*(command or (str(ROOT / "app.py"),))], self.folder, self.environment(**changed), log)
        self.processes.append(process)
        return process

    def web(self) -> Process:
        """A process that takes in by HTTP and works; Slack's requests go to it. Returns once it listens."""
        process = self.start()
        process.await_greeting()
        self.world.control("request-url", {"url": f"http://127.0.0.1:{self.port}/slack/events"})
        self.settle()
        return process

    def settle(self) -> None:
        """Waits until what a first start finds due by the calendar is done: reports, and cards for what will fail."""
        if not self._settled:
            eventually(lambda: self.rows("SELECT 1 FROM schedule"), "the first tick", 60)
            eventually(lambda: self.quiet() and self.said(), "quiet after the first tick", 90, pause_s=0.2)
            self._settled = True

    def worker(self) -> Process:
        """A process without a port. Returns once it works."""
        process = self.start("-m", "bot", "work", name="worker")
        process.await_greeting()
        return process

    def close(self) -> None:
        """Ends everything."""
        for process in self.processes:
            if process.alive:
                process.go()
                process.kill()
        self.database.close()
        self._sandbox.send_signal(signal.SIGINT)
        assert self._sandbox.wait(20) == 0
        assert self._sandbox.stdout is not None
        self._sandbox.stdout.close()

    # The people and the outside

    def new_term(self) -> tuple[str, str]:
        """A term's name that Intacct lacks, and the number of an invoice that waits on it."""
        days, term_id = next(self._terms)
        self.world.control("bill-invoice", {"id": f"INV-7{days}", "term_id": term_id})
        self.terms.append(f"Net {days}")
        return f"Net {days}", f"INV-7{days}"

    def alert(self, number: str) -> str:
        """An alert as BILL's sync posts it; its ts."""
        words = f"Invoice [{number}] cannot be created in Intacct: Could not retrieve the Sequence record!"
        event = {"type": "message", "subtype": "bot_message", "bot_id": "B0BILL", "text": words}
        return str(self.world.control("message", {"channel": ALERTS, "event": event})["ts"])

    def fault(self, service: str, method: str, fault: str, *, seconds: float = 30, times: int = 1) -> None:
        """Sets a fault switch."""
        what = {"service": service, "method": method, "fault": fault, "times": times, "value": seconds}
        self.world.control("faults", what)

    def struck(self) -> bool:
        """Whether every fault switch has struck: somebody is held by the last."""
        return not requests.get(f"{self.world.address}/sandbox/control/faults", timeout=10).json()

    def thread(self, ts: str) -> list[dict[str, Any]]:
        """The bot's messages in an alert's thread."""
        found = self.world.slack.conversations_replies(channel=ALERTS, ts=ts, include_all_metadata=True, limit=200)
        return [m for m in found["messages"] if m.get("bot_id") == "B0TERMKEEPER"]

    def creations(self, term: str) -> list[dict[str, Any]]:
        """The gateway's own log of the attempts to create a term that had an effect."""
        control_ids = {
            row["control_id"]
            for row in self.rows(
                f"SELECT control_id FROM writes JOIN cases ON cases.id = case_id WHERE term_name = '{term}'"
            )
        }
        return [
            call
            for call in self.world.calls("intacct", "create_arterm")
            if call["controlid"] in control_ids and call["outcome"] == "success"
        ]

    # The database

    def reconnect(self) -> None:
        """Connects anew to a database that was away."""
        self.database.close()
        self.database = psycopg.connect(self.database_url, autocommit=True, row_factory=dict_row)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """What a query gives."""
        return list(self.database.execute(query))  # type: ignore[arg-type]  # the tests' own text

    def case(self, term: str) -> dict[str, Any] | None:
        """A term's one case; None before there is any."""
        found = self.rows(f"SELECT * FROM cases WHERE term_name = '{term}'")
        assert len(found) <= 1, found
        return found[0] if found else None

    def await_state(self, term: str, state: str, seconds: float = 30) -> dict[str, Any]:
        """A term's case, once it is in a state."""

        def there() -> bool:
            case = self.case(term)
            return case is not None and case["state"] == state

        eventually(there, lambda: f"{term} in {state}; it is {self.case(term)}; {self.told()}", seconds)
        case = self.case(term)
        assert case is not None
        return case

    def await_card(self, term: str, ts: str, words: str, seconds: float = 30) -> dict[str, Any]:
        """A term's card in the alert's thread, once it says some words."""

        def look() -> dict[str, Any] | None:
            return next((m for m in self.thread(ts) if term in m["text"] and words in m["text"]), None)

        def seen() -> str:
            return f"{term}: {words!r} in {[m['text'] for m in self.thread(ts)]}; {self.told()}"

        eventually(look, seen, seconds, pause_s=0.2)
        found = look()
        assert found is not None
        return found

    def told(self) -> str:
        """What the living processes have written last."""
        return "\n".join(process.words() for process in self.processes if process.alive)

    @contextmanager
    def locked(self, table: str) -> Iterator[psycopg.Connection[Any]]:
        """Lets everybody read a table and nobody write to it."""
        with psycopg.connect(self.database_url) as holder:
            holder.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")  # type: ignore[arg-type]
            yield holder
            holder.rollback()

    def blocked(self, table: str) -> list[int]:
        """The backends that wait to write to a table."""
        return [
            row["pid"]
            for row in self.rows(f"SELECT pid FROM pg_locks WHERE NOT granted AND relation = '{table}'::regclass")
        ]

    def quiet(self) -> bool:
        """Whether no job runs or is due."""
        return not self.rows(
            "SELECT 1 FROM procrastinate_jobs WHERE status = 'doing'"
            " OR status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now() + interval '1 second')"
        )

    def said(self) -> bool:
        """Whether all is posted."""
        return not self.rows("SELECT 1 FROM messages WHERE state NOT IN ('posted', 'dead')")

    def meaning(self, term: str, number: str) -> list[str]:
        """What the journal says of a case, without numbers and moments.

        How often a write was tried and whether its answer was heard is left out, as that alone differs after a kill:
        `writes` says what it comes to.
        """
        case = self.case(term)
        assert case is not None
        told = []
        for row in self.rows("SELECT kind, case_id, content FROM journal ORDER BY seq"):
            content = json.loads(row["content"])["content"]
            about = row["case_id"] == case["id"] or number in json.dumps(content.get("failures", ""))
            if about and not row["kind"].startswith(("write", "written")):
                told.append(
                    " ".join(
                        [row["kind"], *(str(content[k]) for k in ("event", "from", "to", "verdict") if k in content)]
                    )
                )
        return told

    def writes(self, term: str) -> set[tuple[str, str, str]]:
        """What the journal says was written for a case: the function, under whose control id, and which record.

        However often it was tried: each attempt has its end in the journal, answered or not known, before another is
        noted and before anything is read back; and what settles them all is one record, read back after the last.
        """
        case = self.case(term)
        assert case is not None
        (decision,) = self.rows(f"SELECT id FROM decisions WHERE case_id = {case['id']} AND verdict = 'approve'")
        tried: set[tuple[str, str]] = set()
        records: list[str] = []
        under_way = False
        attempts = []
        for row in self.rows(f"SELECT kind, content FROM journal WHERE case_id = {case['id']} ORDER BY seq"):
            content = json.loads(row["content"])["content"]
            if row["kind"] == "write":
                assert not under_way, "an attempt begins before the one before has ended"
                assert not records, "something is written after it was read back"
                under_way = True
                tried.add((content["function"], content["control_id"]))
                attempts.append(content["attempt"])
            elif row["kind"] in ("written", "write_unknown", "write_refused", "write_answered"):
                assert under_way, f"{row['kind']} without an attempt"
                under_way = False
            elif content.get("event") == "read_identical":
                assert not under_way, "it is read back while an attempt has no end"
                assert content["by_this_decision"] is True
                records.append(content["record_no"])
        assert attempts == list(range(1, len(attempts) + 1))
        kept = self.rows(f"SELECT attempt, control_id, state FROM writes WHERE case_id = {case['id']} ORDER BY attempt")
        assert [each["attempt"] for each in kept] == attempts
        assert {each["control_id"] for each in kept} == {control_id for _, control_id in tried}
        assert not [each for each in kept if each["state"] == "started"]
        (record,) = records
        said = "the record that is in Intacct" if record == self.world.record_of(term) else f"record {record}"
        ours = f"termkeeper-{decision['id']}-"
        return {(function, "the decision's" if key.startswith(ours) else key, said) for function, key in tried}


def eventually(
    holds: Callable[[], object], what: Callable[[], object] | str, seconds: float = 20, *, pause_s: float = 0.02
) -> None:
    """Waits until something holds, looking often: a step that is held has to be found while it is."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"it never came to hold: {what if isinstance(what, str) else what()}"
        time.sleep(pause_s)
