"""The database: whether it answers, its version, the journal's guards and anchor, work that no setting speaks of."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from bot.assembly import Services
from bot.cases.case import FINAL_STATES
from bot.doctor.finding import Finding, bad, good, warn
from bot.records.journal import JournalUnguarded
from bot.records.migrate import DatabaseNewer, DatabaseOlder
from bot.records.tables import cases
from bot.settings import Settings


def records(settings: Settings, services: Services) -> Iterator[Finding]:
    """The database that the bot works on."""
    try:
        with services.database.transaction() as connection:
            version = connection.scalar(text("SHOW server_version"))
        services.migrate()
        rest = _at_rest(settings, services)
    except (SQLAlchemyError, DatabaseNewer, DatabaseOlder, JournalUnguarded) as error:
        yield bad(f"Database: {error}", "Check DATABASE_URL, then run: python -m bot migrate")
        return
    beside = ", beside the running bot" if services.joined else ""
    yield good(f"Database: PostgreSQL {version}, up to date, journal guarded{beside}")
    for company, count in rest:
        yield warn(
            f"Database: {count} open {'case' if count == 1 else 'cases'} of {company} at rest: no settings name this company.",
            "Put its settings back, or dismiss them first.",
        )


def _at_rest(settings: Settings, services: Services) -> list[tuple[str, int]]:
    known = [company.key for company in settings.companies]
    final = [state.value for state in FINAL_STATES]
    with services.database.transaction() as connection:
        rows = connection.execute(
            select(cases.c.company, func.count())
            .where(cases.c.company.not_in(known), cases.c.state.not_in(final))
            .group_by(cases.c.company)
            .order_by(cases.c.company)
        ).all()
    return [(row[0], row[1]) for row in rows]


def anchor(path: Path | None) -> Finding:
    """The file outside the database that proves the journal."""
    if path is None:
        return warn(
            "Journal: no anchor is kept outside the database, so a rewritten chain could pass unseen between two reports.",
            "Set JOURNAL_ANCHOR to a file elsewhere, to which lines can only be added.",
        )
    place = path if path.exists() else path.absolute().parent
    if not place.exists() or not os.access(place, os.W_OK) or path.is_dir():
        return bad(f"Journal: {path} cannot be written.", "JOURNAL_ANCHOR takes a file that the bot can add lines to.")
    return good(f"Journal: anchors go to {path}")
