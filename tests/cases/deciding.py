"""A company's cases on real records, without the systems behind them: for what people do to cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.billing.source import BilledInvoice, TermOrigin
from bot.cases import store
from bot.cases.case import CaseState
from bot.cases.deciding.decide import Act, Outcome
from bot.cases.folding.gather import settle
from bot.cases.ports import Entitled, EntitledUnknown, Person
from bot.cases.reading import Answer
from bot.cases.step import Step, step
from bot.records import journal
from bot.records.engine import Database
from bot.records.tables import cases, decisions
from bot.terms.proposal import Proposal
from tests.cases.company import acme
from tests.slack.cards import samples

TEAM = "T0ACME"
NOW = datetime(2026, 11, 24, 9, 14, tzinfo=UTC)
DAN, PRIYA, MARIA, LEE = (Person(team=TEAM, user_id=f"U0{name}") for name in ("DAN", "PRIYA", "MARIA", "LEE"))
NAMES = {"U0DAN": ("Dan Weber", "dan"), "U0PRIYA": ("Priya Nair", "priya"), "U0LEE": ("Lee Park", "lee")}
ENTITLED = Entitled(approvers=frozenset({"U0DAN", "U0PRIYA"}), names=NAMES)


class Calendar:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment

    def move(self, **span: float) -> None:
        self.moment += timedelta(**span)


class Known:
    """Who may decide, as the test says; None: the workspace does not tell."""

    def __init__(self, entitled: Entitled | None = ENTITLED) -> None:
        self.told = entitled

    def entitled(self, company: str) -> Entitled:
        if self.told is None:
            raise OSError("the workspace does not answer")
        return self.told

    def recent(self, company: str) -> Entitled:
        if self.told is None:
            raise EntitledUnknown(company)
        return self.told


class Deciding:
    """One company at work."""

    def __init__(self, database: Database, **changes: Any) -> None:
        self.database = database
        self.clock = Calendar()
        self.company = acme(**changes)
        self._clicks = 0

    @contextmanager
    def step(self, cause: str = "test") -> Iterator[Step]:
        with step(self.database, self.clock, cause) as taken:
            yield taken

    def open(self, term: str | None = "Net 45", proposal: Proposal | None = None, *, by: str = "") -> int:
        """A case about a term, awaiting a decision; without a term one that asks for it. `by`: made its invoice."""
        with self.step() as taken:
            key = store.term_key("", term) if term is not None else store.invoice_key("INV-1042")
            case = store.open_case(taken, self.company, key, term_name=term, alerted_at=NOW, origin=TermOrigin.INVOICE)
            billed = samples.billed(term=term, created_by=by)
            store.await_invoices(taken, case.id, [("INV-1042", billed)])
            diagnosis = samples.ABSENT if term is not None else samples.BY_MATCH["not found"].diagnosis
            if term is None or proposal is None:
                proposal = samples.proposal(term, 45) if term is not None else None
            settle(taken, case, Answer(diagnosis=diagnosis, proposal=proposal), now=taken.now)  # type: ignore[arg-type]
            return int(case.id)

    def act(self, case_id: int, person: Person, *, digest: str | None = None, key: str | None = None) -> Act:
        self._clicks += 1
        seen = self.row(case_id).proposal_digest or "" if digest is None else digest
        return Act(case_id=case_id, person=person, digest=seen, key=key or f"click:{self._clicks}")

    def do(self, what: Callable[..., Outcome], act: Act, **words: Any) -> Outcome:
        """One act, in a transaction of its own."""
        with self.step(act.key) as taken:
            return what(taken, self.company, act, **words)

    def put(self, case_id: int, state: CaseState) -> None:
        """Puts a case where the test wants it, past the table."""
        with self.database.transaction() as connection:
            connection.execute(cases.update().where(cases.c.id == case_id).values(state=state.value))

    def row(self, case_id: int) -> Any:
        with self.database.transaction() as connection:
            return store.read(connection, case_id)

    def state(self, case_id: int) -> CaseState:
        return CaseState(self.row(case_id).state)

    def decisions(self, case_id: int) -> list[Any]:
        with self.database.transaction() as connection:
            return list(connection.execute(select(decisions).where(decisions.c.case_id == case_id)))

    def journal(self, kind: str) -> list[Any]:
        with self.database.transaction() as connection:
            return [entry for entry in journal.entries(connection, "acme") if entry.kind == kind]


def billed_by(who: str) -> BilledInvoice:
    return replace(samples.billed(), created_by=who)
