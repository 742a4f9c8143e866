"""Who could decide when, read from the journal alone: its entries on approvers and deputies, and the decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.evidence.stories import read
from bot.records.journal import Entry
from bot.records.tables import journal

APPROVER, DEPUTY = "approver", "deputy"
DECISION, CHOICE = "decision", "period"
_ACTS = {DECISION: "decided", CHOICE: "chose for a closed period"}
"""What only those entitled do, by the kind of its entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One person's right to decide, from one entry of the journal to another."""

    user: str
    name: str
    """As the workspace called him then; empty where it told no name."""
    role: str
    """`approver` or `deputy`."""
    begins: datetime
    first_entry: int
    ends: datetime | None = None
    """None: to this day."""
    last_entry: int | None = None
    """The entry that took the right away."""
    decisions: int = 0
    """Decisions that he took in it."""
    choices: int = 0
    """Choices for invoices of closed periods that he made in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Whom the settings named, from one entry on."""

    at: datetime
    entry: int
    named: tuple[str, ...]
    deputies: tuple[tuple[str, str, str], ...]
    """User, first day, last day; empty for no beginning, no end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Who could decide in one company."""

    company: str
    spans: tuple[Span, ...]
    settings: tuple[Setting, ...]
    """As they changed, in order."""
    known_from: datetime | None
    """The first entry on approvers; None where there is none."""
    odd: tuple[str, ...] = ()
    """Decisions and choices by somebody who was not among those entitled at that click: there should be none."""


@dataclass(slots=True)
class _Walk:
    open: dict[tuple[str, str], Span] = field(default_factory=dict)
    ended: list[Span] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    taken: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    """How many by kind of entry, person and the first entry of his span."""


def review(
    connection: Connection, company: str, *, begins: datetime | None = None, ends: datetime | None = None
) -> Review:
    """Who could decide in a company, of a period where one is given (`begins` included, `ends` not)."""
    walk = _Walk()
    known_from = None
    for entry in read(connection, company, journal.c.kind.in_(("approvers", *_ACTS))):
        if entry.kind == "approvers":
            known_from = known_from or entry.at
            _changed(walk, entry, entry.content)
        elif _within(entry.at, entry.at, begins, ends):
            _decided(walk, entry, entry.content)
    spans = (
        replace(
            span,
            decisions=walk.taken[DECISION, span.user, span.first_entry],
            choices=walk.taken[CHOICE, span.user, span.first_entry],
        )
        for span in (*walk.ended, *walk.open.values())
        if _within(span.begins, span.ends, begins, ends)
    )
    return Review(
        company=company,
        spans=tuple(sorted(spans, key=lambda span: (span.begins, span.role, span.user))),
        settings=tuple(_in_force(walk.settings, begins, ends)),
        known_from=known_from,
        odd=tuple(walk.odd),
    )


def _changed(walk: _Walk, entry: Entry, content: Any) -> None:
    now = {(str(user), APPROVER) for user in content["approvers"]}
    now |= {(str(user), DEPUTY) for user in content["standing_in"]}
    for key in [key for key in walk.open if key not in now]:
        walk.ended.append(replace(walk.open.pop(key), ends=entry.at, last_entry=entry.seq))
    names = content.get("names") or {}
    for user, role in sorted(now - set(walk.open)):
        walk.open[user, role] = Span(
            user=user, name=str(names.get(user, "")), role=role, begins=entry.at, first_entry=entry.seq
        )
    setting = Setting(
        at=entry.at,
        entry=entry.seq,
        named=tuple(str(name) for name in content["named"]),
        deputies=tuple(
            (str(each["user"]), str(each["from"] or ""), str(each["to"] or "")) for each in content["deputies"]
        ),
    )
    last = walk.settings[-1] if walk.settings else None
    if last is None or (last.named, last.deputies) != (setting.named, setting.deputies):
        walk.settings.append(setting)


def _decided(walk: _Walk, entry: Entry, content: Any) -> None:
    if entry.actor not in {*content.get("approvers", ()), *content.get("deputies", ())}:
        did = _ACTS[entry.kind]
        walk.odd.append(f"Entry {entry.seq}: {entry.actor} {did} and is not among those entitled at that click.")
    for role in (APPROVER, DEPUTY):
        if (entry.actor, role) in walk.open:
            walk.taken[entry.kind, entry.actor, walk.open[entry.actor, role].first_entry] += 1
            return


def _in_force(settings: Sequence[Setting], begins: datetime | None, ends: datetime | None) -> Iterable[Setting]:
    """The settings of the period: the last before it, and every change in it."""
    for index, setting in enumerate(settings):
        after = settings[index + 1].at if index + 1 < len(settings) else None
        if _within(setting.at, after, begins, ends):
            yield setting


def _within(first: datetime, last: datetime | None, begins: datetime | None, ends: datetime | None) -> bool:
    return (ends is None or first < ends) and (begins is None or last is None or last >= begins)


def as_json(found: Review) -> dict[str, Any]:
    """A review as JSON values, moments in UTC."""
    return {
        "company": found.company,
        "known_from": _iso(found.known_from),
        "people": [
            {
                "user": span.user,
                "name": span.name,
                "as": span.role,
                "from": _iso(span.begins),
                "to": _iso(span.ends),
                "entries": [span.first_entry, span.last_entry],
                "decisions": span.decisions,
                "period_choices": span.choices,
            }
            for span in found.spans
        ],
        "settings": [
            {
                "from": _iso(setting.at),
                "entry": setting.entry,
                "approvers": list(setting.named),
                "deputies": [{"user": user, "from": first, "to": last} for user, first, last in setting.deputies],
            }
            for setting in found.settings
        ],
        "odd": list(found.odd),
    }


def lines(found: Review, zone: ZoneInfo) -> list[str]:
    """A review as a person reads it."""
    if found.known_from is None:
        return [f"The journal of {found.company} does not say yet who may decide: no bot that keeps it has started."]
    told = [
        f"Who could decide in {found.company}, by the journal. Times are {zone.key}.",
        f"Known since {_local(found.known_from, zone)}.",
        "",
    ]
    rows = [("person", "as", "from", "until", "decisions", "choices", "entries")]
    rows += [
        (
            f"{span.name} ({span.user})" if span.name else span.user,
            span.role,
            _local(span.begins, zone),
            _local(span.ends, zone) if span.ends else "still",
            str(span.decisions),
            str(span.choices),
            f"{span.first_entry} to {span.last_entry}" if span.last_entry else f"{span.first_entry}",
        )
        for span in found.spans
    ]
    if len(rows) == 1:
        told.append("Nobody could.")
    else:
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        told += ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    told += ["", "Named in the settings:"]
    told += [
        f"  since {_local(setting.at, zone)} (entry {setting.entry}): {_named(setting)}" for setting in found.settings
    ]
    told += [
        "",
        *(
            found.odd
            or ("Every decision, and every choice for a closed period, is by somebody who was entitled at that click.",)
        ),
    ]
    told.append(
        "A change in Slack is kept when it is noticed: at each decision, at start and every ten minutes while the bot runs."
    )
    return told


def _named(setting: Setting) -> str:
    deputies = [
        user + (f" from {first or 'ever'} to {last or 'further notice'}" if first or last else " always")
        for user, first, last in setting.deputies
    ]
    return f"approvers {', '.join(setting.named)}; deputies {', '.join(deputies) or 'none'}"


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
