"""Keeps other machines and other websites away from the page and the controls."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.sandbox.world import World

LOCAL_NAMES = ("127.0.0.1", "localhost")
FOR_CLIENTS = ("/sandbox/slack/", "/sandbox/intacct/", "/sandbox/bill/")
"""Where the emulators stand: a client may reach them under another name, as a vendor's SDK insists on its own."""
READING = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Answers 403 to a request under another host name, and to a change that another website sends.

    The first stops a name that was rebound to this machine, the second a form or script on a page opened by chance.
    """

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a local request through."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse(refusal, status_code=403)(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        if not scope["path"].startswith(FOR_CLIENTS) and not self._is_local(f"http://{headers.get('host', '')}"):
            return "The sandbox answers only under 127.0.0.1 or localhost and its own port."
        origin = headers.get("origin")
        if scope["method"] not in READING and origin is not None and not self._is_local(origin):
            return "The sandbox takes changes from its own page and from programs, not from other websites."
        return None

    def _is_local(self, address: str) -> bool:
        try:
            parts = urlsplit(address)
            return parts.hostname in LOCAL_NAMES and (parts.port or 80) == urlsplit(self._world.address).port
        except ValueError:
            return False
