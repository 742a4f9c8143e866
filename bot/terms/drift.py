"""Where two systems' payment terms drift apart: findings from both vocabularies and their use, and against earlier ones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from bot.terms.matching import MatchKind, Vocabulary
from bot.terms.term import ArTerm, DueFrom, DueRule, PaymentTerm, canonical, in_words
from bot.terms.wording import readings

UNUSED_AFTER = timedelta(days=365)
"""A term that no invoice has borne for so long is unused; a younger one has had no chance yet."""
EXAMPLES_KEPT = 5


class FindingKind(StrEnum):
    """What drifts, the most pressing first."""

    MISSING = "missing"
    """In use at the source, and no AR term is like it: the next sync fails."""
    INACTIVE = "inactive"
    """In use at the source, and the AR term of this name is inactive: the next sync fails."""
    LOOKALIKE = "lookalike"
    """In use at the source, and an AR term only looks like it: the next sync fails."""
    OTHER_NAME = "other_name"
    """In use at the source, and Intacct has the same rule under another name: the next sync fails."""
    CUSTOMER_DEFAULT = "customer_default"
    """A customer's default term in Intacct is missing, inactive or another than at the source: it fails each month."""
    RULE_DIFFERS = "rule_differs"
    """One name, two rules: nothing fails, and the books age or discount otherwise than the paper says."""
    SEVERAL_NAMES = "several_names"
    """Several names in use for one rule, on one side."""
    OVERRIDDEN = "overridden"
    """Due dates that are not what their term gives: somebody set them by hand."""
    UNREADABLE = "unreadable"
    """A source term whose name says no one rule and that has no days: nobody can tell whether both sides mean the same."""
    UNUSED = "unused"
    """An active AR term that nothing has used for a year."""


FAILING = frozenset({FindingKind.MISSING, FindingKind.INACTIVE, FindingKind.LOOKALIKE, FindingKind.OTHER_NAME})
"""What makes the next sync fail."""


class Effect(StrEnum):
    """What one name with two rules does to the books."""

    AGING = "aging"
    """Invoices fall due on another day than on paper."""
    DISCOUNT = "discount"
    """The discount on paper is not the one in the books."""


