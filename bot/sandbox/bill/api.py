"""BILL's HTTP door: sessions, limits, fault switches, and the calls that read."""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from bot.sandbox.bill import errors
from bot.sandbox.bill.errors import Refusal
from bot.sandbox.bill.listing import CUSTOMER_FIELDS, INVOICE_FIELDS, TERM_FIELDS, answer_list
from bot.sandbox.wire import NoAnswer
from bot.sandbox.world import Fault, Record, World

USERNAME = "termkeeper@acme.test"
PASSWORD = "sandbox-bill-password"  # noqa: S105 -- fixed and public, as all of the sandbox's
ORGANIZATION = "00801ACME"
DEV_KEY = "sandbox-dev-key"
USER_ID = "00601ACMETERMKEEPER"

IDLE_END = timedelta(minutes=35)
REQUESTS_AN_HOUR = 20_000
LOGINS_AN_HOUR = 200
AT_ONCE = 3
HELD_SECONDS = 30.0

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class Session:
    """One sign-in and when it was last used, on the company's calendar."""

    last_used: datetime


class Gate:
    """Who is signed in, and how much was asked in this hour and is being asked now."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sessions: dict[str, Session] = {}
        self._hour = ""
        self._asked: Counter[str] = Counter()
        self._under_way = 0

    def enter(self, kind: str) -> None:
        """Counts a call of `kind` (`login` or `request`); refused past BILL's limits."""
        hour = self._world.calendar.now().strftime("%Y-%m-%dT%H")
        if hour != self._hour:
            self._hour = hour
            self._asked.clear()
        if self._under_way >= AT_ONCE:
            raise errors.concurrent_limit()
        self._asked[kind] += 1
        if self._asked.total() > REQUESTS_AN_HOUR or (kind == "login" and self._asked[kind] > LOGINS_AN_HOUR):
            raise errors.hourly_limit()
        self._under_way += 1

    def leave(self) -> None:
        """Ends a call that `enter` let in."""
        self._under_way -= 1

    def sign_in(self) -> str:
        """A new session's id."""
        session_id = secrets.token_urlsafe(24)
        self._sessions[session_id] = Session(self._world.calendar.now())
        return session_id

    def check(self, headers: Mapping[str, str]) -> None:
        """Refuses a wrong developer key, an unknown session, and one idle for 35 minutes; else renews it."""
        if not hmac.compare_digest(headers.get("devkey", "").encode(), DEV_KEY.encode()):
            raise errors.wrong_key()
        session = self._sessions.get(headers.get("sessionid", ""))
        now = self._world.calendar.now()
        if session is None or now - session.last_used > IDLE_END:
            self._sessions.pop(headers.get("sessionid", ""), None)
            raise errors.session_invalid()
        session.last_used = now

    def sign_out(self, headers: Mapping[str, str]) -> None:
        """Ends a session."""
        self._sessions.pop(headers.get("sessionid", ""), None)


