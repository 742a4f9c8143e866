"""Puts the emulators, the controls and the page together and serves them on this machine alone."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import secrets
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from bot.sandbox import bill, company, control, intacct, page, slack
from bot.sandbox.bill import api as bill_api
from bot.sandbox.companies import Companies
from bot.sandbox.companies_file import for_two, write_companies_file
from bot.sandbox.company import birch
from bot.sandbox.guard import Guard
from bot.sandbox.slack.seed import CONTROLLERS
from bot.sandbox.wire import AbortableProtocol
from bot.sandbox.world import Record, World

HOST = "127.0.0.1"
BUSY_EXIT = 2
END_SECONDS = 2


def settings(address: str, folder: Path | None = None, leave: company.Leave | None = None) -> dict[str, str]:
    """What a client must be set to, by the names of Termkeeper's settings; all of it is fixed and public.

    `folder`: where the files are that a client is pointed at; without one it is pointed at none. `leave`: the days on
    which the deputy stands in; without one there is no deputy.
    """
    files = {"CLOSE_CALENDAR": str(folder.resolve() / company.CLOSE_CALENDAR)} if folder else {}
    deputies = {"DEPUTIES": f"{company.DEPUTY}:{leave.first}..{leave.last}"} if leave else {}
    return (files | deputies) | {
        "PORT": address.rpartition(":")[2],
        "TIMEZONE": company.TIMEZONE,
        "SLACK_API_URL": f"{address}/sandbox/slack/api/",
        "SLACK_BOT_TOKEN": "xoxb-sandbox-termkeeper",
        "SLACK_APP_TOKEN": "xapp-sandbox-termkeeper",
        "SLACK_SIGNING_SECRET": "sandbox-signing-secret",
        "ALERT_CHANNELS": "C0FINALERTS",
        "REPORT_CHANNEL": "C0FINREPORT",
        "APPROVERS": CONTROLLERS,
        "INTACCT_URL": f"{address}/sandbox/intacct/ia/xml/xmlgw.phtml",
        "INTACCT_SENDER_ID": "sandbox",
        "INTACCT_SENDER_PASSWORD": "sandbox-sender-password",
        "INTACCT_COMPANY_ID": "acme",
        "INTACCT_USER_ID": "termkeeper-reader",
        "INTACCT_USER_PASSWORD": "sandbox-reader-password",
        "INTACCT_WRITER_USER_ID": "termkeeper-writer",
        "INTACCT_WRITER_PASSWORD": "sandbox-writer-password",
        "BILL_URL": f"{address}/sandbox/bill/connect",
        "BILL_USERNAME": bill_api.USERNAME,
        "BILL_PASSWORD": bill_api.PASSWORD,
        "BILL_ORGANIZATION_ID": bill_api.ORGANIZATION,
        "BILL_DEV_KEY": bill_api.DEV_KEY,
    }


def client_settings(world: World, folder: Path | None) -> dict[str, str]:
    """What a client of this sandbox must be set to, as `settings` says; with two companies by a file of companies.

    A sandbox without a folder has no such file: its clients are pointed at acme alone.
    """
    alone = settings(world.address, folder, company.leave(world))
    return for_two(alone, folder) if folder is not None and birch.is_founded(world) else alone


def build(world: World, folder: Path | None = None) -> Starlette:
    """The whole sandbox as one ASGI application; `world.address` must be set before the first request."""
    workspace = slack.Workspace.of(world)
    companies = Companies(world, workspace.post_as_app, folder)
    description = control.Description(_identity(world, folder), lambda: client_settings(world, folder))
    routes = [
        *slack.routes(world),
        *intacct.routes(*(one.world for one in companies)),
        *bill.routes(world),
        *control.routes(world, workspace, companies, description),
        *page.routes(world, workspace, companies),
    ]
    return Starlette(routes=routes, middleware=[Middleware(Guard, world=world)])


def _identity(world: World, folder: Path | None) -> Record:
    """Tells this run from any other: who started what, and which kept state it goes on with."""
    table = world.store.table("instance")
    if "self" not in table:
        table["self"] = {"id": secrets.token_hex(8)}
    return {
        "service": "termkeeper-sandbox",
        "instance": table["self"]["id"],
        "pid": os.getpid(),
        "folder": str(folder.resolve()) if folder else None,
    }


class SandboxServer(uvicorn.Server):
    """Ends on SIGINT and SIGTERM as on any other good end: at once, with no traceback and exit code 0."""

    def __init__(self, config: uvicorn.Config, world: World) -> None:
        super().__init__(config)
        self._world = world

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Keeps the signals for itself, where the base would raise them again after the end."""
        loop = asyncio.get_running_loop()

        def end(_number: int, _frame: FrameType | None) -> None:
            self.should_exit = True
            loop.call_soon_threadsafe(self._world.touch)  # lets the pages' long polls go

        before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def run(port: int, folder: Path, *, as_json: bool = False, fresh: bool = False, two_companies: bool = False) -> int:
    """Serves until it is told to end; the process's exit code. Port 0 takes a free one.

    `folder` keeps the state, so that a second start goes on where the first stopped; `fresh` empties it first.
    `two_companies` adds the company birch, which then stays.
    """
    try:
        listener = socket.create_server((HOST, port))
    except OSError as problem:
        print(_port_words(port, problem), file=sys.stderr)
        return BUSY_EXIT
    # asyncio leaves Nagle's algorithm on for such a socket, which costs every small answer 40 ms
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    world = World(folder)
    world.address = f"http://{HOST}:{listener.getsockname()[1]}"
    company.found(world)
    company.write_close_calendar(folder, world.calendar.now())
    if two_companies:
        birch.found(world)
    if birch.is_founded(world):
        write_companies_file(settings(world.address, folder, company.leave(world)), folder)
    server = SandboxServer(_config(build(world, folder)), world)
    _announce(client_settings(world, folder), folder, as_json=as_json)
    asyncio.run(server.serve(sockets=[listener]))
    world.store.close()
    return 0


def _config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=AbortableProtocol,
        ws="websockets-sansio",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=END_SECONDS,
    )


def _port_words(port: int, problem: OSError) -> str:
    if problem.errno == errno.EADDRINUSE:
        return f"Port {port} is in use on this machine. End what uses it, or set PORT to another number."
    return f"Port {port} cannot be used: {problem.strerror}. Set PORT to another number."


def _announce(values: dict[str, str], folder: Path, *, as_json: bool) -> None:
    """Tells where things are, once the port is open: requests wait from now on and are answered in a moment."""
    if as_json:
        print(json.dumps(values), flush=True)
        return
    lines = [
        f"The sandbox is at http://{HOST}:{values['PORT']}/",
        f"Its state is kept in {folder}. Ctrl-C ends it.",
        "",
        "What it accepts, as settings of a client:",
        *(f"  {name}={value}" for name, value in values.items()),
    ]
    print("\n".join(lines), flush=True)
