"""500 alerts at once about 5 missing terms, signed, over 50 connections: this bot beside a naive one.

    python -m benchmarks.burst [--alerts 500] [--rounds 5] [--unpaced]
    python -m benchmarks.burst --naive PYTHON [--rounds 5] [--unpaced]

Each alert names an invoice of its own. `--naive` is the Python of an environment with benchmarks/requirements.txt, and
measures the naive bot; a round of it takes eight minutes, as Slack takes one message a second in a channel, and the
naive bot has one to say for each alert. `--unpaced`: a Slack that takes them as fast as they come.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests
from slack_sdk import WebClient

from benchmarks.events import CHANNEL, alert, envelope, send
from benchmarks.rounds import ROOT, Figures, emulators, keep
from benchmarks.subject import await_port, running

QUIET_S = 8.0
"""No message for so long: the bot is done."""
LONGEST_SILENCE_S = 60.0
"""No message at all for so long: none will come."""
LONGEST_S = 600.0


def main() -> None:
    """Measures, prints one table, writes JSON."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--alerts", type=int, default=500)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--naive", default="")
    asked.add_argument("--unpaced", action="store_true")
    options = asked.parse_args()
    emulated = ["--failing", str(options.alerts), *([] if options.unpaced else ["--paced"])]
    own = [sys.executable, str(ROOT / "app.py")]
    naive = [options.naive, str(Path(__file__).with_name("naive_bot.py"))]
    subject = "naive bot" if options.naive else "termkeeper"
    rounds = [burst(naive if options.naive else own, options.alerts, emulated) for _ in range(options.rounds)]
    keep(f"burst of {options.alerts}{' unpaced' if options.unpaced else ''}", {subject: rounds})


def burst(command: Sequence[str], alerts: int, emulated: Sequence[str]) -> Figures:
    """One round on fresh emulators."""
    with tempfile.TemporaryDirectory() as folder, emulators(*emulated) as settings:
        control = f"{settings['SANDBOX']}/sandbox/control"
        client = WebClient(token=settings["SLACK_BOT_TOKEN"], base_url=settings["SLACK_API_URL"])
        events = posted(control, alerts)
        with running(command, settings, Path(folder)) as bot:
            await_port(bot.port)
            before = {service: len(log(control, service)) for service in ("intacct", "bill")}
            began = time.time()
            waited, refused = send(bot.port, settings["SLACK_SIGNING_SECRET"], events)
            found = heard(control, client, began)
            calls = {service: len(log(control, service)) - count for service, count in before.items()}
    return {
        "slowest acknowledgement s": max(waited),
        "not acknowledged": refused,
        **found,
        "Intacct calls": calls["intacct"],
        "BILL calls": calls["bill"],
    }


def posted(control: str, alerts: int) -> list[str]:
    """Posts the alerts while nobody listens; the events that Slack would send of them, as bodies."""
    bodies = []
    with requests.Session() as session:
        for index in range(alerts):
            event = alert(f"BURST-{index:04d}")
            ts = session.post(f"{control}/message", json={"channel": CHANNEL, "event": event}, timeout=30).json()["ts"]
            bodies.append(envelope(index, event, ts))
    return bodies


def heard(control: str, client: WebClient, began: float) -> Figures:
    """Seconds from the first event to the first and to the last answer that names a missing term; and all messages.

    The emulators' log tells when all is quiet; the workspace's own stamps tell when each message came.
    """
    told, since = -1, time.monotonic()
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline and time.monotonic() - since < (QUIET_S if told > 0 else LONGEST_SILENCE_S):
        count = sum(call["function"] == "chat.postMessage" for call in log(control, "slack"))
        if count != told:
            told, since = count, time.monotonic()
        time.sleep(1.0)
    found = answers(client)
    cards = [float(message["ts"]) - began for message in found if " missing in Intacct" in message["text"]]
    return {
        "first card s": min(cards, default=LONGEST_S),
        "last card s": max(cards, default=LONGEST_S),
        "cards": len(cards),
        "messages": len(found),
        "calls of chat.postMessage": told,
    }


def answers(client: WebClient) -> list[dict[str, Any]]:
    """All messages of the bot in the channel, threads included."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = client.conversations_history(channel=CHANNEL, limit=999, cursor=cursor)
        for message in page["messages"]:
            if message.get("reply_count"):
                replies = client.conversations_replies(channel=CHANNEL, ts=message["ts"], limit=200)["messages"]
                found += [reply for reply in replies if reply["ts"] != message["ts"]]
            elif message.get("user") == "U0TERMKEEPER":
                found.append(message)
        cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
        if not cursor:
            return found


def log(control: str, service: str) -> list[dict[str, Any]]:
    """The calls that an emulator has received."""
    calls: list[dict[str, Any]] = requests.get(f"{control}/log", params={"service": service}, timeout=60).json()
    return calls


if __name__ == "__main__":
    main()
