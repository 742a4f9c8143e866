"""The gate: never more at a time than its slots, over all processes, and none lost with the dead."""

from __future__ import annotations

import signal
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from bot.records.engine import Database
from bot.records.gate import AdvisoryGate, GateBusyError, GateUnavailableError
from tests.records.processes import another_process, told

HOLDER = """
    import sys, time
    from bot.records.engine import Database
    from bot.records.gate import AdvisoryGate
    gate = AdvisoryGate(Database(sys.argv[1]), "intacct/acme", 2)
    with gate.slot():
        print("within", flush=True)
        time.sleep(float(sys.argv[2]))
"""


def _sessions(database: Database) -> int:
    with psycopg.connect(database.url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'termkeeper-gate'"
            " AND datname = current_database()"
        ).fetchone()
    return row[0] if row else 0


def test_no_more_are_within_than_there_are_slots(database: Database) -> None:
    gates = [AdvisoryGate(database, "intacct/acme", 2) for _ in range(3)]
    guard, now, most = threading.Lock(), [0], [0]

    def request(number: int) -> None:
        with gates[number % 3].slot():
            with guard:
                now[0] += 1
                most[0] = max(most[0], now[0])
            time.sleep(0.005)
            with guard:
                now[0] -= 1

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(request, range(60)))
    assert most[0] == 2
    assert _sessions(database) <= 6


def test_gates_of_other_names_are_apart(database: Database) -> None:
    with AdvisoryGate(database, "intacct/acme", 1).slot(), AdvisoryGate(database, "intacct/other", 1).slot(1):
        pass


def test_one_that_fails_gives_its_slot_free(database: Database) -> None:
    gate = AdvisoryGate(database, "bill/acme", 1)

    def fail() -> None:
        with gate.slot(1):
            raise ValueError("refused")

    for _ in range(3):
        with pytest.raises(ValueError, match="refused"):
            fail()
    with gate.slot(1):
        pass


def test_waiting_ends_with_a_sentence(database: Database) -> None:
    for mine, theirs in (
        (gate := AdvisoryGate(database, "bill/acme", 1), gate),
        (gate, AdvisoryGate(database, "bill/acme", 1)),
    ):
        with mine.slot(), pytest.raises(GateBusyError, match="bill/acme"), theirs.slot(0.4):
            pass
        with theirs.slot(1):
            pass


def test_a_killed_holders_slot_comes_free(database: Database) -> None:
    gate = AdvisoryGate(database, "intacct/acme", 2)
    with another_process(HOLDER, database.url, "600") as one, another_process(HOLDER, database.url, "600") as two:
        assert told(one) == told(two) == "within"
        with pytest.raises(GateBusyError), gate.slot(0.3):
            pass
        one.send_signal(signal.SIGKILL)
        began = time.monotonic()
        with gate.slot(10):
            assert time.monotonic() - began < 2


def test_a_busy_process_does_not_starve_another(database: Database) -> None:
    mine, theirs = (AdvisoryGate(database, "intacct/acme", 1) for _ in range(2))
    stop = threading.Event()

    def keep_busy() -> None:
        while not stop.is_set():
            with mine.slot():
                time.sleep(0.01)

    with ThreadPoolExecutor(4) as threads:
        for _ in range(4):
            threads.submit(keep_busy)
        time.sleep(0.1)
        waits = []
        for _ in range(10):
            began = time.monotonic()
            with theirs.slot(10):
                waits.append(time.monotonic() - began)
        stop.set()
    assert max(waits) < 1


def test_it_reconnects_when_the_server_dropped_it(database: Database) -> None:
    gate = AdvisoryGate(database, "intacct/acme", 2)
    with gate.slot():
        pass
    with psycopg.connect(database.url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'termkeeper-gate' AND datname = current_database()"
        )
    with gate.slot(5):
        pass


def test_a_database_that_is_gone_is_told() -> None:
    gate = AdvisoryGate(Database("postgresql://postgres@127.0.0.1:1/none"), "intacct/acme", 1)
    for _ in range(2):
        with pytest.raises(GateUnavailableError, match="intacct/acme"), gate.slot(1):
            pass


def test_closing_leaves_no_connection(database: Database) -> None:
    gate = AdvisoryGate(database, "intacct/acme", 2)
    with gate.slot(), gate.slot():
        assert _sessions(database) == 2
    gate.close()
    deadline = time.monotonic() + 5
    while _sessions(database):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_free_slot_costs_next_to_nothing(database: Database) -> None:
    gate = AdvisoryGate(database, "intacct/acme", 2)
    costs = []
    for _ in range(200):
        began = time.process_time()
        with gate.slot():
            pass
        costs.append(time.process_time() - began)
    assert statistics.median(costs) < 0.001
