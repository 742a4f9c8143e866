"""A second start in one folder is one clear line, and the first goes on unharmed."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from tests.faults.house import ROOT
from tests.story.conftest import folder, running  # noqa: F401
from tests.story.running import ALERTS, Running, free_port


@pytest.mark.fault("Process: a second start on the embedded server")
def test_a_second_start_harms_nobody_and_hand_reading_works_beside_the_first(running: Running) -> None:  # noqa: F811
    for port, arguments in ((running.port, ()), (free_port(), ()), (running.port, ("--fresh",))):
        done = subprocess.run(
            [sys.executable, str(ROOT / "app.py"), *arguments],
            cwd=running.folder,
            env=running.environment() | {"PORT": str(port)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 1, (port, arguments)
        assert "Termkeeper cannot start: Another process (pid " in done.stderr
        assert "One bot owns it at a time" in done.stderr
        assert "Traceback" not in done.stderr
    words = "Invoice [INV-1042] cannot be created in Intacct: Could not retrieve the Sequence record!"
    running.control("message", {"channel": ALERTS, "event": {"text": words, "bot_id": "B0BILL"}})
    running.card("Net 45", "missing in Intacct")
    told = subprocess.run(
        [
            sys.executable,
            "-m",
            "bot",
            "backfill",
            "--since",
            time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400)),
        ],
        cwd=running.folder,
        env=running.environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert told.returncode == 0, told.stderr
    assert "0 taken in now, 1 known already" in told.stdout
