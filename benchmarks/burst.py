"""500 alerts at once about 5 missing terms, signed, over 50 connections: this bot beside a naive one.

    python benchmarks/burst.py [--alerts 500] [--rounds 5] [--naive PYTHON]

`--naive` is the Python of an environment with benchmarks/requirements.txt; without it this bot alone is measured.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
CHANNEL = "C0FINALERTS"
NUMBERS = ("INV-1042", "INV-1046", "INV-1048", "INV-1049", "INV-1054")
"""Waiting invoices of the sandbox, of five terms that are not in Intacct by that name."""
CONNECTIONS = 50
QUIET_S = 8.0
"""No message for so long: the bot is done."""
LONGEST_S = 600.0


def main() -> None:
    """Measures, prints one table, writes JSON."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--alerts", type=int, default=500)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--naive", default="")
    options = asked.parse_args()
    subjects = {"termkeeper": [sys.executable, str(ROOT / "app.py")]}
    if options.naive:
        subjects["naive"] = [options.naive, str(Path(__file__).with_name("naive_bot.py"))]
    measured: dict[str, list[dict[str, float]]] = {}
    for name, command in subjects.items():
        measured[name] = [burst(command, options.alerts) for _ in range(options.rounds)]
    table(measured, options.alerts)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "burst.json").write_text(json.dumps({"alerts": options.alerts, "rounds": measured}, indent=1) + "\n")


def burst(command: Sequence[str], alerts: int) -> dict[str, float]:
    """One round on a fresh sandbox."""
    with tempfile.TemporaryDirectory() as folder, sandbox(Path(folder)) as settings:
        control = f"http://127.0.0.1:{settings['PORT']}/sandbox/control"
        client = WebClient(token=settings["SLACK_BOT_TOKEN"], base_url=settings["SLACK_API_URL"])
        events = posted(control, alerts)
        with running(command, settings, Path(folder)) as port:
            before = {service: len(log(control, service)) for service in ("intacct", "bill")}
            began = time.time()
            slowest, refused = send(port, settings["SLACK_SIGNING_SECRET"], events)
            first, last, told = heard(control, client, began)
            calls = {service: len(log(control, service)) - count for service, count in before.items()}
    return {
        "slowest_acknowledgement_s": slowest,
        "not_acknowledged": refused,
        "first_answer_s": first,
        "last_card_s": last,
        "messages": told,
        "intacct_calls": calls["intacct"],
        "bill_calls": calls["bill"],
    }


@contextmanager
def sandbox(folder: Path) -> Iterator[dict[str, str]]:
    """The emulators alone; the settings by which a client reaches them."""
    arguments = ["sandbox", "--json", "--port", "0", "--folder", str(folder / "sandbox")]
    process = subprocess.Popen([sys.executable, "-m", "bot", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


@contextmanager
def running(command: Sequence[str], settings: dict[str, str], folder: Path) -> Iterator[int]:
    """The bot in HTTP mode; its port, once it listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    kept = {k: v for k, v in os.environ.items() if not re.match(r"SLACK_|INTACCT_|BILL_|DATABASE_URL", k)}
    environment = kept | settings | {"PORT": str(port), "SLACK_APP_TOKEN": "", "PYTHONPATH": str(ROOT)}
    with (folder / "bot.log").open("w") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
        try:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            time.sleep(1.0)
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def posted(control: str, alerts: int) -> list[str]:
    """Posts the alerts while nobody listens; the events that Slack would send of them, as bodies."""
    bodies = []
    for index in range(alerts):
        number = NUMBERS[index % len(NUMBERS)]
        words = f"Invoice [{number}] cannot be created in Intacct: Could not retrieve the Sequence record!"
        event: dict[str, Any] = {"type": "message", "subtype": "bot_message", "bot_id": "B0BILL", "text": words}
        answer = requests.post(f"{control}/message", json={"channel": CHANNEL, "event": event}, timeout=30).json()
        event |= {"channel": CHANNEL, "ts": answer["ts"], "event_ts": answer["ts"], "channel_type": "channel"}
        bodies.append(
            json.dumps(
                {
                    "type": "event_callback",
                    "team_id": "T0ACME",
                    "api_app_id": "A0TERMKEEPER",
                    "event_id": f"Ev{index:08d}",
                    "event_time": int(time.time()),
                    "event": event,
                }
            )
        )
    return bodies


def send(port: int, secret: str, bodies: Sequence[str]) -> tuple[float, int]:
    """Sends all of them over 50 connections at once: the slowest acknowledgement in seconds, and how many had none."""
    taken: list[float] = []
    refused: list[int] = []

    def connection(mine: Sequence[str]) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for body in mine:
            stamp = str(int(time.time()))
            signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body) or ""
            headers = {
                "Content-Type": "application/json",
                "X-Slack-Request-Timestamp": stamp,
                "X-Slack-Signature": signature,
            }
            began = time.monotonic()
            try:
                line.request("POST", "/slack/events", body=body, headers=headers)
                answer = line.getresponse()
                answer.read()
                refused.extend([1] if answer.status != 200 else [])
            except OSError:
                refused.append(1)
                line.close()
            taken.append(time.monotonic() - began)

    threads = [threading.Thread(target=connection, args=(bodies[at::CONNECTIONS],)) for at in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return max(taken), len(refused)


def heard(control: str, client: WebClient, began: float) -> tuple[float, float, int]:
    """Seconds from the first event to the first and to the last answer that names a missing term; and all messages.

    The emulators' log tells when all is quiet; the workspace's own stamps tell when each message came.
    """
    told, since = -1, time.monotonic()
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline and (told <= 0 or time.monotonic() - since < QUIET_S):
        count = sum(call["function"] == "chat.postMessage" for call in log(control, "slack"))
        if count != told:
            told, since = count, time.monotonic()
        time.sleep(1.0)
    found = answers(client)
    cards = [float(message["ts"]) - began for message in found if " missing in Intacct" in message["text"]]
    return min(cards, default=LONGEST_S), max(cards, default=LONGEST_S), len(found)


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


def table(measured: dict[str, list[dict[str, float]]], alerts: int) -> None:
    """One table: median, least and most of the rounds."""
    rounds = len(next(iter(measured.values())))
    print(f"{alerts} alerts about {len(NUMBERS)} invoices over {CONNECTIONS} connections, {rounds} rounds")
    print(f"{'what':28}" + "".join(f"{name + ' (median, min, max)':>34}" for name in measured))
    for what in next(iter(measured.values()))[0]:
        shown = []
        for found in measured.values():
            values = [each[what] for each in found]
            shown.append(f"{statistics.median(values):.2f}  {min(values):.2f}  {max(values):.2f}")
        print(f"{what:28}" + "".join(f"{each:>34}" for each in shown))


if __name__ == "__main__":
    main()
