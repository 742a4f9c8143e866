"""The sandbox's controls: what tests, scripts and the page use to play the people, the clock and the faults."""

from __future__ import annotations

import json
from asyncio import Task
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree as ET

from lxml import etree as lxml
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from bot.sandbox.bill import books
from bot.sandbox.companies import Companies, Company, NoCompanyError
from bot.sandbox.company import today
from bot.sandbox.company.weeks import WEEK, live_week
from bot.sandbox.intacct import periods
from bot.sandbox.intacct.errors import FunctionError
from bot.sandbox.intacct.invoices import create_invoice
from bot.sandbox.intacct.terms import add_term, change_term
from bot.sandbox.slack import ActError, Outcome, Workspace
from bot.sandbox.slack.seed import CONTROLLERS
from bot.sandbox.sync import invoice_xml
from bot.sandbox.world import SERVICES, Fault, Record, World

PERSON = "pnair"
"""The user name under which a person at the page works in Intacct."""

Call = Callable[[Record], Awaitable[Any]]


class ControlError(ValueError):
    """A request that cannot be done; the words say why."""


def text_of(body: Record, name: str, default: str | None = None) -> str:
    """A text of the request; ControlError where it is absent without a default, or no text."""
    value = body.get(name, default)
    if not isinstance(value, str):
        raise ControlError(f"“{name}” is needed, as text.")
    return value


def number_of(body: Record, name: str, default: float | None = None) -> float:
    """A number of the request; ControlError as for `text_of`."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ControlError(f"“{name}” is needed, as a number.")
    return value


@dataclass(frozen=True, slots=True)
class Description:
    """What a sandbox tells of itself."""

    identity: Record
    """What tells it from any other: its kept state's id, its process, its folder."""
    settings: Callable[[], dict[str, str]]
    """The settings of a client."""


