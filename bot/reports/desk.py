"""A company's reports: the weekly one, the daily look, and one that a person asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from bot.cases.mentions import CARDS_AT_MOST
from bot.cases.outbox import notice
from bot.cases.ports import Clock, Company
from bot.cases.step import Step
from bot.records.engine import Database
from bot.records.tables import messages
from bot.reports import calendar
from bot.reports.cases import open_case
from bot.reports.holders import holders
from bot.reports.reading import Progress
from bot.reports.run import Kept, RunKind, Runner, new_failures
from bot.reports.standardise import Standardisation, of_report
from bot.reports.weeks import Rhythm
from bot.terms.standard import StepKind, standards


class Reports:
    """Makes and tells one company's reports."""

    def __init__(self, database: Database, clock: Clock, company: Company, runner: Runner, rhythm: Rhythm) -> None:
        self._database = database
        self._clock = clock
        self._company = company
        self._runner = runner
        self._rhythm = rhythm

    def ask_due(self, connection: Connection, now: datetime) -> None:
        """Asks for what the calendar says is due. For every tick."""
        calendar.ask_due(connection, self._company.key, self._rhythm, now)

    def weekly(self, key: str) -> None:
        """Makes the week's report and has it posted, once a key."""
        with self._database.transaction() as connection:
            told = connection.scalar(select(messages.c.id).where(messages.c.key == f"report:{key}"))
        if told is None:
            self._runner.run(RunKind.WEEKLY, then=lambda taken, kept: self._runner.say(taken, kept, key))

    def preflight(self) -> None:
        """Looks whether anything new would fail at the next sync, and has its cases opened before it does.

        Says nothing else. Raises where neither vocabulary could be read: it is tried again.
        """
        self._runner.run(RunKind.PREFLIGHT, then=self._open_cases)

    def _open_cases(self, taken: Step, kept: Kept) -> None:
        """A case for each new failure, the most invoices first; where there are very many, the others are counted."""
        if kept.report.missing and not kept.report.tracked:
            raise ConnectionError("; ".join(kept.report.missing))
        new = [finding for finding in new_failures(kept.report) if finding.invoices]
        new.sort(key=lambda finding: -finding.invoices)
        channel = self._company.alert_channels[0]
        for place, finding in enumerate(new[:CARDS_AT_MOST]):
            numbers = kept.waiting.get(finding.names[0], ())
            open_case(taken, self._company, finding, numbers, key=f"found:{kept.run_id}:{place}", channel=channel)
        if len(new) > CARDS_AT_MOST:
            notice(taken, self._company, f"found:{kept.run_id}", "found_many", more=len(new) - CARDS_AT_MOST)

    def now(self, *, kind: RunKind = RunKind.ASKED, keep: bool = True, progress: Progress = lambda _: None) -> Kept:
        """The report as of now, for a person who asks; it is posted nowhere."""
        return self._runner.run(kind, keep=keep, progress=progress)

    def standardise(self, *, progress: Progress = lambda _: None) -> Standardisation:
        """What could be brought to one name a rule, as of now. Nothing is kept, and nobody is told.

        Who holds the terms is only asked where a term could be retired.
        """
        found = of_report(self._runner.run(RunKind.ASKED, keep=False, progress=progress).report)
        if not any(step.kind is StepKind.RETIRE for each in found.standards for step in each.steps):
            return found
        progress("reading who holds the terms")
        world = found.report.world
        held = holders(self._company, world, self._clock.now())
        return replace(found, standards=standards(world, holders=held, house=found.report.house), looked=True)
