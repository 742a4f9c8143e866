"""Reading alerts and matching names: milliseconds each, for N, 4N and 16N.

    python -m benchmarks.reading [--corpus FOLDER] [--rounds 5]

`--corpus`: a folder of alerts as JSON, each with its `event`; without one the alerts are BILL's plain messages.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks.events import alert
from benchmarks.rounds import Figures, Rows, keep
from bot.alerts import failures
from bot.terms.matching import Vocabulary
from bot.terms.term import ArTerm, DueFrom, DueRule, PaymentTerm

ALERTS = (250, 1_000, 4_000)
FAILURES = (25, 100, 400)
TERMS = (312, 1_250, 5_000)
NAMES = 200


def main() -> None:
    """Measures, prints one table, writes JSON."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--corpus", type=Path)
    asked.add_argument("--rounds", type=int, default=5)
    options = asked.parse_args()
    corpus = (
        [json.loads(file.read_text())["event"] for file in sorted(options.corpus.glob("*.json"))]
        if options.corpus
        else [alert("INV-1042")]
    )
    rows: Rows = {}
    for count in ALERTS:
        events = list(islice(cycle(corpus), count))
        rows[f"{count:,} alerts"] = [each(failures, events, "an alert") for _ in range(options.rounds)]
    for count in FAILURES:
        digest = alert("INV-1") | {"text": "\n".join(alert(f"INV-{n}")["text"] for n in range(count))}
        assert len(failures(digest)) == count
        rows[f"{count} failures in a message"] = [
            each(failures, [digest] * 5, "a message") for _ in range(options.rounds)
        ]
    for count in TERMS:
        vocabulary = Vocabulary(terms(count))
        rows[f"one name among {count:,} terms"] = [
            each(vocabulary.match, wanted(), "a name") for _ in range(options.rounds)
        ]
    keep("reading", rows)


def each(work: Callable[[Any], object], values: Sequence[Any], of: str) -> Figures:
    """Milliseconds of CPU a value on the average, and of the slowest."""
    taken = []
    for value in values:
        began = time.process_time_ns()
        work(value)
        taken.append((time.process_time_ns() - began) / 1e6)
    return {
        f"ms {of}": sum(taken) / len(taken),
        f"ms slowest of {of.removeprefix('a ').removeprefix('an ')}s": max(taken),
    }


def terms(count: int) -> list[ArTerm]:
    """Terms of many rules, every seventh inactive."""
    return [
        ArTerm(
            record_no=str(n),
            name=f"Agreement {n} net {n % 900 + 1}",
            active=n % 7 != 0,
            rule=PaymentTerm(due=DueRule(n % 900 + 1, DueFrom.INVOICE_DATE)),
        )
        for n in range(count)
    ]


def wanted() -> list[str]:
    """Names to match: there, there but for a character that looks alike, of the same rule, and of none."""
    kinds = ("Agreement {} net {}", "Agreement {}\N{NO-BREAK SPACE}net {}", "Contract {} net {}", "Prepaid {} of {}")
    return [kinds[n % len(kinds)].format(n, n % 900 + 1) for n in range(NAMES)]


if __name__ == "__main__":
    main()
