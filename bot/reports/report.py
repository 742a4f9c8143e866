"""What one run found, as a report tells it: its findings by what they ask of people, and the weeks before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from bot.reports.weeks import Week
from bot.terms.drift import FAILING, Amount, FindingKind, Standing, Tracked, TwoVocabularies
from bot.terms.standard import Holders


class Strand(StrEnum):
    """What the chart shows a finding as: few enough to be told apart."""

    MISSING = "Missing in Intacct"
    INACTIVE = "Inactive in Intacct"
    UNLIKE = "Another spelling or name"
    DEFAULTS = "Customer defaults"
    RULES = "One name, two rules"
    TIDYING = "To tidy up"


STRANDS: Mapping[FindingKind, Strand] = {
    FindingKind.MISSING: Strand.MISSING,
    FindingKind.INACTIVE: Strand.INACTIVE,
    FindingKind.LOOKALIKE: Strand.UNLIKE,
    FindingKind.OTHER_NAME: Strand.UNLIKE,
    FindingKind.CUSTOMER_DEFAULT: Strand.DEFAULTS,
    FindingKind.RULE_DIFFERS: Strand.RULES,
    FindingKind.SEVERAL_NAMES: Strand.TIDYING,
    FindingKind.OVERRIDDEN: Strand.TIDYING,
    FindingKind.UNREADABLE: Strand.TIDYING,
    FindingKind.UNUSED: Strand.TIDYING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekCounts:
    """How many findings were open at the end of one week's run."""

    week: Week
    counts: Mapping[Strand, int]
    partial: bool = False
    """That run could not read everything."""
    reported: bool = True
    """False for a week that had no report, between others that had one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a run cost, in requests."""

    intacct: int
    billing: int
    month: int = 0
    """Requests to Intacct this month."""
    limit: int | None = None
    """What the contract allows a month; None where it is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedBy:
    """Who made a finding go away, in words for a person."""

    key: str
    """The finding's."""
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One company's report."""

    company: str
    at: datetime
    week: Week
    covers: tuple[Week, ...]
    """The weeks that it speaks for: more than one after a silence."""
    tracked: tuple[Tracked, ...]
    world: TwoVocabularies
    """What was read, for the workbook."""
    house: tuple[str, ...] = ()
    """The company's own names for its terms, the preferred ones first."""
    holders: Holders | None = None
    """Who holds the terms that could be made inactive; None where nobody was asked."""
    missing: tuple[str, ...] = ()
    """Sentences: what could not be read. The report is PARTIAL where there is any."""
    untold: tuple[str, ...] = ()
    """Sentences: what this company's two systems can never tell."""
    history: tuple[WeekCounts, ...] = ()
    """The weeks before and this one, oldest first, twelve at most."""
    cost: Cost = field(default_factory=lambda: Cost(intacct=0, billing=0))
    fixed_by: tuple[FixedBy, ...] = ()
    avoided: int = 0
    """Findings that the daily look found before they failed, since the last report."""
    cases: Mapping[str, int] = field(default_factory=dict)
    """A finding's key → the id of the case about it, where one is open."""

    def standing(self, *standings: Standing) -> tuple[Tracked, ...]:
        """Its findings of these standings that are not kept quiet."""
        return tuple(each for each in self.tracked if each.standing in standings and not each.quiet)

    @property
    def open(self) -> tuple[Tracked, ...]:
        """What is there now and not kept quiet."""
        return self.standing(Standing.NEW, Standing.OPEN, Standing.BACK)

    @property
    def failing(self) -> tuple[Tracked, ...]:
        """What makes a sync fail, with the first invoice that comes."""
        return tuple(each for each in self.open if each.finding.kind in FAILING)

    @property
    def will_fail(self) -> tuple[Tracked, ...]:
        """What makes the next sync fail: invoices wait for it."""
        return tuple(each for each in self.failing if each.finding.invoices)

    @property
    def quiet(self) -> int:
        """Findings that somebody accepted or put off."""
        return sum(each.quiet and each.standing is not Standing.FIXED for each in self.tracked)

    def counts(self) -> WeekCounts:
        """What the chart's newest column shows."""
        counted: dict[Strand, int] = dict.fromkeys(Strand, 0)
        for each in self.open:
            counted[STRANDS[each.finding.kind]] += 1
        return WeekCounts(week=self.week, counts=counted, partial=bool(self.missing))


def sums(amounts: Iterable[Amount]) -> tuple[Amount, ...]:
    """One total a currency, the largest first. Credits are left apart: they are not netted."""
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for each in amounts:
        if each.amount > 0:
            totals[each.currency] += each.amount
    return tuple(
        Amount(amount=total, currency=currency)
        for currency, total in sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    )


def at_risk(tracked: Sequence[Tracked]) -> tuple[Amount, ...]:
    """What these findings put at risk: one total a currency, largest first."""
    return sums(amount for each in tracked for amount in each.finding.at_risk)
