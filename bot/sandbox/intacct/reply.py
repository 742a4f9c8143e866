"""Writes a reply, in the vendor's form and order of elements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from html import escape

from bot.sandbox.intacct.accounts import Session
from bot.sandbox.intacct.envelope import Control
from bot.sandbox.intacct.errors import Trouble

ABORTED = Trouble(
    errorno="XL03000009",
    description2="The entire transaction in this operation has been rolled back due to an error.",
)


class Status(StrEnum):
    """How a function ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    ABORTED = "aborted"
    """Rolled back, or not run, because another function of the transaction failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one function answers."""

    function: str
    control_id: str
    status: Status = Status.SUCCESS
    key: str = ""
    data: bytes = b""
    """The `data` element (before it, `listtype` in the oldest functions), as XML."""
    troubles: tuple[Trouble, ...] = ()
    raw: tuple[str, str] | None = None
    """A media type and a text that take the place of the whole reply (`returnformat` json and csv)."""

    def aborted(self) -> Outcome:
        """The same function in a transaction that was rolled back.

        The one that failed keeps its own error before it, and is called aborted as well: so do replies that companies
        have recorded, though the vendor's clients also know a form in which that one says failure.
        """
        return replace(self, status=Status.ABORTED, key="", data=b"", raw=None, troubles=(*self.troubles, ABORTED))


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationReply:
    """What one operation answers: a sign-in, and its functions' outcomes or why there are none."""

    user: str
    company: str
    location: str
    session: Session | None
    """None where the sign-in failed."""
    troubles: tuple[Trouble, ...] = ()
    outcomes: tuple[Outcome, ...] = ()


def element(name: str, text: object = "") -> str:
    """One element with a text; a carriage return is kept from being folded by the reader."""
    if text == "":
        return f"<{name}></{name}>"
    return f"<{name}>{escape(str(text), quote=False)}</{name}>".replace("\r", "&#13;")


def refusal(trouble: Trouble) -> bytes:
    """The gateway's own refusal: no sender, no control id (Sage, error handling: gateway errors)."""
    error = element("errorno", trouble.errorno) + element("description", trouble.description)
    control = "<control><status>failure</status></control>"
    return _document(f"{control}<errormessage><error>{error}</error></errormessage>")


def control_failure(control: Control, trouble: Trouble) -> bytes:
    """The request or its sender is refused."""
    return _document(_control(control, Status.FAILURE) + _errors([trouble]))


def success(control: Control, operations: Sequence[OperationReply]) -> bytes:
    """The request was taken; how each operation went."""
    parts = [_control(control, Status.SUCCESS).encode()]
    for operation in operations:
        parts.append(_operation_head(operation).encode())
        for outcome in operation.outcomes:
            parts += [_result_head(outcome).encode(), outcome.data, _result_tail(outcome).encode()]
        parts.append(b"</operation>")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n<response>' + b"".join(parts) + b"</response>\n"


def _document(body: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<response>{body}</response>\n'.encode()


def _control(control: Control, status: Status) -> str:
    return (
        "<control>"
        + element("status", status)
        + element("senderid", control.sender)
        + element("controlid", control.control_id)
        + element("uniqueid", str(control.unique).lower())
        + element("dtdversion", control.version)
        + "</control>"
    )


def _errors(troubles: Iterable[Trouble]) -> str:
    listed = "".join(
        "<error>"
        + element("errorno", trouble.errorno)
        + element("description", trouble.description)
        + element("description2", trouble.description2)
        + element("correction", trouble.correction)
        + "</error>"
        for trouble in troubles
    )
    return f"<errormessage>{listed}</errormessage>"


def _operation_head(operation: OperationReply) -> str:
    status = Status.FAILURE if operation.session is None else Status.SUCCESS
    head = element("status", status) + element("userid", operation.user) + element("companyid", operation.company)
    head += element("locationid", operation.location)
    if operation.session is not None:
        head += element("sessiontimestamp", operation.session.started.isoformat(timespec="seconds"))
        head += element("sessiontimeout", operation.session.ends.isoformat(timespec="seconds"))
    errors = _errors(operation.troubles) if operation.troubles else ""
    return f"<operation><authentication>{head}</authentication>{errors}"


def _result_head(outcome: Outcome) -> str:
    head = element("status", outcome.status) + element("function", outcome.function)
    head += element("controlid", outcome.control_id)
    return f"<result>{head}" + (element("key", outcome.key) if outcome.key else "")


def _result_tail(outcome: Outcome) -> str:
    return (_errors(outcome.troubles) if outcome.troubles else "") + "</result>"
