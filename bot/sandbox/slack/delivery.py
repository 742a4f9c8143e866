"""How the app hears of things: Socket Mode envelopes or signed HTTP requests, with Slack's retries."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests
from starlette.websockets import WebSocket

from bot.sandbox.slack import seed
from bot.sandbox.world import Record, World

ACK_SECONDS = 3.0
RETRY_PAUSES = (0.05, 60.0, 300.0)
"""Seconds before an unacknowledged event is sent again: about at once, after a minute, after five."""
TICKET_SECONDS = 30.0
WATCH_SECONDS = 0.2
CONNECTIONS = 50
"""HTTP requests to the app at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """How one delivery ended."""

    ok: bool
    error: str = ""
    """Slack's word for what went wrong."""
    reason: str = ""
    """The retry reason that the next attempt carries."""
    payload: Record = field(default_factory=dict)
    """What the app answered with."""
    no_retry: bool = False


class Socket:
    """One open Socket Mode connection."""

    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        self.waiting: dict[str, asyncio.Future[Record]] = {}

    async def send(self, envelope: Record) -> None:
        """Sends one envelope or notice."""
        await self.websocket.send_text(json.dumps(envelope))

    def acknowledged(self, answer: Record) -> None:
        """Takes one message from the app."""
        future = self.waiting.pop(str(answer.get("envelope_id")), None)
        if future is not None and not future.done():
            future.set_result(answer.get("payload") or {})

    def lost(self) -> None:
        """Tells all who wait for this connection that it is gone."""
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(ConnectionError("the socket was closed"))
        self.waiting.clear()


