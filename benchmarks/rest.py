"""The bot at rest: start to ready, then memory and CPU of bot and embedded PostgreSQL while nothing happens.

python -m benchmarks.rest [--rounds 5] [--seconds 60]
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from pathlib import Path

import psutil
import requests

from benchmarks.rounds import ROOT, Figures, Rows, emulators, keep
from benchmarks.subject import Subject, running

SETTLING_S = 20.0
"""What a start has begun (reading who may decide, what was posted meanwhile) is over by then."""
MIB = 1024 * 1024


def main() -> None:
    """Measures, prints one table, writes JSON."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--seconds", type=float, default=60.0, help="of rest in each round")
    options = asked.parse_args()
    rows: Rows = {"first start": [], "at rest": [], "later start": []}
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder, emulators() as settings:
            command = [sys.executable, str(ROOT / "app.py")]
            with running(command, settings, Path(folder)) as bot:
                rows["first start"].append(ready(bot))
                time.sleep(SETTLING_S)
                rows["at rest"].append(rest(bot.pid, options.seconds))
            with running(command, settings, Path(folder)) as bot:
                rows["later start"].append(ready(bot))
    keep("rest", rows)


def ready(bot: Subject) -> Figures:
    """Seconds from the process's start until it says that it takes events, and the CPU that it has used by then."""
    while time.monotonic() - bot.began < 60:
        with contextlib.suppress(requests.ConnectionError):
            if requests.get(f"http://127.0.0.1:{bot.port}/readyz", timeout=5).ok:
                after = time.monotonic() - bot.began
                return {"ready after s": after, "bot CPU s until ready": spent(psutil.Process(bot.pid))}
        time.sleep(0.01)
    raise RuntimeError("the bot did not get ready")


def rest(pid: int, seconds: float) -> Figures:
    """Memory in MiB and CPU in % of one core, of the bot and of its PostgreSQL, all processes of each.

    Pages that processes share count a part to each (PSS), as a sum of whole ones would count them many times.
    """
    bot, server = psutil.Process(pid), postmaster(pid)
    before, began = {head: spent(head) for head in (bot, server)}, time.monotonic()
    time.sleep(seconds)
    lasted = time.monotonic() - began
    used = {head: (spent(head) - before[head]) / lasted * 100 for head in (bot, server)}
    return {
        "bot MiB": memory(bot),
        "PostgreSQL MiB": memory(server),
        "bot CPU %": used[bot],
        "PostgreSQL CPU %": used[server],
        "both CPU %": sum(used.values()),
    }


def postmaster(pid: int) -> psutil.Process:
    """The head of the PostgreSQL that works in the bot's folder."""
    folder = psutil.Process(pid).cwd()
    found = (p for p in psutil.process_iter() if p.name() == "postgres" and any(folder in a for a in p.cmdline()))
    return next(found)


def spent(head: psutil.Process) -> float:
    """Seconds of CPU that a process and those it started have used, ended ones included."""
    own = head.cpu_times()
    total = own.user + own.system + own.children_user + own.children_system
    for child in head.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = child.cpu_times()
            total += times.user + times.system
    return float(total)


def memory(head: psutil.Process) -> float:
    """What a process and those it started hold, in MiB."""
    total = 0
    for process in (head, *head.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += process.memory_full_info().pss
    return total / MIB


if __name__ == "__main__":
    main()
