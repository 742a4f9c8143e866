"""Direct messages: one a person and key, in his conversation with the bot, also after an answer that never came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.cases.outbox import direct
from bot.cases.ports import Entitled
from bot.cases.step import step
from bot.records.engine import Database
from bot.records.tables import cases, messages
from bot.sandbox.world import Fault
from bot.slack.cards.blocks import CardMessage
from bot.slack.clients import clients
from bot.slack.posting import ATTEMPTS, LONGEST_PAUSE_S, Poster
from bot.slack.reporting import Reporting
from tests.cases.month_end import Clock, company
from tests.sandbox.slack.conftest import Stage

CLOCK = SimpleNamespace(now=lambda: datetime(2026, 11, 24, 9, 14, tzinfo=UTC))


def never(_: dict[str, Any]) -> CardMessage:
    raise AssertionError("nothing was asked")


@pytest.fixture
def poster(database: Database, stage: Stage) -> Poster:
    entitled = SimpleNamespace(entitled=lambda _: Entitled(approvers=frozenset({"U0DAN", "U0PRIYA"})))
    slack = clients("xoxb-sandbox-termkeeper", stage.api)
    reporting = Reporting(database, slack, CLOCK)
    return Poster(database, slack, {"acme": company(Clock())}, entitled, never, reporting, search_pause_s=0.01)


def ask_dan(database: Database) -> int:
    with step(database, CLOCK, "test") as taken:
        case_id = taken.connection.scalar(select(cases.c.id)) or taken.connection.scalar(
            cases.insert()
            .values(company="acme", number=12, key="term::Net 45", state="open", alerted_at=taken.now)
            .returning(cases.c.id)
        )
        direct(taken, company="acme", user="U0DAN", key="ask:1", what="please_decide", case_id=case_id, asker="U0MARIA")
        return taken.connection.execute(select(messages.c.id)).scalar_one()


def heard(stage: Stage) -> list[str]:
    return [
        message["text"] for message in stage.workspace.messages(stage.do(lambda: stage.workspace.direct("dan"))["id"])
    ]


def test_a_direct_message_is_posted_once_in_the_persons_own_conversation(
    database: Database, stage: Stage, poster: Poster
) -> None:
    message_id = ask_dan(database)
    assert ask_dan(database) == message_id
    for _ in range(3):
        poster.post(message_id)
    (told,) = heard(stage)
    assert "<@U0MARIA> asks you to decide case 12" in told


def test_a_direct_message_whose_answer_was_lost_is_found_again_not_posted_twice(
    database: Database, stage: Stage, poster: Poster
) -> None:
    message_id = ask_dan(database)
    stage.world.faults.set(Fault(service="slack", method="chat.postMessage", name="timeout_after", times=1, value=0.1))
    poster.post(message_id)
    poster.post(message_id)
    assert len(heard(stage)) == 1
    with database.transaction() as connection:
        assert connection.scalar(select(messages.c.state)) == "posted"


@pytest.mark.parametrize("fault", ["server_error", "not_in_channel"])
def test_what_slack_does_not_take_for_long_is_said_once_it_does(
    database: Database, stage: Stage, poster: Poster, fault: str
) -> None:
    message_id = ask_dan(database)
    stage.world.faults.set(Fault(service="slack", method="chat.postMessage", name=fault, times=ATTEMPTS + 2))
    for _ in range(ATTEMPTS + 2):
        poster.post(message_id)
    with database.transaction() as connection:
        row = connection.execute(select(messages, (messages.c.due_at - func.now()).label("pause"))).one()
    assert row.state in ("unposted", "posting")
    assert row.attempts == ATTEMPTS + 2
    assert row.pause <= timedelta(seconds=LONGEST_PAUSE_S)
    poster.post(message_id)
    (told,) = heard(stage)
    assert "asks you to decide case 12" in told
