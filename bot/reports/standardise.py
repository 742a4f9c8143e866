"""One name a rule: the proposals that a report's findings lead to."""

from __future__ import annotations

from dataclasses import dataclass

from bot.cases.withdrawing.holders import NOTHING_READ
from bot.reports.report import Report
from bot.terms.standard import Standard, standards


@dataclass(frozen=True, slots=True, kw_only=True)
class Standardisation:
    """What could be brought to one name a rule in one company, and what each step would have prevented."""

    report: Report
    """The run that it rests on."""
    standards: tuple[Standard, ...]
    """The one that prevents most first."""
    looked: bool
    """Whether it was looked at who holds the terms; without that nothing is said to be free to be retired."""

    @property
    def prevented(self) -> int:
        """Invoices of the last year that a sync would refuse by today's terms, and would not afterwards."""
        return sum(each.prevented for each in self.standards)


def of_report(report: Report) -> Standardisation:
    """What a report's run leads to, by what it read of who holds the terms. Pure."""
    found = standards(report.world, holders=report.holders or NOTHING_READ, house=report.house)
    return Standardisation(report=report, standards=found, looked=report.holders is not None)
