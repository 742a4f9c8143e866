"""Whatever order people, systems and the calendar act in, the records hold no way that is not in the table."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cases import store
from bot.cases.case import TRANSITIONS, CaseEvent, CaseState, TransitionRefused
from bot.cases.deciding import decide
from bot.cases.folding.gather import settle
from bot.cases.ports import Person
from bot.cases.reading import Answer, Entry
from bot.cases.step import Stale, Undecided
from bot.records import journal
from bot.records.engine import Database
from bot.terms.term import DueRule, PaymentTerm
from tests.cases.deciding import DAN, ENTITLED, MARIA, PRIYA, Deciding
from tests.slack.cards import samples


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens."""

    what: str
    """An act of `decide`, `look`, `wait`, `move` (any event, past everything) or `way` (one that the table has)."""
    who: Person = DAN
    event: CaseEvent = CaseEvent.EXPIRED
    days: int = 45
    stale: int = 0
    """Whether it rests on what the case was when the example began its last look."""


_ACTS = ("approve", "decline", "edit", "told", "wrong", "check", "corrected", "ask", "accept", "acknowledge", "dismiss")
_OFTEN = ("approve",) * 5 + ("ask",) * 3 + ("edit",) * 6
_WHO = st.sampled_from([DAN, DAN, PRIYA, PRIYA, MARIA])
_ACT = st.builds(
    Step, st.sampled_from(_ACTS + _OFTEN), who=_WHO, days=st.sampled_from([45, 60]), stale=st.integers(0, 1)
)
_WAY = st.builds(Step, st.just("way"), who=_WHO, days=st.integers(0, 20))
_MOVE = st.builds(Step, st.just("move"), event=st.sampled_from(CaseEvent), stale=st.booleans())
_LOOK = st.builds(Step, st.just("look"), days=st.sampled_from([0, 30, 45, 45, 60]))
_WAIT = st.builds(Step, st.just("wait"), days=st.sampled_from([1, 1, 1, 8]))
_STEPS = st.sampled_from([_ACT] * 6 + [_WAY] * 2 + [_MOVE, _LOOK, _WAIT]).flatmap(lambda each: each)
_POLICIES = ("any-approver", "second-person", "two-people")


class Example:
    """One case, and what happens to it."""

    def __init__(self, desk: Deciding, term: str) -> None:
        self.desk, self.term = desk, term
        self.case_id = desk.open(term)
        self.seen = desk.row(self.case_id)

    def happen(self, step: Step) -> None:
        if step.what == "wait":
            self.desk.clock.move(days=step.days)
        elif step.what == "look":
            self._look(step.days)
        elif step.what == "move":
            self._move(step)
        elif step.what == "way":
            self._go(step)
        else:
            self._act(step)

    def _look(self, days: int) -> None:
        """The systems are read; nothing to write where `days` is 0."""
        with self.desk.step("job") as taken:
            case = store.hold(taken.connection, self.case_id)
            self.seen = case
            if CaseState(case.state) not in (CaseState.OPEN, CaseState.AWAITING_DECISION):
                return
            proposal = samples.proposal(self.term, days) if days else None
            diagnosis = samples.ABSENT if days else samples.BY_MATCH["exact"].diagnosis
            settle(taken, case, Answer(diagnosis=diagnosis, proposal=proposal), now=taken.now)  # type: ignore[arg-type]

    def _move(self, step: Step) -> None:
        with suppress(Stale, TransitionRefused, Undecided), self.desk.step("job") as taken:
            case = self.seen if step.stale else store.hold(taken.connection, self.case_id)
            taken.move(case, step.event)

    def _go(self, step: Step) -> None:
        """Goes a way of the table that does not end the case: by a decision where it takes one."""
        state = self.desk.state(self.case_id)
        ways = sorted(event for (before, event), after in TRANSITIONS.items() if before is state and not after.final)
        if ways:
            event = ways[step.days % len(ways)]
            decides = event is CaseEvent.APPROVED
            self.happen(replace(step, what="approve" if decides else "move", event=event, stale=False))

    def _act(self, step: Step) -> None:
        desk = self.desk
        act = desk.act(self.case_id, step.who, digest=self.seen.proposal_digest or "" if step.stale else None)
        words = {"reason": "The contract says so.", "reference": "MSA 4"}
        entry = Entry(rule=PaymentTerm(due=DueRule(step.days)), description="")
        reason = {"reason": words["reason"]}
        does: dict[str, Any] = {
            "approve": lambda: desk.do(decide.approve, act, entitled=ENTITLED, **words),
            "decline": lambda: desk.do(decide.decline, act, entitled=ENTITLED, **reason),
            "accept": lambda: desk.do(decide.accept, act, entitled=ENTITLED, **reason),
            "dismiss": lambda: desk.do(decide.dismiss, act, entitled=ENTITLED, **reason),
            "acknowledge": lambda: desk.do(decide.acknowledge, act, entitled=ENTITLED),
            "edit": lambda: desk.do(decide.edit, act, entry=entry),
            "wrong": lambda: desk.do(decide.invoice_wrong, act, should_be="Net 30"),
            "ask": lambda: desk.do(decide.ask, act),
            "told": lambda: desk.do(lambda taken, _, one: decide.tell_term(taken, one, name=self.term), act),
            "check": lambda: desk.do(lambda taken, _, one: decide.look_again(taken, one), act),
            "corrected": lambda: desk.do(lambda taken, _, one: decide.look_again(taken, one, corrected=True), act),
        }
        does[step.what]()

    def story(self) -> list[Any]:
        """The case's journal, in order."""
        with self.desk.database.transaction() as connection:
            return list(journal.entries(connection, "acme", self.case_id))


