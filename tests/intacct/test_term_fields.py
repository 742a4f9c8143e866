"""AR term records to rules: what they say, and that what cannot be read is never guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.intacct.term_fields import FROM, ar_term, can_create
from bot.terms.term import AmountUnit, Discount, DueFrom, DueRule, PaymentTerm, Penalty, PenaltyCycle

PLAIN = {
    "RECORDNO": "7",
    "NAME": " Net 30",
    "STATUS": "active",
    "DUEDATE": "30",
    "DUEFROM": "from invoice/bill date",
    "DISCAMOUNT": "",
    "PEN_TYPES": "No Penalty",
}


def test_a_plain_record_is_read() -> None:
    term = ar_term(PLAIN)
    assert (term.record_no, term.name, term.active, term.rule) == ("7", " Net 30", True, PaymentTerm(due=DueRule(30)))
    assert term.unread == ""
    assert term.entity is None


@pytest.mark.parametrize("status", ["inactive", "", "Deleted", "non-active"])
def test_only_active_is_active(status: str) -> None:
    assert not ar_term({**PLAIN, "STATUS": status}).active


@pytest.mark.parametrize(("start", "words"), FROM.items())
def test_every_documented_start_is_read(start: DueFrom, words: str) -> None:
    term = ar_term({**PLAIN, "DUEDATE": "10", "DUEFROM": words.title()})
    assert term.rule == PaymentTerm(due=DueRule(10, start))
    assert term.rule is not None
    assert can_create(term.rule)


@pytest.mark.parametrize(
    ("words", "start"),
    [
        ("after end of month of invoice/bill date", DueFrom.END_OF_MONTH),
        ("after the end of the month of invoice date", DueFrom.END_OF_MONTH),
        ("from invoice/bill date extending to end of month", DueFrom.EXTEND_TO_MONTH_END),
        ("after invoice date, extended to the month's end", DueFrom.EXTEND_TO_MONTH_END),
    ],
)
def test_starts_made_by_hand_are_read(words: str, start: DueFrom) -> None:
    term = ar_term({**PLAIN, "DUEFROM": words})
    assert term.rule == PaymentTerm(due=DueRule(30, start))
    assert term.rule is not None
    assert not can_create(term.rule)


def test_a_discount_and_a_penalty_are_read() -> None:
    term = ar_term(
        {
            **PLAIN,
            "DISCAMOUNT": "2.00",
            "DISCPERCAMN": "%",
            "DISCDATE": "10",
            "DISCFROM": "",
            "PEN_TYPES": "Half yearly",
            "PENAMOUNT": "15",
            "PENPERCAMN": "$",
            "PENFUDGEDAYS": "3",
        }
    )
    assert term.rule == PaymentTerm(
        due=DueRule(30),
        discount=Discount(amount=Decimal("2.00"), unit=AmountUnit.PERCENTAGE, rule=DueRule(10)),
        penalty=Penalty(amount=Decimal(15), unit=AmountUnit.AMOUNT, cycle=PenaltyCycle.HALF_YEARLY, grace_days=3),
    )


@pytest.mark.parametrize(
    "nothing", [{"DISCAMOUNT": "0.00"}, {"PEN_TYPES": ""}, {"PEN_TYPES": "Daily", "PENAMOUNT": "0"}]
)
def test_a_discount_or_penalty_of_nothing_is_none(nothing: dict[str, str]) -> None:
    assert ar_term({**PLAIN, **nothing}).rule == PaymentTerm(due=DueRule(30))


@pytest.mark.parametrize(
    "odd",
    [
        {"DUEDATE": ""},
        {"DUEDATE": "thirty"},
        {"DUEDATE": "-1"},
        {"DUEDATE": "1000"},
        {"DUEDATE": "\u0663\u0660"},
        {"DUEDATE": "9" * 5000},
        {"DUEFROM": "of the week"},
        {"DUEFROM": "of the month of invoice/bill date", "DUEDATE": "32"},
        {"DUEFROM": "of next month from invoice/bill date", "DUEDATE": "0"},
        {"DISCAMOUNT": "some"},
        {"DISCAMOUNT": "100", "DISCPERCAMN": "%", "DISCDATE": "10"},
        {"DISCAMOUNT": "2", "DISCPERCAMN": "percent", "DISCDATE": "10"},
        {"DISCAMOUNT": "2", "DISCPERCAMN": "%", "DISCDATE": ""},
        {"DISCAMOUNT": "-2", "DISCPERCAMN": "%", "DISCDATE": "1"},
        {"DISCAMOUNT": "2", "DISCPERCAMN": "%", "DISCDATE": "1", "DISCCALCON": "half"},
        {"PEN_TYPES": "Hourly", "PENAMOUNT": "1"},
        {"PEN_TYPES": "Daily", "PENAMOUNT": "NaN"},
    ],
    ids=str,
)
def test_what_cannot_be_read_is_no_rule_and_says_why(odd: dict[str, str]) -> None:
    term = ar_term({**PLAIN, **odd})
    assert term.rule is None
    assert term.unread
    assert len(term.unread) < 6000
    assert term.name == " Net 30"


def test_a_company_that_hides_discounts_leaves_the_rule_unread() -> None:
    hidden = {key: value for key, value in PLAIN.items() if key != "DISCAMOUNT"}
    assert ar_term(hidden).unread == "This company does not let DISCAMOUNT be read."
