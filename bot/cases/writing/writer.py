"""Carrying out a decision: read again, write once, read back, compare. What is not known is read before anything else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bot.cases.codec import PROPOSAL
from bot.cases.ports import Clock, Company
from bot.cases.reading import Reader
from bot.cases.withdrawing.withdraw import Withdrawal
from bot.cases.writing.attempts import Attempts, attempts_of
from bot.cases.writing.carrying import HOPELESS, READ_ATTEMPTS, READ_PAUSE, WRITE_ATTEMPTS, Carrying, decision_of, later
from bot.cases.writing.rechecking import Rechecker, Unread
from bot.cases.writing.sending import Sender
from bot.cases.writing.verifying import Verifier
from bot.intacct.errors import IntacctError
from bot.records.engine import Database
from bot.terms.proposal import Action, Proposal
from bot.terms.term import ArTerm


class Writer(Carrying):
    """Writes what was decided, for one company."""

    def __init__(
        self, database: Database, clock: Clock, company: Company, reader: Reader, beside: Sequence[Company] = ()
    ) -> None:
        """`beside`: the other companies here whose books are the same."""
        super().__init__(database, clock, company)
        withdrawal = Withdrawal(database, clock, company, beside)
        self._rechecker = Rechecker(database, clock, company, reader, withdrawal)
        self._sender = Sender(database, clock, company)
        self._verifier = Verifier(database, clock, company, reader, withdrawal)

    def write(self, case: Any, cause: str) -> bool:
        """One round in state `writing`; whether the case moved on. Raises Stale where it moved meanwhile."""
        proposal = PROPOSAL.validate_python(case.proposal)
        with self._database.transaction() as connection:
            decision = decision_of(connection, case)
            tried = attempts_of(connection, decision.id)
        if tried.started:
            self._sender.end_started(case, tried, cause)
            return True
        if tried.uncertain:
            return self._after_uncertain(case, decision, proposal, tried, cause)
        if tried.answered:
            return self.written(case, cause)
        try:
            known = self._rechecker.look_again(case, decision, proposal, tried, cause)
        except IntacctError as error:
            return self.not_yet(case, str(error), error, cause)
        except Unread as unread:
            return self.not_yet(case, str(unread), None, cause)
        return True if known is None else self._sender.send(case, decision, proposal, tried, known, cause)

    def _after_uncertain(self, case: Any, decision: Any, proposal: Proposal, tried: Attempts, cause: str) -> bool:
        """What became of a write that was not answered is read first; only what is certainly not there is sent again."""
        try:
            there = self._company.books.term(proposal.name)
            if not _still_to_do(proposal, there) or len(tried.uncertain) >= WRITE_ATTEMPTS:
                return self.written(case, cause)
            known = self._rechecker.look_again(case, decision, proposal, tried, cause)
        except IntacctError as error:
            return self._not_known(case, error, cause)
        except Unread:
            return self._not_known(case, None, cause)
        return True if known is None else self._sender.send(case, decision, proposal, tried, known, cause)

    def _not_known(self, case: Any, error: IntacctError | None, cause: str) -> bool:
        """A write is under way whose outcome cannot be read now: a few more looks, then a person is told."""
        if case.rounds + 1 < READ_ATTEMPTS and not isinstance(error, HOPELESS):
            wait = getattr(error, "retry_after", None)
            later(self._database, self._clock, case, max(READ_PAUSE, timedelta(seconds=wait or 0)))
            return False
        return self.written(case, cause)

    def verify(self, case: Any, cause: str) -> bool:
        """Reads back what was written; whether the case moved on."""
        return self._verifier.verify(case, cause)


def _still_to_do(proposal: Proposal, there: ArTerm | None) -> bool:
    """Whether what Intacct keeps says that the write was not carried out."""
    if proposal.action is Action.CREATE:
        return there is None
    return there is not None and there.active is not (proposal.action is Action.REACTIVATE)
