"""Reports for tests: a week with something of every kind, and a quiet one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bot.reports.report import Cost, FixedBy, Report, Strand, WeekCounts
from bot.reports.weeks import Week
from bot.terms.drift import (
    Amount,
    CustomerDefault,
    Example,
    Finding,
    FindingKind,
    SourceName,
    Standing,
    Tracked,
    TwoVocabularies,
    find,
)
from bot.terms.term import ArTerm
from tests.terms.test_drift import ar, dated, used, world

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
WEEK = Week(2026, 48)
UGLY = '=HYPERLINK("http://x")\x01\ud800Net\N{NO-BREAK SPACE}35 '


def tracked(finding: Finding, standing: Standing = Standing.NEW, *, quiet: bool = False) -> Tracked:
    since = NOW - timedelta(weeks=3)
    return Tracked(key=finding.key, finding=finding, standing=standing, first_seen=since, last_seen=NOW, quiet=quiet)


def history(weeks: int = 12) -> tuple[WeekCounts, ...]:
    return tuple(
        WeekCounts(
            week=WEEK.plus(n - weeks + 1),
            counts={strand: (n * (place + 2)) % 5 for place, strand in enumerate(Strand)},
            partial=n == 3,
        )
        for n in range(weeks)
    )


def everything() -> TwoVocabularies:
    source: list[SourceName] = [
        replace(used("Net 45", 45, waiting=7), at_risk=(Amount(amount=Decimal("9100"), currency="USD"),)),
        replace(used(UGLY, None, waiting=2), at_risk=(Amount(amount=Decimal("2150"), currency="EUR"),)),
        used("Net 90", 90, waiting=1),
        used("Net 20", 20, waiting=1),
        used("Net\N{NO-BREAK SPACE}80", 80),
        used("Net 30", 30),
        used("+Per contract", None),
    ]
    books: list[ArTerm] = [
        ar("Net 90", 90, active=False),
        ar("N20", 20),
        ar("Net 80", 80),
        ar("Net 30", 45),
        ar("+Per contract", 33),
        ar("Net 5", 5),
        ar("Net 6", 6),
        ar("N6", 6),
    ]
    uses = {"N20": 3, "Net 30": 9, "Net 6": 2, "N6": 1}
    customers = [CustomerDefault(customer_id="C1", customer_name="@Globex", books_term="Net 99", owner="jsmith")]
    rows = [dated("Net 30", 30, 45, f"INV-{n}") for n in range(12)] + [dated("Net 30", 37, 37, "INV-99")]
    return world(source, books, uses=uses, customers=customers, dated=rows)


def full() -> Report:
    seen = everything()
    rows = [tracked(finding) for finding in find(seen)]
    back = Finding(kind=FindingKind.INACTIVE, names=("Net 91",), invoices=1)
    gone = Finding(kind=FindingKind.MISSING, names=("Net 44",), examples=(Example(subject="INV-7"),))
    kept = Finding(kind=FindingKind.UNUSED, names=("Net 7",))
    rows += [
        tracked(back, Standing.BACK),
        tracked(gone, Standing.FIXED),
        replace(tracked(kept, Standing.OPEN, quiet=True), accepted_by="U0DAN", accepted_why="kept for one client"),
    ]
    return Report(
        company="acme",
        at=NOW,
        week=WEEK,
        covers=(WEEK,),
        tracked=tuple(rows),
        world=seen,
        history=history(),
        cost=Cost(intacct=6, billing=9, month=4112, limit=100_000),
        fixed_by=(FixedBy(key=gone.key, words="a decision of Dan's, case 9"),),
        avoided=2,
    )


def quiet() -> Report:
    seen = world([used("Net 30", 30)], [ar("Net 30", 30)])
    return Report(company="acme", at=NOW, week=WEEK, covers=(WEEK,), tracked=(), world=seen)