def check(example: Example, policy: str) -> list[CaseState]:
    """Whether what the journal and the case's row say holds together, and with the rules; the states gone through."""
    state, digest, reached = CaseState.OPEN, None, list[CaseState]()
    asked: set[str] = set()
    told: set[str] = set()
    edits: list[tuple[str, str]] = []
    decision: Any = None
    for entry in example.story():
        content = entry.content
        if entry.kind in ("diagnosis", "edit"):
            digest = content["digest"] if content.get("digest") or entry.kind == "edit" else digest
        if entry.kind == "edit":
            edits.append((entry.actor, content["digest"]))
        elif entry.kind == "asked":
            asked.add(entry.actor)
        elif entry.kind == "told":
            told.add(entry.actor)
        elif entry.kind == "decision":
            decision = entry
        elif entry.kind == "state":
            way = (CaseState(content["from"]), CaseEvent(content["event"]))
            assert way[0] is state, "the chain of states has no gap"
            assert not state.final, "a final case never moves"
            assert TRANSITIONS[way] is CaseState(content["to"]), "every way is in the table"
            state = CaseState(content["to"])
            reached.append(state)
            if state is CaseState.WRITING:
                assert decision is not None, "no write begins without a decision"
                verdict = decision.content
                assert (verdict["verdict"], verdict["digest"]) == ("approve", digest), "bound to the proposal of now"
                assert decision.actor in verdict["approvers"]
                assert decision.actor not in told
                assert (decision.actor, digest) not in edits
                assert not edits or edits[-1][0] != decision.actor
                assert policy == "any-approver" or decision.actor not in asked
                assert policy != "two-people" or asked - {decision.actor}
            decision = None
    row = example.desk.row(example.case_id)
    assert CaseState(row.state) is state, "the row says what the journal says"
    assert row.version == 1 + len(reached), "the version counts the transitions, and nothing else"
    return reached


def test_no_order_of_events_finds_a_way_that_is_not_in_the_table(database: Database) -> None:
    count = iter(range(10_000))
    reached: set[CaseState] = set()
    desks = {policy: Deciding(database, approval_policy=policy) for policy in _POLICIES}

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.sampled_from(_POLICIES), st.lists(_STEPS, min_size=8, max_size=16))
    def orders(policy: str, steps: list[Step]) -> None:
        example = Example(desks[policy], f"Net {next(count)}")
        for step in steps:
            example.happen(step)
        reached.update(check(example, policy))

    orders()
    assert CaseState.WRITING in reached
    assert len(reached) >= 6, f"the orders led to {sorted(reached)} only: they try too little"
