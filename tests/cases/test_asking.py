"""Approvers are told by direct message that they are asked, and that time is running out: with the link, once."""

from __future__ import annotations

import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.cases.deciding import asking
from bot.cases.due import nudge_due
from bot.records import jobs
from bot.records import schedule as records_schedule
from bot.records.tables import cases, inbox, schedule
from bot.slack.door import ItemKind
from bot.slack.handling import WHO_ATTEMPTS, Handling
from bot.slack.home import publish_home
from tests.cases.deciding import Known
from tests.cases.office import ALERTS, Office, sequence

PRIYA, DAN, MARIA = "U0PRIYA", "U0DAN", "U0MARIA"


@pytest.fixture
def waiting(office: Office) -> Any:
    """A case about Net 45 that awaits a decision, its card posted."""
    office.invoices(office.bill_term("Net 45", 45), "INV-1042")
    office.alert(*sequence("INV-1042"))
    work(office)
    return office.case(1)


def work(office: Office, *, ahead_s: float = 0.1) -> None:
    """Does what is due; a card's next edit, seconds away, is not awaited."""
    office.work(ahead_s=ahead_s)


def value(case: Any) -> str:
    return f"{case.id}:{case.proposal_digest}"


def direct(office: Office, user: str) -> list[dict[str, Any]]:
    """The bot's direct messages to a person, in order."""
    return list(office.workspace.messages(office.in_loop(lambda: office.workspace.direct(user))["id"]))


def told(office: Office, user: str) -> list[str]:
    """What the bot has written to a person directly, in order."""
    return [message["text"] for message in direct(office, user)]


def card_link(office: Office) -> str:
    """The permalink of the one card, up to what is escaped in it."""
    (card,) = office.messages("card")
    reply = office.rooms.slack.other.chat_getPermalink(channel=card.channel, message_ts=card.ts)
    return str(reply["permalink"]).split("&")[0]


def whispered(office: Office, user: str) -> list[str]:
    return [message["text"] for message in office.workspace.ephemerals(user, ALERTS)]


def tick(office: Office) -> None:
    """What the bot's tick asks for, and the work that comes of it."""
    nudge_due(office.database, office.clock)
    asking.remind_of_expiry(office.database, office.clock, {"acme": office.rooms.company})
    work(office)


def test_who_may_not_decide_asks_and_each_approver_is_told_once_with_the_link(office: Office, waiting: Any) -> None:
    office.click(MARIA, "case.create", value(waiting))
    work(office)
    assert "can approve this" in whispered(office, MARIA)[-1]
    for _ in range(2):
        office.click(MARIA, "case.ask", value(waiting))
        work(office)
    for approver in (DAN, PRIYA):
        (text,) = told(office, approver)
        assert text.startswith("<@U0MARIA> asks you to decide case 1 about Net 45")
        assert "It expires" in text
    assert told(office, MARIA) == []
    assert "who are told by direct message" in whispered(office, MARIA)[-1]
    assert card_link(office) in str(direct(office, DAN))


def test_another_asker_of_the_same_day_tells_nobody_twice_and_the_next_day_does(office: Office, waiting: Any) -> None:
    office.click(MARIA, "case.ask", value(waiting))
    office.click(PRIYA, "case.ask", value(waiting))
    work(office)
    assert (len(told(office, DAN)), len(told(office, PRIYA))) == (1, 0), "Priya asked, so she cannot decide"
    office.world.calendar.move(timedelta(days=1))
    office.click(MARIA, "case.ask", value(waiting))
    work(office)
    assert len(told(office, DAN)) == 2


def test_a_decision_asked_for_from_a_look_up_is_told_after_its_card_is_posted(office: Office) -> None:
    office.invoices(office.bill_term("Net 45", 45), "INV-1042")
    question = {"numbers": ["INV-1042"], "term": None}
    ask = {"action": "case.ask", "user": MARIA, "team": "T0ACME", "channel": ALERTS, "question": question}
    office.take(ItemKind.CLICK, "ask", ask)
    work(office, ahead_s=4)
    assert card_link(office) in str(direct(office, DAN))


def test_a_day_before_a_case_expires_those_who_can_decide_are_reminded_once(office: Office, waiting: Any) -> None:
    office.click(PRIYA, "case.ask", value(waiting))
    office.world.calendar.move(timedelta(days=5, hours=23))
    tick(office)
    assert len(told(office, DAN)) == 1, "asked, and not reminded yet"
    office.world.calendar.move(timedelta(hours=2))
    for _ in range(3):
        tick(office)
    assert "Nobody has decided yet" in told(office, DAN)[-1]
    assert (len(told(office, DAN)), len(told(office, PRIYA))) == (2, 0)
    office.world.calendar.move(timedelta(days=1))
    tick(office)
    assert office.case(1).state == "expired"
    work(office, ahead_s=4)
    assert "Expired" in next(m["text"] for m in office.posted() if "case 1" in m["text"])
    assert len(told(office, DAN)) == 2


