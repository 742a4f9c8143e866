"""How events, commands and clicks travel: acknowledgements, repetitions, several sockets, drops, signatures."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
import websocket

from bot.sandbox.slack.seed import APP_TOKEN, SIGNING_SECRET
from bot.sandbox.world import Fault
from tests.sandbox.slack.conftest import Stage, until
from tests.sandbox.slack.listening import Listener, by_http, by_socket
from tests.sandbox.slack.test_shapes import overheard

ALERTS = "C0FINALERTS"


def post(stage: Stage, text: str = "Sync failed") -> None:
    stage.do(lambda: stage.workspace.post_as_app(ALERTS, {"text": text}))


def events(envelopes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [envelope for envelope in envelopes if envelope["type"] == "events_api"]


@contextmanager
def answering(status: int, headers: dict[str, str] | None = None) -> Iterator[tuple[str, list[tuple[Any, bytes]]]]:
    """An app's HTTP server that answers everything alike; gives its address and what it got."""
    got: list[tuple[Any, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/slack/events", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_unacknowledged_event_comes_three_times_more_with_the_same_id(stage: Stage) -> None:
    stage.workspace.delivery.ack_seconds = 0.1
    stage.workspace.delivery.retry_pauses = (0.0, 0.05, 0.05)
    with overheard(stage, acknowledged=False) as envelopes:
        post(stage)
        until(lambda: len(events(envelopes)) == 4)
        threading.Event().wait(0.4)
    found = events(envelopes)
    assert [envelope["retry_attempt"] for envelope in found] == [0, 1, 2, 3]
    assert [envelope["retry_reason"] for envelope in found] == ["", "timeout", "timeout", "timeout"]
    assert len({envelope["payload"]["event_id"] for envelope in found}) == 1
    assert len({envelope["envelope_id"] for envelope in found}) == 4


def test_an_acknowledged_event_comes_once(stage: Stage) -> None:
    stage.workspace.delivery.retry_pauses = (0.0, 0.0, 0.0)
    with overheard(stage) as envelopes:
        post(stage)
        until(lambda: events(envelopes))
        threading.Event().wait(0.3)
    assert len(events(envelopes)) == 1


def test_several_sockets_take_turns(stage: Stage) -> None:
    with overheard(stage) as first, overheard(stage) as second:
        for number in range(6):
            post(stage, str(number))
        until(lambda: len(events(first)) + len(events(second)) == 6)
    assert (len(events(first)), len(events(second))) == (3, 3)
    assert second[0]["num_connections"] == 2


def test_events_are_lost_where_nobody_listens(stage: Stage) -> None:
    stage.workspace.delivery.retry_pauses = (0.0, 0.0, 0.0)
    post(stage, "lost")
    with overheard(stage) as envelopes:
        post(stage, "heard")
        until(lambda: events(envelopes))
        threading.Event().wait(0.2)
    assert [envelope["payload"]["event"]["text"] for envelope in events(envelopes)] == ["heard"]
    assert len(stage.workspace.messages(ALERTS)) == 2


def test_the_drop_fault_breaks_the_socket_and_bolt_comes_back(stage: Stage) -> None:
    listener = Listener(stage)
    with by_socket(stage, listener):
        stage.world.faults.set(Fault(service="slack", method="socket", name="drop", times=1))
        post(stage, "meanwhile")
        until(lambda: not stage.workspace.delivery.sockets, "the drop")
        until(lambda: stage.workspace.delivery.sockets, "the return", 40)
        post(stage, "afterwards")
        until(lambda: listener.of("message"))
    assert [body["event"]["text"] for body in listener.of("message")] == ["afterwards"]


def test_bolt_follows_a_disconnect_message(stage: Stage) -> None:
    listener = Listener(stage)
    with by_socket(stage, listener):
        stage.run(stage.workspace.delivery.disconnect())
        until(lambda: stage.workspace.delivery.sockets, "the return", 40)
        post(stage)
        until(lambda: listener.of("message"))


def test_a_ticket_opens_one_socket(stage: Stage) -> None:
    url = stage.client(APP_TOKEN).apps_connections_open(app_token=APP_TOKEN)["url"]
    websocket.create_connection(url, timeout=5).close()
    with pytest.raises(websocket.WebSocketBadStatusException):
        websocket.create_connection(url, timeout=5)


def test_the_socket_answers_pings(stage: Stage) -> None:
    url = stage.client(APP_TOKEN).apps_connections_open(app_token=APP_TOKEN)["url"]
    connection = websocket.create_connection(url, timeout=5)
    connection.recv()
    connection.ping("still there")
    opcode, data = connection.recv_data(control_frame=True)
    assert (opcode, data) == (websocket.ABNF.OPCODE_PONG, b"still there")
    connection.close()


def test_http_requests_are_signed_over_their_bytes(stage: Stage) -> None:
    with answering(200) as (url, got):
        stage.do(lambda: setattr(stage.workspace, "request_url", url))
        post(stage)
        until(lambda: got)
        assert stage.outcome(lambda: stage.workspace.command("dan", "general", "/checkterms", "INV-1")).ok
        ts = stage.client().chat_postMessage(channel=ALERTS, text="x", blocks=[_BUTTONS])["ts"]
        assert stage.outcome(lambda: stage.workspace.press("dan", ALERTS, ts, "case.create")).ok
    for headers, body in got:
        base = b"v0:" + headers["X-Slack-Request-Timestamp"].encode() + b":" + body
        digest = hmac.new(SIGNING_SECRET.encode(), base, hashlib.sha256).hexdigest()
        assert headers["X-Slack-Signature"] == f"v0={digest}"
    bodies = [body.decode() for headers, body in got if "json" not in headers["Content-Type"]]
    assert any(parse_qs(body).get("command") == ["/checkterms"] for body in bodies)
    assert any(json.loads(parse_qs(body).get("payload", ["{}"])[0]).get("type") == "block_actions" for body in bodies)


def test_a_refused_http_event_comes_again_with_its_reason(stage: Stage) -> None:
    stage.workspace.delivery.retry_pauses = (0.0, 0.0, 0.0)
    with answering(503) as (url, got):
        stage.do(lambda: setattr(stage.workspace, "request_url", url))
        post(stage)
        until(lambda: len(got) == 4)
    assert [headers["X-Slack-Retry-Num"] for headers, _ in got] == [None, "1", "2", "3"]
    assert got[1][0]["X-Slack-Retry-Reason"] == "http_error"
    assert len({json.loads(body)["event_id"] for _, body in got}) == 1


def test_an_app_may_ask_for_no_repetition(stage: Stage) -> None:
    stage.workspace.delivery.retry_pauses = (0.0, 0.0, 0.0)
    with answering(500, {"X-Slack-No-Retry": "1"}) as (url, got):
        stage.do(lambda: setattr(stage.workspace, "request_url", url))
        post(stage)
        until(lambda: got)
        threading.Event().wait(0.3)
    assert len(got) == 1


def test_a_refused_command_is_said_to_have_failed_and_not_repeated(stage: Stage) -> None:
    with answering(503) as (url, got):
        stage.do(lambda: setattr(stage.workspace, "request_url", url))
        outcome = stage.outcome(lambda: stage.workspace.command("dan", "general", "/checkterms", "INV-1"))
    assert outcome.error == "http_service_error"
    assert len(got) == 1
    assert "failed with the error" in stage.workspace.ephemerals("dan", "general")[0]["text"]


def test_an_open_socket_goes_before_the_request_url(stage: Stage) -> None:
    with answering(200) as (url, got), overheard(stage) as envelopes:
        stage.do(lambda: setattr(stage.workspace, "request_url", url))
        post(stage)
        until(lambda: events(envelopes))
    assert got == []


def test_a_burst_over_http_is_heard_whole(stage: Stage) -> None:
    listener = Listener(stage)
    with by_http(stage, listener):
        for number in range(100):
            post(stage, str(number))
        until(lambda: len(listener.of("message")) >= 100)
    assert {body["event"]["text"] for body in listener.of("message")} == {str(number) for number in range(100)}


_BUTTONS = {
    "type": "actions",
    "elements": [{"type": "button", "action_id": "case.create", "text": {"type": "plain_text", "text": "Create"}}],
}
