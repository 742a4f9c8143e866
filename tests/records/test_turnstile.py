"""The turnstile: so many at a time, and nobody overtakes."""

from __future__ import annotations

import threading
import time

from bot.records.turnstile import Turnstile


def test_those_who_wait_are_let_in_as_they_came() -> None:
    turnstile = Turnstile(1)
    assert turnstile.enter(0)
    order: list[int] = []

    def wait(number: int) -> None:
        assert turnstile.enter(10)
        order.append(number)
        turnstile.leave()

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
        time.sleep(0.01)
    turnstile.leave()
    for thread in threads:
        thread.join(10)
    assert order == list(range(10))


def test_who_gives_up_waiting_takes_no_place() -> None:
    turnstile = Turnstile(1)
    assert turnstile.enter(0)
    assert not turnstile.enter(0.01)
    turnstile.leave()
    assert turnstile.enter(0)
    assert not turnstile.enter(0)
