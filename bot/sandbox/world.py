"""What the emulators share: their kept state, the company's calendar, the fault switches, the log of calls."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections import deque
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Record = dict[str, Any]

SERVICES = ("slack", "intacct", "bill")
CALLS_KEPT = 200_000


class Table(MutableMapping[str, Record]):
    """Records of one kind by id: read from memory, written through to the store. Assign a record to keep a change."""

    def __init__(self, store: Store, kind: str, rows: dict[str, Record]) -> None:
        self._store = store
        self._kind = kind
        self._rows = rows
        self.version = 0
        """Counts the changes, so that what was computed from the records can be kept until the next."""

    def __getitem__(self, key: str) -> Record:
        return self._rows[key]

    def __setitem__(self, key: str, value: Record) -> None:
        self._rows[key] = value
        self.version += 1
        self._store.write(self._kind, key, value)

    def __delitem__(self, key: str) -> None:
        del self._rows[key]
        self.version += 1
        self._store.write(self._kind, key, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class Store:
    """The sandbox's state: in memory, and in one SQLite file where `path` is given, so that a restart goes on."""

    def __init__(self, path: Path | None = None) -> None:
        self.lock = threading.RLock()
        """Held while something is read and written as one."""
        self._batch = 0
        self._tables: dict[str, Table] = {}
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("CREATE TABLE IF NOT EXISTS record (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id))")
        self._loaded: dict[str, dict[str, Record]] = {}
        for kind, key, body in self._db.execute("SELECT kind, id, body FROM record ORDER BY rowid"):
            self._loaded.setdefault(kind, {})[key] = json.loads(body)

    def table(self, kind: str) -> Table:
        """The records of one kind, in the order in which they were first kept."""
        if kind not in self._tables:
            self._tables[kind] = Table(self, kind, self._loaded.pop(kind, {}))
        return self._tables[kind]

    def write(self, kind: str, key: str, value: Record | None) -> None:
        """Keeps, or with None forgets, one record."""
        with self.lock:
            if value is None:
                self._db.execute("DELETE FROM record WHERE kind = ? AND id = ?", (kind, key))
            else:
                self._db.execute(
                    "INSERT INTO record VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
                    (kind, key, json.dumps(value)),
                )

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Many writes as one, for filling a company."""
        with self.lock:
            self._batch += 1
            if self._batch == 1:
                self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._batch -= 1
                if self._batch == 0:
                    self._db.execute("COMMIT")

    def next_number(self, sequence: str, first: int = 1) -> int:
        """The next number of a named sequence."""
        with self.lock:
            counters = self.table("sequence")
            number = int(counters.get(sequence, {"next": first})["next"])
            counters[sequence] = {"next": number + 1}
            return number

    def close(self) -> None:
        """Ends the file's use."""
        self._db.close()


class Part(Store):
    """One company's own tables and sequences within a store that several share."""

    def __init__(self, whole: Store, key: str) -> None:
        self._whole = whole
        self._key = key
        self.lock = whole.lock

    def table(self, kind: str) -> Table:
        """The company's records of one kind."""
        return self._whole.table(f"{self._key}/{kind}")

    def write(self, kind: str, key: str, value: Record | None) -> None:
        """Keeps, or with None forgets, one record of the company's."""
        self._whole.write(f"{self._key}/{kind}", key, value)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Many writes as one."""
        with self._whole.batch():
            yield

    def close(self) -> None:
        """Ends the file's use, for all."""
        self._whole.close()


class Calendar:
    """The company's clock: real time and an offset that a control moves."""

    def __init__(self, store: Store) -> None:
        self._table = store.table("calendar")

    @property
    def offset(self) -> timedelta:
        """How far the company's calendar is from real time."""
        return timedelta(seconds=float(self._table.get("offset", {"seconds": 0})["seconds"]))

    def now(self) -> datetime:
        """The company's moment, aware, UTC."""
        return datetime.now(UTC) + self.offset

    def move(self, by: timedelta) -> timedelta:
        """Moves the calendar; the new offset."""
        seconds = (self.offset + by).total_seconds()
        self._table["offset"] = {"seconds": seconds}
        return timedelta(seconds=seconds)


