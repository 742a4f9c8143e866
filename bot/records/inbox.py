"""The inbox: what came from Slack is kept before it is acknowledged, and worked off afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, Connection, Text, bindparam, cast, func, select, text, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.records import jobs
from bot.records.engine import Database, dump_json, storable_text
from bot.records.tables import inbox

log = logging.getLogger(__name__)

ATTEMPTS = 5
"""After so many an item is set aside and the admin is told."""
PAUSES = (
    timedelta(seconds=2),
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
)
"""Until an item that failed is due again, by its attempts so far."""
IN_WORK_S = 3.0
"""How long a claimed item is left alone, times its attempts: in that time its work has come to hold it by a lock, which
dies with its process. It grows, so that a starved machine does not count an item out."""
NEWER_PAUSE = timedelta(seconds=15)
"""Until what this code does not know is looked at again, perhaps by a process that does."""
NEWER_LIMIT = timedelta(days=1)
"""After so long, what no process knows is a failure like any other."""
PAYLOAD_DAYS = 7
_SECRETS = ("token", "response_url", "response_urls", "trigger_id")


class InboxUnavailable(Exception):
    """The database did not take it in time: do not acknowledge, or tell the person to repeat."""


class NotKnownHere(Exception):
    """What came is not known to this code but to newer code that runs beside it: the item is left to that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxItem:
    """Something that came and is to be worked off."""

    id: int
    key: str
    kind: str
    payload: Mapping[str, Any]
    """As Slack sent it: read at the edge, by the surface that knows the kind."""
    attempts: int
    """This attempt counted."""
    received_at: datetime


Handle = Callable[[Connection, InboxItem], None]
OnSetAside = Callable[[Connection, InboxItem, str], None]

_TAKE = text(
    """
    WITH fresh AS (
        INSERT INTO inbox (key, kind, payload) VALUES (:key, :kind, CAST(:payload AS jsonb))
        ON CONFLICT (key) DO NOTHING RETURNING id
    )
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
        CAST(:queue AS varchar), CAST(:task AS varchar), 0, NULL, NULL, '{}'::jsonb, NULL
    )]::procrastinate_job_to_defer_v1[]) FROM fresh
    """
)
"""One statement, one way to the server and back: the item and the job that drains it, or neither."""


