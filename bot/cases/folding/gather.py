"""Looking into what was taken in: one look at both systems for all failures that wait, then cases by term."""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Interval, cast, func, select, update

from bot.billing.source import MOST_EVIDENCE, BilledInvoice, TermOrigin
from bot.cases import store
from bot.cases.case import CaseEvent, CaseState
from bot.cases.codec import BILLED, DIAGNOSIS
from bot.cases.deciding import asking, taking_part
from bot.cases.deciding.policy import Part
from bot.cases.folding import merging
from bot.cases.folding.intake import AFTER_SYNC
from bot.cases.folding.mentions import Mentioned, mention
from bot.cases.outbox import notice
from bot.cases.ports import Clock, Company, Person
from bot.cases.reading import Answer, Findings, Others, Reader, one_invoice, origin_of, unknown
from bot.cases.step import Stale, Step, step
from bot.cases.view import Arrival, Diagnosis, Unknown
from bot.cases.watching.again import counts, exact, lost, under_way
from bot.cases.watching.watch import WATCHED
from bot.records import jobs
from bot.records.alone import Work, alone
from bot.records.engine import Database
from bot.records.tables import alerts, case_invoices, cases, failures, inbox
from bot.terms.matching import MatchKind

log = logging.getLogger(__name__)

BATCH = 1_000
QUIET_S = 0.25
"""Nothing came for so long: a burst is over."""
LONGEST_PAUSE_S = 8.0
"""So long more is waited for at most; what comes later is another look's."""
LONGEST_BACKLOG_S = 30.0
"""So long what came in that time is waited for while it is being worked off: on a busy machine that takes its time."""
AFTER = timedelta(seconds=1)
"""When to look whether anything is left after another's look."""
JUST_NOW = timedelta(seconds=60)
"""For so long what was read for an alert serves the alerts after it."""
MOST_ATTEMPTS = 5
"""After so many, failures that cannot be kept are tried once an hour, and their company is told."""
HOURLY = timedelta(hours=1)
UNDECIDED = (CaseState.OPEN.value, CaseState.AWAITING_DECISION.value)
RETRY = (timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
"""Pauses after which an unknown case is looked at again by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """One failure that waits to be looked into, with where it came from."""

    failure_id: int
    alert_id: int
    invoice: str | None
    term: str | None
    channel: str
    ts: str
    thread_ts: str | None
    posted_at: datetime
    asked_by: Person | None
    found_by_us: bool
    """No message stands behind it: a look of our own found it."""

    @property
    def reported(self) -> bool:
        """Whether a sync said that it failed."""
        return self.asked_by is None and not self.found_by_us


@dataclass(slots=True)
class _Group:
    """Failures that make one case."""

    term: str | None
    unknown: Unknown | None
    pending: list[Pending] = field(default_factory=list)
    invoices: dict[str, BilledInvoice | None] = field(default_factory=dict)
    breadth: Mapping[int, int] = field(default_factory=dict)
    """How many terms each alert is about, by its id."""

    @property
    def billed(self) -> tuple[BilledInvoice, ...]:
        return tuple(invoice for invoice in self.invoices.values() if invoice is not None)


class Gatherer:
    """Turns failures into cases for one company."""

    def __init__(self, database: Database, clock: Clock, company: Company, reader: Reader) -> None:
        self._database = database
        self._clock = clock
        self._company = company
        self._reader = reader

    def gather(self, cause: str) -> int:
        """Looks into all failures that wait, together; how many there were.

        One gatherer at a time a company, over all processes: whoever comes meanwhile has it looked again later.
        Raises what stopped a case from being kept, after all others were.
        """
        with alone(self._database, Work.GATHER, self._company.key) as mine:
            if not mine:
                self._again()
                return 0
            done = 0
            while pending := self._settled():
                done += len(pending)
                self._look_into(pending, cause)
            return done

    def _again(self) -> None:
        with self._database.transaction() as connection:
            now = connection.scalar(select(func.now()))
            jobs.nudge(connection, jobs.GATHER, key="after", at=now + AFTER if now else None, company=self._company.key)

    def _settled(self) -> list[Pending]:
        """What waits, once nothing more has come for a moment: a burst is looked up at once, not piece by piece."""
        began = time.monotonic()
        while (left := self._restless(time.monotonic() - began)) > 0:
            time.sleep(left)
        return self._claim()

    def _restless(self, waited_s: float) -> float:
        """Seconds to wait before looking whether more has come; 0 where all is quiet, or was waited for long enough."""
        if waited_s >= LONGEST_BACKLOG_S:
            return 0.0
        past = max(0.0, waited_s - LONGEST_PAUSE_S)
        with self._database.transaction() as connection:
            coming = connection.scalar(
                select(func.count())
                .select_from(inbox)
                .where(
                    inbox.c.state == "waiting",
                    inbox.c.kind == "message",
                    inbox.c.attempts <= 1,
                    inbox.c.received_at > func.now() - timedelta(seconds=LONGEST_BACKLOG_S),
                    inbox.c.received_at <= func.now() - timedelta(seconds=past),
                )
            )
            age = connection.scalar(
                select(cast(func.now() - func.max(failures.c.due_at), Interval)).where(
                    failures.c.company == self._company.key, failures.c.state == "waiting"
                )
            )
        if coming:
            return QUIET_S
        return 0.0 if age is None or past else max(0.0, QUIET_S - age.total_seconds())

    def _claim(self) -> list[Pending]:
        """What waits; what a look that died had begun is begun again, as nobody else looks now."""
        with self._database.transaction() as connection:
            ids = connection.scalars(
                select(failures.c.id)
                .where(
                    failures.c.company == self._company.key,
                    failures.c.state != "joined",
                    (failures.c.attempts < MOST_ATTEMPTS) | (failures.c.due_at < func.now() - HOURLY),
                )
                .order_by(failures.c.id)
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            ).all()
            connection.execute(
                update(failures)
                .where(failures.c.id.in_(ids))
                .values(state="gathered", attempts=failures.c.attempts + 1, due_at=func.now())
            )
            rows = connection.execute(
                select(
                    failures.c.id.label("failure_id"), failures.c.invoice, failures.c.term, failures.c.found_at, alerts
                )
                .join(alerts, alerts.c.id == failures.c.alert_id)
                .where(failures.c.id.in_(ids))
                .order_by(failures.c.id)
            ).all()
        return [_pending(row) for row in rows]

    def _look_into(self, pending: Sequence[Pending], cause: str) -> None:
        now = self._clock.now()
        numbers = {p.invoice for p in pending if p.invoice}
        known = self._known(numbers, now)
        findings = self._reader.look(numbers - set(known), now, fresh=self._counted_on(numbers))
        findings = replace(findings, invoices={**findings.invoices, **known})
        groups = _groups(pending, findings)
        kept = self._diagnosed_just_now({group.term for group in groups if group.term is not None}, now)
        others = self._others(findings, groups, kept, calls=-(-len(numbers) // MOST_EVIDENCE))
        trouble: Exception | None = None
        for group in groups:
            try:
                self._keep(group, self._answer(findings, group, kept.get(group.term or "", others)), cause)
            except Exception as error:
                log.exception("failures about %r could not be kept; the others are", group.term)
                self._tell_not_kept(group, error, cause)
                trouble = trouble or error
        if trouble is not None:
            raise trouble

    def _tell_not_kept(self, group: _Group, error: Exception, cause: str) -> None:
        """An alert that makes no case must not go unseen: once it was tried often enough, its company is told."""
        ids = [pending.failure_id for pending in group.pending]
        with step(self._database, self._clock, cause) as taken:
            often = taken.connection.scalars(
                select(failures.c.id).where(failures.c.id.in_(ids), failures.c.attempts >= MOST_ATTEMPTS)
            ).all()
            if often:
                about = group.term or next(iter(group.invoices), "")
                key = f"not_kept:{min(often)}"
                notice(
                    taken, self._company, key, "not_kept", about=about, error=f"{type(error).__name__}: {error}"[:1000]
                )

    def _known(self, numbers: Collection[str], now: datetime) -> dict[str, tuple[BilledInvoice, ...]]:
        """Invoices that were read a moment ago for a case that is not decided yet."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                select(case_invoices.c.number, case_invoices.c.billed)
                .join(cases, cases.c.id == case_invoices.c.case_id)
                .where(
                    cases.c.company == self._company.key,
                    cases.c.state.in_(UNDECIDED),
                    cases.c.term_name.is_not(None),
                    case_invoices.c.number.in_(numbers),
                    case_invoices.c.billed.is_not(None),
                    case_invoices.c.added_at > now - JUST_NOW,
                )
            ).all()
        return {row.number: (BILLED.validate_python(row.billed),) for row in rows}

    def _counted_on(self, numbers: Collection[str]) -> bool:
        """Whether a case counts on its term for one of these: that it is there is concluded from a fresh look alone."""
        with self._database.transaction() as connection:
            found = connection.scalar(
                select(cases.c.id)
                .join(case_invoices, case_invoices.c.case_id == cases.c.id)
                .where(
                    cases.c.company == self._company.key,
                    cases.c.state == CaseState.AWAITING_SYNC.value,
                    case_invoices.c.number.in_(numbers),
                )
                .limit(1)
            )
        return found is not None

    def _diagnosed_just_now(self, names: Collection[str], now: datetime) -> dict[str, Diagnosis]:
        """The diagnoses of open cases that are fresh enough for their evidence to serve a later alert."""
        keys = {store.term_key(self._company.entity, name): name for name in names}
        with self._database.transaction() as connection:
            rows = connection.execute(
                select(cases.c.key, cases.c.diagnosis).where(
                    cases.c.company == self._company.key,
                    cases.c.key.in_(keys),
                    cases.c.state.not_in(store.FINAL),
                    cases.c.diagnosis.is_not(None),
                )
            ).all()
        read = {keys[row.key]: DIAGNOSIS.validate_python(row.diagnosis) for row in rows}
        return {name: known for name, known in read.items() if known.match is not None and known.at > now - JUST_NOW}

    def _others(self, findings: Findings, groups: Sequence[_Group], kept: Collection[str], *, calls: int) -> Others:
        """The source's other invoices with the terms that are not in order, in as few calls as what was asked leaves."""
        vocabulary = findings.vocabulary
        if vocabulary is None:
            return Others()
        names = [
            group.term
            for group in groups
            if group.term is not None
            and group.term not in kept
            and vocabulary.match(group.term).kind is not MatchKind.EXACT
        ]
        return self._reader.others(names, findings.at.date(), most=MOST_EVIDENCE * max(2, min(6, len(names)) - calls))

    def _answer(self, findings: Findings, group: _Group, others: Others | Diagnosis) -> Answer:
        if group.term is None:
            return unknown(findings, group.unknown or Unknown.NO_TERM, findings.source_trouble)
        alerted = min(p.posted_at for p in group.pending)
        return self._reader.answer(findings, group.term, group.billed, alerted_at=alerted, others=others)

    def _keep(self, group: _Group, answer: Answer, cause: str) -> None:
        for attempt in range(5):
            try:
                with step(self._database, self._clock, cause) as taken:
                    self._keep_in(taken, group, answer)
            except Stale:
                if attempt == 4:
                    raise
            else:
                return

    def _keep_in(self, taken: Step, group: _Group, answer: Answer) -> None:
        store.lock_company(taken.connection, self._company.key)
        still = set(
            taken.connection.scalars(
                select(failures.c.id).where(
                    failures.c.id.in_([p.failure_id for p in group.pending]), failures.c.state == "gathered"
                )
            )
        )
        pending = [p for p in group.pending if p.failure_id in still]
        if not pending:
            return
        case, opened = self._case_for(taken, group, pending)
        new = store.await_invoices(taken, case.id, list(group.invoices.items()))
        merging.bear_another(taken, self._company, case, group.billed)
        store.failed_for_term(taken.connection, case.id, {p.invoice: p.posted_at for p in pending if p.invoice})
        taken.connection.execute(
            update(failures)
            .where(failures.c.id.in_([p.failure_id for p in pending]))
            .values(state="joined", case_id=case.id)
        )
        for asker in {p.asked_by for p in pending if p.asked_by}:
            taking_part.take_part(taken, case.id, asker, Part.ASKED)
            asking.ask(taken, self._company, case, asker)
        if opened:
            settle(taken, case, answer, now=taken.now)
        else:
            self._joined(taken, case, answer, pending, new)
        mention(taken, self._company, case, _mentioned(pending, group.breadth))

    def _case_for(self, taken: Step, group: _Group, pending: Sequence[Pending]) -> tuple[Any, bool]:
        company = self._company
        if group.term is None:
            number = next(iter(group.invoices))
            existing = store.open_with_invoice(taken.connection, company.key, number)
            key, origin = store.invoice_key(number), TermOrigin.NONE
        else:
            key = store.term_key(company.entity, group.term)
            existing = store.open_by_key(taken.connection, company.key, key)
            origin = origin_of(group.billed)
        waiting = [] if group.term is None else merging.nameless(taken, company, group.invoices)
        if existing is None and group.term is not None and waiting:
            existing = merging.name(taken, company, waiting.pop(0), group.term)
        if existing is not None:
            known = {invoice.number: invoice for invoice in group.billed}
            for nameless in waiting:
                merging.merge(taken, nameless, existing, known)
            return existing, False
        alerted = min(p.posted_at for p in pending)
        case = store.open_case(taken, company, key, term_name=group.term, alerted_at=alerted, origin=origin)
        return case, True

    def _joined(self, taken: Step, case: Any, answer: Answer, pending: Sequence[Pending], new: Sequence[str]) -> None:
        """A later alert about a case that is open already."""
        state = CaseState(case.state)
        again = _again(taken, case, answer, pending, new)
        if new:
            taken.record(case.company, "joined", {"case": case.number, "invoices": list(new)}, case_id=case.id)
        if state is CaseState.AWAITING_SYNC and again and exact(answer):
            failed = _decisive(taken, case, answer, again)
            if failed:
                kept = store.keep_answer(taken, case, answer)
                taken.move(case, CaseEvent.FAILED_AGAIN, content={"invoices": sorted(failed)}, **kept)
                return
        later = any(p.reported and p.posted_at > case.state_since for p in pending)
        if state is CaseState.AWAITING_SYNC and later and answer.proposal is not None:
            lost(taken, self._company, case, answer)
            return
        if new and state in WATCHED and case.due_at is None:
            # Nothing was awaited any more, so nobody looked.
            store.change(taken, case.id, due_at=taken.now + AFTER_SYNC)
            taken.nudge(jobs.WATCH, due=taken.now + AFTER_SYNC, company=self._company.key)
        undecided = state in (CaseState.OPEN, CaseState.AWAITING_DECISION)
        if undecided and answer.diagnosis.match is not None and (case.note or {}).get("rule") is None:
            settle(taken, case, answer, now=taken.now)
            return
        taken.touch_card(case.id)


