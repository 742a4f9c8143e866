"""One signed-in user: opens a session when first needed, keeps it on its endpoint, and renews it in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from lxml import etree

from bot.intacct.envelope import Call, Login, SessionId
from bot.intacct.errors import (
    Credential,
    Garbled,
    IntacctError,
    NothingRun,
    NotSent,
    OutcomeUnknown,
    SessionEnded,
    SessionInvalid,
    SignInRefused,
    TransportError,
)
from bot.intacct.gateway import Exchange, Gateway
from bot.intacct.reply import Result

USUAL_LIFETIME = timedelta(minutes=10)
"""Where a reply does not tell: sessions live longer at every company."""
MARGIN_S = 60.0
"""Seconds before its timeout at which a session is no longer used."""
MOST_ENDED = 3
"""Sessions that may end one after the other before a write is taken; then something else is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """An open session."""

    session_id: str = field(repr=False)
    endpoint: str
    usable_until: float
    """By the monotonic clock."""


class Refusals:
    """Remembers refused sign-ins, so that nothing is tried twice: accounts lock. Shared by a company's users."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_user: dict[str, SignInRefused] = {}

    def check(self, user: str) -> None:
        """Raises the refusal that stands for this user, or for the sender and so for all."""
        with self._lock:
            earlier = self._by_user.get("") or self._by_user.get(user)
        if earlier is not None:
            raise _again(earlier)

    def note(self, user: str, refusal: SignInRefused) -> None:
        """Keeps a refusal; one of the sender holds for every user."""
        everybody = refusal.credential in (Credential.SENDER, Credential.AUTHORISATION)
        with self._lock:
            self._by_user["" if everybody else user] = refusal

    def clear(self) -> None:
        """Lets everybody try again, because somebody put it right."""
        with self._lock:
            self._by_user.clear()


class SignedIn:
    """Runs functions as one user. Safe for threads: one signs in, the others wait for it."""

    def __init__(
        self,
        gateway: Gateway,
        login: Login,
        refusals: Refusals,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gateway = gateway
        self._login = login
        self._refusals = refusals
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._ended_in_a_row = 0

    @property
    def user(self) -> str:
        """The user's id."""
        return self._login.user

    def sign_in(self) -> None:
        """Opens a new session, to prove the credentials. Raises IntacctError."""
        with self._lock:
            self._session = None
            self._session = self._open()

    def read(self, call: Call) -> Result:
        """A function that changes nothing: repeated after what passes, and once in a new session. Raises IntacctError."""
        session = self._current()
        try:
            return self._patient_read(session, call)
        except SessionInvalid:
            self._forget(session)
            return self._patient_read(self._current(), call)

    def write(self, call: Call, control_id: str) -> Exchange:
        """A function that changes something, sent once: a second time only where it certainly was not run.

        Raises OutcomeUnknown where its answer did not come or cannot be read, NothingRun where it was not run, and
        other IntacctError where Intacct said no. Each carries both sides without secrets.
        """
        try:
            session = self._current()
        except TransportError as error:
            raise _not_sent(error) from None
        try:
            exchange = self._gateway.patiently(
                lambda: self._noting_refusals(
                    lambda: self._gateway.exchange(
                        session.endpoint,
                        SessionId(session.session_id),
                        call,
                        user=self.user,
                        control_id=control_id,
                        keep=True,
                    )
                ),
                repeatable=False,
            )
        except NothingRun:
            raise
        except (TransportError, Garbled) as error:
            raise _unknown(error) from None
        except SessionInvalid as error:
            self._forget(session)
            self._ended_in_a_row += 1
            if self._ended_in_a_row >= MOST_ENDED:
                raise
            raise _ended(error) from None
        self._ended_in_a_row = 0
        return exchange

    def _patient_read(self, session: Session, call: Call) -> Result:
        return self._gateway.patiently(
            lambda: self._noting_refusals(
                lambda: self._gateway.exchange(session.endpoint, SessionId(session.session_id), call, user=self.user)
            ),
            repeatable=True,
        ).result

    def _noting_refusals(self, attempt: Callable[[], Exchange]) -> Exchange:
        self._refusals.check(self.user)
        try:
            return attempt()
        except SignInRefused as refusal:
            self._refusals.note(self.user, refusal)
            raise

    def _current(self) -> Session:
        with self._lock:
            if self._session is None or self._monotonic() >= self._session.usable_until:
                self._session = self._open()
            return self._session

    def _forget(self, session: Session) -> None:
        with self._lock:
            if self._session is session:
                self._session = None

    def _open(self) -> Session:
        call = Call(body=etree.Element("getAPISession"))
        began = self._monotonic()
        result = self._gateway.patiently(
            lambda: self._noting_refusals(
                lambda: self._gateway.exchange(self._gateway.url, self._login, call, user=self.user)
            ),
            repeatable=True,
        ).result
        session_id, endpoint = (
            ("", "")
            if result.data is None
            else (result.data.findtext("api/sessionid") or "", result.data.findtext("api/endpoint") or "")
        )
        if not session_id:
            raise Garbled("Intacct's answer to the sign-in holds no session.", advice="Try again later.")
        endpoint = endpoint or self._gateway.url
        if not self._gateway.trusts(endpoint):
            raise Garbled(
                "Intacct named an address for the session that the bot does not trust.",
                advice="Check INTACCT_URL: the session's address must be https, and Intacct's own.",
            )
        lifetime = (result.session_lifetime or USUAL_LIFETIME).total_seconds()
        return Session(
            session_id=session_id,
            endpoint=endpoint,
            usable_until=began + max(lifetime - MARGIN_S, lifetime / 2),
        )


def _with_sides(new: IntacctError, old: IntacctError) -> IntacctError:
    new.request_xml, new.reply_xml, new.control_id = old.request_xml, old.reply_xml, old.control_id
    new.number, new.vendor_words, new.support_id = old.number, old.vendor_words, old.support_id
    return new


def _unknown(error: IntacctError) -> IntacctError:
    return _with_sides(
        OutcomeUnknown(
            f"It is not known whether Intacct carried the write out. {error}",
            advice="Read the record before anything else.",
        ),
        error,
    )


def _not_sent(error: IntacctError) -> IntacctError:
    """A sign-in that did not work out for the line's sake: the write itself was not sent."""
    return error if isinstance(error, NotSent) else _with_sides(NotSent(str(error), advice=error.advice), error)


def _ended(error: IntacctError) -> IntacctError:
    return _with_sides(
        SessionEnded("The session with Intacct had ended; nothing was written.", advice="Try again."), error
    )


def _again(earlier: SignInRefused) -> SignInRefused:
    """The same refusal once more, as its own exception."""
    refusal = SignInRefused(
        str(earlier),
        number=earlier.number,
        vendor_words=earlier.vendor_words,
        control_id=earlier.control_id,
        advice=earlier.advice,
        support_id=earlier.support_id,
    )
    refusal.credential = earlier.credential
    return refusal
