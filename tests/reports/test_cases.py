"""A finding becomes a case like an alert's, marked as found before it failed, and nobody is its asker."""

from __future__ import annotations

from sqlalchemy import select

from bot.cases.step import step
from bot.evidence.stories import story_of
from bot.evidence.telling import sentence
from bot.records.tables import case_people, cases, messages
from bot.reports.cases import open_case
from bot.terms.drift import Finding, FindingKind
from tests.cases.office import ALERTS, Office, sequence

NET_45 = Finding(kind=FindingKind.MISSING, names=("Net 45",), invoices=3)
NUMBERS = ("INV-1042", "INV-1043", "INV-0988")


def opened(acme: Office, key: str, thread_ts: str | None = None) -> bool:
    with step(acme.database, acme.clock, "test") as taken:
        return open_case(taken, acme.rooms.company, NET_45, NUMBERS, key=key, channel=ALERTS, thread_ts=thread_ts)


def test_a_finding_opens_one_case_with_its_invoices_and_its_card_as_a_new_message(acme: Office) -> None:
    assert opened(acme, "found:1:0")
    assert not opened(acme, "found:1:0")
    acme.rooms.gatherer.gather("test")
    with acme.database.transaction() as connection:
        (case,) = connection.execute(select(cases)).all()
        assert connection.execute(select(case_people)).all() == []
        (card,) = connection.execute(select(messages).where(messages.c.kind == "card")).all()
        replies = connection.execute(select(messages).where(messages.c.kind == "reply")).all()
    assert (case.term_name, case.state) == ("Net 45", "awaiting_decision")
    assert (card.channel, card.thread_ts) == (ALERTS, None)
    assert replies == []


def test_its_card_says_that_nothing_failed_yet_until_an_alert_does(acme: Office) -> None:
    opened(acme, "found:1:0")
    acme.work()
    (card,) = [message["text"] for message in acme.posted()]
    assert "found before it failed" in card.lower()
    assert "bears the payment terms" in card
    acme.alert(*sequence("INV-1042"))
    acme.work()
    card = acme.posted()[0]["text"]
    assert "found before it failed" not in card.lower()
    assert "could not sync" in card


def test_the_journal_tells_such_a_case_from_the_look_that_found_it(acme: Office) -> None:
    opened(acme, "found:1:0")
    acme.work()
    with acme.database.transaction() as connection:
        first = story_of(connection, "acme", 1).entries
    kinds = [entry.kind for entry in first if entry.kind not in ("settings", "approvers")]
    assert kinds[:2] == ["found", "case"]
    (found,) = [entry for entry in first if entry.kind == "found"]
    told = "a look of the bot's own found what will fail to sync: INV-1042, INV-1043, INV-0988, Net 45"
    assert sorted(sentence(found).replace(": ", ", ").split(", ")) == sorted(told.replace(": ", ", ").split(", "))
