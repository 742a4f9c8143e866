"""What to standardise: one name a rule over both systems, step by step, and what each step would have prevented."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from bot.terms.drift import DatedInvoice, SourceName, TwoVocabularies
from bot.terms.limits import name_trouble
from bot.terms.matching import MatchKind, Vocabulary
from bot.terms.term import ArTerm, DueFrom, PaymentTerm, canonical, in_words
from bot.terms.wording import readings
from bot.terms.xray import is_clean


class StepKind(StrEnum):
    """What a step changes, and where."""

    CREATE = "create"
    """The kept name is made in Intacct: a case with a decision."""
    REACTIVATE = "reactivate"
    """The kept name is there and inactive: made active again by a case with a decision."""
    RENAME = "rename"
    """The source calls its term by the kept name: for a person, at the source."""
    USE_INSTEAD = "use_instead"
    """Where the source keeps terms by their names alone: new invoices bear the kept name."""
    CHANGE_DEFAULT = "change_default"
    """A customer's default term in Intacct becomes the kept name: for a person, in Intacct."""
    RETIRE = "retire"
    """An AR term that nothing uses is made inactive: a case with a decision."""


class Holder(StrEnum):
    """What can hold on to an AR term, so that it must not be retired."""

    INVOICES = "invoices of the last year"
    OPEN_INVOICES = "open invoices"
    CUSTOMERS = "customers' default terms"
    RECURRING = "recurring invoices"
    ORDER_ENTRY = "Order Entry documents"
    TEMPLATES = "transaction templates"
    CONTRACTS = "contracts"
    SOURCE = "terms in use at the source"
    OTHER_ENTITIES = "other entities' records"
    """Which a sign-in to one entity does not see; they cannot name a term that is this entity's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change."""

    kind: StepKind
    name: str
    """The term that is changed, exactly; for a customer's default the term that it has."""
    to: str
    """The kept name."""
    subject: str = ""
    """The customer's id, for a default."""
    invoices: int = 0
    """Invoices of the last year that it concerns."""
    customers: int | None = None
    prevented: int = 0
    """Invoices of the last year that a sync would refuse by today's terms, and not once this and what stands before it
    is done."""
    blocked: tuple[str, ...] = ()
    """Why it cannot be done yet, in sentences; empty where it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """One rule, the name to keep for it, and the steps that lead there, in their order."""

    rule: PaymentTerm
    keep: str
    why: str
    """Why this name: in words."""
    names: tuple[str, ...]
    """Every name in use for the rule today, on either side."""
    steps: tuple[Step, ...]
    due_dates_changed: tuple[str, ...] | None = ()
    """Numbers of last year's invoices, those that wait included, that would have fallen due on another day under the
    kept term's rule; None where their dates were not read."""
    due_dates_more: int = 0
    """How many more there are that have the same dates as one of those."""

    @property
    def prevented(self) -> int:
        """Invoices of the last year that a sync would refuse by today's terms, and would not afterwards."""
        return sum(step.prevented for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holders:
    """Who holds on to AR terms, as far as it could be read."""

    by_term: Mapping[str, Mapping[Holder, int]] = field(default_factory=dict)
    """AR term name to how many of each kind hold it."""
    unread: frozenset[Holder] = frozenset()
    """What could not be read: it may hold any term."""


@dataclass(slots=True)
class _Names:
    """All that one rule is called."""

    source: list[SourceName] = field(default_factory=list)
    books: list[ArTerm] = field(default_factory=list)

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys([*(term.name for term in self.books if term.active), *(n.name for n in self.source)])
        )


def standards(world: TwoVocabularies, *, holders: Holders, house: Sequence[str] = ()) -> tuple[Standard, ...]:
    """The proposals, the one that prevents most first. Pure.

    `house`: names that the company has documented as its own; one of them is kept before any other.
    Names are only brought together where their whole rule is the same, discount and penalty included.
    """
    vocabulary = Vocabulary(world.books, entity=world.entity)
    dated: defaultdict[str, list[DatedInvoice]] = defaultdict(list)
    for invoice in world.dated or ():
        dated[invoice.term_name].append(invoice)
    made = []
    for rule, names in _by_rule(world).items():
        if len(names.all) > 1:
            made.append(_standard(rule, names, world, vocabulary, dated, holders, house))
    return tuple(sorted((each for each in made if each.steps), key=lambda each: (-each.prevented, each.keep)))


def _by_rule(world: TwoVocabularies) -> dict[PaymentTerm, _Names]:
    """The names in use by the rule that they say (source) or keep (Intacct); a source name that says no one rule is left out.

    So is an AR term whose name says another rule than its record: who bears it means what the name says.
    """
    grouped: dict[PaymentTerm, _Names] = {}
    for name in world.source:
        said = readings(name.name)
        if name.in_use and len(said) == 1:
            grouped.setdefault(canonical(said[0]), _Names()).source.append(name)
    for term in world.books:
        if term.rule is None or term.entity not in (None, world.entity):
            continue
        rule = canonical(term.rule)
        if not readings(term.name) or _says(term.name, rule):
            grouped.setdefault(rule, _Names()).books.append(term)
    return grouped


