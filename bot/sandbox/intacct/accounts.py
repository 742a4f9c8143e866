"""Who may use the gateway: senders, the company's users and their rights, sessions."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.sandbox.intacct.envelope import Control, Login
from bot.sandbox.intacct.errors import ControlError, FunctionError, SignInError, Trouble, wrong_sign_in
from bot.sandbox.world import World

COMPANY = "acme"
"""The company id of a world whose store names no other (table `intacct_company`, key `id`)."""
SENDERS = {"sandbox": "sandbox-sender-password", "elsewhere": "elsewhere-sender-password"}
"""Known senders and their passwords."""
AUTHORISED = ("sandbox",)
"""The senders on the company's list of Web Services authorizations; `elsewhere` is not."""
SESSION = timedelta(hours=1)

READS = frozenset(f"{verb}:{kind}" for verb in ("list", "view") for kind in ("ARTERM", "ARINVOICE", "CUSTOMER"))


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One Web Services user of the company."""

    user_id: str
    password: str
    rights: frozenset[str]
    """`list`, `view`, `add` or `edit`, a colon, and the object."""
    locked: bool = False


def _users(word: str, sync: str) -> dict[str, User]:
    """A company's users, whose passwords begin with a word of its own; by user id."""
    users = (
        User(user_id="termkeeper-reader", password=f"{word}-reader-password", rights=READS),
        User(
            user_id="termkeeper-writer",
            password=f"{word}-writer-password",
            rights=READS | {"add:ARTERM", "edit:ARTERM"},
        ),
        User(user_id=sync, password=f"{word}-sync-password", rights=READS | {"add:ARINVOICE"}),
        User(user_id="left-the-company", password=f"{word}-locked-password", rights=READS, locked=True),
    )
    return {user.user_id: user for user in users}


USERS = _users("sandbox", "bill-sync")
"""Of every company that is not named below."""
OWN_USERS = {"birch": _users("birch", "birch-sync")}
"""Users by the id of a company that has its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in. Its times are real ones, as the company's calendar moves when a person says so."""

    session_id: str
    user: User
    location: str
    """The entity signed in to; empty at the top level."""
    started: datetime
    ends: datetime


class Accounts:
    """Checks senders and users, and keeps the sessions of one running gateway."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sessions: dict[str, Session] = {}

    @property
    def company(self) -> str:
        """The company id that sign-ins name."""
        kept = self._world.store.table("intacct_company").get("id")
        return str(kept["COMPANYID"]) if kept is not None else COMPANY

    def check_sender(self, control: Control) -> None:
        """Raises a control failure for an unknown sender, a wrong sender password, or a transport policy."""
        if SENDERS.get(control.sender) != control.password:
            words = "Incorrect Intacct XML Partner ID or password."
            raise ControlError(Trouble(errorno="XL03000006", description2=words))
        if control.policy:
            words = f"{control.policy} is not a valid transport policy."
            raise ControlError(Trouble(errorno="XL03000006", description2=words))

    def sign_in(self, control: Control, login: Login) -> Session:
        """A sign-in for one request; raises a sign-in failure."""
        if login.company == self.company and control.sender not in AUTHORISED:
            raise _not_authorised(control.sender, login.company)
        user = OWN_USERS.get(self.company, USERS).get(login.user)
        if login.company != self.company or user is None or user.password != login.password:
            raise wrong_sign_in()
        if user.locked:
            words = "Your account has been locked out. Contact your administrator."
            raise SignInError(Trouble(errorno="XL03000006", description2=words))
        if login.location and not self.entity_exists(login.location):
            raise wrong_sign_in()
        return self._session("", user, login.location)

    def resume(self, control: Control, session_id: str) -> Session:
        """The session of that id; raises a sign-in failure where there is none, or no longer."""
        session = self._sessions.get(session_id)
        if session is None or session.ends <= datetime.now(UTC):
            self._sessions.pop(session_id, None)
            raise invalid_session()
        if control.sender not in AUTHORISED:
            raise _not_authorised(control.sender, self.company)
        return session

    def open(self, session: Session, location: str | None) -> Session:
        """A session that later requests can use; `location` moves it to an entity."""
        place = session.location if location is None else location
        if place and not self.entity_exists(place):
            raise FunctionError(Trouble(errorno="Get API Session Failed", description2=f"Invalid location {place}"))
        opened = self._session(secrets.token_urlsafe(24), session.user, place)
        self._sessions[opened.session_id] = opened
        return opened

    def keeps(self, session_id: str) -> bool:
        """Whether a session of that id was opened here and not ended."""
        return session_id in self._sessions

    def end(self, session_id: str) -> None:
        """Forgets a session."""
        self._sessions.pop(session_id, None)

    def entity_exists(self, location: str) -> bool:
        """Whether the company has this entity (store table `entity`, key LOCATIONID)."""
        return location in self._world.store.table("entity")

    @staticmethod
    def _session(session_id: str, user: User, location: str) -> Session:
        now = datetime.now(UTC)
        return Session(session_id=session_id, user=user, location=location, started=now, ends=now + SESSION)


def invalid_session() -> SignInError:
    """The session is unknown or has timed out."""
    words = "Your session has timed out. Please sign in again."
    return SignInError(Trouble(errorno="XL03000006", description="Invalid session", description2=words))


def _not_authorised(sender: str, company: str) -> SignInError:
    """Sage, FAQ: invalid Web Services authorization."""
    return SignInError(
        Trouble(
            errorno="XL03000006",
            description="Invalid Web Services Authorization",
            description2=(
                f"The sender ID '{sender}' is not authorized to make Web Services requests to company ID '{company}'."
            ),
            correction="Contact the company administrator to grant Web Services authorization to this sender ID.",
        )
    )
