"""What was posted while the socket was down, or the bot away: found at the reconnect, and by hand."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.house import House, eventually


@pytest.fixture(scope="module")
def house(make_house: Callable[..., House]) -> House:
    """A house whose processes listen by Socket Mode."""
    return make_house(SLACK_APP_TOKEN="xapp-sandbox-termkeeper")


@pytest.fixture
def listening(house: House) -> Iterator[House]:
    """With a process that listens."""
    process = house.start(name="socket")
    process.await_greeting()
    eventually(lambda: house.rows("SELECT 1 FROM channel_marks"), "a mark")
    house.settle()
    yield house
    if process.alive:
        assert process.terminate() == 0


@pytest.mark.fault("Slack: socket drops with events sent meanwhile")
def test_what_is_posted_while_the_socket_is_down_is_found(listening: House) -> None:
    house = listening
    sockets = len(house.world.calls("slack", "socket"))
    house.fault("slack", "socket", "drop")
    eventually(lambda: len(house.world.calls("slack", "socket")) > sockets, "the drop")
    wanted = [house.new_term() for _ in range(3)]
    alerts = [(term, house.alert(number)) for term, number in wanted]
    for term, ts in alerts:
        house.await_card(term, ts, "missing in Intacct", 40)
    assert [len(house.rows(f"SELECT 1 FROM cases WHERE term_name = '{term}'")) for term, _ in wanted] == [1, 1, 1]


def test_days_away_are_read_by_hand_and_the_next_start_works_them_off(listening: House) -> None:
    house = listening
    process = house.processes[-1]
    assert process.terminate() == 0
    term, number = house.new_term()
    ts = house.alert(number)
    told = _backfill(house)
    assert "1 taken in now" in told
    assert "No bot is running on this database: it looks into them when it starts." in told
    assert "0 taken in now" in _backfill(house)
    again = house.start(name="socket")
    again.await_greeting()
    house.await_card(term, ts, "missing in Intacct")
    told = _backfill(house)
    assert "0 taken in now" in told
    assert "No bot is running" not in told
    assert len([m for m in house.thread(ts) if term in m["text"]]) == 1
    assert again.terminate() == 0


def test_what_cannot_be_read_by_hand_is_said(house: House) -> None:
    for arguments, words in (
        (("--since", "yesterday"), "--since takes a day such as 2026-11-01, not 'yesterday'."),
        (("--since", "2026-11-01", "--channel", "C0NOWHERE"), "C0NOWHERE is no alert channel: ALERT_CHANNELS has"),
    ):
        done = _run(house, *arguments)
        assert done.returncode == 1
        assert words in done.stderr


def _backfill(house: House) -> str:
    done = _run(house, "--since", (datetime.now(UTC) - timedelta(days=1)).date().isoformat())
    assert done.returncode == 0, done.stderr
    return done.stdout


def _run(house: House, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", "backfill", *arguments],
        cwd=house.folder,
        env=house.environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
