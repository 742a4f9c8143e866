"""A small Bolt app, as its users write one, that writes down what it hears."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler as BuiltinHandler
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler as WebsocketClientHandler
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk import WebClient

from bot.sandbox.slack.seed import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from tests.sandbox.slack.conftest import Stage, until

HANDLERS = {"builtin": BuiltinHandler, "websocket_client": WebsocketClientHandler}

VIEW = {
    "type": "modal",
    "callback_id": "case.edit",
    "title": {"type": "plain_text", "text": "Edit first"},
    "submit": {"type": "plain_text", "text": "Propose"},
    "blocks": [
        {
            "type": "input",
            "block_id": "days",
            "label": {"type": "plain_text", "text": "Days"},
            "element": {"type": "number_input", "is_decimal_allowed": False, "action_id": "value", "min_value": "0"},
        },
        {
            "type": "input",
            "block_id": "from",
            "optional": True,
            "label": {"type": "plain_text", "text": "From"},
            "element": {
                "type": "static_select",
                "action_id": "value",
                "options": [
                    {"text": {"type": "plain_text", "text": "Invoice date"}, "value": "invoice"},
                    {"text": {"type": "plain_text", "text": "Month end"}, "value": "eom"},
                ],
            },
        },
    ],
}


class Listener:
    """The app and what it heard; `on` gives listeners for more."""

    def __init__(self, stage: Stage) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.client: WebClient = stage.client()
        self.app = App(token=BOT_TOKEN, signing_secret=SIGNING_SECRET, client=self.client, process_before_response=True)
        self.app.event("message")(self._note("message"))
        self.app.event("app_home_opened")(self._note("app_home_opened"))
        self.app.event("member_joined_channel")(self._note("member_joined_channel"))
        self.app.event("member_left_channel")(self._note("member_left_channel"))

    def _note(self, name: str) -> Callable[..., None]:
        def listener(body: dict[str, Any]) -> None:
            self.heard.append((name, body))

        return listener

    def of(self, name: str) -> list[dict[str, Any]]:
        """What was heard of one kind."""
        return [body for kind, body in self.heard if kind == name]


@contextmanager
def by_socket(stage: Stage, listener: Listener, handler: str = "builtin") -> Iterator[None]:
    """Connects the app by Socket Mode."""
    before = len(stage.workspace.delivery.sockets)
    connection = HANDLERS[handler](listener.app, APP_TOKEN)
    connection.connect()
    try:
        until(lambda: len(stage.workspace.delivery.sockets) > before, "the connection")
        yield
    finally:
        connection.close()


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Says nothing."""


@contextmanager
def by_http(stage: Stage, listener: Listener) -> Iterator[None]:
    """Serves the app over HTTP with Bolt's own adapter, and makes its address the request URL."""
    server = make_server("127.0.0.1", 0, SlackRequestHandler(listener.app), _Server, _Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/slack/events"
    stage.do(lambda: setattr(stage.workspace, "request_url", url))
    try:
        yield
    finally:
        stage.do(lambda: setattr(stage.workspace, "request_url", None))
        server.shutdown()
        thread.join()
        server.server_close()
