"""Runs a request's functions under its sign-ins: rights, repeated control ids, transactions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.sandbox.intacct import reading
from bot.sandbox.intacct.accounts import Accounts, Session, invalid_session
from bot.sandbox.intacct.envelope import Call, Control, Envelope, Operation, text_of
from bot.sandbox.intacct.errors import FunctionError, SignInError, Trouble, bad_query, no_permission, wrong_sign_in
from bot.sandbox.intacct.invoices import create_invoice
from bot.sandbox.intacct.query import query
from bot.sandbox.intacct.records import Records
from bot.sandbox.intacct.reply import OperationReply, Outcome, Status, element
from bot.sandbox.intacct.terms import create_arterm, delete_arterm, update_arterm
from bot.sandbox.world import Fault, Record, World

WRITTEN = ("arterm", "arinvoice")
"""The tables that functions write."""
DONE = "intacct_operation"
"""The store's table of carried-out control ids."""

READ_RIGHTS = {
    "query": ("list", "QUERY"),
    "readByQuery": ("list", "READ_BY_QUERY"),
    "read": ("view", "READ"),
    "readByName": ("view", "READ_BY_NAME"),
    "get_list": ("list", "GET_LIST"),
}
WRITE_RIGHTS = {
    "create_arterm": "add:ARTERM",
    "update_arterm": "edit:ARTERM",
    "delete_arterm": "delete:ARTERM",
    "create_invoice": "add:ARINVOICE",
}
OFFLINE = Trouble(errorno="XL03000011", description2="The Service is Temporarily Off-line")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One function in its turn."""

    call: Call
    control: Control
    session: Session
    endpoint: str
    fault: Fault | None


class Runner:
    """Runs functions for one gateway. Nothing here waits, so what it does is one step to everybody else."""

    def __init__(self, world: World) -> None:
        self.accounts = Accounts(world)
        self._world = world
        self._records = Records(world)
        self._reading = reading.Reading(self._records)

    def run(self, envelope: Envelope, endpoint: str, faults: dict[int, Fault]) -> list[OperationReply]:
        """What each operation answers. `faults`: those that strike a function, by its place in the request."""
        replies: list[OperationReply] = []
        place = 0
        for operation in envelope.operations:
            struck = [faults.get(place + index) for index in range(len(operation.calls))]
            replies.append(self._operation(envelope.control, operation, endpoint, struck))
            place += len(operation.calls)
        return replies

    def _operation(
        self, control: Control, operation: Operation, endpoint: str, struck: list[Fault | None]
    ) -> OperationReply:
        login = operation.login
        user, company = (login.user, login.company) if login else ("", "")
        location = login.location if login else ""
        try:
            session = self._signed_in(control, operation, struck)
        except SignInError as failure:
            return OperationReply(
                user=user, company=company, location=location, session=None, troubles=(failure.trouble,)
            )
        before = self._kept() if operation.transaction else {}
        outcomes: list[Outcome] = []
        for call, fault in zip(operation.calls, struck, strict=True):
            turn = Turn(call=call, control=control, session=session, endpoint=endpoint, fault=fault)
            outcomes.append(self._outcome(turn))
            if operation.transaction and outcomes[-1].status is not Status.SUCCESS:
                outcomes += [
                    Outcome(function=rest.name, control_id=rest.control_id) for rest in _after(operation, call)
                ]
                outcomes = [outcome.aborted() for outcome in outcomes]
                self._restore(before)
                break
        self._remember(control, outcomes)
        return OperationReply(
            user=session.user.user_id,
            company=self.accounts.company,
            location=session.location,
            session=session,
            outcomes=tuple(outcomes),
        )

    def _signed_in(self, control: Control, operation: Operation, struck: list[Fault | None]) -> Session:
        names = {fault.name for fault in struck if fault}
        if "sign_in" in names:
            raise wrong_sign_in()
        if "session_expired" in names and operation.login is None:
            self.accounts.end(operation.session)
            raise invalid_session()
        if operation.login is not None:
            return self.accounts.sign_in(control, operation.login)
        return self.accounts.resume(control, operation.session)

    def _outcome(self, turn: Turn) -> Outcome:
        call = turn.call
        blank = Outcome(function=call.name, control_id=call.control_id)
        if turn.fault and turn.fault.name == "aborted":
            return blank.aborted()
        try:
            self._check(turn)
            outcome = self._function(turn)
        except FunctionError as failure:
            return replace(blank, status=Status.FAILURE, troubles=failure.troubles)
        return replace(outcome, function=call.name, control_id=call.control_id)

    def _check(self, turn: Turn) -> None:
        call, rights = turn.call, turn.session.user.rights
        if turn.fault and turn.fault.name == "offline":
            raise FunctionError(OFFLINE)
        denied = turn.fault is not None and turn.fault.name == "permission"
        if call.name in WRITE_RIGHTS and (denied or WRITE_RIGHTS[call.name] not in rights):
            raise no_permission(call.name.upper())
        if call.name in READ_RIGHTS:
            verb, operation = READ_RIGHTS[call.name]
            kind = (text_of(call.body, "object") or _legacy_object(call)).strip()
            known = kind.upper() in ("ARTERM", "ARINVOICE", "CUSTOMER")
            if denied or (known and f"{verb}:{kind.upper()}" not in rights):
                raise no_permission(operation, kind.lower())
        elif denied:
            raise no_permission(call.name.upper())
        if turn.fault and turn.fault.name == "no_grouping" and call.body.find("select/count") is not None:
            raise bad_query("Grouping by this field is not supported.")
        by_change = any(field.text == "WHENMODIFIED" for field in call.body.iterfind("filter//field"))
        if turn.fault and turn.fault.name == "no_filter" and by_change:
            raise bad_query("Filtering by this field is not supported.")
        if turn.control.unique and self._operation_key(turn.control, call.control_id) in self._world.store.table(DONE):
            raise repeated(call.control_id)

    def _function(self, turn: Turn) -> Outcome:
        body, user, location = turn.call.body, turn.session.user.user_id, turn.session.location
        trimmed = turn.fault is not None and turn.fault.name == "trimmed"
        functions: dict[str, Callable[[], Outcome]] = {
            "getAPISession": lambda: self._session(turn),
            "lookup": lambda: reading.lookup(body),
            "inspect": lambda: reading.inspect(body),
            "query": lambda: query(body, self._records, location),
            "read": lambda: self._reading.read(body, location),
            "readByName": lambda: self._reading.read_by_name(body, location),
            "readByQuery": lambda: self._reading.read_by_query(body, location),
            "readMore": lambda: self._reading.read_more(body),
            "get_list": lambda: self._reading.get_list(body, location),
            "get_companyprefs": lambda: reading.company_preferences(body),
            "create_arterm": lambda: create_arterm(body, self._world, user, location, trimmed=trimmed),
            "update_arterm": lambda: update_arterm(body, self._world, user),
            "delete_arterm": lambda: delete_arterm(body, self._world),
            "create_invoice": lambda: create_invoice(body, self._world, user, location),
        }
        return functions[turn.call.name]()

    def _session(self, turn: Turn) -> Outcome:
        place = turn.call.body.find("locationid")
        session = self.accounts.open(turn.session, None if place is None else (place.text or "").strip())
        data = (
            "<data><api>"
            + element("sessionid", session.session_id)
            + element("endpoint", turn.endpoint)
            + element("locationid", session.location)
            + "</api></data>"
        )
        return Outcome(function="getAPISession", control_id="", data=data.encode())

    def _remember(self, control: Control, outcomes: list[Outcome]) -> None:
        if not control.unique:
            return
        done = self._world.store.table(DONE)
        for outcome in outcomes:
            if outcome.status is Status.SUCCESS:
                now = self._world.calendar.now().isoformat()
                done[self._operation_key(control, outcome.control_id)] = {"function": outcome.function, "at": now}

    @staticmethod
    def _operation_key(control: Control, control_id: str) -> str:
        return f"{control.sender}/{control_id}"

    def _kept(self) -> dict[str, dict[str, Record]]:
        return {table: dict(self._world.store.table(table)) for table in WRITTEN}

    def _restore(self, before: dict[str, dict[str, Record]]) -> None:
        for name, rows in before.items():
            table = self._world.store.table(name)
            for key in [key for key in table if key not in rows]:
                del table[key]
            for key, row in rows.items():
                if table.get(key) is not row:
                    table[key] = row
        self._world.touch()


def repeated(control_id: str) -> FunctionError:
    """A control id that was carried out before, while `uniqueid` is true.

    That it is refused is the vendor's word (Sage, requests: uniqueid); the number and the text are this emulator's.
    """
    words = f"The function with control ID '{control_id}' was already executed and completed."
    return FunctionError(
        Trouble(errorno="BL03000130", description2=words, correction="Read what it did, or use a new control ID.")
    )


def _after(operation: Operation, call: Call) -> tuple[Call, ...]:
    return operation.calls[operation.calls.index(call) + 1 :]


def _legacy_object(call: Call) -> str:
    return {"arterm": "ARTERM", "invoice": "ARINVOICE", "customer": "CUSTOMER"}.get(call.body.get("object", ""), "")
