"""Jobs: enqueued with the transaction, run by any process, taken over when one dies."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from bot.records.engine import Database
from bot.records.jobs import (
    DRAIN_INBOX,
    GATHER,
    PAUSES_S,
    POST_MESSAGE,
    STALL_LIMIT_S,
    WATCH,
    WORK_CASE,
    Jobs,
    Worker,
    nudge,
)
from tests.records.processes import another_process, told


@contextmanager
def working(database: Database, handlers: dict[str, Callable[..., None]], concurrency: int = 4) -> Iterator[Worker]:
    """A worker until the block ends."""
    worker = Worker(Jobs(database.url), handlers, concurrency)
    worker.start()
    try:
        yield worker
    finally:
        assert worker.stop(10)


def eventually(holds: Callable[[], bool], within_s: float = 10.0) -> None:
    """Waits until something holds."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.02)


def _enqueue(
    database: Database, task: str, *, key: str | None = None, at: datetime | None = None, **args: int | str
) -> None:
    with database.transaction() as connection:
        nudge(connection, task, key=key, at=at, **args)


def _statuses(database: Database) -> list[str]:
    with psycopg.connect(database.url) as connection:
        return [row[0] for row in connection.execute("SELECT status::text FROM procrastinate_jobs ORDER BY id")]


def test_a_job_runs_with_its_arguments_soon_after_the_commit(database: Database) -> None:
    done: list[tuple[str, int | str, float]] = []
    handlers = {
        WORK_CASE: lambda case_id: done.append((WORK_CASE, case_id, time.monotonic())),
        GATHER: lambda company: done.append((GATHER, company, time.monotonic())),
    }
    with working(database, handlers):
        eventually(lambda: bool(_workers(database)))
        _enqueue(database, WORK_CASE, case_id=7)
        committed = time.monotonic()
        _enqueue(database, GATHER, company="acme")
        eventually(lambda: len(done) == 2)
    assert {(task, argument) for task, argument, _ in done} == {(WORK_CASE, 7), (GATHER, "acme")}
    assert max(at for _, _, at in done) - committed < 2.5
    assert _statuses(database) == []


def _workers(database: Database) -> int:
    with psycopg.connect(database.url) as connection:
        row = connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone()
    return row[0] if row else 0


def test_what_is_undone_enqueues_nothing(database: Database) -> None:
    with database.engine.connect() as connection:
        nudge(connection, WORK_CASE, case_id=1)
        connection.rollback()
    assert _statuses(database) == []


def test_equal_jobs_that_wait_are_folded_into_one(database: Database) -> None:
    runs: list[str] = []
    for _ in range(50):
        _enqueue(database, GATHER, company="acme")
    _enqueue(database, GATHER, company="other")
    with working(database, {GATHER: lambda company: runs.append(company)}, 1):
        eventually(lambda: Jobs(database.url).waiting() == 0 and len(runs) >= 2)
    assert sorted(runs) == ["acme", "other"]


def test_a_nudge_while_its_like_is_in_work_gets_a_run_of_its_own(database: Database) -> None:
    within, leave = threading.Event(), threading.Event()
    runs: list[int] = []

    def slowly(case_id: int) -> None:
        runs.append(case_id)
        within.set()
        leave.wait(10)

    with working(database, {WORK_CASE: slowly}):
        _enqueue(database, WORK_CASE, case_id=1)
        within.wait(10)
        _enqueue(database, WORK_CASE, case_id=1)
        leave.set()
        eventually(lambda: len(runs) == 2)


def test_with_a_key_nothing_is_added_to_what_waits_and_is_due_no_later(database: Database) -> None:
    soon, later = datetime.now(UTC) + timedelta(minutes=1), datetime.now(UTC) + timedelta(minutes=9)
    _enqueue(database, WATCH, key="k", at=soon, company="acme")
    _enqueue(database, WATCH, key="k", at=later, company="acme")
    assert len(_statuses(database)) == 1
    _enqueue(database, WATCH, key="k", company="acme")
    _enqueue(database, WATCH, key="other", at=later, company="acme")
    assert len(_statuses(database)) == 3


