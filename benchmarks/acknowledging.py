"""Acknowledging an event that is durably taken: this bot's front, and bare Bolt on ASGI with one PostgreSQL insert.

    python -m benchmarks.acknowledging [--events 500 2000 8000] [--rounds 5]

Both are fronts alone, as nothing works off what they take, on one PostgreSQL and in a process of their own.
"""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import uvicorn
from slack_bolt import App

from benchmarks.events import CHANNEL, alert, envelope, send
from benchmarks.rounds import ROOT, Figures, Rows, emulators, keep

EVENTS = (500, 2_000, 8_000)
SECRET = "sandbox-signing-secret"
WARM = 200
"""Events before the first round: what is made once is made by then."""


def main() -> None:
    """Measures, prints one table, writes JSON."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--events", type=int, nargs="+", default=list(EVENTS))
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--serve", nargs=3, metavar=("WHICH", "DATABASE", "SLACK"))
    options = asked.parse_args()
    if options.serve:
        which, database, slack = options.serve
        serve(FRONTS[which](database, slack))
        return
    from bot.records import migrate
    from bot.records.engine import Database
    from bot.records.postgres import EmbeddedPostgres

    rows: Rows = {f"{events:,} events, {which}": [] for events in options.events for which in FRONTS}
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder)) as server, emulators() as settings:
        database = Database(server.url)
        migrate.migrate(database)
        with front("termkeeper", server.url, settings) as own, front("bare Bolt", server.url, settings) as bare:
            serial = iter(range(1, 10_000_000))
            for one in (own, bare):
                rounded(one, WARM, serial)
            for _ in range(options.rounds):
                for events in options.events:
                    rows[f"{events:,} events, termkeeper"].append(rounded(own, events, serial))
                    rows[f"{events:,} events, bare Bolt"].append(rounded(bare, events, serial))
        database.dispose()
    keep("acknowledging", rows)


@contextmanager
def front(which: str, database: str, settings: dict[str, str]) -> Iterator[tuple[int, int]]:
    """One of the fronts; its process's id and its port."""
    command = [sys.executable, "-m", "benchmarks.acknowledging", "--serve", which, database, settings["SLACK_API_URL"]]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.pid, int(process.stdout.readline())
        finally:
            process.terminate()


def rounded(one: tuple[int, int], events: int, serial: Iterator[int]) -> Figures:
    """One round: what an event costs the front's process, and how long its acknowledgement takes."""
    pid, port = one
    bodies = [
        envelope(n, alert(f"INV-{n}"), f"{1_700_000_000 + n}.000100")
        for n, _ in zip(serial, range(events), strict=False)
    ]
    process = psutil.Process(pid)
    before = process.cpu_times()
    waited, refused = send(port, SECRET, bodies)
    after = process.cpu_times()
    spent = after.user + after.system - before.user - before.system
    cuts = statistics.quantiles(waited, n=100)
    return {
        "CPU ms an event": spent / events * 1000,
        "median ms": cuts[49] * 1000,
        "p99 ms": cuts[98] * 1000,
        "worst ms": max(waited) * 1000,
        "not acknowledged": refused,
    }


def serve(app: Any) -> None:
    """Serves until it is ended; its port is printed."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        print(listener.getsockname()[1], flush=True)
        config = uvicorn.Config(app, log_level="error", lifespan="off", access_log=False)
        uvicorn.Server(config).run(sockets=[listener])


def _own(database: str, slack: str) -> Any:
    from bot.records.engine import Database
    from bot.slack.app import bolt_app, http_app
    from bot.slack.approvers import SlackApprovers
    from bot.slack.clients import clients
    from bot.slack.door import Door
    from bot.slack.insight import Insight
    from bot.slack.members import SlackMembers
    from bot.slack.parts import Parts

    records, both = Database(database), clients("xoxb-sandbox-termkeeper", slack)
    approvers = SlackApprovers(both.other, SlackMembers(both.other), {})
    parts = Parts(
        door=Door(records),
        database=records,
        companies={},
        approvers=approvers,
        clients=both,
        listens=lambda channel: channel == CHANNEL,
        aside=ThreadPoolExecutor(1),
        insight=Insight(both.other, {}, approvers),
        came_up=lambda: None,
    )
    return http_app(bolt_app(both, SECRET, parts), lambda: {"ok": True})


def _bare(database: str, slack: str) -> Any:
    from psycopg_pool import ConnectionPool
    from slack_bolt.adapter.asgi import SlackRequestHandler
    from slack_sdk import WebClient

    pool = ConnectionPool(database, min_size=4, open=True)
    with pool.connection() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bare (key text PRIMARY KEY, body jsonb)")
    client = WebClient(token="xoxb-sandbox-termkeeper", base_url=slack)
    app = App(client=client, signing_secret=SECRET, process_before_response=True)

    @app.event("message")
    def message(body: dict[str, Any]) -> None:
        with pool.connection() as connection:
            values = (body["event_id"], json.dumps(body))
            connection.execute("INSERT INTO bare VALUES (%s, %s) ON CONFLICT (key) DO NOTHING", values)

    return SlackRequestHandler(app)


FRONTS = {"termkeeper": _own, "bare Bolt": _bare}

if __name__ == "__main__":
    main()
