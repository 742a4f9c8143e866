"""Reading back what was posted while nobody listened: from the mark, in order, once, however Slack pages and refuses."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from bot.records.engine import Database
from bot.records.inbox import InboxUnavailable
from bot.records.tables import alerts, channel_marks, inbox
from bot.sandbox.slack.seed import BOT_TOKEN
from bot.sandbox.world import Fault
from bot.slack.backfill import Backfill
from bot.slack.clients import clients
from bot.slack.door import Door, ItemKind
from tests.sandbox.slack.conftest import Stage

ALERTS = "C0FINALERTS"
REPORTS = "C0FINREPORT"
DAY = timedelta(days=1)


class Now:
    """The company's clock, as the emulated workspace has it."""

    def __init__(self, stage: Stage) -> None:
        self._calendar = stage.world.calendar

    def now(self) -> datetime:
        return self._calendar.now()


@pytest.fixture
def door(database: Database) -> Door:
    return Door(database)


@pytest.fixture
def backfill(stage: Stage, database: Database, door: Door) -> Backfill:
    return Backfill(database, clients(BOT_TOKEN, stage.api).other, door, Now(stage), [ALERTS])


def post(stage: Stage, text: str, **more: Any) -> str:
    event = {"text": text, "bot_id": "B0BILL", **more}
    return str(stage.do(lambda: stage.workspace.post_as_app(ALERTS, event)))


def alert(stage: Stage, number: str, **more: Any) -> str:
    words = f"Invoice [{number}] cannot be created in Intacct: Could not retrieve the Sequence record!"
    return post(stage, words, **more)


def later(stage: Stage, by: timedelta) -> None:
    stage.do(lambda: stage.world.calendar.move(by))


def taken(database: Database) -> list[str]:
    """The ts of what was taken in, in order."""
    with database.transaction() as connection:
        rows = connection.scalars(select(inbox.c.payload).order_by(inbox.c.id)).all()
    return [row["event"]["ts"] for row in rows]


def mark(database: Database) -> str | None:
    with database.transaction() as connection:
        found: str | None = connection.scalar(select(channel_marks.c.ts).where(channel_marks.c.channel == ALERTS))
    return found


def asked(stage: Stage, method: str) -> int:
    return sum(call["function"] == method for call in stage.world.calls.of("slack"))


def known(database: Database, stage: Stage, ts: str, *, thread_ts: str | None = None) -> None:
    """Notes an alert as taken in and worked off."""
    with database.transaction() as connection:
        connection.execute(
            insert(alerts).values(
                company="acme",
                team="T0ACME",
                channel=ALERTS,
                ts=ts,
                thread_ts=thread_ts,
                poster="B0BILL",
                poster_is_person=False,
                posted_at=stage.world.calendar.now(),
            )
        )


def test_a_channel_without_a_mark_starts_now(stage: Stage, database: Database, backfill: Backfill) -> None:
    alert(stage, "INV-1")
    assert backfill.read() == 0
    assert mark(database) is not None
    missed = alert(stage, "INV-2")
    later(stage, DAY)
    assert backfill.read() == 1 + 1  # the overlap of five minutes holds the one before the start, too
    assert taken(database)[-1] == missed


def test_what_was_missed_is_taken_in_order_and_once(stage: Stage, database: Database, backfill: Backfill) -> None:
    backfill.read()
    later(stage, timedelta(hours=1))
    missed = [alert(stage, f"INV-{number}") for number in range(5)]
    post(stage, "Good morning")
    assert backfill.read() == 5
    assert backfill.read() == 0
    assert taken(database) == missed


def test_a_long_silence_is_read_page_by_page(stage: Stage, database: Database, backfill: Backfill) -> None:
    backfill.read()
    later(stage, timedelta(hours=1))
    first = alert(stage, "INV-1")
    for number in range(430):
        post(stage, f"Good morning {number}")
    last = alert(stage, "INV-2")
    before = asked(stage, "conversations.history")
    assert backfill.read() == 2
    assert taken(database) == [first, last]
    assert asked(stage, "conversations.history") - before == 3
    assert mark(database) == last


