"""Keeps in the journal who may decide: every change of those entitled and of their deputies, when it is noticed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from bot.cases.ports import Clock, Entitled
from bot.cases.step import SYSTEM
from bot.records import journal
from bot.records.engine import Database
from bot.records.journal import Entry, JsonValue
from bot.settings import Deputy

KIND = "approvers"
"""`named` (ids of users and groups), `deputies` (user, from, to), `approvers` and `standing_in` (user ids as resolved),
`added` and `removed` (user ids, against the entry before), `names` (what they are called, for a reader)."""
_COMPARED = ("named", "deputies", "approvers", "standing_in")


def note_entitled(
    database: Database,
    clock: Clock,
    company: str,
    *,
    named: Sequence[str],
    deputies: Sequence[Deputy],
    entitled: Entitled,
) -> bool:
    """Appends who may decide where it differs from the last such entry; whether it did.

    Compared again under the chain's lock, so that of two processes that notice the same change one writes it.
    """
    found: dict[str, JsonValue] = {
        "named": sorted(named),
        "deputies": [
            {"user": each.user_id, "from": _day(each.first), "to": _day(each.last)}
            for each in sorted(deputies, key=lambda each: (each.user_id, str(each.first), str(each.last)))
        ],
        "approvers": sorted(entitled.approvers),
        "standing_in": sorted(entitled.deputies),
    }
    with database.transaction() as connection:
        if _same(journal.latest(connection, company, KIND), found):
            return False
    with database.transaction() as connection:
        return _append(connection, company, found, entitled, clock.now())


def _append(
    connection: Connection, company: str, found: Mapping[str, JsonValue], entitled: Entitled, at: datetime
) -> bool:
    journal.lock_chain(connection, company)
    last = journal.latest(connection, company, KIND)
    if _same(last, found):
        return False
    before = _people(last.content) if last is not None else set()
    now = set(entitled.people)
    names: dict[str, JsonValue] = {user: called[0] for user, called in sorted(entitled.names.items()) if called}
    content = {**found, "added": sorted(now - before), "removed": sorted(before - now), "names": names}
    journal.append(connection, company, KIND, content, at=at, actor=SYSTEM)
    return True


def _same(last: Entry | None, found: Mapping[str, JsonValue]) -> bool:
    return last is not None and all(last.content.get(key) == found[key] for key in _COMPARED)


def _people(content: Mapping[str, JsonValue]) -> set[str]:
    told = [content.get("approvers"), content.get("standing_in")]
    return {str(user) for users in told if isinstance(users, Sequence) for user in users}


def _day(day: object) -> str | None:
    return None if day is None else str(day)
