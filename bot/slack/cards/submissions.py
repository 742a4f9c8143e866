"""What a person submitted in a view, read into values or refused block by block. Pure: it runs in the acknowledgement."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from bot.alerts.sentences import LONGEST_TERM
from bot.cases.view import Course
from bot.close import NoPeriod, month
from bot.slack.cards import words
from bot.slack.cards.buttons import CaseButton, UnreadableButtonError, read_button
from bot.slack.cards.names import INPUT, BlockId
from bot.terms.term import (
    LAST_DAY,
    MOST_DAYS,
    AmountUnit,
    Discount,
    DiscountBasis,
    DueFrom,
    DueRule,
    PaymentTerm,
    Penalty,
    PenaltyCycle,
    in_words,
)

Values = Mapping[str, Mapping[str, Mapping[str, object]]]
"""`view.state.values` as Slack sends it: block id, action id, element."""
Problems = dict[str, str]
"""A sentence a block that cannot be taken: the `errors` of a `response_action`."""

REASON_LONGEST = 1000
REFERENCE_LONGEST = 200
DESCRIPTION_LONGEST = 200
TERM_NAME_LONGEST = LONGEST_TERM
MOST_GRACE = 365

_WHOLE = re.compile(r"[0-9]{1,6}")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,4})?")
_E = TypeVar("_E", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedTerm:
    """A person's own rule for the term, and why."""

    rule: PaymentTerm
    description: str
    reason: str


@dataclass(frozen=True, slots=True)
class Approval:
    """The words of a decision that is not one-click."""

    reason: str
    reference: str = ""
    """Empty where none was asked for."""


@dataclass(frozen=True, slots=True)
class ToldTerm:
    """A person's answer to which term the invoice bears."""

    name: str
    """As typed, untouched."""
    due: DueRule | None
    """None: to be read from the name."""


@dataclass(frozen=True, slots=True)
class ChosenCourse:
    """How the invoices of a closed period get into the books, and why."""

    period: str
    """`2026-09`."""
    course: Course
    reason: str


@dataclass(slots=True)
class _Reading:
    """Values being read, with the problems found so far."""

    values: Values
    problems: Problems = field(default_factory=dict)

    def typed(self, block: BlockId) -> str:
        """What was typed, untouched; empty where nothing was, or where the view has no such input."""
        value = self.values.get(block, {}).get(INPUT, {}).get("value")
        return value if isinstance(value, str) else ""

    def chosen(self, block: BlockId, kind: type[_E], default: _E) -> _E:
        """The chosen option; `default` where none was."""
        option = self.values.get(block, {}).get(INPUT, {}).get("selected_option")
        value = option.get("value") if isinstance(option, dict) else None
        if value is None:
            return default
        try:
            return kind(value)
        except ValueError:
            self.problem(block, "This choice is not one of those offered.")
            return default

    def problem(self, block: str, sentence: str) -> None:
        """Notes a problem; the first of a block is told."""
        self.problems.setdefault(str(block), sentence)

    def text(self, block: BlockId, longest: int, *, what: str) -> str:
        """Text that has to be there, of characters that can be kept and sent."""
        text = self.typed(block).strip()
        if not text:
            self.problem(block, f"Please give {what}.")
        self.sound(block, text, longest)
        return text

    def sound(self, block: BlockId, text: str, longest: int) -> None:
        """Whether text can be kept and sent: its length, and no character that XML forbids."""
        if len(text) > longest:
            self.problem(block, f"Too long: {len(text):,} characters, {longest:,} at most.")
        if found := unstorable(text):
            position, character = found
            self.problem(
                block,
                f"The {words.ordinal(position)} character, {words.label(character)}, cannot be kept. Please remove it.",
            )

    def whole(self, block: BlockId, least: int, most: int, *, what: str) -> int | None:
        """A whole number within its range; None where nothing was typed or the number is a problem."""
        typed = self.typed(block).strip()
        if not typed:
            return None
        if not _WHOLE.fullmatch(typed):
            self.problem(block, f"{words.first_upper(what)} must be a whole number, in digits.")
            return None
        number = int(typed)
        if not least <= number <= most:
            self.problem(block, f"{words.first_upper(what)} must be from {least} to {most}.")
            return None
        return number

    def rule(self, block: BlockId, start: DueFrom, *, missing: str) -> DueRule | None:
        """The days or the day of the month, counted from `start`; None, and a problem, where that is no rule."""
        if not self.typed(block).strip():
            self.problem(block, missing)
            return None
        if start.months_on is None:
            days = self.whole(block, 0, MOST_DAYS, what="days")
        else:
            days = self.whole(block, 1, LAST_DAY, what="the day of the month")
        return DueRule(days, start) if days is not None else None

    def amount(self, block: BlockId, unit: AmountUnit) -> Decimal | None:
        """A percentage above 0 and below 100, or an amount above 0; None, and a problem, where it is neither."""
        typed = self.typed(block).strip().removesuffix("%").rstrip()
        if "," in typed:
            self.problem(block, "Please use a point for decimals, and no separator for thousands.")
            return None
        if not _NUMBER.fullmatch(typed):
            self.problem(block, "Must be a number such as 2 or 1.5, with at most four decimals.")
            return None
        amount = Decimal(typed)
        if amount <= 0:
            self.problem(block, "Must be above 0.")
            return None
        if unit is AmountUnit.PERCENTAGE and amount >= 100:
            self.problem(block, "A percentage must be below 100.")
            return None
        return amount


