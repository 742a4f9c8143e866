"""The bot as it runs in a real workspace: settings from the environment, HTTP mode, doctor."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests
from slack_sdk.signature import SignatureVerifier

from tests.story.running import ALERTS, ROOT, Running, free_port, until


@pytest.fixture
def sandbox(folder: Path) -> Iterator[dict[str, str]]:
    """The emulators alone, and the settings by which a client reaches them."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "sandbox", "--json", "--port", "0", "--folder", str(folder / "sandbox")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield json.loads(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0


def environment(settings: dict[str, str], **changed: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not re.match(r"SLACK_|INTACCT_|BILL_|DATABASE_URL", k)}
    return kept | {"PYTHONPATH": str(ROOT)} | settings | changed


def at(settings: dict[str, str], folder: Path) -> Running:
    """The sandbox's controls."""
    found = Running(folder)
    found.address = f"http://127.0.0.1:{settings['PORT']}"
    found.slack.base_url = f"{found.address}/sandbox/slack/api/"
    return found


def test_http_mode_takes_signed_events_and_answers_health(sandbox: dict[str, str], folder: Path) -> None:
    port = free_port()
    bot = subprocess.Popen(
        [sys.executable, str(ROOT / "app.py")],
        cwd=folder,
        env=environment(sandbox, PORT=str(port), SLACK_APP_TOKEN="", METRICS="on"),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert bot.stdout is not None
        assert "listening" in bot.stdout.readline()
        address = f"http://127.0.0.1:{port}"
        assert requests.get(f"{address}/healthz", timeout=10).json()["ok"] is True
        assert requests.get(f"{address}/", timeout=10).status_code == 404
        measured = requests.get(f"{address}/metrics", timeout=10)
        assert measured.status_code == 200
        assert "termkeeper_inbox_waiting 0" in measured.text
        unsigned = requests.post(f"{address}/slack/events", json={"type": "event_callback"}, timeout=10)
        assert unsigned.status_code == 401
        world = at(sandbox, folder)
        world.control("request-url", {"url": f"{address}/slack/events"})
        words = "Invoice [INV-1042] cannot be created in Intacct: Could not retrieve the Sequence record!"
        world.control("message", {"channel": ALERTS, "event": {"type": "message", "text": words, "bot_id": "B0BILL"}})
        card = until(lambda: world.cards("Net 45 is missing in Intacct"), "the card")[0]
        same_twice(address, world)
        assert world.press("controller", card, "case.create")["ok"]
        until(lambda: world.terms().get("Net 45") == "active", "the term")
    finally:
        bot.send_signal(signal.SIGTERM)
        assert bot.wait(40) == 0


def signed(address: str, body: str, kind: str) -> int:
    """Sends what Slack would send, signed as Slack signs; the status."""
    stamp = str(int(time.time()))
    signature = SignatureVerifier("sandbox-signing-secret").generate_signature(timestamp=stamp, body=body)
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature or "", "Content-Type": kind}
    return requests.post(f"{address}/slack/events", data=body.encode(), headers=headers, timeout=10).status_code


def same_twice(address: str, world: Running) -> None:
    """The same event and the same command, each sent twice, change what they change once."""
    words = "Invoice [INV-1044] cannot be created in Intacct: Could not retrieve the Sequence record!"
    event = {"type": "message", "channel": ALERTS, "ts": f"{time.time():.6f}", "text": words, "bot_id": "B0BILL"}
    payload = {"type": "event_callback", "team_id": "T0ACME", "event_id": "Ev0TWICE", "event": event}
    root = world.control("message", {"channel": ALERTS, "event": {"type": "message", "text": "Sync ended"}})["ts"]
    event["ts"] = root
    command = {
        "command": "/checkterms",
        "text": "INV-1044",
        "team_id": "T0ACME",
        "user_id": "U0MARIA",
        "channel_id": ALERTS,
        "trigger_id": "1.2.same",
    }
    with answers() as (response_url, heard):
        for _ in range(2):
            assert signed(address, json.dumps(payload), "application/json") == 200
            form = urlencode(command | {"response_url": response_url})
            assert signed(address, form, "application/x-www-form-urlencoded") == 200
        until(lambda: world.cards("Net 90 exists"), "the card of Net 90")
        until(lambda: heard, "the answer")
        time.sleep(2)
        assert len(world.cards("Net 90 exists")) == 1
        assert len(heard) == 1


@contextmanager
def answers() -> Iterator[tuple[str, list[bytes]]]:
    """An address that takes what is posted to it."""
    heard: list[bytes] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/answer", heard
    server.shutdown()


def doctor(folder: Path, settings: dict[str, str], **changed: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "doctor"],
        cwd=folder,
        env=environment(settings, **changed),
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def test_doctor_finds_nothing_wrong_with_the_sandbox_and_shows_no_secret(sandbox: dict[str, str], folder: Path) -> None:
    code, told = doctor(folder, sandbox)
    assert code == 0, told
    for name in ("Settings", "Database", "Slack", "Intacct", "BILL"):
        assert name in told
    for name, value in sandbox.items():
        if "PASSWORD" in name or "TOKEN" in name or "KEY" in name:
            assert value not in told, name


def test_doctor_looks_at_everything_beside_a_running_bot(running: Running, folder: Path) -> None:
    code, told = doctor(folder, {})
    assert code == 0, told
    assert "those of the sandbox that was started here" in told
    assert "beside the running bot" in told
    for name in ("Journal", "Slack", "Clock", "Intacct", "BILL"):
        assert f"  {name}: " in told
    assert not [line for line in told.splitlines() if line.startswith("warn")], told
    assert doctor(folder, {})[0] == 0, "the first look must leave the running database as it is"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("INTACCT_USER_PASSWORD", "wrong", "Intacct"),
        ("BILL_PASSWORD", "wrong", "BILL"),
        ("SLACK_BOT_TOKEN", "xoxb-wrong", "Slack"),
        ("ALERT_CHANNELS", "C0NOWHERE", "C0NOWHERE"),
        ("APPROVERS", "", "APPROVERS"),
        ("APPROVERS", "S0NOBODY", "S0NOBODY"),
        ("JOURNAL_ANCHOR", "/nowhere/anchors", "/nowhere/anchors"),
    ],
)
def test_doctor_says_what_is_wrong_and_what_to_do(
    sandbox: dict[str, str], folder: Path, name: str, value: str, words: str
) -> None:
    code, told = doctor(folder, sandbox, **{name: value})
    assert code == 1
    failing = [line for line in told.splitlines() if line.startswith("FAIL")]
    assert any(words in line for line in failing), told


def test_the_sandbox_refuses_to_start_beside_settings_of_real_services(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "app.py")],
        cwd=folder,
        env=environment({}, INTACCT_COMPANY_ID="real", BILL_USERNAME="real"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "BILL_USERNAME, INTACCT_COMPANY_ID" in done.stderr


def test_a_busy_port_is_one_clear_line(sandbox: dict[str, str], folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "app.py")],
        cwd=folder,
        env=environment({}, PORT=sandbox["PORT"]),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert f"Port {sandbox['PORT']} is in use" in done.stderr
    assert "Traceback" not in done.stderr
