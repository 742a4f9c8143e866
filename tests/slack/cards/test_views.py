"""The views: every field there, doubts stated, a reference asked where the policy is exceeded."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cases.view import CaseView
from bot.slack.cards import views
from bot.slack.cards.answers import LookUp
from bot.slack.cards.names import BlockId
from tests.slack.cards import samples
from tests.slack.cards.limits import view_faults
from tests.slack.cards.reading import read

KEPT = views.ViewContext(case_id=312, digest=samples.DIGEST, channel="C0FINALERTS", message_ts="1.2", thread_ts="1.1")
MADE: dict[str, Any] = {
    "loading": views.loading_view(),
    "notice": views.notice_view("Declined", "Case 12 has moved on."),
    "edit": views.edit_view(samples.case(), KEPT),
    "edit without proposal": views.edit_view(samples.BY_MATCH["absent undecided"], KEPT),
    "approve with doubts": views.approval_view(samples.case(proposal=samples.DOUBTFUL), KEPT),
    "reactivate": views.approval_view(samples.BY_MATCH["inactive"], KEPT),
    "decline": views.decline_view(samples.case(), KEPT),
    "approve with a doubt": views.approval_view(
        samples.case(proposal=samples.proposal(doubts=("COD is due at once.",))), KEPT
    ),
    "withdraw": views.withdraw_view(samples.WITHDRAWALS["term made here"], KEPT),
    "make inactive": views.deactivation_view(samples.WITHDRAWALS["withdraw"], KEPT),
    "make inactive against the policy": views.deactivation_view(samples.WITHDRAWALS["retire"], KEPT),
    "retire": views.retire_view("acme", "N45", "Net 45", "{}"),
    "dismiss": views.dismiss_view(samples.BY_STATE["awaiting sync"], KEPT),
    "accept": views.accept_view(samples.BY_STATE["arrived different"], KEPT),
    "tell the term": views.tell_term_view(samples.BY_MATCH["not found"], KEPT),
    "invoice wrong": views.invoice_wrong_view(samples.case(), KEPT),
}


def _lines(view: Any) -> list[str]:
    head = f"{view['callback_id']} | {view['title']['text']} | {view.get('submit', {}).get('text', '')}"
    return [head, "", *read(view["blocks"])]


@pytest.mark.parametrize("which", MADE)
def test_view_reads_as_reviewed(which: str, snapshot: Any) -> None:
    assert _lines(MADE[which]) == snapshot


@pytest.mark.parametrize("which", MADE)
def test_view_fits_slacks_limits(which: str) -> None:
    assert view_faults(MADE[which]) == []


def test_edit_has_every_field_and_none_for_the_name() -> None:
    ids = {block["block_id"] for block in MADE["edit"]["blocks"] if block["type"] == "input"}
    assert ids == {block.value for block in BlockId if block.value.startswith("edit.")}
    assert "`Net 45`" in MADE["edit"]["blocks"][0]["text"]["text"]


def test_edit_shows_an_odd_name_honestly() -> None:
    shown: Any = views.edit_view(samples.BY_MATCH["lookalike"], KEPT)
    assert "`Net[NO-BREAK SPACE U+00A0]35`" in shown["blocks"][0]["text"]["text"]


def test_approval_states_each_doubt_conflict_and_excess() -> None:
    said = "\n".join(_lines(MADE["approve with doubts"]))
    for sentence in (*samples.DOUBTFUL.doubts, *samples.DOUBTFUL.conflicts, *samples.DOUBTFUL.outside_policy):
        assert sentence in said
    assert "approve.reference" in said


def test_every_reactivation_asks_for_a_reference_too() -> None:
    assert samples.BY_MATCH["inactive"].proposal is not None
    assert not samples.BY_MATCH["inactive"].proposal.outside_policy
    assert "approve.reference" in "\n".join(_lines(MADE["reactivate"]))
    assert "approve.reference" not in "\n".join(_lines(MADE["approve with a doubt"]))


@pytest.mark.parametrize("view", [samples.BY_MATCH["absent by hand"], samples.BY_MATCH["absent undecided"]])
def test_what_cannot_be_approved_has_no_approval_view(view: CaseView) -> None:
    with pytest.raises(ValueError, match="nothing to approve"):
        views.approval_view(view, KEPT)


def test_a_view_keeps_where_it_was_opened() -> None:
    assert views.read_context(MADE["edit"]["private_metadata"]) == KEPT


@pytest.mark.parametrize("metadata", ["", "{}", "[]", "null", '{"case_id": "1"}', '{"case_id": "1", "digest": 2}'])
def test_metadata_that_is_not_ours_is_refused(metadata: str) -> None:
    with pytest.raises(views.UnreadableContextError):
        views.read_context(metadata)


def test_the_shortcuts_view_says_what_the_command_says() -> None:
    looked = LookUp(
        number="INV-1042",
        diagnosis=samples.ABSENT,
        company="acme",
        source_label="BILL",
        system="BILL",
        term_name="Net 45",
    )
    assert "is missing in Intacct" in "\n".join(_lines(views.look_up_view([looked])))