def unstorable(text: str) -> tuple[int, str] | None:
    """The first character that XML cannot carry (its 1-based position, itself): control characters, lone surrogates."""
    for position, character in enumerate(text, start=1):
        category = unicodedata.category(character)
        if category == "Cs" or character in "\ufffe\uffff" or (category == "Cc" and character not in "\t\n\r\x85"):
            return position, character
    return None


def read_edit(values: Values) -> EditedTerm | Problems:
    """The edited term, or a sentence a block that cannot be taken."""
    reading = _Reading(values)
    start = reading.chosen(BlockId.DUE_START, DueFrom, DueFrom.INVOICE_DATE)
    due = reading.rule(BlockId.DUE_DAYS, start, missing="Please give the days, or the day of the month.")
    discount = _discount(reading)
    penalty = _penalty(reading)
    description = reading.typed(BlockId.DESCRIPTION)
    reading.sound(BlockId.DESCRIPTION, description, DESCRIPTION_LONGEST)
    reason = reading.text(BlockId.EDIT_REASON, REASON_LONGEST, what="a reason")
    if due is not None and discount is not None and always_after(discount.rule, due):
        reading.problem(BlockId.DISCOUNT_DAYS, "The discount would end after the due date.")
    if due is None or reading.problems:
        return reading.problems
    rule = PaymentTerm(due=due, discount=discount, penalty=penalty)
    return EditedTerm(rule=rule, description=description.strip() or described(rule), reason=reason)


def described(rule: PaymentTerm) -> str:
    """The description of a term for which nobody typed another: its rule in words."""
    return words.first_upper(in_words(rule))


def _discount(reading: _Reading) -> Discount | None:
    unit = reading.chosen(BlockId.DISCOUNT_UNIT, AmountUnit, AmountUnit.PERCENTAGE)
    start = reading.chosen(BlockId.DISCOUNT_START, DueFrom, DueFrom.INVOICE_DATE)
    basis = reading.chosen(BlockId.DISCOUNT_BASIS, DiscountBasis, DiscountBasis.INVOICE_TOTAL)
    if not reading.typed(BlockId.DISCOUNT_AMOUNT).strip():
        for block in (BlockId.DISCOUNT_DAYS, BlockId.DISCOUNT_GRACE):
            if reading.typed(block).strip(" 0"):
                reading.problem(BlockId.DISCOUNT_AMOUNT, "Please give the discount, or empty its days too.")
        return None
    amount = reading.amount(BlockId.DISCOUNT_AMOUNT, unit)
    rule = reading.rule(BlockId.DISCOUNT_DAYS, start, missing="Please say until when the discount may be taken.")
    grace = reading.whole(BlockId.DISCOUNT_GRACE, 0, MOST_GRACE, what="grace days") or 0
    if amount is None or rule is None:
        return None
    return Discount(amount=amount, unit=unit, rule=rule, grace_days=grace, basis=basis)


