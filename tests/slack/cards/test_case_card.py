"""A case's card for every match and every state: what it says, which buttons it has, that it fits Slack's limits."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.cases.case import CaseState
from bot.cases.view import CaseInvoice, CaseView
from bot.slack.cards.blocks import BLOCKS_TEXT_LIMIT, TEXT_LIMIT
from bot.slack.cards.buttons import CaseButton, read_button
from bot.slack.cards.case_card import case_card
from bot.slack.cards.names import METADATA_EVENT, ActionId
from bot.terms.term import AmountUnit, Discount, DueRule, PaymentTerm
from tests.slack.cards import samples
from tests.slack.cards.limits import faults, texts
from tests.slack.cards.reading import button, buttons, read

EDIT, WRONG, DECLINE, CHECK = "case.edit", "case.invoice_wrong", "case.decline", "case.check"
PERIOD = "case.period"
DISMISS = "case.dismiss"
TABLE = {
    "absent": ["case.create", EDIT, WRONG, DECLINE],
    "absent not one-click": ["case.create", EDIT, WRONG, DECLINE],
    "absent by hand": [CHECK, EDIT, WRONG, DECLINE],
    "absent undecided": [EDIT, WRONG, CHECK, DISMISS],
    "absent two people": ["case.create", "case.ask", EDIT, WRONG, DECLINE],
    "absent without invoices": ["case.create", EDIT, WRONG, DECLINE],
    "lookalike": ["case.corrected", "case.create", EDIT, DECLINE],
    "lookalike case only": ["case.create", "case.corrected", EDIT, DECLINE],
    "lookalike inactive": ["case.create", "case.corrected", EDIT, DECLINE],
    "equivalent": ["case.create", EDIT, WRONG, DECLINE],
    "inactive": ["case.reactivate", WRONG, DECLINE],
    "exact": [CHECK, DISMISS],
    "exact older": [CHECK, DISMISS],
    "not found": ["case.tell_term", CHECK, DISMISS],
    "several found": ["case.tell_term", CHECK, DISMISS],
    "no term": ["case.tell_term", CHECK, DISMISS],
    "source down": ["case.tell_term", CHECK, DISMISS],
    "Intacct down": ["case.tell_term", CHECK, DISMISS],
    "looking": [],
    "awaiting correction": ["case.corrected", DISMISS],
    "writing": [],
    "writing delayed": [],
    "changed since approved": ["case.create", EDIT, WRONG, DECLINE],
    "verifying": [],
    "unverified": [CHECK, DISMISS],
    "failed": [CHECK, DISMISS],
    "failed differently": [CHECK, DISMISS],
    "awaiting sync": [CHECK, DISMISS],
    "appeared": [CHECK, DISMISS],
    "made by others": ["case.acknowledge", CHECK, DISMISS],
    "acknowledged": [CHECK, DISMISS],
    "seen since": [CHECK, DISMISS],
    "as billed in the end": ["case.accept", CHECK, DISMISS],
    "corrected": [CHECK, DISMISS],
    "arrived different": ["case.accept", CHECK, DISMISS],
    "arrived different, others awaited": [CHECK, DISMISS],
    "appeared with another rule": [CHECK, DISMISS],
    "closed": [],
    "accepted": [],
    "closed, not all compared": [],
    "merged": [],
    "declined": [],
    "expired": [],
    "dismissed": [],
    "cause unknown": [],
    "withdraw": ["case.deactivate", DECLINE],
    "withdraw looking": [],
    "withdraw used": [CHECK, DISMISS],
    "withdraw writing": [],
    "withdraw failed": [CHECK, DISMISS],
    "withdrawn": [],
    "withdrawn by others": [],
    "retire": ["case.deactivate", DECLINE],
    "retire used": [CHECK, DISMISS],
    "retired": [],
    "term made here": ["case.withdraw"],
    "term being withdrawn": [],
    "period closes soon": ["case.create", EDIT, WRONG, DECLINE],
    "period closed": ["case.create", EDIT, WRONG, DECLINE, PERIOD],
    "period closed, awaiting sync": [CHECK, PERIOD, DISMISS],
    "period to be reopened": [CHECK, PERIOD, DISMISS],
    "posted in the current period": [CHECK, PERIOD, DISMISS],
    "period closed, failed otherwise": [CHECK, PERIOD, DISMISS],
    "period chosen, failed otherwise": [CHECK, PERIOD, DISMISS],
    "periods kept, no invoice named": [CHECK, DISMISS],
    "period closed, exact": [CHECK, PERIOD, DISMISS],
}


def _said(view: CaseView) -> str:
    return "\n".join(read(case_card(view).blocks))


@pytest.mark.parametrize("which", samples.EVERY)
def test_card_reads_as_reviewed(which: str, snapshot: Any) -> None:
    card = case_card(samples.EVERY[which])
    assert {"text": card.text.split("\n"), "blocks": read(card.blocks)} == snapshot


def test_what_is_to_be_done_is_done_in_the_system_that_an_invoice_file_came_from() -> None:
    of_a_file = replace(
        samples.EVERY["lookalike"], source_label="the invoice file", system="the billing system", billing_url=""
    )
    said = _said(of_a_file)
    assert "Correct the term's name in the billing system" in said
    assert "I corrected it in the billing system" in said


@pytest.mark.parametrize("which", samples.EVERY)
def test_card_has_the_buttons_of_the_table_and_no_others(which: str) -> None:
    assert buttons(case_card(samples.EVERY[which]).blocks) == TABLE[which]


@pytest.mark.parametrize("which", samples.EVERY)
def test_card_fits_slacks_limits(which: str) -> None:
    card = case_card(samples.EVERY[which])
    assert faults(card.blocks) == []
    assert 0 < len(card.text) <= TEXT_LIMIT
    assert sum(map(len, texts(card.blocks))) <= BLOCKS_TEXT_LIMIT + 1500


@pytest.mark.parametrize("which", samples.EVERY)
def test_text_for_screen_readers_says_all_that_the_blocks_say(which: str) -> None:
    card = case_card(samples.EVERY[which])
    bare = card.text.replace("`", "").replace("*", "")
    for line in read(card.blocks):
        if line.startswith("["):
            assert line[1 : line.index("]")] in bare
        elif line.strip() and "```" not in line:
            said = re.sub(r"<https://[^|>]*\|([^>]*)>", r"\1", line.removeprefix("~ "))
            assert said.replace("`", "").replace("*", "") in bare


@pytest.mark.parametrize("which", samples.EVERY)
def test_card_is_calm(which: str) -> None:
    spoken = _said(samples.EVERY[which]).replace("<!date^", "")
    assert "!" not in spoken
    assert not [character for character in spoken if "\U0001f000" <= character <= "\U0001faff" or character in "✅❌⚠"]


@pytest.mark.parametrize("state", list(CaseState))
def test_final_and_working_states_have_no_live_buttons(state: CaseState) -> None:
    card = case_card(samples.case(state=state))
    dead = state.final or state in (CaseState.WRITING, CaseState.VERIFYING)
    assert (buttons(card.blocks) == []) == dead


def test_buttons_carry_the_case_and_the_digest_of_what_was_seen() -> None:
    card = case_card(samples.case())
    for action_id in TABLE["absent"]:
        assert read_button(button(card.blocks, action_id)["value"]) == CaseButton(312, samples.DIGEST)


def test_one_click_creation_asks_first_and_others_open_a_view() -> None:
    assert "confirm" in button(case_card(samples.case()).blocks, "case.create")
    assert "confirm" not in button(case_card(samples.case(proposal=samples.DOUBTFUL)).blocks, "case.create")
    assert "confirm" not in button(case_card(samples.BY_MATCH["inactive"]).blocks, "case.reactivate")


def test_create_says_the_name() -> None:
    assert button(case_card(samples.case()).blocks, ActionId.CREATE)["text"]["text"] == "Create Net 45"


def test_wherever_a_creation_is_offered_it_can_be_edited_first() -> None:
    for view in samples.EVERY.values():
        offered = buttons(case_card(view).blocks)
        assert "case.create" not in offered or EDIT in offered


def test_metadata_finds_the_card_again() -> None:
    assert case_card(samples.case()).metadata == {
        "event_type": METADATA_EVENT,
        "event_payload": {"case_id": 312, "revision": 3},
    }


def test_approvers_are_named_and_their_absence_is_told() -> None:
    assert "<@U0DAN> or <@U0PRIYA> can approve" in _said(samples.case())
    assert "APPROVERS names no active member" in _said(samples.case(approvers=()))


def test_an_edited_proposal_says_who_edited_it_and_names_only_those_who_can_decide_it() -> None:
    said = _said(samples.case(edited_by="U0DAN", edit_reason="The contract says so.", barred=("U0DAN",)))
    assert "Edited by <@U0DAN>, so somebody else decides. Reason: “The contract says so.”" in said
    assert "<@U0PRIYA> can approve" in said
    assert "<@U0DAN> or" not in said
    assert "all approvers had a part in the case" in _said(samples.case(barred=("U0DAN", "U0PRIYA")))


def test_sums_are_kept_apart_by_currency_and_credits_apart() -> None:
    more = (
        samples.billed("INV-2", amount=Decimal(2150), currency="EUR"),
        samples.billed("INV-3", amount=Decimal(18400)),
        samples.billed("CM-1", amount=Decimal(-50)),
    )
    first, *_ = samples.waiting()
    invoices = (first, *(CaseInvoice(number=each.number, billed=each) for each in more))
    assert "4 invoices, $19,650.50 and €2,150.00; credits -$50.00 wait on this" in _said(
        samples.case(invoices=invoices)
    )
    assert "($18,400.00 and €2,150.00)" in _said(samples.case(invoices=invoices[:3]))


def test_a_discount_that_ended_before_the_invoice_is_in_the_books_is_told() -> None:
    discount = Discount(amount=Decimal(2), unit=AmountUnit.PERCENTAGE, rule=DueRule(10))
    rule = PaymentTerm(due=DueRule(45), discount=discount)
    said = _said(samples.case(proposal=replace(samples.proposal(), rule=rule)))
    assert "The discount on INV-1042 ended Nov 12, 2026, before the invoice is in the books." in said


def test_payments_wait_behind_their_invoice() -> None:
    said = _said(samples.case())
    assert "the invoice first, then the payment of $500.00 behind INV-1042" in said
    assert "deferred revenue schedules" in said


def test_who_stands_in_today_is_named_as_such() -> None:
    said = _said(samples.case(approvers=("U0DAN", "U0LEE", "U0PRIYA"), deputies=("U0LEE",)))
    assert "<@U0DAN>, <@U0PRIYA> or <@U0LEE> (standing in) can approve" in said


def test_nothing_can_be_dismissed_where_it_can_be_declined() -> None:
    for view in samples.EVERY.values():
        offered = buttons(case_card(view).blocks)
        assert not {"case.dismiss", "case.decline"} <= set(offered)
