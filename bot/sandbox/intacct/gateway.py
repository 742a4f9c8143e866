"""The gateway's address: takes a request off the wire to its company, and answers it or fails it as the switches say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox.intacct import reply
from bot.sandbox.intacct.envelope import Control, Envelope, Operation, control_of, parse
from bot.sandbox.intacct.errors import ControlError, GatewayError, too_many_at_once
from bot.sandbox.intacct.running import Runner
from bot.sandbox.wire import NoAnswer
from bot.sandbox.world import Fault, World

PATH = "/sandbox/intacct/ia/xml/xmlgw.phtml"
MOST_AT_ONCE = 2
"""Requests in flight that the smallest contract allows."""
LONGEST_WAIT = 30.0
"""Seconds that a further request waits for its turn, before the gateway turns it away."""
HOLD = 30.0
"""Seconds that a fault holds a connection, unless its switch says otherwise."""
XML = "application/xml"
OFFLINE_PAGE = "<html><head><title>{0} Error</title></head><body><h1>{0} Server Error</h1></body></html>"


def routes(*worlds: World) -> list[Route]:
    """The gateway's one address over the books of one company or several."""
    return [Route(PATH, Front([Gateway(world) for world in worlds]).answer, methods=["POST"])]


class Front:
    """Takes a request off the wire and hands it to the company that its first sign-in names."""

    def __init__(self, gateways: Sequence[Gateway]) -> None:
        self._gateways = gateways

    async def answer(self, request: Request) -> Response:
        """Answers one request."""
        body = await request.body()
        try:
            envelope = parse(body)
        except ControlError as failure:
            return self._gateways[0].unread(control_of(body), failure)
        return await self._asked(envelope).answer(request, envelope)

    def _asked(self, envelope: Envelope) -> Gateway:
        """The company's; the first where none is named that is known here, which then refuses."""
        serving = (one for one in self._gateways if one.serves(envelope.operations[0]))
        return next(serving, self._gateways[0])


class Gateway:
    """One company's running gateway: its sessions end with it, its records and carried-out control ids do not."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._runner = Runner(world)
        self._line = asyncio.Semaphore(MOST_AT_ONCE)
        self._in_flight = 0

    def serves(self, operation: Operation) -> bool:
        """Whether an operation signs in to this company, by its id or by a session opened here."""
        if operation.login is not None:
            return operation.login.company == self._runner.accounts.company
        return self._runner.accounts.keeps(operation.session)

    def unread(self, control: Control, failure: ControlError) -> Response:
        """Answers a request that cannot be read."""
        self._world.calls.note("intacct", "(unread)", failure.trouble.errorno, controlid=control.control_id)
        return _xml(reply.control_failure(control, failure.trouble))

    async def answer(self, request: Request, envelope: Envelope) -> Response:
        """Answers one request that was read."""
        try:
            async with self._place():
                return await self._answer(request, envelope)
        except GatewayError as refusal:
            self._note_all(envelope, refusal.trouble.errorno)
            response = Response(reply.refusal(refusal.trouble), refusal.status, media_type=XML)
            response.headers["Retry-After"] = "1"
            return response

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        try:
            await asyncio.wait_for(self._line.acquire(), LONGEST_WAIT)
        except TimeoutError:
            raise too_many_at_once() from None
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1
            self._line.release()

    async def _answer(self, request: Request, envelope: Envelope) -> Response:
        struck = self._struck(envelope)
        first = next(iter(struck.values()), None)
        name = first.name if first else ""
        if first and name in ("timeout_before", "rate_limited", "server_error"):
            return await self._not_done(request, envelope, first)
        if first and name == "slow":
            await _wait(request, HOLD if first.value is None else first.value)
        try:
            self._runner.accounts.check_sender(envelope.control)
        except ControlError as failure:
            self._note_all(envelope, failure.trouble.errorno)
            return _xml(reply.control_failure(envelope.control, failure.trouble))
        operations = self._runner.run(envelope, str(request.url.replace(query="")), struck)
        self._note(envelope, operations, struck)
        if first and name == "timeout_after":
            await _wait(request, HOLD if first.value is None else first.value)
            return NoAnswer()
        raw = next((outcome.raw for operation in operations for outcome in operation.outcomes if outcome.raw), None)
        if raw:
            return Response(raw[1], media_type=raw[0])
        if name == "wrong_controlid":
            return _xml(_of_another_request(envelope.control, operations))
        document = reply.success(envelope.control, operations)
        return _xml(document[: len(document) // 2] if name == "truncated" else document)

    async def _not_done(self, request: Request, envelope: Envelope, fault: Fault) -> Response:
        self._note_all(envelope, fault.name)
        if fault.name == "timeout_before":
            await _wait(request, HOLD if fault.value is None else fault.value)
            return NoAnswer()
        if fault.name == "rate_limited":
            response = Response(reply.refusal(too_many_at_once().trouble), 429, media_type=XML)
            response.headers["Retry-After"] = f"{1 if fault.value is None else fault.value:g}"
            return response
        status = int(fault.value) if fault.value and 500 <= fault.value < 600 else 500
        return Response(OFFLINE_PAGE.format(status), status, media_type="text/html")

    def _struck(self, envelope: Envelope) -> dict[int, Fault]:
        """The faults of this request, by the place of the function that each strikes."""
        struck = ((place, self._world.faults.strike("intacct", call.name)) for place, call in enumerate(envelope.calls))
        return {place: fault for place, fault in struck if fault is not None}

    def _note_all(self, envelope: Envelope, outcome: str) -> None:
        user = next((operation.login.user for operation in envelope.operations if operation.login), "")
        for call in envelope.calls:
            self._write_down(call.name, outcome, call.control_id, user)

    def _note(self, envelope: Envelope, operations: Sequence[reply.OperationReply], struck: dict[int, Fault]) -> None:
        place = 0
        for operation, asked in zip(operations, envelope.operations, strict=True):
            for index, call in enumerate(asked.calls):
                fault = struck.get(place)
                place += 1
                outcome = operation.outcomes[index].status.value if operation.session else "sign-in failure"
                troubles = operation.outcomes[index].troubles if operation.session else operation.troubles
                told = f"{outcome}: {troubles[0].errorno}" if troubles else outcome
                more = {"fault": fault.name} if fault else {}
                self._write_down(call.name, told, call.control_id, operation.user, **more)

    def _write_down(self, function: str, outcome: str, control_id: str, user: str, **more: str) -> None:
        self._world.calls.note(
            "intacct", function, outcome, controlid=control_id, user=user, in_flight=self._in_flight, **more
        )


async def _wait(request: Request, seconds: float) -> None:
    """Waits, but not for a client that has gone: its place in line comes free."""
    with suppress(TimeoutError):
        await asyncio.wait_for(request.receive(), seconds)  # the body is read, so what comes is the client's leaving


def _xml(document: bytes) -> Response:
    return Response(document, media_type=XML)


def _of_another_request(control: Control, operations: Sequence[reply.OperationReply]) -> bytes:
    other = [
        replace(operation, outcomes=tuple(replace(one, control_id="another-request") for one in operation.outcomes))
        for operation in operations
    ]
    return reply.success(replace(control, control_id="another-request"), other)