def _penalty(reading: _Reading) -> Penalty | None:
    cycle = reading.chosen(BlockId.PENALTY_CYCLE, PenaltyCycle, PenaltyCycle.NONE)
    unit = reading.chosen(BlockId.PENALTY_UNIT, AmountUnit, AmountUnit.PERCENTAGE)
    typed = reading.typed(BlockId.PENALTY_AMOUNT).strip()
    if cycle is PenaltyCycle.NONE:
        if typed:
            reading.problem(BlockId.PENALTY_CYCLE, "Please choose how often the penalty accrues, or empty its amount.")
        elif reading.typed(BlockId.PENALTY_GRACE).strip(" 0"):
            reading.problem(
                BlockId.PENALTY_CYCLE, "Please choose how often the penalty accrues, or empty its grace days."
            )
        return None
    if not typed:
        reading.problem(BlockId.PENALTY_AMOUNT, "Please give the penalty, or choose no penalty.")
        return None
    amount = reading.amount(BlockId.PENALTY_AMOUNT, unit)
    grace = reading.whole(BlockId.PENALTY_GRACE, 0, MOST_GRACE, what="grace days") or 0
    return Penalty(amount=amount, unit=unit, cycle=cycle, grace_days=grace) if amount is not None else None


_SAMPLE = tuple(date(2024, 1, 1) + timedelta(days=offset) for offset in range(0, 366, 3))
"""Invoice dates over a leap year, on every part of a month."""


def always_after(discount: DueRule, due: DueRule) -> bool:
    """Whether a discount would end after the due date whatever the invoice's date.

    One that does so for some dates only is a conflict where an invoice shows it, not a mistake in itself.
    """
    if discount.start is due.start:
        return discount.days > due.days
    return all(discount.on(day) > due.on(day) for day in _SAMPLE)


def read_approval(values: Values) -> Approval | Problems:
    """The decision's words. A reference is required where the view asked for one."""
    reading = _Reading(values)
    reason = reading.text(BlockId.APPROVE_REASON, REASON_LONGEST, what="a reason")
    reference = ""
    if BlockId.APPROVE_REFERENCE in values:
        reference = reading.text(BlockId.APPROVE_REFERENCE, REFERENCE_LONGEST, what="a reference")
    return reading.problems or Approval(reason, reference)


def read_chosen(values: Values) -> tuple[tuple[int, str], ...] | Problems:
    """The chosen cases of a list, each with the digest of the proposal that was shown."""
    chosen: list[tuple[int, str]] = []
    first = next(iter(values), BlockId.CHOSEN.value)
    for block, elements in values.items():
        if block.split(".")[:2] != BlockId.CHOSEN.value.split("."):
            continue
        options = elements.get(INPUT, {}).get("selected_options")
        for option in options if isinstance(options, list) else []:
            try:
                meant = read_button(str(option["value"]))
            except (UnreadableButtonError, KeyError, TypeError):
                meant = None
            if not isinstance(meant, CaseButton):
                return {block: "This choice is not one of those offered."}
            chosen.append((meant.case_id, meant.digest))
    return tuple(chosen) or {first: "Please choose at least one, or close the list."}


def read_decline(values: Values) -> str | Problems:
    """The reason for a no."""
    return _one_text(values, BlockId.DECLINE_REASON, REASON_LONGEST, what="a reason")


