"""The Bolt app, and the two ways of reaching it: Socket Mode, and HTTP with a health answer at the same door."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import uvicorn
from slack_bolt import App, BoltRequest
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.socket_mode.client import BaseSocketModeClient
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.slack.clients import SlackClients
from bot.slack.listeners import register
from bot.slack.parts import Parts

log = logging.getLogger(__name__)

LISTENERS = 16
"""Threads that take in. Each event needs one for about a millisecond."""
BODY_LIMIT = 1_000_000
"""Bytes of one request; Slack's own are far smaller."""


def bolt_app(clients: SlackClients, signing_secret: str | None, parts: Parts) -> App:
    """The app with all listeners. It acknowledges after its listener has run: nothing is acknowledged that is not kept."""
    app = App(
        client=clients.other,
        signing_secret=signing_secret or "unused in Socket Mode",
        process_before_response=True,
        listener_executor=ThreadPoolExecutor(LISTENERS, thread_name_prefix="listen"),
        raise_error_for_unhandled_request=False,
    )
    register(app, parts)
    return app


def socket_handler(app: App, app_token: str, clients: SlackClients, came_up: Callable[[], None]) -> SocketModeHandler:
    """Socket Mode; `came_up` is called in a thread of its own whenever Slack says hello, and must not raise."""
    handler = SocketModeHandler(app, app_token, web_client=clients.other)
    pool = ThreadPoolExecutor(1, thread_name_prefix="hello")

    def hello(client: BaseSocketModeClient, message: dict[str, object], raw: str | None) -> None:
        del client, raw
        if message.get("type") == "hello":
            pool.submit(came_up)

    handler.client.message_listeners.append(hello)
    return handler


def http_app(app: App, healthy: Callable[[], dict[str, object]], measured: Callable[[], str] | None = None) -> ASGIApp:
    """`POST /slack/events` for Slack, `/healthz` and `/readyz` for whoever watches, `/metrics` where `measured` is given.

    Nothing else answers. What Slack sends passes no routes: they would cost a fifth of taking an event.
    """
    pool = ThreadPoolExecutor(LISTENERS, thread_name_prefix="dispatch")

    async def events(request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LIMIT:
                return Response("The request is too large.", status_code=413)
        bolt_request = BoltRequest(
            body=body.decode("utf-8", errors="replace"),
            query=request.url.query,
            headers={name: [value] for name, value in request.headers.items()},
        )
        try:
            reply = await asyncio.get_running_loop().run_in_executor(pool, app.dispatch, bolt_request)
        except Exception:
            log.exception("a request could not be taken in; Slack sends an event again")
            return Response("Not taken in.", status_code=503)
        status = 503 if reply.status >= 500 else reply.status
        return Response(reply.body, status_code=status, headers=reply.first_headers_without_set_cookie())

    async def health(_: Request) -> Response:
        told = await asyncio.get_running_loop().run_in_executor(pool, healthy)
        return JSONResponse(told, status_code=200 if told.get("ok") else 503)

    async def metrics(_: Request) -> Response:
        if measured is None:
            return Response("Not found.", status_code=404)
        try:
            told = await asyncio.get_running_loop().run_in_executor(pool, measured)
        except (SQLAlchemyError, psycopg.Error, OSError) as error:
            log.warning("the measures could not be read: %s", type(error).__name__)
            return Response("The database does not answer.", status_code=503)
        return Response(told, media_type="text/plain; version=0.0.4")

    watched = Starlette(
        routes=[
            Route("/slack/events", events, methods=["POST"]),
            Route("/healthz", health),
            Route("/readyz", health),
            Route("/metrics", metrics),
        ]
    )

    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/slack/events" and scope["method"] == "POST":
            reply = await events(Request(scope, receive))
            await reply(scope, receive, send)
        else:
            await watched(scope, receive, send)

    return front


def http_server(app: ASGIApp, port: int, host: str = "0.0.0.0") -> uvicorn.Server:  # noqa: S104  # a host's router asks from outside
    """The server for HTTP mode."""
    config = uvicorn.Config(app, host=host, port=port, log_level="warning", lifespan="off", timeout_graceful_shutdown=5)
    return uvicorn.Server(config)
