"""The steps of a case's way at which a process is killed, and how each is held from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from tests.faults.house import House, eventually

Hold = Callable[[House, Callable[[], None]], Iterator[None]]


class Phase(StrEnum):
    """What sets the step going."""

    ALERT = "alert"
    """An alert arrives."""
    CLICK = "click"
    """An approver presses Create."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: its phase, and a context that sets it going and in whose body the process is within the step."""

    phase: Phase
    hold: Hold
    heard: bool = True
    """Whether Slack has had its acknowledgement when the process dies."""


def _by_lock(table: str, *, undone: bool = False) -> Hold:
    """Held before its first write to a table. `undone`: the server drops the statement; else it is carried out."""

    def hold(house: House, go: Callable[[], None]) -> Iterator[None]:
        with house.locked(table):
            go()
            eventually(lambda: house.blocked(table), f"a write to {table}")
            yield
            if undone:
                for pid in house.blocked(table):
                    house.rows(f"SELECT pg_terminate_backend({pid})")

    return hold


def _by_fault(service: str, method: str, fault: str, seconds: float = 30) -> Hold:
    """Held within a call."""

    def hold(house: House, go: Callable[[], None]) -> Iterator[None]:
        house.fault(service, method, fault, seconds=seconds)
        go()
        eventually(house.struck, f"{fault} of {method}")
        yield

    return hold


def _after_create(then: Hold) -> Hold:
    """Sets another hold up while create_arterm is slow, so that it strikes after it."""

    def hold(house: House, go: Callable[[], None]) -> Iterator[None]:
        house.fault("intacct", "create_arterm", "slow", seconds=1.5)
        go()
        eventually(house.struck, "create_arterm")
        yield from then(house, lambda: None)

    return hold


STEPS = {
    "before the event is kept": Step(phase=Phase.ALERT, hold=_by_lock("inbox", undone=True), heard=False),
    "after enqueue, before the acknowledgement": Step(
        phase=Phase.ALERT, hold=_by_lock("procrastinate_jobs"), heard=False
    ),
    "after the acknowledgement": Step(phase=Phase.ALERT, hold=_by_lock("alerts")),
    "after the claim of a gather": Step(phase=Phase.ALERT, hold=_by_fault("bill", "invoices", "slow", 5)),
    "before the case is kept": Step(phase=Phase.ALERT, hold=_by_lock("case_invoices")),
    "posting the card, not there yet": Step(phase=Phase.ALERT, hold=_by_fault("slack", "chat.postMessage", "timeout")),
    "posting the card, there already": Step(
        phase=Phase.ALERT, hold=_by_fault("slack", "chat.postMessage", "timeout_after")
    ),
    "the click enqueued, not acknowledged": Step(phase=Phase.CLICK, hold=_by_lock("procrastinate_jobs"), heard=False),
    "before the decision is kept": Step(phase=Phase.CLICK, hold=_by_lock("decisions")),
    "after the decision is kept": Step(phase=Phase.CLICK, hold=_by_fault("intacct", "query", "slow")),
    "before create_arterm": Step(phase=Phase.CLICK, hold=_by_lock("writes")),
    "during create_arterm, without effect": Step(
        phase=Phase.CLICK, hold=_by_fault("intacct", "create_arterm", "timeout_before")
    ),
    "during create_arterm, its effect after the death": Step(
        phase=Phase.CLICK, hold=_by_fault("intacct", "create_arterm", "slow")
    ),
    "after create_arterm, its answer not heard": Step(
        phase=Phase.CLICK, hold=_by_fault("intacct", "create_arterm", "timeout_after")
    ),
    "after create_arterm, its answer not kept": Step(phase=Phase.CLICK, hold=_after_create(_by_lock("writes"))),
    "before read-back": Step(phase=Phase.CLICK, hold=_after_create(_by_fault("intacct", "query", "slow"))),
    "after read-back, before it is kept": Step(phase=Phase.CLICK, hold=_after_create(_by_lock("cases"))),
    "before the card's update": Step(
        phase=Phase.CLICK, hold=_after_create(_by_fault("slack", "chat.update", "timeout"))
    ),
    "the card's update there, not heard": Step(
        phase=Phase.CLICK, hold=_after_create(_by_fault("slack", "chat.update", "timeout_after"))
    ),
}


@contextmanager
def within(house: House, step: Step, go: Callable[[], None]) -> Iterator[None]:
    """Sets a step going by `go`; in the body a process is within it, and after the body nothing holds any more."""
    yield from step.hold(house, go)
    house.world.control("faults", {})
