"""The rules by which the bot works, in the journal: all settings at the first start, every change at a later one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr
from sqlalchemy import Connection, select

from bot.cases.ports import Clock
from bot.cases.step import step
from bot.evidence.stories import entry_of, told
from bot.records.alone import Turn, in_turn
from bot.records.engine import Database
from bot.records.tables import journal
from bot.settings import CompanySettings, Deputy, Settings

ALL, ONE = "settings", "setting"
"""Kinds of entries: all settings as they were at a start, and one that had changed by then."""
NO_RULES = frozenset({"companies", "key", "port", "log_level", "metrics"})
"""What says nothing about how the bot decides, reads or writes."""
HIDDEN = frozenset({"database_url"})
"""Beside what is a secret by its type: a database's address can hold a password."""
FILES = frozenset({"terms_policy", "close_calendar", "house_terms"})
"""Files whose content is the rule: their digest is noted, so that a changed file is a changed setting."""


def described(settings: Settings, company: CompanySettings) -> dict[str, str]:
    """Every setting by its name, in words; of a secret only whether it is set, and no digest of it."""
    found: dict[str, str] = {}
    for group in (settings, company):
        for name in type(group).model_fields:
            if name not in NO_RULES:
                found[name.upper()] = _words(name, getattr(group, name))
    return found


def note_start(database: Database, clock: Clock, settings: Settings) -> None:
    """Records what changed since the last start, for each company in its own chain; nothing where nothing did.

    A secret that was replaced by another one is not seen: nothing is kept that could tell.
    """
    for company in settings.companies:
        with step(database, clock, "start") as taken:
            in_turn(taken.connection, Turn.STARTING, company.key)
            now = described(settings, company)
            before = _last(taken.connection, company.key)
            if before == now:
                continue
            for name in sorted({*now, *before} if before is not None else ()):
                was, is_now = (before or {}).get(name, ""), now.get(name, "")
                if was != is_now:
                    taken.record(company.key, ONE, {"name": name, "from": was, "to": is_now})
            taken.record(company.key, ALL, {"settings": now})


def _last(connection: Connection, company: str) -> Mapping[str, str] | None:
    row = connection.execute(
        select(journal)
        .where(journal.c.company == company, journal.c.kind == ALL)
        .order_by(journal.c.seq.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    kept = told(entry_of(row), "settings")
    return {str(name): str(value) for name, value in kept.items()} if isinstance(kept, Mapping) else {}


def _words(name: str, value: object) -> str:
    match value:
        case None:
            return ""
        case SecretStr():
            return "set" if value.get_secret_value() else "unset"
        case _ if name in HIDDEN:
            return "set" if value else "unset"
        case Path():
            return f"{value}{_digest(value) if name in FILES else ''}"
        case tuple():
            return ", ".join(_words(name, one) for one in value)
        case Deputy():
            days = f":{value.first or ''}..{value.last or ''}" if value.first or value.last else ""
            return f"{value.user_id}{days}"
        case str() if name.endswith("_url"):
            return _bare(value)
        case _:
            return str(value)


def _bare(address: str) -> str:
    """An address without what could be a credential in it."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _digest(path: Path) -> str:
    try:
        return f", SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}"
    except OSError:
        return ", not readable"
