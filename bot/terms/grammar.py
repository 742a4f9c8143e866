"""The patterns that wordings are made of, and the small machine that holds a name's tokens against them.

A pattern is a row of items: `word`, `one|other`, `{NAME}` for a named group of patterns, `<slot>` for a number,
`=name:3` for a note that takes no token; `?` after an item makes it optional. No group contains itself, so the work is bounded by the length of the name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from bot.terms.tokens import FRACTION, NTH, NUMBER, Token

Slots = tuple[tuple[str, Decimal], ...]
"""The numbers that a match has taken, each with its slot's name."""

_SLOTS: Mapping[str, tuple[str, frozenset[str]]] = {
    "days": ("days", frozenset({NUMBER})),
    "weeks": ("weeks", frozenset({NUMBER})),
    "nth": ("day", frozenset({NTH})),
    "dom": ("day", frozenset({NUMBER})),
    "kth": ("month", frozenset({NTH})),
    "whole": ("whole", frozenset({NUMBER})),
    "percent": ("percent", frozenset({NUMBER, FRACTION})),
    "money": ("money", frozenset({NUMBER, FRACTION})),
}

GROUPS: Mapping[str, tuple[str, ...]] = {
    # Words around a number of days.
    "NET": ("net|n :|/?",),
    "DAYS": ("calendar? days|day", "d"),
    "WEEKS": ("weeks|week",),
    "DUE": (
        "net? due|payable",
        "due and|& payable",
        "full? payment|payments is|are? due|payable|required?",
        "invoice|invoices is|are? due|payable",
        "pay",
    ),
    "INVOICE": ("the? invoice|inv date?", "the? date of the? invoice|inv", "the? invoice|inv / bill date"),
    "AFTER_INVOICE": ("from|after|of|following {INVOICE}",),
    "TERMS": ("payment? terms|term", "credit"),
    # Months and their days.
    "THE_DAY": ("the? <nth> day?", "day <dom>", "<dom>"),
    "THE_DAY_OF": ("the? <nth> day? of|in", "day <dom> of|in?", "<dom> of"),
    "ON": ("{DUE}? net? on|by?",),
    "SINCE_INVOICE": ("from|after|following|of {INVOICE}", "from|after|following the? invoice month"),
    "NEXT_MONTH": (
        "the? next|following month {SINCE_INVOICE}?",
        "the? month following",
        "the? month following|after {INVOICE}",
        "the? month following|after the? month of {INVOICE}",
    ),
    "NTH_MONTH": ("the? <kth> following? month {SINCE_INVOICE}?", "the? <kth> month following"),
    "THIS_MONTH": ("the? same|this|current|invoice month", "the? month of {INVOICE}"),
    "EOM": ("eom", "end of month", "month end"),
    "MONTH_END": (
        "eom",
        "the? month end",
        "the? end|close of the? month",
        "the? last day of the? month",
        "the? end of {THIS_MONTH}",
        "the? last day of {THIS_MONTH}",
    ),
    # Discounts.
    "OFF": ("cash|early|prompt? payment|pay? discount|disc", "off"),
    "WITHIN": (
        "in|within",
        "if|when paid|taken? in|within",
        "if|when you? pay in|within",
        "for payment in|within",
        "if payment is? made|received in|within",
    ),
    "EARLY": ("<days> {DAYS}? {AFTER_INVOICE}?",),
    "MONEY": ("us? $|€|£ <money>", "usd|eur|gbp <money>", "<money> dollars|dollar|usd|eur|euro|euros|gbp|pounds"),
    # Penalties.
    "CYCLE": (
        "daily =cycle:1",
        "weekly =cycle:2",
        "biweekly =cycle:3",
        "bi weekly =cycle:3",
        "monthly =cycle:4",
        "bimonthly =cycle:5",
        "bi monthly =cycle:5",
        "quarterly =cycle:6",
        "half|semi yearly|annual|annually =cycle:7",
        "semiannual|semiannually =cycle:7",
        "annual|annually|yearly =cycle:8",
        "per|a|each|every|/ {PERIOD}",
        "per annum =cycle:8",
    ),
    "PERIOD": ("day =cycle:1", "week =cycle:2", "month =cycle:4", "quarter =cycle:6", "year =cycle:8"),
    "CHARGE": (
        "late|overdue|penalty charge|charges|fee|fees|interest|penalty",
        "finance|service charge|charges",
        "finance fee|fees",
        "late|overdue payment|payments? charge|charges|fee|fees|interest|penalty",
        "past due charge|charges|fee|fees|interest|penalty",
        "interest charge|charges?",
        "penalty",
    ),
    "LATE": (
        "on|for all|any? overdue|late|unpaid balance|balances|amount|amounts|invoice|invoices|payment|payments|accounts",
        "on|for all|any? past due balance|balances|amount|amounts|invoice|invoices|accounts?",
        "if|when late|overdue",
        "if|when past due",
        "after the? due date",
        "thereafter",
    ),
    "WAS": (":|of|is|at",),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One place in a pattern."""

    keys: frozenset[str]
    """The tokens that fit; empty for a group and for a mark."""
    slot: str
    """The name under which a number is kept."""
    group: str
    mark: Slots
    """What is noted in passing, without taking a token."""
    optional: bool
    firsts: frozenset[str]
    """The keys that it can begin with."""
    empty: bool
    """Whether it can take no token, even where it is not optional."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern ready for matching."""

    items: tuple[Item, ...]
    firsts: frozenset[str]
    """The keys that a match can begin with."""
    empty: bool
    """Whether a match can take no token at all."""


@cache
def compiled(text: str) -> Pattern:
    """A pattern from its text."""
    items = tuple(map(_item, text.split()))
    firsts: frozenset[str] = frozenset()
    for item in items:
        firsts |= item.firsts
        if not (item.optional or item.empty):
            return Pattern(items, firsts, empty=False)
    return Pattern(items, firsts, empty=True)


def _item(text: str) -> Item:
    optional = len(text) > 1 and text.endswith("?")
    text = text.removesuffix("?") if optional else text
    if text.startswith("{"):
        firsts, empty = _group_firsts(text[1:-1])
        return Item(frozenset(), "", text[1:-1], (), optional, firsts, empty)
    if text.startswith("<"):
        slot, keys = _SLOTS[text[1:-1]]
        return Item(keys, slot, "", (), optional, keys, empty=False)
    if text.startswith("="):
        name, _, value = text[1:].partition(":")
        return Item(frozenset(), "", "", ((name, Decimal(value)),), optional, frozenset(), empty=True)
    keys = frozenset(text.split("|"))
    return Item(keys, "", "", (), optional, keys, empty=False)


@cache
def _group(name: str) -> tuple[Pattern, ...]:
    return tuple(map(compiled, GROUPS[name]))


@cache
def _group_firsts(name: str) -> tuple[frozenset[str], bool]:
    """The keys that a match of the group can begin with, and whether it can be empty."""
    patterns = _group(name)
    return frozenset().union(*(each.firsts for each in patterns)), any(each.empty for each in patterns)


class Matcher:
    """One name's tokens, and which patterns match from where to where."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self._keys = [*(token.key for token in tokens), ""]
        self._known: dict[tuple[str, int], tuple[tuple[int, Slots], ...]] = {}

    def key(self, at: int) -> str:
        """The key of the token at a place; empty at the end."""
        return self._keys[at] if at < len(self._keys) else ""

    def ends(self, pattern: Pattern, at: int) -> Iterable[tuple[int, Slots]]:
        """Each place where a match of the pattern from `at` can end, with the numbers that it took."""
        if not pattern.empty and self._keys[at] not in pattern.firsts:
            return ()
        reached: list[tuple[int, Slots]] = [(at, ())]
        for item in pattern.items:
            onward = list(reached) if item.optional else []
            for place, slots in reached:
                if item.empty or self._keys[place] in item.firsts:
                    self._step(item, place, slots, onward)
            if not onward:
                return ()
            reached = onward if len(onward) == 1 else list(dict.fromkeys(onward))
        return reached

    def _step(self, item: Item, at: int, slots: Slots, onward: list[tuple[int, Slots]]) -> None:
        if item.group:
            onward.extend((end, slots + more) for end, more in self._group_ends(item.group, at))
        elif item.mark:
            onward.append((at, slots + item.mark))
        else:
            onward.append((at + 1, (*slots, (item.slot, self.tokens[at].value)) if item.slot else slots))

    def _group_ends(self, group: str, at: int) -> tuple[tuple[int, Slots], ...]:
        known = self._known.get((group, at))
        if known is None:
            known = tuple(dict.fromkeys(end for pattern in _group(group) for end in self.ends(pattern, at)))
            self._known[group, at] = known
        return known
