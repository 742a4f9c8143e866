"""AR terms: all of them, one by its exact name, a new one, an inactive one active again; and how much each is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from lxml import etree

from bot.intacct.dates import day
from bot.intacct.envelope import Call
from bot.intacct.errors import FieldsUnknown, Refused
from bot.intacct.fields import Fields
from bot.intacct.query import (
    MOST_VALUES,
    Filter,
    Query,
    Read,
    all_of,
    among,
    any_of,
    at_least,
    count,
    equal,
    first_page,
    more_than,
    rows,
)
from bot.intacct.reply import Result
from bot.intacct.term_fields import NEEDED, OWNER, WANTED, add_rule, ar_term
from bot.intacct.xml import can_carry, checked, leaf
from bot.terms.term import ArTerm, PaymentTerm

ADD = "Accounts Receivable: AR terms, Add"
EDIT = "Accounts Receivable: AR terms, Edit"
LIST = "Accounts Receivable: AR terms, List and View"
LIST_INVOICES = "Accounts Receivable: Invoices, List and View"
LATEST = 100
"""Invoices looked at for a term's last use: those whose name only resembles it are passed over."""


def creation(name: str, rule: PaymentTerm, *, description: str = "", active: bool = True) -> Call:
    """`create_arterm` for exactly this name. Raises IllegalText and NotCreatable."""
    root = etree.Element("create_arterm")
    leaf(root, "name", name)
    if description:
        leaf(root, "description", description)
    leaf(root, "status", "active" if active else "inactive")
    add_rule(root, rule)
    return Call(body=root, needs=ADD)


def reactivation(name: str) -> Call:
    """`update_arterm` that sets this term active and changes nothing else. Raises IllegalText."""
    root = etree.Element("update_arterm", name=checked(name, "name"))
    leaf(root, "status", "active")
    return Call(body=root, needs=EDIT)


def deactivation(name: str) -> Call:
    """`update_arterm` that sets this term inactive and changes nothing else. Raises IllegalText."""
    root = etree.Element("update_arterm", name=checked(name, "name"))
    leaf(root, "status", "inactive")
    return Call(body=root, needs=EDIT)


