"""What comes over the line and is none of the gateway's, or wants too much; and how often a line is opened."""

from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.intacct.client import Intacct
from bot.intacct.errors import Garbled, GatewayBusy, IntacctError, NotSent, Offline, OutcomeUnknown, TransportError
from bot.intacct.query import Query
from bot.intacct.wire import TimeLimits, seconds
from bot.sandbox.intacct import PATH, routes
from bot.sandbox.world import World
from bot.terms.term import DueRule, PaymentTerm
from tests.intacct.conftest import books_at
from tests.intacct.scripted import Asked, Reply, Scripted, answered, control, found, result, signed_in
from tests.sandbox.serving import Tls, serve
from tests.shared import missing

Serving = Callable[..., tuple[Intacct, Scripted]]
NET_45 = PaymentTerm(due=DueRule(45))
PAGE = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"


def whole(asked: Asked) -> bytes:
    return answered(asked, result(asked, "<key>1</key>")).body


def with_doctype(asked: Asked) -> bytes:
    body = whole(asked).split(b"\n", 1)[1]
    return b'<?xml version="1.0"?><!DOCTYPE response [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + body


ODD: list[tuple[str, Callable[[Asked], Reply], type[IntacctError]]] = [
    ("a server's page", lambda a: Reply(PAGE, 502), TransportError),
    ("a page with status 200", lambda a: Reply(PAGE), Garbled),
    ("a page of maintenance", lambda a: Reply(b"<html>The Service is Temporarily Off-line</html>", 503), Offline),
    ("another service", lambda a: Reply(b"not found", 404), TransportError),
    ("a redirect", lambda a: Reply(b"", 302, {"location": "http://127.0.0.1:1/"}), TransportError),
    ("too many, without XML", lambda a: Reply(b"slow down", 429, {"retry-after": "2"}), GatewayBusy),
    ("too many, in words", lambda a: Reply(b"API rate limit exceeded", 400), GatewayBusy),
    ("nothing", lambda a: Reply(b""), Garbled),
    ("half", lambda a: Reply(whole(a)[:-40]), Garbled),
    ("a line that breaks", lambda a: Reply(whole(a), broken=True), TransportError),
    ("pieces that end too soon", lambda a: Reply(whole(a), broken=True, chunked=True), TransportError),
    ("no answer in time", lambda a: Reply(whole(a), hang=5), TransportError),
    ("another control id", lambda a: Reply(whole(a).replace(a.control_id.encode(), b"other")), Garbled),
    ("another request's id", lambda a: Reply(whole(a).replace(a.request_id.encode(), b"other")), Garbled),
    ("no result", lambda a: answered(a, ""), Garbled),
    ("two results", lambda a: answered(a, result(a) * 2), Garbled),
    ("an unknown status", lambda a: answered(a, result(a, status="perhaps")), Garbled),
    ("no operation", lambda a: Reply(f"<response>{control(a)}</response>".encode()), Garbled),
    ("a document type", lambda a: Reply(with_doctype(a)), Garbled),
    ("another encoding", lambda a: Reply(whole(a).decode().encode("utf-16")), Garbled),
    ("bytes that are no text", lambda a: Reply(whole(a).replace(b"<key>1", b"<key>\xff\xfe")), Garbled),
    ("packed", lambda a: Reply(gzip.compress(whole(a)), headers={"content-encoding": "gzip"}), Garbled),
]


@pytest.mark.parametrize(("answer", "kind"), [case[1:] for case in ODD], ids=[case[0] for case in ODD])
def test_what_is_no_answer_is_told_by_its_layer(
    serve_script: Serving, answer: Callable[[Asked], Reply], kind: type[IntacctError]
) -> None:
    books, _ = serve_script(answer, limits=TimeLimits(connect=5, read=0.2, whole=10))
    with pytest.raises(IntacctError) as read:
        books.fields("ARTERM")
    assert type(read.value) is kind
    with pytest.raises(IntacctError) as write:
        books.create_term("Net 45", NET_45, control_id="c")
    assert type(write.value) is (GatewayBusy if kind is GatewayBusy else OutcomeUnknown)


