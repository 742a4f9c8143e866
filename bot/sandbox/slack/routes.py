"""The emulator's addresses: Web API, Socket Mode, response URLs, uploads and files."""

from __future__ import annotations

import asyncio
import contextlib
import json

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.sandbox.slack import seed
from bot.sandbox.slack.api import METHODS, Args, Method, SlackError, chat
from bot.sandbox.slack.delivery import Socket
from bot.sandbox.slack.forms import file_bytes, form_fields
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.wire import NoAnswer
from bot.sandbox.world import Fault, Record, World

SILENCE_SECONDS = 30.0
"""How long a call that is to time out is held."""


def routes(world: World) -> list[Route | WebSocketRoute]:
    """The workspace's addresses under /sandbox/slack; the workspace itself is `Workspace.of(world)`."""
    door = _Door(Workspace.of(world))
    prefix = "/sandbox/slack"
    return [
        Route(f"{prefix}/api/{{method}}", door.call, methods=["GET", "POST"]),
        Route(f"{prefix}/response/{{team}}/{{key}}", door.response_url, methods=["POST"]),
        Route(f"{prefix}/upload/{{file_id}}", door.upload, methods=["POST", "PUT"]),
        Route(f"{prefix}/files/{{file_id}}/{{name}}", door.download, methods=["GET"]),
        WebSocketRoute(f"{prefix}/socket", door.socket),
    ]


class _Door:
    """Answers each address for one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._world = workspace.world

    async def call(self, request: Request) -> Response:
        """One Web API call."""
        name = request.path_params["method"]
        try:
            args, token = await _read(request)
        except SlackError as refusal:
            return self._answer(name, refusal.reply)
        fault = self._world.faults.strike("slack", name)
        if fault is not None and fault.name != "timeout_after":
            return await self._struck(name, fault)
        reply = self._perform(name, args, token)
        if fault is not None:
            self._world.calls.note("slack", name, "timeout_after")
            return await _silence(fault)
        return self._answer(name, reply)

    def _perform(self, name: str, args: Args, token: str) -> Record:
        method = METHODS.get(name)
        if method is None:
            return {"ok": False, "error": "unknown_method", "req_method": name}
        try:
            self._authorise(method, token)
            return {"ok": True, **method.handler(self._workspace, args)}
        except SlackError as refusal:
            return _trimmed(name, refusal.reply)

    def _authorise(self, method: Method, token: str) -> None:
        if method.anonymous:
            return
        if not token:
            raise SlackError("not_authed")
        if token not in (seed.BOT_TOKEN, seed.APP_TOKEN):
            raise SlackError("invalid_auth")
        if (token == seed.APP_TOKEN) != method.app_level:
            raise SlackError("not_allowed_token_type")
        if method.scope is not None and method.scope not in self._workspace.scopes:
            raise SlackError("missing_scope", needed=method.scope, provided=",".join(self._workspace.scopes))

    def _answer(self, name: str, reply: Record) -> Response:
        self._world.calls.note("slack", name, "ok" if reply["ok"] else str(reply["error"]))
        method = METHODS.get(name)
        headers = {"x-oauth-scopes": ",".join(self._workspace.scopes)}
        if method is not None and method.scope:
            headers["x-accepted-oauth-scopes"] = method.scope
        return _json(reply, headers=headers)

    async def _struck(self, name: str, fault: Fault) -> Response:
        self._world.calls.note("slack", name, fault.name)
        if fault.name == "timeout":
            return await _silence(fault)
        if fault.name == "server_error":
            return PlainTextResponse("Internal Server Error", status_code=500)
        reply = {"ok": False, "error": fault.name}
        if fault.name in ("ratelimited", "rate_limited"):
            seconds = str(max(1, round(fault.value or 1)))
            return _json({**reply, "error": "ratelimited"}, status_code=429, headers={"Retry-After": seconds})
        return _json(reply)

    async def response_url(self, request: Request) -> Response:
        """An answer to a command or click."""
        fault = self._world.faults.strike("slack", "response_url")
        if fault is not None and fault.name != "timeout_after":
            return await self._struck("response_url", fault)
        try:
            body = json.loads(await request.body())
        except ValueError:
            return self._response("invalid_payload", 400)
        lease = self._workspace.response_urls.take(request.path_params["key"])
        if lease is None:
            return self._response("used_url", 404)
        if not isinstance(body, dict):
            return self._response("invalid_payload", 400)
        try:
            chat.content(Args({key: body.get(key) for key in ("text", "blocks", "attachments")}))
        except SlackError as refusal:
            return self._response(str(refusal.reply["error"]), 400)
        if not any(body.get(key) for key in ("text", "blocks", "attachments", "delete_original")):
            return self._response("no_text", 400)
        error = self._workspace.board.answer(lease, body)
        if fault is not None:
            return await _silence(fault)
        return self._response(error, 404) if error else self._response(None, 200)

    def _response(self, error: str | None, status: int) -> Response:
        self._world.calls.note("slack", "response_url", error or "ok")
        return _json({"ok": False, "error": error} if error else {"ok": True}, status_code=status)

    async def upload(self, request: Request) -> Response:
        """A file's bytes, as the request's body or as a form's file."""
        file_id = request.path_params["file_id"]
        fault = self._world.faults.strike("slack", "upload")
        if fault is not None:
            return await self._struck("upload", fault)
        content = await file_bytes(request)
        known = self._workspace.files.receive(file_id, content)
        self._world.calls.note("slack", "upload", "ok" if known else "not_found")
        return PlainTextResponse(f"OK - {len(content)}" if known else "not found", status_code=200 if known else 404)

    async def download(self, request: Request) -> Response:
        """A file, for the page and for the app."""
        held = self._workspace.files.content(request.path_params["file_id"])
        if held is None:
            return PlainTextResponse("not found", status_code=404)
        content, mimetype = held
        return Response(content, media_type=mimetype)

    async def socket(self, websocket: WebSocket) -> None:
        """One Socket Mode connection."""
        delivery = self._workspace.delivery
        if not delivery.admit(websocket.query_params.get("ticket", "")):
            await websocket.close(code=1008)
            return
        await websocket.accept()
        socket = Socket(websocket)
        self._world.calls.note("slack", "socket", "open")
        watch = asyncio.ensure_future(delivery.watch())
        try:
            await socket.send(delivery.joined(socket))
            while True:
                answer = json.loads(await websocket.receive_text())
                if isinstance(answer, dict):
                    socket.acknowledged(answer)
        except (WebSocketDisconnect, ValueError, RuntimeError):
            pass  # the app went away, or the sandbox closed the connection itself
        finally:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch
            delivery.left(socket)
            self._world.calls.note("slack", "socket", "closed")


