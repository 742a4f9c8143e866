"""One run of a report: read, find, compare with what earlier runs left, and keep all of it in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, select

from bot.cases import store
from bot.cases.outbox import Address
from bot.cases.ports import Clock, Company
from bot.cases.step import Step, step
from bot.cases.withdrawing.holders import NOTHING_READ, holders
from bot.records.calls import own_calls
from bot.records.engine import Database
from bot.records.tables import cases, decisions
from bot.reports import foreseen, memory
from bot.reports.dates import HeldDates, KeptDates
from bot.reports.reading import Look, Progress, Reading
from bot.reports.report import Cost, FixedBy, Report
from bot.reports.telling import tell
from bot.reports.weeks import Week, covered
from bot.terms.drift import (
    FAILING,
    Finding,
    FindingKind,
    Fixer,
    Standing,
    Tracked,
    TwoVocabularies,
    against,
    find,
    who_fixed,
)
from bot.terms.matching import Vocabulary
from bot.terms.standard import Holders, StepKind, standards

_NEVER = datetime.min.replace(tzinfo=UTC)
"""When people were told last, where they never were."""


class RunKind(StrEnum):
    """Why a run is made."""

    WEEKLY = "weekly"
    """The week's report."""
    PREFLIGHT = "preflight"
    """The daily look: what would fail at the next sync, before it does."""
    ASKED = "asked"
    """A person asked for the report now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Requests sent so far for this run, and this month for all."""

    intacct: int
    billing: int
    month: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A run that was kept."""

    run_id: int
    report: Report
    waiting: Mapping[str, tuple[str, ...]]
    """Term name → numbers of invoices that wait for it."""
    unanswered: bool = False
    """Whether a service did not tell what would fail at the next sync: another try may."""


Then = Callable[[Step, Kept], None]


class Runner:
    """Makes runs for one company."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        company: Company,
        reading: Reading,
        spent: Callable[[], Spent],
    ) -> None:
        self._database = database
        self._clock = clock
        self._company = company
        self._reading = reading
        self._spent = spent

    def run(
        self,
        kind: RunKind,
        *,
        week: Week | None = None,
        keep: bool = True,
        then: Then | None = None,
        progress: Progress = lambda _: None,
    ) -> Kept:
        """Reads both systems and tells what drifts; `keep=False` writes nothing (a dry run, `run_id` 0).

        `week`: whose report it is, however late it is made; None takes the week of today in the company's zone.
        `then` is done in the transaction that keeps the run, so that no crash comes between; what it raises keeps nothing.
        """
        now = self._clock.now()
        company = self._company
        with self._database.transaction() as connection:
            last = memory.last_look(connection, company.key)
            earlier = memory.remembered(connection, company.key)
            reported_at = memory.last_report_at(connection, company.key)
        kept_dates = KeptDates(self._database, company.key, now)
        odd = kept_dates if keep else HeldDates(self._database, company.key)
        with own_calls():
            before = self._spent()
            look = self._reading.look(now, last, odd, dates=kind is not RunKind.PREFLIGHT, progress=progress)
            held = None if kind is RunKind.PREFLIGHT else self._held(look.world, now, progress)
            after = self._spent()
        found = tuple(f for f in find(look.world) if kind is not RunKind.PREFLIGHT or f.kind in FAILING)
        told_at = None if kind is RunKind.PREFLIGHT else reported_at or _NEVER
        tracked = against(earlier, found, now=now, unread=_unread(kind, look), told_at=told_at)
        gone = [each.key for each in tracked if each.standing is Standing.FIXED]
        week = week or Week.of(now.astimezone(company.zone).date())
        progress("comparing with the weeks before")
        with self._database.transaction() as connection:
            report = Report(
                company=company.key,
                at=now,
                week=week,
                covers=covered(memory.last_week(connection, company.key), week),
                tracked=tracked,
                world=look.world,
                house=company.house,
                holders=held,
                missing=look.missing,
                untold=look.untold,
                history=memory.history(connection, company.key, week),
                cost=Cost(
                    intacct=after.intacct - before.intacct,
                    billing=after.billing - before.billing,
                    month=after.month,
                    limit=after.limit,
                ),
                fixed_by=self._fixed_by(connection, tracked, look, reported_at),
                avoided=foreseen.avoided(connection, company, gone),
                cases=self._cases(connection, tracked),
            )
        report = _with_this_week(report)
        kept = Kept(run_id=0, report=report, waiting=look.waiting, unanswered=bool(look.unanswered & FAILING))
        if not keep:
            return kept
        with step(self._database, self._clock, f"report:{kind.value}") as taken:
            kept = replace(kept, run_id=self._keep(taken, kind, report, look))
            if look.whole:
                kept_dates.forget(taken.connection)
            if then is not None:
                then(taken, kept)
        return kept

    def _held(self, world: TwoVocabularies, now: datetime, progress: Progress) -> Holders | None:
        """Who holds the terms; asked only where one could be made inactive for another name of its rule."""
        company = self._company
        proposed = standards(world, holders=NOTHING_READ, house=company.house)
        if not any(step.kind is StepKind.RETIRE for each in proposed for step in each.steps):
            return None
        progress("reading who holds the terms")
        return holders(company, world, now)

    def _keep(self, taken: Step, kind: RunKind, report: Report, look: Look) -> int:
        run_id = memory.keep_run(
            taken.connection,
            report,
            kind=kind.value,
            whole=look.whole,
            read_from=look.read_from,
        )
        taken.record(
            report.company,
            "report",
            {
                "kind": kind.value,
                "week": str(report.week),
                "open": len(report.open),
                "failing": len(report.failing),
                "fixed": len(report.standing(Standing.FIXED)),
                "partial": list(report.missing),
            },
        )
        return run_id

    def say(self, taken: Step, kept: Kept, key: str) -> None:
        """Has the report posted in the report channel, once a key."""
        company, report = self._company, kept.report
        address = Address(channel=company.report_channel or company.alert_channels[0])
        worth = bool(report.open or report.quiet or report.missing or report.standing(Standing.FIXED))
        tell(taken, company.key, kept.run_id, key, address, with_workbook=worth)

    def _fixed_by(
        self, connection: Connection, tracked: tuple[Tracked, ...], look: Look, since: datetime | None
    ) -> tuple[FixedBy, ...]:
        fixed = [each for each in tracked if each.standing is Standing.FIXED]
        if not fixed:
            return ()
        decided = self._decided(connection, since)
        vocabulary = Vocabulary(look.world.books, entity=look.world.entity)
        told = []
        for each in fixed:
            who, name = who_fixed(each.finding, look.world, vocabulary, ours=frozenset(decided))
            words = {
                Fixer.DECISION: decided.get(each.finding.names[0], "") if each.finding.names else "",
                Fixer.INTACCT: f"{name or 'somebody'} in Intacct",
                Fixer.SOURCE: self._at_source(each.finding),
                Fixer.UNKNOWN: "",
            }[who]
            told.append(FixedBy(key=each.key, words=words))
        return tuple(told)

    def _at_source(self, finding: Finding) -> str:
        changed = "changed" if finding.kind is FindingKind.CUSTOMER_DEFAULT else "no longer used"
        return f"at {self._company.source.label}: {changed} there"

    def _decided(self, connection: Connection, since: datetime | None) -> dict[str, str]:
        """Term names that decisions of ours wrote, with the decision in words."""
        rows = connection.execute(
            select(cases.c.term_name, cases.c.number)
            .join(decisions, decisions.c.case_id == cases.c.id)
            .where(
                cases.c.company == self._company.key,
                decisions.c.verdict == "approve",
                *([decisions.c.at > since - timedelta(days=1)] if since else []),
            )
            .order_by(decisions.c.id)
        ).all()
        return {row.term_name: f"a decision here, case {row.number}" for row in rows if row.term_name is not None}

    def _cases(self, connection: Connection, tracked: tuple[Tracked, ...]) -> dict[str, int]:
        found = {}
        for each in tracked:
            if each.finding.kind in FAILING and each.standing is not Standing.FIXED:
                key = store.term_key(self._company.entity, each.finding.names[0])
                case = store.open_by_key(connection, self._company.key, key)
                if case is not None:
                    found[each.key] = int(case.id)
        return found


def _with_this_week(report: Report) -> Report:
    first = report.week.plus(1 - memory.WEEKS_SHOWN)
    return replace(report, history=(*(each for each in report.history if each.week >= first), report.counts()))


def _unread(kind: RunKind, look: Look) -> frozenset[FindingKind]:
    """The kinds that this run has not looked for."""
    if kind is RunKind.PREFLIGHT:
        return look.unread | (frozenset(FindingKind) - FAILING)
    return look.unread


def unspoken(report: Report) -> tuple[Finding, ...]:
    """What would fail at the next sync and no daily look spoke of yet, the most invoices first.

    Where no invoice waits for a term nothing fails yet: it is spoken of with its first one, however long it is known.
    """
    news = [each.finding for each in report.failing if each.finding.invoices and not each.spoken]
    return tuple(sorted(news, key=lambda finding: -finding.invoices))
