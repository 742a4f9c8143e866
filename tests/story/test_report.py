"""The weekly report as people meet it: a week passes, it comes, a term is approved from it, the next one says fixed."""

from __future__ import annotations

import io
from typing import Any

import requests
from lxml import html
from openpyxl import load_workbook

from tests.story.running import ALERTS, Running, until

REPORTS = "C0FINREPORT"


def thread(running: Running, root: dict[str, Any]) -> list[dict[str, Any]]:
    found = running.slack.conversations_replies(channel=REPORTS, ts=root["ts"], limit=200)["messages"]
    return [message for message in found if message["ts"] != root["ts"]]


def report(running: Running, *words: str) -> dict[str, Any]:
    """The report that says these words, once its workbook is in its thread too."""

    def look() -> dict[str, Any] | None:
        roots = running.slack.conversations_history(channel=REPORTS, limit=50)["messages"]
        found = [root for root in roots if all(word in root["text"] for word in words)]
        return found[0] if found and any(each.get("files") for each in thread(running, found[0])) else None

    return until(look, f"a report with {words}; the log says {running.errors()[-2000:]}", 60)


def said_in(running: Running, root: dict[str, Any], *words: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        return next((each for each in thread(running, root) if all(word in each["text"] for word in words)), None)

    return until(look, f"{words} in the report's thread; the log says {running.errors()[-2000:]}")


def button(root: dict[str, Any], words: str) -> str:
    rows = [element for block in root["blocks"] if block["type"] == "actions" for element in block["elements"]]
    return str(next(each["action_id"] for each in rows if words in each["text"]["text"]))


def test_a_week_passes_the_report_comes_and_what_is_approved_from_it_is_fixed_in_the_next(running: Running) -> None:
    running.control("clock", {"days": 7})
    first = report(running, "will fail at the next sync, worth $")
    assert "data_visualization" in [block["type"] for block in first["blocks"]]

    page = html.fromstring(requests.get(running.address, params={"channel": REPORTS}, timeout=20).text)
    (chart,) = page.xpath("//figure[@class='chart']")
    assert "Missing in Intacct" in [head.text_content() for head in chart.xpath(".//table//th[@scope='col']")]
    (link,) = page.xpath("//div[@class='file']/a/@href")
    book = load_workbook(io.BytesIO(requests.get(running.address + link, timeout=20).content))
    assert book.sheetnames[:4] == ["Summary", "Findings", "Terms side by side", "Use"]
    assert "Net 45" in [cell.value for cell in book["Findings"]["B"]]

    pressed = button(first, "Net 45")
    assert pressed.startswith("finding.case.")
    running.act(user="clerk", channel=REPORTS, ts=first["ts"], action_id=pressed)
    said_in(running, first, "case ", "INV-0988")  # that morning's look opened it before the report came
    found = running.card("Net 45", "missing in Intacct")
    running.act(user="controller", channel=ALERTS, ts=found["ts"], action_id="case.create")
    until(lambda: running.terms().get("Net 45") == "active", "the term in Intacct")

    running.control("week")
    second = report(running, "1 fixed since last week")
    assert second["ts"] != first["ts"]
    assert "Missing in Intacct: Net 45, a decision here, case" in second["text"]
