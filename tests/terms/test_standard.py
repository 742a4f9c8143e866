"""One name a rule: which is kept, what is renamed, what may be retired, and what must never be asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.terms.drift import CustomerDefault, SourceName
from bot.terms.matching import MatchKind, Vocabulary
from bot.terms.standard import Holder, Holders, Standard, StepKind, standards
from bot.terms.term import AmountUnit, ArTerm, Discount, DueRule, PaymentTerm
from tests.terms.test_drift import ar, dated, used, world

FREE = Holders()


def one(source: list[SourceName], books: list[ArTerm], *, holders: Holders = FREE, **more: object) -> Standard:
    house = more.pop("house", ())
    (made,) = standards(world(source, books, **more), holders=holders, house=house)  # type: ignore[arg-type]
    return made


def steps(standard: Standard) -> list[tuple[StepKind, str, str]]:
    return [(step.kind, step.name, step.to) for step in standard.steps]


def test_one_name_for_a_rule_needs_nothing() -> None:
    assert standards(world([used("Net 30", 30)], [ar("Net 30", 30)]), holders=FREE) == ()


def test_the_most_used_clean_name_is_kept_and_the_source_follows() -> None:
    made = one([used("Net\N{NO-BREAK SPACE}35", 35, invoices=80)], [ar("Net 35", 35)], uses={"Net 35": 4})
    assert made.keep == "Net 35"
    assert steps(made) == [(StepKind.RENAME, "Net\N{NO-BREAK SPACE}35", "Net 35")]
    assert made.prevented == 80
    assert not made.steps[0].blocked


def test_the_companys_own_list_wins_over_use() -> None:
    made = one([used("Net 20", 20, invoices=90)], [ar("N20", 20)], uses={"N20": 1}, house=["N20"])
    assert made.keep == "N20"
    assert "own list" in made.why
    assert steps(made) == [(StepKind.RENAME, "Net 20", "N20")]


def test_a_kept_name_that_intacct_lacks_is_created_and_the_other_retired() -> None:
    made = one([used("Net 20", 20, invoices=90)], [ar("N20", 20)], uses={"N20": 1})
    assert steps(made) == [(StepKind.CREATE, "Net 20", "Net 20"), (StepKind.RETIRE, "N20", "Net 20")]
    assert made.prevented == 90


def test_other_days_at_the_source_than_the_name_says_block_a_rename() -> None:
    made = one([used("N20", 24, invoices=9)], [ar("Net 20", 20)], house=["Net 20"])
    (rename,) = made.steps
    assert "keeps 24 days" in rename.blocked[0]
    assert made.prevented == 0


def test_a_term_is_not_retired_while_anything_holds_it_or_may_hold_it() -> None:
    books = [ar("Net 30", 30), ar("N30", 30)]
    held = Holders(by_term={"N30": {Holder.OPEN_INVOICES: 3}})
    (retire,) = one([used("Net 30", 30)], books, holders=held).steps
    assert retire.blocked == ("Still held by: open invoices (3).",)
    unread = Holders(unread=frozenset({Holder.CONTRACTS}))
    (retire,) = one([used("Net 30", 30)], books, holders=unread).steps
    assert retire.blocked == ("Not known whether it is held by: contracts.",)


def test_customers_that_have_another_name_as_default_are_named() -> None:
    default = CustomerDefault(customer_id="C1", customer_name="Globex", books_term="N30")
    made = one([used("Net 30", 30)], [ar("Net 30", 30), ar("N30", 30)], customers=[default])
    assert (StepKind.CHANGE_DEFAULT, "N30", "Net 30") in steps(made)


def test_a_merge_that_the_source_cannot_hold_is_blocked_and_prevents_nothing() -> None:
    made = one([used("Net 30", 30, invoices=9), used("N30", 31, invoices=2)], [ar("Net 30", 30)])
    (rename,) = made.steps
    assert rename.kind is StepKind.RENAME
    assert "twice" in rename.blocked[0]
    assert made.prevented == 0


def test_a_source_without_days_uses_the_kept_name_from_now_on() -> None:
    made = one([used("Net 30", None, invoices=9), used("N30", None, invoices=2)], [ar("Net 30", 30)])
    assert steps(made) == [(StepKind.USE_INSTEAD, "N30", "Net 30")]


def test_a_name_with_a_discount_is_never_brought_together_with_one_without() -> None:
    discount = Discount(amount=Decimal(2), unit=AmountUnit.PERCENTAGE, rule=DueRule(10))
    rule = PaymentTerm(due=DueRule(30), discount=discount)
    books = [ar("Net 30", 30), replace(ar("2% 10 Net 30", 30), rule=rule)]
    assert standards(world([used("2% 10 Net 30", 30)], books), holders=FREE) == ()


def test_due_dates_that_would_change_are_named_and_those_set_by_hand_are_not_counted() -> None:
    rows = [dated("Net 20", 20, 26, "INV-1"), dated("Net 20", 24, 24, "INV-2"), dated("Net 20", 20, 20, "INV-3")]
    made = one([used("Net 20", 20)], [ar("N20", 20)], dated=rows)
    assert made.due_dates_changed == ("INV-1",)
    assert date(2026, 10, 1) + timedelta(days=20) == rows[2].booked_due


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.sampled_from(["Net {}", "N{}", "Net\N{NO-BREAK SPACE}{}", "{} days"]), unique=True, min_size=1, max_size=3
    ),
    st.lists(st.sampled_from(["Net {}", "N{}", "{} days"]), unique=True, max_size=3),
    st.integers(min_value=2, max_value=90),
)
def test_done_as_proposed_nothing_fails_any_more(source: list[str], books: list[str], days: int) -> None:
    there = world(
        [used(shape.format(days), None, invoices=3 + at) for at, shape in enumerate(source)],
        [ar(shape.format(days), days) for shape in books],
    )
    (made,) = standards(there, holders=FREE) or (None,)
    if made is None:
        return
    after = {name.name for name in there.source}
    kept = list(there.books)
    for step in made.steps:
        assert not step.blocked
        assert step.to == made.keep
        after.discard(step.name) if step.kind in (StepKind.RENAME, StepKind.USE_INSTEAD) else None
        after |= {step.to} if step.kind in (StepKind.RENAME, StepKind.USE_INSTEAD) else set()
        kept = [term for term in kept if not (step.kind is StepKind.RETIRE and term.name == step.name)]
        kept += [ar(step.to, days)] if step.kind is StepKind.CREATE else []
    vocabulary = Vocabulary(kept)
    assert after == {made.keep}
    assert vocabulary.match(made.keep).kind is MatchKind.EXACT
    assert len(kept) == 1
