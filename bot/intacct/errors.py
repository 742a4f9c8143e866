"""Every way in which Intacct can fail us, as one tree by the layer at which it failed.

    IntacctError
    ├── NothingRun              certain that no function was run: asking again later is safe, for writes too
    │   ├── GatewayBusy         gateway: too many requests, at once or in all
    │   ├── NotSent             transport: no connection, so nothing left this machine (a TransportError too)
    │   └── SessionEnded        session: it ended before a write was taken
    ├── TransportError          transport: no usable answer
    │   ├── NotSent
    │   └── Offline             off-line: the service says that it is
    ├── Garbled                 the answer cannot be read as one to this request
    ├── RequestInvalid          request: it is malformed, a bug of ours
    │   └── IllegalText         a character that XML cannot carry
    ├── NotCreatable            a rule that the XML gateway has no words for
    ├── SignInRefused           sign-in: sender, authorisation, user or account; never tried twice
    ├── SessionInvalid          session: refused although it is new
    ├── PermissionMissing       permission: the user's role lacks a right
    ├── Refused                 refused: a rule of the business said no
    │   └── FieldsUnknown       refused: fields that cannot be queried
    ├── Aborted                 aborted: rolled back, and no cause was told
    └── OutcomeUnknown          a write was sent, and what became of it is not known

`str()` of each is a sentence for a person; the vendor's words and what to do stand beside it. Nothing secret is in any.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class Layer(StrEnum):
    """Where a request failed (Sage, error handling; the numbers alone do not tell)."""

    TRANSPORT = "transport"
    """No reply, or none of the gateway's."""
    GATEWAY = "gateway"
    """The gateway turned the request away before looking into it."""
    REQUEST = "request"
    """Malformed, or not in the schema's order."""
    SIGN_IN = "sign-in"
    """Sender, user or company."""
    SESSION = "session"
    """A session that is no longer one."""
    PERMISSION = "permission"
    """The user's role."""
    REFUSED = "refused"
    """A rule of the business."""
    ABORTED = "aborted"
    """Rolled back by another function."""
    OFFLINE = "off-line"
    """Maintenance."""
    GARBLED = "garbled"
    """A reply that makes no sense here."""


class Credential(StrEnum):
    """Which of the credentials a refused sign-in points to."""

    SENDER = "sender"
    """INTACCT_SENDER_ID or INTACCT_SENDER_PASSWORD."""
    AUTHORISATION = "authorisation"
    """The company has not authorised the sender."""
    USER = "user"
    """The company id, the user id, the password or the location: the gateway does not tell which."""
    ACCOUNT = "account"
    """The user is locked or the company has expired."""


class IntacctError(Exception):
    """Anything that went wrong with Intacct."""

    layer: ClassVar[Layer] = Layer.TRANSPORT

    def __init__(
        self,
        message: str,
        *,
        number: str = "",
        vendor_words: str = "",
        control_id: str = "",
        advice: str = "",
        support_id: str = "",
    ) -> None:
        """`number` and `vendor_words`: Intacct's own, without markup. `advice`: a sentence on what to do."""
        super().__init__(message)
        self.number = number
        self.vendor_words = vendor_words
        self.control_id = control_id
        """Of the function, by which Sage's support and our logs find the request."""
        self.advice = advice
        self.support_id = support_id
        """What Sage's support asks for; empty where none was given."""
        self.request_xml = ""
        """A write's request, without its secrets; empty for reads."""
        self.reply_xml = ""
        """The reply to a write, without secrets; empty for reads and where none came."""


class NothingRun(IntacctError):
    """It is certain that no function was run, so asking again later is safe, for writes too."""

    retry_after: float | None = None
    """Seconds that the service asked to wait; None where it did not say."""


class GatewayBusy(NothingRun):
    """The gateway turned the request away: too many at once, or in all."""

    layer = Layer.GATEWAY


class TransportError(IntacctError):
    """No usable answer came: the line, the time limit, or a server's own error."""

    layer = Layer.TRANSPORT


class NotSent(NothingRun, TransportError):
    """No connection could be made."""

    layer = Layer.TRANSPORT


class Offline(TransportError):
    """Intacct says that it is off-line."""

    layer = Layer.OFFLINE


class SessionEnded(NothingRun):
    """The session ended before the write was taken; the next one signs in anew."""

    layer = Layer.SESSION


class Garbled(IntacctError):
    """The answer is broken off, is none of the gateway's, or belongs to another request."""

    layer = Layer.GARBLED


class RequestInvalid(IntacctError):
    """The gateway cannot read the request: a bug of ours, never sent again."""

    layer = Layer.REQUEST


class IllegalText(RequestInvalid):
    """A text holds a character that XML cannot carry; nothing was sent."""

    def __init__(self, message: str, *, position: int, code_point: int, advice: str = "") -> None:
        """`position` counts from 1."""
        super().__init__(message, advice=advice)
        self.position = position
        self.code_point = code_point


class NotCreatable(IntacctError):
    """The XML gateway has no words for this rule: the term is made by hand. Nothing was sent."""

    layer = Layer.REQUEST


class SignInRefused(IntacctError):
    """Sender, authorisation, user or account was refused. Not tried again, as accounts lock."""

    layer = Layer.SIGN_IN

    credential: Credential = Credential.USER
    """Which one to look at."""


class SessionInvalid(IntacctError):
    """A session that was just opened is refused."""

    layer = Layer.SESSION


class PermissionMissing(IntacctError):
    """The user's role lacks a right."""

    layer = Layer.PERMISSION

    which: str = ""
    """The right in the words of Intacct's screen: `Accounts Receivable: AR terms, Add`."""


class Refused(IntacctError):
    """Intacct understood and said no."""

    layer = Layer.REFUSED

    duplicate: bool = False
    """Whether it says that this is already there, or was already done."""


class FieldsUnknown(Refused):
    """Fields were asked for that do not exist in this company or cannot be queried."""

    fields: frozenset[str] = frozenset()
    """Those that the reply names."""


class Aborted(IntacctError):
    """Rolled back because of another function; nothing was kept."""

    layer = Layer.ABORTED


class OutcomeUnknown(IntacctError):
    """A write was sent and its answer did not come or cannot be read: read before anything else."""
