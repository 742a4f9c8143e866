"""The sandbox as a child process of the bot: started, taken over after a crash of the bot, ended with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import requests

from bot.settings import SLACK_SIGNS, set_names

START_S = 60
END_S = 10
FOLDER = "sandbox"
"""Of the sandbox, within the bot's own folder."""
NOTE = "running.json"
ANCHORS = "anchors.jsonl"
"""The sandbox's `JOURNAL_ANCHOR`, within the bot's own folder."""


def noted_settings(folder: Path) -> dict[str, str] | None:
    """The settings of the sandbox that runs, or ran last, in the bot's folder; None where none is noted."""
    try:
        note = json.loads((folder / FOLDER / NOTE).read_text(encoding="utf-8"))
        return {str(name): str(value) for name, value in note["settings"].items()}
    except (OSError, ValueError, KeyError, AttributeError):
        return None


def sandbox_beside(folder: Path) -> dict[str, str] | None:
    """The settings of the sandbox that a command is run beside; None where the real bot is meant, or none is noted."""
    return None if any(name in set_names() for name in SLACK_SIGNS) else noted_settings(folder)


class SandboxStartError(Exception):
    """The sandbox does not run; the words say why and what to do."""


class SandboxChild:
    """The emulators in a process of their own, so that killing the bot spares them."""

    def __init__(self, folder: Path, port: int, *, two_companies: bool = False) -> None:
        """`two_companies`: it is to have its second company, whether or not it had it before."""
        self._folder = folder
        self._port = port
        self._two_companies = two_companies
        self._note = folder / NOTE
        self._pid: int | None = None

    def start(self) -> dict[str, str]:
        """The settings that its clients take. Goes on with the sandbox of this folder where one still runs.

        Raises SandboxStartError, for a busy port too.
        """
        running = self._running()
        if running is not None:
            pid, settings = running
            if "COMPANIES_FILE" in settings or not self._two_companies:
                self._pid = pid
                return settings
            _end(pid)  # it is started again with what it lacks; all that it holds is in its folder
        self._folder.mkdir(parents=True, exist_ok=True)
        errors = self._folder / "errors.log"
        child = subprocess.Popen(  # noqa: S603  # our own module
            [
                sys.executable,
                "-m",
                "bot",
                "sandbox",
                "--json",
                "--port",
                str(self._port),
                "--folder",
                str(self._folder),
                *(["--two-companies"] if self._two_companies else []),
            ],
            stdout=subprocess.PIPE,
            stderr=errors.open("w", encoding="utf-8"),
            text=True,
            start_new_session=True,
        )
        line = child.stdout.readline() if child.stdout else ""
        if not line:
            child.wait(START_S)
            words = errors.read_text(encoding="utf-8")
            raise SandboxStartError(words.strip() or f"The sandbox ended at once, with exit code {child.returncode}.")
        values: dict[str, str] = json.loads(line)
        self._pid = child.pid
        self._note.write_text(json.dumps({"pid": child.pid, "settings": values}), encoding="utf-8")
        self._await(values)
        return values

    def end(self) -> None:
        """Ends the sandbox; what it holds is kept in its folder."""
        if self._pid is None:
            return
        _end(self._pid)
        self._note.unlink(missing_ok=True)
        self._pid = None

    def end_earlier(self) -> None:
        """Ends the sandbox that a killed bot left running on this folder."""
        running = self._running()
        if running is not None:
            _end(running[0])

    def _running(self) -> tuple[int, dict[str, str]] | None:
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            pid, values = int(note["pid"]), dict(note["settings"])
            told = requests.get(f"http://127.0.0.1:{values['PORT']}/sandbox/control/state", timeout=2).json()
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return (pid, values) if told.get("pid") == pid and self._port in (0, int(values["PORT"])) else None

    def _await(self, values: dict[str, str]) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            try:
                requests.get(f"http://127.0.0.1:{values['PORT']}/sandbox/control/clock", timeout=2)
            except requests.RequestException:
                time.sleep(0.05)
            else:
                return
        raise SandboxStartError("The sandbox did not answer within a minute.")


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    deadline = time.monotonic() + END_S
    while time.monotonic() < deadline:
        try:
            if os.waitpid(pid, os.WNOHANG)[0]:
                return
        except ChildProcessError:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
