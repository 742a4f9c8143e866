"""The journal's commands beside the running sandbox and after it was killed, as a person and an auditor use them."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.story.running import Running


def command(running: Running, *arguments: str) -> tuple[int, str]:
    """One of the commands, in the folder in which the bot runs; the exit code and all that it said."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", "journal", *arguments],
        cwd=running.folder,
        env={k: v for k, v in running.environment().items() if k != "PORT"},
        capture_output=True,
        text=True,
        timeout=90,
    )
    return done.returncode, done.stdout + done.stderr


def checked(file: Path) -> tuple[int, str]:
    """What the export's own program says of it."""
    folder = file.with_suffix("")
    with zipfile.ZipFile(file) as pack:
        pack.extractall(folder)
    done = subprocess.run([sys.executable, "-I", "check.py"], cwd=folder, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_what_was_done_in_the_sandbox_can_be_proved_while_it_runs_and_after(running: Running) -> None:
    running.control("sync")
    running.press("controller", running.card("Net 45", "missing in Intacct"), "case.create")
    number = running.card("Net 45", "is in Intacct")["text"].split("case ")[1].split()[0].strip(".,·")

    code, words = command(running, "verify")
    assert code == 0, words
    assert "acme: whole, " in words
    assert "proved up to entry " in words, "the day's anchor was published"

    code, words = command(running, "show", number)
    assert code == 0, words
    assert "decided: approve; create 'Net 45'" in words
    assert "sends create_arterm to Intacct" in words

    code, words = command(running, "export", number, "--out", "case.zip")
    assert code == 0, words
    code, words = checked(running.folder / "case.zip")
    assert code == 0, words
    page = (running.folder / "case" / "summary.html").read_text()
    assert "Dan" in page, "people are called by their names"

    today = datetime.now(UTC).date()
    days = ("--from", str(today - timedelta(days=1)), "--to", str(today + timedelta(days=1)))
    code, words = command(running, "export", *days, "--out", "days.zip")
    assert code == 0, words
    assert "Intacct: " in words
    assert checked(running.folder / "days.zip")[0] == 0
    assert f"case {number}, approved by " in (running.folder / "days" / "summary.html").read_text()

    running.kill()
    code, words = command(running, "verify")
    assert code == 0, words
    for secret in ("sandbox-sender-password", "sandbox-reader-password", "sandbox-writer-password", "xoxb-", "xapp-"):
        for folder in ("case", "days"):
            for file in (running.folder / folder).rglob("*.*"):
                assert secret not in file.read_text(), file