class Delivery:
    """Sends events, commands and interactions to the app: over a socket where one is open, else to `request_url`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._settings = world.store.table("slack_setting")
        self.ack_seconds = ACK_SECONDS
        """How long the app has for an acknowledgement."""
        self.retry_pauses: tuple[float, ...] = RETRY_PAUSES
        """Pauses before each repetition of an event; a test may shorten them."""
        self.sockets: list[Socket] = []
        self._turn = 0
        self._tickets: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections = asyncio.Semaphore(CONNECTIONS)
        self._executor = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="slack-http")

    @property
    def request_url(self) -> str | None:
        """Where signed HTTP requests go; kept over a restart."""
        return self._settings.get("request_url", {}).get("value")

    @request_url.setter
    def request_url(self, url: str | None) -> None:
        self._settings["request_url"] = {"value": url}

    # Sockets

    def ticket(self) -> str:
        """A new ticket for one Socket Mode connection, good for half a minute."""
        ticket = secrets.token_urlsafe(18)
        self._tickets[ticket] = time.monotonic() + TICKET_SECONDS
        return ticket

    def admit(self, ticket: str) -> bool:
        """Uses a ticket up; False for an unknown or old one."""
        return self._tickets.pop(ticket, 0.0) > time.monotonic()

    def joined(self, socket: Socket) -> Record:
        """Takes a new connection in; its `hello`."""
        self.sockets.append(socket)
        return {
            "type": "hello",
            "num_connections": len(self.sockets),
            "debug_info": {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": seed.APP_ID},
        }

    def left(self, socket: Socket) -> None:
        """Forgets a closed connection."""
        if socket in self.sockets:
            self.sockets.remove(socket)
        socket.lost()

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Asks the app on every socket to connect anew, and closes them, as Slack does from time to time."""
        for socket in list(self.sockets):
            self.left(socket)
            await socket.send({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}})
            await socket.websocket.close()

    async def watch(self) -> None:
        """Breaks the sockets as soon as the fault switch `drop` for `socket` stands."""
        while True:
            await self._drop_if_told()
            await asyncio.sleep(WATCH_SECONDS)

    async def _drop_if_told(self) -> None:
        standing = [fault for fault in self._world.faults.standing() if fault.service == "slack"]
        first = next((fault for fault in standing if fault.method in ("*", "socket")), None)
        if first is None or first.name != "drop" or not self.sockets:
            return
        if self._world.faults.strike("slack", "socket") is not None:
            await self.drop()

    async def drop(self) -> None:
        """Breaks every socket without a word; what is under way on them is not acknowledged."""
        for socket in list(self.sockets):
            self.left(socket)
            self._world.calls.note("slack", "socket", "drop")
            await socket.websocket.close(code=1011)

    # Events

    def event(self, event: Record) -> None:
        """Sends an event in the background, again as long as it is not acknowledged; lost where nobody listens."""
        task = asyncio.ensure_future(self._event(self.envelope(event)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def envelope(self, event: Record) -> Record:
        """An event in the wrapping that the app gets."""
        return {
            "token": seed.VERIFICATION_TOKEN,
            "team_id": seed.TEAM_ID,
            "api_app_id": seed.APP_ID,
            "event": event,
            "type": "event_callback",
            "event_id": "Ev0" + secrets.token_hex(4).upper(),
            "event_time": int(self._world.calendar.now().timestamp()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": seed.TEAM_ID,
                    "user_id": seed.BOT_USER,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
            "event_context": "4-" + secrets.token_urlsafe(24),
        }

    async def _event(self, payload: Record) -> None:
        reason = ""
        for attempt, pause in enumerate((0.0, *self.retry_pauses)):
            await asyncio.sleep(pause)
            ack = await self._send("events_api", payload, attempt, reason)
            name = f"event:{payload['event']['type']}"
            self._world.calls.note("slack", name, "ok" if ack.ok else ack.error, attempt=attempt)
            if ack.ok or ack.no_retry:
                return
            reason = ack.reason

    # Commands, clicks, shortcuts, views

    async def interaction(self, kind: str, payload: Record) -> Ack:
        """Sends a command (`slash_commands`) or a click, shortcut or view (`interactive`) once."""
        ack = await self._send(kind, payload, 0, "")
        name = payload["command"] if kind == "slash_commands" else payload["type"]
        self._world.calls.note("slack", f"delivery:{name}", "ok" if ack.ok else ack.error)
        return ack

    async def _send(self, kind: str, payload: Record, attempt: int, reason: str) -> Ack:
        await self._drop_if_told()
        if self.sockets:
            return await self._send_by_socket(kind, payload, attempt, reason)
        if self.request_url:
            return await self._send_by_http(self.request_url, kind, payload, attempt, reason)
        return Ack(ok=False, error="dispatch_failed", reason="connection_failed", no_retry=attempt == 0)

    async def _send_by_socket(self, kind: str, payload: Record, attempt: int, reason: str) -> Ack:
        self._turn += 1
        socket = self.sockets[self._turn % len(self.sockets)]
        envelope: Record = {
            "envelope_id": str(uuid.uuid4()),
            "payload": payload,
            "type": kind,
            "accepts_response_payload": kind == "slash_commands" or payload.get("type") == "view_submission",
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        future: asyncio.Future[Record] = asyncio.get_running_loop().create_future()
        socket.waiting[envelope["envelope_id"]] = future
        try:
            async with asyncio.timeout(self.ack_seconds):
                await socket.send(envelope)
                return Ack(ok=True, payload=await future)
        except TimeoutError:
            return Ack(ok=False, error="operation_timeout", reason="timeout")
        except Exception:  # noqa: BLE001 - however a socket breaks, the app did not acknowledge
            self.left(socket)
            return Ack(ok=False, error="dispatch_failed", reason="connection_failed")
        finally:
            socket.waiting.pop(envelope["envelope_id"], None)

    async def _send_by_http(self, url: str, kind: str, payload: Record, attempt: int, reason: str) -> Ack:
        body, headers = signed(kind, payload)
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        loop = asyncio.get_running_loop()
        try:
            async with self._connections, asyncio.timeout(self.ack_seconds):
                return await loop.run_in_executor(self._executor, post, url, body, headers, self.ack_seconds)
        except (TimeoutError, requests.Timeout):
            return Ack(ok=False, error="operation_timeout", reason="http_timeout")
        except requests.RequestException:
            return Ack(ok=False, error="dispatch_failed", reason="connection_failed")


def signed(kind: str, payload: Record) -> tuple[bytes, dict[str, str]]:
    """A request's body and headers with Slack's signature, version 0."""
    if kind == "events_api":
        body, content_type = json.dumps(payload).encode(), "application/json"
    elif kind == "slash_commands":
        body, content_type = urlencode(payload, errors="replace").encode(), "application/x-www-form-urlencoded"
    else:
        body, content_type = urlencode({"payload": json.dumps(payload)}).encode(), "application/x-www-form-urlencoded"
    moment = str(int(time.time()))
    digest = hmac.new(seed.SIGNING_SECRET.encode(), b"v0:" + moment.encode() + b":" + body, hashlib.sha256)
    return body, {
        "Content-Type": content_type,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": moment,
        "X-Slack-Signature": "v0=" + digest.hexdigest(),
    }


def post(url: str, body: bytes, headers: dict[str, str], seconds: float) -> Ack:
    """One HTTP request to the app; raises requests' errors."""
    with requests.Session() as session:
        session.trust_env = False
        reply = session.post(url, data=body, headers=headers, timeout=seconds, allow_redirects=False)
    no_retry = reply.headers.get("X-Slack-No-Retry") == "1"
    if not 200 <= reply.status_code < 300:
        return Ack(ok=False, error="http_service_error", reason="http_error", no_retry=no_retry)
    return Ack(ok=True, payload=_answer(reply), no_retry=no_retry)


def _answer(reply: requests.Response) -> Record:
    text = reply.text.strip()
    if not text:
        return {}
    try:
        answer: Any = json.loads(text)
    except ValueError:
        return {"text": text}
    return answer if isinstance(answer, dict) else {"text": text}
