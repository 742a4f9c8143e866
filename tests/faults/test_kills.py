"""`kill -9` at every step, of a process that is alone and of one of two: it ends as if nothing had happened."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.faults.house import House, Process, eventually
from tests.faults.steps import STEPS, Phase, Step, within

TAKEOVER_S = 25
"""Until what a killed process was at is done: 6 s to see that it is dead, and a start on a busy machine."""


class Crew:
    """The processes at work on a house: one, or one and a worker beside it."""

    def __init__(self, make_house: Callable[..., House], *, beside: bool) -> None:
        self.beside = beside
        self._make_house = make_house
        self.begin()

    def begin(self) -> None:
        """In a house of their own, with what its records say of a case that nobody disturbed."""
        self.house = self._make_house()
        self.synced = False
        """Whether the sync has taken every invoice since: then none is left that could fail."""
        self._web: Process | None = None
        self._worker: Process | None = None
        self.ready()
        self.usual, self.usual_writes = _undisturbed(self.house)

    def ready(self) -> None:
        """All are there, and nothing is under way."""
        self.house.world.control("faults", {})
        if self._web is None or not self._web.alive:
            self._web = self.house.web()
        if self.beside and (self._worker is None or not self._worker.alive):
            self._worker = self.house.worker()
        eventually(self.house.quiet, "quiet", 60)

    def alone(self) -> None:
        """The one that is to be killed does the next step: the other stands still."""
        if self._worker is not None:
            self._worker.stop()

    def kill(self) -> None:
        """Kills the one that is at work; the other goes on."""
        assert self._web is not None
        self._web.kill()
        if self._worker is not None:
            self._worker.go()

    def come_back(self) -> None:
        """Starts the killed one again."""
        self._web = self.house.web()


@pytest.fixture(scope="session", params=["one process", "two processes"])
def crew(request: pytest.FixtureRequest, make_house: Callable[..., House]) -> Crew:
    """The processes at work; the tests come in any order."""
    return Crew(make_house, beside=request.param == "two processes")


def _undisturbed(house: House) -> tuple[list[str], set[tuple[str, str, str]]]:
    term, number = house.new_term()
    ts = house.alert(number)
    house.await_state(term, "awaiting_decision")
    card = house.await_card(term, ts, "missing in Intacct")
    house.world.press("controller", card, "case.create")
    house.await_state(term, "awaiting_sync")
    house.await_card(term, ts, "is in Intacct")
    usual, writes = house.meaning(term, number), house.writes(term)
    assert writes == {("create_arterm", "the decision's", "the record that is in Intacct")}
    return usual, writes


@pytest.mark.fault("Process: kill -9 at every step")
@pytest.mark.parametrize("name", STEPS)
def test_a_kill_ends_as_an_undisturbed_run_does(crew: Crew, name: str) -> None:
    if crew.synced:
        crew.begin()
    house, step = crew.house, STEPS[name]
    crew.ready()
    term, number = house.new_term()
    ts = ""

    def alert() -> None:
        nonlocal ts
        ts = house.alert(number)

    if step.phase is Phase.CLICK:
        alert()
        card = house.await_card(term, ts, "missing in Intacct")
        eventually(house.quiet, "quiet", 60)
        crew.alone()
        press = threading.Thread(target=lambda: house.world.press("controller", card, "case.create"))
        _killed_within(crew, step, press.start)
        press.join(30)
    else:
        crew.alone()
        _killed_within(crew, step, alert)
    if not crew.beside or not step.heard:
        crew.come_back()
    if step.phase is Phase.ALERT:
        card = house.await_card(term, ts, "missing in Intacct", TAKEOVER_S)
        crew.ready()
        house.world.press("controller", card, "case.create")
    house.await_state(term, "awaiting_sync", TAKEOVER_S)
    house.await_card(term, ts, "is in Intacct", TAKEOVER_S)
    assert house.meaning(term, number) == crew.usual
    assert house.writes(term) == crew.usual_writes
    assert house.world.terms()[term] == "active"
    assert len(house.creations(term)) == 1
    assert len([m for m in house.thread(ts) if term in m["text"]]) == 1


def _killed_within(crew: Crew, step: Step, go: Callable[[], None]) -> None:
    with within(crew.house, step, go):
        crew.kill()


@pytest.mark.fault("Process: nothing is left after the kills")
def test_after_all_kills_the_next_sync_closes_every_case(crew: Crew) -> None:
    house = crew.house
    crew.ready()
    crew.synced = True
    house.world.control("sync")

    def left() -> list[str]:
        """Terms whose cases are not closed; the sync's alerts about other terms open cases of their own."""
        rows = house.rows("SELECT term_name, state FROM cases")
        return [row["term_name"] for row in rows if row["term_name"] in house.terms and row["state"] != "closed"]

    eventually(lambda: not left(), left, 90)
    for table, whole in (("inbox", "done"), ("failures", "joined"), ("messages", "posted")):
        undone = f"SELECT * FROM {table} WHERE state <> '{whole}'"
        eventually(lambda rows=undone: not house.rows(rows), lambda rows=undone: house.rows(rows), 90)  # type: ignore[misc]
    twice = "SELECT ts FROM messages WHERE ts <> '' GROUP BY channel, ts HAVING count(*) > 1"
    assert not house.rows(twice)