class Side(StrEnum):
    """One of the two systems."""

    SOURCE = "source"
    BOOKS = "books"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Money of one currency."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One record that shows a finding."""

    subject: str
    """An invoice's number or a customer's name."""
    link: str = ""
    detail: str = ""
    """What is to be seen there, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceName:
    """A term at the source and its use there."""

    name: str
    days: int | None
    """Days that the source keeps for it; None where it keeps none."""
    invoices: int = 0
    """Invoices of the last year that bear it."""
    waiting: int = 0
    """Those that are not in Intacct yet."""
    waiting_known: bool = True
    """False where Intacct did not tell which of them it has."""
    at_risk: tuple[Amount, ...] = ()
    """What they bill: one total a currency, largest first."""
    customers: int | None = None
    """Customers that have it; None where not known."""
    examples: tuple[Example, ...] = ()
    due_otherwise: tuple[str, ...] = ()
    """Numbers of those that wait and fall due on another day than the name says."""

    @property
    def in_use(self) -> bool:
        """Whether an invoice of the last year, or a customer, has it."""
        return bool(self.invoices or self.waiting or self.customers)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerDefault:
    """A customer's default terms on both sides."""

    customer_id: str
    customer_name: str
    books_term: str | None
    """The name in Intacct (CUSTOMER.TERMNAME); None for none."""
    source_term: str | None = None
    source_known: bool = False
    """Whether the source told its default for this customer, none included."""
    owner: str = ""
    """Who looks after the customer, where Intacct says."""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedInvoice:
    """An invoice that is in both systems, with its dates in each."""

    number: str
    term_name: str
    """The term in both systems."""
    invoice_date: date
    billed_due: date
    booked_due: date
    link: str = ""
    alike: int = 1
    """How many it stands for, itself included: others of its term have the same dates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoVocabularies:
    """Everything that one run has read. What could not be read is None, and gives no finding of its kind."""

    today: date
    source: tuple[SourceName, ...]
    books: tuple[ArTerm, ...]
    entity: str | None = None
    """The entity that syncs; None for the top level."""
    book_uses: Mapping[str, int] | None = None
    """AR term name to its invoices of the last year."""
    customers: tuple[CustomerDefault, ...] | None = None
    dated: tuple[DatedInvoice, ...] | None = None

    @property
    def unread(self) -> frozenset[FindingKind]:
        """The kinds that this run cannot tell, so that none of them is called fixed."""
        missing: set[FindingKind] = set()
        if self.book_uses is None:
            # Whether a term that both have is in use at the source is told by its invoices in Intacct.
            missing |= {
                FindingKind.UNUSED,
                FindingKind.SEVERAL_NAMES,
                FindingKind.UNREADABLE,
                FindingKind.RULE_DIFFERS,
            }
        if self.customers is None:
            missing |= {FindingKind.CUSTOMER_DEFAULT, FindingKind.UNUSED}
        if self.dated is None:
            missing |= {FindingKind.OVERRIDDEN, FindingKind.RULE_DIFFERS}
        return frozenset(missing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference between the two vocabularies or their use."""

    kind: FindingKind
    names: tuple[str, ...]
    """The terms that it is about, exactly as they stand; for a customer's default the terms of both sides."""
    subject: str = ""
    """Beside the names: the customer's id, or the side."""
    books_term: ArTerm | None = None
    """The AR term that it speaks of."""
    rules: tuple[str, ...] = ()
    """The rules that are compared, in words."""
    effects: frozenset[Effect] = frozenset()
    invoices: int = 0
    """Invoices that it concerns: those that wait where it makes the sync fail."""
    at_risk: tuple[Amount, ...] = ()
    customers: int | None = None
    examples: tuple[Example, ...] = ()
    owner: str = ""
    waiting_known: bool = True
    """False where it makes the sync fail, and nobody could tell whether invoices wait for it."""
    unreadable: bool = False
    """Missing, and its name says no one rule: a person has to tell it."""

    @property
    def key(self) -> str:
        """What it is recognised by in the next run, whatever becomes of it meanwhile.

        A term that fails is one finding however it fails, a customer is one whatever defaults it has, and a rule is one
        on its side by whatever names it goes.
        """
        match self.kind:
            case FindingKind.CUSTOMER_DEFAULT:
                about: tuple[str, ...] = (self.kind.value, self.subject)
            case FindingKind.SEVERAL_NAMES:
                about = (self.kind.value, self.subject, *self.rules)
            case kind if kind in FAILING:
                about = ("fails", *self.names)
            case _:
                about = (self.kind.value, self.subject, *self.names)
        return json.dumps(about)

    @property
    def digest(self) -> str:
        """SHA-256 over what it says, its kind and names included, counts and examples left out.

        An accepted one stays quiet until this changes.
        """
        said = [self.kind.value, self.subject, self.names, self.rules, sorted(self.effects), self.unreadable]
        status = None if self.books_term is None else [self.books_term.name, self.books_term.active]
        return hashlib.sha256(json.dumps([*said, status]).encode("utf-8", "surrogatepass")).hexdigest()

    def says_no_more_than(self, digest: str, invoices: int) -> bool:
        """Whether it still says what somebody saw: of dates set by hand no more invoices, as each is an act of its own."""
        return self.digest == digest and (self.kind is not FindingKind.OVERRIDDEN or self.invoices <= invoices)


def find(world: TwoVocabularies) -> tuple[Finding, ...]:
    """Every finding, the most pressing kind first, within a kind the most invoices first. Pure: it reads nothing."""
    vocabulary = Vocabulary(world.books, entity=world.entity)
    found = [
        *_of_source_names(world, vocabulary),
        *_of_customers(world, vocabulary),
        *_of_dates(world, vocabulary),
        *_several_names(world),
        *_unused(world),
    ]
    order = list(FindingKind)
    return tuple(sorted(found, key=lambda f: (order.index(f.kind), -f.invoices, f.names, f.subject)))


_FAILS = {
    MatchKind.ABSENT: FindingKind.MISSING,
    MatchKind.INACTIVE: FindingKind.INACTIVE,
    MatchKind.LOOKALIKE: FindingKind.LOOKALIKE,
    MatchKind.EQUIVALENT: FindingKind.OTHER_NAME,
}


def _of_source_names(world: TwoVocabularies, vocabulary: Vocabulary) -> Iterable[Finding]:
    """What the next sync refuses, and what nobody can compare."""
    for name in world.source:
        if not name.in_use:
            continue
        single = len(readings(name.name)) == 1
        match = vocabulary.match(name.name, nearest=False)
        if match.kind is not MatchKind.EXACT:
            yield Finding(
                kind=_FAILS[match.kind],
                names=(name.name,),
                books_term=match.term,
                invoices=name.waiting,
                waiting_known=name.waiting_known,
                at_risk=name.at_risk,
                customers=name.customers,
                examples=name.examples[:EXAMPLES_KEPT],
                unreadable=match.kind is MatchKind.ABSENT and not single and name.days is None,
            )
        elif not single and name.days is None:
            yield Finding(
                kind=FindingKind.UNREADABLE,
                names=(name.name,),
                books_term=match.term,
                invoices=name.invoices,
                customers=name.customers,
                examples=name.examples[:EXAMPLES_KEPT],
            )


