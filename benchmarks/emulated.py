"""The sandbox's emulators with a company made to measure; prints a client's settings as one line of JSON."""

from __future__ import annotations

import argparse
import json
import socket
import time
from datetime import timedelta
from pathlib import Path

import uvicorn
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.sandbox import company
from bot.sandbox.bill import books
from bot.sandbox.intacct.filling import fill
from bot.sandbox.server import build, settings
from bot.sandbox.world import World

BURST_TERMS = {"Net 41": 41, "Net 42": 42, "Net 43": 43, "Net 44": 44, "Net 46": 46}
"""Terms of BILL that Intacct lacks."""


def main() -> None:
    """Serves until it is ended."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--invoices", type=int, default=0, help="posted invoices in Intacct")
    asked.add_argument("--failing", type=int, default=0, help="invoices in BILL of five terms that Intacct lacks")
    asked.add_argument("--certificate", type=Path, help="a PEM file with key and certificate: serves by TLS")
    asked.add_argument("--paced", action="store_true", help="Slack takes about one message a second")
    asked.add_argument("--bare", action="store_true", help="without the sandbox's own company")
    options = asked.parse_args()
    world = World()
    if not options.bare:
        company.found(world)
    fill(world, options.invoices)
    bill_failing(world, options.failing)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    scheme = "https" if options.certificate else "http"
    world.address = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
    print(json.dumps(settings(world.address) | {"SANDBOX": world.address}), flush=True)
    app: ASGIApp = Counting(build(world))
    if options.paced:
        app = Paced(app)
    config = uvicorn.Config(
        app, log_level="warning", lifespan="off", access_log=False, ssl_certfile=options.certificate
    )
    uvicorn.Server(config).run(sockets=[listener])


class Counting:
    """Counts the connections that came, and tells it at `/connections`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._seen: set[tuple[str, int]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Notes who asks."""
        self._seen.add(tuple(scope.get("client") or ("", 0)))
        told = scope["path"] == "/connections"
        await (JSONResponse(len(self._seen)) if told else self._app)(scope, receive, send)


class Paced:
    """Takes one message a second, as Slack does in a channel, and a short burst; a burst of alerts is one channel's."""

    EVERY_S = 1.0
    AT_ONCE = 2

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._next_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers 429 where a message comes too soon."""
        if scope["type"] != "http" or not scope["path"].endswith("/chat.postMessage"):
            await self._app(scope, receive, send)
            return
        now = time.monotonic()
        if self._next_at - now > self.EVERY_S * (self.AT_ONCE - 1):
            refusal = JSONResponse({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "1"})
            await refusal(scope, receive, send)
            return
        self._next_at = max(self._next_at, now) + self.EVERY_S
        await self._app(scope, receive, send)


def bill_failing(world: World, count: int) -> None:
    """Adds waiting invoices to BILL, `BURST-0000` and on, whose terms take turns."""
    if not count:
        return
    terms = [books.add_term(world, name, days) for name, days in BURST_TERMS.items()]
    today = world.calendar.now().date() - timedelta(days=5)
    template = dict(next(iter(world.store.table("bill_invoice").values())))
    with world.store.batch():
        for number in range(count):
            term = terms[number % len(terms)]
            key = books.new_id(world, "00e")
            world.store.table("bill_invoice")[key] = template | {
                "id": key,
                "invoiceNumber": f"BURST-{number:04d}",
                "invoiceDate": today.isoformat(),
                "dueDate": (today + timedelta(days=int(term["daysDue"]))).isoformat(),
                "paymentTermId": term["id"],
                "status": "OPEN",
                "archived": False,
                "_sync": {"state": "waiting", "message": "", "at": ""},
            }


if __name__ == "__main__":
    main()
