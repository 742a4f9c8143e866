"""What would be created, where each field comes from, what speaks against it, and when a person must decide."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.terms.matching import Match, MatchKind, Vocabulary
from bot.terms.proposal import (
    Action,
    FieldSource,
    InvoiceEvidence,
    Policy,
    Proposal,
    Undecided,
    propose,
)
from bot.terms.term import AmountUnit, ArTerm, Discount, DueFrom, DueRule, PaymentTerm
from bot.terms.wording import readings

ANY = Policy()


def absent(name: str) -> Match:
    return Match(name=name, kind=MatchKind.ABSENT, term=None, xray=None)


def inactive(name: str, rule: PaymentTerm | None, unread: str = "") -> Match:
    record = ArTerm(record_no="9", name=name, active=False, rule=rule, unread=unread)
    return Match(name=name, kind=MatchKind.INACTIVE, term=record, xray=None)


def invoice(number: str, invoiced: str, due: str | None, *, computed: bool = False) -> InvoiceEvidence:
    return InvoiceEvidence(
        number=number,
        invoice_date=date.fromisoformat(invoiced),
        due_date=date.fromisoformat(due) if due else None,
        computed=computed,
    )


def proposal(match: Match | str, *evidence: InvoiceEvidence, days: int | None = None, **others: object) -> Proposal:
    made = ask(match, *evidence, days=days, **others)
    assert isinstance(made, Proposal)
    return made


def ask(
    match: Match | str, *evidence: InvoiceEvidence, days: int | None = None, policy: Policy = ANY, **others: object
) -> Proposal | Undecided | None:
    match = absent(match) if isinstance(match, str) else match
    return propose(match, evidence=evidence, billing_days=days, policy=policy, **others)  # type: ignore[arg-type]


def sources(made: Proposal, label: str) -> tuple[FieldSource, ...]:
    return next(field.sources for field in made.fields if field.label == label)


def value(made: Proposal, label: str) -> str:
    return next(field.value for field in made.fields if field.label == label)


def test_a_plain_term_that_all_sources_agree_on_is_one_click() -> None:
    made = proposal("Net 45", invoice("INV-1", "2026-11-02", "2026-12-17"), days=45)
    assert made.action is Action.CREATE
    assert made.one_click
    assert made.name == "Net 45"
    assert made.rule == PaymentTerm(due=DueRule(45))
    assert [line.holds for line in made.proof] == [True]
    assert sources(made, "Due") == (FieldSource.NAME, FieldSource.BILLING_DAYS, FieldSource.INVOICE_DATES)


def test_the_fields_stand_in_the_screens_order_with_their_defaults() -> None:
    made = proposal("Net 45", days=45)
    assert [(field.label, field.value) for field in made.fields] == [
        ("Name", "Net 45"),
        ("Description", "45 days from the invoice date"),
        ("Status", "Active"),
        ("Due", "45 days from the invoice date"),
        ("Discount", "No discount"),
        ("Penalty", "No penalty"),
        ("Entity", "All entities"),
    ]
    for label in ("Status", "Discount", "Penalty", "Entity"):
        assert sources(made, label) == (FieldSource.DEFAULT,)


def test_days_and_the_dates_computed_from_them_are_one_source() -> None:
    made = proposal("Net 45", invoice("INV-1", "2026-11-02", "2026-12-17", computed=True), days=45)
    assert sources(made, "Due") == (FieldSource.NAME, FieldSource.BILLING_DAYS)


def test_nothing_is_written_for_an_exact_match() -> None:
    record = ArTerm(record_no="1", name="Net 30", active=True, rule=PaymentTerm(due=DueRule(30)))
    assert ask(Vocabulary([record]).match("Net 30")) is None


@pytest.mark.parametrize("name", ["Net\u00a045", " Net 45", "NET45\u200b", "Νet 45", "Net–45"])
def test_the_name_is_untouched(name: str) -> None:
    made = proposal(name, days=45)
    assert made.name == name
    assert value(made, "Name") == name


def test_an_entity_is_named() -> None:
    made = proposal("Net 45", entity="E1")
    assert made.entity == "E1"
    assert value(made, "Entity") == "E1"


def test_the_names_days_against_the_billing_systems_are_one_conflict_told_once() -> None:
    made = proposal("Net 45", invoice("INV-1", "2026-11-02", "2026-12-02", computed=True), days=30)
    assert not made.one_click
    (conflict,) = made.conflicts
    assert "45 days" in conflict
    assert "30 days" in conflict
    assert made.doubts
    assert [line.holds for line in made.proof] == [False]


def test_a_due_date_of_its_own_that_does_not_fit_is_a_conflict() -> None:
    made = proposal("Net 45", invoice("INV-1", "2026-11-02", "2026-12-02"))
    assert made.conflicts == ("INV-1 of Nov 2, 2026 was billed as due on Dec 2, 2026; the rule gives Dec 17, 2026.",)


def test_many_invoices_that_do_not_fit_are_counted() -> None:
    made = proposal("Net 45", *(invoice(f"INV-{day}", f"2026-11-{day:02}", "2026-12-01") for day in range(1, 11)))
    assert len(made.conflicts) == 4
    assert made.conflicts[-1] == "7 more invoices do not fit either."


def test_recorded_days_say_nothing_about_a_day_of_a_month_but_dates_do() -> None:
    made = proposal("10th of next month", invoice("INV-1", "2026-10-11", "2026-11-10"), days=30)
    assert made.conflicts == ()
    assert sources(made, "Due") == (FieldSource.NAME, FieldSource.INVOICE_DATES)
    assert made.one_click
    made = proposal("10th of next month", invoice("INV-1", "2026-10-12", "2026-11-11", computed=True), days=30)
    assert len(made.conflicts) == 1


def test_a_discount_is_read_from_the_name_only() -> None:
    made = proposal("2% 10 Net 30", invoice("INV-1", "2026-11-02", "2026-12-02"), days=30)
    assert not made.one_click
    assert made.conflicts == ()
    assert sources(made, "Discount") == (FieldSource.NAME,)
    assert value(made, "Calculate based on") == "Invoice total"
    assert any("read from the name only" in doubt for doubt in made.doubts)


@pytest.mark.parametrize("name", ["COD", "Prepaid", "PIA", "cash in advance", "Net 30, 1.5% monthly finance charge"])
def test_what_is_never_one_click(name: str) -> None:
    days = readings(name)[0].due.days
    made = proposal(name, invoice("INV-1", "2026-11-02", str(date(2026, 11, 2) + timedelta(days=days))), days=days)
    assert made.doubts
    assert not made.one_click


def test_on_receipt_is_one_click() -> None:
    assert proposal("Due on receipt", days=0).one_click


def test_an_inferred_term_is_never_one_click() -> None:
    made = proposal("Net 45", days=45, inferred=True)
    assert not made.one_click
    assert any("inferred" in doubt for doubt in made.doubts)


def test_ambiguous_readings_are_settled_by_dates_of_several_months() -> None:
    evidence = (invoice("A", "2026-11-02", "2026-12-15"), invoice("B", "2026-10-20", "2026-11-15"))
    made = proposal("15th of the month", *evidence, days=30)
    assert made.rule == PaymentTerm(due=DueRule(15, DueFrom.NEXT_MONTH))
    assert sources(made, "Due") == (FieldSource.NAME, FieldSource.INVOICE_DATES)
    assert made.one_click
    assert not proposal("15th of the month", evidence[0]).one_click


@pytest.mark.parametrize(
    ("evidence", "left", "words"),
    [
        ((), 2, "no invoice's due date is known"),
        ((("2026-11-02", None),), 2, "no invoice's due date is known"),
        ((("2026-11-01", "2026-12-01"),), 2, "do not all fit any"),
        ((("2026-10-31", "2026-11-30"), ("2026-11-01", "2026-12-29")), 2, "do not all fit any"),
    ],
)
def test_dates_that_do_not_decide_leave_it_to_a_person(
    evidence: tuple[tuple[str, str | None], ...], left: int, words: str
) -> None:
    answer = ask("Net 30 EOM", *(invoice(str(at), *dates) for at, dates in enumerate(evidence)), days=30)
    assert isinstance(answer, Undecided)
    assert len(answer.readings) == left
    assert words in answer.why


def test_dates_that_fit_both_readings_do_not_decide() -> None:
    answer = ask("Net 28 EOM", invoice("A", "2027-01-31", "2027-02-28"))
    assert isinstance(answer, Undecided)
    assert "fit more than one" in answer.why


def test_a_rule_that_the_gateway_cannot_create_is_made_by_hand() -> None:
    made = proposal("Net 30 EOM", invoice("A", "2026-11-02", "2026-12-30"), invoice("B", "2026-10-02", "2026-11-30"))
    assert made.action is Action.BY_HAND
    assert not made.one_click
    steps = "\n".join(made.instructions)
    for words in ("AR Terms", "Name: Net 30 EOM", "Status: Active", "day 30, “After end of month", "No Penalty"):
        assert words in steps


@pytest.mark.parametrize(
    "rule",
    [
        PaymentTerm(due=DueRule(0, DueFrom.END_OF_MONTH)),
        PaymentTerm(due=DueRule(31, DueFrom.SAME_MONTH)),
        PaymentTerm(due=DueRule(30, DueFrom.EXTEND_TO_MONTH_END)),
        PaymentTerm(
            due=DueRule(90),
            discount=Discount(amount=Decimal(2), unit=AmountUnit.PERCENTAGE, rule=DueRule(0, DueFrom.END_OF_MONTH)),
        ),
    ],
)
def test_which_rules_are_made_by_hand(rule: PaymentTerm) -> None:
    assert proposal("House terms", rule=rule).action is Action.BY_HAND


def test_days_of_the_billing_system_stand_in_for_a_name_that_says_nothing() -> None:
    made = proposal("Special", invoice("A", "2026-11-02", "2026-12-02", computed=True), days=30)
    assert made.rule == PaymentTerm(due=DueRule(30))
    assert sources(made, "Due") == (FieldSource.BILLING_DAYS,)
    assert not made.one_click


def test_dates_stand_in_where_there_are_no_days_either() -> None:
    made = proposal("Special", invoice("A", "2026-11-02", "2026-12-02"), invoice("B", "2026-10-05", "2026-11-04"))
    assert made.rule == PaymentTerm(due=DueRule(30))
    assert sources(made, "Due") == (FieldSource.INVOICE_DATES,)
    assert not made.one_click


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        ((), "no invoice's due date"),
        ((("2026-11-02", "2026-12-02"), ("2026-10-02", "2026-11-30")), "unlike numbers of days"),
        ((("2026-11-02", "2026-10-02"),), "no rule can say"),
    ],
)
def test_what_nothing_tells_is_left_to_a_person(dates: tuple[tuple[str, str], ...], words: str) -> None:
    answer = ask("Special", *(invoice(str(at), *pair) for at, pair in enumerate(dates)))
    assert isinstance(answer, Undecided)
    assert words in answer.why


def test_a_persons_entry_wins_and_its_disagreements_are_conflicts() -> None:
    entry = PaymentTerm(due=DueRule(60))
    made = proposal("Net 45", invoice("A", "2026-11-02", "2026-12-17"), days=45, rule=entry)
    assert made.rule == entry
    assert sources(made, "Due") == (FieldSource.PERSON,)
    assert len(made.conflicts) == 3
    assert not made.one_click
    assert proposal("Special", days=60, rule=entry).one_click


def test_a_discount_after_the_due_date_is_a_conflict() -> None:
    discount = Discount(amount=Decimal(2), unit=AmountUnit.PERCENTAGE, rule=DueRule(40))
    made = proposal("Special", rule=PaymentTerm(due=DueRule(30), discount=discount))
    assert "The discount can be taken after the due date." in made.conflicts
    later = Discount(amount=Decimal(2), unit=AmountUnit.PERCENTAGE, rule=DueRule(10, DueFrom.NEXT_MONTH))
    assert proposal("Special", rule=PaymentTerm(due=DueRule(30), discount=later)).conflicts
    assert not proposal("Special", rule=PaymentTerm(due=DueRule(60), discount=later)).conflicts


def test_a_due_date_before_the_invoices_is_a_conflict() -> None:
    entry = PaymentTerm(due=DueRule(15, DueFrom.SAME_MONTH))
    made = proposal("Special", invoice("A", "2026-11-20", "2026-11-15"), rule=entry)
    assert made.conflicts == ("A was billed as due before its own date, Nov 20, 2026.",)
    assert any("after day 15" in doubt for doubt in made.doubts)


def test_reactivation_shows_the_records_rule_and_is_never_one_click() -> None:
    made = proposal(inactive("Net 90", PaymentTerm(due=DueRule(90))), days=90)
    assert made.action is Action.REACTIVATE
    assert not made.one_click
    assert made.conflicts == ()
    assert made.doubts
    assert sources(made, "Due") == (FieldSource.INTACCT,)


def test_reactivation_compares_the_record_with_the_name_the_days_and_the_dates() -> None:
    made = proposal(inactive("Net 90", PaymentTerm(due=DueRule(60))), invoice("A", "2026-11-02", "2027-01-31"), days=90)
    assert len(made.conflicts) == 3
    assert made.rule == PaymentTerm(due=DueRule(60))


def test_a_persons_entry_does_not_change_a_record() -> None:
    made = proposal(inactive("House", PaymentTerm(due=DueRule(60))), rule=PaymentTerm(due=DueRule(30)))
    assert made.rule == PaymentTerm(due=DueRule(60))
    assert len(made.conflicts) == 1


def test_a_record_that_cannot_be_read_is_left_to_a_person() -> None:
    answer = ask(inactive("Net 90", None, "DUEFROM is empty"), days=90)
    assert isinstance(answer, Undecided)
    assert "DUEFROM is empty" in answer.why


@pytest.mark.parametrize(
    ("name", "policy", "sentences"),
    [
        ("Net 45", Policy(approved_names=frozenset({"Net 45"})), 0),
        ("Net 45", Policy(approved_names=frozenset({"Net 30"})), 1),
        ("Net 45", Policy(approved_names=frozenset({"NET 45"})), 1),
        ("Net 45", Policy(longest_days=45), 0),
        ("Net 45", Policy(longest_days=44), 1),
        ("10th of next month", Policy(longest_days=40), 0),
        ("10th of next month", Policy(longest_days=39), 1),
        ("EOM", Policy(longest_days=30), 0),
        ("EOM", Policy(longest_days=29), 1),
        ("2% 10 Net 30", Policy(discounts=False), 1),
        ("2% 10 Net 30", Policy(penalties=False), 0),
        ("Net 30, 2% monthly late fee", Policy(penalties=False), 1),
        ("2% 10 Net 60", Policy(approved_names=frozenset({"x"}), longest_days=30, discounts=False), 3),
    ],
)
def test_what_lies_outside_the_policy(name: str, policy: Policy, sentences: int) -> None:
    made = proposal(name, policy=policy)
    assert len(made.outside_policy) == sentences
    assert not (made.outside_policy and made.one_click)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Net\x0045", "Character 4 of the name is NULL U+0000"),
        ("Net 45\ud800", "Character 7 of the name is LONE SURROGATE U+D800"),
        ("Net 45\n", "Character 7 of the name is LINE FEED U+000A"),
        ("Net 45\uffff", "Character 7"),
        ("", "empty"),
        ("\u00a0 ", "empty"),
        ("N" * 41, "41 characters"),
    ],
)
def test_a_name_that_intacct_cannot_hold_is_never_proposed(name: str, words: str) -> None:
    answer = ask(name, days=45)
    assert isinstance(answer, Undecided)
    assert words in answer.why


@pytest.mark.parametrize("name", ["Net 45 ", " Net 45", "Net 45 & more", "Net 45; net", "Client's"])
def test_what_intacct_may_refuse_or_trim_is_a_doubt(name: str) -> None:
    assert not proposal(name, days=45).one_click


def test_a_day_that_some_months_lack_is_a_doubt() -> None:
    assert not proposal("31st of next month", days=30).one_click
    assert proposal("28th of next month").one_click


names = st.one_of(
    st.text(max_size=45), st.sampled_from(["Net 30", "Net 30 EOM", "EOM", "2% 10 Net 30", "COD", "Special"])
)


@given(
    names,
    st.one_of(st.none(), st.integers(-5, 1200)),
    st.lists(st.tuples(st.dates(), st.one_of(st.none(), st.dates())), max_size=4),
    st.booleans(),
)
def test_any_evidence_gives_a_proposal_or_a_reason(
    name: str, days: int | None, dates: list[tuple[date, date | None]], computed: bool
) -> None:
    evidence = [
        InvoiceEvidence(number=str(at), invoice_date=invoiced, due_date=due, computed=computed)
        for at, (invoiced, due) in enumerate(dates)
    ]
    made = propose(absent(name), evidence=evidence, billing_days=days, policy=ANY)
    if isinstance(made, Undecided):
        assert made.why
    else:
        assert made is not None
        assert made.name == name
        assert len(made.proof) == sum(due is not None for _, due in dates)
        assert not (made.one_click and any(not line.holds and not computed for line in made.proof))