def bomb(inner: bytes) -> Callable[[Asked], Reply]:
    def answer(asked: Asked) -> Reply:
        empty = found(asked, "ARTERM").body
        return Reply(empty.replace(b"</data>", inner + b"</data>"))

    return answer


LAUGHS = (
    b'<!DOCTYPE response [<!ENTITY a "'
    + b"ha" * 5000
    + b'">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 100) for n in range(8))
    + b"]><response>&i;</response>"
)

BOMBS: list[tuple[str, Callable[[Asked], Reply]]] = [
    ("a billion laughs", lambda a: Reply(b'<?xml version="1.0"?>' + LAUGHS)),
    ("laughs within the reply", bomb(b"&a;" * 1000)),
    ("countless elements", bomb(b"<a/>" * 3_000_000)),
    ("countless attributes", bomb(b"<a " + b" ".join(b'a%d=""' % n for n in range(400_000)) + b"/>")),
    ("a deep well", bomb(b"<a>" * 50_000 + b"</a>" * 50_000)),
    ("one endless text", bomb(b"<a/>" * 2000 + b"<a>" + b"x" * 8_000_000 + b"</a>")),
    ("more than any page", bomb(b"<a>" + b"x" * 40_000_000 + b"</a>")),
    ("all that the counts let pass", bomb(b'<a b="">%s</a>' % (b"x" * 130) * 47_000)),
    ("countless comments", bomb(b"<!---->" * 2_000_000)),
]

MEASURED = """
import re, sys, time
from pathlib import Path
from bot.intacct.errors import Garbled, IntacctError
from bot.intacct.query import Query
from bot.intacct.wire import TimeLimits
from tests.intacct.conftest import books_at
def peak_kib():
    # of this program alone: what getrusage tells begins with its parent's
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
books = books_at(sys.argv[1])
books.fields("ARTERM")
peak, cpu = peak_kib(), time.process_time()
try:
    books.terms()
    outcome = "read"
except IntacctError as error:
    outcome = type(error).__name__
print(outcome, peak_kib() - peak, time.process_time() - cpu)
"""


@pytest.mark.parametrize("answer", [case[1] for case in BOMBS], ids=[case[0] for case in BOMBS])
def test_a_bomb_costs_little(serve_script: Serving, answer: Callable[[Asked], Reply]) -> None:
    if not Path("/proc/self/status").exists():
        missing("/proc, which tells a process's own peak of memory")

    def once(asked: Asked) -> Reply:
        if asked.function == "lookup":
            return answered(asked, result(asked, "<data/>"))
        bombs = served.functions.count("query")
        return answer(asked) if bombs == 1 else Reply(b"no", 404)

    _, served = serve_script(once)
    done = subprocess.run(
        [_python(), "-c", MEASURED, served.url],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )
    outcome, grown_kib, cpu_s = done.stdout.split()
    # The bomb was refused: at once, or so that the read was repeated and met the script's other answer.
    assert outcome in ("Garbled", "TransportError")
    assert int(grown_kib) < 50 * 1024
    assert float(cpu_s) < 1.0


def _python() -> str:
    import sys

    return sys.executable


def test_nobody_there_is_known_not_to_have_been_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    books = books_at(f"http://127.0.0.1:{port}/")
    for attempt in (books.terms, lambda: books.create_term("Net 45", NET_45, control_id="c")):
        with pytest.raises(NotSent) as told:
            attempt()
        assert "INTACCT_URL" in told.value.advice


