"""Every recorded alert can be posted by an app, and reaches the bot with its words."""

from __future__ import annotations

import html
import json

from tests.sandbox.slack.conftest import Stage, until
from tests.sandbox.slack.test_shapes import overheard, payloads
from tests.shared import need_shared

ALERTS = "C0FINALERTS"


def test_recorded_alerts_arrive_with_their_words(stage: Stage) -> None:
    paths = sorted(need_shared("data", "alerts").glob("*.json"))
    samples = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    with overheard(stage) as envelopes:
        sent = {stage.do(lambda event=item["event"]: stage.workspace.post_as_app(ALERTS, event)) for item in samples}
        expected = len(samples) + sum(item["event"].get("subtype") == "message_changed" for item in samples)
        until(lambda: len(payloads(envelopes, "events_api")) >= expected)
    assert len(sent) == len(samples)
    heard = html.unescape(json.dumps([payload["event"] for payload in payloads(envelopes, "events_api")]))
    for item in samples:
        for failure in item["failures"]:
            word = failure.get("invoice") or failure.get("term")
            assert json.dumps(word)[1:-1] in heard


def test_an_edit_of_a_known_message_keeps_its_ts(stage: Stage) -> None:
    workspace = stage.workspace
    ts = stage.do(lambda: workspace.post_as_app(ALERTS, {"text": "Sync running"}))
    edit = {"subtype": "message_changed", "message": {"ts": ts, "text": "Sync failed"}}
    assert stage.do(lambda: workspace.post_as_app(ALERTS, edit)) == ts
    assert [(message["text"], message["is_edited"]) for message in workspace.messages(ALERTS)] == [
        ("Sync failed", True)
    ]