class Control:
    """The calls. Those about a company's books take `company`, its key; without it they are about the first."""

    def __init__(self, world: World, workspace: Workspace, companies: Companies, description: Description) -> None:
        self._world = world
        self._workspace = workspace
        self._companies = companies
        self._description = description

    def routes(self) -> list[BaseRoute]:
        """The paths below `/sandbox/control`."""
        posts: dict[str, Call] = {
            "/sync": self.sync,
            "/message": self.message,
            "/act": self.act,
            "/clock": self.move_clock,
            "/week": self.week,
            "/faults": self.faults,
            "/request-url": self.request_url,
            "/group": self.group,
            "/bill-term": self.bill_term,
            "/bill-invoice": self.bill_invoice,
            "/ar-term": self.ar_term,
            "/period": self.period,
            "/ar-invoice": self.ar_invoice,
        }
        return [
            Route("/clock", self.clock, methods=["GET"]),
            Route("/log", self.log, methods=["GET"]),
            Route("/faults", self.standing_faults, methods=["GET"]),
            Route("/state", self.state, methods=["GET"]),
            Route("/settings", self.settings, methods=["GET"]),
            Route("/views", self.views, methods=["GET"]),
            Route("/whispers", self.whispers, methods=["GET"]),
            *(Route(path, _door(call), methods=["POST"]) for path, call in posts.items()),
        ]

    def _company(self, body: Record) -> Company:
        return self._companies.named(text_of(body, "company")) if "company" in body else self._companies.first

    async def sync(self, body: Record) -> Record:
        """Runs a company's sync once, after a run that is under way."""
        return (await self._company(body).sync.run()).as_json()

    async def message(self, body: Record) -> Record:
        """`{channel, event}`: a message as another app would post it; answers `{ts}`."""
        event = body.get("event")
        if not isinstance(event, dict):
            raise ControlError("“event” is needed: the message as Slack's event carries it.")
        return {"ts": self._workspace.post_as_app(text_of(body, "channel"), event)}

    async def act(self, body: Record) -> Record:
        """Acts as a person and waits for the app's acknowledgement; answers `{ok, error, errors, view}`.

        `view` is the one that is then open in front of the person, None where none is.

        Beside what the design lists: `{user, view_id, action_id, value?}` uses an element of a view,
        `{user, view_id, close: true}` closes it, `{user, home: true}` opens the App Home,
        `{user, channel, text, thread_ts?}` writes a message and answers `{ok, ts}`.
        """
        user = text_of(body, "user")
        under_way = self._start(user, body)
        if isinstance(under_way, dict):
            return under_way
        outcome = await under_way
        view = outcome.view or next(reversed(self._workspace.open_views(user)), None)
        return {"ok": outcome.ok, "error": outcome.error, "errors": outcome.errors, "view": view}

    def _start(self, user: str, body: Record) -> Task[Outcome] | Record:
        done: Record = {"ok": True, "error": None, "errors": {}, "view": None}
        if body.get("home"):
            self._workspace.open_home(user)
            return done
        if "view_id" in body:
            view_id = text_of(body, "view_id")
            if "action_id" in body:
                return self._press(user, None, view_id, body)
            if body.get("close"):
                self._workspace.close_view(user, view_id, whole_stack=bool(body.get("whole_stack")))
                return done
            values = body.get("values")
            if values is not None and not isinstance(values, dict):
                raise ControlError("“values” is an object: block id, then action id, then the value.")
            return self._workspace.submit(user, view_id, values)
        channel = text_of(body, "channel")
        if "command" in body:
            return self._workspace.command(user, channel, text_of(body, "command"), text_of(body, "text", ""))
        if "shortcut" in body:
            return self._workspace.shortcut(user, channel, text_of(body, "ts"), text_of(body, "shortcut"))
        if "action_id" in body:
            return self._press(user, channel, text_of(body, "ts"), body)
        if "text" in body:
            thread = body.get("thread_ts")
            return {**done, "ts": self._workspace.post_as_person(user, channel, text_of(body, "text"), thread or None)}
        raise ControlError("Nothing to do: give an action_id, a command, a shortcut, a view_id, a text or home.")

    def _press(self, user: str, channel: str | None, ts: str, body: Record) -> Task[Outcome]:
        action_id = text_of(body, "action_id")
        return self._workspace.press(
            user, channel, ts, action_id, value=body.get("value"), block_id=body.get("block_id")
        )

    async def move_clock(self, body: Record) -> Record:
        """`{days}` or `{seconds}` moves the company's calendar; answers `{offset_s}`."""
        if "days" not in body and "seconds" not in body:
            raise ControlError("“days” or “seconds” is needed, as a number.")
        try:
            by = timedelta(days=number_of(body, "days", 0), seconds=number_of(body, "seconds", 0))
            offset = self._world.calendar.move(by)
        except (OverflowError, ValueError) as problem:
            raise ControlError(f"The calendar cannot move so far: {problem}") from None
        self._world.touch()
        return {"offset_s": offset.total_seconds()}

    async def week(self, _body: Record) -> Record:
        """A week passes in which acme works: it bills, and its people change terms; answers `{offset_s, happened}`.

        `happened`: sentences on what was done to terms. Unlike a calendar that is only moved, this leaves what a
        company leaves behind.
        """
        happened = live_week(self._world)
        offset = self._world.calendar.move(WEEK)
        self._world.touch()
        return {"offset_s": offset.total_seconds(), "happened": list(happened)}

    async def clock(self, _request: Request) -> Response:
        """`{offset_s}`."""
        return JSONResponse({"offset_s": self._world.calendar.offset.total_seconds()})

    async def log(self, request: Request) -> Response:
        """`?service=`: the calls that an emulator has received, in order."""
        service = request.query_params.get("service", "")
        if service not in SERVICES:
            return _refusal(f"“service” is one of {', '.join(SERVICES)}.")
        return JSONResponse(self._world.calls.of(service))

    async def faults(self, body: Record) -> Record:
        """`{service, method, fault, times, after?, value?}` sets a fault switch, `{}` clears all; answers how many stand."""
        if not body:
            self._world.faults.clear()
            return {"standing": 0}
        service = text_of(body, "service")
        if service not in SERVICES:
            raise ControlError(f"“service” is one of {', '.join(SERVICES)}.")
        times, after = int(number_of(body, "times", 1)), int(number_of(body, "after", 0))
        if times < 1 or after < 0:
            raise ControlError("“times” is at least 1 and “after” at least 0.")
        value = number_of(body, "value") if body.get("value") is not None else None
        fault = Fault(service, text_of(body, "method", "*"), text_of(body, "fault"), times, after, value)
        self._world.faults.set(fault)
        return {"standing": len(self._world.faults.standing())}

    async def standing_faults(self, _request: Request) -> Response:
        """The switches still to strike."""
        rows = [
            {"service": row.service, "method": row.method, "fault": row.name, "times": row.times, "after": row.after}
            for row in self._world.faults.standing()
        ]
        return JSONResponse(rows)

    async def request_url(self, body: Record) -> Record:
        """`{url}`: where Slack's signed HTTP requests go while no socket is open; null for nowhere."""
        url = body.get("url")
        if url is not None and not (isinstance(url, str) and url.startswith(("http://", "https://"))):
            raise ControlError("“url” is an http address, or null.")
        self._workspace.request_url = url
        return {"url": url}

    async def group(self, body: Record) -> Record:
        """`{user, member, group?}`: a person is put into a user group (the approvers') or taken out; answers `{users}`."""
        member = body.get("member")
        if not isinstance(member, bool):
            raise ControlError("“member” is needed: true or false.")
        group = text_of(body, "group", CONTROLLERS)
        return {"users": list(self._workspace.put_in_group(text_of(body, "user"), group, member=member))}

    async def views(self, request: Request) -> Response:
        """`?user=`: the views that are open before a person, the one in front last."""
        try:
            return JSONResponse(self._workspace.open_views(request.query_params.get("user", "")))
        except ActError as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    async def whispers(self, request: Request) -> Response:
        """`?user=&channel=`: the ephemeral messages that a person sees in a channel, in order."""
        asked = request.query_params
        try:
            return JSONResponse(self._workspace.ephemerals(asked.get("user", ""), asked.get("channel", "")))
        except ActError as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    async def bill_term(self, body: Record) -> Record:
        """`{name, days}` adds a payment term in BILL; `{id, name, days?}` edits one."""
        name, company = text_of(body, "name"), self._company(body)
        days = int(number_of(body, "days")) if body.get("days") is not None else None
        if "id" in body:
            term = books.edit_term(company.world, text_of(body, "id"), name, days)
        elif days is None:
            raise ControlError("“days” is needed for a new term, as a number.")
        else:
            term = books.add_term(company.world, name, days)
        company.export()
        return term

    async def bill_invoice(self, body: Record) -> Record:
        """`{id, term_id}`: an invoice gets another payment term in BILL. `id` may be the invoice's number.

        `{id, posting_date}` sets the date on which the sync has it posted: yyyy-mm-dd, `today` by the company's
        calendar, or null for the invoice's own date.
        """
        wanted, company = text_of(body, "id"), self._company(body)
        invoices = company.world.store.table("bill_invoice")
        found = wanted if wanted in invoices else None
        for key, row in invoices.items():
            found = found or (key if row["invoiceNumber"] == wanted else None)
        if "posting_date" in body:
            changed = books.set_posting_date(company.world, found or wanted, _posting_date(body, company))
        else:
            changed = books.set_invoice_term(company.world, found or wanted, text_of(body, "term_id"))
        company.export()
        return {key: value for key, value in changed.items() if not key.startswith("_")}

    async def period(self, body: Record) -> Record:
        """`{period, closed}`: a month such as 2026-10 is closed for AR in Intacct, or opened again; answers `{open_from}`.

        With a month all before it close, and all after it open. `open_from` is the first day that is open, null where
        nothing was ever closed.
        """
        wanted, shut = text_of(body, "period"), body.get("closed")
        if not isinstance(shut, bool):
            raise ControlError("“closed” is needed: true or false.")
        try:
            world = self._company(body).world
            first = periods.close(world, wanted) if shut else periods.reopen(world, wanted)
        except periods.PeriodError as problem:
            raise ControlError(str(problem)) from None
        return {"open_from": first.isoformat() if first is not None else None}

    async def ar_term(self, body: Record) -> Record:
        """`{name, status}`: a person makes an AR term active or inactive in Intacct, by exact name or record number.

        `{name, days}` adds one, due so many days from the invoice's date. `by` is the person's name in Intacct.
        """
        name, by, world = text_of(body, "name"), text_of(body, "by", PERSON), self._company(body).world
        try:
            if "days" in body:
                days = str(int(number_of(body, "days")))
                return add_term(world, name, {"DUEDATE": days, "STATUS": text_of(body, "status", "active")}, by=by)
            row = world.store.table("arterm").get(name)
            status = {"STATUS": text_of(body, "status")}
            return change_term(world, row["NAME"] if row else name, status, by=by)
        except FunctionError as refusal:
            raise ControlError(str(refusal)) from None

    async def ar_invoice(self, body: Record) -> Record:
        """`{number}`: a person keys BILL's invoice of that number into Intacct by hand; BILL's sync knows nothing of it.

        `amount`, `due` (yyyy-mm-dd) and `term` are keyed otherwise where given; `draft` keeps it a draft. `by` is the
        person's name in Intacct. Answers `{number, record_no}`.
        """
        number, by, company = text_of(body, "number"), text_of(body, "by", PERSON), self._company(body)
        found = [row for row in company.world.store.table("bill_invoice").values() if row["invoiceNumber"] == number]
        if len(found) != 1:
            raise ControlError(
                "BILL has no such invoice." if not found else "BILL has several invoices of this number."
            )
        billed = dict(found[0])
        if body.get("amount") is not None:
            billed["totalAmount"] = number_of(body, "amount")
        call = lxml.fromstring(ET.tostring(invoice_xml(company.world, billed, company.profile)))
        if "term" in body:
            for element in call.findall("termname"):
                element.text = text_of(body, "term")
        if body.get("due") is not None:
            due = lxml.SubElement(call, "datedue")
            for part, text in zip(("year", "month", "day"), text_of(body, "due").split("-"), strict=False):
                lxml.SubElement(due, part).text = text
        if body.get("draft"):
            lxml.SubElement(call, "action").text = "Draft"
        try:
            keyed = create_invoice(call, company.world, by, "")
        except FunctionError as refusal:
            raise ControlError(str(refusal)) from None
        return {"number": number, "record_no": keyed.key}

    async def state(self, _request: Request) -> Response:
        """Which sandbox this is: instance, process, folder."""
        return JSONResponse({**self._description.identity, "address": self._world.address})

    async def settings(self, _request: Request) -> Response:
        """What a client must be set to, by the names of the settings."""
        return JSONResponse(self._description.settings())