@dataclass(slots=True)
class Fault:
    """One fault switch: what goes wrong, for how many calls, after how many good ones."""

    service: str
    method: str
    """The function, path or Web API method that it holds for; `*` for all."""
    name: str
    times: int
    after: int = 0
    value: float | None = None
    """Seconds or the like, where the fault takes one."""


class Faults:
    """The fault switches that tests and the page set."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def set(self, fault: Fault) -> None:
        """Adds a switch."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Takes all switches away."""
        self._faults.clear()

    def standing(self) -> tuple[Fault, ...]:
        """The switches still to strike."""
        return tuple(self._faults)

    def strike(self, service: str, method: str) -> Fault | None:
        """The fault for this call, counted down; None where the call goes well."""
        for fault in self._faults:
            if fault.service != service or fault.method not in ("*", method):
                continue
            if fault.after > 0:
                fault.after -= 1
                return None
            fault.times -= 1
            if fault.times <= 0:
                self._faults.remove(fault)
            return fault
        return None


class Calls:
    """What each emulator was asked, in order."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._calls: dict[str, deque[Record]] = {service: deque(maxlen=CALLS_KEPT) for service in SERVICES}

    def note(self, service: str, function: str, outcome: str, **more: Any) -> None:
        """Adds one call: `{at, function, outcome}` and whatever else helps a reader (never a secret)."""
        at = self._calendar.now().isoformat()
        self._calls[service].append({"at": at, "function": function, "outcome": outcome, **more})

    def of(self, service: str) -> list[Record]:
        """The calls of one service."""
        return list(self._calls[service])


class CompanyCalls(Calls):
    """The same log, for the calls that concern one company: each entry says so."""

    def __init__(self, calls: Calls, key: str) -> None:
        self._all = calls
        self._key = key

    def note(self, service: str, function: str, outcome: str, **more: Any) -> None:
        """Adds one call, with the company's key."""
        self._all.note(service, function, outcome, company=self._key, **more)

    def of(self, service: str) -> list[Record]:
        """The calls of one service, all companies'."""
        return self._all.of(service)


class World:
    """Everything the emulators share. One event loop serves them all, so a handler that does not await is atomic."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: where the state is kept (`sandbox.sqlite`); None keeps it in memory only."""
        self.store = Store(folder / "sandbox.sqlite" if folder else None)
        self.calendar = Calendar(self.store)
        self.faults = Faults()
        self.calls = Calls(self.calendar)
        self.revision = 0
        self._address = ""
        self._waiters: set[asyncio.Event] = set()

    @property
    def address(self) -> str:
        """`http://127.0.0.1:PORT`, set once the port is known."""
        return self._address

    @address.setter
    def address(self, address: str) -> None:
        self._address = address

    def touch(self) -> None:
        """Something that the page shows has changed."""
        self.revision += 1
        for waiter in self._waiters:
            waiter.set()

    async def changed_since(self, revision: int, timeout: float) -> int:  # noqa: ASYNC109  # a wait that may end with nothing
        """Waits until the revision differs from `revision`, or `timeout` seconds; the revision then."""
        if self.revision == revision:
            waiter = asyncio.Event()
            self._waiters.add(waiter)
            try:
                await asyncio.wait_for(waiter.wait(), timeout)
            except TimeoutError:
                return self.revision
            finally:
                self._waiters.discard(waiter)
        return self.revision


class Beside(World):
    """A further company of the same sandbox: records of its own; calendar, faults, log and page are the first's."""

    def __init__(self, first: World, key: str) -> None:
        self._first = first
        self.store = Part(first.store, key)
        self.calendar = first.calendar
        self.faults = first.faults
        self.calls = CompanyCalls(first.calls, key)

    @property
    def address(self) -> str:
        """The sandbox's one address."""
        return self._first.address

    @address.setter
    def address(self, address: str) -> None:
        self._first.address = address

    def touch(self) -> None:
        """Something that the page shows has changed."""
        self._first.touch()

    async def changed_since(self, revision: int, timeout: float) -> int:  # noqa: ASYNC109  # as the first's
        """Waits as the first does."""
        return await self._first.changed_since(revision, timeout)
