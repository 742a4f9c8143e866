"""Due dates by hand and by property; what counts as the same rule; how rules are said."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.terms.term import (
    AmountUnit,
    Discount,
    DiscountBasis,
    DueFrom,
    DueRule,
    PaymentTerm,
    Penalty,
    PenaltyCycle,
    canonical,
    in_words,
    same_rule,
)

BY_HAND = [
    # days, from, invoice date, due date
    (30, "invoice_date", "2026-11-02", "2026-12-02"),
    (45, "invoice_date", "2026-11-02", "2026-12-17"),
    (0, "invoice_date", "2026-11-02", "2026-11-02"),
    (30, "invoice_date", "2028-02-15", "2028-03-16"),
    (30, "invoice_date", "2027-02-15", "2027-03-17"),
    (1, "invoice_date", "2028-02-28", "2028-02-29"),
    (1, "invoice_date", "2027-02-28", "2027-03-01"),
    (1, "invoice_date", "2026-12-31", "2027-01-01"),
    (999, "invoice_date", "2026-01-01", "2028-09-26"),
    (15, "same_month", "2026-11-02", "2026-11-15"),
    (15, "same_month", "2026-11-15", "2026-11-15"),
    (15, "same_month", "2026-11-20", "2026-11-15"),
    (31, "same_month", "2026-11-20", "2026-11-30"),
    (30, "same_month", "2028-02-10", "2028-02-29"),
    (30, "same_month", "2027-02-10", "2027-02-28"),
    (29, "same_month", "2100-02-01", "2100-02-28"),
    (10, "next_month", "2026-10-11", "2026-11-10"),
    (10, "next_month", "2026-10-31", "2026-11-10"),
    (10, "next_month", "2026-12-01", "2027-01-10"),
    (31, "next_month", "2026-10-05", "2026-11-30"),
    (31, "next_month", "2026-11-05", "2026-12-31"),
    (31, "next_month", "2027-01-31", "2027-02-28"),
    (31, "next_month", "2028-01-31", "2028-02-29"),
    (29, "next_month", "2027-01-05", "2027-02-28"),
    (10, "month_2", "2026-10-11", "2026-12-10"),
    (10, "month_2", "2026-11-30", "2027-01-10"),
    (31, "month_2", "2026-12-31", "2027-02-28"),
    (10, "month_3", "2026-10-11", "2027-01-10"),
    (10, "month_4", "2026-10-11", "2027-02-10"),
    (10, "month_5", "2026-10-11", "2027-03-10"),
    (31, "month_6", "2026-12-15", "2027-06-30"),
    (1, "month_6", "2026-07-01", "2027-01-01"),
    (0, "end_of_month", "2026-11-02", "2026-11-30"),
    (0, "end_of_month", "2026-11-30", "2026-11-30"),
    (30, "end_of_month", "2026-11-02", "2026-12-30"),
    (30, "end_of_month", "2026-12-31", "2027-01-30"),
    (15, "end_of_month", "2028-02-01", "2028-03-15"),
    (1, "end_of_month", "2027-02-01", "2027-03-01"),
    (30, "extend_to_month_end", "2026-11-02", "2026-12-31"),
    (30, "extend_to_month_end", "2026-10-31", "2026-11-30"),
    (30, "extend_to_month_end", "2026-11-01", "2026-12-31"),
    (0, "extend_to_month_end", "2028-02-01", "2028-02-29"),
    (28, "extend_to_month_end", "2027-02-01", "2027-03-31"),
]

invoice_dates = st.dates(min_value=date(1990, 1, 1), max_value=date(2150, 12, 31))
counting = st.sampled_from([DueFrom.INVOICE_DATE, DueFrom.END_OF_MONTH, DueFrom.EXTEND_TO_MONTH_END])
of_month = st.sampled_from([start for start in DueFrom if start.months_on is not None])
rules = st.one_of(
    st.builds(DueRule, st.integers(0, 999), counting),
    st.builds(DueRule, st.integers(1, 31), of_month),
)


@pytest.mark.parametrize(("days", "start", "invoiced", "due"), BY_HAND)
def test_due_dates_are_those_worked_out_by_hand(days: int, start: str, invoiced: str, due: str) -> None:
    term = PaymentTerm(due=DueRule(days, DueFrom(start)))
    assert term.due_date(date.fromisoformat(invoiced)) == date.fromisoformat(due)


@given(rules, invoice_dates)
def test_a_due_date_is_never_before_the_invoice_but_for_a_day_of_its_own_month(rule: DueRule, day: date) -> None:
    due = rule.on(day)
    if rule.start is DueFrom.SAME_MONTH:
        assert (due.year, due.month) == (day.year, day.month)
    else:
        assert due >= day


@given(rules, invoice_dates, st.integers(0, 40))
def test_a_later_invoice_is_never_due_earlier(rule: DueRule, day: date, later: int) -> None:
    assert rule.on(day) <= rule.on(day + timedelta(days=later))


@given(st.integers(1, 31), of_month, invoice_dates)
def test_a_day_of_a_month_is_that_day_or_the_months_last(day: int, start: DueFrom, invoiced: date) -> None:
    due = DueRule(day, start).on(invoiced)
    months = (due.year - invoiced.year) * 12 + due.month - invoiced.month
    assert months == start.months_on
    assert due.day == min(day, calendar.monthrange(due.year, due.month)[1])


@given(st.integers(0, 999), invoice_dates)
def test_days_extended_end_on_a_months_last_day_of_the_month_they_fall_in(days: int, invoiced: date) -> None:
    due = DueRule(days, DueFrom.EXTEND_TO_MONTH_END).on(invoiced)
    fallen = invoiced + timedelta(days=days)
    assert (due.year, due.month) == (fallen.year, fallen.month)
    assert (due + timedelta(days=1)).day == 1


@given(st.integers(0, 999), invoice_dates)
def test_days_after_the_months_end_do_not_depend_on_the_day_of_the_invoice(days: int, invoiced: date) -> None:
    rule = DueRule(days, DueFrom.END_OF_MONTH)
    assert rule.on(invoiced) == rule.on(invoiced.replace(day=1))


@given(rules, rules, invoice_dates)
def test_the_same_rule_gives_the_same_dates(one: DueRule, other: DueRule, invoiced: date) -> None:
    term, second = PaymentTerm(due=one), PaymentTerm(due=other)
    if same_rule(term, second):
        assert term.due_date(invoiced) == second.due_date(invoiced)
    assert canonical(term).due_date(invoiced) == term.due_date(invoiced)


def test_a_date_beyond_the_calendar_is_an_error() -> None:
    with pytest.raises(OverflowError):
        DueRule(10, DueFrom.NEXT_MONTH).on(date(9999, 12, 1))
    with pytest.raises(OverflowError):
        DueRule(30).on(date(9999, 12, 30))


@pytest.mark.parametrize(
    ("days", "start"),
    [(-1, "invoice_date"), (1000, "invoice_date"), (0, "next_month"), (32, "same_month"), (-1, "end_of_month")],
)
def test_a_number_out_of_its_range_makes_no_rule(days: int, start: str) -> None:
    with pytest.raises(ValueError, match="not"):
        DueRule(days, DueFrom(start))


@pytest.mark.parametrize("amount", ["0", "-1", "100", "NaN", "Infinity"])
def test_an_impossible_percentage_makes_no_discount(amount: str) -> None:
    with pytest.raises(ValueError, match="not"):
        Discount(amount=Decimal(amount), unit=AmountUnit.PERCENTAGE, rule=DueRule(10))


def test_an_amount_may_be_a_hundred_and_more() -> None:
    assert Penalty(amount=Decimal(250), unit=AmountUnit.AMOUNT, cycle=PenaltyCycle.MONTHLY).amount == 250


def test_negative_grace_days_are_refused() -> None:
    with pytest.raises(ValueError, match="grace"):
        Penalty(amount=Decimal(2), unit=AmountUnit.PERCENTAGE, cycle=PenaltyCycle.DAILY, grace_days=-1)


def discount(amount: str = "2", days: int = 10, **others: object) -> Discount:
    return Discount(amount=Decimal(amount), unit=AmountUnit.PERCENTAGE, rule=DueRule(days), **others)  # type: ignore[arg-type]


@pytest.mark.parametrize("day", [(0, DueFrom.END_OF_MONTH), (31, DueFrom.SAME_MONTH), (0, DueFrom.EXTEND_TO_MONTH_END)])
def test_the_three_ways_to_say_the_months_last_day_are_one_rule(day: tuple[int, DueFrom]) -> None:
    assert same_rule(PaymentTerm(due=DueRule(*day)), PaymentTerm(due=DueRule(0, DueFrom.END_OF_MONTH)))


def test_what_makes_rules_unlike() -> None:
    plain = PaymentTerm(due=DueRule(30))
    assert not same_rule(plain, PaymentTerm(due=DueRule(31)))
    assert not same_rule(plain, PaymentTerm(due=DueRule(30, DueFrom.END_OF_MONTH)))
    assert not same_rule(plain, PaymentTerm(due=DueRule(30), discount=discount()))
    one = PaymentTerm(due=DueRule(30), discount=discount())
    assert same_rule(one, PaymentTerm(due=DueRule(30), discount=discount("2.00")))
    assert not same_rule(one, PaymentTerm(due=DueRule(30), discount=discount(days=11)))
    assert not same_rule(one, PaymentTerm(due=DueRule(30), discount=discount(grace_days=3)))
    assert not same_rule(one, PaymentTerm(due=DueRule(30), discount=discount(basis=DiscountBasis.LINE_ITEMS)))


def test_a_penalty_that_never_accrues_is_no_penalty() -> None:
    never = Penalty(amount=Decimal(2), unit=AmountUnit.PERCENTAGE, cycle=PenaltyCycle.NONE)
    assert same_rule(PaymentTerm(due=DueRule(30)), PaymentTerm(due=DueRule(30), penalty=never))


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (DueRule(45), "45 days from the invoice date"),
        (DueRule(1), "1 day from the invoice date"),
        (DueRule(0), "on the invoice date"),
        (DueRule(15, DueFrom.SAME_MONTH), "day 15 of the invoice's month"),
        (DueRule(10, DueFrom.NEXT_MONTH), "day 10 of the next month"),
        (DueRule(31, DueFrom.NEXT_MONTH), "the last day of the next month"),
        (DueRule(10, DueFrom.MONTH_2), "day 10 of the 2nd month after the invoice's"),
        (DueRule(5, DueFrom.MONTH_3), "day 5 of the 3rd month after the invoice's"),
        (DueRule(0, DueFrom.END_OF_MONTH), "the end of the invoice's month"),
        (DueRule(30, DueFrom.END_OF_MONTH), "30 days after the end of the invoice's month"),
        (DueRule(30, DueFrom.EXTEND_TO_MONTH_END), "30 days from the invoice date, extended to the month's end"),
    ],
)
def test_a_day_in_words(rule: DueRule, words: str) -> None:
    assert in_words(rule) == words


def test_a_whole_term_in_words() -> None:
    term = PaymentTerm(
        due=DueRule(30),
        discount=discount("2.50", grace_days=1),
        penalty=Penalty(amount=Decimal(25), unit=AmountUnit.AMOUNT, cycle=PenaltyCycle.HALF_YEARLY, grace_days=5),
    )
    assert in_words(term) == (
        "30 days from the invoice date, 2.5% within 10 days and 1 day of grace, "
        "25 in the invoice's currency half-yearly when late, after 5 days of grace"
    )
