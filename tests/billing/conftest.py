"""A scripted BILL for odd answers, BILL's emulator, and clients of both, all over real sockets."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.billing.bill import BillSource
from bot.billing.bill_session import BillSession
from bot.sandbox.bill import routes
from bot.sandbox.world import World
from tests.sandbox.serving import serve

PASSWORD = "sandbox-bill-password"
DEV_KEY = "sandbox-dev-key"


@dataclass
class Passage:
    """A gate and a counter that remember what passed."""

    inside: int = 0
    most: int = 0
    counted: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    places: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(3))

    @contextmanager
    def slot(self) -> Iterator[None]:
        with self.places:
            with self.lock:
                self.inside += 1
                self.most = max(self.most, self.inside)
            try:
                yield
            finally:
                with self.lock:
                    self.inside -= 1

    def count(self) -> None:
        with self.lock:
            self.counted += 1


@dataclass
class Watch:
    """Time that a test moves; sleeping is noted and takes none."""

    seconds: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def now(self) -> datetime:
        return datetime(2026, 11, 24, 9, 45, 0, tzinfo=UTC)


@dataclass
class Bill:
    """A client and what it is made of."""

    source: BillSource
    session: BillSession
    passage: Passage
    watch: Watch


def connect(url: str, **changes: Any) -> Bill:
    passage, watch = Passage(), Watch()
    credentials = {
        "username": "termkeeper@acme.test",
        "password": PASSWORD,
        "organization_id": "00801ACME",
        "dev_key": DEV_KEY,
    }
    session = BillSession(
        url=url,
        gate=passage,
        counter=passage,
        monotonic=watch.monotonic,
        sleep=watch.sleep,
        now=watch.now,
        **{**credentials, **changes},
    )
    return Bill(BillSource(session, monotonic=watch.monotonic), session, passage, watch)


@dataclass
class Asked:
    """A request that the scripted BILL received."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


Reply = tuple[int, bytes, dict[str, str]]


def reply(body: object, status: int = 200, **headers: str) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return status, content, {"content-type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}


def refusal(status: int, code: str, message: str = "No.") -> Reply:
    error = {"timestamp": "", "code": code, "severity": "ERROR", "category": "REQUEST", "message": message}
    return reply([error], status)


@dataclass
class Script:
    """Answers by path: each list is used up in order, its last answer stands."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, list[Reply | None]] = field(default_factory=dict)

    def at(self, path: str, *answers: Reply | None) -> None:
        self.answers[path] = list(answers)

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def take(self, path: str) -> Reply | None:
        left = self.answers[path]
        return left.pop(0) if len(left) > 1 else left[0]


TERMS = "/v3/organizations/00801ACME/payment-terms"
NET_45 = {"id": "00p45", "name": "Net 45", "daysDue": 45}


@pytest.fixture
def script() -> Iterator[Script]:
    script = Script()
    script.at("/v3/login", reply({"sessionId": "secret-session", "organizationId": "00801ACME", "userId": "006"}))
    script.at(TERMS, reply({"results": [NET_45]}))
    script.at("/v3/invoices", reply({"results": []}))
    script.at("/v3/customers", reply({"results": []}))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))

        def _answer(self, body: Any) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            headers = {key.lower(): value for key, value in self.headers.items()}
            script.asked.append(Asked(self.command, parts.path, query, headers, body))
            answer = script.take(parts.path)
            if answer is None:
                self.close_connection = True
                return
            status, content, fields = answer
            self.send_response(status)
            for key, value in {"content-length": str(len(content)), **fields}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield script
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def scripted(script: Script) -> Bill:
    return connect(script.url)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def emulated(world: World) -> Iterator[Callable[..., Bill]]:
    """Makes clients of the emulator."""
    with serve(routes(world), world) as address:
        yield lambda **changes: connect(f"{address}/sandbox/bill/connect", **changes)
