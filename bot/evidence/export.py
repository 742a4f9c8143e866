"""An export: a zip whose every claim can be checked without this software, for a case or a period."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select, text

from bot.evidence import anchors, verify
from bot.evidence.anchors import Anchor
from bot.evidence.ours import writes_of
from bot.evidence.population import Period, Population, match
from bot.evidence.retention import kept_since
from bot.evidence.stories import RULES, Story, names, read, story_by_id, story_of
from bot.evidence.summary import Page, case_part, render, told_lines
from bot.intacct.terms import TermChanges
from bot.records.engine import Database
from bot.records.journal import Entry, append, canonical_json, entries
from bot.records.tables import cases, journal, journal_heads

EXCHANGED = ("request", "reply")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for: a case, or a period with what Intacct says of it."""

    company: str
    case: int | None = None
    period: Period | None = None
    changes: TermChanges | None = None
    """Intacct's answer for the period; None where it could not be asked, and `unread` then says why."""
    read_at: datetime | None = None
    writer: str = ""
    beside: tuple[str, ...] = ()
    """The keys of companies here that share the books."""
    unread: str = ""
    by: str = ""
    """Who asks, as the journal is to name him."""
    zone: ZoneInfo
    people: Mapping[str, str] = field(default_factory=dict)
    """Names of users, as far as known, by their ids."""
    retention_years: int = 7

    @property
    def scope(self) -> str:
        """In words: `case 12`, `2026-10-01 to 2026-10-31 (America/New_York)`."""
        return f"case {self.case}" if self.case is not None else str(self.period)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was exported."""

    head: Anchor | None
    entries: int
    """Whose contents are in it."""
    verdict: verify.Verdict
    population: Population | None
    incomplete: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    stories: tuple[Story, ...]
    others: tuple[Entry, ...]

    @property
    def entries(self) -> dict[int, Entry]:
        return {e.seq: e for e in (*self.others, *(e for story in self.stories for e in story.entries))}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Holds:
    """What an export holds, as it is before its own entry is written."""

    wanted: Wanted
    scope: _Scope
    population: Population | None
    incomplete: tuple[str, ...]
    at: datetime

    def contents(self) -> bytes:
        """`contents.json`: the same bytes however often, as the export's own entry keeps their digest."""
        told = {
            "company": self.wanted.company,
            "scope": self.wanted.scope,
            "made_at": f"{self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "made_by": self.wanted.by,
            "entries": sorted(self.scope.entries),
            "incomplete": self.incomplete,
            "people": self.wanted.people,
        }
        return json.dumps(told, indent=1, ensure_ascii=False).encode("utf-8", "backslashreplace")


def export(database: Database, wanted: Wanted, known: Sequence[Anchor], out: Path, now: datetime) -> Made:
    """Writes the zip. That it was made, and what it holds, becomes an entry of the journal itself, where that is whole.

    `known`: the anchors published so far. Raises NoSuchCase, and OSError where the file cannot be written.
    """
    mine = [anchor for anchor in known if anchor.company == wanted.company]
    with database.transaction() as connection:
        _still(connection)
        before = verify.verify(connection, wanted.company, mine)
        population = _population(connection, wanted, now)
        scope = _scope(connection, wanted, population)
        wanted = replace(wanted, people=names(connection, wanted.company) | dict(wanted.people))
    holds = _Holds(
        wanted=wanted,
        scope=scope,
        population=population,
        incomplete=tuple(_incomplete(wanted, before, population)),
        at=now,
    )
    entry = _note(database, holds) if before.whole and before.rows else None
    with database.transaction() as connection:
        _still(connection)
        return _write(connection, holds, mine, out, entry)


def _still(connection: Connection) -> None:
    connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))


def _population(connection: Connection, wanted: Wanted, now: datetime) -> Population | None:
    """Intacct's list for the period, each change with its decision; None for a case, and where Intacct was not read."""
    if wanted.period is None or wanted.changes is None:
        return None
    ours = writes_of(connection, wanted.company)
    beside = [write for other in wanted.beside for write in writes_of(connection, other)]
    read_at = wanted.read_at or now
    return match(wanted.changes, wanted.period, ours, writer=wanted.writer, read_at=read_at, beside=beside)


def _note(database: Database, holds: _Holds) -> Entry:
    """The export's own entry: it keeps the digest of what the export says that it holds, so that nothing goes missing."""
    wanted, population = holds.wanted, holds.population
    content: dict[str, object] = {
        "scope": wanted.scope,
        "entries": len(holds.scope.entries),
        "incomplete": holds.incomplete,
        "contents": hashlib.sha256(holds.contents()).hexdigest(),
    }
    if population is not None:
        content["population"] = {
            "digest": hashlib.sha256(population.to_json()).hexdigest(),
            "terms": population.terms_read,
            "events": len(population.items),
            "exceptions": len(population.exceptions),
            "requests": list(population.requests),
            "read_at": population.read_at,
        }
    elif wanted.period is not None:
        content["unread"] = wanted.unread
    with database.transaction() as connection:
        return append(connection, wanted.company, "export", content, at=holds.at, actor=wanted.by or "termkeeper")


