"""One name a rule: which is kept, what is renamed, what may be retired, and what must never be asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.terms.drift import CustomerDefault, SourceName, TwoVocabularies
from bot.terms.matching import MatchKind, Vocabulary
from bot.terms.standard import Holder, Holders, Standard, StepKind, due_otherwise, standards
from bot.terms.term import AmountUnit, ArTerm, Discount, DueRule, PaymentTerm, same_rule
from bot.terms.wording import readings
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


def discounted(name: str, days: int) -> ArTerm:
    discount = Discount(amount=Decimal(2), unit=AmountUnit.PERCENTAGE, rule=DueRule(10))
    return replace(ar(name, days), rule=PaymentTerm(due=DueRule(days), discount=discount))


def test_a_name_that_intacct_has_with_another_rule_is_not_kept_and_no_customer_is_walked_onto_that_rule() -> None:
    default = CustomerDefault(customer_id="C1", customer_name="Globex", books_term="N20")
    books = [ar("Net 20", 45), ar("N20", 20)]
    made = one([used("Net 20", 20, invoices=90)], books, uses={"N20": 4}, customers=[default])
    assert made.keep == "N20"
    assert steps(made) == [(StepKind.RENAME, "Net 20", "N20")]
    assert "which of them holds has to be settled first" in made.steps[0].blocked[0]


def test_where_the_documented_name_is_taken_everything_that_leans_on_it_waits() -> None:
    default = CustomerDefault(customer_id="C1", customer_name="Globex", books_term="N20")
    books = [ar("Net 20", 45), ar("N20", 20)]
    made = one([used("20 days", 20)], books, uses={"N20": 4}, customers=[default], house=["Net 20"])
    assert made.keep == "Net 20"
    assert {step.kind for step in made.steps} == {
        StepKind.CREATE,
        StepKind.RENAME,
        StepKind.CHANGE_DEFAULT,
        StepKind.RETIRE,
    }
    assert all(step.blocked for step in made.steps)
    assert made.prevented == 0


def test_an_ar_term_without_the_discount_that_its_name_gives_is_no_other_name_for_the_rule() -> None:
    default = CustomerDefault(customer_id="C1", customer_name="Globex", books_term="2% 10 Net 30")
    there = world(
        [used("2% 10 Net 30", 30, invoices=90)], [ar("2% 10 Net 30", 30), ar("Net 30", 30)], customers=[default]
    )
    assert standards(there, holders=FREE) == ()


def test_an_ar_term_whose_name_says_nothing_waits_for_somebody_who_knows() -> None:
    default = CustomerDefault(customer_id="C1", customer_name="Globex", books_term="Standard")
    made = one([used("Net 30", 30)], [ar("Standard", 30), ar("Net 30", 30)], uses={"Standard": 99}, customers=[default])
    assert made.keep == "Net 30"
    assert [step.kind for step in made.steps] == [StepKind.CHANGE_DEFAULT, StepKind.RETIRE]
    assert all("says no one rule" in step.blocked[0] for step in made.steps)


def test_a_name_that_the_source_has_and_does_not_use_is_there_all_the_same() -> None:
    idle = SourceName(name="Net 30", days=31)
    made = one([used("N30", 30, invoices=90), idle], [ar("Net 30", 30)], uses={"Net 30": 400})
    (rename,) = made.steps
    assert "twice" in rename.blocked[0]


def test_a_kept_name_that_is_inactive_is_made_active_again() -> None:
    books = [ar("Net 90", 90, active=False), ar("N90", 90)]
    made = one([used("Net 90", 90, invoices=90)], books, uses={"N90": 4})
    assert steps(made) == [(StepKind.REACTIVATE, "Net 90", "Net 90"), (StepKind.RETIRE, "N90", "Net 90")]
    assert made.prevented == 90


def test_a_documented_name_that_nothing_uses_yet_is_kept_where_it_says_the_rule() -> None:
    source = [used("N30", None, invoices=9), used("30 days", None, invoices=5)]
    made = one(source, [ar("N30", 30)], house=["Net 60", "Net 30"])
    assert made.keep == "Net 30"
    assert steps(made)[0] == (StepKind.CREATE, "Net 30", "Net 30")


def test_a_documented_name_that_says_no_rule_is_not_taken_for_one_of_this_rule() -> None:
    books = [ar("Per contract", 20), ar("Net 20", 20)]
    assert one([used("Net 20", 20)], books, house=["Per contract"]).keep == "Net 20"


def test_a_name_that_says_no_rule_is_not_kept_because_the_one_that_does_is_taken() -> None:
    default = CustomerDefault(customer_id="C1", customer_name="Globex", books_term="N20")
    books = [ar("Per contract", 20), ar("Net 20", 30, active=False), ar("N20", 20, active=False)]
    made = one([used("Net 20", None)], books, customers=[default])
    assert made.keep == "Net 20"
    assert all(step.blocked for step in made.steps)


def test_dates_that_were_not_read_are_not_said_to_stay() -> None:
    there = replace(world([used("Net 30", 30), used("N30", None)], [ar("Net 30", 30)]), dated=None)
    (made,) = standards(there, holders=FREE)
    assert made.due_dates_changed is None


def test_an_invoice_that_waits_and_falls_due_otherwise_than_its_name_says_is_named() -> None:
    waiting = replace(used("N30", None, waiting=1), due_otherwise=("INV-7",))
    assert one([waiting, used("Net 30", None)], [ar("Net 30", 30)]).due_dates_changed == ("INV-7",)
    day = date(2026, 11, 2)
    assert due_otherwise("N30", None, day, date(2026, 12, 31))
    assert not due_otherwise("N30", None, day, day + timedelta(days=30))
    assert not due_otherwise("N30", 30, day, date(2026, 12, 31))
    assert not due_otherwise("Per contract", None, day, date(2026, 12, 31))


SHAPES = ["Net {}", "N{}", "Net\N{NO-BREAK SPACE}{}", "2% 10 Net {}"]
DAYS = [20, 30]
SPELLED = [shape.format(days) for shape in SHAPES for days in DAYS] + ["Per contract"]


@st.composite
def companies(draw: st.DrawFn) -> TwoVocabularies:
    """Two systems that drift apart in any way: names with other rules, other days, without their discount, unused."""
    by_name = draw(st.booleans())
    source = [
        used(name, None if by_name else draw(st.sampled_from(DAYS)), invoices=draw(st.integers(0, 9)))
        for name in draw(st.lists(st.sampled_from(SPELLED), unique=True, max_size=6))
    ]
    books = []
    for name in draw(st.lists(st.sampled_from(SPELLED), unique=True, max_size=6)):
        made = draw(st.sampled_from([ar, discounted]))(name, draw(st.sampled_from(DAYS)))
        books.append(replace(made, active=draw(st.booleans())))
    names = [term.name for term in books]
    defaults = draw(st.lists(st.sampled_from(names), max_size=4)) if names else []
    customers = [
        CustomerDefault(customer_id=f"C{place}", customer_name="Globex", books_term=name)
        for place, name in enumerate(defaults)
    ]
    uses = {name: draw(st.integers(0, 9)) for name in names}
    return world(source, books, uses=uses, customers=customers)


@settings(deadline=None, max_examples=300)
@given(companies(), st.lists(st.sampled_from(SPELLED), unique=True, max_size=2))
def test_whatever_is_done_as_proposed_moves_nobody_onto_another_rule(there: TwoVocabularies, house: list[str]) -> None:
    before = {term.name: term for term in there.books}
    books, source = dict(before), {name.name: name.name for name in there.source}
    defaults = {customer.customer_id: customer.books_term for customer in there.customers or ()}
    for made in standards(there, holders=FREE, house=house):
        for step in (step for step in made.steps if not step.blocked):
            if step.kind is StepKind.CREATE:
                assert step.to not in books
                books[step.to] = ArTerm(record_no=step.to, name=step.to, active=True, rule=made.rule)
            elif step.kind in (StepKind.REACTIVATE, StepKind.RETIRE):
                assert step.name in before
                assert same_rule(*readings(step.name), made.rule)
                books[step.name] = replace(books[step.name], active=step.kind is StepKind.REACTIVATE)
            elif step.kind is StepKind.CHANGE_DEFAULT:
                assert defaults[step.subject] == step.name
                defaults[step.subject] = step.to
            else:
                source[step.name] = step.to
                assert books[step.to].active
                assert same_rule(books[step.to].rule or made.rule, made.rule)
    days = {name.name: name.days for name in there.source}
    assert all(days[name] is None for name, now in source.items() if list(source.values()).count(now) > 1)
    for customer in there.customers or ():
        had, has = before[customer.books_term or ""], books[defaults[customer.customer_id] or ""]
        if has != had:
            assert has.active
            assert readings(has.name) == readings(had.name) != ()
        assert has.rule == had.rule or same_rule(has.rule, had.rule)  # type: ignore[arg-type]
    for name, now in source.items():
        if now == name:
            continue
        (said,) = readings(name)
        has = books[now].rule
        assert has is not None
        assert same_rule(has, said)
        assert days[name] in (None, has.due.days)
        if name in before and before[name].active:
            assert same_rule(before[name].rule, has)  # type: ignore[arg-type]


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
