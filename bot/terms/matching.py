"""How a billing term's name stands against Intacct's AR terms, and the x-ray of what differs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.terms.nearest import Nearest
from bot.terms.term import ArTerm, PaymentTerm, canonical
from bot.terms.wording import readings
from bot.terms.xray import Difference, DifferenceKind, XRay, alike_key, x_ray

__all__ = ["Difference", "DifferenceKind", "Match", "MatchKind", "Vocabulary", "XRay"]


class MatchKind(StrEnum):
    """The five ways a name can stand, first that holds (PRODUCT words)."""

    EXACT = "exact"
    """An active term that the syncing entity can use has this very name, byte for byte."""
    INACTIVE = "inactive"
    """This very name, status inactive."""
    LOOKALIKE = "lookalike"
    """Equal only after folding case, blanks, invisible characters, dashes, quotes or look-alike letters."""
    EQUIVALENT = "equivalent"
    """Another wording of the same rule, active."""
    ABSENT = "absent"
    """Nothing like it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The answer for one name."""

    name: str
    kind: MatchKind
    term: ArTerm | None
    """The record that the kind speaks of; None for `absent`."""
    xray: XRay | None
    """Present for `lookalike` only."""
    nearest: tuple[ArTerm, ...] = ()
    """Other terms worth showing, nearest first, at most five."""
    out_of_scope: tuple[ArTerm, ...] = ()
    """Terms of this very name that another entity owns and the syncing entity cannot use."""


class Vocabulary:
    """A company's AR terms, prepared once so that matching one name among thousands takes well under a millisecond."""

    def __init__(self, terms: Iterable[ArTerm], *, entity: str | None = None) -> None:
        """`entity`: the entity that the sync signs in to; None for top level, which sees top-level terms."""
        usable: list[ArTerm] = []
        self._others: dict[str, tuple[ArTerm, ...]] = {}
        for term in terms:
            if term.entity is None or term.entity == entity:
                usable.append(term)
            else:
                self._others[term.name] = (*self._others.get(term.name, ()), term)
        usable.sort(key=_preferred)
        self._by_name: dict[str, ArTerm] = {}
        self._by_key: dict[str, list[ArTerm]] = {}
        self._by_rule: dict[PaymentTerm, list[ArTerm]] = {}
        for term in usable:
            self._by_name.setdefault(term.name, term)
            self._by_key.setdefault(alike_key(term.name), []).append(term)
            if term.active and term.rule is not None:
                self._by_rule.setdefault(canonical(term.rule), []).append(term)
        self._nearest = Nearest(usable)

    def match(self, name: str, *, nearest: bool = True) -> Match:
        """How `name` stands; byte-for-byte first, then inactive, lookalike, equivalent, absent.

        `nearest`: whether to look for other terms worth showing; thousands of names in a row do without.
        """
        elsewhere = self._others.get(name, ())
        term = self._by_name.get(name)
        if term is not None and term.active:
            return Match(name=name, kind=MatchKind.EXACT, term=term, xray=None, out_of_scope=elsewhere)
        kind, xray = MatchKind.INACTIVE, None
        said = readings(name)
        single = said[0] if len(said) == 1 else None
        if term is None:
            kind, term, xray = self._unlike(name, single)
        return Match(
            name=name,
            kind=kind,
            term=term,
            xray=xray,
            nearest=self._nearest.to(name, single, but=term) if nearest else (),
            out_of_scope=elsewhere,
        )

    def _unlike(self, name: str, single: PaymentTerm | None) -> tuple[MatchKind, ArTerm | None, XRay | None]:
        """How a name stands that no usable term has."""
        key = alike_key(name)
        alike = self._by_key.get(key, ()) if key else ()
        if alike:
            xray, term = min(
                ((x_ray(name, term.name), term) for term in alike[:20]),
                key=lambda each: (not each[1].active, len(each[0].differences), each[1].name),
            )
            return MatchKind.LOOKALIKE, term, xray
        same = self._by_rule.get(canonical(single), ()) if single else ()
        if same:
            return MatchKind.EQUIVALENT, same[0], None
        return MatchKind.ABSENT, None, None


def _preferred(term: ArTerm) -> tuple[bool, int, str, str]:
    """Active ones first, then in the order in which they were made."""
    number = int(term.record_no) if term.record_no.isdecimal() and len(term.record_no) < 19 else 0
    return not term.active, number, term.record_no, term.name
