"""Intacct's own list of the terms created or changed in a period, each with the decision behind it or as an exception."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.evidence.ours import OurWrite, change_of, concerns, creation_of
from bot.intacct.client import Intacct
from bot.intacct.errors import IntacctError
from bot.intacct.terms import TermChanges
from bot.terms.term import ArTerm, in_words

Find = Callable[[ArTerm, Sequence[OurWrite], str], OurWrite | None]
ELSEWHERE = "Decided for another company that shares these books, in its own journal."


class What(StrEnum):
    """What Intacct says happened to a term."""

    CREATED = "created"
    """In the period."""
    CHANGED = "changed"
    """Last changed in the period."""
    CHANGED_LATER = "changed later"
    """Last changed after the period: whether it was changed in it as well, Intacct does not keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whole days, both included, in the company's zone."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def begins(self) -> datetime:
        """The first moment of it."""
        return datetime.combine(self.first, time(), self.zone).astimezone(UTC)

    @property
    def ends(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last + timedelta(days=1), time(), self.zone).astimezone(UTC)

    def has(self, moment: datetime | None) -> bool:
        """Whether a moment lies in it."""
        return moment is not None and self.begins <= moment < self.ends

    def __str__(self) -> str:
        return f"{self.first} to {self.last} ({self.zone.key})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One event of one term."""

    what: What
    record_no: str
    name: str
    status: str
    rule: str
    """In words."""
    entity: str
    """Empty for the top level."""
    at: str
    """In UTC."""
    by: str
    """Intacct's user."""
    case: int | None
    """The number of the case whose decision it carried out; None: an exception."""
    decided_by: str
    decision_entry: int | None
    """The entry in the journal that holds the decision."""
    write_entry: int | None
    elsewhere: bool
    """Whether another company here that shares the books decided it, in its own journal."""
    why: str
    """What is to be said of it where there is no decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """What Intacct answered, and how it was asked."""

    period: str
    read_at: str
    requests: tuple[str, ...]
    """As sent, without credentials."""
    filtered: bool
    """False where all terms had to be read, and the period was applied here."""
    terms_read: int
    items: tuple[Item, ...]
    without_times: tuple[str, ...]
    """Names of terms for which Intacct tells no times, so that no period can be told for them."""
    writer: str
    """The user under whose name the bot writes."""

    @property
    def exceptions(self) -> tuple[Item, ...]:
        """Those that no decision of ours stands behind."""
        return tuple(
            item
            for item in self.items
            if item.case is None and not item.elsewhere and item.what is not What.CHANGED_LATER
        )

    @property
    def cases(self) -> frozenset[int]:
        """The numbers of the cases whose decisions are matched."""
        return frozenset(item.case for item in self.items if item.case is not None)

    def to_json(self) -> bytes:
        """The file that an export holds and the journal keeps the digest of."""
        return json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False).encode()


def read_changes(books: Intacct, period: Period, entity: str = "") -> TermChanges:
    """The terms that a period can concern; from the day before, as Intacct's days are not the company's.

    With an `entity`, other entities' own terms are left out. Raises IntacctError.
    """
    changes = books.terms_changed_since(period.begins.date() - timedelta(days=1))
    return replace(changes, terms=tuple(term for term in changes.terms if concerns(term, entity)))


def match(
    changes: TermChanges,
    period: Period,
    ours: Sequence[OurWrite],
    *,
    writer: str,
    read_at: datetime,
    beside: Sequence[OurWrite] = (),
) -> Population:
    """Each term of the period held against the bot's own writes.

    `beside`: the writes of companies that share the books; what they decided stands in their own journals.
    """
    items: list[Item] = []
    for term in changes.terms:
        items += _events(term, period, _Writes(ours, beside, writer))
    return Population(
        period=str(period),
        read_at=_utc(read_at),
        requests=changes.requests,
        filtered=changes.filtered,
        terms_read=len(changes.terms),
        items=tuple(sorted(items, key=lambda item: (item.at, item.record_no))),
        without_times=tuple(
            term.name for term in changes.terms if term.created_at is None and term.modified_at is None
        ),
        writer=writer,
    )


def why_unread(error: IntacctError) -> str:
    """Why there is no population, as a sentence for the export."""
    return (
        "Intacct could not be asked which terms were created or changed in the period, so nothing here shows that "
        f"every one of them was decided: {error}"
    )


@dataclass(frozen=True, slots=True)
class _Writes:
    """Whose writes a term is held against."""

    ours: Sequence[OurWrite]
    beside: Sequence[OurWrite]
    writer: str


def _events(term: ArTerm, period: Period, writes: _Writes) -> list[Item]:
    found = []
    if period.has(term.created_at):
        found.append(_item(What.CREATED, term, term.created_at, term.created_by, creation_of, writes))
    if term.modified_at is None or _is_creation(term):
        return found
    if period.has(term.modified_at):
        found.append(_item(What.CHANGED, term, term.modified_at, term.modified_by, change_of, writes))
    elif term.modified_at >= period.ends and (term.created_at is None or term.created_at < period.ends):
        found.append(_item(What.CHANGED_LATER, term, term.modified_at, term.modified_by, change_of, writes))
    return found


def _is_creation(term: ArTerm) -> bool:
    """Whether the last change is the creation itself."""
    return term.created_at is not None and term.modified_at == term.created_at


def _item(what: What, term: ArTerm, at: datetime | None, by: str, find: Find, writes: _Writes) -> Item:
    write = find(term, writes.ours, writes.writer)
    elsewhere = write is None and find(term, writes.beside, writes.writer) is not None
    return Item(
        what=what,
        record_no=term.record_no,
        name=term.name,
        status="active" if term.active else "inactive",
        rule=in_words(term.rule) if term.rule else f"not readable: {term.unread}",
        entity=term.entity or "",
        at=_utc(at),
        by=by,
        case=write.case_number if write else None,
        decided_by=write.decided_by if write else "",
        decision_entry=write.decision_entry if write else None,
        write_entry=write.write_entry if write else None,
        elsewhere=elsewhere,
        why="" if write else ELSEWHERE if elsewhere else _why(what, by, writes.writer),
    )


def _why(what: What, by: str, writer: str) -> str:
    if what is What.CHANGED_LATER:
        return (
            "Last changed after the period. Intacct keeps a record's last change only, so whether it was changed within "
            "the period as well cannot be read from it."
        )
    if by and by == writer:
        return f"{what.capitalize()} under the bot's own user, {by}, and no decision in the journal fits."
    return f"{what.capitalize()} by {by or 'nobody named'}; no decision of ours."


def _utc(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
