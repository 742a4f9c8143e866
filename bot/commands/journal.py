"""`python -m bot journal …`: checks, shows and exports the journal, beside a running bot or without one."""

from __future__ import annotations

import argparse
import getpass
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from slack_sdk.errors import SlackClientError
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import SQLAlchemyError

from bot.assembly import Services
from bot.commands.refusal import CannotDo
from bot.commands.surroundings import clock_in
from bot.evidence import access, anchors, verify
from bot.evidence.export import Made, Wanted, export
from bot.evidence.population import Period, read_changes, why_unread
from bot.evidence.stories import NoSuchCase, names, story_of
from bot.evidence.telling import line
from bot.intacct.errors import IntacctError
from bot.records.engine import Database
from bot.records.journal import JournalUnguarded, assert_guarded
from bot.records.postgres import EmbeddedPostgresError
from bot.records.tables import journal
from bot.records.visiting import NoDatabase, visit
from bot.sandboxed import ANCHORS, noted_settings, sandbox_beside
from bot.settings import CompanySettings, Settings, SettingsError, load, set_names

OK, BROKEN = 0, 1
RETENTION_YEARS = 7
"""Where the settings cannot be read."""


def run(wanted: argparse.Namespace, folder: Path) -> int:
    """Does what was asked for; the exit code. Raises CannotDo."""
    given = set_names()
    try:
        with visit(given.get("DATABASE_URL", ""), folder / "postgres") as database:
            return _COMMANDS[wanted.what](wanted, folder, database)
    except (NoDatabase, EmbeddedPostgresError, NoSuchCase, anchors.AnchorsUnreadable) as error:
        raise CannotDo(str(error)) from error
    except ValueError as error:
        raise CannotDo(f"DATABASE_URL: {error}") from error
    except SQLAlchemyError as error:
        raise CannotDo(
            "The journal cannot be read. Is this the bot's database, and is it up to date? "
            f"The database says: {str(getattr(error, 'orig', None) or error).splitlines()[0]}"
        ) from error


def anchor_file(folder: Path) -> Path | None:
    """Where anchors are published: `JOURNAL_ANCHOR`, or in the sandbox its own file, once it is there."""
    named = set_names().get("JOURNAL_ANCHOR")
    if named:
        return Path(named)
    sandbox = folder / ANCHORS
    return sandbox if noted_settings(folder) is not None and sandbox.exists() else None


def zone(folder: Path, company: str) -> ZoneInfo:
    """The zone in which a company's moments are told: its own; without its settings `TIMEZONE`; UTC where none is set."""
    try:
        own = next((one for one in load(sandbox_beside(folder)).companies if one.key == company), None)
    except SettingsError:
        own = None
    if own is not None:
        return own.zone
    named = set_names().get("TIMEZONE") or (noted_settings(folder) or {}).get("TIMEZONE") or "UTC"
    try:
        return ZoneInfo(named)
    except (KeyError, ValueError, OSError):
        raise CannotDo(f"TIMEZONE takes a zone of the IANA database, such as America/New_York, not {named!r}") from None


def still(connection: Connection) -> None:
    """What is read from here on is one moment's, and nothing is changed."""
    connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))


def chosen(connection: Connection, named: str | None) -> str:
    """The company whose journal is meant. Raises CannotDo where that cannot be told."""
    known = verify.companies(connection)
    if named is not None:
        if named not in known:
            raise CannotDo(f"There is no journal of {named}. There are: {', '.join(known) or 'none'}.")
        return named
    if len(known) != 1:
        raise CannotDo(
            f"There are journals of {', '.join(known)}: name one by --company."
            if known
            else "The journal is empty: nothing has happened yet."
        )
    return known[0]


