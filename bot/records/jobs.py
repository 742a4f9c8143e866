"""Jobs: nudges that carry ids only, distributed over all processes by Procrastinate; state is the truth."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import procrastinate
import psycopg
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from procrastinate.tasks import Task
from psycopg.rows import tuple_row
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from bot.records.engine import libpq_url
from bot.records.threads import HandlerThreads

log = logging.getLogger(__name__)

DRAIN_INBOX = "inbox.drain"
"""Works off the inbox. No arguments."""
GATHER = "cases.gather"
"""Looks up failures that came together. `company`."""
WORK_CASE = "cases.work"
"""Does what a case's state says is due. `case_id`."""
WATCH = "cases.watch"
"""Looks whether awaited invoices have arrived. `company`."""
POST_MESSAGE = "slack.post"
"""Posts or redraws a message. `message_id`."""
SCHEDULED = "schedule.do"
"""Does what the calendar asked for. `row`: the key in the table `schedule`."""

QUEUE = "termkeeper"
HEARTBEAT_S = 2.0
GRACE_S = 15.0
"""How long a worker that ends waits for its handlers: well within the time that hosts give a process to end."""
STALL_LIMIT_S = 6.0
"""A worker that was not heard of for so long is dead, and its jobs are anybody's."""
POLL_S = 2.0
"""How often it is looked whether a job has become due; what is due at once is told by NOTIFY, what is due soon by a bell."""
PAUSES_S = (1, 2, 5, 15, 60, 300, 900)
"""Until a failed job runs again; after the last it stays failed, and a tick enqueues anew what the state says is due."""