def settle(taken: Step, case: Any, answer: Answer, *, now: datetime, **columns: Any) -> None:
    """Moves an open case, or one that awaits a decision, to where a fresh diagnosis puts it."""
    kept = store.keep_answer(taken, case, answer, **columns)
    state = CaseState(case.state)
    if answer.proposal is not None:
        if state is CaseState.AWAITING_DECISION:
            if kept["proposal_digest"] == case.proposal_digest:
                store.change(taken, case.id, **kept)
                return
            taken.move(case, CaseEvent.NEW_PROPOSAL, due_at=case.expires_at, **kept)
            return
        taken.move(case, CaseEvent.WRITE_PROPOSED, due_at=case.expires_at, **kept)
        return
    if answer.diagnosis.unknown is None and exact(answer):
        event = CaseEvent.APPEARED if state is CaseState.AWAITING_DECISION else CaseEvent.NOTHING_TO_WRITE
        note = {**(case.note or {}), "appeared": state is CaseState.AWAITING_DECISION}
        match = answer.diagnosis.match
        if match and match.term:
            note["record_no"] = match.term.record_no
            new = state is CaseState.AWAITING_DECISION or answer.diagnosis.newer_than_alert
            note["by_others"] = new and not store.made_by_us(taken.connection, case.company, match.term)
        if event is CaseEvent.APPEARED:
            # What was proposed stays on the card: it may be there with another rule.
            kept |= {"proposal": case.proposal, "proposal_digest": case.proposal_digest}
        taken.move(case, event, due_at=now, note=kept.pop("note", {}) | note, **kept)
        return
    if state is CaseState.OPEN:
        pause = RETRY[min(case.rounds, len(RETRY) - 1)]
        due = (
            now + pause if answer.diagnosis.unknown in (Unknown.SOURCE_DOWN, Unknown.INTACCT_DOWN) else case.expires_at
        )
        taken.move(case, CaseEvent.UNKNOWN_FOUND, due_at=due, rounds=case.rounds + 1, **kept)
        return
    store.change(taken, case.id, diagnosis=kept["diagnosis"])