def test_what_came_late_before_the_mark_is_found_again(stage: Stage, database: Database, backfill: Backfill) -> None:
    backfill.read()
    later(stage, timedelta(hours=1))
    late = alert(stage, "INV-1")
    later(stage, timedelta(minutes=4))
    newest = alert(stage, "INV-2")
    known(database, stage, newest)
    with database.transaction() as connection:
        connection.execute(update(channel_marks).values(ts=newest))
    assert backfill.read() == 1
    assert taken(database) == [late]


def test_replies_in_threads_that_began_before_are_found(stage: Stage, database: Database, backfill: Backfill) -> None:
    root = post(stage, "Sync of today")
    later(stage, timedelta(hours=6))
    backfill.read()
    later(stage, timedelta(hours=1))
    reply = alert(stage, "INV-1", thread_ts=root)
    assert backfill.read() == 1
    assert taken(database) == [reply]


def test_a_thread_of_days_ago_is_read_where_alerts_came_in_it_lately(
    stage: Stage, database: Database, backfill: Backfill
) -> None:
    root = post(stage, "Syncs of this month")
    later(stage, 3 * DAY)
    backfill.read()
    known(database, stage, alert(stage, "INV-1", thread_ts=root), thread_ts=root)
    later(stage, timedelta(hours=1))
    reply = alert(stage, "INV-2", thread_ts=root)
    assert backfill.read() == 1
    assert taken(database) == [reply]


def test_a_thread_in_which_only_the_bot_replied_is_not_asked_for(
    stage: Stage, database: Database, backfill: Backfill
) -> None:
    backfill.read()
    root = alert(stage, "INV-1")
    stage.client().chat_postMessage(channel=ALERTS, thread_ts=root, text="Invoice [INV-1] waits: case 1")
    assert backfill.read() == 1
    assert asked(stage, "conversations.replies") == 0


def test_an_edit_is_taken_once_more_and_the_same_words_are_not(
    stage: Stage, database: Database, backfill: Backfill
) -> None:
    backfill.read()
    ts = alert(stage, "INV-1")
    backfill.read()
    known(database, stage, ts)
    words = "Invoice [INV-2] cannot be created in Intacct: Could not retrieve the Sequence record!"
    edit = {"subtype": "message_changed", "message": {"ts": ts, "text": words}}
    stage.do(lambda: stage.workspace.post_as_app(ALERTS, edit))
    assert backfill.read() == 1
    assert backfill.read() == 0


def edit_to_alert(stage: Stage, ts: str, number: str, **more: Any) -> None:
    words = f"Invoice [{number}] cannot be created in Intacct: Could not retrieve the Sequence record!"
    edit = {"subtype": "message_changed", "message": {"ts": ts, "text": words, **more}}
    stage.do(lambda: stage.workspace.post_as_app(ALERTS, edit))


def test_a_message_of_before_the_mark_that_became_an_alert_since_is_taken(
    stage: Stage, database: Database, backfill: Backfill
) -> None:
    backfill.read()
    status = post(stage, "Sync is running")
    later(stage, timedelta(minutes=20))
    newest = post(stage, "Good morning")
    assert backfill.read() == 0
    later(stage, timedelta(minutes=2))
    edit_to_alert(stage, status, "INV-2")
    assert backfill.read() == 1
    assert taken(database) == [status]
    assert mark(database) == newest
    assert backfill.read() == 0


def test_a_reply_of_before_the_mark_that_became_an_alert_since_is_taken(
    stage: Stage, database: Database, backfill: Backfill
) -> None:
    backfill.read()
    root = post(stage, "Syncs of today")
    status = post(stage, "Sync is running", thread_ts=root)
    later(stage, timedelta(minutes=20))
    post(stage, "Good morning")
    assert backfill.read() == 0
    later(stage, timedelta(minutes=2))
    edit_to_alert(stage, status, "INV-2", thread_ts=root)
    assert backfill.read() == 1
    assert taken(database) == [status]