_CLAIM = (
    update(inbox)
    .where(
        inbox.c.id
        == select(inbox.c.id)
        .where(inbox.c.state == "waiting", inbox.c.due_at <= func.now())
        .order_by(inbox.c.due_at, inbox.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    .values(
        attempts=inbox.c.attempts + 1,
        due_at=func.now() + func.make_interval(0, 0, 0, 0, 0, 0, (inbox.c.attempts + 1) * IN_WORK_S),
    )
    .returning(inbox, func.set_config("synchronous_commit", "off", True))  # noqa: FBT003
)
_HOLD = (
    select(inbox.c.id)
    .where(inbox.c.id == bindparam("item"), inbox.c.state == "waiting")
    .with_for_update(skip_locked=True)
)
_ACTS_WAIT = text(
    """
    SELECT EXISTS (
        SELECT 1 FROM inbox WHERE state = 'waiting' AND (
            payload ->> 'case_id' = :case
            OR EXISTS (SELECT 1 FROM jsonb_path_query(payload, '$.chosen[*][0]') AS chosen WHERE chosen #>> '{}' = :case)
        )
    )
    """
)
"""Waiting items are few, and found by their state."""
_DONE = update(inbox).where(inbox.c.id == bindparam("item")).values(state="done", done_at=func.now(), last_error=None)


def take(where: Connection | Database, kind: str, key: str, payload: Mapping[str, Any]) -> bool:
    """Keeps something under its key and has it drained; True where it is new, False where it came before.

    With a Database it is a transaction of its own, done within 1.5 s; with a Connection it is part of the caller's.
    Raises InboxUnavailable where the database does not take it.
    """
    try:
        if isinstance(where, Connection):
            return _take(where, kind, key, payload)
        try:
            return _take_alone(where, kind, key, payload)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            return _take_alone(
                where, kind, key, payload
            )  # the server had dropped that connection; the key makes it safe
    except SQLAlchemyError as error:
        raise InboxUnavailable(f"{kind} {key} could not be kept: {error}") from error


def drain(database: Database, handle: Handle, limit: int = 50, *, on_set_aside: OnSetAside | None = None) -> int:
    """Works off what is due, one item after the other; how many were done.

    Each item's work and its done mark are one transaction, `handle` is given its connection. An item that fails is
    due again after a growing pause, and after 5 attempts set aside: `on_set_aside` is told in the same transaction,
    with the error's words. It never stops the others. What `handle` refuses with NotKnownHere is left for newer
    code without counting. Where more than `limit` are due, another drain is enqueued.
    """
    done = 0
    for _ in range(limit):
        item = _claim(database)
        if item is None:
            break
        done += _work(database, item, handle, on_set_aside)
    else:
        with database.transaction() as connection:
            jobs.nudge(connection, jobs.DRAIN_INBOX)
        return done
    _come_back(database)
    return done


def doers(connection: Connection) -> tuple[str, ...]:
    """The users whose clicks and submissions wait to be worked off."""
    waiting = select(inbox.c.payload["user"].astext).where(
        inbox.c.state == "waiting", inbox.c.kind.in_(("click", "submission"))
    )
    return tuple(sorted(user for user in connection.scalars(waiting.distinct()) if user))


def acts_wait(connection: Connection, case_id: int) -> bool:
    """Whether something that a person did to a case is taken in and not yet worked off."""
    return bool(connection.scalar(_ACTS_WAIT, {"case": str(case_id)}))


def scrub(connection: Connection, item_id: int) -> None:
    """Removes what only its first use needed from a kept payload: token, response_url, trigger_id."""
    connection.execute(
        update(inbox)
        .where(inbox.c.id == item_id)
        .values(payload=inbox.c.payload.op("-")(cast(list(_SECRETS), ARRAY(Text))))
    )


def forget(database: Database, older_than_days: int = 30) -> int:
    """Blanks the payloads of what was done a week ago, and forgets what came `older_than_days` ago; how many rows went.

    What is still waiting or was set aside is kept.
    """
    with database.transaction() as connection:
        connection.execute(
            update(inbox)
            .where(
                inbox.c.state == "done",
                inbox.c.done_at < func.now() - timedelta(days=min(PAYLOAD_DAYS, older_than_days)),
                inbox.c.payload.is_not(None),
            )
            .values(payload=None)
        )
        return connection.execute(
            inbox.delete().where(
                inbox.c.state == "done", inbox.c.received_at < func.now() - timedelta(days=older_than_days)
            )
        ).rowcount


def _take_alone(database: Database, kind: str, key: str, payload: Mapping[str, Any]) -> bool:
    with database.intake() as connection:
        return _take(connection, kind, key, payload)


def _take(connection: Connection, kind: str, key: str, payload: Mapping[str, Any]) -> bool:
    values = {"key": storable_text(key), "kind": kind, "payload": dump_json(dict(payload))}
    taken = connection.execute(_TAKE, values | {"queue": jobs.QUEUE, "task": jobs.DRAIN_INBOX})
    return taken.first() is not None


def _claim(database: Database) -> InboxItem | None:
    """Counts the next item's attempt in a transaction of its own: an attempt that kills the process counts too.

    It is one statement, which the server commits by itself, as a burst has hundreds. Its commit need not reach the
    disk: only a crash of the server itself would forget that one count.
    """
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        row = connection.execute(_CLAIM).one_or_none()
    if row is None:
        return None
    return InboxItem(
        id=row.id,
        key=row.key,
        kind=row.kind,
        payload=row.payload or {},
        attempts=row.attempts,
        received_at=row.received_at,
    )


def _work(database: Database, item: InboxItem, handle: Handle, on_set_aside: OnSetAside | None) -> int:
    """Handles one item; 1 where it is done."""
    if item.attempts > ATTEMPTS:  # its last attempt ended the process: nobody was left to set it aside
        _set_aside(database, item, "the process ended while it was worked on", on_set_aside)
        return 0
    try:
        with database.transaction() as connection:
            if connection.execute(_HOLD, {"item": item.id}).first() is None:
                return 0  # another process has it
            handle(connection, item)
            connection.execute(_DONE, {"item": item.id})
    except Exception as error:
        words = storable_text(f"{type(error).__name__}: {error}")[:2000]
        if isinstance(error, NotKnownHere) and datetime.now(UTC) - item.received_at < NEWER_LIMIT:
            log.info("inbox item %s %s is left to newer code: %s", item.kind, item.key, error)
            _put_off(database, item, words, NEWER_PAUSE, attempts=item.attempts - 1)
            return 0
        log.warning("inbox item %s %s failed, attempt %s", item.kind, item.key, item.attempts, exc_info=True)
        if item.attempts >= ATTEMPTS:
            _set_aside(database, item, words, on_set_aside)
        else:
            _put_off(database, item, words, PAUSES[item.attempts - 1], attempts=item.attempts)
        return 0
    return 1


def _put_off(database: Database, item: InboxItem, words: str, pause: timedelta, *, attempts: int) -> None:
    """Has a failed item wait; one that another process has claimed meanwhile is that one's."""
    with database.transaction() as connection:
        connection.execute(
            update(inbox)
            .where(inbox.c.id == item.id, inbox.c.state == "waiting", inbox.c.attempts == item.attempts)
            .values(attempts=attempts, due_at=func.now() + pause, last_error=words)
        )


def _set_aside(database: Database, item: InboxItem, words: str, on_set_aside: OnSetAside | None) -> None:
    """Sets an item aside, and tells; where telling fails it is set aside all the same, and the log has it."""
    setting = (
        update(inbox)
        .where(inbox.c.id == item.id, inbox.c.state == "waiting")
        .values(state="set_aside", last_error=words)
    )
    try:
        with database.transaction() as connection:
            if connection.execute(setting).rowcount and on_set_aside is not None:
                on_set_aside(connection, item, words)
    except Exception:
        log.exception("nobody could be told that inbox item %s %s was set aside", item.kind, item.key)
        with database.transaction() as connection:
            connection.execute(setting)


def _come_back(database: Database) -> None:
    """Has the inbox drained again when what failed is due."""
    with database.transaction() as connection:
        due = connection.scalar(select(func.min(inbox.c.due_at)).where(inbox.c.state == "waiting"))
        if due is not None:
            jobs.nudge(connection, jobs.DRAIN_INBOX, key="later", at=due)
