"""The bot and its sandbox as a user starts them, and the means to play people and look at what came of it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import requests
from slack_sdk import WebClient

ROOT = Path(__file__).parents[2]
ALERTS = "C0FINALERTS"
T = TypeVar("T")


def free_port() -> int:
    """A port that nobody uses just now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def until(look: Callable[[], T | None], what: str, seconds: float = 40) -> T:
    """Looks until there is something; fails saying what was awaited."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {what}")


class Running:
    """`python app.py` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.slack = WebClient(token="xoxb-sandbox-termkeeper", base_url=f"{self.address}/sandbox/slack/api/")
        self._process: subprocess.Popen[str] | None = None

    def environment(self) -> dict[str, str]:
        """Of the process: nothing of ours but the port."""
        kept = {k: v for k, v in os.environ.items() if not re.match(r"SLACK_|INTACCT_|BILL_|DATABASE_URL", k)}
        return kept | {"PORT": str(self.port), "PYTHONPATH": str(ROOT)}

    def start(self, *arguments: str) -> Running:
        """Starts it; returns once it says where it is."""
        self._log = (self.folder / "log").open("a+")
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py"), *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert "sandbox is at" in line, (line, self.errors())
        return self

    def errors(self) -> str:
        """What it has written to its standard error."""
        return (self.folder / "log").read_text()

    def kill(self) -> None:
        """`kill -9`: the bot alone; the sandbox lives on."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        return self._process.wait(40)

    def destroy(self) -> None:
        """Ends all that it started, at once: how it ends in good order is a story of its own."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        var = self.folder / "var"
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            os.kill(json.loads((var / "sandbox" / "running.json").read_text())["pid"], signal.SIGKILL)
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            # PostgreSQL's own signal for an immediate end of all its processes.
            os.kill(int((var / "postgres" / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)

    def control(self, name: str, body: dict[str, Any] | None = None) -> Any:
        """One of the sandbox's controls."""
        reply = requests.post(f"{self.address}/sandbox/control/{name}", json=body or {}, timeout=60)
        assert reply.ok, (name, body, reply.text)
        return reply.json()

    def act(self, **what: Any) -> Any:
        """Acts as a person."""
        return self.control("act", what)

    def views(self, user: str) -> list[dict[str, Any]]:
        """The views that are open before a person."""
        return list(requests.get(f"{self.address}/sandbox/control/views", params={"user": user}, timeout=10).json())

    def whispers(self, user: str, channel: str) -> list[dict[str, Any]]:
        """What one person alone sees in a channel, the newest last."""
        found = requests.get(
            f"{self.address}/sandbox/control/whispers", params={"user": user, "channel": channel}, timeout=10
        )
        return list(found.json())

    def calls(self, service: str, function: str) -> list[dict[str, Any]]:
        """The calls of one function that an emulator has received."""
        reply = requests.get(f"{self.address}/sandbox/control/log", params={"service": service}, timeout=10)
        return [call for call in reply.json() if call["function"] == function]

    def messages(self) -> list[dict[str, Any]]:
        """Everything in the alert channel, threads included."""
        found: list[dict[str, Any]] = []
        for root in self.slack.conversations_history(channel=ALERTS, limit=200, include_all_metadata=True)["messages"]:
            found.append(root)
            if root.get("reply_count"):
                replies = self.slack.conversations_replies(channel=ALERTS, ts=root["ts"], include_all_metadata=True)
                found += [m for m in replies["messages"] if m["ts"] != root["ts"]]
        return found

    def cards(self, words: str) -> list[dict[str, Any]]:
        """The bot's messages that say these words."""
        return [m for m in self.messages() if m.get("bot_id") == "B0TERMKEEPER" and words in m.get("text", "")]

    def card(self, *words: str, seconds: float = 40) -> dict[str, Any]:
        """The one card that says all these words, awaited."""

        def look() -> dict[str, Any] | None:
            found = [m for m in self.cards(words[0]) if all(word in m["text"] for word in words)]
            return found[0] if found else None

        return until(look, f"a card with {words}; the log says {self.errors()[-2000:]}", seconds)

    def press(self, user: str, card: dict[str, Any], action_id: str) -> Any:
        """Presses a button of a card."""
        return self.act(user=user, channel=ALERTS, ts=card["ts"], action_id=action_id)

    def terms(self) -> dict[str, str]:
        """Intacct's AR terms by name, with their status, read with a client of our own."""
        query = """<query><object>ARTERM</object><select><field>NAME</field><field>STATUS</field></select>
        <pagesize>1000</pagesize></query>"""
        return {
            re.search("<NAME>(.*?)</NAME>", row)[1]: re.search("<STATUS>(.*?)</STATUS>", row)[1]  # type: ignore[index]
            for row in re.findall(r"<ARTERM>.*?</ARTERM>", self.gateway(query), re.DOTALL)
        }

    def record_of(self, term: str) -> str:
        """The number of the one AR term of this name in Intacct."""
        query = f"""<query><object>ARTERM</object><select><field>RECORDNO</field></select>
        <filter><equalto><field>NAME</field><value>{term}</value></equalto></filter></query>"""
        (record,) = re.findall("<RECORDNO>(.*?)</RECORDNO>", self.gateway(query))
        return str(record)

    def gateway(self, function: str) -> str:
        """One function call on the emulated gateway, as the reader."""
        body = f"""<?xml version="1.0"?><request><control><senderid>sandbox</senderid>
        <password>sandbox-sender-password</password><controlid>t</controlid><uniqueid>false</uniqueid>
        <dtdversion>3.0</dtdversion><includewhitespace>false</includewhitespace></control>
        <operation transaction="false"><authentication><login><userid>termkeeper-reader</userid>
        <companyid>acme</companyid><password>sandbox-reader-password</password></login></authentication>
        <content><function controlid="t1">{function}</function></content></operation></request>"""
        reply = requests.post(
            f"{self.address}/sandbox/intacct/ia/xml/xmlgw.phtml",
            data=body.encode(),
            headers={"Content-Type": "application/xml"},
            timeout=30,
        )
        return reply.text
