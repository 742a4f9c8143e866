"""The table of states: every way in it, and no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cases.case import FINAL_STATES, TRANSITIONS, CaseEvent, CaseState, TransitionRefused, next_state


@given(st.lists(st.sampled_from(CaseEvent), max_size=30))
def test_random_events_find_no_way_that_is_not_in_the_table(events: list[CaseEvent]) -> None:
    state = CaseState.OPEN
    for event in events:
        if (state, event) in TRANSITIONS:
            state = next_state(state, event)
        else:
            with pytest.raises(TransitionRefused):
                next_state(state, event)


@pytest.mark.parametrize("state", sorted(FINAL_STATES))
def test_nothing_moves_a_final_case(state: CaseState) -> None:
    assert state.final
    for event in CaseEvent:
        with pytest.raises(TransitionRefused):
            next_state(state, event)


def test_nothing_reaches_writing_but_an_approval() -> None:
    ways = {(before, event) for (before, event), after in TRANSITIONS.items() if after is CaseState.WRITING}
    assert ways == {(CaseState.AWAITING_DECISION, CaseEvent.APPROVED)}


@pytest.mark.parametrize("state", [CaseState.WRITING, CaseState.VERIFYING])
def test_a_write_under_way_cannot_be_dismissed(state: CaseState) -> None:
    with pytest.raises(TransitionRefused):
        next_state(state, CaseEvent.DISMISSED)


def test_every_state_that_is_not_final_can_be_left_and_reached() -> None:
    reached = {CaseState.OPEN} | set(TRANSITIONS.values())
    assert reached == set(CaseState)
    assert {before for before, _ in TRANSITIONS} == set(CaseState) - FINAL_STATES
