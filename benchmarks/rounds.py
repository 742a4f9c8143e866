"""What the harnesses share: figures of a round, fresh processes to take them in, one table, and JSON."""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
Figures = dict[str, float]
"""What one round gave: each figure by its name, which holds its unit."""
Rows = dict[str, list[Figures]]
"""What was measured, to its rounds."""


def measured(work: Callable[[], object]) -> Figures:
    """Seconds of wall and of CPU, and by how much the process's peak of memory grew, in MiB."""
    before, cpu, began = peak(), time.process_time(), time.perf_counter()
    work()
    seconds, spent = time.perf_counter() - began, time.process_time() - cpu
    return {"seconds": seconds, "CPU seconds": spent, "peak growth MiB": peak() - before, "peak MiB": peak()}


def peak() -> float:
    """The most memory that this process ever held, in MiB (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def fresh(module: str, *arguments: str, python: str = sys.executable) -> Figures:
    """The figures that a process of its own prints as JSON, so that its peak of memory is its own."""
    command = [python, "-m", f"benchmarks.{module}", *arguments]
    figures: Figures = json.loads(subprocess.check_output(command, cwd=ROOT))
    return figures


def several(rounds: int, module: str, *arguments: str, python: str = sys.executable) -> list[Figures]:
    """The figures of so many fresh processes."""
    return [fresh(module, *arguments, python=python) for _ in range(rounds)]


@contextmanager
def emulators(*arguments: str) -> Iterator[dict[str, str]]:
    """The sandbox's emulators with a company made to measure, in a process of their own; a client's settings."""
    command = [sys.executable, "-m", "benchmarks.emulated", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield json.loads(server.stdout.readline())
        finally:
            server.terminate()


def median(rounds: Sequence[Mapping[str, float]], figure: str) -> float:
    """The middle of a figure's rounds."""
    return statistics.median(each[figure] for each in rounds)


def table(rows: Rows) -> None:
    """One table: median, least and most of the rounds."""
    print(f"{'what':48}{'figure':>26}{'median':>12}{'min':>12}{'max':>12}{'rounds':>8}")
    for what, rounds in rows.items():
        for figure in rounds[0]:
            values = [each[figure] for each in rounds]
            shown = "".join(f"{each:>12,.2f}" for each in (statistics.median(values), min(values), max(values)))
            print(f"{what:48}{figure:>26}{shown}{len(values):>8}")


def keep(name: str, rows: Rows) -> None:
    """Prints the table and writes the rounds as JSON, with when and on what they were taken, and how busy it was.

    What was kept under the same name and measured something else stays, and is in the table.
    """
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name.replace(' ', '-')}.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "load": os.getloadavg()}
    at = datetime.now(UTC).isoformat(timespec="seconds")
    kept |= {what: {"at": at, "machine": machine, "rounds": rounds} for what, rounds in rows.items()}
    file.write_text(json.dumps(kept, indent=1) + "\n")
    table({what: taken["rounds"] for what, taken in kept.items()})