def test_a_job_does_not_start_before_its_moment(database: Database) -> None:
    ran: list[float] = []
    with working(database, {WATCH: lambda company: ran.append(time.time())}):
        at = datetime.now(UTC) + timedelta(seconds=1.5)
        _enqueue(database, WATCH, at=at, company="acme")
        eventually(lambda: bool(ran))
    assert at.timestamp() <= ran[0] < at.timestamp() + 3.5


def test_jobs_that_other_jobs_put_off_start_at_their_moments_and_not_by_the_poll(database: Database) -> None:
    late: list[float] = []

    def put_off() -> None:
        for case_id, wait in enumerate((0.4, 0.9, 1.3)):
            due = datetime.now(UTC) + timedelta(seconds=wait)
            moments[case_id] = due
            _enqueue(database, WORK_CASE, at=due, case_id=case_id)

    def work(case_id: int) -> None:
        late.append((datetime.now(UTC) - moments[case_id]).total_seconds())

    moments: dict[int, datetime] = {}
    with working(database, {DRAIN_INBOX: put_off, WORK_CASE: work}):
        eventually(lambda: bool(_workers(database)))
        time.sleep(0.3)
        _enqueue(database, DRAIN_INBOX)
        eventually(lambda: len(late) == 3)
    assert all(0 <= each < 0.3 for each in late), late


def test_a_failed_job_runs_again_after_a_pause(database: Database) -> None:
    runs: list[float] = []

    def fails_once(case_id: int) -> None:
        runs.append(time.monotonic())
        if len(runs) == 1:
            raise ValueError("once")

    with working(database, {WORK_CASE: fails_once}):
        _enqueue(database, WORK_CASE, case_id=1)
        eventually(lambda: len(runs) == 2)
    assert PAUSES_S[0] - 0.2 < runs[1] - runs[0] < PAUSES_S[0] + 4


def test_a_job_of_an_unknown_task_stops_nobody(database: Database) -> None:
    ran = threading.Event()
    with working(database, {WORK_CASE: lambda case_id: ran.set()}):
        _enqueue(database, "of.another.version", x=1)
        _enqueue(database, WORK_CASE, case_id=1)
        assert ran.wait(10)


def test_no_more_run_at_once_than_there_are_threads(database: Database) -> None:
    guard, now, most = threading.Lock(), [0], [0]

    def busy(message_id: int) -> None:
        with guard:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.05)
        with guard:
            now[0] -= 1

    for number in range(12):
        _enqueue(database, POST_MESSAGE, message_id=number)
    with working(database, {POST_MESSAGE: busy}, concurrency=3):
        eventually(lambda: _statuses(database) == [])
    assert most[0] == 3


def test_stopping_waits_for_what_is_under_way_and_leaves_the_rest(database: Database) -> None:
    within, ended = threading.Event(), threading.Event()

    def slowly(case_id: int) -> None:
        within.set()
        time.sleep(0.5)
        ended.set()

    worker = Worker(Jobs(database.url), {WORK_CASE: slowly}, concurrency=1)
    worker.start()
    _enqueue(database, WORK_CASE, case_id=1)
    _enqueue(database, WORK_CASE, case_id=2)
    assert within.wait(10)
    assert worker.stop(10)
    assert ended.is_set()
    assert _statuses(database) == ["todo"]


def test_stopping_gives_up_on_a_job_that_does_not_end(database: Database) -> None:
    within, leave = threading.Event(), threading.Event()

    def endless(case_id: int) -> None:
        within.set()
        leave.wait(30)

    worker = Worker(Jobs(database.url), {WORK_CASE: endless}, concurrency=1)
    worker.start()
    _enqueue(database, WORK_CASE, case_id=1)
    assert within.wait(10)
    began = time.monotonic()
    assert not worker.stop(0.5)
    assert time.monotonic() - began < 2
    leave.set()
    assert worker.stop(10)


def test_a_handler_that_outlasts_the_grace_leaves_its_job_to_others(database: Database) -> None:
    within, leave = threading.Event(), threading.Event()

    def endless(case_id: int) -> None:
        within.set()
        leave.wait(30)

    worker = Worker(Jobs(database.url), {WORK_CASE: endless}, concurrency=1, grace_s=0.3)
    worker.start()
    _enqueue(database, WORK_CASE, case_id=1)
    assert within.wait(10)
    assert worker.stop(10)
    assert _statuses(database) == ["todo"]
    leave.set()


