"""Many alerts at once: one look for all of them, one card a term, few messages, nothing lost."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from bot.cases.folding import gather
from bot.cases.folding.gather import MOST_ATTEMPTS
from bot.records import inbox
from bot.records.tables import failures
from bot.slack import said
from tests.cases.office import Office, Rooms, sequence

TERMS = {"Net 41": 41, "Net 42": 42, "Net 43": 43, "Net 44": 44, "Net 46": 46}


def _burst(office: Office, alerts: int) -> None:
    ids = [office.bill_term(name, days) for name, days in TERMS.items()]
    office.ar_term("Net 30", 30)
    numbers = [f"INV-{n}" for n in range(alerts)]
    for index, term_id in enumerate(ids):
        office.invoices(term_id, *numbers[index :: len(ids)])
    for number in numbers:
        office.alert(*sequence(number))


def _joined(office: Office) -> int:
    with office.database.transaction() as connection:
        return len(connection.execute(select(failures.c.id).where(failures.c.state == "joined")).all())


def test_500_alerts_about_5_terms_are_5_cards_and_few_calls(office: Office) -> None:
    _burst(office, 500)
    office.work(seconds=120)
    assert _joined(office) == 500
    assert sorted(case.term_name for case in office.cases()) == sorted(TERMS)
    assert len(office.calls("intacct")) <= 10, office.calls("intacct")
    assert len(office.calls("bill")) <= 10, office.calls("bill")
    posted = office.posted()
    assert len([m for m in posted if "missing in Intacct" in m["text"]]) == 5
    assert len(posted) <= 60
    for card in office.messages("card"):
        (shown,) = [m for m in posted if m["ts"] == card.ts]
        assert "100 alerts" in shown["text"]
        assert "100 invoices, $10,000.00 wait on this" in shown["text"]
    (summary,) = [m for m in posted if "more alerts" in m["text"]]
    assert summary["text"].startswith("495 more alerts, 5 terms: cases 1 to 5.")


def test_two_processes_gather_one_at_a_time(office: Office) -> None:
    _burst(office, 60)
    both = [office.rooms, office.more_rooms()]

    def work(rooms: Rooms) -> int:
        return office.work(rooms=rooms, seconds=60)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, both))
    office.work()
    assert _joined(office) == 60
    assert len(office.cases()) == 5
    assert len(office.calls("bill")) <= 10, office.calls("bill")
    assert len(office.calls("intacct")) <= 10, office.calls("intacct")


def test_a_burst_that_takes_long_to_work_off_is_looked_up_at_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "LONGEST_PAUSE_S", 0.3)
    _burst(office, 20)
    inbox.drain(office.database, office.rooms.handling.handle, limit=1)

    def slowly() -> None:
        while inbox.drain(office.database, office.rooms.handling.handle, limit=1):
            time.sleep(0.05)

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(slowly)
        assert office.rooms.gatherer.gather("test") == 20
        working.result()
    assert len(office.cases()) == 5
    before = len(office.calls("bill"))
    assert office.rooms.gatherer.gather("test") == 0
    assert len(office.calls("bill")) == before <= 5, office.calls("bill")


def test_a_few_later_alerts_get_a_line_each(office: Office) -> None:
    office.invoices(office.bill_term("Net 41", 41), "INV-1", "INV-2", "INV-3")
    office.ar_term("Net 30", 30)
    first = office.alert(*sequence("INV-1"))
    office.work()
    later = [office.alert(*sequence(number)) for number in ("INV-2", "INV-3")]
    office.work()
    (card,) = office.messages("card")
    assert card.thread_ts == first
    replies = [m for m in office.posted() if "for the same term" in m["text"] and m["thread_ts"] in later]
    assert [m["text"] for m in replies] == [
        "INV-2 waits for the same term: case 1 above.",
        "INV-3 waits for the same term: case 1 above.",
    ]
    assert office.messages("summary") == []


def test_a_summary_is_kept_current(office: Office) -> None:
    numbers = [f"INV-{n}" for n in range(20)]
    office.invoices(office.bill_term("Net 41", 41), *numbers)
    office.ar_term("Net 30", 30)
    for number in numbers[:10]:
        office.alert(*sequence(number))
    office.work()
    for number in numbers[10:]:
        office.alert(*sequence(number))
    office.work()
    summaries = [m["text"] for m in office.posted() if "more alerts" in m["text"]]
    assert [text.splitlines()[0] for text in summaries] == ["19 more alerts, 1 term: case 1."]
    assert "20 invoices, $2,000.00" in summaries[0]


def test_what_a_gatherer_had_begun_when_it_died_is_taken_up_at_once(office: Office) -> None:
    office.invoices(office.bill_term("Net 41", 41), "INV-1")
    office.ar_term("Net 30", 30)
    office.alert(*sequence("INV-1"))
    with office.database.transaction() as connection:
        inbox.drain(office.database, office.rooms.handling.handle)
        connection.execute(failures.update().values(state="gathered", attempts=1))
    assert office.rooms.gatherer.gather("test") == 1
    assert [case.term_name for case in office.cases()] == ["Net 41"]


def test_an_alert_of_which_no_case_can_be_made_is_told_and_holds_up_no_other_nor_asks_for_ever(office: Office) -> None:
    office.invoices(office.bill_term("Net 41", 41), "INV-1")
    office.invoices(office.bill_term("Net 42", 42), "INV-2")
    office.ar_term("Net 30", 30)
    with office.database.transaction() as connection:
        connection.execute(text("ALTER TABLE case_invoices ADD CONSTRAINT no_2 CHECK (number <> 'INV-2')"))
    office.alert(*sequence("INV-1"))
    office.alert(*sequence("INV-2"))
    inbox.drain(office.database, office.rooms.handling.handle)
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(DBAPIError):
            office.rooms.gatherer.gather("test")
    assert [case.term_name for case in office.cases()] == ["Net 41"]
    (told,) = office.messages("notice")
    assert "An alert about Net 42 was taken in" in said.notice(told.body).text
    asked = len(office.calls("bill"))
    assert office.rooms.gatherer.gather("test") == 0
    assert len(office.calls("bill")) == asked
    with office.database.transaction() as connection:
        connection.execute(text("ALTER TABLE case_invoices DROP CONSTRAINT no_2"))
        connection.execute(text("UPDATE failures SET due_at = due_at - interval '61 minutes'"))
    assert office.rooms.gatherer.gather("test") == 1
    assert [case.term_name for case in office.cases()] == ["Net 41", "Net 42"]
