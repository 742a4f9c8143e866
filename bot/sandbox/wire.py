"""Ends a connection without an answer, as a dead line does; the web server itself offers no such thing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

ABORT = "sandbox.abort"


class AbortableProtocol(H11Protocol):
    """HTTP/1.1 that hands each request the means to drop its own connection, as the extension `sandbox.abort`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inner = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[ABORT] = self._drop
            await inner(scope, receive, send)

        self.app = app

    def _drop(self) -> None:
        self.transport.abort()


class NoAnswer(Response):
    """An answer that never comes: the connection is dropped."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Drops the connection; behind another web server, breaks off in the middle of the answer."""
        abort = scope.get("extensions", {}).get(ABORT)
        if abort is None:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1048576")]})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        abort()
        while (await receive())["type"] != "http.disconnect":
            pass  # what is left of the request's body
