"""Month-end as people meet it: a closed period is chosen for, the list is kept, and approvers are reminded."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import requests

from tests.story.running import ALERTS, Running, until
from tests.story.test_main_job import open_view

INV_0988_AGE = 61
"""Days before the founding of the company on which the invoice is dated."""


def company_now(running: Running) -> datetime:
    told = requests.get(f"{running.address}/sandbox/control/clock", timeout=10).json()
    return datetime.now(UTC) + timedelta(seconds=told["offset_s"])


def go_to(running: Running, moment: datetime) -> None:
    running.control("clock", {"seconds": (moment - company_now(running)).total_seconds()})


def next_cut_off(running: Running) -> tuple[str, datetime]:
    told = requests.get(f"{running.address}/sandbox/control/settings", timeout=10).json()
    table = tomllib.loads(Path(told["CLOSE_CALENDAR"]).read_text())
    zone = ZoneInfo(told["TIMEZONE"])
    closings = [(each["period"], each["cut_off"].replace(tzinfo=zone).astimezone(UTC)) for each in table["close"]]
    return next((period, at) for period, at in closings if at > company_now(running))


def told_directly(running: Running, user: str) -> list[str]:
    room = running.slack.conversations_open(users=user)["channel"]["id"]
    return [message["text"] for message in running.slack.conversations_history(channel=room)["messages"]]


def whispered(running: Running, words: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        return next((m for m in reversed(running.whispers("controller", ALERTS)) if words in m["text"]), None)

    return until(look, f"a word to the controller alone with {words!r}; the log says {running.errors()[-2000:]}")


def test_a_month_end_from_the_first_card_to_the_last_reminder(running: Running) -> None:
    period, cut_off = next_cut_off(running)
    go_to(running, cut_off - timedelta(hours=5))
    running.control("sync")
    card = running.card("Net 45", "INV-0988", "is closed for AR", "closes for AR in")
    assert "An approver chooses how that gets into the books." in card["text"]

    running.press("controller", card, "case.period")
    view = open_view(running, "controller", "view.period")
    refused = running.act(user="controller", view_id=view["id"], values={"period.reason": {"value": ""}})
    assert "period.reason" in str(refused)
    chosen = {"period.course": {"value": "current"}, "period.reason": {"value": "The audit of that month is signed."}}
    running.act(user="controller", view_id=view["id"], values=chosen)
    card = running.card("Net 45", "chose to post in the current period", "The audit of that month is signed.")
    running.press("controller", card, "case.create")
    running.card("Net 45", "is in Intacct", "Accrue $5,000.00 in the general ledger")

    running.act(user="controller", channel=ALERTS, command="/checkterms", text="close")
    listed = whispered(running, "billed and not in Intacct")
    running.act(user="controller", channel=ALERTS, ts=listed["ts"], action_id="close.keep")
    whispered(running, "of the journal of acme")

    running.control("period", {"period": f"{datetime.now(UTC) - timedelta(days=INV_0988_AGE):%Y-%m}", "closed": True})
    running.control("sync")
    running.card("Net 45", "INV-0988 failed again", "Intacct takes no posting", "give it a posting date there")
    running.control("bill-invoice", {"id": "INV-0988", "posting_date": "today"})
    running.control("sync")
    running.card("Net 45", "Fixed", "Posted as chosen: INV-0988")

    go_to(running, cut_off - timedelta(minutes=50))
    running.kill()
    running.start()

    def last_hour() -> str | None:
        told = told_directly(running, "U0DAN")
        return next((text for text in told if re.search("closes for AR in (50|49) min", text)), None)

    reminder = until(last_hour, "the last hour's reminder to an approver", 60)
    assert f"/checkterms close {period}" in reminder
    assert told_directly(running, "U0MARIA") == []
