"""Submitted views: a typed value, or a sentence under each block that cannot be taken."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack.cards import submissions, views
from bot.slack.cards.submissions import Approval, EditedTerm, ToldTerm
from bot.terms.term import (
    AmountUnit,
    Discount,
    DiscountBasis,
    DueFrom,
    DueRule,
    PaymentTerm,
    Penalty,
    PenaltyCycle,
)
from tests.slack.cards import samples

KEPT = views.ViewContext(case_id=312, digest=samples.DIGEST, channel="C0FINALERTS", message_ts="1.2", thread_ts="1.1")
SELECTS = {"due_start", "discount_unit", "discount_start", "discount_basis", "penalty_cycle", "penalty_unit"}


def _values(prefix: str, **typed: str | None) -> dict[str, Any]:
    """`view.state.values` as Slack sends it."""
    values: dict[str, Any] = {}
    for key, value in typed.items():
        if key in SELECTS:
            option = {"text": {"type": "plain_text", "text": "…"}, "value": value} if value is not None else None
            values[f"{prefix}.{key}"] = {"value": {"type": "static_select", "selected_option": option}}
        else:
            values[f"{prefix}.{key}"] = {"value": {"type": "plain_text_input", "value": value}}
    return values


def _edit(**typed: str | None) -> EditedTerm | submissions.Problems:
    return submissions.read_edit(_values("edit", **{"due_days": "45", "reason": "As in the contract", **typed}))


def _submitted(view: Any, **typed: str) -> dict[str, Any]:
    """What Slack sends when a view is submitted as it stands, but for what was typed."""
    values = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element = block["element"]
        if element["type"] == "static_select":
            state = {"type": "static_select", "selected_option": element.get("initial_option")}
        else:
            state = {"type": element["type"], "value": element.get("initial_value")}
        if block["block_id"] in typed:
            state["value"] = typed[block["block_id"]]
        values[block["block_id"]] = {element["action_id"]: state}
    return values


def test_a_whole_edit_is_read() -> None:
    read = _edit(
        due_start="next_month",
        due_days="15",
        discount_amount="2",
        discount_unit="percentage",
        discount_days="10",
        discount_start="same_month",
        discount_grace="1",
        discount_basis="line_items",
        penalty_cycle="monthly",
        penalty_amount="12.50",
        penalty_unit="amount",
        penalty_grace="3",
        description="Agreed with Globex",
    )
    assert read == EditedTerm(
        rule=PaymentTerm(
            due=DueRule(15, DueFrom.NEXT_MONTH),
            discount=Discount(
                amount=Decimal(2),
                unit=AmountUnit.PERCENTAGE,
                rule=DueRule(10, DueFrom.SAME_MONTH),
                grace_days=1,
                basis=DiscountBasis.LINE_ITEMS,
            ),
            penalty=Penalty(amount=Decimal("12.50"), unit=AmountUnit.AMOUNT, cycle=PenaltyCycle.MONTHLY, grace_days=3),
        ),
        description="Agreed with Globex",
        reason="As in the contract",
    )


def test_an_edit_submitted_as_it_stands_is_the_proposal() -> None:
    read = submissions.read_edit(_submitted(views.edit_view(samples.case(), KEPT), **{"edit.reason": "Checked"}))
    assert isinstance(read, EditedTerm)
    assert read.rule == samples.NET_45
    assert read.description == "45 days from the invoice date"


def test_a_description_left_empty_follows_the_edited_rule_and_a_typed_one_stays() -> None:
    assert isinstance(left := _edit(due_days="60"), EditedTerm)
    assert left.description == "60 days from the invoice date"
    assert isinstance(typed := _edit(due_days="60", description="Agreed with Globex"), EditedTerm)
    assert typed.description == "Agreed with Globex"


@settings(deadline=None)
@given(
    st.builds(
        PaymentTerm,
        due=st.builds(DueRule, st.integers(1, 31), st.sampled_from(DueFrom)),
        discount=st.none()
        | st.builds(
            Discount,
            amount=st.decimals("0.01", "99.99", places=2),
            unit=st.sampled_from(AmountUnit),
            rule=st.just(DueRule(0)),
            grace_days=st.integers(0, 30),
            basis=st.sampled_from(DiscountBasis),
        ),
        penalty=st.none()
        | st.builds(
            Penalty,
            amount=st.decimals("0.01", "99.99", places=2),
            unit=st.sampled_from(AmountUnit),
            cycle=st.sampled_from([cycle for cycle in PenaltyCycle if cycle is not PenaltyCycle.NONE]),
            grace_days=st.integers(0, 30),
        ),
    )
)
def test_every_rule_survives_the_edit_view(rule: PaymentTerm) -> None:
    view = views.edit_view(samples.case(proposal=samples.proposal(rule=rule)), KEPT)
    read = submissions.read_edit(_submitted(view, **{"edit.reason": "Checked"}))
    assert isinstance(read, EditedTerm)
    assert read.rule == rule


@pytest.mark.parametrize(
    ("typed", "block", "says"),
    [
        ({"due_days": ""}, "due_days", "Please give the days"),
        ({"due_days": None}, "due_days", "Please give the days"),
        ({"due_days": "soon"}, "due_days", "whole number"),
        ({"due_days": "４５"}, "due_days", "whole number"),
        ({"due_days": "-1"}, "due_days", "whole number"),
        ({"due_days": "1000"}, "due_days", "from 0 to 999"),
        ({"due_days": "9" * 5000}, "due_days", "whole number"),
        ({"due_start": "next_month", "due_days": "0"}, "due_days", "from 1 to 31"),
        ({"due_start": "next_month", "due_days": "32"}, "due_days", "from 1 to 31"),
        ({"due_start": "someday"}, "due_start", "not one of those offered"),
        ({"discount_amount": "100", "discount_days": "10"}, "discount_amount", "below 100"),
        ({"discount_amount": "0", "discount_days": "10"}, "discount_amount", "above 0"),
        ({"discount_amount": "2,5", "discount_days": "10"}, "discount_amount", "point for decimals"),
        ({"discount_amount": "two", "discount_days": "10"}, "discount_amount", "a number such as"),
        ({"discount_amount": "1e5", "discount_days": "10"}, "discount_amount", "a number such as"),
        ({"discount_amount": "2"}, "discount_days", "until when"),
        ({"discount_days": "10"}, "discount_amount", "give the discount"),
        ({"discount_amount": "2", "discount_days": "46"}, "discount_days", "after the due date"),
        (
            {"due_start": "same_month", "due_days": "5", "discount_amount": "2", "discount_days": "40"},
            "discount_days",
            "after the due date",
        ),
        ({"discount_amount": "2", "discount_days": "10", "discount_grace": "400"}, "discount_grace", "from 0 to 365"),
        ({"penalty_amount": "5"}, "penalty_cycle", "how often"),
        ({"penalty_grace": "5"}, "penalty_cycle", "how often"),
        ({"penalty_cycle": "monthly"}, "penalty_amount", "give the penalty"),
        ({"penalty_cycle": "monthly", "penalty_amount": "100"}, "penalty_amount", "below 100"),
        ({"description": "x" * 201}, "description", "Too long: 201 characters, 200 at most"),
        ({"description": "a\x00b"}, "description", "2nd character, NULL U+0000"),
        ({"description": "a\ud800"}, "description", "LONE SURROGATE U+D800"),
        ({"reason": "  "}, "reason", "Please give a reason"),
        ({"reason": None}, "reason", "Please give a reason"),
        ({"reason": "x" * 1001}, "reason", "Too long"),
    ],
)
def test_a_problem_is_told_under_its_block(typed: dict[str, str | None], block: str, says: str) -> None:
    problems = _edit(**typed)
    assert isinstance(problems, dict)
    assert list(problems) == [f"edit.{block}"]
    assert says in problems[f"edit.{block}"]


def test_several_problems_are_told_at_once() -> None:
    problems = _edit(due_days="x", discount_amount="0", discount_days="10", reason="")
    assert isinstance(problems, dict)
    assert set(problems) == {"edit.due_days", "edit.discount_amount", "edit.reason"}


def test_a_discount_that_ends_late_for_some_dates_only_is_not_refused_here() -> None:
    read = _edit(due_start="end_of_month", due_days="0", discount_amount="2", discount_days="10")
    assert isinstance(read, EditedTerm)


@pytest.mark.parametrize("values", [{}, {"edit.due_days": {}}, {"edit.due_days": {"value": {"value": 45}}}])
def test_values_that_no_view_sends_are_problems_and_no_crash(values: Any) -> None:
    assert isinstance(submissions.read_edit(values), dict)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["edit.due_days", "edit.discount_amount", "edit.discount_days", "edit.reason"]),
        st.text(max_size=8).map(lambda typed: {"value": {"type": "plain_text_input", "value": typed}}),
    )
)
def test_whatever_is_typed_gives_a_rule_or_problems(values: Any) -> None:
    read = submissions.read_edit(values)
    assert isinstance(read, EditedTerm) or all(sentence.strip() for sentence in read.values())


def test_an_approval_takes_a_reason_and_a_reference_only_where_the_policy_is_exceeded() -> None:
    doubtful = samples.proposal(doubts=("The discount is read from the name only.",))
    plain = views.approval_view(samples.case(proposal=doubtful), KEPT)
    beyond = views.approval_view(samples.case(proposal=samples.DOUBTFUL), KEPT)
    reason = {"approve.reason": "As in the contract"}
    assert submissions.read_approval(_submitted(plain, **reason)) == Approval("As in the contract")
    assert submissions.read_approval(_submitted(beyond, **reason)) == {"approve.reference": "Please give a reference."}
    assert submissions.read_approval(_submitted(plain)) == {"approve.reason": "Please give a reason."}
    both = reason | {"approve.reference": "C-2026-11"}
    assert submissions.read_approval(_submitted(beyond, **both)) == Approval("As in the contract", "C-2026-11")


def test_reasons_are_read() -> None:
    case = samples.case()
    assert submissions.read_decline(_submitted(views.decline_view(case, KEPT), **{"decline.reason": " No. "})) == "No."
    assert submissions.read_accept(_submitted(views.accept_view(case, KEPT), **{"accept.reason": "Fine"})) == "Fine"
    assert submissions.read_decline({}) == {"decline.reason": "Please give a reason."}
    wrong = views.invoice_wrong_view(case, KEPT)
    assert submissions.read_invoice_wrong(_submitted(wrong, **{"wrong.should_be": "Net 30"})) == "Net 30"


def test_a_told_term_stays_as_typed() -> None:
    view = views.tell_term_view(samples.BY_MATCH["not found"], KEPT)
    read = submissions.read_tell_term(_submitted(view, **{"tell.name": " Net\u00a045 "}))
    assert read == ToldTerm(" Net\u00a045 ", None)
    read = submissions.read_tell_term(_submitted(view, **{"tell.name": "Net 45", "tell.due_days": "45"}))
    assert read == ToldTerm("Net 45", DueRule(45))


@pytest.mark.parametrize(
    ("typed", "block"),
    [
        ({"tell.name": "  "}, "tell.name"),
        ({"tell.name": "a\x01"}, "tell.name"),
        ({"tell.name": "x" * 501}, "tell.name"),
    ],
)
def test_a_told_term_that_cannot_be_kept_is_refused(typed: dict[str, str], block: str) -> None:
    view = views.tell_term_view(samples.BY_MATCH["not found"], KEPT)
    problems = submissions.read_tell_term(_submitted(view, **typed))
    assert isinstance(problems, dict)
    assert list(problems) == [block]


@pytest.mark.parametrize("name", ["<!channel>", "x" * 400, "a]]>b", "=1+1", "שלום", "😀"])
def test_odd_names_that_can_be_kept_are_taken(name: str) -> None:
    view = views.tell_term_view(samples.BY_MATCH["not found"], KEPT)
    assert submissions.read_tell_term(_submitted(view, **{"tell.name": name})) == ToldTerm(name, None)
