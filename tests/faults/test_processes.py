"""Several processes on one database: they share the work and the gate, end in time, and bear a deploy beside them."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from bot.cli import END_S
from bot.records.postgres import EmbeddedPostgres
from tests.conftest import create_database
from tests.faults.house import House, eventually
from tests.story.running import ROOT, until


@pytest.fixture(scope="module")
def house(make_house: Callable[..., House]) -> House:
    """One house for all tests here; each starts what it needs, and leaves no process behind."""
    return make_house(INTACCT_CONCURRENCY="1")


@pytest.mark.fault("Process: two on one database")
def test_two_processes_share_the_work_and_the_one_gate(house: House) -> None:
    web, worker = house.web(), house.worker()
    before = len(house.world.calls("intacct", "query"))
    for _ in range(60):
        house.fault("intacct", "query", "slow", seconds=0.1)
    wanted = [house.new_term() for _ in range(6)]
    threads = [threading.Thread(target=house.alert, args=(number,)) for _, number in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cases = [house.await_state(term, "awaiting_decision", 60) for term, _ in wanted]
    for case in cases:
        card = until(lambda c=case: _card(house, c), "the card")  # type: ignore[misc]
        house.world.press("controller", card, "case.create")
    for term, _ in wanted:
        house.await_state(term, "awaiting_sync", 90)
    house.world.control("faults", {})
    ours = [call for call in house.world.calls("intacct", "query")[before:] if call["user"].startswith("termkeeper")]
    assert ours
    assert {call["in_flight"] for call in ours} == {1}
    gates = house.rows("SELECT pid FROM pg_stat_activity WHERE application_name = 'termkeeper-gate'")
    assert len(gates) >= 2, "both processes have passed through it"
    assert web.terminate() == 0
    assert worker.terminate() == 0


def _card(house: House, case: dict[str, object]) -> dict[str, str] | None:
    found = house.rows(f"SELECT ts FROM messages WHERE key = 'card:{case['id']}' AND state = 'posted'")
    return {"ts": found[0]["ts"]} if found else None


@pytest.mark.fault("Process: SIGTERM drains in time")
def test_an_end_in_the_middle_of_a_write_is_in_time_and_the_next_process_goes_on(house: House) -> None:
    web = house.web()
    term, number = house.new_term()
    ts = house.alert(number)
    card = house.await_card(term, ts, "missing in Intacct")
    house.fault("intacct", "create_arterm", "timeout_after", seconds=60)
    house.world.press("controller", card, "case.create")
    eventually(house.struck, "create_arterm")
    began = time.monotonic()
    assert web.terminate() == 0
    assert time.monotonic() - began < END_S + 3
    worker = house.worker()
    house.await_state(term, "awaiting_sync")
    house.await_card(term, ts, "is in Intacct")
    assert len(house.creations(term)) == 1
    began = time.monotonic()
    assert worker.terminate() == 0
    assert time.monotonic() - began < 10, "nothing was under way"


@pytest.mark.fault("Process: new code over waiting work")
def test_a_worker_ends_what_a_web_process_took_in_and_a_migration_beside_them_stops_nobody(house: House) -> None:
    web = house.web()
    term, number = house.new_term()
    with house.locked("alerts"):
        ts = house.alert(number)
        eventually(lambda: house.blocked("alerts"), "a write to alerts")
        web.kill()
    worker = house.worker()
    house.await_card(term, ts, "missing in Intacct")

    house.database.execute("ALTER TABLE cases ADD COLUMN of_a_later_version text NOT NULL DEFAULT ''")
    version = house.rows("SELECT version_num FROM alembic_version")[0]["version_num"]
    house.database.execute("UPDATE alembic_version SET version_num = '9999'")
    try:
        refused = house.start(name="refused")
        assert refused.wait() == 1
        assert "was made by a newer version of Termkeeper" in refused.words()
        card = house.await_card(term, ts, "missing in Intacct")
        house.database.execute(f"UPDATE alembic_version SET version_num = '{version}'")
        front = house.web()
        house.database.execute("UPDATE alembic_version SET version_num = '9999'")
        house.world.press("controller", card, "case.create")
        house.await_state(term, "awaiting_sync")
        assert front.terminate() == 0
    finally:
        house.database.execute(f"UPDATE alembic_version SET version_num = '{version}'")
    assert worker.terminate() == 0


@pytest.mark.parametrize("command", [(str(ROOT / "app.py"),), ("-m", "bot", "work")])
def test_a_process_that_starts_before_the_release_step_says_what_to_run(
    house: House, postgres: EmbeddedPostgres, command: tuple[str, ...]
) -> None:
    name = f"bare_{command[-1][-4:].strip('.')}"
    create_database(postgres, name)
    done = subprocess.run(
        [sys.executable, *command],
        cwd=house.folder,
        env=house.environment(DATABASE_URL=postgres.url_of(name)),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "Run: python -m bot migrate" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_process_on_one_port_ends_with_one_clear_line(house: House) -> None:
    first = house.web()
    second = house.start(name="second")
    assert second.wait() == 1
    assert f"Port {house.port} cannot be used" in second.words()
    assert "Traceback" not in second.words()
    assert first.terminate() == 0


def test_a_worker_without_a_database_to_share_is_refused(house: House) -> None:
    alone = house.start("-m", "bot", "work", name="alone", DATABASE_URL="")
    assert alone.wait() == 1
    assert "DATABASE_URL is not set. A worker shares its database" in alone.words()
