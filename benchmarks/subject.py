"""A bot under measurement, in a process and a folder of its own, reached by HTTP."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rounds import ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A bot that runs."""

    port: int
    pid: int
    began: float
    """When it was started, by the monotonic clock."""


@contextmanager
def running(command: Sequence[str], settings: Mapping[str, str], folder: Path) -> Iterator[Subject]:
    """Starts the bot in HTTP mode; it may not listen yet. Where the caller fails, the bot's log is shown."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    kept = {k: v for k, v in os.environ.items() if not re.match(r"SLACK_|INTACCT_|BILL_|DATABASE_URL", k)}
    environment = kept | dict(settings) | {"PORT": str(port), "SLACK_APP_TOKEN": "", "PYTHONPATH": str(ROOT)}
    with (folder / "bot.log").open("w") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
        try:
            yield Subject(port=port, pid=process.pid, began=time.monotonic())
        except BaseException:
            sys.stderr.write((folder / "bot.log").read_text()[-4000:])
            raise
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()  # the naive bot does not end while its listeners work


def await_port(port: int) -> None:
    """Returns a moment after somebody listens at the port."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(2.0)
                return
        time.sleep(0.1)
    raise RuntimeError("the bot did not start")