def all_terms(read: Read, fields: Fields) -> tuple[ArTerm, ...]:
    """Every AR term that the signed-in user sees, active or not, other entities' included. Raises IntacctError."""
    return _terms(read, fields, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TermChanges:
    """The AR terms that were created or last changed since a day, and how that was asked."""

    terms: tuple[ArTerm, ...]
    requests: tuple[str, ...]
    """The functions as they were sent, in order: XML without credentials."""
    filtered: bool
    """False where the gateway would not filter by these fields, and all terms were read instead."""


def changed_since(read: Read, fields: Fields, first: date) -> TermChanges:
    """The terms created or last changed on a day or later, by Intacct's own times. Raises IntacctError.

    A record keeps its last change only: one that was changed in a period and again afterwards shows the later one.
    """
    sent: list[str] = []

    def noting(call: Call) -> Result:
        sent.append(etree.tostring(call.body, encoding="unicode"))
        return read(call)

    where = any_of(at_least("WHENCREATED", first), at_least("WHENMODIFIED", first))
    filtered = True
    try:
        terms = _terms(noting, fields, where)
    except Refused:
        # That ARTERM can be filtered by these fields is not documented.
        filtered = False
        terms = _terms(noting, fields, None)
    return TermChanges(terms=terms, requests=tuple(sent), filtered=filtered)


def one_term(read: Read, fields: Fields, name: str, entity: str) -> ArTerm | None:
    """The term of exactly this name, byte for byte, that `entity` can use; an active one first. Raises IntacctError.

    A term is used by its own entity only, one of the top level by all. The gateway may fold what it is asked for: where that could hide a name, all terms are read.
    """
    if not name:
        return None
    terms = _terms(read, fields, equal("NAME", name))
    if not plain_name(name) and all(term.name != name for term in terms):
        terms = all_terms(read, fields)
    usable = (term for term in terms if term.name == name and term.entity in (None, entity or None))
    return min(usable, key=lambda term: not term.active, default=None)


def _terms(read: Read, fields: Fields, where: Filter | None) -> tuple[ArTerm, ...]:
    def ask(names: tuple[str, ...]) -> tuple[ArTerm, ...]:
        # Without its owner's name a private term would pass for one that everybody can use.
        private = fields.private and OWNER in names
        query = Query(object="ARTERM", select=names, where=where, private=private, needs=LIST)
        try:
            return tuple(ar_term(dict(zip(names, row, strict=True))) for row in rows(read, query))
        except Refused as refusal:
            if not private or isinstance(refusal, FieldsUnknown):
                raise
        fields.private = False
        return ask(names)

    return fields.doing_without("ARTERM", WANTED, NEEDED, ask)


def plain_name(name: str) -> bool:
    """Whether nothing in a name could be trimmed or folded on its way."""
    return name.isascii() and name.isprintable() and name == " ".join(name.split(" ")).strip() and "  " not in name


class _NotGrouped(Exception):
    """The answer holds records where groups were asked for."""


class TermUse:
    """How many invoices, or records of another object, bear each term: by grouping, or by paging where that is refused."""

    def __init__(
        self, read: Read, *, kind: str = "ARINVOICE", field: str = "TERMNAME", needs: str = LIST_INVOICES
    ) -> None:
        self._read = read
        self._kind = kind
        self._field = field
        self._needs = needs
        self._groups = True

    def counts(
        self,
        names: Sequence[str] | None,
        since: date | None = None,
        *,
        unpaid: bool = False,
        private: bool = False,
    ) -> dict[str, int]:
        """Term name to its records, for all names or for those given (0 where none). Raises IntacctError.

        `since`: of invoices dated on that day or later alone. `unpaid`: of invoices with something due alone.
        `private`: at the top level, also the records that only an entity sees.
        """
        counted: Counter[str] = Counter()
        narrowed: list[Filter] = [at_least("WHENCREATED", since)] if since is not None else []
        narrowed += [more_than("TOTALDUE", "0")] if unpaid else []
        for where in self._filters(names):
            parts = [*narrowed, *([where] if where is not None else [])]
            counted.update(self._counted(all_of(*parts) if parts else None, private=private))
        if names is not None:
            return {name: counted[name] for name in names}
        del counted[""]
        return dict(counted)

    def last(self, name: str) -> date | None:
        """The date of the latest invoice that bears exactly this name; None where there is none."""
        query = Query(
            object="ARINVOICE",
            select=("TERMNAME", "WHENCREATED"),
            where=equal("TERMNAME", name),
            order="WHENCREATED",
            descending=True,
            page_size=LATEST,
            needs=LIST_INVOICES,
        )
        dated = (day(when) for term, when in first_page(self._read, query) if term == name)
        return max((found for found in dated if found is not None), default=None)

    def _counted(self, where: Filter | None, *, private: bool) -> Mapping[str, int]:
        if self._groups:
            try:
                return self._grouped(where, private=private)
            except (Refused, _NotGrouped):
                # That ARINVOICE can be grouped by TERMNAME is not documented.
                self._groups = False
        query = Query(object=self._kind, select=(self._field,), where=where, private=private, needs=self._needs)
        return Counter(name for (name,) in rows(self._read, query))

    def _grouped(self, where: Filter | None, *, private: bool) -> Mapping[str, int]:
        query = Query(
            object=self._kind,
            select=(self._field, count("RECORDNO")),
            where=where,
            order=self._field,
            private=private,
            needs=self._needs,
        )
        return _numbers(rows(self._read, query))

    def _filters(self, names: Sequence[str] | None) -> Iterable[Filter | None]:
        if names is None:
            return (None,)
        wanted = [name for name in dict.fromkeys(names) if name and can_carry(name)]
        return [among(self._field, wanted[start : start + MOST_VALUES]) for start in range(0, len(wanted), MOST_VALUES)]


def _numbers(groups: Iterable[tuple[str, ...]]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for name, number in groups:
        if not (number.isascii() and number.isdecimal()):
            raise _NotGrouped
        counted[name] += int(number)
    return counted