def test_a_write_whose_sign_in_got_no_answer_is_known_not_to_have_been_sent(serve_script: Serving) -> None:
    books, served = serve_script(lambda a: found(a, "ARTERM"), sign_in=lambda a: Reply(PAGE, 502))
    with pytest.raises(NotSent):
        books.create_term("Net 45", NET_45, control_id="c")
    assert set(served.functions) == {"getAPISession"}


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://example.com/x",
        "https://intacct.com.example.com/x",
        "https://user:pw@x.intacct.com/x",
        "file:///x",
        "://",
    ],
)
def test_a_session_elsewhere_is_not_followed(serve_script: Serving, endpoint: str) -> None:
    books, served = serve_script(lambda a: found(a, "ARTERM"), sign_in=lambda a: signed_in(a, endpoint))
    with pytest.raises(Garbled, match="does not trust"):
        books.terms()
    assert set(served.functions) == {"getAPISession"}


def test_a_session_is_used_on_its_own_address(serve_script: Serving) -> None:
    books, served = serve_script(
        lambda a: found(a, "ARTERM"), sign_in=lambda a: signed_in(a, served.url + "?endpoint=2")
    )
    books.terms()
    assert [asked.path for asked in served.asked] == ["/ia/xml/xmlgw.phtml", "/ia/xml/xmlgw.phtml?endpoint=2"]


def test_one_connection_is_kept(serve_script: Serving) -> None:
    books, served = serve_script(lambda a: found(a, "ARTERM"))
    for _ in range(20):
        books.terms()
    assert served.connections == 1


def test_an_answer_in_pieces_is_read_whole(serve_script: Serving) -> None:
    row = "<ARTERM><RECORDNO>1</RECORDNO><NAME>Net 30</NAME></ARTERM>"
    books, served = serve_script(lambda a: Reply(found(a, "ARTERM", row * 1500, count=1500).body, chunked=True))
    for _ in range(3):
        assert list(books.rows(Query(object="ARTERM", select=("RECORDNO", "NAME")))) == [("1", "Net 30")] * 1500
    assert served.connections == 1


def test_an_answer_that_trickles_in_is_given_up(serve_script: Serving) -> None:
    ticks = iter(range(0, 10_000, 60))
    books, _ = serve_script(
        lambda a: Reply(found(a, "ARTERM").body + b" " * 600_000),
        limits=TimeLimits(connect=5, read=5, whole=100),
        monotonic=lambda: float(next(ticks)),
    )
    with pytest.raises(TransportError, match="in time"):
        books.terms()


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("3", 3.0),
        ("9" * 40, 3600.0),
        ("Tue, 24 Nov 2099 06:00:00 GMT", 3600.0),
        ("0.5", 0.5),
        (None, None),
        ("soon", None),
        ("", None),
        ("-1", None),
    ],
)
def test_a_wait_is_read_from_its_header(header: str | None, told: float | None) -> None:
    assert seconds(header) == told


def test_a_wait_until_a_moment_is_read_as_seconds() -> None:
    assert seconds("Tue, 24 Nov 2015 06:00:00 GMT") == 0.0


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """A certificate for 127.0.0.1 that nobody vouches for but itself."""
    if shutil.which("openssl") is None:
        missing("the openssl command, which makes the certificate of this test")
    folder = tmp_path_factory.mktemp("tls")
    made = Tls(certificate=folder / "cert.pem", key=folder / "key.pem")
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=127.0.0.1",
        "-addext",
    ]
    names = ["subjectAltName=IP:127.0.0.1", "-out", str(made.certificate), "-keyout", str(made.key)]
    subprocess.run([*command, *names], check=True, capture_output=True)
    ssl.create_default_context().load_verify_locations(made.certificate)
    return made


def test_a_certificate_that_nobody_vouches_for_is_refused(world: World, tls: Tls) -> None:
    with serve(routes(world), world, tls) as address:
        books = books_at(address + PATH)
        with pytest.raises(NotSent, match="certificate"):
            books.terms()
    assert world.calls.of("intacct") == []


def test_a_verified_certificate_is_accepted(world: World, tls: Tls) -> None:
    with serve(routes(world), world, tls) as address:
        books = books_at(address + PATH)
        books._wire._http.verify = str(tls.certificate)
        assert len(books.terms()) == 5
        books.close()
