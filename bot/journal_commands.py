"""`python -m bot journal …`: checks and shows the journal, beside a running bot or without one."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from bot.evidence import anchors, verify
from bot.evidence.stories import NoSuchCase, story_of
from bot.evidence.telling import line
from bot.records.engine import Database
from bot.records.journal import JournalUnguarded, assert_guarded
from bot.records.postgres import EmbeddedPostgresError
from bot.records.visiting import NoDatabase, visit
from bot.sandboxed import ANCHORS, noted_settings
from bot.settings import set_names

OK, BROKEN = 0, 1


class CannotDo(Exception):
    """The command cannot be done; the words say why and what to do."""


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


def zone(folder: Path) -> ZoneInfo:
    """The zone in which moments are told: `TIMEZONE`, or the sandbox's; UTC where none is set."""
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
    there = zone(folder)
    with database.transaction() as connection:
        still(connection)
        company = chosen(connection, wanted.company)
        story = story_of(connection, company, wanted.case)
    print(f"Case {story.number}{f', {story.term_name}' if story.term_name else ''}, {company}, {story.state}.")
    print(f"Times are {there.key}. The number before each line is the entry's in the chain.")
    for entry in story.entries:
        print(line(entry, there))
    return OK


_COMMANDS: dict[str, Callable[[argparse.Namespace, Path, Database], int]] = {"verify": _verify, "show": _show}