class Bill:
    """The calls themselves."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._gate = Gate(world)

    def routes(self) -> list[BaseRoute]:
        """BILL's paths below `/sandbox/bill/connect`."""
        base = "/v3"
        return [
            Route(f"{base}/login", self._door("login", self.login), methods=["POST"]),
            Route(f"{base}/logout", self._door("logout", self.logout), methods=["POST"]),
            Route(f"{base}/invoices", self._door("invoices", self.invoices), methods=["GET"]),
            Route(f"{base}/invoices/{{id}}", self._door("invoices", self.invoice), methods=["GET"]),
            Route(f"{base}/customers", self._door("customers", self.customers), methods=["GET"]),
            Route(f"{base}/customers/{{id}}", self._door("customers", self.customer), methods=["GET"]),
            Route(
                f"{base}/organizations/{{organization}}/payment-terms",
                self._door("payment-terms", self.payment_terms),
                methods=["GET"],
            ),
            Route(
                "/{path:path}", self._door("unknown", self.unknown), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]
            ),
        ]

    async def login(self, request: Request) -> Response:
        """`POST /v3/login`."""
        body = await _json_object(request)
        for name in ("username", "password", "organizationId", "devKey"):
            if not isinstance(body.get(name), str) or not body[name]:
                raise errors.missing_field(name)
        if body["devKey"] != DEV_KEY:
            raise errors.wrong_key()
        if (body["username"], body["password"]) != (USERNAME, PASSWORD):
            raise errors.wrong_password()
        if body["organizationId"] != ORGANIZATION:
            raise errors.wrong_organization()
        answer = {
            "sessionId": self._gate.sign_in(),
            "organizationId": ORGANIZATION,
            "userId": USER_ID,
            "trusted": False,
        }
        return JSONResponse(answer)

    async def logout(self, request: Request) -> Response:
        """`POST /v3/logout`."""
        self._gate.check(request.headers)
        self._gate.sign_out(request.headers)
        return Response(status_code=204)

    async def invoices(self, request: Request) -> Response:
        """`GET /v3/invoices`."""
        self._gate.check(request.headers)
        rows = [public(row) for row in self._world.store.table("bill_invoice").values()]
        return JSONResponse(answer_list(rows, request.query_params, INVOICE_FIELDS))

    async def invoice(self, request: Request) -> Response:
        """`GET /v3/invoices/{id}`."""
        return self._one(request, "bill_invoice")

    async def customers(self, request: Request) -> Response:
        """`GET /v3/customers`."""
        self._gate.check(request.headers)
        rows = [public(row) for row in self._world.store.table("bill_customer").values()]
        return JSONResponse(answer_list(rows, request.query_params, CUSTOMER_FIELDS))

    async def customer(self, request: Request) -> Response:
        """`GET /v3/customers/{id}`."""
        return self._one(request, "bill_customer")

    async def payment_terms(self, request: Request) -> Response:
        """`GET /v3/organizations/{organization}/payment-terms`."""
        self._gate.check(request.headers)
        if request.path_params["organization"] != ORGANIZATION:
            raise errors.wrong_organization()
        rows = [public(row) for row in self._world.store.table("bill_term").values()]
        return JSONResponse(answer_list(rows, request.query_params, TERM_FIELDS))

    async def unknown(self, _request: Request) -> Response:
        """Any other path."""
        raise errors.unsupported()

    def _one(self, request: Request, kind: str) -> Response:
        self._gate.check(request.headers)
        row = self._world.store.table(kind).get(request.path_params["id"])
        if row is None:
            raise errors.not_found()
        return JSONResponse(public(row))

    def _door(self, method: str, handler: Handler) -> Handler:
        """Wraps a call with the limits, the fault switches and the log."""

        async def answer(request: Request) -> Response:
            fault = self._world.faults.strike("bill", method)
            entered = False
            try:
                self._gate.enter("login" if method == "login" else "request")
                entered = True
                response = await _with_fault(fault, handler, request)
                outcome = "ok" if response.status_code < 400 else f"{response.status_code}"
            except Refusal as refusal:
                response = refusal.answer(self._world.calendar.now())
                outcome = refusal.code
            finally:
                if entered:
                    self._gate.leave()
            if fault is not None:
                outcome = f"{fault.name} (fault)"
            self._world.calls.note("bill", method, outcome, path=request.url.path)
            return response

        return answer


async def _with_fault(fault: Fault | None, handler: Handler, request: Request) -> Response:
    """The handler's answer, or what the fault makes of it."""
    if fault is None:
        return await handler(request)
    match fault.name:
        case "unauthorized":
            raise errors.session_invalid()
        case "BDC_1144":
            raise errors.hourly_limit()
        case "BDC_1322":
            raise errors.concurrent_limit()
        case "server_error":
            raise errors.system_error()
        case "html":
            return HTMLResponse("<html><body><h1>502 Bad Gateway</h1></body></html>", status_code=502)
        case "timeout":
            await asyncio.sleep(HELD_SECONDS if fault.value is None else fault.value)
            return NoAnswer()
        case "slow":
            await asyncio.sleep(HELD_SECONDS if fault.value is None else fault.value)
            return await handler(request)
        case "missing_fields":
            return _stripped(await handler(request))
        case _:
            raise Refusal(400, fault.name, "Set by a fault switch.")


KEPT_WITHOUT = ("id", "invoiceNumber", "name")


def _stripped(response: Response) -> Response:
    """The same answer with everything but identity gone from each record, as a sparse record may look."""
    body = json.loads(bytes(response.body))
    if "results" in body:
        body["results"] = [{key: row[key] for key in KEPT_WITHOUT if key in row} for row in body["results"]]
    else:
        body = {key: body[key] for key in KEPT_WITHOUT if key in body}
    return JSONResponse(body, status_code=response.status_code)


def public(row: Record) -> Record:
    """A record as the API shows it: without what only the sandbox notes."""
    return {key: value for key, value in row.items() if not key.startswith("_")}


async def _json_object(request: Request) -> Record:
    try:
        body = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise errors.bad_json() from None
    if not isinstance(body, dict):
        raise errors.bad_json()
    return body


def routes(world: World) -> list[BaseRoute]:
    """BILL below `/sandbox/bill/connect`."""
    return [Mount("/sandbox/bill/connect", routes=Bill(world).routes())]
