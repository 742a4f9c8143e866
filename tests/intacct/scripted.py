"""A server over a real socket that answers as a test says: for what no emulator would send."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lxml import etree


@dataclass(frozen=True)
class Reply:
    """One answer; `broken` closes the connection in the middle of it, `hang` seconds pass before it.

    `chunked` sends it in pieces whose number is not told before.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    broken: bool = False
    chunked: bool = False
    hang: float = 0.0


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    path: str
    body: bytes

    @property
    def root(self) -> etree._Element:
        return etree.fromstring(self.body)

    @property
    def function(self) -> str:
        return str(self.root.find("operation/content/function")[0].tag)

    @property
    def control_id(self) -> str:
        return self.root.find("operation/content/function").get("controlid")

    @property
    def request_id(self) -> str:
        return self.root.findtext("control/controlid")


Script = Callable[[Asked], Reply]


class Scripted:
    """What was asked, and where."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.connections = 0
        self.url = ""
        self.released = threading.Event()

    @property
    def functions(self) -> list[str]:
        return [asked.function for asked in self.asked]


@contextmanager
def scripted(script: Script) -> Iterator[Scripted]:
    """Serves `script`; sign-ins are answered by themselves unless it answers them."""
    served = Scripted()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            served.connections += 1
            super().setup()

        def do_POST(self) -> None:
            asked = Asked(self.path, self.rfile.read(int(self.headers["content-length"])))
            served.asked.append(asked)
            reply = script(asked)
            if reply.hang:
                served.released.wait(reply.hang)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            whole = reply.body[: len(reply.body) // 2] if reply.broken else reply.body
            self.close_connection = reply.broken
            if reply.chunked:
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                for start in range(0, len(whole), 1000):
                    piece = whole[start : start + 1000]
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                self.wfile.write(b"" if reply.broken else b"0\r\n\r\n")
                return
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(whole)

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_address[1]}/ia/xml/xmlgw.phtml"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.released.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def signed_in(asked: Asked, endpoint: str, *, session: str = "session-secret", seconds: int = 3600) -> Reply:
    """The answer to getAPISession."""
    minutes, rest = divmod(seconds, 60)
    data = f"<data><api><sessionid>{session}</sessionid><endpoint>{endpoint}</endpoint><locationid/></api></data>"
    return Reply(
        f"<?xml version='1.0' encoding='UTF-8'?><response>{control(asked)}<operation><authentication>"
        f"<status>success</status><userid>u</userid><sessiontimestamp>2026-11-24T06:00:00+00:00</sessiontimestamp>"
        f"<sessiontimeout>2026-11-24T{6 + minutes // 60:02}:{minutes % 60:02}:{rest:02}+00:00</sessiontimeout>"
        f"</authentication>{result(asked, data)}</operation></response>".encode()
    )


def control(asked: Asked, status: str = "success") -> str:
    return (
        f"<control><status>{status}</status><senderid>s</senderid><controlid>{asked.request_id}</controlid>"
        "<uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control>"
    )


def result(asked: Asked, inner: str = "", status: str = "success") -> str:
    return (
        f"<result><status>{status}</status><function>{asked.function}</function>"
        f"<controlid>{asked.control_id}</controlid>{inner}</result>"
    )


def errors(number: str, description: str = "", description2: str = "", correction: str = "") -> str:
    return (
        f"<errormessage><error><errorno>{number}</errorno><description>{description}</description>"
        f"<description2>{description2}</description2><correction>{correction}</correction></error></errormessage>"
    )


def answered(asked: Asked, results: str) -> Reply:
    """A reply whose request and sign-in were accepted."""
    return Reply(
        (
            "<?xml version='1.0' encoding='UTF-8'?>\n"
            f"<response>{control(asked)}<operation><authentication><status>success</status></authentication>"
            f"{results}</operation></response>"
        ).encode()
    )


def found(asked: Asked, kind: str, rows: str = "", *, count: int = 0, remaining: int = 0) -> Reply:
    """The answer to a query."""
    data = f'<data listtype="{kind}" totalcount="{count}" offset="0" count="{count}" numremaining="{remaining}">'
    return answered(asked, result(asked, f"{data}{rows}</data>"))


def failed(asked: Asked, *error: str, status: str = "failure") -> Reply:
    """The function said no."""
    return answered(asked, result(asked, errors(*error), status))
