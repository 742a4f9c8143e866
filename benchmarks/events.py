"""Slack's events of alerts, signed, over 50 connections at once."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Sequence
from typing import Any

from slack_sdk.signature import SignatureVerifier

CHANNEL = "C0FINALERTS"
CONNECTIONS = 50


def alert(number: str) -> dict[str, Any]:
    """The message in which BILL's app tells that an invoice failed."""
    words = f"Invoice [{number}] cannot be created in Intacct: Could not retrieve the Sequence record!"
    return {"type": "message", "subtype": "bot_message", "bot_id": "B0BILL", "text": words}


def envelope(index: int, event: dict[str, Any], ts: str) -> str:
    """The body of the request in which Slack sends a message, with an id of its own."""
    whole = event | {"channel": CHANNEL, "ts": ts, "event_ts": ts, "channel_type": "channel"}
    around = {"type": "event_callback", "team_id": "T0ACME", "api_app_id": "A0TERMKEEPER", "event": whole}
    return json.dumps(around | {"event_id": f"Ev{index:08d}", "event_time": int(time.time())})


def send(port: int, secret: str, bodies: Sequence[str]) -> tuple[list[float], int]:
    """Sends all of them over 50 connections at once: each one's seconds, and how many were not acknowledged.

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
    return taken, len(refused)


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
