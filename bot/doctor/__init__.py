"""Checks a set-up, one line each with what to do: settings, database, Slack, and each company's channels and systems."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.assembly import Services
from bot.cases.ports import Clock
from bot.clock import RealClock, SandboxClock
from bot.doctor.finding import Finding, Level, bad, good
from bot.doctor.records import anchor, records
from bot.doctor.systems import systems
from bot.doctor.workspace import of_company, workspace
from bot.records.postgres import EmbeddedPostgresError
from bot.settings import Settings, SettingsError, load

__all__ = ["examine"]


def examine(folder: Path, *, sandbox: dict[str, str] | None = None) -> int:
    """Prints what is found; 1 where anything fails, else 0. Beside a running bot it looks at the same database.

    `sandbox`: the settings of the bot that runs with a sandbox in `folder`, instead of the environment's.
    """
    failed = False
    for finding in _findings(folder, sandbox):
        print(finding, flush=True)
        failed = failed or finding.level is Level.FAIL
    return 1 if failed else 0


def _findings(folder: Path, sandbox: dict[str, str] | None) -> Iterator[Finding]:
    try:
        settings = load(sandbox)
    except SettingsError as error:
        yield from (bad(f"Settings: {problem}", "") for problem in error.problems)
        return
    yield good(_settings_line(settings, sandbox=sandbox is not None))
    calendar = _calendar(sandbox)
    try:
        services = Services(settings, folder, join=True)
    except (OSError, ValueError, EmbeddedPostgresError) as error:
        yield bad(f"Database: {error}", "Check DATABASE_URL, or the rights on var/postgres.")
        return
    try:
        yield from records(settings, services)
        yield anchor(settings.journal_anchor)
        slack = services.slack()
        yield from workspace(settings, slack, datetime.now(UTC))
        for company in settings.companies:
            prefix = f"[{company.key}] " if len(settings.companies) > 1 else ""
            for finding in (*of_company(company, slack, calendar), *systems(company, services)):
                yield replace(finding, what=f"{prefix}{finding.what}")
    finally:
        services.end()


def _settings_line(settings: Settings, *, sandbox: bool) -> str:
    if sandbox:
        return "Settings: complete, those of the sandbox that was started here"
    if settings.companies_file is None:
        return "Settings: complete"
    named = ", ".join(company.key for company in settings.companies)
    return f"Settings: complete, {settings.companies_file} names {named}"


def _calendar(sandbox: dict[str, str] | None) -> Clock:
    """The day by which deputies stand in: the sandbox's where it is the sandbox."""
    if sandbox is None:
        return RealClock()
    clock = SandboxClock(f"http://127.0.0.1:{sandbox['PORT']}")
    clock.read()
    return clock
