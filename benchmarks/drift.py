"""What a look for drift costs over N, 4N and 16N invoices: grouped, paged, and date by date; a large report.

    python -m benchmarks.drift [--invoices 62500 250000 1000000] [--rounds 3]

The emulated gateway runs in a process of its own, and each figure is taken in a fresh one, so that memory is the client's.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import requests

from benchmarks.rounds import Figures, Rows, emulators, keep, measured, several
from benchmarks.signing import ADDRESS, books

INVOICES = (62_500, 250_000, 1_000_000)
TERMS = 5_000
FINDINGS = 5_000
TERM_NAMES = ("Net 30", "Net 15", "Net 45", "Net 60", "Due on receipt", "2% 10 Net 30", "N60", "Net 90")
"""Those of the emulated gateway's many invoices."""


def main() -> None:
    """Measures, prints one table, writes JSON."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--invoices", type=int, nargs="+", default=list(INVOICES))
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--child", help=argparse.SUPPRESS)
    asked.add_argument("--url", default="", help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.child:
        name, _, size = options.child.partition(":")
        print(json.dumps(_dates(options.url, int(size)) if size else CHILDREN[name](options.url)))
        return
    rows: Rows = {}
    for invoices in options.invoices:
        rows |= use(invoices, options.rounds)
    rows[f"comparing {TERMS:,} with {TERMS:,} terms"] = children("compare", options.rounds)
    for part in ("card", "workbook", "picture"):
        rows[f"{FINDINGS:,} findings to a {part}"] = children(part, options.rounds)
    rows[f"{FINDINGS:,} findings to all three"] = children("report", options.rounds)
    keep("drift", rows)


def children(child: str, rounds: int, url: str = "") -> list[Figures]:
    """The figures of so many fresh processes."""
    return several(rounds, "drift", "--child", child, "--url", url)


# The use of each term, over a gateway with so many invoices


def use(invoices: int, rounds: int) -> Rows:
    """Grouped and paged on one gateway; the requests are those that it received."""
    with emulators("--bare", "--invoices", str(invoices)) as settings:
        url = settings["SANDBOX"]
        for name in TERM_NAMES:
            term = {"name": name, "days": 30}
            requests.post(f"{url}/sandbox/control/ar-term", json=term, timeout=60).raise_for_status()
        found = {"grouped": children("use", rounds, url)}
        dates = children(f"dates:{invoices}", rounds if invoices <= INVOICES[0] else 1, url)
        fault = {"service": "intacct", "method": "query", "fault": "no_grouping", "times": 1_000_000}
        requests.post(f"{url}/sandbox/control/faults", json=fault, timeout=30).raise_for_status()
        found["paged"] = children("use", rounds if invoices <= INVOICES[0] else 1, url)
    for paged in found["paged"]:
        paged["times the requests"] = paged["requests"] / found["grouped"][0]["requests"]
    rows = {f"use over {invoices:,} invoices, {how}": figures for how, figures in found.items()}
    return rows | {f"the dates of {invoices:,} invoices, one by one": dates}


def _use(url: str) -> Figures:
    client, counted = books(url + ADDRESS)
    client.terms()
    counted.sent = 0
    figures = measured(client.term_use)
    client.close()
    return {"requests": counted.sent, **figures}


# The due dates of single invoices


class _Billed:
    """A billing system with the gateway's invoices, made as they are asked for. One of a thousand is due otherwise.

    It stands for BILL without its requests, one for each hundred invoices, which are not measured here.
    """

    label = "the benchmark's billing system"

    def __init__(self, invoices: int) -> None:
        self._invoices = invoices

    def terms(self) -> Any:
        from bot.billing.source import SourceTerm

        return [SourceTerm(source_id=name, name=name, days=30) for name in TERM_NAMES]

    def customer_terms(self) -> Any:
        return ()

    def find(self, numbers: Any) -> Any:
        return dict.fromkeys(numbers, ())

    def changed(self, since: Any, dated_from: Any) -> Any:
        """All of the year's, as `fill` has drawn them."""
        from bot.billing.source import BilledInvoice, TermOrigin
        from bot.sandbox.intacct.filling import CUSTOMERS

        del since, dated_from
        dice, today = random.Random(7), datetime.now(UTC).date()
        for number in range(1, self._invoices + 1):
            dated = today - timedelta(days=dice.randrange(30, 395) - 30)
            customer = dice.choice(CUSTOMERS)
            amount = Decimal(dice.randrange(1_000, 2_000_000)) / 100
            yield BilledInvoice(
                source_id=str(number),
                number=f"BULK-{number:07d}",
                customer_id=customer[0],
                customer_name=customer[1],
                term_name=dice.choice(TERM_NAMES),
                term_origin=TermOrigin.INVOICE,
                invoice_date=dated,
                due_date=dated + timedelta(days=30 if number % 1_000 else 31),
                amount=amount,
                balance=amount,
                currency="USD",
            )


