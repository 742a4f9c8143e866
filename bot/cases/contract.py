"""The number of calls that a contract with Intacct has in a month: told once when it is near, and once when it is reached."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from bot.cases.outbox import notice
from bot.cases.ports import Clock, Company
from bot.cases.step import step
from bot.records import schedule
from bot.records.calls import NEAR_PERCENT, calls_of_month, month_of_now, percent_used
from bot.records.engine import Database

KIND = "calls"
"""Of the calendar's work that this module does."""
REACHED_PERCENT = 100


def key_of(company: Company, month: str, percent: int) -> str:
    """`calls/acme/2026-11/80`."""
    return f"{KIND}/{company.key}/{month}/{percent}"


def ask_due(connection: Connection, companies: Iterable[Company], month: str | None = None) -> None:
    """Asks that those companies be told whose contract's number is near or reached. For every tick.

    `month`: such as `2026-11`; the present one where none is given, as the service counts it.
    """
    limited = [company for company in companies if company.monthly_calls is not None]
    if not limited:
        return
    month = month or month_of_now()
    calls = calls_of_month(connection, "intacct", month)
    for company in limited:
        used = percent_used(calls.get(company.contract, 0), company.monthly_calls or 1)
        if used >= NEAR_PERCENT:
            percent = REACHED_PERCENT if used >= REACHED_PERCENT else NEAR_PERCENT
            schedule.ask(connection, key=key_of(company, month, percent), kind=KIND, company=company.key)


def tell(database: Database, clock: Clock, company: Company, key: str) -> None:
    """Tells a company's report channel how many calls were made in the key's month. Safe to run twice."""
    month = key.split("/")[2]
    with step(database, clock, f"schedule:{key}") as taken:
        calls = calls_of_month(taken.connection, "intacct", month).get(company.contract, 0)
        if company.monthly_calls is not None:
            notice(taken, company, key, "calls_near", calls=calls, limit=company.monthly_calls, month=month)
