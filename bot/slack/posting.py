"""Posting what the records want said: each message once, each card edited in place as its case moves on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.webhook import WebhookClient
from sqlalchemy import Connection, func, select, update

from bot.cases import showing
from bot.cases.case import CaseState
from bot.cases.deciding import taking_part
from bot.cases.folding.overview import load_lines, load_overview
from bot.cases.outbox import card_key
from bot.cases.ports import Approvers, Companies
from bot.cases.view import CaseKind
from bot.records import jobs
from bot.records.alone import Work, alone
from bot.records.engine import Database
from bot.records.tables import cases, messages
from bot.slack import said
from bot.slack.cards.blocks import CardMessage
from bot.slack.cards.case_card import case_card
from bot.slack.cards.overview import overview_card, summary
from bot.slack.clients import SlackClients
from bot.slack.lists import permalinks
from bot.slack.reporting import Reporting
from bot.slack.turns import PACE_S, Turns

log = logging.getLogger(__name__)

UPDATE_PAUSE = timedelta(seconds=3)
"""A card is edited at most this often; what comes between is told by the next edit."""
CARD_PAUSE = timedelta(seconds=2)
"""How long what links to a card waits for it to be there."""
ATTEMPTS = 8
"""After so many what answers one person now is given up; what tells of a case is not."""
ANSWERS = frozenset({"whisper", "answer", "file"})
"""Kinds that nobody waits for any more after some minutes."""
LONGEST_PAUSE_S = 600
"""Between two attempts, in seconds."""
EVENT_TYPE = "termkeeper_message"
KEPT_CURRENT = frozenset({"card", "overview", "summary", "report"})
"""Kinds that are edited in place as what they tell of moves on; the others are said once."""
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
HOPELESS = frozenset(
    {
        "is_archived",
        "user_not_in_channel",
        "user_not_found",
        "user_disabled",
        "cannot_dm_bot",
        "used_url",
        "expired_url",
    }
)

Answerer = Callable[[str, dict[str, Any]], CardMessage]
"""(company, question): makes the answer, reading both of the company's systems."""


