"""The inbox: what came is kept once, worked off once, and one bad item never stops the others."""

from __future__ import annotations

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select, text, update

from bot.records import inbox as room
from bot.records.engine import Database
from bot.records.inbox import InboxItem, InboxUnavailable, NotKnownHere, drain, forget, scrub, take
from bot.records.jobs import DRAIN_INBOX, Jobs
from bot.records.tables import channel_marks, inbox
from tests.records.processes import another_process, told


def _rows(database: Database) -> list[Any]:
    with database.transaction() as connection:
        return list(connection.execute(select(inbox).order_by(inbox.c.id)))


def _make_due(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(update(inbox).values(due_at=func.now()))


def _nothing(_connection: Connection, _item: InboxItem) -> None:
    """Handles an item by doing nothing."""


def test_what_comes_twice_is_kept_once_and_worked_off_once(database: Database) -> None:
    seen: list[InboxItem] = []
    assert take(database, "event", "Ev1", {"n": 1})
    assert not take(database, "event", "Ev1", {"n": 2})
    assert drain(database, lambda _c, item: seen.append(item)) == 1
    assert not take(database, "event", "Ev1", {"n": 3})
    assert drain(database, lambda _c, item: seen.append(item)) == 0
    assert [(item.key, item.kind, item.payload, item.attempts) for item in seen] == [("Ev1", "event", {"n": 1}, 1)]


def test_of_many_takers_at_once_one_is_told_that_it_is_new(database: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        new = list(threads.map(lambda _: take(database, "event", "Ev1", {}), range(40)))
    assert sum(new) == 1


def test_item_and_job_are_kept_together_or_not_at_all(database: Database) -> None:
    with database.engine.connect() as connection:
        assert take(connection, "event", "Ev1", {})
        connection.rollback()
    assert _rows(database) == []
    assert Jobs(database.url).waiting() == 0
    with database.transaction() as connection:
        assert take(connection, "event", "Ev1", {})
    assert Jobs(database.url).waiting() == 1


def test_the_work_and_its_done_mark_are_one_transaction(database: Database) -> None:
    def half(connection: Connection, _item: InboxItem) -> None:
        connection.execute(insert(channel_marks).values(channel="C1", ts="1.0"))
        raise ValueError("half way")

    take(database, "event", "Ev1", {})
    assert drain(database, half) == 0
    (row,) = _rows(database)
    assert (row.state, row.attempts, row.last_error) == ("waiting", 1, "ValueError: half way")
    with database.transaction() as connection:
        assert connection.scalar(select(func.count()).select_from(channel_marks)) == 0


def test_a_poison_item_is_set_aside_after_five_attempts_and_stops_nobody(database: Database) -> None:
    told_of: list[tuple[str, str]] = []

    def handle(_connection: Connection, item: InboxItem) -> None:
        if item.key == "poison":
            raise ValueError("bad")

    for key in ("Ev1", "poison", "Ev2"):
        take(database, "event", key, {})
    done = []
    for _ in range(7):
        done.append(drain(database, handle, on_set_aside=lambda _c, item, why: told_of.append((item.key, why))))
        _make_due(database)
    assert done == [2, 0, 0, 0, 0, 0, 0]
    assert told_of == [("poison", "ValueError: bad")]
    assert [(row.key, row.state, row.attempts) for row in _rows(database)] == [
        ("Ev1", "done", 1),
        ("poison", "set_aside", 5),
        ("Ev2", "done", 1),
    ]


def test_a_note_that_cannot_be_kept_stops_nobody(database: Database) -> None:
    def handle(_connection: Connection, item: InboxItem) -> None:
        if item.key == "poison":
            raise ValueError("bad")

    def no_note(_connection: Connection, _item: InboxItem, _why: str) -> None:
        raise RuntimeError("no note either")

    take(database, "event", "poison", {})
    with database.transaction() as connection:
        connection.execute(update(inbox).values(attempts=4))
    take(database, "event", "Ev1", {})
    assert drain(database, handle, on_set_aside=no_note) == 1


def test_pauses_grow_and_another_drain_is_enqueued_for_then(database: Database) -> None:
    def fail(_connection: Connection, _item: InboxItem) -> None:
        raise ValueError

    take(database, "event", "Ev1", {})
    pauses = []
    for _ in range(4):
        drain(database, fail)
        with database.transaction() as connection:
            pauses.append(connection.scalar(select(func.extract("epoch", inbox.c.due_at - func.now()))))
            planned = connection.scalar(
                text("SELECT max(scheduled_at) FROM procrastinate_jobs WHERE task_name = :task"), {"task": DRAIN_INBOX}
            )
            assert planned is not None
        _make_due(database)
    expected = [pause.total_seconds() for pause in room.PAUSES[:4]]
    assert [round(float(pause)) for pause in pauses] == [round(pause) for pause in expected]


def test_an_item_whose_process_died_is_taken_up_within_seconds_at_its_third_attempt_too(database: Database) -> None:
    take(database, "event", "Ev1", {})
    with database.transaction() as connection:
        connection.execute(update(inbox).values(attempts=1))
    code = """
        import os, sys
        from bot.records.engine import Database
        from bot.records.inbox import drain
        drain(Database(sys.argv[1]), lambda connection, item: os._exit(1))
    """
    with another_process(code, database.url) as process:
        assert process.wait(20) == 1
    died = time.monotonic()
    while drain(database, _nothing) == 0:
        assert time.monotonic() < died + 2 * room.IN_WORK_S + 1
        time.sleep(0.1)
    assert [(row.state, row.attempts) for row in _rows(database)] == [("done", 3)]


def test_what_only_newer_code_knows_is_left_to_it_uncounted(database: Database) -> None:
    def older(_connection: Connection, item: InboxItem) -> None:
        if item.kind != "event":
            raise NotKnownHere(item.kind)

    take(database, "novelty", "N1", {})
    take(database, "event", "Ev1", {})
    done = 0
    for _ in range(7):
        done += drain(database, older)
        _make_due(database)
    assert done == 1
    assert [(row.key, row.state, row.attempts) for row in _rows(database)] == [
        ("N1", "waiting", 0),
        ("Ev1", "done", 1),
    ]
    assert drain(database, _nothing) == 1


def test_what_no_code_knows_for_a_day_is_set_aside_and_told(database: Database) -> None:
    def older(_connection: Connection, item: InboxItem) -> None:
        raise NotKnownHere(item.kind)

    take(database, "novelty", "N1", {})
    with database.transaction() as connection:
        connection.execute(update(inbox).values(received_at=text("now() - interval '25 hours'")))
    why: list[str] = []
    for _ in range(5):
        drain(database, older, on_set_aside=lambda _c, _item, words: why.append(words))
        _make_due(database)
    assert why == ["NotKnownHere: novelty"]


def test_more_than_a_batch_goes_on_in_the_next_job(database: Database) -> None:
    for number in range(5):
        take(database, "event", f"Ev{number}", {})
    before = Jobs(database.url).waiting()
    assert drain(database, _nothing, limit=3) == 3
    assert Jobs(database.url).waiting() == before + 1
    assert drain(database, _nothing, limit=3) == 2


def test_two_drains_share_the_items(database: Database) -> None:
    for number in range(20):
        take(database, "event", f"Ev{number}", {})
    seen: list[str] = []

    def slowly(_connection: Connection, item: InboxItem) -> None:
        seen.append(item.key)
        time.sleep(0.01)

    with ThreadPoolExecutor(3) as threads:
        done = sum(threads.map(lambda _: drain(database, slowly), range(3)))
    assert done == 20
    assert sorted(seen) == sorted(f"Ev{number}" for number in range(20))


def test_an_item_in_work_for_longer_than_it_is_left_alone_is_nobody_elses(database: Database) -> None:
    take(database, "event", "Ev1", {})
    within, leave = threading.Event(), threading.Event()

    def slowly(_connection: Connection, _item: InboxItem) -> None:
        within.set()
        leave.wait(10)

    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(drain, database, slowly)
        within.wait(10)
        time.sleep(room.IN_WORK_S + 0.2)
        assert drain(database, _nothing) == 0
        leave.set()
        assert slow.result() == 1
    assert [(row.state, row.attempts) for row in _rows(database)] == [("done", 1)]


def test_a_killed_process_loses_nothing_and_its_attempt_counts(database: Database) -> None:
    take(database, "event", "Ev1", {})
    code = """
        import sys, time
        from bot.records.engine import Database
        from bot.records.inbox import drain
        def handle(connection, item):
            print("within", flush=True)
            time.sleep(600)
        drain(Database(sys.argv[1]), handle)
    """
    with another_process(code, database.url) as process:
        assert told(process) == "within"
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert [(row.state, row.attempts) for row in _rows(database)] == [("waiting", 1)]
    deadline = time.monotonic() + 10
    while drain(database, _nothing) == 0:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert [(row.state, row.attempts) for row in _rows(database)] == [("done", 2)]


def test_a_worker_killed_in_the_middle_of_its_work_leaves_it_to_the_next_whole(database: Database) -> None:
    code = """
        import sys, time
        from sqlalchemy import insert
        from bot.records.engine import Database
        from bot.records.inbox import drain
        from bot.records.jobs import DRAIN_INBOX, Jobs, Worker
        from bot.records.tables import channel_marks
        database = Database(sys.argv[1])
        def handle(connection, item):
            connection.execute(insert(channel_marks).values(channel=item.key, ts=sys.argv[2]))
            print("within", flush=True)
            time.sleep(float(sys.argv[3]))
        Worker(Jobs(sys.argv[1]), {DRAIN_INBOX: lambda: drain(database, handle)}, 2).start()
        time.sleep(600)
    """
    take(database, "event", "Ev1", {})
    with another_process(code, database.url, "first", "600") as first:
        assert told(first) == "within"
        first.send_signal(signal.SIGKILL)
        first.wait()
    with another_process(code, database.url, "second", "0") as second:
        assert told(second) == "within"
        deadline = time.monotonic() + 10
        while _rows(database)[0].state != "done":
            assert time.monotonic() < deadline
            time.sleep(0.05)
    with database.transaction() as connection:
        assert [tuple(row)[:2] for row in connection.execute(select(channel_marks))] == [("Ev1", "second")]


def test_what_kills_every_process_is_set_aside_too(database: Database) -> None:
    take(database, "event", "Ev1", {})
    with database.transaction() as connection:
        connection.execute(update(inbox).values(attempts=5))
    why: list[str] = []
    assert drain(database, _nothing, on_set_aside=lambda _c, _item, words: why.append(words)) == 0
    assert why == ["the process ended while it was worked on"]
    assert _rows(database)[0].state == "set_aside"


def test_a_locked_table_is_given_up_in_time(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("LOCK TABLE inbox"))
        began = time.monotonic()
        with pytest.raises(InboxUnavailable):
            take(database, "event", "Ev1", {})
        assert time.monotonic() - began < 2.5
    assert take(database, "event", "Ev1", {})


def test_a_database_that_is_gone_is_told() -> None:
    with pytest.raises(InboxUnavailable):
        take(Database("postgresql://postgres@127.0.0.1:1/none"), "event", "Ev1", {})


def test_text_that_postgresql_cannot_keep_does_not_lose_the_item(database: Database) -> None:
    assert take(database, "event", "Ev\0", {"text": "Net\0 30 \ud800"})
    assert not take(database, "event", "Ev\0", {"text": "again"})
    assert _rows(database)[0].payload == {"text": "Net\ufffd 30 \ufffd"}


def test_scrubbing_takes_the_secrets_and_leaves_the_rest(database: Database) -> None:
    take(database, "command", "T1", {"token": "t", "response_url": "https://x", "trigger_id": "1.2", "text": "INV-1"})
    with database.transaction() as connection:
        scrub(connection, _rows(database)[0].id)
    assert _rows(database)[0].payload == {"text": "INV-1"}


def test_payloads_are_blanked_first_and_keys_kept_for_thirty_days(database: Database) -> None:
    for key, age in (("new", 1), ("week", 8), ("month", 31)):
        take(database, "event", key, {"n": 1})
        with database.transaction() as connection:
            past = text(f"now() - interval '{age} days'")
            connection.execute(
                update(inbox).where(inbox.c.key == key).values(state="done", done_at=past, received_at=past)
            )
    take(database, "event", "waits", {"n": 1})
    with database.transaction() as connection:
        connection.execute(
            update(inbox).where(inbox.c.key == "waits").values(received_at=text("now() - interval '99 days'"))
        )
    assert forget(database) == 1
    assert {row.key: row.payload for row in _rows(database)} == {"new": {"n": 1}, "week": None, "waits": {"n": 1}}
