"""Several cases at once: the overview, the summary of many alerts, and the list to decide from."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.billing.source import Money
from bot.cases.case import CaseState
from bot.cases.folding.overview import CaseLine, Overview
from bot.cases.view import Unknown
from bot.slack.cards.names import ActionId, BlockId
from bot.slack.cards.overview import Choice, list_blocks, overview_card, summary
from bot.slack.cards.submissions import read_chosen
from tests.slack.cards import samples
from tests.slack.cards.limits import faults

DIGEST = "d" * 64
LINKS = {312: "https://acme.slack.test/archives/C0FINALERTS/p1"}


def line(number: int, **changes: object) -> CaseLine:
    """A case about `Net 45` with two invoices."""
    made = CaseLine(
        case_id=300 + number,
        number=number,
        state=CaseState.AWAITING_DECISION,
        term_name="Net 45",
        first_invoice="INV-1042",
        invoices=2,
        amounts=(Money(amount=Decimal("1250.50"), currency="USD"), Money(amount=Decimal(80), currency="EUR")),
        looks_alike=False,
        unknown=None,
        proposal=samples.proposal(),
        digest=DIGEST,
        card_channel="",
        card_ts="",
        participants=(),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


LINES = (
    line(12),
    line(13, term_name="Net\N{NO-BREAK SPACE}35", state=CaseState.AWAITING_SYNC),
    line(14, term_name=None, first_invoice="INV-1055", state=CaseState.OPEN, unknown=Unknown.SEVERAL_FOUND),
    line(15, term_name="<!channel> *Net*", invoices=0, amounts=(), state=CaseState.CLOSED),
)


def view(*lines: CaseLine, looking: int = 0) -> Overview:
    """A message with eight failures."""
    return Overview(
        alert_id=7,
        company="acme",
        channel="C0FINALERTS",
        thread_ts="1.1",
        failures=8,
        looking=looking,
        cases=lines,
    )


def test_the_overview(snapshot: SnapshotAssertion) -> None:
    assert overview_card(view(*LINES, looking=1), LINKS) == snapshot


def test_the_summary(snapshot: SnapshotAssertion) -> None:
    assert summary(212, LINES, LINKS) == snapshot


def test_the_list(snapshot: SnapshotAssertion) -> None:
    others = [Choice(line=each, why="Nothing to decide just now.") for each in LINES[1:]]
    assert list_blocks(LINES[:1], others, LINKS) == snapshot


def test_an_overview_of_ended_cases_has_no_button() -> None:
    assert "case.list" not in str(overview_card(view(line(12, state=CaseState.CLOSED)), {}))


@pytest.mark.parametrize(
    ("numbers", "said"),
    [((12,), "case 12"), ((12, 13, 14, 15, 16), "cases 12 to 16"), ((3, 12, 13, 20), "cases 3, 12 to 13 and 20")],
)
def test_numbers_in_a_row_are_told_as_a_span(numbers: tuple[int, ...], said: str) -> None:
    assert f": {said}." in summary(5, [line(number) for number in numbers], {}).text


def test_a_message_with_hundreds_of_terms_stays_within_slacks_limits() -> None:
    many = [line(number, term_name="N" * 80) for number in range(1, 400)]
    shown = overview_card(view(*many), {})
    assert faults(shown.blocks) == []
    assert "339 more, in the list" in str(shown.blocks)
    blocks = list_blocks(many[:100], [Choice(line=each, why="No.") for each in many[100:]], {})
    assert len(blocks) <= 100
    groups = [block for block in blocks if block["type"] == "input"]
    assert len({block["block_id"] for block in groups}) == len(groups) == 6
    options = [option for block in groups for option in block["element"]["options"]]  # type: ignore[index]
    assert all(len(option["text"]["text"]) <= 75 and len(option["value"]) <= 150 for option in options)


def test_a_choice_that_was_not_offered_is_refused() -> None:
    forged = {"list.chosen": {"value": {"selected_options": [{"value": "alert:7"}]}}}
    assert read_chosen(forged) == {BlockId.CHOSEN.value: "This choice is not one of those offered."}


def test_a_case_without_a_card_offers_to_show_it() -> None:
    other = Choice(line=LINES[2], why="Nothing to decide just now.")
    assert ActionId.SHOW_CARD.value in str(list_blocks((), [other], {}))
    assert ActionId.SHOW_CARD.value not in str(list_blocks((), [other], {314: "https://acme.slack.test/x"}))
