"""Reads a reply layer by layer, as the layers know: the line, the gateway, the sign-in, the one function's result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.intacct.dates import moment
from bot.intacct.errors import Garbled, GatewayBusy, IntacctError, Offline, TransportError
from bot.intacct.refusals import (
    Situation,
    VendorError,
    aborted,
    control_failure,
    function_failure,
    is_busy,
    is_offline,
    sign_in_failure,
)
from bot.intacct.wire import Answer
from bot.intacct.xml import Element, NotAReply, parse

_LATER = "Try again later."


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the one function of a request answered."""

    key: str
    """Of the record written; empty for reads."""
    data: Element | None
    session_lifetime: timedelta | None
    """How long a session that this sign-in opens lasts, where the reply tells."""


def read(answer: Answer, situation: Situation, request_id: str) -> Result:
    """The function's result. Raises IntacctError by the layer that failed."""
    try:
        root = parse(answer.content)
    except NotAReply as fault:
        raise _no_reply(answer, str(fault)) from None
    control = _child(root, "control")
    if _text(control, "status") != "success":
        raise control_failure(
            _errors(root),
            situation,
            known_sender=bool(_text(control, "senderid")),
            status=answer.status,
            retry_after=answer.retry_after,
        )
    if _text(control, "controlid") not in ("", request_id):
        raise Garbled("Intacct answered another request than this one.", advice=_LATER)
    operation = _child(root, "operation")
    authentication = _child(operation, "authentication")
    if _text(authentication, "status") != "success":
        errors = _errors(operation) or _errors(authentication)
        raise sign_in_failure(errors, situation, retry_after=answer.retry_after)
    return _result(operation, authentication, situation, answer.retry_after)


def _result(operation: Element, authentication: Element, situation: Situation, retry_after: float | None) -> Result:
    results = operation.findall("result")
    if not results and (errors := _errors(operation)):
        raise function_failure(errors, situation, retry_after=retry_after)
    if len(results) != 1:
        raise Garbled(f"Intacct's answer holds {len(results)} results where one was asked for.", advice=_LATER)
    result = results[0]
    if _text(result, "controlid") != situation.control_id:
        raise Garbled("Intacct answered another request than this one.", advice=_LATER)
    status = _text(result, "status")
    if status == "success":
        return Result(key=_text(result, "key"), data=result.find("data"), session_lifetime=_lifetime(authentication))
    if status == "failure":
        raise function_failure(_errors(result), situation, retry_after=retry_after)
    if status == "aborted":
        raise aborted(_errors(result), situation, retry_after=retry_after)
    raise Garbled("Intacct's answer does not say how the request ended.", advice=_LATER)


def _no_reply(answer: Answer, reason: str) -> IntacctError:
    """What came instead of a reply: a page of HTML from a server in between, or nothing readable."""
    shown = answer.content[:4096].decode("utf-8", "replace")
    if is_offline(shown):
        return Offline("Intacct is temporarily off-line.", advice=_LATER)
    if answer.status == 429 or is_busy(shown):
        busy = GatewayBusy("Intacct takes no more requests just now.", advice=_LATER)
        busy.retry_after = answer.retry_after
        return busy
    if answer.status >= 500:
        return TransportError(f"Intacct's server failed (HTTP {answer.status}).", advice=_LATER)
    if answer.status != 200:
        return TransportError(
            f"Something else than Intacct's gateway answered (HTTP {answer.status}).",
            advice="Check INTACCT_URL, and whether a proxy stands in between.",
        )
    return Garbled(f"Intacct's answer cannot be read: {reason}.", advice=_LATER)


def _lifetime(authentication: Element) -> timedelta | None:
    began = moment(_text(authentication, "sessiontimestamp"))
    ends = moment(_text(authentication, "sessiontimeout"))
    return ends - began if began is not None and ends is not None else None


def _child(parent: Element, name: str) -> Element:
    child = parent.find(name)
    if child is None:
        raise Garbled(f"Intacct's answer lacks its {name} part.", advice=_LATER)
    return child


def _text(parent: Element, name: str) -> str:
    return parent.findtext(name) or ""


def _errors(parent: Element) -> tuple[VendorError, ...]:
    return tuple(
        VendorError.cleaned(
            _text(error, "errorno"),
            _text(error, "description"),
            _text(error, "description2"),
            _text(error, "correction"),
        )
        for error in parent.iterfind("errormessage/error")
    )
