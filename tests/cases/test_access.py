"""Every change of who may decide is in the journal once, whoever notices it, and the review reads it from there alone."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.cases.deciding import decide
from bot.cases.deciding.access import note_entitled
from bot.cases.ports import Entitled
from bot.evidence import access
from bot.records.engine import Database
from bot.settings import Deputy
from tests.cases.deciding import DAN, LEE, NAMES, NOW, PRIYA, Deciding
from tests.evidence.test_commands import run

LEES_DAYS = Deputy(user_id="U0LEE", first=date(2026, 12, 20), last=date(2027, 1, 5))
BOTH = Entitled(approvers=frozenset({"U0DAN", "U0PRIYA"}), names=NAMES)


@pytest.fixture
def desk(database: Database) -> Deciding:
    return Deciding(database)


def note(desk: Deciding, entitled: Entitled = BOTH, **settings: Any) -> bool:
    settings = {"named": ("S0CONTROLLERS",), "deputies": (LEES_DAYS,), **settings}
    return note_entitled(desk.database, desk.clock, "acme", entitled=entitled, **settings)


def test_a_change_is_kept_once_with_who_came_and_who_went(desk: Deciding) -> None:
    assert note(desk)
    assert not note(desk)
    assert note(desk, Entitled(approvers=frozenset({"U0PRIYA", "U0MARIA"}), names=NAMES))
    first, second = (entry.content for entry in desk.journal("approvers"))
    assert first["named"] == ["S0CONTROLLERS"]
    assert first["deputies"] == [{"user": "U0LEE", "from": "2026-12-20", "to": "2027-01-05"}]
    assert (first["added"], first["removed"]) == (["U0DAN", "U0PRIYA"], [])
    assert (second["added"], second["removed"]) == (["U0MARIA"], ["U0DAN"])


def test_a_change_of_the_settings_alone_is_kept_too(desk: Deciding) -> None:
    note(desk)
    assert note(desk, named=("U0DAN", "U0PRIYA"))
    assert note(desk, named=("U0DAN", "U0PRIYA"), deputies=())
    last = desk.journal("approvers")[-1].content
    assert (last["named"], last["deputies"], last["added"], last["removed"]) == (["U0DAN", "U0PRIYA"], [], [], [])


def test_of_many_who_notice_the_same_change_one_keeps_it(desk: Deciding) -> None:
    together = threading.Barrier(6)

    def notice() -> bool:
        together.wait()
        return note(desk)

    with ThreadPoolExecutor(6) as threads:
        assert sum(each.result() for each in [threads.submit(notice) for _ in range(6)]) == 1
    assert len(desk.journal("approvers")) == 1


def story(desk: Deciding) -> None:
    """Dan and Priya; Lee stands in for some days; Dan leaves. Priya and Lee decide one case each."""
    note(desk)
    priyas = desk.open("Net 45")
    desk.do(decide.approve, desk.act(priyas, PRIYA), entitled=BOTH)
    desk.clock.move(days=26)
    standing_in = Entitled(approvers=BOTH.approvers, deputies=frozenset({"U0LEE"}), names=NAMES)
    note(desk, standing_in)
    lees = desk.open("Net 50")
    desk.do(decide.approve, desk.act(lees, LEE), entitled=standing_in)
    desk.clock.move(days=17)
    note(desk)
    desk.clock.move(days=10)
    note(desk, Entitled(approvers=frozenset({"U0PRIYA"}), names=NAMES))


def review(desk: Deciding, begins: datetime | None = None, ends: datetime | None = None) -> access.Review:
    with desk.database.transaction() as connection:
        return access.review(connection, "acme", begins=begins, ends=ends)


def test_the_review_says_who_could_decide_when_and_who_did(desk: Deciding) -> None:
    story(desk)
    found = {(span.user, span.role): span for span in review(desk).spans}
    assert found["U0PRIYA", "approver"].ends is None
    assert found["U0DAN", "approver"].ends == NOW + timedelta(days=53)
    lee = found["U0LEE", "deputy"]
    assert (lee.begins, lee.ends) == (NOW + timedelta(days=26), NOW + timedelta(days=43))
    assert {user: span.decisions for (user, _), span in found.items()} == {"U0PRIYA": 1, "U0DAN": 0, "U0LEE": 1}
    assert review(desk).odd == ()


def test_a_period_shows_those_who_could_decide_in_it_and_their_decisions_of_it(desk: Deciding) -> None:
    story(desk)
    of_december = review(desk, NOW + timedelta(days=1), NOW + timedelta(days=20))
    assert [(span.user, span.decisions) for span in of_december.spans] == [("U0DAN", 0), ("U0PRIYA", 0)]
    late = review(desk, NOW + timedelta(days=54))
    assert [span.user for span in late.spans] == ["U0PRIYA"]
    assert [setting.named for setting in late.settings] == [("S0CONTROLLERS",)]


def test_a_decision_by_somebody_who_was_not_entitled_would_be_named(desk: Deciding) -> None:
    note(desk)
    with desk.step() as taken:
        taken.record("acme", "decision", {"verdict": "approve", "approvers": ["U0PRIYA"]}, actor=DAN.user_id)
    assert review(desk).odd == ("Entry 2: U0DAN decided and is not among those entitled at that click.",)


def test_choices_for_closed_periods_are_counted_and_held_against_who_was_entitled(desk: Deciding) -> None:
    note(desk)
    chosen = {"case": 1, "period": "2026-10", "course": "reopen", "approvers": ["U0PRIYA"], "deputies": ["U0LEE"]}
    with desk.step() as taken:
        for person in (PRIYA, LEE, DAN):
            taken.record("acme", "period", chosen, actor=person.user_id)
    found = review(desk)
    assert {span.user: (span.decisions, span.choices) for span in found.spans} == {"U0DAN": (0, 1), "U0PRIYA": (0, 1)}
    assert found.odd == ("Entry 4: U0DAN chose for a closed period and is not among those entitled at that click.",)


def test_the_review_reads_as_reviewed(desk: Deciding, snapshot: Any) -> None:
    story(desk)
    assert access.lines(review(desk), ZoneInfo("America/New_York")) == snapshot
    assert access.as_json(review(desk)) == snapshot


def test_before_the_first_entry_the_review_says_that_it_does_not_know(desk: Deciding) -> None:
    assert "does not say yet" in access.lines(review(desk), ZoneInfo("UTC"))[0]


def test_the_command_prints_the_review_and_takes_a_period(desk: Deciding, database_url: str, tmp_path: Path) -> None:
    story(desk)
    code, words = run(tmp_path, "access-review", DATABASE_URL=database_url, TIMEZONE="America/New_York")
    assert code == 0, words
    assert words.splitlines() == access.lines(review(desk), ZoneInfo("America/New_York"))
    code, words = run(tmp_path, "access-review", "--from", "2027-01-20", "--json", DATABASE_URL=database_url)
    assert [each["user"] for each in json.loads(words)["people"]] == ["U0PRIYA"]
    code, words = run(tmp_path, "access-review", "--from", "soon", DATABASE_URL=database_url)
    assert (code, "such as 2026-10-01" in words) == (1, True)