class _Odd:
    """Odd dates in memory, by the dates that they have, as a run that keeps nothing holds them."""

    def __init__(self) -> None:
        from bot.reports.dates import Fold

        self._fold = Fold()

    def begin(self, *, whole: bool) -> None:
        del whole

    def replace(self, numbers: Any, odd: Any) -> None:
        del numbers
        for each in odd:
            self._fold.add([each])

    def before(self) -> Any:
        return iter(())

    def told(self) -> Any:
        return self._fold.told()


def _dates(url: str, invoices: int) -> Figures:
    """A first look: everything is read, and each of the year's invoices compared with its record in Intacct."""
    from types import SimpleNamespace
    from zoneinfo import ZoneInfo

    from bot.reports.reading import Reading

    client, counted = books(url + ADDRESS)
    client.terms()
    counted.sent = 0
    company: Any = SimpleNamespace(books=client, source=_Billed(invoices), entity="", zone=ZoneInfo("UTC"), key="acme")
    looks: list[Any] = []
    figures = measured(lambda: looks.append(Reading(company).look(datetime.now(UTC), None, _Odd())))
    client.close()
    (look,) = looks
    assert not look.missing, look.missing
    found = sum(each.alike for each in look.world.dated)
    assert found == invoices // 1_000, found
    return {"requests": counted.sent, **figures}


# The comparison, and a large report


def _world() -> Any:
    from bot.terms.drift import Amount, CustomerDefault, Example, SourceName, TwoVocabularies
    from bot.terms.term import ArTerm, DueFrom, DueRule, PaymentTerm

    now = datetime(2026, 11, 23, 8, tzinfo=UTC)
    example = Example(subject="INV-1042", link="https://app.bill.com/invoice/1", detail="Globex, dated 2026-11-02")
    source = tuple(
        SourceName(
            name=f"Contract {n} net {n % 900 + 1}",
            days=n % 900 + 1,
            invoices=9,
            waiting=3,
            at_risk=(Amount(amount=Decimal(n), currency=("USD", "EUR")[n % 2]),),
            examples=(example,) * 3,
        )
        for n in range(TERMS)
    )
    books = tuple(
        ArTerm(
            record_no=str(n),
            name=f"Agreement {n} net {n % 900 + 1}",
            active=n % 7 != 0,
            rule=PaymentTerm(due=DueRule(n % 900 + 1, DueFrom.INVOICE_DATE)),
            created_at=now - timedelta(days=900),
        )
        for n in range(TERMS)
    )
    customers = tuple(
        CustomerDefault(
            customer_id=f"C{n}", customer_name=f"Customer {n}", books_term=f"Agreement {n} net {n % 900 + 1}"
        )
        for n in range(TERMS)
    )
    return TwoVocabularies(today=now.date(), source=source, books=books, book_uses={}, customers=customers)


def _compare(_url: str) -> Figures:
    from bot.terms.drift import find

    world = _world()
    found: list[int] = []
    figures = measured(lambda: found.append(len(find(world))))
    return {**figures, "findings": float(found[0])}


def _report() -> Any:
    from bot.reports.report import Report, Strand, WeekCounts
    from bot.reports.weeks import Week
    from bot.terms.drift import Standing, Tracked, find

    now, week, world = datetime(2026, 11, 23, 8, tzinfo=UTC), Week(2026, 48), _world()
    found = find(world)[:FINDINGS]
    assert len(found) == FINDINGS
    tracked = tuple(Tracked(key=f.key, finding=f, standing=Standing.NEW, first_seen=now, last_seen=now) for f in found)
    weeks = tuple(WeekCounts(week=week.plus(n - 11), counts=dict.fromkeys(Strand, 300 + n * 40)) for n in range(12))
    return Report(company="acme", at=now, week=week, covers=(week,), tracked=tracked, world=world, history=weeks)


def _made(parts: tuple[str, ...]) -> Figures:
    from bot.reports import chart
    from bot.reports.workbook import workbook
    from bot.slack.cards.report import report_card

    report = _report()
    making: dict[str, Callable[[], object]] = {
        "card": lambda: report_card(report, 1, with_chart=True, links={}),
        "workbook": lambda: workbook(report),
        "picture": lambda: chart.png(report.history),
    }
    assert "matplotlib" not in sys.modules
    figures = measured(lambda: [making[part]() for part in parts])
    assert ("matplotlib" in sys.modules) is ("picture" in parts)
    return figures


CHILDREN: dict[str, Callable[[str], Figures]] = {
    "use": _use,
    "compare": _compare,
    "card": lambda _: _made(("card",)),
    "workbook": lambda _: _made(("workbook",)),
    "picture": lambda _: _made(("picture",)),
    "report": lambda _: _made(("card", "workbook", "picture")),
}


if __name__ == "__main__":
    main()
