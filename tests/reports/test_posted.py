"""The report as Slack shows it: one message with its chart, the workbook in its thread, a picture where charts are refused."""

from __future__ import annotations

import io
from typing import Any

import pytest
import requests
from openpyxl import load_workbook
from sqlalchemy import update

from bot.records import jobs
from bot.records.tables import messages
from bot.reports.reading import Reading
from bot.reports.run import Kept, RunKind, Runner, Spent
from bot.sandbox.slack.seed import BOT_TOKEN
from bot.sandbox.world import Fault
from tests.cases.office import Office

REPORTS = "C0FINREPORT"
KEY = "weekly/acme/2026-W48"


def told(acme: Office, key: str = KEY) -> Kept:
    company = acme.rooms.company
    runner = Runner(acme.database, acme.clock, company, Reading(company), lambda: Spent(intacct=0, billing=0))
    return runner.run(RunKind.WEEKLY, then=lambda taken, kept: runner.say(taken, kept, key))


def thread(acme: Office) -> list[dict[str, Any]]:
    client = acme.rooms.slack.other
    (root,) = client.conversations_history(channel=REPORTS)["messages"]
    return list(client.conversations_replies(channel=REPORTS, ts=root["ts"])["messages"])


def kinds(message: dict[str, Any]) -> list[str]:
    return [block["type"] for block in message["blocks"]]


def download(acme: Office, file: dict[str, Any]) -> bytes:
    return requests.get(file["url_private"], headers={"Authorization": f"Bearer {BOT_TOKEN}"}, timeout=10).content


def test_one_message_with_its_chart_and_the_workbook_in_its_thread(acme: Office) -> None:
    told(acme)
    told(acme)
    acme.work()
    report, workbook = thread(acme)
    assert report["text"].startswith("10 terms will fail at the next sync, worth $57,066.45 and €2,150.")
    assert "data_visualization" in kinds(report)
    (file,) = workbook["files"]
    assert file["name"] == "acme-payment-terms-2026-W48.xlsx" or file["name"].startswith("acme-payment-terms-2026-W")
    assert load_workbook(io.BytesIO(download(acme, file))).sheetnames[0] == "Summary"


def test_where_slack_refuses_the_chart_a_picture_with_words_stands_in_the_thread(acme: Office) -> None:
    acme.world.faults.set(Fault("slack", "chat.postMessage", "invalid_blocks", 1))
    told(acme)
    acme.work()
    report, *files = thread(acme)
    assert "data_visualization" not in kinds(report)
    shared = {file["name"].rpartition(".")[2]: file for message in files for file in message["files"]}
    assert set(shared) == {"xlsx", "png"}
    assert download(acme, shared["png"]).startswith(b"\x89PNG")
    assert "Open findings by week" in shared["png"]["alt_txt"]


def test_an_upload_whose_end_nobody_noted_is_found_and_not_shared_twice(acme: Office) -> None:
    told(acme)
    acme.work()
    with acme.database.transaction() as connection:
        file_id = connection.execute(
            update(messages).where(messages.c.kind == "file").values(state="posting").returning(messages.c.id)
        ).scalar_one()
        jobs.nudge(connection, jobs.POST_MESSAGE, message_id=file_id)
    acme.work()
    assert len(thread(acme)) == 2


@pytest.mark.parametrize("found", [True, False])
def test_buttons_lead_to_cases_only_where_something_would_fail(acme: Office, *, found: bool) -> None:
    if not found:
        acme.world.store.table("bill_invoice").clear()
        for key, row in list(acme.world.store.table("bill_customer").items()):
            acme.world.store.table("bill_customer")[key] = {**row, "paymentTermId": None}
    told(acme)
    acme.work()
    assert ("Open the case: Net 45" in thread(acme)[0]["text"]) is found
