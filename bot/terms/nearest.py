"""Which AR terms come nearest to a name that Intacct does not have: by the rule that it says, then by its letters."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import TypeVar

from bot.terms.term import ArTerm, DueFrom, PaymentTerm, canonical
from bot.terms.xray import alike_key

_K = TypeVar("_K", int, str)

SHOWN = 5
"""How many terms are worth showing at most."""

_REACH = 6
"""How many neighbours either side of a place in an order are weighed."""
_FARTHEST_DAYS = 60
"""A rule whose days are further off is not near."""
_LEAST_SHARED = 0.4
"""The share of letter pairs that two names need in common to be near by name alone."""


class Nearest:
    """Terms in three orders (days, name, name read backwards), so that neighbours are found without looking at all."""

    def __init__(self, terms: Sequence[ArTerm]) -> None:
        self._keys = [alike_key(term.name) for term in terms]
        self._by_name = sorted((key, at) for at, key in enumerate(self._keys))
        self._by_end = sorted((key[::-1], at) for at, key in enumerate(self._keys))
        self._terms = terms
        self._pairs: dict[int, set[str]] = {}
        self._by_days: dict[DueFrom, list[tuple[int, int]]] = {}
        for at, term in enumerate(terms):
            if term.rule is not None:
                due = canonical(term.rule).due
                self._by_days.setdefault(due.start, []).append((due.days, at))
        for order in self._by_days.values():
            order.sort()

    def to(self, name: str, rule: PaymentTerm | None, *, but: ArTerm | None) -> tuple[ArTerm, ...]:
        """The nearest terms, nearest first; `rule` is the name's single reading, `but` the one spoken of already."""
        key = alike_key(name)
        wanted = canonical(rule) if rule else None
        pairs = _pairs(key)
        places = dict.fromkeys([*_around(self._by_name, key), *_around(self._by_end, key[::-1])])
        if wanted:
            places |= dict.fromkeys(_around(self._by_days.get(wanted.due.start, []), wanted.due.days))
        weighed: list[tuple[int, float, bool, str, int]] = []
        for at in places:
            term = self._terms[at]
            shared = _shared(pairs, self._pairs_of(at))
            days = _days_apart(wanted, term)
            if term is not but and (days <= _FARTHEST_DAYS or shared >= _LEAST_SHARED):
                weighed.append((days, -shared, not term.active, term.name, at))
        return tuple(self._terms[at] for *_, at in sorted(weighed)[:SHOWN])

    def _pairs_of(self, at: int) -> set[str]:
        """A term's letter pairs, made when first asked for."""
        pairs = self._pairs.get(at)
        if pairs is None:
            pairs = self._pairs[at] = _pairs(self._keys[at])
        return pairs


def _around(order: Sequence[tuple[_K, int]], key: _K) -> Iterator[int]:
    middle = bisect_left(order, (key, -1))
    return (at for _, at in order[max(0, middle - _REACH) : middle + _REACH])


def _days_apart(wanted: PaymentTerm | None, term: ArTerm) -> int:
    """How far the rules are apart: days, with a little for another discount or penalty; far where not comparable."""
    far = 2 * _FARTHEST_DAYS
    if wanted is None or term.rule is None:
        return far
    rule = canonical(term.rule)
    if rule.due.start is not wanted.due.start:
        return far
    unlike = (rule.discount != wanted.discount) + (rule.penalty != wanted.penalty)
    return min(far, abs(rule.due.days - wanted.due.days) + 3 * unlike)


def _shared(pairs: set[str], others: set[str]) -> float:
    """The share of letter pairs that two names have in common, 0 to 1."""
    return 2 * len(pairs & others) / (len(pairs) + len(others))


def _pairs(key: str) -> set[str]:
    edged = f"^{key[:100]}$"
    return {edged[at : at + 2] for at in range(len(edged) - 1)}