def read_accept(values: Values) -> str | Problems:
    """The reason for accepting what arrived otherwise than billed."""
    return _one_text(values, BlockId.ACCEPT_REASON, REASON_LONGEST, what="a reason")


def read_dismiss(values: Values) -> str | Problems:
    """The reason for ending a case."""
    return _one_text(values, BlockId.DISMISS_REASON, REASON_LONGEST, what="a reason")


def read_withdraw(values: Values) -> str | Problems:
    """Why a term should be withdrawn."""
    return _one_text(values, BlockId.WITHDRAW_REASON, REASON_LONGEST, what="a reason")


def read_invoice_wrong(values: Values) -> str | Problems:
    """What the invoice should say, in the person's words."""
    return _one_text(values, BlockId.SHOULD_BE, TERM_NAME_LONGEST, what="the terms that the invoice should have")


def read_period(values: Values) -> ChosenCourse | Problems:
    """What was chosen for which closed period."""
    reading = _Reading(values)
    option = values.get(BlockId.PERIOD_WHICH, {}).get(INPUT, {}).get("selected_option")
    period = str(option.get("value")) if isinstance(option, dict) else ""
    try:
        month(period)
    except NoPeriod:
        reading.problem(BlockId.PERIOD_WHICH, "Please choose the period.")
    if reading.values.get(BlockId.PERIOD_COURSE, {}).get(INPUT, {}).get("selected_option") is None:
        reading.problem(BlockId.PERIOD_COURSE, "Please choose one.")
    course = reading.chosen(BlockId.PERIOD_COURSE, Course, Course.CURRENT)
    reason = reading.text(BlockId.PERIOD_REASON, REASON_LONGEST, what="a reason")
    return reading.problems or ChosenCourse(period, course, reason)


def _one_text(values: Values, block: BlockId, longest: int, *, what: str) -> str | Problems:
    reading = _Reading(values)
    text = reading.text(block, longest, what=what)
    return reading.problems or text


@dataclass(frozen=True, slots=True)
class KeptFinding:
    """Which finding is kept quiet, how long, and why."""

    place: int
    weeks: int
    """0: until it changes."""
    reason: str


def read_keep(values: Values) -> KeptFinding | Problems:
    """A finding that is to be kept quiet."""
    reading = _Reading(values)
    which = next((block for block in values if block.startswith(f"{BlockId.KEEP_FINDING}.")), BlockId.KEEP_FINDING)
    place, weeks = _option(values, which), _option(values, BlockId.KEEP_WEEKS)
    for block, value in ((which, place), (BlockId.KEEP_WEEKS, weeks)):
        if not value.isdecimal():
            reading.problem(block, "Please choose one.")
    reason = reading.text(BlockId.KEEP_REASON, REASON_LONGEST, what="a reason")
    if reading.problems:
        return reading.problems
    return KeptFinding(int(place), int(weeks), reason)


def _option(values: Values, block: str) -> str:
    option = values.get(block, {}).get(INPUT, {}).get("selected_option")
    return str(option.get("value", "")) if isinstance(option, dict) else ""


def read_tell_term(values: Values) -> ToldTerm | Problems:
    """The term that a person told; its name stays as typed, blanks included."""
    reading = _Reading(values)
    name = reading.typed(BlockId.TERM_NAME)
    if not name.strip():
        reading.problem(BlockId.TERM_NAME, "Please give the term as it stands on the invoice.")
    reading.sound(BlockId.TERM_NAME, name, TERM_NAME_LONGEST)
    due = None
    start = reading.chosen(BlockId.TERM_START, DueFrom, DueFrom.INVOICE_DATE)
    if reading.typed(BlockId.TERM_DAYS).strip():
        due = reading.rule(BlockId.TERM_DAYS, start, missing="Please give the days, or the day of the month.")
    return reading.problems or ToldTerm(name, due)