def _says(name: str, rule: PaymentTerm) -> bool:
    """Whether a name says this rule and no other."""
    said = readings(name)
    return len(said) == 1 and canonical(said[0]) == rule


def _standard(
    rule: PaymentTerm,
    names: _Names,
    world: TwoVocabularies,
    vocabulary: Vocabulary,
    dated: Mapping[str, Sequence[DatedInvoice]],
    holders: Holders,
    house: Sequence[str],
) -> Standard:
    keep, why = _keep(rule, names, world.book_uses or {}, house, vocabulary)
    first = tuple(_first(keep, rule, names, vocabulary))
    steps = [*first, *_at_source(world, names.source, keep, rule, vocabulary), *_defaults(world, names, keep)]
    steps += _retire(names.books, keep, holders)
    leaning = f"“{keep}” has to be active in Intacct first."
    if any(step.blocked for step in first):
        steps = [
            *first,
            *(replace(step, prevented=0, blocked=(leaning, *step.blocked)) for step in steps[len(first) :]),
        ]
    changed, more = _changed_dates(dated, names, rule)
    return Standard(
        rule=rule,
        keep=keep,
        why=why,
        names=names.all,
        steps=tuple(steps),
        due_dates_changed=None if world.dated is None else changed,
        due_dates_more=more,
    )


def _keep(
    rule: PaymentTerm, names: _Names, book_uses: Mapping[str, int], house: Sequence[str], vocabulary: Vocabulary
) -> tuple[str, str]:
    """The name to keep: documented, then clean and saying the rule, then already an active AR term, then most used.

    A name that Intacct cannot have for this rule is kept only where no other is left.
    """
    uses = dict.fromkeys(names.all, 0)
    for name in names.source:
        uses[name.name] += name.invoices
    for term in names.books:
        if term.active:
            uses[term.name] += book_uses.get(term.name, 0)
    documented = [name for name in house if _says(name, rule)]
    documented.sort(key=lambda name: bool(_in_the_way(name, rule, vocabulary)))
    if documented:
        return documented[0], "It is on the company's own list of terms."
    active = {term.name for term in names.books if term.active}
    saying = [name for name in uses if _says(name, rule)] or list(uses)
    able = [name for name in saying if not _in_the_way(name, rule, vocabulary)] or saying
    clean = [name for name in able if is_clean(name)] or able
    best = min(clean, key=lambda name: (-uses[name], name not in active, name))
    invoices = "1 invoice" if uses[best] == 1 else f"{uses[best]:,} invoices"
    reason = f"It is the most used of its clean names ({invoices} of the last year in both systems)."
    return best, reason


def _in_the_way(keep: str, rule: PaymentTerm, vocabulary: Vocabulary) -> str:
    """Why Intacct cannot have a name for a rule, in a sentence; empty where it can, or does."""
    if trouble := name_trouble(keep):
        return f"Intacct cannot hold the name: {trouble}"
    match = vocabulary.match(keep, nearest=False)
    there = match.term if match.kind in (MatchKind.EXACT, MatchKind.INACTIVE) else None
    if there is not None and (there.rule is None or canonical(there.rule) != rule):
        return f"Intacct has “{keep}” already, with another rule; a record's rule is never changed."
    return ""


def _first(keep: str, rule: PaymentTerm, names: _Names, vocabulary: Vocabulary) -> Iterable[Step]:
    """What makes the kept name an active AR term, where it is none."""
    trouble = _in_the_way(keep, rule, vocabulary)
    match = vocabulary.match(keep, nearest=False)
    if match.kind is MatchKind.EXACT and not trouble:
        return
    invoices = sum(name.invoices for name in names.source if name.name == keep)
    yield Step(
        kind=StepKind.REACTIVATE if match.kind is MatchKind.INACTIVE else StepKind.CREATE,
        name=keep,
        to=keep,
        invoices=invoices,
        prevented=0 if trouble else invoices,
        blocked=(trouble,) if trouble else (),
    )