def _verify(wanted: argparse.Namespace, folder: Path, database: Database) -> int:
    file = wanted.anchors or anchor_file(folder)
    if file is None:
        known: tuple[anchors.Anchor, ...] = ()
        print("Anchors: none; JOURNAL_ANCHOR is not set.")
    elif not file.exists() and wanted.anchors is None:
        known = ()
        print(f"Anchors: none; {file} is not there. If it was there before, find out who took it away.")
    else:
        known = anchors.read(file)
        print(f"Anchors: {len(known)} in {file}.")
    with database.transaction() as connection:
        still(connection)
        companies = [chosen(connection, wanted.company)] if wanted.company else verify.companies(connection)
        companies = sorted({*companies, *(a.company for a in known if wanted.company in (None, a.company))})
        verdicts = [verify.verify(connection, company, known) for company in companies]
    for verdict in verdicts:
        for sentence in verify.sentences(verdict):
            print(sentence)
    if not verdicts:
        print("The journal is empty: nothing has happened yet.")
    return OK if _guarded(database) and all(verdict.whole for verdict in verdicts) else BROKEN


def _guarded(database: Database) -> bool:
    try:
        assert_guarded(database)
    except JournalUnguarded as error:
        print(error)
        return False
    print("The triggers that refuse any change of the journal are in place.")
    return True


def _show(wanted: argparse.Namespace, folder: Path, database: Database) -> int:
    with database.transaction() as connection:
        still(connection)
        company = chosen(connection, wanted.company)
        there = zone(folder, company)
        story = story_of(connection, company, wanted.case)
        people = names(connection, company)
    print(f"Case {story.number}{f', {story.term_name}' if story.term_name else ''}, {company}, {story.state}.")
    print(f"Times are {there.key}. The number before each line is the entry's in the chain.")
    for entry in story.entries:
        print(line(entry, there, people))
    return OK


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The settings, as far as they can be read: an export is made without them too, and says what is missing."""

    settings: Settings | None
    company: CompanySettings | None
    trouble: str


def _known(folder: Path, database: Database, company: str) -> _Known:
    """The settings with the database that is visited, and the company's own among them."""
    sandbox = sandbox_beside(folder)
    try:
        settings = load() if sandbox is None else load(sandbox | {"JOURNAL_ANCHOR": str(folder / ANCHORS)})
    except SettingsError as error:
        return _Known(settings=None, company=None, trouble=f"the settings are not complete: {' '.join(error.problems)}")
    settings = settings.model_copy(update={"database_url": database.url})
    own = next((one for one in settings.companies if one.key == company), None)
    return _Known(settings=settings, company=own, trouble="" if own else f"the settings do not name {company}")


def _export(wanted: argparse.Namespace, folder: Path, database: Database) -> int:
    with database.transaction() as connection:
        company = chosen(connection, wanted.company)
    known = _known(folder, database, company)
    there = known.company.zone if known.company else zone(folder, company)
    request = Wanted(
        company=company,
        case=wanted.case,
        period=_period(wanted, there),
        by=f"export by {getpass.getuser()}",
        zone=there,
        retention_years=known.settings.retention_years if known.settings else RETENTION_YEARS,
    )
    services = None if known.settings is None else Services(known.settings, folder)
    try:
        request = _asked(request, known, services, database)
    finally:
        if services is not None:
            services.end()
    file = anchor_file(folder)
    published = anchors.read(file) if file is not None and file.exists() else ()
    out = wanted.out or Path(_file_name(request))
    try:
        made = export(database, request, published, out, clock_in(folder).now())
        if file is not None and made.head is not None and made.verdict.whole:
            anchors.append(file, made.head)
    except OSError as error:
        raise CannotDo(f"The export could not be written: {error}") from error
    _tell(made, out, file)
    return OK if made.verdict.whole and not made.incomplete else BROKEN


def _period(wanted: argparse.Namespace, there: ZoneInfo) -> Period | None:
    if wanted.case is not None:
        if wanted.first or wanted.last:
            raise CannotDo("An export is of a case or of a period: give a case, or --from and --to.")
        return None
    if not wanted.first or not wanted.last:
        raise CannotDo("Name a case, or a period by --from and --to, such as --from 2026-10-01 --to 2026-10-31.")
    try:
        first, last = date.fromisoformat(wanted.first), date.fromisoformat(wanted.last)
    except ValueError:
        raise CannotDo("--from and --to take days, such as 2026-10-01.") from None
    if last < first:
        raise CannotDo("--to is before --from.")
    return Period(first=first, last=last, zone=there)


