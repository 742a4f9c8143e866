"""The page's addresses: the page itself, its parts as they change, and its script and style."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from bot.sandbox.companies import Companies, Company
from bot.sandbox.page.books import read_books
from bot.sandbox.page.names import marked
from bot.sandbox.page.people import FIRST, is_person, read_group, read_people
from bot.sandbox.page.room import FIRST_CHANNEL, Room
from bot.sandbox.slack import Workspace
from bot.sandbox.world import Record, World

HERE = Path(__file__).parent
POLL_SECONDS = 20.0
SETTLE_SECONDS = 0.12
"""Changes that come together are sent together."""

WHO = "sandbox_as"
"""The cookie that remembers whom one plays; only permalinks look at it."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Page:
    """Draws the page for whoever one is."""

    def __init__(self, world: World, workspace: Workspace, companies: Companies) -> None:
        self._world = world
        self._workspace = workspace
        self._companies = companies
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["marked"] = marked

    async def whole(self, request: Request) -> Response:
        """`GET /`: the page as it is now.

        `?as=`, `channel=` and `place=` (channel, home, direct) tell for whom and where, `books=` whose books.
        """
        context = self._context(request)
        response = HTMLResponse(self._templates.get_template("page.html").render(context), headers=HEADERS)
        response.set_cookie(WHO, context["room"].user, samesite="strict", httponly=True)
        return response

    async def message(self, request: Request) -> Response:
        """`GET /archives/CHANNEL/pTS`: a message's permalink leads to it on the page, for whom one was last."""
        digits = request.path_params["message"].removeprefix("p")
        values = {"as": request.cookies.get(WHO, FIRST), "channel": request.path_params["channel"]}
        return RedirectResponse(f"/?{urlencode(values)}#m-{quote(digits[:-6])}.{quote(digits[-6:])}", status_code=303)

    async def parts(self, request: Request) -> Response:
        """`GET /sandbox/page/parts?revision=`: waits for a change, then answers `{revision, parts: {id: HTML}}`."""
        known = request.query_params.get("revision", "")
        if known.lstrip("-").isdecimal():
            await self._world.changed_since(int(known), POLL_SECONDS)
            await asyncio.sleep(SETTLE_SECONDS)
        context = self._context(request)
        names = {"clock": "clock", "people": "people", "bill": "bill", "intacct": "intacct", "view-content": "view"}
        names |= {"home": "home"} if context["place"] == "home" else {"messages": "messages"}
        parts = {part: self._templates.get_template(f"{name}.html").render(context) for part, name in names.items()}
        return JSONResponse({"revision": context["revision"], "parts": parts}, headers=HEADERS)

    def _context(self, request: Request) -> Record:
        query = request.query_params
        user = query.get("as", FIRST)
        room = Room(self._workspace, user if is_person(self._world, user) else FIRST)
        place = query.get("place", "channel")
        channel = self._channel(room, query.get("channel", FIRST_CHANNEL))
        stays = channel["id"]
        shown = self._shown(query.get("books", ""), stays)
        if place == "direct":
            channel = self._workspace.direct(room.user)

        def link(
            user: str = room.user, channel: str | None = None, place: str | None = None, books: str | None = None
        ) -> str:
            if books is None and (channel is None or self._companies.of_channel(channel) is None):
                books = shown.profile.key
            if channel is None and place is None:
                channel, place = stays, query.get("place", "channel")
            values = {"as": user, "channel": channel or FIRST_CHANNEL, "place": place or "channel"}
            if values["place"] == "channel":
                del values["place"]
            if books not in (None, self._shown("", values["channel"]).profile.key):
                values["books"] = str(books)
            return "/?" + urlencode(values)

        return {
            "room": room,
            "place": place if place in ("home", "direct") else "channel",
            "channel": channel,
            "messages": room.messages(channel["id"]) if place != "home" else [],
            "view": room.view(),
            "books": read_books(shown.world, shown.profile.zone),
            "company": shown.profile,
            "export": shown.invoice_file,
            "companies": [one.profile for one in self._companies],
            "now": room.reader.now.astimezone(shown.profile.zone),
            "people": read_people(self._world),
            "group": read_group(self._world),
            "ahead": _ahead(self._world),
            "link": link,
            "revision": self._world.revision,
        }

    def _channel(self, room: Room, wanted: str) -> Record:
        """The channel of that id, or where the person is not in it, the first that he is in; an alert channel at best."""
        channels = {row["id"]: row for row in room.channels()}
        alerts = (one.profile.alert_channel for one in self._companies)
        known = next((one for one in (wanted, *alerts) if one in channels), None)
        return channels[known] if known is not None else next(iter(channels.values()))

    def _shown(self, wanted: str, channel: str) -> Company:
        """Whose books stand beside the conversation: as asked for, else of whom the channel speaks."""
        for company in self._companies:
            if company.profile.key == wanted:
                return company
        return self._companies.of_channel(channel) or self._companies.first


def _ahead(world: World) -> str:
    """How far the company's calendar is from today."""
    days = round(world.calendar.offset.total_seconds() / 86400)
    if days == 0:
        return ""
    return f"{abs(days)} day{'' if abs(days) == 1 else 's'} {'ahead' if days > 0 else 'back'}"


class _Static(StaticFiles):
    """Files that are always asked for anew, so that an updated page never runs an old script."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def routes(world: World, workspace: Workspace, companies: Companies) -> list[BaseRoute]:
    """The page at `/`, its parts and files below `/sandbox/page`."""
    page = Page(world, workspace, companies)
    return [
        Route("/", page.whole, methods=["GET"]),
        Route("/archives/{channel}/{message}", page.message, methods=["GET"]),
        Route("/sandbox/page/parts", page.parts, methods=["GET"]),
        Mount("/sandbox/page/static", app=_Static(directory=HERE / "static")),
    ]
