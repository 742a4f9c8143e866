"""Who is told by direct message: approvers who are asked to decide, and those who are reminded before the time is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select

from bot.cases.case import CaseState
from bot.cases.deciding import taking_part
from bot.cases.deciding.policy import RefusalReason, policy_for, refusal
from bot.cases.outbox import direct
from bot.cases.ports import Approvers, Clock, Companies, Company, Entitled, Person
from bot.cases.step import Step, step
from bot.records import schedule
from bot.records.engine import Database
from bot.records.tables import cases

ASK = "ask"
"""Kind of a row in the schedule: somebody asks for a decision. `ask/acme/12/2026-11-24/T0ACME/U0MARIA`."""
EXPIRY = "expiry"
"""A case expires soon. `expiry/acme/12/2026-12-01`: once for each date on which it would."""
LEAD = timedelta(days=1)
"""How long before it expires those who can act are reminded; half of the time where that is shorter."""
WAITING = (CaseState.OPEN, CaseState.AWAITING_DECISION, CaseState.AWAITING_CORRECTION)


def ask(taken: Step, company: Company, case: Any, asker: Person) -> None:
    """Has the approvers told that this person asks for a decision: once an asker a case a day."""
    day = taken.now.astimezone(company.zone).date()
    key = f"{ASK}/{company.key}/{case.number}/{day}/{asker.team}/{asker.user_id}"
    schedule.ask(taken.connection, key=key, kind=ASK, company=company.key)


def remind_of_expiry(database: Database, clock: Clock, companies: Companies) -> None:
    """Has those reminded whose cases expire within a day. For every tick; each date of a case is asked for once."""
    with step(database, clock, "tick") as taken:
        for company in companies.values():
            lead = min(LEAD, timedelta(days=company.decision_days) / 2)
            rows = taken.connection.execute(
                select(cases.c.number, cases.c.expires_at).where(
                    cases.c.company == company.key,
                    cases.c.state.in_([state.value for state in WAITING]),
                    cases.c.expires_at > taken.now,
                    cases.c.expires_at <= taken.now + lead,
                )
            ).all()
            for row in rows:
                day = row.expires_at.astimezone(company.zone).date()
                schedule.ask(
                    taken.connection,
                    key=f"{EXPIRY}/{company.key}/{row.number}/{day}",
                    kind=EXPIRY,
                    company=company.key,
                )


class Asking:
    """Tells people, as the schedule asks for it; who they are is read from the workspace at that moment."""

    def __init__(self, database: Database, clock: Clock, companies: Companies, approvers: Approvers) -> None:
        self._database = database
        self._clock = clock
        self._companies = companies
        self._approvers = approvers

    def tell_asked(self, company: str, key: str) -> None:
        """Tells each who may decide that somebody asks for it; once a person a case a day. Raises where Slack is away."""
        number, day, _, user = key.removeprefix(f"{ASK}/{company}/").split("/")
        entitled = self._approvers.entitled(company)
        with step(self._database, self._clock, f"schedule:{key}") as taken:
            case = _case(taken, company, int(number))
            if CaseState(case.state) is not CaseState.AWAITING_DECISION:
                return
            for person in able(taken.connection, self._companies[company], case, entitled):
                direct(
                    taken,
                    company=company,
                    user=person,
                    key=f"{ASK}:{case.id}:{day}",
                    what="please_decide",
                    case_id=case.id,
                    asker=user,
                )

    def tell_expiring(self, company: str, key: str) -> None:
        """Reminds those who can still do something about a case before it expires. Raises where Slack is away."""
        number, day = key.removeprefix(f"{EXPIRY}/{company}/").split("/")
        entitled = self._approvers.entitled(company)
        with step(self._database, self._clock, f"schedule:{key}") as taken:
            case = _case(taken, company, int(number))
            state = CaseState(case.state)
            zone = self._companies[company].zone
            moved = case.expires_at is None or case.expires_at.astimezone(zone).date().isoformat() != day
            if state not in WAITING or moved or case.expires_at <= taken.now:
                return
            told = (
                able(taken.connection, self._companies[company], case, entitled)
                if state is CaseState.AWAITING_DECISION
                else entitled.people
            )
            if state is CaseState.AWAITING_CORRECTION and (case.note or {}).get("wrong_invoice_by"):
                told = (case.note["wrong_invoice_by"],)
            for person in told:
                direct(
                    taken,
                    company=company,
                    user=person,
                    key=f"{EXPIRY}:{case.id}:{day}",
                    what="expires_soon",
                    case_id=case.id,
                    state=state.value,
                )


def able(connection: Connection, company: Company, case: Any, entitled: Entitled) -> tuple[str, ...]:
    """Those of the entitled who may decide a case, once somebody has asked for it where that is needed."""
    had = [
        replace(each, person=_anywhere(each.person.user_id))
        for each in taking_part.participants_among(connection, case, entitled, "")
    ]
    return tuple(
        user
        for user in entitled.people
        if refusal(
            policy_for(company.approval_policy, case.kind), _anywhere(user), approvers=entitled.people, participants=had
        )
        in (None, RefusalReason.NOBODY_ASKED)
    )


def _anywhere(user_id: str) -> Person:
    """A user by his id alone: whom to tell does not hang on the team that a click came from."""
    return Person(team="", user_id=user_id)


def _case(taken: Step, company: str, number: int) -> Any:
    return taken.connection.execute(select(cases).where(cases.c.company == company, cases.c.number == number)).one()
