"""One name a rule, as people meet it: asked for by command, opened from the weekly report, and a case made of a step."""

from __future__ import annotations

from typing import Any

from tests.story.running import ALERTS, Running, until
from tests.story.test_withdraw import submit

REPORTS = "C0FINREPORT"


def buttons(message: dict[str, Any], action: str) -> list[str]:
    rows = [block["elements"] for block in message["blocks"] if block["type"] == "actions"]
    return [each["action_id"] for row in rows for each in row if each["action_id"].startswith(action)]


def test_a_name_to_keep_and_one_to_retire_become_cases_from_the_answer_and_from_the_reports_view(
    running: Running,
) -> None:
    running.control("ar-term", {"name": "55 days", "days": 55})
    running.act(user="clerk", channel=ALERTS, command="/checkterms", text="standardize")

    def answered() -> dict[str, Any] | None:
        found = running.whispers("clerk", ALERTS)
        return next((each for each in found if "several names" in each["text"]), None)

    answer = until(answered, "the answer to the command")
    assert "Keep Net 55" in answer["text"]
    (case,) = buttons(answer, "standard.case.")
    assert running.act(user="clerk", channel=ALERTS, ts=answer["ts"], action_id=case)["ok"]
    running.card("Net 55", "found before it failed")

    running.control("clock", {"days": 7})

    def reported() -> dict[str, Any] | None:
        told = running.slack.conversations_history(channel=REPORTS, limit=20)["messages"]
        return next((each for each in told if buttons(each, "finding.standard")), None)

    report = until(reported, "the weekly report")
    running.act(user="clerk", channel=REPORTS, ts=report["ts"], action_id="finding.standard")
    (view,) = running.views("clerk")
    assert view["callback_id"] == "view.standard"
    told = running.act(user="clerk", view_id=view["id"], action_id=case)
    assert "The case is being opened" in str(told["view"])
    assert [call["outcome"] for call in running.calls("intacct", "create_arterm")] == []

    running.act(user="clerk", channel=REPORTS, ts=report["ts"], action_id="finding.standard")
    view = until(lambda: next((v for v in running.views("clerk") if v["callback_id"] == "view.standard"), None), "it")
    (retire,) = buttons(view, "standard.retire.")
    assert running.act(user="clerk", view_id=view["id"], action_id=retire)["ok"]
    submit(running, "clerk", "view.retire", "withdraw.reason", "Net 55 is our name for it.")
    card = running.card("Make 55 days inactive", "Nothing uses it")
    running.press("controller", card, "case.deactivate")
    submit(running, "controller", "view.approve", "approve.reason", "nobody uses it")
    running.card("55 days is inactive now")
    assert running.terms()["55 days"] == "inactive"