_AFTER_DUE_S = 0.01
"""The bell rings so long after a moment, so that it is past also by the database's clock."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 5.0
"""Between two attempts to reach a database that does not answer."""

Handler = Callable[..., None]
AnyTask = Task[..., object, ...]

_ENQUEUE = text(
    """
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
        CAST(:queue AS varchar), CAST(:task AS varchar), 0, NULL, NULL, :args, CAST(:at AS timestamptz)
    )]::procrastinate_job_to_defer_v1[])
    WHERE CAST(:key AS text) IS NULL OR NOT EXISTS (
        SELECT 1 FROM procrastinate_jobs
        WHERE status = 'todo' AND task_name = :task AND args = :args
        AND (scheduled_at IS NULL OR scheduled_at <= coalesce(CAST(:at AS timestamptz), now()))
    )
    """
).bindparams(bindparam("args", type_=JSONB))

_FOLD = """
    DELETE FROM procrastinate_jobs WHERE id IN (
        SELECT id FROM procrastinate_jobs
        WHERE status = 'todo' AND task_name = %(task)s AND args = %(args)s
        AND (scheduled_at IS NULL OR scheduled_at <= now())
        FOR UPDATE SKIP LOCKED
    )
    """

_RECOVER = """
    WITH stalled AS (
        SELECT job.id, job.attempts FROM procrastinate_jobs job
        LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
        WHERE job.status = 'doing' AND (
            worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => %(limit)s)
        )
        FOR UPDATE OF job SKIP LOCKED
    ), enqueued AS (
        SELECT id, procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL)::text FROM stalled WHERE attempts < %(most)s
    ), ended AS (
        SELECT id, procrastinate_finish_job_v1(id, 'failed', false)::text FROM stalled WHERE attempts >= %(most)s
    ), told AS (
        SELECT pg_notify('procrastinate_queue_v1#termkeeper', json_build_object('type', 'job_inserted', 'job_id', id)::text)
        FROM enqueued
    )
    SELECT (SELECT count(*) FROM enqueued), (SELECT count(*) FROM ended), (SELECT count(*) FROM told)
    """
_SOONEST = """
    SELECT extract(epoch FROM min(scheduled_at) - now())::float AS wait FROM procrastinate_jobs
    WHERE status = 'todo' AND scheduled_at > now()
    """
_RING = """SELECT pg_notify('procrastinate_queue_v1#termkeeper', '{"type": "job_inserted", "job_id": 0}')"""
_STALLS = 10
"""A job whose process died so often is left alone: perhaps it is what kills them."""


def nudge(
    connection: Connection, task: str, *, key: str | None = None, at: datetime | None = None, **args: int | str
) -> None:
    """Enqueues a job in the caller's transaction: it runs only if that commits.

    A job does not start before `at` (aware; real time, not the sandbox's calendar). With a `key`, nothing is
    enqueued while a job of this task, key and arguments waits that is due no later. Without one it always is; those
    of one task and equal arguments that are due when one of them starts are folded into that one.
    """
    values = {"queue": QUEUE, "task": task, "args": args | ({"_key": key} if key else {}), "at": at, "key": key}
    connection.execute(_ENQUEUE, values)


class Jobs:
    """The queue as a whole, for workers and ticks."""

    def __init__(self, database_url: str) -> None:
        """Connects to nothing yet."""
        self._url = libpq_url(database_url)

    @property
    def url(self) -> str:
        """The database's address as libpq reads it, password included."""
        return self._url

    def recover_stalled(self, limit_s: float = STALL_LIMIT_S) -> int:
        """Enqueues again what dead workers were at; how many jobs. For every tick.

        At the start of a process that is alone on its database `limit_s` may be 0: whoever worked before is dead.
        """
        with self._connect() as connection:
            row = connection.execute(_RECOVER, {"limit": limit_s, "most": _STALLS}).fetchone()
        enqueued, ended = row[:2] if row else (0, 0)
        if ended:
            log.error("%d jobs were given up: their process died %d times", ended, _STALLS)
        return enqueued

    def waiting(self) -> int:
        """How many jobs are due and not started."""
        with self._connect() as connection:
            row = connection.execute(
                "SELECT count(*) FROM procrastinate_jobs"
                " WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())"
            ).fetchone()
        return int(row[0]) if row else 0

    def workers(self) -> int:
        """How many processes work at this moment."""
        with self._connect() as connection:
            row = connection.execute(
                "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s)",
                [STALL_LIMIT_S],
            ).fetchone()
        return int(row[0]) if row else 0

    def forget(self, older_than_days: int = 7) -> int:
        """Removes jobs that ended so long ago (failed ones; the others go when they succeed); how many."""
        with self._connect() as connection:
            return connection.execute(
                "DELETE FROM procrastinate_jobs j WHERE status NOT IN ('todo', 'doing') AND NOT EXISTS ("
                " SELECT 1 FROM procrastinate_events e WHERE e.job_id = j.id AND e.at > now() - make_interval(days => %s))",
                [older_than_days],
            ).rowcount

    def _connect(self) -> psycopg.Connection[tuple[int, ...]]:
        return psycopg.connect(
            self._url, autocommit=True, connect_timeout=3, application_name="termkeeper-jobs", row_factory=tuple_row
        )


class Worker:
    """Runs jobs in a thread of its own: an event loop that listens, and `concurrency` threads for the handlers."""

    def __init__(
        self, jobs: Jobs, handlers: Mapping[str, Handler], concurrency: int = 8, *, grace_s: float = GRACE_S
    ) -> None:
        """`handlers`: a task's name to what does it, called with the job's arguments by name, on any of the threads."""
        self._jobs = jobs
        self._handlers = dict(handlers)
        self._concurrency = concurrency
        self._grace_s = grace_s
        self._threads = HandlerThreads(concurrency)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: asyncio.Task[None] | None = None
        self._stopping = threading.Event()
        self._ended_one: asyncio.Event | None = None

    def start(self) -> None:
        """Starts working; where the database is away, as soon as it is back."""
        if self._thread is not None:
            raise RuntimeError("this worker was started before")
        self._threads.start()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 20.0) -> bool:
        """Takes no more jobs and waits for those under way, `timeout` seconds at most; True where the worker ended.

        A handler that takes longer than `grace_s` goes on until the process ends; its job is anybody's again.
        """
        loop, thread = self._loop, self._thread
        if thread is None:
            return True
        if not self._stopping.is_set():
            self._stopping.set()
            if loop is not None:
                with contextlib.suppress(RuntimeError):  # it closed meanwhile: then nothing is left to be told
                    loop.call_soon_threadsafe(self._cancel)
        thread.join(timeout)
        ended = not thread.is_alive()
        if ended:
            self._threads.stop()
        return ended

    def _cancel(self) -> None:
        if self._running is not None:
            self._running.cancel()

    def _run(self) -> None:
        pause = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                asyncio.run(self._work())
            except (procrastinate.exceptions.ProcrastinateException, psycopg.Error, OSError, TimeoutError) as error:
                log.warning("jobs are interrupted, the database does not answer: %s", error)
            except Exception:
                log.exception("jobs are interrupted")
            pause = _FIRST_PAUSE_S if time.monotonic() - began > _LONGEST_PAUSE_S else min(pause * 2, _LONGEST_PAUSE_S)
            self._stopping.wait(pause)

    async def _work(self) -> None:
        connector = procrastinate.PsycopgConnector(
            conninfo=self._jobs.url, min_size=1, max_size=4, timeout=5.0, kwargs={"application_name": "termkeeper-jobs"}
        )
        app = procrastinate.App(connector=connector)
        for name, handler in self._handlers.items():
            app.task(name=name, queue=QUEUE, retry=_Retry(), pass_context=True)(self._task(name, handler))
        app.tasks = _Tasks(app)
        async with app.open_async():
            self._loop = asyncio.get_running_loop()
            self._running = asyncio.create_task(self._work_and_recover(app))
            if self._stopping.is_set():
                self._running.cancel()
            try:
                await self._running
            except asyncio.CancelledError:
                if not self._stopping.is_set():
                    raise
            finally:
                self._loop = None

    async def _work_and_recover(self, app: procrastinate.App) -> None:
        self._ended_one = asyncio.Event()
        beside = [
            asyncio.create_task(_recover_now_and_then(app)),
            asyncio.create_task(_ring_for_what_becomes_due(app, self._ended_one)),
        ]
        try:
            await app.run_worker_async(
                queues=[QUEUE, *map(_queue_of, self._handlers)],
                concurrency=self._concurrency,
                install_signal_handlers=False,
                fetch_job_polling_interval=POLL_S,
                abort_job_polling_interval=3600.0,  # nobody aborts jobs here
                shutdown_graceful_timeout=self._grace_s,
                update_heartbeat_interval=HEARTBEAT_S,
                stalled_worker_timeout=STALL_LIMIT_S,
                delete_jobs="successful",
            )
        finally:
            for task in beside:
                task.cancel()

    def _task(self, name: str, handler: Handler) -> Callable[..., object]:
        async def run(context: procrastinate.JobContext, **args: int | str) -> None:
            await context.app.connector.execute_query_async(_FOLD, task=name, args=args)
            given = {key: value for key, value in args.items() if key != "_key"}
            try:
                await asyncio.wrap_future(self._threads.submit(lambda: handler(**given)))
            except Exception:
                log.exception("the job %s %s failed, attempt %s", name, args, context.job.attempts + 1)
                raise
            finally:
                if self._ended_one is not None:
                    self._ended_one.set()

        return run


