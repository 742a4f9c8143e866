"""Counts the requests to a service, by day, over all processes."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from bot.records.engine import Database
from bot.records.tables import api_calls

log = logging.getLogger(__name__)

FLUSH_S = 5.0
"""So long a count may stay in memory: what a killed process had counted since is lost."""


NEAR_PERCENT = 80
"""From here on a contract's number is near."""


_OWN: ContextVar[Counter[tuple[str, str]] | None] = ContextVar("own_calls", default=None)
"""By service and company, what `own_calls` counts."""


@contextmanager
def own_calls() -> Iterator[None]:
    """Has `CallCounter.own` count what is sent within alone, by threads that were given this context too."""
    before = _OWN.set(Counter())
    try:
        yield
    finally:
        _OWN.reset(before)


def month_of_now() -> str:
    """The month by which calls are counted just now, such as `2026-11`: the service's, so real time, in UTC."""
    return f"{_today():%Y-%m}"


def percent_used(calls: int, limit: int) -> int:
    """How much of a limit is used, in whole percent, never rounded up."""
    return calls * 100 // limit


def calls_of_month(connection: Connection, service: str, month: str) -> dict[str, int]:
    """The requests to a service in a month, by whose contract they were; of the last seconds some may be missing."""
    rows = connection.execute(
        select(api_calls.c.company, func.sum(api_calls.c.calls))
        .where(api_calls.c.service == service, api_calls.c.month == month)
        .group_by(api_calls.c.company)
    )
    return {row[0]: int(row[1]) for row in rows}


def _today() -> date:
    return datetime.now(UTC).date()


class CallCounter:
    """Counts in memory, and adds to the database every few seconds while there is something to add."""

    def __init__(
        self,
        database: Database,
        service: str,
        company: str,
        *,
        flush_s: float = FLUSH_S,
        today: Callable[[], date] = _today,
    ) -> None:
        """`service`: `intacct`, `bill`. `today` is the day in UTC."""
        self._database = database
        self._service = service
        self._company = company
        self._flush_s = flush_s
        self._today = today
        self._pending: Counter[date] = Counter()
        self._by_function: Counter[str] = Counter()
        self._guard = threading.Lock()
        self._flushing = threading.Lock()
        self._timer: threading.Timer | None = None

    def count(self, function: str = "") -> None:
        """Counts one request; its function, where given, is told by `functions()` only."""
        with self._guard:
            self._pending[self._today()] += 1
            own = _OWN.get()
            if own is not None:
                own[self._service, self._company] += 1
            if function:
                self._by_function[function] += 1
            if self._timer is None:
                self._timer = threading.Timer(self._flush_s, self._flush_by_timer)
                self._timer.daemon = True
                self._timer.start()

    @property
    def own(self) -> int:
        """How many requests were sent within the `own_calls` around this; 0 outside of any."""
        own = _OWN.get()
        with self._guard:
            return own[self._service, self._company] if own is not None else 0

    def functions(self) -> dict[str, int]:
        """What this process has sent since it started, by function."""
        with self._guard:
            return dict(self._by_function)

    def month(self, month: str) -> int:
        """The requests of a month (`2026-11`) over all processes; of others', up to a few seconds ago."""
        with self._flushing, self._database.transaction() as connection:
            kept = connection.scalar(
                select(func.coalesce(func.sum(api_calls.c.calls), 0)).where(
                    api_calls.c.service == self._service,
                    api_calls.c.company == self._company,
                    api_calls.c.month == month,
                )
            )
            with self._guard:
                pending = sum(calls for day, calls in self._pending.items() if f"{day:%Y-%m}" == month)
        return int(kept or 0) + pending

    def flush(self) -> None:
        """Adds to the database what was counted; what cannot be added now is kept and raised."""
        with self._flushing:
            with self._guard:
                counted, self._pending = self._pending, Counter()
            if not counted:
                return
            try:
                self._add(counted)
            except SQLAlchemyError:
                with self._guard:
                    self._pending += counted
                raise

    def close(self) -> None:
        """Adds what is left; the last act of a process."""
        with self._guard:
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        self.flush()

    def _add(self, counted: Counter[date]) -> None:
        rows = [
            {
                "service": self._service,
                "company": self._company,
                "month": f"{day:%Y-%m}",
                "day": day,
                "calls": calls,
            }
            for day, calls in sorted(counted.items())
        ]
        adding = insert(api_calls).values(rows)
        with self._database.transaction() as connection:
            connection.execute(
                adding.on_conflict_do_update(
                    index_elements=["service", "company", "day"],
                    set_={"calls": api_calls.c.calls + adding.excluded.calls},
                )
            )

    def _flush_by_timer(self) -> None:
        with self._guard:
            self._timer = None
        try:
            self.flush()
        except SQLAlchemyError as error:
            log.warning("requests to %s could not be counted yet: %s", self._service, error)
