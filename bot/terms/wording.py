"""A term's name and the rules that it says: none where it cannot be read safely, several where it is ambiguous."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from bot.terms.grammar import Matcher, compiled
from bot.terms.phrases import BARE_NUMBER, PHRASES, Due, Part, Phrase, Settlement
from bot.terms.term import Discount, DueFrom, DueRule, PaymentTerm, Penalty
from bot.terms.tokens import NUMBER, tokens

_BARE_DAYS = range(1, 366)
"""The whole numbers that are days where nothing else stands in the name."""

_HEAD = compiled("payment|payments|invoice|credit? terms|term :|-|,?")
_JOINTS = tuple(map(compiled, (",|;|-", ",|;|-? and|or|then|otherwise|else|with|plus|&|+", ",? or else")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a name says."""

    readings: tuple[PaymentTerm, ...]
    """The rules that it can mean, in a fixed order; empty where it cannot be read safely."""
    settlement: Settlement | None
    """What kind of payment it speaks of; None where it cannot be read."""


_UNREAD = Wording(readings=(), settlement=None)


@lru_cache(maxsize=16384)
def read(name: str) -> Wording:
    """Reads a name. Never raises; what has two unlike derivations, or an impossible number, is not read."""
    cut = tokens(name)
    if cut is None:
        return _UNREAD
    if len(cut) == 1 and cut[0].key == NUMBER and cut[0].value in _BARE_DAYS:
        return _wording(_Parts(due=_as_due(BARE_NUMBER.means({"days": cut[0].value})))) or _UNREAD
    found: set[Wording] = set()
    for parts in _Reader(Matcher(cut)).whole():
        wording = _wording(parts)
        if wording is None:
            return _UNREAD
        found.add(wording)
    return found.pop() if len(found) == 1 else _UNREAD


def readings(name: str) -> tuple[PaymentTerm, ...]:
    """The rules that the name says, in the corpus's order; none where it cannot be read safely."""
    return read(name).readings


def kind_of(name: str) -> Settlement | None:
    """Whether the name speaks of credit, payment at once, on delivery or in advance; None where it is not read."""
    return read(name).settlement


def as_json(name: str) -> dict[str, object]:
    """The name with its readings, as `explain-term` prints them."""
    return {"name": name, "readings": [_reading_as_json(reading) for reading in readings(name)]}


def _reading_as_json(reading: PaymentTerm) -> dict[str, object]:
    shown: dict[str, object] = {"due": _day_as_json(reading.due)}
    if reading.discount:
        discount = reading.discount
        amount = {"amount": _number(discount.amount), "unit": discount.unit.value}
        shown["discount"] = amount | _day_as_json(discount.rule)
    if reading.penalty:
        penalty = reading.penalty
        shown["penalty"] = {
            "amount": _number(penalty.amount),
            "unit": penalty.unit.value,
            "cycle": penalty.cycle.value,
        }
    return shown


def _day_as_json(rule: DueRule) -> dict[str, object]:
    return {"days": rule.days, "from": rule.start.value}


