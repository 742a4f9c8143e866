"""The measures name what waits, in a format that a monitor reads line by line."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from sqlalchemy import insert

from bot.records.engine import Database
from bot.records.measures import measures
from bot.records.tables import api_calls, cases, inbox

LINE = re.compile(r'[a-z_]+(\{[a-z]+="([^"\\\n]|\\.)*"(,[a-z]+="([^"\\\n]|\\.)*")*\})? \d+')


def read(database: Database) -> list[str]:
    with database.transaction() as connection:
        told = measures(connection, waiting_jobs=7, final_states=("closed",), month="2026-11")
    lines = [line for line in told.splitlines() if not line.startswith("#")]
    assert all(LINE.fullmatch(line) for line in lines), lines
    return lines


def test_an_idle_bot_has_nothing_that_waits(database: Database) -> None:
    assert read(database) == ["termkeeper_jobs_waiting 7", "termkeeper_inbox_waiting 0"]


def test_cases_inbox_and_calls_are_counted_apart(database: Database) -> None:
    day = {"service": "intacct", "company": 'ac"me\\', "month": "2026-11"}
    with database.transaction() as connection:
        connection.execute(
            insert(inbox),
            [
                {"key": key, "kind": "click", "payload": {}, "state": state}
                for key, state in (("a", "waiting"), ("b", "done"))
            ],
        )
        connection.execute(
            insert(cases),
            [
                {
                    "company": company,
                    "number": number,
                    "key": str(number),
                    "state": state,
                    "alerted_at": datetime.now(UTC),
                }
                for company, number, state in (("acme", 1, "open"), ("acme", 2, "open"), ("beta", 1, "closed"))
            ],
        )
        connection.execute(
            insert(api_calls),
            [day | {"day": date(2026, 11, 1), "calls": 3}, day | {"day": date(2026, 11, 2), "calls": 4}],
        )
    assert read(database)[1:] == [
        "termkeeper_inbox_waiting 1",
        'termkeeper_cases_open{company="acme",state="open"} 2',
        'termkeeper_calls_this_month{service="intacct",contract="ac\\"me\\\\"} 7',
    ]