_EXPLAINED = frozenset(
    {
        "chat.postMessage",
        "chat.update",
        "views.open",
        "views.update",
        "views.push",
        "views.publish",
        "files.getUploadURLExternal",
        "files.completeUploadExternal",
        "apps.connections.open",
    }
)
"""Methods whose refusals carry Slack's explanation."""


def _trimmed(name: str, refusal: Record) -> Record:
    """A refusal with as much explanation as Slack gives for this method."""
    hidden = {"errors"} if name != "chat.postMessage" else set()
    if name not in _EXPLAINED:
        hidden.add("response_metadata")
    return {key: value for key, value in refusal.items() if key not in hidden}


async def _read(request: Request) -> tuple[Args, str]:
    """A call's arguments from query, form or JSON, and its token; raises SlackError."""
    given: Record = dict(request.query_params)
    content_type = request.headers.get("content-type", "")
    if request.method == "POST":
        if content_type.startswith("application/json"):
            given |= _json_object(await request.body())
        else:
            given |= await form_fields(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = str(given.get("token") or "")
    return Args(given, base=str(request.base_url).rstrip("/")), token.strip()


def _json_object(body: bytes) -> Record:
    try:
        found = json.loads(body or b"{}")
    except ValueError as problem:
        raise SlackError("invalid_json") from problem
    if not isinstance(found, dict):
        raise SlackError("json_not_object")
    return found


def _json(reply: Record, status_code: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer in plain ASCII, so that even half a surrogate pair can be given back."""
    return Response(json.dumps(reply), status_code, headers, media_type="application/json; charset=utf-8")


async def _silence(fault: Fault) -> Response:
    await asyncio.sleep(SILENCE_SECONDS if fault.value is None else fault.value)
    return NoAnswer()