def _number(amount: Decimal) -> int | float:
    return int(amount) if amount == amount.to_integral_value() else float(amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """The parts of one derivation of a name."""

    due: Due | None = None
    discount: Discount | None = None
    penalty: Penalty | None = None
    bare: bool = False
    """Whether the discount stands without a per-cent sign."""
    broken: bool = False
    """Whether some number is impossible."""

    def with_part(self, part: Part | None, phrase: Phrase) -> _Parts | None:
        """These and one part more; None where there is one of its kind already. A part of None is a broken one.

        Days that nothing calls due, behind a penalty, may be the days after which it is charged: they are not taken.
        """
        due, discount, penalty = self.due, self.discount, self.penalty
        match part:
            case Due() if due is None and not (penalty and part.settlement is Settlement.CREDIT and not part.net):
                due = part
            case Discount() if discount is None and not (phrase.before_due and due):
                discount = part
            case Penalty() if penalty is None:
                penalty = part
            case None:
                pass
            case _:
                return None
        return _Parts(
            due=due,
            discount=discount,
            penalty=penalty,
            bare=self.bare or phrase.bare,
            broken=self.broken or part is None,
        )


class _Reader:
    """Finds every way to take a whole name apart into phrases."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._length = len(matcher.tokens)
        self._parts: dict[int, tuple[tuple[int, Part | None, Phrase], ...]] = {}

    def whole(self) -> Iterator[_Parts]:
        """The parts of each derivation."""
        starts = {0} | {end for end, _ in self._matcher.ends(_HEAD, 0)}
        for start in sorted(starts):
            yield from self._from(start, _Parts(), 3)

    def _from(self, at: int, so_far: _Parts, left: int) -> Iterator[_Parts]:
        for end, part, phrase in self._at(at):
            parts = so_far.with_part(part, phrase)
            if parts is None:
                continue
            if end == self._length:
                yield parts
            elif left > 1:
                for onward in self._joints(end):
                    yield from self._from(onward, parts, left - 1)

    def _at(self, at: int) -> tuple[tuple[int, Part | None, Phrase], ...]:
        known = self._parts.get(at)
        if known is None:
            known = self._parts[at] = tuple(self._match(at))
        return known

    def _match(self, at: int) -> Iterator[tuple[int, Part | None, Phrase]]:
        opened = self._matcher.key(at) == "("
        start = at + 1 if opened else at
        key = self._matcher.key(start)
        for phrase in _phrases_by_first_key().get(key, ()):
            for end, slots in self._matcher.ends(phrase.pattern, start):
                if opened and self._matcher.key(end) != ")":
                    continue
                yield end + 1 if opened else end, _meant(phrase, dict(slots)), phrase

    def _joints(self, at: int) -> set[int]:
        found = {at} | {end for joint in _JOINTS for end, _ in self._matcher.ends(joint, at)}
        if self._matcher.key(at) == "/" and self._matcher.key(at + 1) in ("net", "n"):
            found.add(at + 1)
        return found


@lru_cache(maxsize=1)
def _phrases_by_first_key() -> dict[str, tuple[Phrase, ...]]:
    """For each key the phrases that can begin with it: most are ruled out by one look."""
    table: dict[str, list[Phrase]] = {}
    for phrase in PHRASES:
        for key in phrase.pattern.firsts:
            table.setdefault(key, []).append(phrase)
    return {key: tuple(phrases) for key, phrases in table.items()}


def _meant(phrase: Phrase, numbers: dict[str, Decimal]) -> Part | None:
    try:
        return phrase.means(numbers)
    except ValueError:
        return None


def _as_due(part: Part) -> Due | None:
    return part if isinstance(part, Due) else None


def _wording(parts: _Parts) -> Wording | None:
    """What the parts say together; None where they contradict each other or say too little."""
    due, discount = parts.due, parts.discount
    if parts.broken or due is None or (discount is not None and not _go_together(due, discount, bare=parts.bare)):
        return None
    if due.settlement in (Settlement.ON_DELIVERY, Settlement.PREPAID) and parts.penalty:
        return None
    terms = tuple(PaymentTerm(due=rule, discount=discount, penalty=parts.penalty) for rule in due.rules)
    return Wording(readings=terms, settlement=due.settlement)


def _go_together(due: Due, discount: Discount, *, bare: bool) -> bool:
    """Whether a discount can be read beside these due days: after so many days, at the latest on the due day.

    Beside the end of a month `10` may be days or count from it too, so nothing is read.
    """
    (rule, *others) = due.rules
    if others or rule.start is not DueFrom.INVOICE_DATE or due.settlement is not Settlement.CREDIT:
        return False
    return discount.rule.days <= rule.days and (due.net_first if bare else due.net)