def _of_customers(world: TwoVocabularies, vocabulary: Vocabulary) -> Iterable[Finding]:
    """Customers whose default is no active AR term, or another than at the source."""
    for customer in world.customers or ():
        ours, theirs = customer.books_term, customer.source_term
        gone = ours is not None and vocabulary.match(ours, nearest=False).kind is not MatchKind.EXACT
        unlike = customer.source_known and theirs is not None and ours is not None and ours != theirs
        if not (gone or unlike):
            continue
        yield Finding(
            kind=FindingKind.CUSTOMER_DEFAULT,
            names=tuple(name for name in (ours, theirs if customer.source_known else None) if name is not None),
            subject=customer.customer_id,
            rules=("not active in Intacct",) if gone else (),
            customers=1,
            examples=(Example(subject=customer.customer_name, link=customer.link),),
            owner=customer.owner,
        )


@dataclass(slots=True)
class _Dates:
    """What the dates of one term's invoices say."""

    by_rule: list[DatedInvoice] = field(default_factory=list)
    """Each side's date is what its own rule gives, and the two are not the same."""
    by_hand: dict[Side, list[DatedInvoice]] = field(default_factory=lambda: {Side.SOURCE: [], Side.BOOKS: []})


def _of_dates(world: TwoVocabularies, vocabulary: Vocabulary) -> Iterable[Finding]:
    """One name with two rules, told by the invoices themselves; and dates that no rule gives."""
    if world.dated is None:
        return
    days = {name.name: name.days for name in world.source}
    in_use = {name.name: name.invoices for name in world.source if name.in_use}
    seen: dict[str, _Dates] = {}
    for invoice in world.dated:
        match = vocabulary.match(invoice.term_name, nearest=False)
        if match.kind is MatchKind.EXACT and match.term is not None and match.term.rule is not None:
            _sort(invoice, days.get(invoice.term_name), match.term.rule, seen.setdefault(invoice.term_name, _Dates()))
    for name in sorted({*seen, *in_use}):
        match = vocabulary.match(name, nearest=False)
        if match.kind is not MatchKind.EXACT or match.term is None or match.term.rule is None:
            continue
        dates = seen.get(name, _Dates())
        yield from _two_rules(name, match.term, match.term.rule, days.get(name), dates, in_use.get(name, 0))
        for side, invoices in dates.by_hand.items():
            if invoices:
                yield Finding(
                    kind=FindingKind.OVERRIDDEN,
                    names=(name,),
                    subject=side.value,
                    books_term=match.term,
                    invoices=_counted(invoices),
                    examples=_dated_examples(invoices),
                )


def _sort(invoice: DatedInvoice, days: int | None, rule: PaymentTerm, into: _Dates) -> None:
    """Whether an invoice's dates are its terms' or somebody's own."""
    by_source = own_due_date(invoice.term_name, days, invoice.invoice_date)
    by_books = rule.due_date(invoice.invoice_date)
    if by_source is not None and invoice.billed_due != by_source and invoice.billed_due != by_books:
        into.by_hand[Side.SOURCE].append(invoice)
    if invoice.booked_due == invoice.billed_due:
        return
    if invoice.booked_due != by_books:
        into.by_hand[Side.BOOKS].append(invoice)
    elif by_source is None or invoice.billed_due == by_source:
        into.by_rule.append(invoice)


def own_due_date(term_name: str, days: int | None, invoice_date: date) -> date | None:
    """The due date that a term gives at the source: by the days kept there, else by what its name says.

    None where neither tells one.
    """
    if days is not None:
        return invoice_date + timedelta(days=days)
    said = readings(term_name)
    return said[0].due_date(invoice_date) if len(said) == 1 else None


