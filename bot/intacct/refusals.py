"""What a failure means, decided by its layer and its words; one number stands for too many things to go by."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import unquote

from bot.intacct.errors import (
    Aborted,
    Credential,
    FieldsUnknown,
    GatewayBusy,
    IntacctError,
    NothingRun,
    Offline,
    PermissionMissing,
    Refused,
    RequestInvalid,
    SessionInvalid,
    SignInRefused,
)

MALFORMED = "XL03000003"
ROLLED_BACK = "XL03000009"
ACCOUNT_EXPIRED = "PL04000055"
GATEWAY = re.compile(r"GW-\d+")
TURNED_AWAY = (400, 408, 425, 429)
"""HTTP statuses with which the gateway turns a request away before it looks at the sender."""

TAG = re.compile(r"</?[A-Za-z][^<>]*>")
SUPPORT = re.compile(r"\s*\[(?:Support|Request) ID: *([^\]]*)\]")
BUSY = re.compile(r"rate limit exceeded|too many (?:concurrent )?requests", re.IGNORECASE)
OFFLINE = re.compile(r"temporarily off-?\s?line", re.IGNORECASE)
NO_RIGHT = re.compile(r"do(?:es)? not have (?:the )?(?:required )?permission|not authorized to perform", re.IGNORECASE)
DUPLICATE = re.compile(r"already (?:exist|been|in use|executed|processed)|\bduplicate", re.IGNORECASE)
NOT_QUERYABLE = re.compile(r"fields? cannot be queried", re.IGNORECASE)
UNAUTHORISED = re.compile(r"not authoriz|web services authoriz", re.IGNORECASE)
LOCKED = re.compile(r"locked|expired|suspended|inactive|disabled", re.IGNORECASE)
FIELD = re.compile(r"[A-Z][A-Z0-9_.]+")

LATER = "Try again later."
HIDDEN = "[hidden]"


@dataclass(frozen=True, slots=True)
class VendorError:
    """One `error` of a reply, its texts without markup."""

    number: str
    words: str
    correction: str
    support_id: str

    @classmethod
    def cleaned(cls, number: str, description: str, description2: str, correction: str) -> VendorError:
        """From the reply's texts, any of which may be empty or hold escaped tags and entities."""
        told = [description, description2]
        support = next((found.group(1) for text in told if (found := SUPPORT.search(text))), "")
        texts = [_plain(text) for text in told]
        words = " ".join(dict.fromkeys(text for text in texts if text))
        return cls(number.strip(), words, _plain(correction), unquote(support))


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What was asked, and by whom: what an error needs to say who lacks what."""

    function: str
    control_id: str
    user: str
    needs: str
    in_session: bool
    """Whether the request named a session instead of credentials."""
    secrets: tuple[str, ...]
    """What no error may hold."""

    def hide(self, text: str) -> str:
        """The text without the secrets, should the service repeat one."""
        for secret in filter(None, self.secrets):
            text = text.replace(secret, HIDDEN).replace(html.escape(secret, quote=False), HIDDEN)
        return text


def is_busy(text: str) -> bool:
    """Whether the words say that too much is asked."""
    return BUSY.search(text) is not None


def is_offline(text: str) -> bool:
    """Whether the words say that the service is off-line."""
    return OFFLINE.search(text) is not None


def control_failure(
    errors: Sequence[VendorError],
    situation: Situation,
    *,
    known_sender: bool,
    status: int,
    retry_after: float | None,
) -> IntacctError:
    """The request or its sender was refused before anything was run."""
    if any(error.number == MALFORMED for error in errors):
        return _error(RequestInvalid, "Intacct cannot read the bot's request: a fault of the bot.", errors, situation)
    passing = _passing(errors, situation, retry_after)
    if passing is not None:
        return passing
    by_gateway = any(GATEWAY.fullmatch(error.number) for error in errors) or status in TURNED_AWAY or status >= 500
    if by_gateway or not known_sender:
        return _busy("Intacct's gateway turned the request away.", errors, situation, retry_after)
    return _sign_in(Credential.SENDER, errors, situation)


def sign_in_failure(errors: Sequence[VendorError], situation: Situation, *, retry_after: float | None) -> IntacctError:
    """The user, the company or the session was refused; no function was run."""
    passing = _passing(errors, situation, retry_after)
    if passing is not None:
        return passing
    if situation.in_session:
        return _error(SessionInvalid, "Intacct no longer accepts the bot's session.", errors, situation, advice=LATER)
    words = _words(errors)
    if UNAUTHORISED.search(words):
        return _sign_in(Credential.AUTHORISATION, errors, situation)
    if LOCKED.search(words) or any(error.number == ACCOUNT_EXPIRED for error in errors):
        return _sign_in(Credential.ACCOUNT, errors, situation)
    return _sign_in(Credential.USER, errors, situation)


def function_failure(errors: Sequence[VendorError], situation: Situation, *, retry_after: float | None) -> IntacctError:
    """The function itself said no."""
    passing = _passing(errors, situation, retry_after)
    if passing is not None:
        return passing
    words = _words(errors)
    if any(error.number == MALFORMED for error in errors):
        return _error(RequestInvalid, "Intacct cannot read the bot's request: a fault of the bot.", errors, situation)
    if NO_RIGHT.search(words):
        return _permission(errors, situation)
    if NOT_QUERYABLE.search(words):
        unknown = _error(FieldsUnknown, "Intacct does not let these fields be queried.", errors, situation)
        unknown.fields = frozenset(FIELD.findall(words[words.rfind("[") :]))
        return unknown
    refused = _error(Refused, "Intacct refused.", errors, situation)
    refused.duplicate = DUPLICATE.search(words) is not None
    return refused


def aborted(errors: Sequence[VendorError], situation: Situation, *, retry_after: float | None) -> IntacctError:
    """Rolled back: told as its cause, where the reply names one."""
    causes = tuple(error for error in errors if error.number != ROLLED_BACK)
    if causes:
        return function_failure(causes, situation, retry_after=retry_after)
    return _error(
        Aborted,
        "Intacct rolled the request back and did not say why; nothing was kept.",
        errors,
        situation,
        advice=LATER,
    )


def _passing(errors: Sequence[VendorError], situation: Situation, retry_after: float | None) -> IntacctError | None:
    """Troubles that can show at any layer and pass by themselves."""
    words = _words(errors)
    if is_offline(words):
        return _error(Offline, "Intacct is temporarily off-line.", errors, situation, advice=LATER)
    if is_busy(words):
        return _busy("Intacct takes no more requests just now.", errors, situation, retry_after)
    return None


def _busy(message: str, errors: Sequence[VendorError], situation: Situation, retry_after: float | None) -> NothingRun:
    busy = _error(GatewayBusy, message, errors, situation, advice=LATER)
    busy.retry_after = retry_after
    return busy


_SIGN_IN = {
    Credential.SENDER: (
        "Intacct does not accept the sender.",
        "Check INTACCT_SENDER_ID and INTACCT_SENDER_PASSWORD.",
    ),
    Credential.AUTHORISATION: (
        "The Intacct company has not authorised the sender.",
        "Add INTACCT_SENDER_ID under Company > Setup > Company > Security > Web Services authorizations.",
    ),
    Credential.USER: (
        "Intacct does not accept the sign-in of the user {user}.",
        "Check INTACCT_COMPANY_ID, the user's id and password, and INTACCT_LOCATION_ID if it is set.",
    ),
    Credential.ACCOUNT: (
        "The account of the Intacct user {user} cannot be used.",
        "Ask the Intacct administrator to unlock the user, or to renew the company's subscription.",
    ),
}


def _sign_in(credential: Credential, errors: Sequence[VendorError], situation: Situation) -> SignInRefused:
    message, advice = _SIGN_IN[credential]
    again = " The bot does not try again by itself, as accounts lock: restart it once that is put right."
    refused = _error(SignInRefused, message.format(user=situation.user), errors, situation, advice=advice + again)
    refused.credential = credential
    return refused


def _permission(errors: Sequence[VendorError], situation: Situation) -> PermissionMissing:
    right = situation.needs or f"the right to {situation.function}"
    missing = _error(
        PermissionMissing,
        f"Intacct refused: the user {situation.user} lacks a right.",
        errors,
        situation,
        advice=f"The user {situation.user} needs {right}.",
    )
    missing.which = right
    return missing


E = TypeVar("E", bound=IntacctError)


def _error(kind: type[E], message: str, errors: Sequence[VendorError], situation: Situation, *, advice: str = "") -> E:
    corrections = " ".join(dict.fromkeys(error.correction for error in errors if error.correction))
    return kind(
        message,
        number=next((error.number for error in errors), ""),
        vendor_words=situation.hide(_words(errors)),
        control_id=situation.control_id,
        advice=advice or situation.hide(corrections),
        support_id=next((error.support_id for error in errors if error.support_id), ""),
    )


def _words(errors: Sequence[VendorError]) -> str:
    return " ".join(dict.fromkeys(error.words for error in errors if error.words))


def _plain(text: str) -> str:
    """Without tags, entities and the support id; blanks as single ones."""
    unescaped = html.unescape(SUPPORT.sub("", text))
    return " ".join(html.unescape(TAG.sub(" ", unescaped)).split())