def test_a_channel_is_read_by_a_tick_once_its_mark_is_old(stage: Stage, database: Database, backfill: Backfill) -> None:
    backfill.read()
    later(stage, timedelta(hours=1))
    missed = alert(stage, "INV-1")
    assert backfill.catch_up() == 0
    with database.transaction() as connection:
        connection.execute(update(channel_marks).values(at=func.now() - timedelta(minutes=11)))
    assert backfill.catch_up() == 1
    assert mark(database) == missed
    before = asked(stage, "conversations.history")
    assert backfill.catch_up() == 0
    assert asked(stage, "conversations.history") == before


def test_what_the_database_could_not_take_is_read_back_by_the_next_tick(
    stage: Stage, database: Database, door: Door, backfill: Backfill
) -> None:
    backfill.read()
    missed = alert(stage, "INV-1")
    away = Door(Database("postgresql://postgres@127.0.0.1:1/none"))
    with pytest.raises(InboxUnavailable):
        away.take(ItemKind.MESSAGE, "Ev1", {})
    assert away.missed.is_set()
    assert backfill.catch_up() == 0
    door.missed.set()
    assert backfill.catch_up() == 1
    assert taken(database) == [missed]
    assert not door.missed.is_set()


def test_a_reading_that_failed_is_done_again_by_the_next_tick(
    stage: Stage, database: Database, backfill: Backfill
) -> None:
    backfill.read()
    missed = alert(stage, "INV-1")
    stage.world.faults.set(Fault("slack", "auth.test", "invalid_auth", 1))
    with pytest.raises(Exception, match="invalid_auth"):
        backfill.read()
    assert backfill.catch_up() == 1
    assert taken(database) == [missed]


def test_slack_is_waited_for_as_long_as_it_asks(stage: Stage, database: Database, backfill: Backfill) -> None:
    backfill.read()
    missed = alert(stage, "INV-1")
    stage.world.faults.set(Fault("slack", "conversations.history", "ratelimited", 4, value=1))
    assert backfill.read() == 1
    assert taken(database) == [missed]


def test_a_channel_that_the_bot_is_not_in_gets_no_mark_and_hides_no_other(
    stage: Stage, database: Database, door: Door
) -> None:
    both = Backfill(database, clients(BOT_TOKEN, stage.api).other, door, Now(stage), ["C0NOWHERE", ALERTS])
    assert both.read() == 0
    with database.transaction() as connection:
        assert connection.scalars(select(channel_marks.c.channel)).all() == [ALERTS]
    alert(stage, "INV-1")
    assert both.read() == 1


def test_reading_by_hand_says_what_it_found_and_leaves_the_mark(
    stage: Stage, database: Database, backfill: Backfill
) -> None:
    early = alert(stage, "INV-1")
    later(stage, 3 * DAY)
    since = stage.world.calendar.now()
    first, second = alert(stage, "INV-2"), alert(stage, "INV-3")
    post(stage, "Good morning")
    backfill.read()
    before = mark(database)
    known(database, stage, second)
    (found,) = backfill.since(since)
    assert (found.read, found.taken, found.known, found.trouble) == (3, 1, 1, "")
    assert taken(database) == [first]
    assert mark(database) == before
    (found,) = backfill.since(since - 4 * DAY)
    assert (found.read, found.taken, found.known) == (4, 1, 2)
    assert taken(database) == [first, early]


def test_a_channel_that_cannot_be_read_is_told_by_hand(stage: Stage, backfill: Backfill) -> None:
    (found,) = backfill.since(stage.world.calendar.now(), ["C0NOWHERE"])
    assert found.trouble == "channel_not_found"
