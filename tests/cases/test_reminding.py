"""Reminders before a period closes: one message a moment and person, to whom it belongs, of what still waits."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.billing.source import TermOrigin
from bot.cases import store
from bot.cases.month_end.reminding import KIND, Reminders, ask_due
from bot.cases.outbox import Address, card_key, say
from bot.cases.ports import Entitled
from bot.cases.step import step
from bot.close import Closing, month
from bot.records import schedule
from bot.records.engine import Database
from bot.records.tables import case_invoices, cases, messages
from bot.records.tables import schedule as asked
from bot.slack import said
from tests.cases.month_end import OCTOBER, Clock, billed, company

ENTITLED = Entitled(approvers=frozenset({"U0DAN", "U0PRIYA"}), deputies=frozenset({"U0LEE"}))
CUT_OFF = OCTOBER.cut_off
NOVEMBER = Closing(period=month("2026-11"), cut_off=CUT_OFF + timedelta(days=31))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tick(database: Database, clock: Clock) -> Callable[..., list[str]]:
    """Moves the clock, asks for what is due and does it; whom that told."""

    def ticking(now: datetime, *closings: Closing) -> list[str]:
        clock.moment = now
        acme = company(clock, *(closings or (OCTOBER, NOVEMBER)))
        people = SimpleNamespace(entitled=lambda _: ENTITLED)
        reminders = Reminders(database, clock, acme, people, lambda channel, ts: f"https://slack.test/{channel}/{ts}")
        before = set(told(database))
        with database.transaction() as connection:
            ask_due(connection, [acme], now)
            due = connection.scalars(select(asked.c.key).where(asked.c.done_at.is_(None))).all()
        for key in due:
            assert schedule.do(database, key, {KIND: lambda _, key: reminders.do(key)}, never)
        return sorted(told(database)[key]["user"] for key in set(told(database)) - before)

    return ticking


def never(company: str, key: str, why: str) -> None:
    pytest.fail(f"{key} of {company} was given up: {why}")


def told(database: Database) -> dict[str, dict[str, Any]]:
    with database.transaction() as connection:
        rows = connection.execute(select(messages.c.key, messages.c.body).where(messages.c.kind == "direct"))
        return {row.key: row.body for row in rows}


def open_case(database: Database, clock: Clock, term: str, **days: date) -> int:
    acme = company(clock)
    with step(database, clock, "test") as taken:
        case = store.open_case(
            taken, acme, f"term::{term}", term_name=term, alerted_at=clock.now(), origin=TermOrigin.INVOICE
        )
        store.await_invoices(taken, case.id, [(name, billed(name, day)) for name, day in days.items()])
        say(taken, card_key(case.id), "card", Address(channel="C0FINALERTS"), company="acme", case_id=case.id)
        taken.connection.execute(
            update(messages).where(messages.c.case_id == case.id).values(state="posted", ts=f"1.{case.id}")
        )
    return int(case.id)


@pytest.fixture
def net_45(database: Database, clock: Clock) -> int:
    return open_case(database, clock, "Net 45", INV1=date(2026, 10, 28), INV2=date(2026, 11, 2))


@pytest.mark.usefixtures("net_45")
def test_approvers_are_told_at_24_hours_and_deputies_with_them_from_4_hours_on(tick: Callable[..., list[str]]) -> None:
    assert tick(CUT_OFF - timedelta(hours=24, minutes=1)) == []
    assert tick(CUT_OFF - timedelta(hours=24)) == ["U0DAN", "U0PRIYA"]
    assert tick(CUT_OFF - timedelta(hours=4)) == ["U0DAN", "U0LEE", "U0PRIYA"]
    assert tick(CUT_OFF - timedelta(hours=1)) == ["U0DAN", "U0LEE", "U0PRIYA"]
    assert tick(CUT_OFF) == []


@pytest.mark.usefixtures("net_45")
def test_however_often_the_tick_asks_each_moment_tells_each_person_once(tick: Callable[..., list[str]]) -> None:
    assert len(tick(CUT_OFF - timedelta(hours=24))) == 2
    assert tick(CUT_OFF - timedelta(hours=23)) == []
    assert tick(CUT_OFF - timedelta(hours=5)) == []


@pytest.mark.usefixtures("net_45")
def test_after_a_sleep_only_the_most_urgent_reminder_is_sent(
    tick: Callable[..., list[str]], database: Database
) -> None:
    assert tick(CUT_OFF - timedelta(days=10)) == []
    assert len(tick(CUT_OFF - timedelta(minutes=30))) == 3
    assert {key.rsplit("/", 1)[1].split(":")[0] for key in told(database)} == {"1h"}
    assert tick(CUT_OFF + timedelta(days=14)) == []


def test_nobody_is_told_where_nothing_of_the_period_waits(
    tick: Callable[..., list[str]], database: Database, clock: Clock
) -> None:
    arrived = open_case(database, clock, "Net 45", INV1=date(2026, 10, 28))
    ended = open_case(database, clock, "Net 55", INV3=date(2026, 10, 28))
    open_case(database, clock, "Net 65", INV4=date(2026, 11, 2))
    with database.transaction() as connection:
        connection.execute(update(case_invoices).where(case_invoices.c.case_id == arrived).values(arrival="arrived"))
        connection.execute(update(cases).where(cases.c.id == ended).values(state="declined"))
    for hours in (24, 4, 1, 0):
        assert tick(CUT_OFF - timedelta(hours=hours)) == []


def test_after_the_last_cut_off_those_who_look_after_the_company_are_told_once(
    tick: Callable[..., list[str]], database: Database
) -> None:
    def notices() -> list[str]:
        with database.transaction() as connection:
            bodies = connection.scalars(select(messages.c.body).where(messages.c.kind == "notice"))
            return [said.notice(body).text for body in bodies]

    tick(CUT_OFF)
    assert notices() == []
    for days in (0, 1):
        tick(NOVEMBER.cut_off + timedelta(days=days))
    (told,) = notices()
    assert "November 2026 was the last period of the close calendar." in told


@pytest.mark.usefixtures("net_45")
def test_a_cut_off_that_is_moved_is_reminded_of_anew(tick: Callable[..., list[str]]) -> None:
    moved = Closing(period=OCTOBER.period, cut_off=CUT_OFF + timedelta(days=2))
    assert len(tick(CUT_OFF - timedelta(hours=24))) == 2
    assert tick(CUT_OFF - timedelta(hours=23), moved) == []
    assert len(tick(moved.cut_off - timedelta(hours=24), moved)) == 2


@pytest.mark.usefixtures("net_45")
def test_one_message_speaks_for_all_cases_with_counts_sums_and_links(
    tick: Callable[..., list[str]], database: Database, clock: Clock
) -> None:
    other = open_case(database, clock, "Net 55", INV5=date(2026, 10, 1), INV6=date(2026, 10, 2))
    with step(database, clock, "test") as taken:
        euros = billed("INV6", date(2026, 10, 2), amount=Decimal("50.5"), currency="EUR")
        store.await_invoices(taken, other, [("INV6", euros)])
    tick(CUT_OFF - timedelta(hours=4))
    (body,) = {str(body["cases"]): body for body in told(database).values()}.values()
    text = said.direct(body, None).text
    assert "October 2026 closes for AR in 4 h" in text
    assert "3 invoices dated in it are not in Intacct yet, $240.00 and €50.50" in text
    assert "case 1, Net 45: INV1 · open" in text
    assert "case 2, Net 55: INV5 and INV6 · open" in text
    assert "/checkterms close 2026-10" in text
    assert f"https://slack.test/C0FINALERTS/1.{other}" in str(said.direct(body, None).blocks)


def test_cards_are_drawn_again_as_the_cut_off_nears_and_when_it_has_passed(
    tick: Callable[..., list[str]], database: Database, net_45: int
) -> None:
    def revision() -> int:
        with database.transaction() as connection:
            return int(connection.scalar(select(cases.c.card_revision).where(cases.c.id == net_45)) or 0)

    seen = [revision()]
    for hours in (121, 120, 24, 4, 1, 0):
        tick(CUT_OFF - timedelta(hours=hours))
        seen.append(revision())
    assert [after - before for before, after in itertools.pairwise(seen)] == [0, 1, 1, 1, 1, 1]
