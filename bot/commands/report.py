"""`python -m bot report weekly|preflight|history|standardise`: a report now, on the terminal and, where wished, in a folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bot.assembly import Services, reports
from bot.cases.ports import Clock
from bot.commands.refusal import CannotDo
from bot.commands.surroundings import clock_in, settings_in
from bot.records.journal import JournalUnguarded
from bot.records.migrate import DatabaseVersionError
from bot.records.postgres import EmbeddedPostgresError
from bot.reports import chart, memory
from bot.reports.report import Report, Strand, WeekCounts
from bot.reports.run import RunKind
from bot.reports.standard_wording import told_lines
from bot.reports.standardise import Standardisation
from bot.reports.weeks import Week
from bot.reports.wording import EXPLAINED, headline, said_of
from bot.reports.workbook import workbook
from bot.settings import CompanySettings, Settings
from bot.terms.drift import Finding, FindingKind, Standing

OK, PARTIAL = 0, 1
_NAMES = ("standardise", "standardize")
_KINDS = {"weekly": RunKind.ASKED, "preflight": RunKind.PREFLIGHT}


def run(wanted: argparse.Namespace, folder: Path) -> int:
    """Makes the report, or prints the weeks; 1 where not everything could be read. Raises CannotDo."""
    settings, clock = settings_in(folder), clock_in(folder)
    company = _company(settings, wanted.company)
    try:
        services = Services(settings, folder, join=True)
    except (EmbeddedPostgresError, ValueError) as error:
        raise CannotDo(str(error)) from error
    try:
        services.migrate()
        if wanted.what == "history":
            return _history(services, company, clock)
        if wanted.what in _NAMES:
            return _standardise(wanted, services, company, clock)
        return _report(wanted, services, company, clock)
    except (DatabaseVersionError, JournalUnguarded) as error:
        raise CannotDo(str(error)) from error
    except SQLAlchemyError as error:
        raise CannotDo(f"The database does not answer: {getattr(error, 'orig', None) or error!s}") from error
    finally:
        services.end()


def _company(settings: Settings, named: str | None) -> CompanySettings:
    found = [company for company in settings.companies if named in (None, company.key)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(company.key for company in settings.companies)
    raise CannotDo(f"Name one company by --company: {known}.")


def _report(wanted: argparse.Namespace, services: Services, settings: CompanySettings, clock: Clock) -> int:
    desk = reports(services, settings, services.company(settings, clock), clock)
    kept = desk.now(kind=_KINDS[wanted.what], keep=not wanted.dry_run, progress=_progress)
    _over()
    for line in lines(kept.report):
        print(line)
    if wanted.dry_run:
        print("A dry run: nothing was kept, and nobody was told.")
    if wanted.out is not None:
        for path in write(kept.report, wanted.out):
            print(f"Written: {path}")
    return PARTIAL if kept.report.missing else OK


def _standardise(wanted: argparse.Namespace, services: Services, settings: CompanySettings, clock: Clock) -> int:
    desk = reports(services, settings, services.company(settings, clock), clock)
    found = desk.standardise(progress=_progress)
    _over()
    for line in told_lines(found):
        print(_shown(line))
    if wanted.out is not None:
        for path in write_names(found, wanted.out):
            print(f"Written: {path}")
    return PARTIAL if found.report.missing else OK


def _over() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)


def _progress(where: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{where} …", end="", file=sys.stderr, flush=True)


def lines(report: Report) -> list[str]:
    """The report as lines of text."""
    told = [headline(report), ""]
    fixed_by = {each.key: each.words for each in report.fixed_by}
    for each in report.tracked:
        if not each.quiet:
            gone = each.standing is Standing.FIXED
            said = _fixed(each.finding, fixed_by.get(each.key, "")) if gone else said_of(each.finding)
            told.append(f"  {each.standing.value:5}  {_shown(said)}")
    if report.quiet:
        told.append(f"  {report.quiet} kept quiet")
    told += [f"  not read: {sentence}" for sentence in report.missing]
    told += [f"  not told: {sentence}" for sentence in report.untold]
    cost = report.cost
    told.append("")
    told.append(f"Read with {cost.intacct} requests to Intacct and {cost.billing} to the billing system.")
    return told


def _fixed(finding: Finding, by: str) -> str:
    """What is there no more, and who saw to that where it can be told."""
    names = " and ".join(f"“{name}”" for name in dict.fromkeys(finding.names))
    whose = (
        f"{finding.examples[0].subject}, " if finding.kind is FindingKind.CUSTOMER_DEFAULT and finding.examples else ""
    )
    return f"{EXPLAINED[finding.kind].title}: {whose}{names}{f', {by}' if by else ''}"


def _shown(text: str) -> str:
    """Text that a terminal shows as it is: what it would take for a command, or nobody sees, is escaped."""
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in text)


def write(report: Report, folder: Path) -> tuple[Path, ...]:
    """Writes workbook, picture and text into a folder, which is made where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"{report.company}-payment-terms-{report.week}"
    made = {".xlsx": workbook(report), ".png": chart.png(report.history), ".txt": "\n".join(lines(report)).encode()}
    for ending, content in made.items():
        stem.with_suffix(ending).write_bytes(content)
    return tuple(stem.with_suffix(ending) for ending in made)


def write_names(found: Standardisation, folder: Path) -> tuple[Path, ...]:
    """Writes the check list into a folder, which is made where it is not there: a workbook, and the same as text."""
    folder.mkdir(parents=True, exist_ok=True)
    report = found.report
    stem = folder / f"{report.company}-one-name-a-rule-{report.week}"
    text = "\n".join(_shown(line) for line in told_lines(found))
    made = {".xlsx": workbook(report, found), ".txt": f"{text}\n".encode()}
    for ending, content in made.items():
        stem.with_suffix(ending).write_bytes(content)
    return tuple(stem.with_suffix(ending) for ending in made)


def _history(services: Services, settings: CompanySettings, clock: Clock) -> int:
    week = Week.of(clock.now().astimezone(settings.zone).date())
    with services.database.transaction() as connection:
        weeks = memory.history(connection, settings.key, week.plus(1))
    print("\n".join(table(weeks)) if weeks else "No weekly report was made in the last twelve weeks.")
    return OK


def table(weeks: Sequence[WeekCounts]) -> list[str]:
    """Open findings, a line a week and a column a strand, with a bar for the whole."""
    heads = [strand.value for strand in Strand]
    rows = [f"{'Week':10}  " + "  ".join(heads)]
    for each in chart.every_week(weeks):
        if not each.reported:
            rows.append(f"{each.week!s:10}  no report")
            continue
        counts = [each.counts.get(strand, 0) for strand in Strand]
        cells = "  ".join(f"{count:>{len(head)}}" for count, head in zip(counts, heads, strict=True))
        rows.append(f"{each.week!s:10}  {cells}  {'#' * min(sum(counts), 60)}{' partial' if each.partial else ''}")
    return rows
