"""Findings of drift: each kind is found where it is, and not where it only seems to be; and against earlier runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.terms.drift import (
    FAILING,
    Amount,
    CustomerDefault,
    DatedInvoice,
    Effect,
    Example,
    Finding,
    FindingKind,
    Fixer,
    Remembered,
    SourceName,
    Standing,
    TwoVocabularies,
    against,
    find,
    who_fixed,
)
from bot.terms.matching import Vocabulary
from bot.terms.term import AmountUnit, ArTerm, Discount, DueRule, PaymentTerm

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
LONG_AGO = datetime(2024, 1, 5, tzinfo=UTC)
LATELY = datetime(2026, 9, 1, tzinfo=UTC)


def net(days: int) -> PaymentTerm:
    return PaymentTerm(due=DueRule(days))


def ar(name: str, days: int, *, active: bool = True, made: datetime = LONG_AGO, entity: str | None = None) -> ArTerm:
    return ArTerm(record_no=name, name=name, active=active, rule=net(days), created_at=made, entity=entity)


def used(name: str, days: int | None, *, waiting: int = 0, invoices: int = 5) -> SourceName:
    at_risk = (Amount(amount=Decimal(100 * waiting), currency="USD"),) if waiting else ()
    return SourceName(name=name, days=days, invoices=invoices, waiting=waiting, at_risk=at_risk)


def world(
    source: Sequence[SourceName],
    books: Sequence[ArTerm],
    *,
    uses: dict[str, int] | None = None,
    customers: Sequence[CustomerDefault] = (),
    dated: Sequence[DatedInvoice] = (),
) -> TwoVocabularies:
    counted = {term.name: 5 for term in books} if uses is None else uses
    return TwoVocabularies(
        today=TODAY,
        source=tuple(source),
        books=tuple(books),
        book_uses=counted,
        customers=tuple(customers),
        dated=tuple(dated),
    )


def told(seen: TwoVocabularies) -> list[tuple[FindingKind, tuple[str, ...]]]:
    return [(finding.kind, finding.names) for finding in find(seen)]


def dated(term: str, billed: int, booked: int, number: str = "INV-1") -> DatedInvoice:
    day = date(2026, 10, 1)
    return DatedInvoice(
        number=number,
        term_name=term,
        invoice_date=day,
        billed_due=day + timedelta(days=billed),
        booked_due=day + timedelta(days=booked),
    )


def test_two_systems_that_agree_give_nothing() -> None:
    assert find(world([used("Net 30", 30)], [ar("Net 30", 30)])) == ()


def test_a_name_that_intacct_lacks_fails_at_the_next_sync_with_what_waits() -> None:
    (found,) = find(world([used("Net 45", 45, waiting=3)], []))
    assert (found.kind, found.names, found.invoices) == (FindingKind.MISSING, ("Net 45",), 3)
    assert found.at_risk == (Amount(amount=Decimal(300), currency="USD"),)
    assert not found.unreadable


def test_a_name_that_nothing_uses_is_nobodys_trouble() -> None:
    assert find(world([SourceName(name="Net 45", days=45)], [])) == ()


def test_a_missing_name_that_says_no_rule_and_has_no_days_needs_a_person() -> None:
    (found,) = find(world([used("Per contract", None)], []))
    assert (found.kind, found.unreadable) == (FindingKind.MISSING, True)


@pytest.mark.parametrize(
    ("name", "books", "kind"),
    [
        ("Net 90", ar("Net 90", 90, active=False), FindingKind.INACTIVE),
        ("Net\N{NO-BREAK SPACE}35", ar("Net 35", 35), FindingKind.LOOKALIKE),
        ("Net 20", ar("N20", 20), FindingKind.OTHER_NAME),
    ],
)
def test_what_else_fails_at_the_next_sync(name: str, books: ArTerm, kind: FindingKind) -> None:
    (found,) = find(world([used(name, books.rule.due.days if books.rule else None)], [books]))
    assert (found.kind, found.names, found.books_term) == (kind, (name,), books)


def test_a_term_of_another_entity_is_not_there_for_the_one_that_syncs() -> None:
    assert told(world([used("Net 45", 45)], [ar("Net 45", 45, entity="300")])) == [(FindingKind.MISSING, ("Net 45",))]


def test_a_customers_default_that_is_gone_or_another_than_at_the_source_is_found_with_its_owner() -> None:
    gone = CustomerDefault(customer_id="C1", customer_name="Globex", books_term="Net 99", owner="jsmith")
    other = CustomerDefault(
        customer_id="C2", customer_name="Hooli", books_term="Net 30", source_term="Net 15", source_known=True
    )
    books = [ar("Net 30", 30), ar("Net 15", 15)]
    found = find(world([used("Net 30", 30), used("Net 15", 15)], books, customers=[gone, other]))
    assert {(f.subject, f.names, f.owner) for f in found} == {
        ("C1", ("Net 99",), "jsmith"),
        ("C2", ("Net 30", "Net 15"), ""),
    }


def test_a_customer_without_a_default_or_unknown_at_the_source_is_in_order() -> None:
    fine = [
        CustomerDefault(customer_id="C1", customer_name="a", books_term=None),
        CustomerDefault(customer_id="C2", customer_name="b", books_term="Net 30"),
        CustomerDefault(customer_id="C3", customer_name="c", books_term="Net 30", source_term=None, source_known=True),
    ]
    assert find(world([used("Net 30", 30)], [ar("Net 30", 30)], customers=fine)) == ()


def test_two_rules_under_one_name_are_told_by_the_invoices_own_dates() -> None:
    rows = [dated("Net 30", 30, 45, f"INV-{n}") for n in range(7)]
    (found,) = find(world([used("Net 30", 30)], [ar("Net 30", 45)], dated=rows))
    assert (found.kind, found.effects, found.invoices) == (FindingKind.RULE_DIFFERS, {Effect.AGING}, 7)
    assert found.rules == ("30 days from the invoice date", "45 days from the invoice date")
    assert found.examples[0].detail == "due 2026-10-31 on paper, 2026-11-15 in the books"


def test_days_that_differ_are_nothing_where_every_invoice_arrived_with_its_own_due_date() -> None:
    rows = [dated("Net 30", 30, 30, f"INV-{n}") for n in range(7)]
    assert find(world([used("Net 30", 30)], [ar("Net 30", 45)], dated=rows)) == ()
    assert find(world([used("Net 30", 30)], [ar("Net 30", 45)])) == ()


def test_a_discount_that_only_the_paper_gives_is_told_apart_from_aging() -> None:
    (found,) = find(world([used("2% 10 Net 30", 30)], [ar("2% 10 Net 30", 30)]))
    assert (found.kind, found.effects) == (FindingKind.RULE_DIFFERS, {Effect.DISCOUNT})
    assert "2% within 10 days" in found.rules[0]
    same = PaymentTerm(
        due=DueRule(30), discount=Discount(amount=Decimal(2), unit=AmountUnit.PERCENTAGE, rule=DueRule(10))
    )
    assert find(world([used("2% 10 Net 30", 30)], [replace(ar("2% 10 Net 30", 30), rule=same)])) == ()


@pytest.mark.parametrize(("billed", "booked", "side"), [(37, 37, "source"), (30, 41, "books"), (33, 30, "source")])
def test_a_date_that_no_rule_gives_was_set_by_hand(billed: int, booked: int, side: str) -> None:
    (found,) = find(world([used("Net 30", 30)], [ar("Net 30", 30)], dated=[dated("Net 30", billed, booked)]))
    assert (found.kind, found.subject, found.invoices) == (FindingKind.OVERRIDDEN, side, 1)


def test_several_names_for_one_rule_count_only_where_they_are_used() -> None:
    books = [ar("Net 30", 30), ar("N30", 30)]
    both = world([used("Net 30", 30), used("N30", 30)], books, uses={"Net 30": 9, "N30": 4})
    assert told(both) == [
        (FindingKind.SEVERAL_NAMES, ("Net 30", "N30")),
        (FindingKind.SEVERAL_NAMES, ("N30", "Net 30")),
    ]
    one = world([used("Net 30", 30)], [books[0], ar("N30", 30, made=LATELY)], uses={"Net 30": 9})
    assert find(one) == ()


def test_another_discount_is_another_rule_and_never_a_second_name() -> None:
    discount = Discount(amount=Decimal(2), unit=AmountUnit.PERCENTAGE, rule=DueRule(10))
    rule = PaymentTerm(due=DueRule(30), discount=discount)
    books = [ar("Net 30", 30), replace(ar("2% 10 Net 30", 30), rule=rule)]
    assert find(world([used("Net 30", 30), used("2% 10 Net 30", 30)], books)) == ()


def test_unused_is_what_nothing_has_had_for_a_year() -> None:
    books = [ar("Net 5", 5), ar("Net 6", 6, made=LATELY), ar("Net 7", 7), ar("Net 8", 8), ar("Net 9", 9, active=False)]
    default = CustomerDefault(customer_id="C1", customer_name="a", books_term="Net 7")
    seen = world([used("Net 8", 8)], books, uses={}, customers=[default])
    assert told(seen) == [(FindingKind.UNUSED, ("Net 5",))]
    listed = SourceName(name="Net 5", days=5)
    assert find(replace(seen, source=(*seen.source, listed))) == ()
    nobody = replace(listed, customers=0)
    assert told(replace(seen, source=(*seen.source, nobody))) == [(FindingKind.UNUSED, ("Net 5",))]


def test_what_was_not_read_gives_no_finding_and_is_said_to_be_unread() -> None:
    blind = replace(world([used("Net 8", 8)], [ar("Net 5", 5), ar("Net 8", 8)], uses={}), book_uses=None)
    assert find(blind) == ()
    assert FindingKind.UNUSED in blind.unread


def test_where_use_was_not_read_nothing_that_rests_on_it_is_called_fixed() -> None:
    books = [ar("Per contract", 33), ar("2% 10 Net 30", 30), ar("N6", 6), ar("6 days", 6), ar("Net 5", 5)]
    seen = world(
        [used("Per contract", None), used("2% 10 Net 30", 30)],
        books,
        uses={"Per contract": 5, "2% 10 Net 30": 5, "N6": 5, "6 days": 5},
    )
    assert {finding.kind for finding in find(seen)} == {
        FindingKind.UNREADABLE,
        FindingKind.RULE_DIFFERS,
        FindingKind.SEVERAL_NAMES,
        FindingKind.UNUSED,
    }
    blind = replace(
        seen,
        book_uses=None,
        source=(SourceName(name="Per contract", days=None), SourceName(name="2% 10 Net 30", days=30)),
    )
    assert standings(seen, blind) == []


# --- a generated company with planted drift is found completely and exactly


@dataclass
class _Company:
    source: list[SourceName] = field(default_factory=list)
    books: list[ArTerm] = field(default_factory=list)
    uses: dict[str, int] = field(default_factory=dict)
    customers: list[CustomerDefault] = field(default_factory=list)
    dated: list[DatedInvoice] = field(default_factory=list)
    planted: set[tuple[FindingKind, tuple[str, ...], str]] = field(default_factory=set)

    def plant(self, what: str, days: int, other: int) -> None:
        """Adds a difference of one kind (or none) whose days nothing else has."""
        name = f"Net {days}"
        if what != "missing":
            self._in_books(what, name, days, other)
        if what not in ("unused", "idle"):
            spelled = name.replace(" ", "\N{NO-BREAK SPACE}") if what == "lookalike" else name
            spelled = f"Per contract {chr(65 + days % 26)}{days}q" if what == "unreadable" else spelled
            self.source.append(used(spelled, None if what == "unreadable" else days, waiting=days % 3))
            name = spelled
        kinds = {kind.value: kind for kind in FindingKind}
        subject = {"several_names": "books", "overridden": "source", "customer_default": f"C{days}"}.get(what, "")
        names = {"several_names": (name, f"N{days}"), "customer_default": (f"Gone {days}",)}.get(what, (name,))
        if what in kinds:
            self.planted.add((kinds[what], names, subject))

    def _in_books(self, what: str, name: str, days: int, other: int) -> None:
        stored = {"other_name": f"N{days}", "unreadable": f"Per contract {chr(65 + days % 26)}{days}q"}.get(what, name)
        rule = other if what == "rule_differs" else days
        self.books.append(ar(stored, rule, active=what != "inactive", made=LATELY if what == "idle" else LONG_AGO))
        if what not in ("unused", "idle"):
            self.uses[stored] = 9
        if what == "several_names":
            self.books.append(ar(f"N{days}", days))
            self.uses[f"N{days}"] = 4
        if what == "customer_default":
            self.customers.append(
                CustomerDefault(customer_id=f"C{days}", customer_name="Globex", books_term=f"Gone {days}")
            )
        if what == "rule_differs":
            self.dated.append(dated(name, days, other))
        if what == "overridden":
            self.dated.append(dated(name, days + 1, days + 1))
        if what == "agrees":
            self.dated.append(dated(name, days, days))


KINDS = [kind.value for kind in FindingKind] + ["agrees", "idle"]


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(KINDS), max_size=25),
    st.lists(st.integers(min_value=2, max_value=360), min_size=50, max_size=50, unique=True),
)
def test_planted_drift_is_found_completely_and_exactly(kinds: list[str], days: list[int]) -> None:
    company = _Company()
    for place, what in enumerate(kinds):
        company.plant(what, days[2 * place], days[2 * place + 1])
    seen = world(company.source, company.books, uses=company.uses, customers=company.customers, dated=company.dated)
    found = [(finding.kind, finding.names, finding.subject) for finding in find(seen)]
    assert len(found) == len(set(found))
    assert set(found) == company.planted


# --- against earlier runs


def missing(name: str = "Net 45", **changed: object) -> Finding:
    return replace(Finding(kind=FindingKind.MISSING, names=(name,), invoices=3), **changed)  # type: ignore[arg-type]


def kept(finding: Finding, **changed: object) -> dict[str, Remembered]:
    before = Remembered(finding=finding, first_seen=LONG_AGO, last_seen=LATELY)
    return {finding.key: replace(before, **changed)}  # type: ignore[arg-type]


def test_findings_are_new_open_back_or_fixed() -> None:
    new, seen = missing("Net 1"), missing("Net 2")
    earlier = kept(seen) | kept(missing("Net 3"), fixed_at=LATELY) | kept(missing("Net 4"))
    tracked = against(earlier, [new, seen, missing("Net 3")], now=NOW, unread=frozenset())
    assert [(t.finding.names[0], t.standing) for t in tracked] == [
        ("Net 1", Standing.NEW),
        ("Net 2", Standing.OPEN),
        ("Net 3", Standing.BACK),
        ("Net 4", Standing.FIXED),
    ]
    assert tracked[1].first_seen == LONG_AGO


def seen_before(world: TwoVocabularies) -> dict[str, Remembered]:
    return {f.key: Remembered(finding=f, first_seen=LATELY, last_seen=LATELY) for f in find(world)}


def standings(earlier: TwoVocabularies, later: TwoVocabularies) -> list[Standing]:
    return [each.standing for each in against(seen_before(earlier), find(later), now=NOW, unread=later.unread)]


def test_a_term_that_fails_otherwise_than_last_week_is_still_open() -> None:
    earlier = world([used("Net 45", 45, waiting=3)], [])
    later = world([used("Net 45", 45, waiting=3)], [ar("net 45", 45)])
    assert told(later) == [(FindingKind.LOOKALIKE, ("Net 45",))]
    assert standings(earlier, later) == [Standing.OPEN]


def test_one_more_name_for_a_rule_fixes_nothing() -> None:
    both, three = ["Net 30", "N30"], ["Net 30", "N30", "30 days"]
    earlier = world([used(name, 30) for name in both], [ar(name, 30) for name in both])
    later = world([used(name, 30) for name in three], [ar(name, 30) for name in three])
    assert standings(earlier, later) == [Standing.OPEN, Standing.OPEN]


@pytest.mark.parametrize(
    "after",
    [
        CustomerDefault(customer_id="C1", customer_name="Globex", books_term="Net 99"),
        CustomerDefault(
            customer_id="C1", customer_name="Globex", books_term="Net 98", source_term="Net 30", source_known=True
        ),
    ],
)
def test_a_customer_whose_default_is_wrong_in_another_way_is_still_open(after: CustomerDefault) -> None:
    before = CustomerDefault(
        customer_id="C1", customer_name="Globex", books_term="Net 99", source_term="Net 30", source_known=True
    )
    earlier, later = (world([used("Net 30", 30)], [ar("Net 30", 30)], customers=[each]) for each in (before, after))
    assert standings(earlier, later) == [Standing.OPEN]
    assert standings(later, earlier) == [Standing.OPEN]


def test_what_was_accepted_speaks_again_when_it_fails_otherwise() -> None:
    (before,) = find(world([used("Net 45", 45)], []))
    (after,) = find(world([used("Net 45", 45)], [ar("net 45", 45)]))
    earlier = kept(before, accepted_digest=before.digest)
    (tracked,) = against(earlier, [after], now=NOW, unread=frozenset())
    assert not tracked.quiet


def subjects(findings: Iterable[Finding]) -> set[tuple[str, ...]]:
    """What findings are about, whatever they say of it."""
    return {
        ("fails", f.names[0])
        if f.kind in FAILING
        else (f.kind.value, f.subject, *(f.rules if f.kind is FindingKind.SEVERAL_NAMES else ()))
        if f.kind in (FindingKind.SEVERAL_NAMES, FindingKind.CUSTOMER_DEFAULT)
        else (f.kind.value, f.subject, *f.names)
        for f in findings
    }


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(KINDS)), max_size=12),
    st.lists(st.integers(min_value=2, max_value=360), min_size=24, max_size=24, unique=True),
)
def test_fixed_is_exactly_what_is_gone_and_new_exactly_what_was_not_there(
    kinds: list[tuple[str, str]], days: list[int]
) -> None:
    weeks = _Company(), _Company()
    for place, both in enumerate(kinds):
        for company, what in zip(weeks, both, strict=True):
            company.plant(what, days[2 * place], days[2 * place + 1])
    earlier, later = (world(c.source, c.books, uses=c.uses, customers=c.customers, dated=c.dated) for c in weeks)
    tracked = against(seen_before(earlier), find(later), now=NOW, unread=frozenset())
    before, after = subjects(find(earlier)), subjects(find(later))

    def standing(which: Standing) -> set[tuple[str, ...]]:
        return subjects(each.finding for each in tracked if each.standing is which)

    assert standing(Standing.FIXED) == before - after
    assert standing(Standing.NEW) == after - before
    assert standing(Standing.OPEN) == after & before


def test_a_kind_that_was_not_read_is_not_called_fixed() -> None:
    unused = Finding(kind=FindingKind.UNUSED, names=("Net 5",))
    assert against(kept(unused), [], now=NOW, unread=frozenset({FindingKind.UNUSED})) == ()


def test_an_accepted_finding_is_quiet_until_it_changes_whatever_its_counts() -> None:
    finding = missing()
    earlier = kept(finding, accepted_digest=finding.digest, accepted_by="U0DAN", accepted_why="we keep it")
    (same,) = against(earlier, [missing(invoices=9, examples=(Example(subject="INV-9"),))], now=NOW, unread=frozenset())
    assert (same.quiet, same.accepted_by, same.accepted_why) == (True, "U0DAN", "we keep it")
    (changed,) = against(earlier, [missing(unreadable=True)], now=NOW, unread=frozenset())
    assert not changed.quiet


def test_a_snooze_ends() -> None:
    finding = missing()
    for until, quiet in ((NOW + timedelta(days=1), True), (NOW, False)):
        earlier = kept(finding, accepted_digest=finding.digest, quiet_until=until)
        assert against(earlier, [finding], now=NOW, unread=frozenset())[0].quiet is quiet


def test_who_fixed_it_is_told_where_it_can_be() -> None:
    term = replace(ar("Net 45", 45), created_by="jsmith")
    there = world([used("Net 45", 45)], [term])
    vocabulary = Vocabulary(there.books)
    assert who_fixed(missing(), there, vocabulary, ours=frozenset({"Net 45"})) == (Fixer.DECISION, "")
    assert who_fixed(missing(), there, vocabulary, ours=frozenset()) == (Fixer.INTACCT, "jsmith")
    gone = world([], [])
    assert who_fixed(missing(), gone, Vocabulary(()), ours=frozenset()) == (Fixer.SOURCE, "")


@pytest.mark.parametrize(
    ("rules", "now", "ours", "told"),
    [
        pytest.param(("gone",), "Net 45", (), (Fixer.INTACCT, "jsmith"), id="the term was made active"),
        pytest.param(("gone",), "Net 45", ("Net 45",), (Fixer.DECISION, ""), id="a decision made it"),
        pytest.param(("gone",), "Net 30", (), (Fixer.INTACCT, ""), id="the customer got another term"),
        pytest.param((), "Net 45", (), (Fixer.SOURCE, ""), id="the source's default became the same"),
        pytest.param(("gone",), None, (), (Fixer.INTACCT, ""), id="the customer is gone or inactive"),
    ],
)
def test_who_put_a_customers_default_right_is_told_where_it_can_be(
    rules: tuple[str, ...], now: str | None, ours: tuple[str, ...], told: tuple[Fixer, str]
) -> None:
    customers = [CustomerDefault(customer_id="C1", customer_name="Globex", books_term=now)] if now else []
    there = world([], [replace(ar("Net 45", 45), modified_by="jsmith")], customers=customers)
    finding = Finding(kind=FindingKind.CUSTOMER_DEFAULT, names=("Net 45", "Net 30"), subject="C1", rules=rules)
    assert who_fixed(finding, there, Vocabulary(there.books), ours=frozenset(ours)) == told
