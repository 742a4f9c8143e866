"""What a look for drift costs over N, 4N and 16N invoices, grouped and paged; the comparison; a large report.

    python benchmarks/drift.py [--invoices 62500 250000 1000000] [--rounds 3]

The emulated gateway runs in a process of its own, and each figure is taken in a fresh one, so that memory is the client's.
"""

from __future__ import annotations

import argparse
import json
import resource
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
INVOICES = (62_500, 250_000, 1_000_000)
TERMS = 5_000
FINDINGS = 5_000
Figures = dict[str, float]


def main() -> None:
    """Measures, prints one table, writes JSON."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--invoices", type=int, nargs="+", default=list(INVOICES))
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--serve", type=int, default=0, help=argparse.SUPPRESS)
    asked.add_argument("--child", choices=sorted(CHILDREN), help=argparse.SUPPRESS)
    asked.add_argument("--url", default="", help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.serve:
        serve(options.serve)
        return
    if options.child:
        print(json.dumps(CHILDREN[options.child](options.url)))
        return
    rows: dict[str, list[Figures]] = {}
    for invoices in options.invoices:
        rows |= use(invoices, options.rounds)
    rows[f"comparing {TERMS:,} with {TERMS:,} terms"] = several("compare", options.rounds)
    for part in ("card", "workbook", "picture"):
        rows[f"{FINDINGS:,} findings to a {part}"] = several(part, options.rounds)
    rows[f"{FINDINGS:,} findings to all three"] = several("report", options.rounds)
    table(rows)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "drift.json").write_text(json.dumps(rows, indent=1) + "\n")


def several(child: str, rounds: int, url: str = "") -> list[Figures]:
    """The figures of so many fresh processes."""
    command = [sys.executable, str(Path(__file__)), "--child", child, "--url", url]
    return [json.loads(subprocess.check_output(command, cwd=ROOT)) for _ in range(rounds)]


# The use of each term, over a gateway with so many invoices


def use(invoices: int, rounds: int) -> dict[str, list[Figures]]:
    """Grouped and paged on one gateway; the requests are those that it received."""
    with subprocess.Popen(
        [sys.executable, str(Path(__file__)), "--serve", str(invoices)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            found = {"grouped": several("use", rounds, url)}
            fault = {"service": "intacct", "method": "query", "fault": "no_grouping", "times": 1_000_000}
            requests.post(f"{url}/sandbox/control/faults", json=fault, timeout=30).raise_for_status()
            found["paged"] = several("use", rounds if invoices <= INVOICES[0] else 1, url)
        finally:
            server.terminate()
    for paged in found["paged"]:
        paged["times the requests"] = paged["requests"] / found["grouped"][0]["requests"]
    return {f"use over {invoices:,} invoices, {how}": figures for how, figures in found.items()}


def serve(invoices: int) -> None:
    """The emulators with a large company, until this process is ended."""
    import uvicorn  # noqa: PLC0415

    from bot.sandbox.intacct.filling import fill  # noqa: PLC0415
    from bot.sandbox.server import build  # noqa: PLC0415
    from bot.sandbox.world import World  # noqa: PLC0415

    world = World()
    fill(world, invoices)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    world.address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    print(world.address, flush=True)
    server = uvicorn.Server(uvicorn.Config(build(world), log_level="warning", lifespan="off", access_log=False))
    server.run(sockets=[listener])


class _Counted:
    """Lets every request through, and counts it."""

    def __init__(self) -> None:
        self.sent = 0

    def slot(self) -> nullcontext[None]:
        return nullcontext()

    def count(self, function: str) -> None:
        self.sent += function == "query"


def _use(url: str) -> Figures:
    from bot.intacct.client import Intacct  # noqa: PLC0415

    counted = _Counted()
    books = Intacct(
        url=f"{url}/sandbox/intacct/ia/xml/xmlgw.phtml",
        sender_id="sandbox",
        sender_password="sandbox-sender-password",
        company_id="acme",
        user_id="termkeeper-reader",
        user_password="sandbox-reader-password",
        writer_user_id="termkeeper-writer",
        writer_password="sandbox-writer-password",
        gate=counted,
        counter=counted,
    )
    books.terms()
    counted.sent = 0
    figures = measured(books.term_use)
    books.close()
    return {"requests": counted.sent, **figures}


def measured(work: Callable[[], object]) -> Figures:
    """Seconds of wall and of CPU, and by how much the process's peak of memory grew, in MiB."""
    before, cpu, began = peak(), time.process_time(), time.perf_counter()
    work()
    seconds, spent = time.perf_counter() - began, time.process_time() - cpu
    return {"seconds": seconds, "CPU seconds": spent, "peak growth MiB": peak() - before, "peak MiB": peak()}


def peak() -> float:
    """The most memory that this process ever held, in MiB (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# The comparison, and a large report


def _world() -> Any:
    from bot.terms.drift import Amount, CustomerDefault, Example, SourceName, TwoVocabularies  # noqa: PLC0415
    from bot.terms.term import ArTerm, DueFrom, DueRule, PaymentTerm  # noqa: PLC0415

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
    from bot.terms.drift import find  # noqa: PLC0415

    world = _world()
    found: list[int] = []
    figures = measured(lambda: found.append(len(find(world))))
    return {**figures, "findings": float(found[0])}


def _report() -> Any:
    from bot.reports.report import Report, Strand, WeekCounts  # noqa: PLC0415
    from bot.reports.weeks import Week  # noqa: PLC0415
    from bot.terms.drift import Standing, Tracked, find  # noqa: PLC0415

    now, week, world = datetime(2026, 11, 23, 8, tzinfo=UTC), Week(2026, 48), _world()
    found = find(world)[:FINDINGS]
    assert len(found) == FINDINGS
    tracked = tuple(Tracked(key=f.key, finding=f, standing=Standing.NEW, first_seen=now, last_seen=now) for f in found)
    weeks = tuple(WeekCounts(week=week.plus(n - 11), counts=dict.fromkeys(Strand, 300 + n * 40)) for n in range(12))
    return Report(company="acme", at=now, week=week, covers=(week,), tracked=tracked, world=world, history=weeks)


def _made(parts: tuple[str, ...]) -> Figures:
    from bot.reports import chart  # noqa: PLC0415
    from bot.reports.workbook import workbook  # noqa: PLC0415
    from bot.slack.cards.report import report_card  # noqa: PLC0415

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


def table(rows: dict[str, list[Figures]]) -> None:
    """One table: median, least and most of the rounds."""
    print(f"{'what':44}{'figure':>22}{'median':>12}{'min':>12}{'max':>12}{'rounds':>8}")
    for what, rounds in rows.items():
        for figure in rounds[0]:
            values = [each[figure] for each in rounds]
            shown = "".join(f"{each:>12,.2f}" for each in (statistics.median(values), min(values), max(values)))
            print(f"{what:44}{figure:>22}{shown}{len(values):>8}")


if __name__ == "__main__":
    main()
