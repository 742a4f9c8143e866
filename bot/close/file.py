"""Reading a `CLOSE_CALENDAR` file: a table for each period that closes (docs/close.md)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.close.calendar import CloseCalendar, Closing, NoPeriod, Period, month

_KEYS = ("period", "cut_off", "entity", "first", "last")
_LONGEST = 400
"""Days of one period: a year and its closing days."""


class CalendarProblems(ValueError):
    """A file that cannot be used; `problems` has one sentence each, saying what is taken instead."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def read(path: Path, zone: ZoneInfo) -> CloseCalendar:
    """The closings of a file; moments without an offset are the company's `zone`'s. Raises CalendarProblems."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CalendarProblems((f"{path} cannot be read as TOML: {error}",)) from None
    entries = table.pop("close", [])
    problems = [f"{key!r} is not known; it takes [[close]] tables" for key in table]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise CalendarProblems((*problems, "close takes [[close]] tables, one for each period"))
    closings: list[Closing] = []
    for place, entry in enumerate(entries, 1):
        try:
            closings.append(_closing(entry, zone))
        except ValueError as problem:
            problems.append(f"close {place}: {problem}")
    problems += _clashes(closings)
    if problems:
        raise CalendarProblems(tuple(problems))
    return CloseCalendar(tuple(sorted(closings, key=lambda each: each.cut_off)))


def _closing(entry: Mapping[str, object], zone: ZoneInfo) -> Closing:
    strange = [key for key in entry if key not in _KEYS]
    if strange:
        raise ValueError(f"{strange[0]!r} is not known; it takes {', '.join(_KEYS)}")
    period = _period(entry)
    cut_off = _moment(entry.get("cut_off"), zone)
    if cut_off.astimezone(zone).date() < period.first:
        raise ValueError(f"cut_off is before the first day of {period.name}")
    entity = entry.get("entity", "")
    if not isinstance(entity, str):
        raise ValueError('entity takes an Intacct entity id as text, such as "200", or is left out for every entity')
    return Closing(period=period, cut_off=cut_off, entity=entity)


def _period(entry: Mapping[str, object]) -> Period:
    name = entry.get("period")
    if not isinstance(name, str):
        raise ValueError('period takes year and month as text, such as "2026-10"')
    try:
        whole = month(name)
    except NoPeriod as problem:
        raise ValueError(f"period: {problem}") from None
    days = [entry.get("first", whole.first), entry.get("last", whole.last)]
    first, last = (day if isinstance(day, date) and not isinstance(day, datetime) else None for day in days)
    if first is None or last is None or last < first or last - first > timedelta(days=_LONGEST):
        raise ValueError("first and last take the period's first and last day, such as first = 2026-09-27")
    return Period(name=name, first=first, last=last)


def _moment(value: object, zone: ZoneInfo) -> datetime:
    """An aware moment, UTC. A time on the wall that is skipped or comes twice is no moment."""
    if not isinstance(value, datetime):
        raise ValueError("cut_off takes a date with a time, such as 2026-11-06T18:00:00")
    if value.tzinfo is not None:
        return value.astimezone(UTC)
    early, late = (value.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early.astimezone(zone).replace(tzinfo=None) != value:
        raise ValueError(
            f"cut_off: {value.isoformat()} does not exist in {zone.key}, where clocks are put forward then"
        )
    if early != late:
        offset = value.replace(tzinfo=zone).isoformat()
        raise ValueError(
            f"cut_off: {value.isoformat()} comes twice in {zone.key}, where clocks are put back then; "
            f"write it with its offset, such as {offset}"
        )
    return early


def _clashes(closings: list[Closing]) -> list[str]:
    """Periods of one entity that are given twice, or that share days."""
    problems = []
    for place, one in enumerate(closings):
        for other in closings[place + 1 :]:
            if one.entity != other.entity:
                continue
            whose = f" for entity {one.entity}" if one.entity else ""
            if one.period.name == other.period.name:
                problems.append(f"period {one.period.name} is there twice{whose}")
            elif one.period.first <= other.period.last and other.period.first <= one.period.last:
                problems.append(f"periods {one.period.name} and {other.period.name} share days{whose}")
    return problems
