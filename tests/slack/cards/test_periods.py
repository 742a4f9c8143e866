"""Month-end on a card: what is said when, and that an invoice of a closed period is never simply synced again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cases.case import CaseState
from bot.cases.view import Arrival, CaseInvoice, CaseView, Course, Diagnosis
from bot.slack.cards.answers import LookUp, look_up_answer
from bot.slack.cards.case_card import case_card
from bot.slack.cards.names import ActionId, BlockId
from bot.slack.cards.submissions import ChosenCourse, read_period
from bot.slack.cards.views import ViewContext, period_view
from tests.slack.cards import samples
from tests.slack.cards.samples import BY_PERIOD, CLOSED_AT, NEAR_AT, case, choice, dated

OCTOBER = "INV-1044"
"""The invoice that is dated in October."""


def text(view: CaseView) -> str:
    return case_card(view).text


def test_a_card_says_how_long_is_left_for_the_invoices_of_a_period_about_to_close() -> None:
    assert "October 2026 closes for AR in 2 d 2 h" in text(BY_PERIOD["period closes soon"])
    assert f"{OCTOBER} is dated Oct 28." in text(BY_PERIOD["period closes soon"])


def arrived(chosen: Course | None = None) -> tuple[CaseInvoice, ...]:
    made = None if chosen is None else choice(chosen)
    return tuple(replace(each, arrival=Arrival.ARRIVED) for each in dated(CLOSED_AT, made))


def test_a_card_says_nothing_of_a_period_that_closes_long_after_or_of_an_invoice_that_arrived_before_it_closed() -> (
    None
):
    far = case(invoices=dated(NEAR_AT - timedelta(days=4)))
    assert "for AR" not in text(far)
    before = case(state=CaseState.AWAITING_SYNC, invoices=arrived(), alerted_at=CLOSED_AT - timedelta(days=30))
    assert "for AR" not in text(before)


def test_a_closed_card_keeps_that_a_period_was_closed_and_what_was_chosen_or_that_nothing_was() -> None:
    without = text(case(state=CaseState.CLOSED, invoices=arrived(), alerted_at=CLOSED_AT))
    assert f"October 2026 was closed for AR when this failed; {OCTOBER} is dated Oct 28." in without
    assert "without an approver's choice here" in without
    made = text(case(state=CaseState.CLOSED, invoices=arrived(Course.REOPEN), alerted_at=CLOSED_AT))
    assert "chose to reopen October 2026" in made
    assert "without an approver's choice" not in made


@pytest.mark.parametrize("name", [name for name in BY_PERIOD if name != "period closes soon"])
def test_no_card_tells_anybody_to_simply_sync_an_invoice_of_a_closed_period(name: str) -> None:
    lines = text(BY_PERIOD[name]).splitlines()
    told = [line for line in lines if f"Sync {OCTOBER} again" in line or f"sync {OCTOBER} again" in line]
    assert all("reopen" in line.lower() for line in told)


@pytest.mark.parametrize("state", list(CaseState))
def test_the_choice_is_offered_while_the_case_stands_and_the_invoice_waits(state: CaseState) -> None:
    offered = ActionId.PERIOD in str(case_card(case(state=state, invoices=dated(CLOSED_AT))).blocks)
    assert offered is (not state.final and state not in (CaseState.WRITING, CaseState.VERIFYING))
    assert ActionId.PERIOD not in str(case_card(case(state=state, invoices=dated(NEAR_AT))).blocks)


@pytest.mark.parametrize("found", [samples.LOOKALIKE, samples.INACTIVE])
def test_an_advice_that_ends_in_a_sync_leaves_out_what_is_shut_out(found: Diagnosis) -> None:
    view = samples.of(found, "Net 45", 45, invoices=dated(CLOSED_AT))
    told = [line for line in text(view).splitlines() if "sync again" in line]
    assert told
    assert all(f"but not {OCTOBER} before an approver has chosen" in line for line in told)


def test_a_look_up_says_it_of_a_term_in_order_and_of_one_that_is_missing() -> None:
    def looked(found: Diagnosis) -> str:
        invoice = dated(CLOSED_AT)[2]
        assert invoice.billed is not None
        one = LookUp(
            number=OCTOBER,
            found=(invoice.billed,),
            standings=(invoice.standing,),
            term_name="Net 45",
            diagnosis=found,
            company="acme",
            source_label="BILL",
            system="BILL",
        )
        return look_up_answer([one]).text

    assert f"If {OCTOBER} is not in Intacct, do not simply sync it again" in looked(samples.EXACT_OLD)
    assert "October 2026 is closed for AR" in looked(samples.ABSENT)


def test_a_choice_is_shown_with_who_why_and_what_to_do_in_which_order() -> None:
    reopened = text(BY_PERIOD["period to be reopened"])
    assert "<@U0PRIYA> chose to reopen October 2026" in reopened
    assert "The audit is done." in reopened
    steps = [reopened.index(step) for step in ("Reopen October 2026", f"sync {OCTOBER} again", "close October 2026")]
    assert steps == sorted(steps)
    posted = text(BY_PERIOD["posted in the current period"])
    steps = [posted.index(step) for step in ("Accrue $120.00", "post INV-1044 with a posting date", "by hand")]
    assert steps == sorted(steps)


def test_the_view_asks_for_period_course_and_reason() -> None:
    view = period_view(BY_PERIOD["period closed"], ViewContext(case_id=312, digest=samples.DIGEST))
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}  # type: ignore[union-attr]
    assert inputs == {BlockId.PERIOD_WHICH, BlockId.PERIOD_COURSE, BlockId.PERIOD_REASON}
    assert "October 2026 (1 invoice)" in str(view)
    with pytest.raises(ValueError, match="closed period"):
        period_view(BY_PERIOD["period closes soon"], ViewContext(case_id=312, digest=samples.DIGEST))


def values(period: str | None, course: str | None, reason: str) -> dict[str, dict[str, dict[str, object]]]:
    def chosen(value: str | None) -> dict[str, dict[str, object]]:
        return {"value": {"selected_option": None if value is None else {"value": value}}}

    return {
        BlockId.PERIOD_WHICH: chosen(period),
        BlockId.PERIOD_COURSE: chosen(course),
        BlockId.PERIOD_REASON: {"value": {"value": reason}},
    }


def test_a_submission_is_read_or_refused_block_by_block() -> None:
    assert read_period(values("2026-10", "reopen", " late ")) == ChosenCourse("2026-10", Course.REOPEN, "late")
    refused = read_period(values("2026-13", None, ""))
    assert isinstance(refused, dict)
    assert set(refused) == {BlockId.PERIOD_WHICH, BlockId.PERIOD_COURSE, BlockId.PERIOD_REASON}
    assert BlockId.PERIOD_COURSE in read_period(values("2026-10", "sync", "why"))  # type: ignore[operator]


def test_a_chosen_course_can_be_changed_on_the_card() -> None:
    card = case_card(case(invoices=dated(CLOSED_AT, choice(Course.REOPEN))))
    assert "choose differently" in str(card.blocks)
