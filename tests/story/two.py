"""Several processes of the real bot on one database, against one sandbox, in HTTP mode."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests
from slack_sdk.signature import SignatureVerifier

from tests.story.running import ALERTS, ROOT, Running, free_port

TEAM = "T0ACME"


class BotProcess:
    """One `python app.py` that listens for signed requests."""

    def __init__(self, settings: dict[str, str], folder: Path, database_url: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._log = (folder / "log").open("a+")
        kept = {k: v for k, v in os.environ.items() if not re.match(r"SLACK_|INTACCT_|BILL_|DATABASE_URL", k)}
        changed = {"PORT": str(self.port), "SLACK_APP_TOKEN": "", "DATABASE_URL": database_url}
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py")],
            cwd=folder,
            env=kept | {"PYTHONPATH": str(ROOT)} | settings | changed,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def listening(self) -> None:
        """Returns once it takes requests."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self._log.seek(0)
        assert "listening" in line, self._log.read()

    def send(self, body: str, kind: str) -> int:
        """What Slack would send, signed as Slack signs; the status of the acknowledgement."""
        stamp = str(int(time.time()))
        signature = SignatureVerifier("sandbox-signing-secret").generate_signature(timestamp=stamp, body=body)
        headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature or "", "Content-Type": kind}
        return requests.post(
            f"{self.address}/slack/events", data=body.encode(), headers=headers, timeout=30
        ).status_code

    def click(self, user: str, card: dict[str, Any], action_id: str, *, at: str) -> int:
        """A person's click on a button of a card, made at a moment of its own."""
        row = next(block for block in card["blocks"] if block["type"] == "actions")
        pressed = next(element for element in row["elements"] if element["action_id"] == action_id)
        payload = {
            "type": "block_actions",
            "team": {"id": TEAM},
            "user": {"id": user, "team_id": TEAM},
            "channel": {"id": ALERTS},
            "container": {"type": "message", "channel_id": ALERTS, "message_ts": card["ts"]},
            "trigger_id": f"1.2.{at}",
            "response_url": "",
            "actions": [
                {
                    "type": "button",
                    "action_id": action_id,
                    "block_id": row["block_id"],
                    "value": pressed["value"],
                    "action_ts": at,
                }
            ],
        }
        return self.send(urlencode({"payload": json.dumps(payload)}), "application/x-www-form-urlencoded")

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Ends it; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(40)
        finally:
            self._log.close()


@contextmanager
def emulators(folder: Path) -> Iterator[tuple[Running, dict[str, str]]]:
    """The emulators alone: their controls, and the settings by which a client reaches them."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "sandbox", "--json", "--port", "0", "--folder", str(folder / "sandbox")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    settings: dict[str, str] = json.loads(process.stdout.readline())
    world = Running(folder)
    world.address = f"http://127.0.0.1:{settings['PORT']}"
    world.slack.base_url = f"{world.address}/sandbox/slack/api/"
    (folder / "log").touch()
    try:
        yield world, settings
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


@contextmanager
def bots(settings: dict[str, str], folder: Path, database_url: str, count: int = 2) -> Iterator[list[BotProcess]]:
    """So many processes on one database, all of them listening; ended with the block."""
    with ExitStack() as ending:
        started = []
        for number in range(count):
            bot = BotProcess(settings, folder / f"bot-{number}", database_url)
            ending.callback(bot.stop)
            started.append(bot)
        for bot in started:
            bot.listening()
        yield started