def test_a_case_that_asks_for_its_term_expires_too_after_a_reminder(office: Office) -> None:
    office.alert(*sequence("INV-9999"))
    work(office)
    assert office.case(1).state == "open"
    office.world.calendar.move(timedelta(days=6, hours=1))
    tick(office)
    assert "Its payment terms are still not known" in told(office, DAN)[-1]
    office.world.calendar.move(timedelta(days=1))
    tick(office)
    assert office.case(1).state == "expired"


def test_a_correction_that_nobody_makes_expires_after_its_announcer_was_reminded(office: Office, waiting: Any) -> None:
    wrong = {
        "view": "view.invoice_wrong",
        "case_id": waiting.id,
        "digest": waiting.proposal_digest,
        "user": MARIA,
        "team": "T0ACME",
        "values": {"should_be": "Net 30"},
    }
    office.take(ItemKind.SUBMISSION, "wrong", wrong)
    work(office)
    assert office.case(1).state == "awaiting_correction"
    office.world.calendar.move(timedelta(days=6, hours=1))
    tick(office)
    assert "correction in the billing system is not seen yet" in told(office, MARIA)[-1]
    assert told(office, DAN) == []
    office.world.calendar.move(timedelta(days=1))
    tick(office)
    assert office.case(1).state == "expired"


def test_a_decided_case_is_not_reminded_of(office: Office, waiting: Any) -> None:
    office.world.calendar.move(timedelta(days=6, hours=1))
    asking.remind_of_expiry(office.database, office.clock, {"acme": office.rooms.company})
    office.click(DAN, "case.create", value(waiting))
    work(office)
    assert told(office, PRIYA) == []


def test_a_click_that_comes_too_late_is_told_who_decided(office: Office, waiting: Any) -> None:
    office.click(DAN, "case.create", value(waiting))
    work(office)
    office.click(PRIYA, "case.create", value(waiting))
    work(office)
    assert "Case 1 was approved by <@U0DAN>" in whispered(office, PRIYA)[-1]
    assert office.calls("intacct").count("create_arterm") == 1


def test_where_slack_does_not_tell_who_may_decide_nobody_does_and_the_person_is_told(
    office: Office, waiting: Any
) -> None:
    office.rooms.handling = Handling({"acme": office.rooms.company}, Known(None), office.members, office.clock)
    office.click(DAN, "case.create", value(waiting))
    for attempt in range(1, WHO_ATTEMPTS + 1):
        assert whispered(office, DAN) == [], f"before attempt {attempt}"
        work(office)
        again_at_once(office)
    work(office)
    assert office.case(1).state == "awaiting_decision"
    assert "Slack did not tell me who may decide" in whispered(office, DAN)[-1]


def again_at_once(office: Office) -> None:
    """What is put off is due now."""
    with office.database.transaction() as connection:
        connection.execute(inbox.update().where(inbox.c.state == "waiting").values(due_at=func.now()))
        jobs.nudge(connection, jobs.DRAIN_INBOX)


def test_what_cannot_be_told_because_slack_is_away_is_told_later(office: Office, waiting: Any) -> None:
    there = office.rooms.doings[asking.ASK]
    away = asking.Asking(office.database, office.clock, {"acme": office.rooms.company}, Known(None))
    office.rooms.doings[asking.ASK] = away.tell_asked
    office.click(MARIA, "case.ask", value(waiting))
    work(office)
    assert told(office, DAN) == []
    with office.database.transaction() as connection:
        key = connection.scalars(select(schedule.c.key).where(schedule.c.done_at.is_(None))).one()
    assert records_schedule.do(office.database, key, {asking.ASK: there}, lambda *words: pytest.fail(str(words)))
    work(office)
    assert len(told(office, DAN)) == 1


def test_the_app_home_shows_first_what_waits_for_its_reader(office: Office, waiting: Any) -> None:
    parts: Any = SimpleNamespace(
        insight=SimpleNamespace(of=lambda _user: (office.rooms.company,)),
        clients=office.rooms.slack,
        database=office.database,
        approvers=office.approvers,
    )

    def home(user: str) -> str:
        publish_home(parts, user=user)
        return str(office.workspace.home(user))

    assert "1 case waits for your decision" in home(DAN)
    assert "for your decision" not in home(MARIA)
    office.click(DAN, "case.ask", value(waiting))
    work(office)
    assert "for your decision" not in home(DAN), "he asked, so it waits for somebody else"
    assert "1 case waits for your decision" in home(PRIYA)


def test_a_click_that_waits_to_be_worked_off_keeps_its_case_from_expiring(office: Office, waiting: Any) -> None:
    soon = office.clock.now() + timedelta(seconds=0.5)
    with office.database.transaction() as connection:
        connection.execute(cases.update().where(cases.c.id == waiting.id).values(expires_at=soon))
    office.click(DAN, "case.create", value(waiting))
    time.sleep(0.6)
    office.rooms.workshop.work(waiting.id, "job:case")
    assert office.case(1).state == "awaiting_decision"
    work(office)
    assert office.case(1).state == "awaiting_sync"
