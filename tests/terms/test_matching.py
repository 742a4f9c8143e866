"""How names stand against Intacct's terms, in the order of the table, and what is shown beside."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.terms.matching import MatchKind, Vocabulary
from bot.terms.term import AmountUnit, ArTerm, Discount, DiscountBasis, DueFrom, DueRule, PaymentTerm
from bot.terms.wording import readings
from bot.terms.xray import alike_key


def term(
    name: str, *, active: bool = True, entity: str | None = None, number: int = 1, days: int | None = None
) -> ArTerm:
    read = readings(name)
    rule = read[0] if len(read) == 1 else None
    return ArTerm(
        record_no=str(number),
        name=name,
        active=active,
        rule=PaymentTerm(due=DueRule(days)) if days is not None else rule,
        entity=entity,
    )


BOOKS = Vocabulary(
    [
        term("Net 30", number=1),
        term("N60", number=2),
        term("Net 90", number=3, active=False),
        term("Net 35", number=4),
        term("Due on receipt", number=5),
        term("2% 10 Net 30", number=6),
        term("15th Prox", number=7),
        term("NET45", number=8, active=False),
        term("Standard", number=9, days=21),
        term("EOM", number=10),
        term("Client's terms", number=11, days=77),
        term("2-10 special", number=12, days=66),
    ]
)


@pytest.mark.parametrize(
    ("name", "kind", "found"),
    [
        ("Net 30", MatchKind.EXACT, "Net 30"),
        ("Net 90", MatchKind.INACTIVE, "Net 90"),
        ("NET30", MatchKind.LOOKALIKE, "Net 30"),
        ("net 30", MatchKind.LOOKALIKE, "Net 30"),
        (" Net 30", MatchKind.LOOKALIKE, "Net 30"),
        ("Net 30 ", MatchKind.LOOKALIKE, "Net 30"),
        ("Net  30", MatchKind.LOOKALIKE, "Net 30"),
        ("Net\u00a035", MatchKind.LOOKALIKE, "Net 35"),
        ("Net\u200b 35", MatchKind.LOOKALIKE, "Net 35"),
        ("\u039det 30", MatchKind.LOOKALIKE, "Net 30"),
        ("N\u0435t 30", MatchKind.LOOKALIKE, "Net 30"),
        ("\uff2eet 30", MatchKind.LOOKALIKE, "Net 30"),
        ("Net \uff13\uff10", MatchKind.LOOKALIKE, "Net 30"),
        ("Net 45", MatchKind.LOOKALIKE, "NET45"),
        ("Net 90 ", MatchKind.LOOKALIKE, "Net 90"),
        ("Client’s terms", MatchKind.LOOKALIKE, "Client's terms"),
        ("2–10 special", MatchKind.LOOKALIKE, "2-10 special"),
        ("Net 60", MatchKind.EQUIVALENT, "N60"),
        ("30 days", MatchKind.EQUIVALENT, "Net 30"),
        ("Net 21", MatchKind.EQUIVALENT, "Standard"),
        ("2/10 n/30", MatchKind.EQUIVALENT, "2% 10 Net 30"),
        ("15 MFI", MatchKind.EQUIVALENT, "15th Prox"),
        ("Last day of the month", MatchKind.EQUIVALENT, "EOM"),
        ("Net 90 days", MatchKind.ABSENT, None),
        ("2% 15 Net 30", MatchKind.ABSENT, None),
        ("Net 30 EOM", MatchKind.ABSENT, None),
        ("15th of the month", MatchKind.ABSENT, None),
        ("Net 3", MatchKind.ABSENT, None),
        ("Net 3 0", MatchKind.ABSENT, None),
        ("Net 300", MatchKind.ABSENT, None),
        ("Net 3O", MatchKind.ABSENT, None),
        ("Net 3\u041e", MatchKind.ABSENT, None),
        ("Special", MatchKind.ABSENT, None),
        ("", MatchKind.ABSENT, None),
        (" ", MatchKind.ABSENT, None),
        ("\ud800", MatchKind.ABSENT, None),
        ("x" * 10_000, MatchKind.ABSENT, None),
    ],
)
def test_the_first_kind_that_holds(name: str, kind: MatchKind, found: str | None) -> None:
    match = BOOKS.match(name)
    assert (match.kind, match.term.name if match.term else None) == (kind, found)
    assert match.name == name
    assert (match.xray is not None) is (kind is MatchKind.LOOKALIKE)


def test_an_active_look_alike_goes_before_an_inactive_one() -> None:
    books = Vocabulary([term("NET 30", active=False), term("net 30", number=2)])
    assert books.match("Net 30").term == term("net 30", number=2)


def test_the_closest_look_alike_is_shown() -> None:
    books = Vocabulary([term("NET30"), term("Net 30", number=2)])
    match = books.match("Net\u00a030")
    assert match.term is not None
    assert match.term.name == "Net 30"


def test_an_inactive_record_is_never_an_equivalent() -> None:
    assert Vocabulary([term("N30", active=False)]).match("30 days").kind is MatchKind.ABSENT


def test_an_equivalent_has_the_whole_rule() -> None:
    rule = readings("2% 10 Net 30")[0]
    assert rule.discount is not None
    items = replace(rule, discount=replace(rule.discount, basis=DiscountBasis.LINE_ITEMS))
    books = Vocabulary([replace(term("House"), rule=items)])
    assert books.match("2/10 net 30").kind is MatchKind.ABSENT
    assert books.match("Net 30").kind is MatchKind.ABSENT


def test_the_months_last_day_is_equivalent_however_it_is_kept() -> None:
    for rule in (DueRule(31, DueFrom.SAME_MONTH), DueRule(0, DueFrom.END_OF_MONTH)):
        books = Vocabulary([replace(term("House"), rule=PaymentTerm(due=rule))])
        assert books.match("EOM").kind is MatchKind.EQUIVALENT


def test_a_term_of_another_entity_is_not_there() -> None:
    books = [term("Net 30", entity="E2"), term("Net 45", entity="E1", number=2), term("Net 60", number=3)]
    for entity, name, kind in [
        ("E1", "Net 30", MatchKind.ABSENT),
        ("E1", "Net 45", MatchKind.EXACT),
        ("E1", "Net 60", MatchKind.EXACT),
        (None, "Net 45", MatchKind.ABSENT),
        (None, "Net 60", MatchKind.EXACT),
        ("E1", "NET 30", MatchKind.ABSENT),
        ("E1", "30 days", MatchKind.ABSENT),
    ]:
        assert Vocabulary(books, entity=entity).match(name).kind is kind
    assert Vocabulary(books, entity="E1").match("Net 30").out_of_scope == (books[0],)


def test_an_active_term_goes_before_an_inactive_one_of_the_same_name() -> None:
    books = Vocabulary([term("Net 30", active=False), term("Net 30", entity="E1", number=2)], entity="E1")
    assert books.match("Net 30").kind is MatchKind.EXACT


def test_the_nearest_come_by_rule_then_by_name() -> None:
    nearest = [near.name for near in BOOKS.match("Net 50").nearest]
    assert nearest[:3] == ["NET45", "N60", "Net 35"]
    assert len(nearest) <= 5
    assert BOOKS.match("Nonesuch").nearest == ()
    assert BOOKS.match("Standard terms").nearest[0].name == "Standard"


def test_the_term_spoken_of_is_not_among_the_nearest() -> None:
    match = BOOKS.match("30 days")
    assert match.term not in match.nearest


def test_nearest_may_be_left_out() -> None:
    assert BOOKS.match("Net 50", nearest=False).nearest == ()


@given(st.integers(0, 9999), st.integers(0, 9999), st.sampled_from(["Net {}", "NET{}", "n/{}", "{} days", "EOM {}"]))
def test_unlike_numbers_are_never_alike(one: int, other: int, form: str) -> None:
    alike = alike_key(form.format(one)) == alike_key(form.format(other).upper())
    assert alike is (one == other)


tricky = st.text(alphabet="Net30 6OoIl1\u00a0\u200b-–\u041e\u0417\u0661\uff13ZS5|", max_size=10)


@given(tricky, tricky)
def test_names_that_are_alike_hold_the_same_numbers(one: str, other: str) -> None:
    if alike_key(one) == alike_key(other):
        assert _numbers(one) == _numbers(other)


def _numbers(name: str) -> list[str]:
    seen = name.replace("\u200b", "").replace("\uff13", "3")
    return re.findall(r"[0-9]+", seen)


@given(tricky)
def test_only_the_very_name_is_exact(name: str) -> None:
    match = BOOKS.match(name)
    assert (match.kind is MatchKind.EXACT) is (name in {"Net 30", "N60", "Net 35"})


@given(tricky, tricky)
def test_the_same_question_has_the_same_answer(one: str, other: str) -> None:
    books = [term(one, number=1), term(other, number=2), term("Net 30", number=3)]
    assert Vocabulary(books).match(one).kind in (MatchKind.EXACT,)
    name = one + " "
    assert Vocabulary(books).match(name) == Vocabulary(reversed(books)).match(name) or one == other


def test_a_match_among_thousands_is_quick() -> None:
    discount = Discount(amount=Decimal(2), unit=AmountUnit.PERCENTAGE, rule=DueRule(0))
    books = Vocabulary(
        replace(term(f"Terms {at} {at % 7}", number=at), rule=PaymentTerm(due=DueRule(at % 900), discount=discount))
        for at in range(5000)
    )
    names = [f"Terms {at} of the house" for at in range(200)]
    started = time.perf_counter()
    for name in names:
        books.match(name)
    assert (time.perf_counter() - started) / len(names) < 0.01