def _write(connection: Connection, holds: _Holds, mine: Sequence[Anchor], out: Path, entry: Entry | None) -> Made:
    wanted, population = holds.wanted, holds.population
    asked = holds.scope.entries | ({entry.seq: entry} if entry else {})
    verdict = verify.verify(connection, wanted.company, mine)
    head = anchors.head(connection, wanted.company, holds.at)
    with _zip(out) as pack:
        pack.writestr("README.txt", _own("readme.txt"))
        pack.writestr("check.py", _own("checker.py"))
        with pack.open("chain.jsonl", "w", force_zip64=True) as chain:
            for row in entries(connection, wanted.company):
                chain.write(_chain_line(row, asked=row.seq in asked))
        for row in asked.values():
            pack.writestr(f"entries/{row.seq:08}.json", row.canonical)
            for side, words in _exchanged(row):
                pack.writestr(f"exchanges/{row.seq:08}-{side}.xml", words)
        pack.writestr("anchors.jsonl", "".join(f"{anchor.line()}\n" for anchor in mine))
        pack.writestr("head.json", head.line() if head else _headless(connection, wanted.company, holds.at))
        if population is not None:
            pack.writestr("population.json", population.to_json())
        pack.writestr("contents.json", holds.contents())
        pack.writestr("summary.html", render(_page(holds, verdict, head)))
    return Made(head=head, entries=len(asked), verdict=verdict, population=population, incomplete=holds.incomplete)


@contextmanager
def _zip(out: Path) -> Any:
    """A zip that is there as a whole, or not at all."""
    unfinished = out.with_name(out.name + ".unfinished")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as pack:
            yield pack
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)


def _own(name: str) -> bytes:
    return files("bot.evidence").joinpath(name).read_bytes()


def _chain_line(row: Entry, *, asked: bool) -> bytes:
    line: dict[str, object] = {
        "seq": row.seq,
        "content_hash": row.content_hash,
        "prev_hash": row.prev_hash,
        "row_hash": row.row_hash,
    }
    if asked:
        at = json.loads(canonical_json(row.at))
        line |= {"actor": row.actor, "at": at, "case": row.case_id, "kind": row.kind}
    return f"{json.dumps(line, ensure_ascii=False)}\n".encode()


def _exchanged(row: Entry) -> Iterable[tuple[str, str]]:
    try:
        content = row.content
        return [(side, words) for side in EXCHANGED if isinstance(words := content.get(side), str) and words]
    except (ValueError, KeyError, AttributeError):
        return ()


def _headless(connection: Connection, company: str, now: datetime) -> str:
    """The head of a chain without a row, or none at all, which only tampering can bring about."""
    row = connection.execute(select(journal_heads).where(journal_heads.c.company == company)).one_or_none()
    return "null" if row is None else Anchor(company=company, seq=row.seq, row_hash=row.row_hash, at=now).line()


def _scope(connection: Connection, wanted: Wanted, population: Population | None) -> _Scope:
    if wanted.case is not None:
        return _Scope(stories=(story_of(connection, wanted.company, wanted.case),), others=())
    period = wanted.period
    if period is None:
        raise ValueError("an export is of a case or of a period")
    of_period = list(read(connection, wanted.company, (journal.c.at >= period.begins) & (journal.c.at < period.ends)))
    stories = [story_by_id(connection, case_id) for case_id in _cases(connection, wanted, of_period, population)]
    in_stories = {entry.seq for story in stories for entry in story.entries if entry.kind not in RULES}
    return _Scope(stories=tuple(stories), others=tuple(e for e in of_period if e.seq not in in_stories))


def _cases(
    connection: Connection, wanted: Wanted, of_period: Sequence[Entry], population: Population | None
) -> list[int]:
    """The cases on which something was done in the period, and those whose decisions stand behind its terms."""
    ids = {entry.case_id for entry in of_period if entry.case_id is not None}
    numbers = population.cases if population else frozenset()
    found = connection.execute(
        select(cases.c.id, cases.c.merged_into_id)
        .where(cases.c.company == wanted.company, cases.c.id.in_(ids) | cases.c.number.in_(numbers))
        .order_by(cases.c.number)
    ).all()
    there = {row.id for row in found}
    return [row.id for row in found if row.merged_into_id is None or row.merged_into_id not in there]


def _incomplete(wanted: Wanted, verdict: verify.Verdict, population: Population | None) -> list[str]:
    found = [wanted.unread] if wanted.period is not None and population is None else []
    if population is not None and population.without_times:
        found.append(
            f"For {len(population.without_times)} AR terms Intacct tells no time of creation or change, "
            "so whether they belong to the period cannot be read from it."
        )
    if not verdict.whole:
        found.append("The journal was broken when this was exported: " + " ".join(b.sentence for b in verdict.breaks))
    return found


def _page(holds: _Holds, verdict: verify.Verdict, head: Anchor | None) -> Page:
    wanted, scope, now = holds.wanted, holds.scope, holds.at
    zone, people = wanted.zone, wanted.people
    rules = {e.seq: e for story in scope.stories for e in story.entries if e.kind in RULES}
    others = rules if wanted.case is not None else rules | {e.seq: e for e in scope.others}
    return Page(
        company=wanted.company,
        scope=wanted.scope,
        made_at=f"{now.astimezone(zone):%Y-%m-%d %H:%M}",
        zone=zone.key,
        head_seq=head.seq if head else 0,
        head_hash=head.row_hash if head else "none",
        proved=tuple(verify.sentences(verdict)),
        incomplete=holds.incomplete,
        keep_until=(
            f"Entries since {kept_since(now.astimezone(zone), wanted.retention_years).date()} must be kept "
            f"(RETENTION_YEARS={wanted.retention_years}). The bot itself never removes an entry."
        ),
        cases=tuple(case_part(story, zone, people) for story in scope.stories),
        others=told_lines([others[seq] for seq in sorted(others)], zone, people),
        population=holds.population,
        people=people,
    )