def _posting_date(body: Record, company: Company) -> date | None:
    if body["posting_date"] is None:
        return None
    told = text_of(body, "posting_date")
    try:
        return today(company.world, company.profile.zone) if told == "today" else date.fromisoformat(told)
    except ValueError:
        raise ControlError("“posting_date” is a day such as 2026-11-25, “today” or null.") from None


def _refusal(words: str) -> JSONResponse:
    return JSONResponse({"ok": False, "error": words}, status_code=400)


def _door(call: Call) -> Callable[[Request], Awaitable[Response]]:
    """Reads a JSON object (nothing counts as an empty one) and turns what cannot be done into a 400 with a sentence."""

    async def answer(request: Request) -> Response:
        raw = await request.body()
        try:
            body = json.loads(raw) if raw else {}
        except (json.JSONDecodeError, UnicodeDecodeError):
            return _refusal("The request's body is not JSON.")
        if not isinstance(body, dict):
            return _refusal("The request's body is a JSON object.")
        try:
            return JSONResponse(await call(body))
        except (ControlError, ActError, NoCompanyError, books.BooksError) as problem:
            return _refusal(str(problem))

    return answer


def routes(world: World, workspace: Workspace, companies: Companies, description: Description) -> list[BaseRoute]:
    """The controls below `/sandbox/control`."""
    return [Mount("/sandbox/control", routes=Control(world, workspace, companies, description).routes())]
