"""A report in Slack: its message, the picture where Slack refuses the chart, the workbook in its thread."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

from slack_sdk.errors import SlackApiError
from sqlalchemy import select, update

from bot.cases.outbox import Address
from bot.cases.ports import Clock
from bot.cases.step import step
from bot.records.engine import Database
from bot.records.tables import messages
from bot.reports import chart, memory
from bot.reports.report import Report
from bot.reports.telling import FileKind, keep_file
from bot.reports.workbook import workbook
from bot.slack.cards.blocks import CardMessage
from bot.slack.cards.report import journal_head, report_card
from bot.slack.clients import SlackClients

log = logging.getLogger(__name__)


class Reporting:
    """Draws reports from the records, and uploads what belongs to them."""

    def __init__(self, database: Database, clients: SlackClients, clock: Clock) -> None:
        self._database = database
        self._clients = clients
        self._clock = clock

    def content(self, row: Any) -> CardMessage:
        """The message of a kept report, with the links of the cases that are open by now."""
        run_id = int(row.body["run"])
        with self._database.transaction() as connection:
            report = memory.report_of(connection, run_id)
        kept = row.body.get("journal")
        head = journal_head(kept[0], kept[1]) if kept else ""
        return report_card(
            report,
            run_id,
            with_chart=row.body.get("chart", True),
            links=self._links(report),
            head=head,
            outdated="outdated" in row.body,
        )

    def _links(self, report: Report) -> dict[int, str]:
        wanted = sorted(set(report.cases.values()))
        with self._database.transaction() as connection:
            cards = connection.execute(
                select(messages.c.case_id, messages.c.channel, messages.c.ts).where(
                    messages.c.case_id.in_(wanted), messages.c.kind == "card", messages.c.ts.is_not(None)
                )
            ).all()
        links: dict[int, str] = {}
        for card in cards:
            try:
                told = self._clients.other.chat_getPermalink(channel=card.channel, message_ts=card.ts)
            except SlackApiError as error:
                log.info("the card of case %s has no link: %s", card.case_id, error.response.get("error"))
                continue
            links[card.case_id] = str(told["permalink"])
        return links

    def do_without_chart(self, row: Any) -> bool:
        """Slack refused the blocks: the picture goes into the thread instead. False where that was done before."""
        if not row.body.get("chart", True):
            return False
        body = {**row.body, "chart": False}
        with step(self._database, self._clock, f"message:{row.id}") as taken:
            taken.connection.execute(
                update(messages)
                .where(messages.c.id == row.id)
                .values(body=body, state="posted" if row.state == "posted" else "unposted")
            )
            address = Address(channel=row.channel, thread_ts=row.thread_ts)
            keep_file(taken, row.company, int(row.body["run"]), row.key, FileKind.PICTURE, address)
        return True

    def upload(self, row: Any) -> bool:
        """Uploads a kept file into its report's thread; False where the report is not posted yet.

        Raises slack_sdk's errors. What an attempt may have left is looked for first: a file is not shared twice.
        """
        with self._database.transaction() as connection:
            report = connection.execute(
                select(messages.c.channel, messages.c.ts, messages.c.thread_ts).where(
                    messages.c.key == row.body["report"]
                )
            ).one_or_none()
            if report is None or not report.ts:
                return False
            told = memory.report_of(connection, int(row.body["run"]))
        thread = report.thread_ts or report.ts
        kind = FileKind(row.body["what"])
        name = f"{told.company}-payment-terms-{told.week}.{_ENDING[kind]}"
        if row.state == "posting" and self._shared(report.channel, thread, name):
            return True
        with self._database.transaction() as connection:
            connection.execute(update(messages).where(messages.c.id == row.id).values(state="posting"))
        self._clients.posting.files_upload_v2(
            channel=report.channel,
            thread_ts=thread,
            filename=name,
            title=_TITLE[kind],
            content=self._made(kind, told),
            alt_txt=chart.in_words(told.history) if kind is FileKind.PICTURE else None,
        )
        return True

    def _made(self, kind: FileKind, told: Report) -> bytes:
        if kind is FileKind.PICTURE:
            return chart.png(told.history)
        return workbook(told, people=self._names({each.accepted_by for each in told.tracked if each.accepted_by}))

    def _names(self, users: Collection[str]) -> dict[str, str]:
        """What people are called; one whom Slack does not know any more stands by his id."""
        names: dict[str, str] = {}
        for user in sorted(users):
            try:
                told = self._clients.other.users_info(user=user)["user"] or {}
            except SlackApiError as error:
                log.info("the name of %s is not told: %s", user, error.response.get("error"))
                continue
            if name := str(told.get("real_name") or told.get("name") or ""):
                names[user] = name
        return names

    def _shared(self, channel: str, thread: str, name: str) -> bool:
        reply = self._clients.other.conversations_replies(channel=channel, ts=thread, limit=200)
        return any(
            file.get("name") == name for message in reply["messages"] or () for file in message.get("files") or ()
        )


_ENDING = {FileKind.PICTURE: "png", FileKind.WORKBOOK: "xlsx"}
_TITLE = {FileKind.PICTURE: chart.TITLE, FileKind.WORKBOOK: "All findings, terms and numbers"}