def _two_rules(
    name: str, term: ArTerm, rule: PaymentTerm, days: int | None, dates: _Dates, invoices: int
) -> Iterable[Finding]:
    said = readings(name)
    named = canonical(said[0]) if len(said) == 1 else None
    kept = canonical(rule)
    effects = {Effect.AGING} if dates.by_rule else set()
    if named is not None and named.discount != kept.discount and (named.discount or kept.discount):
        effects.add(Effect.DISCOUNT)
    if not effects:
        return
    counted = DueRule(days, DueFrom.INVOICE_DATE) if days is not None else None
    at_source = in_words(counted) if counted is not None and Effect.DISCOUNT not in effects else None
    yield Finding(
        kind=FindingKind.RULE_DIFFERS,
        names=(name,),
        books_term=term,
        rules=(at_source or (in_words(named) if named is not None else "not kept"), in_words(rule)),
        effects=frozenset(effects),
        invoices=_counted(dates.by_rule) or invoices,
        examples=_dated_examples(dates.by_rule),
    )


def _counted(invoices: Iterable[DatedInvoice]) -> int:
    return sum(invoice.alike for invoice in invoices)


def _dated_examples(invoices: Sequence[DatedInvoice]) -> tuple[Example, ...]:
    return tuple(
        Example(
            subject=invoice.number,
            link=invoice.link,
            detail=f"due {invoice.billed_due.isoformat()} on paper, {invoice.booked_due.isoformat()} in the books",
        )
        for invoice in sorted(invoices, key=lambda each: (each.invoice_date, each.number), reverse=True)[:EXAMPLES_KEPT]
    )


def _several_names(world: TwoVocabularies) -> Iterable[Finding]:
    """Rules that go by several names in use on one side. A rule with another discount is another rule."""
    by_rule: dict[tuple[Side, PaymentTerm], dict[str, int]] = {}
    for name in world.source:
        said = readings(name.name)
        if name.in_use and len(said) == 1:
            by_rule.setdefault((Side.SOURCE, canonical(said[0])), {})[name.name] = name.invoices
    uses = world.book_uses or {}
    for term in world.books:
        if term.active and term.rule is not None and uses.get(term.name):
            by_rule.setdefault((Side.BOOKS, canonical(term.rule)), {})[term.name] = uses[term.name]
    for (side, rule), names in by_rule.items():
        if len(names) > 1:
            shown = sorted(names, key=lambda name: (-names[name], name))
            yield Finding(
                kind=FindingKind.SEVERAL_NAMES,
                names=tuple(shown),
                subject=side.value,
                rules=(in_words(rule),),
                invoices=sum(names.values()),
                examples=tuple(
                    Example(subject=name, detail=f"{names[name]:,} invoices") for name in shown[:EXAMPLES_KEPT]
                ),
            )


def _unused(world: TwoVocabularies) -> Iterable[Finding]:
    """Active AR terms a year old or older that no invoice of the year, no customer and no source term has.

    Nor one that the source lists without telling whether a customer has it.
    """
    if world.book_uses is None or world.customers is None:
        return
    wanted = {name.name for name in world.source if name.in_use or name.customers is None}
    wanted |= {customer.books_term for customer in world.customers if customer.books_term is not None}
    for term in world.books:
        old = term.created_at is not None and world.today - term.created_at.date() >= UNUSED_AFTER
        if term.active and old and not world.book_uses.get(term.name) and term.name not in wanted:
            yield Finding(
                kind=FindingKind.UNUSED,
                names=(term.name,),
                subject=term.entity or "",
                books_term=term,
                rules=(in_words(term.rule),) if term.rule is not None else (),
            )