class Poster:
    """Posts and edits messages, one holder at a time for each, over any number of processes."""

    def __init__(
        self,
        database: Database,
        clients: SlackClients,
        companies: Companies,
        approvers: Approvers,
        answer: Answerer,
        reporting: Reporting,
        *,
        search_pause_s: float = 1.0,
        pace_s: float = PACE_S,
    ) -> None:
        """`pace_s`: seconds between two messages in one channel."""
        self._database = database
        self._clients = clients
        self._companies = companies
        self._approvers = approvers
        self._answer = answer
        self._reporting = reporting
        self._search_pause_s = search_pause_s
        self._turns = Turns(database, pace_s)

    def post(self, message_id: int) -> None:
        """Does what is due for one message: posts it, or edits it to the newest revision."""
        with alone(self._database, Work.MESSAGE, message_id) as mine:
            if not mine:
                self._again(message_id, timedelta(seconds=1))
                return
            row = self._read(message_id)
            if row is None or row.state == "dead" or self._rests(row):
                return
            try:
                self._due(row)
            except SlackApiError as error:
                self._api_error(row, error)
            except (SlackClientError, OSError) as error:
                self._failed(row, f"{type(error).__name__}: {error}")

    def _rests(self, row: Any) -> bool:
        """Whether a message waits for the settings to name its company again."""
        return bool(row.company) and row.company not in self._companies and row.kind not in ("whisper", "answer")

    def _read(self, message_id: int) -> Any | None:
        with self._database.transaction() as connection:
            return connection.execute(select(messages).where(messages.c.id == message_id)).one_or_none()

    def _due(self, row: Any) -> None:
        if row.kind == "whisper":
            self._whisper(row)
        elif row.kind == "answer":
            self._answer_question(row)
        elif row.kind == "file":
            self._file(row)
        elif row.state == "posting" and (ts := self._search(row)):
            self._posted(row, ts, 0)
            self._again(row.id)
        elif row.kind == "direct" and self._before_its_card(row):
            self._again(row.id, CARD_PAUSE)
        elif row.state in ("unposted", "posting"):
            self._first(row)
        elif row.kind in KEPT_CURRENT and row.wanted_revision > row.posted_revision:
            self._edit(row)

    def _content(self, row: Any) -> tuple[CardMessage, int]:
        if row.kind != "card":
            if row.kind == "notice":
                return said.notice(row.body or {}), row.wanted_revision
            if row.kind in ("overview", "summary"):
                return self._several(row), row.wanted_revision
            if row.kind == "report":
                return self._reporting.content(row), row.wanted_revision
            sentence = said.direct if row.kind == "direct" else said.line
            return sentence(row.body or {}, self._case_facts(row)), row.wanted_revision
        company = self._companies[row.company]
        entitled = self._approvers.entitled(row.company)
        with self._database.transaction() as connection:
            view = showing.load_view(connection, company, row.case_id, entitled.people, entitled.deputies)
            withdrawals = self._card_of(connection, view.company, view.withdrawal_number)
        if withdrawals is not None and withdrawals.ts:
            reply = self._clients.other.chat_getPermalink(channel=withdrawals.channel, message_ts=withdrawals.ts)
            view = replace(view, withdrawal_link=str(reply["permalink"]))
        return case_card(view), view.revision

    def _card_of(self, connection: Connection, company: str, number: int | None) -> Any | None:
        """The card of the case of this number; None where there is no such case or no card."""
        return connection.execute(
            select(messages)
            .join(cases, cases.c.id == messages.c.case_id)
            .where(cases.c.company == company, cases.c.number == number, messages.c.kind == "card")
        ).one_or_none()

    def _several(self, row: Any) -> CardMessage:
        """An overview or a summary: a line for each of several cases."""
        body = row.body or {}
        with self._database.transaction() as connection:
            view = load_overview(connection, body["alert"]) if row.kind == "overview" else None
            lines = view.cases if view is not None else load_lines(connection, body["cases"])
        links = permalinks(self._clients.other, lines)
        return overview_card(view, links) if view is not None else summary(len(body["alerts"]), lines, links)

    def _before_its_card(self, row: Any) -> bool:
        """Whether what links to a case's card would be posted before it."""
        if row.case_id is None or row.state != "unposted":
            return False
        card = select(messages.c.id).where(
            messages.c.key == card_key(row.case_id), messages.c.ts.is_(None), messages.c.state != "dead"
        )
        with self._database.transaction() as connection:
            return connection.scalar(card) is not None

    def _case_facts(self, row: Any) -> said.CaseFacts | None:
        if row.case_id is None:
            return None
        entitled = self._approvers.entitled(row.company)
        with self._database.transaction() as connection:
            case = connection.execute(select(cases).where(cases.c.id == row.case_id)).one()
            had = taking_part.participants_among(connection, case, entitled, "")
            decision = showing.latest_decision(connection, row.case_id)
            card = connection.execute(
                select(messages).where(messages.c.case_id == row.case_id, messages.c.kind == "card")
            ).one_or_none()
        link = ""
        if card is not None and card.ts:
            reply = self._clients.other.chat_getPermalink(channel=card.channel, message_ts=card.ts)
            link = str(reply["permalink"])
        return said.CaseFacts(
            case_id=case.id,
            number=case.number,
            digest=case.proposal_digest or "",
            term=case.term_name,
            near=card is not None and card.channel == row.channel,
            link=link,
            state=CaseState(case.state),
            expires_at=case.expires_at,
            decision=decision,
            deputies=tuple(sorted(entitled.deputies)),
            barred=tuple(sorted({each.person.user_id for each in had})),
        )

    def _first(self, row: Any) -> None:
        if row.kind != "direct" and (wait := self._turns.wait(row)) > timedelta(0):
            self._again(row.id, wait)
            return
        content, revision = self._content(row)
        channel = self._conversation(row) if row.kind == "direct" else row.channel
        self._mark(row, state="posting", claimed_at=func.now(), channel=channel)
        reply = self._clients.posting.chat_postMessage(
            channel=channel,
            thread_ts=row.thread_ts,
            text=content.text,
            blocks=list(content.blocks),
            metadata={"event_type": EVENT_TYPE, "event_payload": {"key": row.key}},
            unfurl_links=False,
            unfurl_media=False,
        )
        self._posted(row, str(reply["ts"]), revision)

    def _conversation(self, row: Any) -> str:
        """The bot's direct conversation with the person that a message is for; opened where there is none."""
        opened: dict[str, Any] = self._clients.other.conversations_open(users=row.body["user"])["channel"] or {}
        return str(opened["id"])

    def _posted(self, row: Any, ts: str, revision: int) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                update(messages)
                .where(messages.c.id == row.id)
                .values(
                    state="posted",
                    ts=ts,
                    posted_revision=revision,
                    posted_at=func.now(),
                    updated_at=func.now(),
                    attempts=0,
                    last_error=None,
                )
            )
            wanted = connection.scalar(select(messages.c.wanted_revision).where(messages.c.id == row.id))
            if row.kind in KEPT_CURRENT and wanted is not None and wanted > revision:
                jobs.nudge(connection, jobs.POST_MESSAGE, message_id=row.id)

    def _search(self, row: Any) -> str | None:
        """The message that an earlier attempt may have posted, found by its metadata; looked for twice."""
        for attempt in range(2):
            if attempt:
                time.sleep(self._search_pause_s)
            for message in self._nearby(row):
                metadata = message.get("metadata") or {}
                if (metadata.get("event_payload") or {}).get("key") == row.key:
                    return str(message["ts"])
        return None

    def _nearby(self, row: Any) -> list[dict[str, Any]]:
        oldest = str(row.claimed_at.timestamp() - 60) if row.claimed_at else "0"
        if row.thread_ts:
            reply = self._clients.other.conversations_replies(
                channel=row.channel, ts=row.thread_ts, include_all_metadata=True, limit=200
            )
        else:
            reply = self._clients.other.conversations_history(
                channel=row.channel, oldest=oldest, include_all_metadata=True, limit=200
            )
        return list(reply["messages"] or ())

    def _before_its_withdrawals(self, row: Any) -> bool:
        """Whether a card is to link to the case that withdraws its term, and that one's card is about to be posted."""
        if row.kind != "card":
            return False
        card = (
            select(messages.c.id)
            .join(cases, cases.c.id == messages.c.case_id)
            .where(
                cases.c.company == row.company,
                cases.c.kind == CaseKind.WITHDRAW.value,
                cases.c.note["of"].astext == str(row.case_id),
                messages.c.kind == "card",
                messages.c.ts.is_(None),
                messages.c.state != "dead",
            )
        )
        with self._database.transaction() as connection:
            return connection.scalar(card) is not None

    def _edit(self, row: Any) -> None:
        if self._before_its_withdrawals(row):
            self._again(row.id, CARD_PAUSE)
            return
        with self._database.transaction() as connection:
            wait = connection.scalar(
                select(messages.c.updated_at + UPDATE_PAUSE - func.now()).where(messages.c.id == row.id)
            )
        if wait is not None and wait > timedelta(0):
            self._again(row.id, wait)
            return
        content, revision = self._content(row)
        self._clients.other.chat_update(channel=row.channel, ts=row.ts, text=content.text, blocks=list(content.blocks))
        self._posted(row, row.ts, revision)

    def _whisper(self, row: Any) -> None:
        if row.state == "posted":
            return
        people = self._approvers.entitled(row.company).people
        content = (
            said.decided_from_list(row.body, people)
            if row.body["what"] == "list_decided"
            else said.whisper(row.body, self._case_facts(row), people)
        )
        self._clients.posting.chat_postEphemeral(
            channel=row.channel,
            user=row.body["user"],
            thread_ts=row.thread_ts,
            text=content.text,
            blocks=list(content.blocks),
        )
        self._posted(row, "", 1)

    def _file(self, row: Any) -> None:
        if row.state == "posted":
            return
        if self._reporting.upload(row):
            self._posted(row, "", 1)
        else:
            self._again(row.id, CARD_PAUSE)

    def _answer_question(self, row: Any) -> None:
        if row.state == "posted":
            return
        body = dict(row.body)
        content = self._answer(row.company, body)
        reply = WebhookClient(body["response_url"]).send(
            text=content.text,
            blocks=list(content.blocks),
            response_type="ephemeral",
            replace_original=bool(body.get("replace")),
        )
        if reply.status_code != 200:
            self._failed(row, f"response_url answered {reply.status_code}", hopeless=reply.status_code in (404, 410))
            return
        self._posted(row, "", 1)
        self._mark(row, body={k: v for k, v in body.items() if k != "response_url"})

    def _api_error(self, row: Any, error: SlackApiError) -> None:
        code = str(error.response.get("error", ""))
        if code == "invalid_blocks" and row.kind == "report" and self._reporting.do_without_chart(row):
            self._again(row.id)
            return
        if code in GONE and row.kind == "report":
            # Somebody deleted it. What an edit would have said is that a newer one has come.
            self._mark(row, posted_revision=row.wanted_revision)
            return
        if code in GONE:
            log.info("message %s is gone (%s); posting it anew", row.key, code)
            self._mark(row, state="unposted", ts=None, posted_revision=0, turn_at=None)
            self._again(row.id)
            return
        if code == "ratelimited":
            wait = float(error.response.headers.get("Retry-After", 1))
            self._turns.put_off(row.channel, timedelta(seconds=wait))
            self._mark(row, state="unposted" if row.state != "posted" else "posted")
            self._again(row.id, timedelta(seconds=wait))
            return
        if row.state in ("unposted", "posting"):
            # A refusal in words means that nothing was posted.
            self._mark(row, state="unposted")
        self._failed(row, code, hopeless=code in HOPELESS)

    def _failed(self, row: Any, why: str, *, hopeless: bool = False) -> None:
        attempts = row.attempts + 1
        dead = hopeless or (row.kind in ANSWERS and attempts >= ATTEMPTS)
        log.warning("message %s could not be posted (%s), attempt %d%s", row.key, why, attempts, ", given up" * dead)
        wait = timedelta(seconds=min(2 ** min(attempts, 10), LONGEST_PAUSE_S))
        with self._database.transaction() as connection:
            connection.execute(
                update(messages)
                .where(messages.c.id == row.id)
                .values(
                    attempts=attempts,
                    last_error=why,
                    due_at=func.now() + wait,
                    **({"state": "dead"} if dead else {}),
                )
            )
        if not dead:
            self._again(row.id, wait)

    def _mark(self, row: Any, **columns: Any) -> None:
        with self._database.transaction() as connection:
            connection.execute(update(messages).where(messages.c.id == row.id).values(**columns))

    def _again(self, message_id: int, wait: timedelta = timedelta(0)) -> None:
        with self._database.transaction() as connection:
            moment = connection.scalar(select(func.now()))
            jobs.nudge(
                connection, jobs.POST_MESSAGE, at=moment + wait if moment and wait else None, message_id=message_id
            )
