"""A company's reports: the weekly one, the daily look, and one that a person asks for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from bot.cases.folding.mentions import CARDS_AT_MOST
from bot.cases.outbox import notice
from bot.cases.ports import Clock, Company
from bot.cases.step import Step
from bot.records.engine import Database
from bot.records.schedule import NotYet, last_attempt
from bot.records.tables import messages
from bot.reports import calendar, foreseen
from bot.reports.cases import open_case
from bot.reports.reading import Progress
from bot.reports.run import Kept, RunKind, Runner, unspoken
from bot.reports.standardise import Standardisation, of_report
from bot.reports.weeks import Rhythm


class Unanswered(Exception):
    """A service did not tell what would fail at the next sync."""


def _complete(kept: Kept) -> None:
    """Raises Unanswered where another try may tell more, so that nothing of this run is kept."""
    if kept.unanswered:
        raise Unanswered("; ".join(kept.report.missing))


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
        """Makes the week's report and has it posted, once a key.

        One that was asked for and slept through gives way to that of the newest week, which speaks for its week too.
        Raises NotYet while the day's look comes first, and Unanswered where a service did not answer and there is
        another attempt: what is posted at the last one may be partial.
        """
        week = calendar.week_of(key)
        if week < self._rhythm.due(self._clock.now()):
            return
        with self._database.transaction() as connection:
            told = connection.scalar(select(messages.c.id).where(messages.c.key == f"report:{key}"))
            last = last_attempt(connection, key)
            early = told is None and calendar.look_comes_first(connection, self._company.key, key)
        if early:
            raise NotYet(calendar.LOOK_AGAIN)
        if told is not None:
            return

        def then(taken: Step, kept: Kept) -> None:
            if not last:
                _complete(kept)
            self._runner.say(taken, kept, key)

        self._runner.run(RunKind.WEEKLY, week=week, then=then)

    def preflight(self) -> None:
        """Looks whether anything new would fail at the next sync, and has its cases opened before it does.

        Says nothing else. Raises Unanswered where a service did not tell what would fail: it is tried again.
        """
        self._runner.run(RunKind.PREFLIGHT, then=self._open_cases)

    def _open_cases(self, taken: Step, kept: Kept) -> None:
        """A case for each failure that is news, the most invoices first; of very many, the others are counted."""
        _complete(kept)
        new = unspoken(kept.report)
        foreseen.speak_of(taken.connection, self._company, new, at=taken.now)
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
        """What could be brought to one name a rule, as of now. Nothing is kept, and nobody is told."""
        return of_report(self._runner.run(RunKind.ASKED, keep=False, progress=progress).report)