def _asked(request: Wanted, known: _Known, services: Services | None, database: Database) -> Wanted:
    """The request with what Intacct and Slack tell, or with why they do not."""
    if services is None or known.company is None:
        return replace(request, unread=f"Intacct could not be asked for its own list of terms: {known.trouble}.")
    request = replace(request, people=_people(services, database, request.company))
    if request.period is None:
        return request
    beside = services.settings.beside(known.company)
    with closing(services.intacct(known.company)) as books:
        try:
            changes = read_changes(books, request.period, known.company.intacct_location_id)
        except IntacctError as error:
            return replace(request, unread=why_unread(error))
        return replace(request, changes=changes, read_at=datetime.now(UTC), writer=books.writer, beside=beside)


def _people(services: Services, database: Database, company: str) -> Mapping[str, str]:
    """The names of those who are named in the journal; without Slack their ids stand alone."""
    with database.transaction() as connection:
        actors = connection.scalars(select(journal.c.actor).where(journal.c.company == company).distinct()).all()
    slack = services.slack().other
    found = {}
    for actor in actors:
        if not re.fullmatch(r"[UW][A-Z0-9]+", actor):
            continue
        try:
            told = slack.users_info(user=actor)["user"] or {}
        except (SlackClientError, OSError):
            continue
        name = str(told.get("real_name") or told.get("name") or "")
        if name:
            found[actor] = name
    return found


def _file_name(request: Wanted) -> str:
    what = f"case-{request.case}" if request.period is None else f"{request.period.first}-to-{request.period.last}"
    return f"evidence-{request.company}-{what}.zip"


def _tell(made: Made, out: Path, file: Path | None) -> None:
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    print(f"{out}: {made.entries} entries, and the hashes of all {made.head.seq if made.head else 0}.")
    print(f"SHA-256 of the file: {digest}")
    if made.head is not None:
        print(f"Head: entry {made.head.seq}, {made.head.row_hash}. Keep it where others keep their records.")
        if file is not None and made.verdict.whole:
            print(f"The head is published to {file}.")
    if made.population is not None:
        print(
            f"Intacct: {len(made.population.items)} terms created or changed in the period, "
            f"{len(made.population.exceptions)} without a decision of ours."
        )
    for sentence in made.incomplete:
        print(f"INCOMPLETE. {sentence}")


def _access_review(wanted: argparse.Namespace, folder: Path, database: Database) -> int:
    with database.transaction() as connection:
        still(connection)
        company = chosen(connection, wanted.company)
        there = zone(folder, company)
        begins, ends = _bounds(wanted, there)
        found = access.review(connection, company, begins=begins, ends=ends)
    if wanted.json:
        print(json.dumps(access.as_json(found)))
    else:
        print("\n".join(access.lines(found, there)))
    return BROKEN if found.odd else OK


def _bounds(wanted: argparse.Namespace, there: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """The period from the beginning of `--from` to the end of `--to`; either may be left open."""
    try:
        first, last = (date.fromisoformat(day) if day else None for day in (wanted.first, wanted.last))
    except ValueError:
        raise CannotDo("--from and --to take days, such as 2026-10-01.") from None
    begins = datetime.combine(first, time(), there) if first else None
    ends = datetime.combine(last + timedelta(days=1), time(), there) if last else None
    if begins and ends and ends <= begins:
        raise CannotDo("--to is before --from.")
    return begins, ends


_COMMANDS: dict[str, Callable[[argparse.Namespace, Path, Database], int]] = {
    "verify": _verify,
    "show": _show,
    "export": _export,
    "access-review": _access_review,
}