def test_a_worker_that_never_started_stops_at_once(database: Database) -> None:
    assert Worker(Jobs(database.url), {}).stop(1)


KILLED = """
    import sys, time
    from bot.records.jobs import Jobs, Worker
    def within(case_id):
        print("within", flush=True)
        time.sleep(600)
    Worker(Jobs(sys.argv[1]), {"cases.work": within}, 2).start()
    time.sleep(600)
"""


def test_a_job_that_only_newer_code_knows_waits_for_it(database: Database) -> None:
    ran = threading.Event()
    _enqueue(database, "cases.novelty", case_id=1)
    with working(database, {WORK_CASE: lambda case_id: None}):
        eventually(lambda: _attempts(database) >= 1)
        assert _statuses(database) == ["todo"]
        with working(database, {"cases.novelty": lambda case_id: ran.set()}):
            assert ran.wait(40)
    assert "failed" not in _statuses(database)


def _attempts(database: Database) -> int:
    with psycopg.connect(database.url) as connection:
        row = connection.execute("SELECT max(attempts) FROM procrastinate_jobs").fetchone()
    return int(row[0] or 0) if row else 0


def test_a_killed_workers_job_is_taken_over(database: Database) -> None:
    ran = threading.Event()
    _enqueue(database, WORK_CASE, case_id=1)
    with another_process(KILLED, database.url) as process:
        assert told(process) == "within"
        with working(database, {WORK_CASE: lambda case_id: ran.set()}):
            time.sleep(0.5)
            assert not ran.is_set()
            process.send_signal(signal.SIGKILL)
            killed = time.monotonic()
            assert ran.wait(20)
    assert time.monotonic() - killed < STALL_LIMIT_S + 4


def test_a_start_that_is_alone_takes_over_at_once(database: Database) -> None:
    _enqueue(database, WORK_CASE, case_id=1)
    with another_process(KILLED, database.url) as process:
        assert told(process) == "within"
        process.send_signal(signal.SIGKILL)
        process.wait()
    jobs = Jobs(database.url)
    assert jobs.recover_stalled() == 0
    assert jobs.recover_stalled(0) == 1
    assert _statuses(database) == ["todo"]


def test_a_live_worker_is_not_robbed(database: Database) -> None:
    within, leave = threading.Event(), threading.Event()

    def slowly(case_id: int) -> None:
        within.set()
        leave.wait(30)

    with working(database, {WORK_CASE: slowly}):
        _enqueue(database, WORK_CASE, case_id=1)
        assert within.wait(10)
        time.sleep(STALL_LIMIT_S + 1)
        assert Jobs(database.url).recover_stalled() == 0
        leave.set()


def test_a_job_that_killed_its_process_often_is_given_up(database: Database) -> None:
    _enqueue(database, WORK_CASE, case_id=1)
    with psycopg.connect(database.url) as connection:
        connection.execute("UPDATE procrastinate_jobs SET status = 'doing', attempts = 10")
    assert Jobs(database.url).recover_stalled() == 0
    assert _statuses(database) == ["failed"]


def test_a_worker_goes_on_when_the_database_is_back(database: Database) -> None:
    ran = threading.Event()
    with working(database, {WORK_CASE: lambda case_id: ran.set()}):
        eventually(lambda: bool(_workers(database)))
        with psycopg.connect(database.url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        _enqueue(database, WORK_CASE, case_id=1)
        assert ran.wait(20)


def test_ended_jobs_are_forgotten_after_a_while(database: Database) -> None:
    for age in (1, 8):
        _enqueue(database, WORK_CASE, case_id=age)
    with psycopg.connect(database.url) as connection:
        connection.execute("UPDATE procrastinate_jobs SET status = 'failed'")
        connection.execute(
            "UPDATE procrastinate_events e SET at = now() - make_interval(days => (j.args->>'case_id')::int)"
            " FROM procrastinate_jobs j WHERE j.id = e.job_id"
        )
    _enqueue(database, WORK_CASE, case_id=3)
    assert Jobs(database.url).forget() == 1
    assert _statuses(database) == ["failed", "todo"]


def test_a_worker_starts_once(database: Database) -> None:
    with working(database, {}) as worker, pytest.raises(RuntimeError, match="started before"):
        worker.start()