class Standing(StrEnum):
    """How a finding stands against the run before."""

    NEW = "new"
    OPEN = "open"
    BACK = "back"
    """It was fixed once, and is there again."""
    FIXED = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A finding as earlier runs left it."""

    finding: Finding
    first_seen: datetime
    last_seen: datetime
    fixed_at: datetime | None = None
    """When a report called it fixed; None while it is open. Seen later than that, a daily look found it back."""
    accepted_digest: str = ""
    """The finding's digest when somebody accepted or snoozed it; empty where nobody did."""
    accepted_invoices: int = 0
    """How many invoices it was about then."""
    accepted_by: str = ""
    accepted_why: str = ""
    quiet_until: datetime | None = None
    """The end of a snooze; None for one that was accepted for good."""
    spoken: bool = False
    """A daily look spoke of it, and it was there with invoices that wait ever since."""

    def quiet(self, finding: Finding, now: datetime) -> bool:
        """Whether it need not be said: accepted as it stands, or put off and not yet due."""
        same = bool(self.accepted_digest) and finding.says_no_more_than(self.accepted_digest, self.accepted_invoices)
        return same and (self.quiet_until is None or now < self.quiet_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """A finding of this run, or one that is gone since, with its history."""

    key: str
    """The finding's, as it is remembered."""
    finding: Finding
    standing: Standing
    first_seen: datetime
    last_seen: datetime
    quiet: bool = False
    accepted_by: str = ""
    accepted_why: str = ""
    quiet_until: datetime | None = None
    """The end of a snooze; None for one that was accepted until it changes."""
    spoken: bool = False
    """A daily look spoke of it before, and has nothing to add."""


def against(
    earlier: Mapping[str, Remembered],
    found: Sequence[Finding],
    *,
    now: datetime,
    unread: frozenset[FindingKind],
    told_at: datetime | None = None,
) -> tuple[Tracked, ...]:
    """The findings of a run against the earlier ones, by key: new, open, back; and what was open and is fixed.

    Of a kind in `unread` nothing is called fixed: it was not looked for. `told_at`: when people were told last; what was
    seen first, or came back, since then is new or back to them, whatever looked in between. None compares with the
    newest look of any kind.
    """
    tracked = [_tracked(earlier.get(finding.key), finding, now, told_at) for finding in found]
    there = {finding.key for finding in found}
    for key, before in earlier.items():
        if key not in there and before.fixed_at is None and before.finding.kind not in unread:
            tracked.append(
                Tracked(
                    key=key,
                    finding=before.finding,
                    standing=Standing.FIXED,
                    first_seen=before.first_seen,
                    last_seen=before.last_seen,
                )
            )
    return tuple(tracked)


def _tracked(before: Remembered | None, finding: Finding, now: datetime, told_at: datetime | None) -> Tracked:
    if before is None:
        return Tracked(key=finding.key, finding=finding, standing=Standing.NEW, first_seen=now, last_seen=now)
    quiet = before.quiet(finding, now)
    standing = Standing.OPEN
    if before.fixed_at is not None and (told_at is not None or before.last_seen <= before.fixed_at):
        standing = Standing.BACK
    elif told_at is not None and before.first_seen > told_at:
        standing = Standing.NEW
    return Tracked(
        key=finding.key,
        finding=finding,
        standing=standing,
        first_seen=before.first_seen,
        last_seen=now,
        quiet=quiet,
        accepted_by=before.accepted_by if quiet else "",
        accepted_why=before.accepted_why if quiet else "",
        quiet_until=before.quiet_until if quiet else None,
        spoken=before.spoken,
    )


class Fixer(StrEnum):
    """Who made a finding go away."""

    DECISION = "decision"
    """A decision of ours."""
    INTACCT = "intacct"
    """Somebody in Intacct."""
    SOURCE = "source"
    """Somebody at the source: it is no longer used there."""
    UNKNOWN = "unknown"


def who_fixed(
    finding: Finding, world: TwoVocabularies, vocabulary: Vocabulary, *, ours: frozenset[str]
) -> tuple[Fixer, str]:
    """Who fixed it and the name of the person where that can be told. `ours`: term names that a decision wrote since."""
    if finding.kind is FindingKind.CUSTOMER_DEFAULT:
        return _who_fixed_default(finding, world, vocabulary, ours)
    if finding.kind not in FAILING:
        return Fixer.UNKNOWN, ""
    name = finding.names[0]
    told = _who_made_active(name, vocabulary, ours)
    if told is not None:
        return told
    used = {each.name for each in world.source if each.in_use}
    return (Fixer.SOURCE, "") if name not in used else (Fixer.UNKNOWN, "")


def _who_made_active(name: str, vocabulary: Vocabulary, ours: frozenset[str]) -> tuple[Fixer, str] | None:
    """Who last changed the active AR term of this name; None where there is none."""
    match = vocabulary.match(name, nearest=False)
    if match.kind is not MatchKind.EXACT or match.term is None:
        return None
    if name in ours:
        return Fixer.DECISION, ""
    return Fixer.INTACCT, match.term.modified_by or match.term.created_by


def _who_fixed_default(
    finding: Finding, world: TwoVocabularies, vocabulary: Vocabulary, ours: frozenset[str]
) -> tuple[Fixer, str]:
    """Who put a customer's default right: whoever has the term active now, or the side on which it was changed.

    Who changed a customer's record is not read.
    """
    now = next((each for each in world.customers or () if each.customer_id == finding.subject), None)
    if now is None or now.books_term != finding.names[0]:
        return Fixer.INTACCT, ""
    if finding.rules:
        return _who_made_active(finding.names[0], vocabulary, ours) or (Fixer.UNKNOWN, "")
    return Fixer.SOURCE, ""
