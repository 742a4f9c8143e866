"""500 alerts at once about 5 missing terms, signed, over 50 connections: this bot beside a naive one.

    python -m benchmarks.burst [--alerts 500] [--rounds 5] [--unpaced]
    python -m benchmarks.burst --naive PYTHON [--rounds 5] [--unpaced]

Each alert names an invoice of its own. `--naive` is the Python of an environment with benchmarks/requirements.txt, and
measures the naive bot; a round of it takes eight minutes, as Slack takes one message a second in a channel, and the
naive bot has one to say for each alert. `--unpaced`: a Slack that takes them as fast as they come.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import signal
import socket
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

from benchmarks.rounds import ROOT, Figures, emulators, keep

CHANNEL = "C0FINALERTS"
CONNECTIONS = 50
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
        with running(command, settings, Path(folder)) as port:
            before = {service: len(log(control, service)) for service in ("intacct", "bill")}
            began = time.time()
            slowest, refused = send(port, settings["SLACK_SIGNING_SECRET"], events)
            found = heard(control, client, began)
            calls = {service: len(log(control, service)) - count for service, count in before.items()}
    return {
        "slowest acknowledgement s": slowest,
        "not acknowledged": refused,
        **found,
        "Intacct calls": calls["intacct"],
        "BILL calls": calls["bill"],
    }


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
            await_port(port, process)
            yield port
        except BaseException:
            sys.stderr.write((folder / "bot.log").read_text()[-4000:])
            raise
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()  # the naive bot does not end while its listeners work


def await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Returns a moment after somebody listens at the port."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(2.0)
                return
        time.sleep(0.1)
    raise RuntimeError("the bot did not start")


def posted(control: str, alerts: int) -> list[str]:
    """Posts the alerts while nobody listens; the events that Slack would send of them, as bodies."""
    bodies = []
    with requests.Session() as session:
        for index in range(alerts):
            words = f"Invoice [BURST-{index:04d}] cannot be created in Intacct: Could not retrieve the Sequence record!"
            event: dict[str, Any] = {"type": "message", "subtype": "bot_message", "bot_id": "B0BILL", "text": words}
            ts = session.post(f"{control}/message", json={"channel": CHANNEL, "event": event}, timeout=30).json()["ts"]
            event |= {"channel": CHANNEL, "ts": ts, "event_ts": ts, "channel_type": "channel"}
            envelope = {"type": "event_callback", "team_id": "T0ACME", "api_app_id": "A0TERMKEEPER", "event": event}
            bodies.append(json.dumps(envelope | {"event_id": f"Ev{index:08d}", "event_time": int(time.time())}))
    return bodies


def send(port: int, secret: str, bodies: Sequence[str]) -> tuple[float, int]:
    """Sends all of them over 50 connections at once: the slowest acknowledgement in seconds, and how many had none.

    What is not acknowledged is sent once more at once, as Slack does.
    """
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
            if not any(_taken(line, body, headers | again) for again in ({}, {"X-Slack-Retry-Num": "1"})):
                refused.append(1)
            taken.append(time.monotonic() - began)

    threads = [threading.Thread(target=connection, args=(bodies[at::CONNECTIONS],)) for at in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return max(taken), len(refused)


def _taken(line: http.client.HTTPConnection, body: str, headers: dict[str, str]) -> bool:
    """Whether an event was acknowledged."""
    try:
        line.request("POST", "/slack/events", body=body, headers=headers)
        answer = line.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        line.close()
        return False
    return answer.status == 200


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
