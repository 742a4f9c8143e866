"""The contract's number of calls: each company that shares it is told once near it and once at it, each month anew."""

from __future__ import annotations

from datetime import date

from sqlalchemy import insert, select, update

from bot.cases.contract import ask_due, tell
from bot.cases.ports import Company
from bot.records import schedule
from bot.records.engine import Database
from bot.records.tables import api_calls, messages
from bot.records.tables import schedule as asked
from bot.slack import said
from tests.cases.month_end import Clock, company

ACME = company(Clock(), contract="acme-us", monthly_calls=1_000, report_channel="C0REPORT")
UK = company(Clock(), key="acme-uk", contract="acme-us", monthly_calls=1_000, alert_channels=("C0UK",))
BETA = company(Clock(), key="beta", contract="beta", monthly_calls=1_000, alert_channels=("C0BETA",))
UNLIMITED = company(Clock(), key="free", contract="free")
MONTH = "2026-11"


def made(database: Database, contract: str, calls: int, month: str = MONTH) -> None:
    with database.transaction() as connection:
        connection.execute(
            insert(api_calls).values(
                service="intacct", company=contract, month=month, day=date.fromisoformat(f"{month}-01"), calls=calls
            )
        )


def tick(database: Database, *companies: Company, month: str = MONTH) -> list[tuple[str, str, str]]:
    """Asks, does what was asked for, and returns what all channels have been told: company, channel, sentence."""
    with database.transaction() as connection:
        ask_due(connection, companies, month)
        keys = connection.scalars(select(asked.c.key).where(asked.c.done_at.is_(None))).all()
    by_key = {company.key: company for company in companies}
    for key in keys:
        schedule.do(
            database,
            key,
            {"calls": lambda company, key: tell(database, Clock(), by_key[company], key)},
            lambda *why: (_ for _ in ()).throw(AssertionError(why)),
        )
    with database.transaction() as connection:
        rows = connection.execute(select(messages).order_by(messages.c.company)).all()
    return [(row.company, row.channel, said.notice(row.body).text) for row in rows]


def test_nothing_is_said_while_the_number_is_far_or_not_known(database: Database) -> None:
    made(database, "acme-us", 799)
    made(database, "free", 5_000_000)
    assert tick(database, ACME, UNLIMITED) == []


def test_every_company_of_the_contract_is_told_once_and_no_other(database: Database) -> None:
    made(database, "acme-us", 823)
    made(database, "beta", 10)
    told = tick(database, ACME, UK, BETA)
    assert [(key, channel) for key, channel, _ in told] == [("acme", "C0REPORT"), ("acme-uk", "C0UK")]
    assert "823 times in 2026-11; your contract has 1,000 a month (82 %)" in told[0][2]
    assert tick(database, ACME, UK, BETA) == told


def test_it_is_said_again_when_the_number_is_reached_and_in_the_next_month(database: Database) -> None:
    made(database, "beta", 850)
    assert len(tick(database, BETA)) == 1
    with database.transaction() as connection:
        connection.execute(update(api_calls).values(calls=1_200))
    assert len(tick(database, BETA)) == 2
    made(database, "beta", 900, "2026-12")
    assert len(tick(database, BETA, month="2026-12")) == 3
