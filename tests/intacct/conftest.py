"""A client of the emulated Intacct, and one of a scripted server, both over real sockets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext

import pytest

from bot.intacct.client import Intacct
from bot.intacct.wire import TimeLimits
from bot.sandbox.intacct import PATH, routes
from bot.sandbox.intacct.terms import add_term
from bot.sandbox.world import Record, World
from tests.intacct.scripted import Reply, Script, Scripted, scripted, signed_in
from tests.sandbox.serving import serve

SECRETS = ("sandbox-sender-password", "sandbox-reader-password", "sandbox-writer-password", "session-secret")


class Counter:
    """Counts as the records do."""

    def __init__(self) -> None:
        self.functions: list[str] = []

    def count(self, function: str) -> None:
        self.functions.append(function)


class Slots:
    """A gate that notes how many were in at once."""

    def __init__(self, places: int = 2) -> None:
        self._places = threading.Semaphore(places)
        self._guard = threading.Lock()
        self._inside = 0
        self.most = 0

    @contextmanager
    def slot(self) -> Iterator[None]:
        with self._places:
            with self._guard:
                self._inside += 1
                self.most = max(self.most, self._inside)
            try:
                yield
            finally:
                with self._guard:
                    self._inside -= 1


class Open:
    """A gate without a limit."""

    def slot(self) -> nullcontext[None]:
        return nullcontext()


def books_at(url: str, **changes: object) -> Intacct:
    """A client with the sandbox's credentials, whose pauses take no time."""
    settings: dict[str, object] = {
        "url": url,
        "sender_id": "sandbox",
        "sender_password": "sandbox-sender-password",
        "company_id": "acme",
        "user_id": "termkeeper-reader",
        "user_password": "sandbox-reader-password",
        "writer_user_id": "termkeeper-writer",
        "writer_password": "sandbox-writer-password",
        "gate": Open(),
        "counter": Counter(),
        "limits": TimeLimits(connect=5, read=5, whole=10),
        "sleep": lambda seconds: None,
        **changes,
    }
    return Intacct(**settings)  # type: ignore[arg-type]


Opening = Callable[..., Intacct]


@pytest.fixture
def world() -> World:
    """A company with five terms and six invoices, one term owned by an entity."""
    world = World()
    world.store.table("entity")["200"] = {"LOCATIONID": "200", "NAME": "Europe"}
    add_term(world, "Net 30", {"DUEDATE": "30"}, by="agarcia")
    add_term(world, "Net 90", {"DUEDATE": "90", "STATUS": "inactive"}, by="agarcia")
    add_term(world, "net 30", {"DUEDATE": "30"}, by="agarcia")
    discount = {"DISCDATE": "10", "DISCAMOUNT": "2", "DISCPERCAMN": "%"}
    add_term(world, "2% 10, Net 30", {"DUEDATE": "30", **discount}, by="agarcia")
    add_term(world, "Net 12", {"DUEDATE": "12"}, by="agarcia", entity="200")
    keep_invoice(world, 1)
    keep_invoice(world, 2, TERMNAME="Net 90", WHENCREATED="02/27/2026")
    keep_invoice(world, 3, TERMNAME="")
    keep_invoice(world, 4, TERMNAME="Net 90", WHENCREATED="01/15/2026", STATE="Paid")
    keep_invoice(world, 5, TERMNAME="net 30", STATE="Draft", TRX_TOTALENTERED="12.50", CURRENCY="EUR")
    keep_invoice(world, 6, RECORDID="INV-1")
    world.store.table("sequence")["arinvoice"] = {"next": 7}
    return world


def keep_invoice(world: World, number: int, **changes: str) -> None:
    row: Record = {
        "RECORDNO": str(number),
        "RECORDID": f"INV-{number}",
        "CUSTOMERID": "C1",
        "CUSTOMERNAME": "Globex & Söhne <GmbH>",
        "TERMNAME": "Net 30",
        "WHENCREATED": "11/02/2026",
        "WHENDUE": "12/02/2026",
        "AUWHENCREATED": "11/03/2026 05:00:00",
        "WHENMODIFIED": "11/03/2026 06:00:00",
        "CREATEDBY": "bill-sync",
        "TOTALENTERED": "1250.50",
        "TRX_TOTALENTERED": "1250.50",
        "CURRENCY": "USD",
        "BASECURR": "USD",
        "STATE": "Posted",
        "MEGAENTITYID": "",
        **changes,
    }
    world.store.table("arinvoice")[str(number)] = row


@pytest.fixture
def open_books(world: World) -> Iterator[Opening]:
    """A function that opens a client of the emulated company; its settings can be changed."""
    with ExitStack() as stack:
        address = stack.enter_context(serve(routes(world), world))

        def opening(**changes: object) -> Intacct:
            books = books_at(address + PATH, **changes)
            stack.callback(books.close)
            return books

        yield opening


@pytest.fixture
def books(open_books: Opening) -> Intacct:
    """A client of the emulated company."""
    return open_books()


@pytest.fixture
def serve_script() -> Iterator[Callable[..., tuple[Intacct, Scripted]]]:
    """A function that serves a script and opens a client of it; sign-ins succeed unless `sign_in` says otherwise."""
    with ExitStack() as stack:

        def serving(script: Script, *, sign_in: Script | None = None, **changes: object) -> tuple[Intacct, Scripted]:
            def whole(asked: object) -> Reply:
                if asked.function == "getAPISession":  # type: ignore[attr-defined]
                    return sign_in(asked) if sign_in else signed_in(asked, served.url)  # type: ignore[arg-type]
                return script(asked)  # type: ignore[arg-type]

            served = stack.enter_context(scripted(whole))
            books = books_at(served.url, **changes)
            stack.callback(books.close)
            return books, served

        yield serving


def functions(world: World) -> list[str]:
    """What the emulator was asked for."""
    return [call["function"] for call in world.calls.of("intacct")]
