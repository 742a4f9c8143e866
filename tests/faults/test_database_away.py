"""A database that is gone, locked or full is a refusal, never a loss; the bot recovers by itself when it is back."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import requests

from bot.records.engine import Database
from bot.records.migrate import migrate
from bot.records.postgres import EmbeddedPostgres
from tests.faults.house import House
from tests.story.running import ALERTS, until

BACK_S = 25
"""Until all is as before, once the database is back: Slack's own next try comes after a minute."""


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """A server of its own, to be stopped and started."""
    folder = Path(tempfile.mkdtemp(prefix="termkeeper-"))
    with EmbeddedPostgres(folder) as started:
        database = Database(started.url)
        migrate(database)
        database.dispose()
        yield started
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def house(server: EmbeddedPostgres) -> Iterator[House]:
    """A web process on that server."""
    folder = Path(tempfile.mkdtemp(prefix="termkeeper-"))
    made = House(folder, server.url)
    made.web()
    yield made
    made.close()
    shutil.rmtree(folder, ignore_errors=True)


def _refused(house: House) -> tuple[str, str]:
    """An alert that cannot be kept, and is refused: its ts and its term."""
    before = len(house.world.calls("slack", "event:message"))
    term, number = house.new_term()
    ts = house.alert(number)

    def answer() -> str | None:
        calls = house.world.calls("slack", "event:message")[before:]
        return str(calls[0]["outcome"]) if calls else None

    assert until(answer, "Slack's view of it") == "http_service_error"
    return ts, term


def _comes_back(house: House, ts: str, term: str) -> None:
    health = f"http://127.0.0.1:{house.port}/healthz"
    began = time.monotonic()
    until(lambda: requests.get(health, timeout=10).status_code == 200, "a good health", BACK_S)
    house.await_card(term, ts, "missing in Intacct", BACK_S)
    assert time.monotonic() - began < BACK_S
    again, number = house.new_term()
    later = house.alert(number)
    house.await_card(again, later, "missing in Intacct", BACK_S)
    assert len([m for m in house.thread(ts) if term in m["text"]]) == 1


@pytest.mark.fault("Process: a database that is gone, locked or full")
def test_a_database_that_is_gone_loses_nothing(house: House, server: EmbeddedPostgres) -> None:
    server.stop()
    missed = _refused(house)
    assert requests.get(f"http://127.0.0.1:{house.port}/healthz", timeout=10).status_code == 503
    told = house.world.act(user="clerk", channel=ALERTS, command="/checkterms", text="INV-1042")
    assert told["ok"], told
    until(
        lambda: [w for w in house.world.whispers("clerk", ALERTS) if "Please repeat it" in w["text"]], "the clerk told"
    )
    server.start()
    assert server.url == house.database_url
    house.reconnect()
    _comes_back(house, *missed)


@pytest.mark.fault("Process: a database that is gone, locked or full")
def test_a_database_that_is_locked_loses_nothing(house: House) -> None:
    with psycopg.connect(house.database_url) as holder:
        holder.execute("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE")
        missed = _refused(house)
        holder.rollback()
    _comes_back(house, *missed)


@pytest.mark.fault("Process: a database that is gone, locked or full")
def test_a_database_that_is_full_and_takes_no_writes_loses_nothing(house: House) -> None:
    with psycopg.connect(house.database_url, autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        admin.execute("SELECT pg_reload_conf()")
        time.sleep(0.5)
        missed = _refused(house)
        admin.execute("SET default_transaction_read_only = off")
        admin.execute("ALTER SYSTEM RESET default_transaction_read_only")
        admin.execute("SELECT pg_reload_conf()")
    _comes_back(house, *missed)