def _at_source(
    world: TwoVocabularies, named: Sequence[SourceName], keep: str, rule: PaymentTerm, vocabulary: Vocabulary
) -> Iterable[Step]:
    """Renames, never a merge that the source cannot hold: it keeps no two terms of the same days."""
    others = [name for name in named if name.name != keep]
    has_keep = any(name.name == keep for name in world.source)
    renamed = False
    for name in sorted(others, key=lambda each: (-each.invoices, each.name)):
        match = vocabulary.match(name.name, nearest=False)
        failing = match.kind is not MatchKind.EXACT
        prevented = name.invoices if failing else 0
        by_name_alone = name.days is None
        twice = (
            f"The source would hold “{keep}” twice: it keeps other days for “{name.name}”, "
            "and invoices that bear it would fall due on another day."
        )
        other_days = (
            f"The source keeps {name.days} days for “{name.name}”, and “{keep}” says otherwise: "
            "the name alone would not make its invoices fall due as the books have them."
        )
        blocked = (
            *((twice,) if not by_name_alone and (has_keep or renamed) else ()),
            *((other_days,) if not _keeps(name, rule) else ()),
            *(() if failing or match.term is None else _other_rule(match.term, rule)),
        )
        yield Step(
            kind=StepKind.USE_INSTEAD if by_name_alone else StepKind.RENAME,
            name=name.name,
            to=keep,
            invoices=name.invoices,
            customers=name.customers,
            prevented=0 if blocked else prevented,
            blocked=blocked,
        )
        renamed = renamed or not by_name_alone


def _other_rule(term: ArTerm, rule: PaymentTerm) -> Iterable[str]:
    """Why invoices of an AR term would be under another rule by the kept name; nothing where they would not."""
    if term.rule is None or canonical(term.rule) != rule:
        has = f"“{in_words(term.rule)}”" if term.rule is not None else "a rule that could not be read"
        yield (
            f"Intacct has {has} for “{term.name}”, and the name says “{in_words(rule)}”: "
            "which of them holds has to be settled first."
        )


def _keeps(name: SourceName, rule: PaymentTerm) -> bool:
    """Whether the days that the source keeps for a term give the rule's due dates; it keeps none for some rules."""
    if name.days is None or rule.due.start is not DueFrom.INVOICE_DATE:
        return name.days is None
    return name.days == rule.due.days


def _defaults(world: TwoVocabularies, names: _Names, keep: str) -> Iterable[Step]:
    ours = {term.name for term in names.books} - {keep}
    for customer in world.customers or ():
        if customer.books_term in ours and customer.books_term is not None:
            blocked = () if readings(customer.books_term) else (_no_one_rule(customer.books_term),)
            yield Step(
                kind=StepKind.CHANGE_DEFAULT,
                name=customer.books_term,
                to=keep,
                subject=customer.customer_id,
                customers=1,
                blocked=blocked,
            )


def _no_one_rule(name: str) -> str:
    return f"“{name}” says no one rule: who writes it may mean another."


def _retire(terms: Sequence[ArTerm], keep: str, holders: Holders) -> Iterable[Step]:
    for term in sorted(terms, key=lambda each: each.name):
        if not term.active or term.name == keep:
            continue
        held = holders.by_term.get(term.name, {})
        holding = ", ".join(f"{holder.value} ({count:,})" for holder, count in sorted(held.items()) if count)
        blocked = [] if readings(term.name) else [_no_one_rule(term.name)]
        blocked += [f"Still held by: {holding}."] if holding else []
        unread = holders.unread - ({Holder.OTHER_ENTITIES} if term.entity is not None else set())
        if unread:
            blocked.append(f"Not known whether it is held by: {', '.join(sorted(unread))}.")
        yield Step(
            kind=StepKind.RETIRE,
            name=term.name,
            to=keep,
            invoices=held.get(Holder.INVOICES, 0),
            blocked=tuple(blocked),
        )


def _changed_dates(
    dated: Mapping[str, Sequence[DatedInvoice]], names: _Names, rule: PaymentTerm
) -> tuple[tuple[str, ...], int]:
    """Last year's invoices whose due date is not the one that the kept term's rule gives, those that wait included.

    Their numbers, and how many more there are with the same dates.
    """
    days = {name.name: name.days for name in names.source}
    changed, more = [number for name in names.source for number in name.due_otherwise], 0
    for invoice in (each for name in names.all for each in dated.get(name, ())):
        by_own = by_own_days(invoice.invoice_date, invoice.billed_due, days.get(invoice.term_name))
        if by_own and invoice.booked_due != rule.due_date(invoice.invoice_date):
            changed.append(invoice.number)
            more += invoice.alike - 1
    return tuple(dict.fromkeys(changed)), more


def due_otherwise(name: str, days: int | None, invoice_date: date, billed_due: date) -> bool:
    """Whether an invoice falls due at the source on another day than its term's name says, and not by somebody's hand."""
    said = readings(name)
    return (
        len(said) == 1 and billed_due != said[0].due_date(invoice_date) and by_own_days(invoice_date, billed_due, days)
    )


def by_own_days(invoice_date: date, billed_due: date, days: int | None) -> bool:
    """Whether the date at the source is what its own days give: one set by hand stays as it is anyway.

    `days`: that the source keeps for the term; where it keeps none, every date of its own may be meant.
    """
    return days is None or billed_due == invoice_date + timedelta(days=days)