class _Tasks(dict[str, AnyTask]):
    """The tasks that this code knows; a job of any other is put aside for newer code, where it would end as failed."""

    def __init__(self, app: procrastinate.App) -> None:
        self._unknown: AnyTask = app.task(name="jobs.unknown", queue=QUEUE, retry=_LeftToNewer(), pass_context=True)(
            _unknown
        )
        super().__init__(app.tasks)

    def get(self, name: str, default: object = None) -> AnyTask:
        """A task by its name, or the one that puts jobs aside."""
        del default
        return super().get(name) or self._unknown


async def _unknown(context: procrastinate.JobContext, /, **_: int | str) -> None:
    raise LookupError(f"this code does not know the task {context.job.task_name}: it is left to newer code")


async def _recover_now_and_then(app: procrastinate.App) -> None:
    """Beside the jobs, not in one: a job that recovers could itself be the one that is stuck."""
    while True:
        await asyncio.sleep(HEARTBEAT_S)
        try:
            await app.connector.execute_query_all_async(_RECOVER, limit=STALL_LIMIT_S, most=_STALLS)
        except procrastinate.exceptions.ConnectorException as error:
            log.warning("stalled jobs could not be looked for: %s", error)


async def _ring_for_what_becomes_due(app: procrastinate.App, ended_one: asyncio.Event) -> None:
    """Has the workers look when a job becomes due: by polling alone a turn to post would be missed by seconds.

    A job that has just ended may have enqueued one that is due before what was known.
    """
    while True:
        try:
            wait = (await app.connector.execute_query_one_async(_SOONEST))["wait"]
            pause = POLL_S if wait is None else min(max(wait, 0.0) + _AFTER_DUE_S, POLL_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended_one.wait(), pause)
                ended_one.clear()
                continue
            if wait is not None and wait < POLL_S:
                await app.connector.execute_query_async(_RING)
        except procrastinate.exceptions.ConnectorException as error:
            log.warning("it could not be looked what becomes due: %s", error)
            await asyncio.sleep(POLL_S)


class _LeftToNewer(BaseRetryStrategy):
    """Into a queue of its own task, which only those serve that know it."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:  # noqa: ARG002  # Procrastinate calls it so
        return RetryDecision(retry_at=datetime.now(UTC), queue=_queue_of(job.task_name))


def _queue_of(task: str) -> str:
    return f"{QUEUE}/{task}"


class _Retry(BaseRetryStrategy):
    """Growing pauses."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:  # noqa: ARG002  # Procrastinate calls it so
        if job.attempts >= len(PAUSES_S):
            return None
        return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=PAUSES_S[job.attempts]))