def _again(taken: Step, case: Any, answer: Answer, pending: Sequence[Pending], new: Sequence[str]) -> list[Pending]:
    """Those of a later alert's failures that say that an awaited invoice failed although its term is there."""
    waiting = store.waiting_invoices(taken.connection, case.id)
    awaited = {i.number for i in waiting if i.arrival is Arrival.WAITING} - set(new)
    term = answer.diagnosis.match.term if answer.diagnosis.match else None
    return [
        p
        for p in pending
        if p.reported and counts(p.posted_at, p.invoice, term=term, since=case.state_since, awaited=awaited)
    ]


def _decisive(taken: Step, case: Any, answer: Answer, again: Sequence[Pending]) -> set[str]:
    """Those that failed although their term is there; of the others, whose sync may have begun before, it is noted."""
    term = answer.diagnosis.match.term if answer.diagnosis.match else None
    noted = {i.number: i.note.failed_early for i in store.waiting_invoices(taken.connection, case.id)}
    failed, early = set[str](), dict[str, datetime]()
    for p in sorted(again, key=lambda each: each.posted_at):
        if p.invoice is None:
            continue
        if not under_way(p.posted_at, term=term, since=case.state_since, noted=noted.get(p.invoice)):
            failed.add(p.invoice)
        elif noted.get(p.invoice) is None:
            noted[p.invoice] = early[p.invoice] = p.posted_at
    if early and not failed:
        for number, at in early.items():
            store.add_note(taken.connection, case.id, number, failed_early=at.isoformat())
        taken.record(case.company, "failed_early", {"case": case.number, "invoices": sorted(early)}, case_id=case.id)
    return failed


def _reported_at(row: Any) -> datetime:
    """When a failure was posted: with its message, or by the edit after which it was taken in."""
    posted_at: datetime = row.posted_at
    found_at: datetime = row.found_at
    if row.edited_ts is None:
        return posted_at
    return max(posted_at, min(found_at, datetime.fromtimestamp(float(row.edited_ts), UTC)))


def _pending(row: Any) -> Pending:
    asked: Mapping[str, str] | None = (row.raw or {}).get("asked_by")
    return Pending(
        failure_id=row.failure_id,
        alert_id=row.id,
        invoice=row.invoice,
        term=row.term,
        channel=row.channel,
        ts=row.ts,
        thread_ts=row.thread_ts,
        posted_at=_reported_at(row),
        asked_by=Person(team=asked["team"], user_id=asked["user"]) if asked else None,
        found_by_us=bool((row.raw or {}).get("found_by_us")),
    )


def _groups(pending: Sequence[Pending], findings: Findings) -> list[_Group]:
    """Failures by the term they are about; a failure whose term cannot be told stands alone, by its number."""
    groups: dict[tuple[str, str], _Group] = {}
    for p in pending:
        found = one_invoice(findings, p.invoice) if p.invoice is not None else None
        billed = found if isinstance(found, BilledInvoice) else None
        name = billed.term_name if billed and (p.term is None or p.found_by_us) else p.term
        if name is not None:
            group = groups.setdefault(("term", name), _Group(name, None))
        else:
            why = found if isinstance(found, Unknown) else Unknown.NO_TERM
            group = groups.setdefault(("invoice", p.invoice or ""), _Group(None, why))
        if p.invoice is not None:
            group.invoices[p.invoice] = billed
        group.pending.append(p)
    breadth = Counter(alert_id for group in groups.values() for alert_id in {p.alert_id for p in group.pending})
    for group in groups.values():
        group.breadth = breadth
    return list(groups.values())


def _mentioned(pending: Sequence[Pending], breadth: Mapping[int, int]) -> list[Mentioned]:
    """The alerts of these failures, one each."""
    invoices: dict[int, set[str]] = defaultdict(set)
    for p in pending:
        invoices[p.alert_id].update({p.invoice} if p.invoice else ())
    return [
        Mentioned(
            alert_id=p.alert_id,
            channel=p.channel,
            thread_ts=p.thread_ts or p.ts,
            asked_by=p.asked_by,
            standing=p.thread_ts is not None or not p.found_by_us,
            invoices=tuple(sorted(invoices[p.alert_id])),
            terms=breadth.get(p.alert_id, 1),
        )
        for p in {p.alert_id: p for p in reversed(pending)}.values()
    ][::-1]
