"""Cards over what the heart itself finds and proposes, from names as they occur."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from bot.cases.case import CaseState
from bot.slack.cards.case_card import case_card
from bot.terms.matching import Vocabulary
from bot.terms.proposal import InvoiceEvidence, Policy, Proposal, propose
from tests.slack.cards import samples
from tests.slack.cards.limits import faults
from tests.slack.cards.reading import buttons, read

TERMS = (
    samples.ar_term("Net 30", 30),
    samples.ar_term("N60", 60),
    samples.ar_term("Net 90", 90, active=False),
)
EVIDENCE = tuple(
    InvoiceEvidence(number=f"INV-{month}", invoice_date=day, due_date=day + timedelta(days=45))
    for month, day in ((9, date(2026, 9, 1)), (10, date(2026, 10, 5)), (11, date(2026, 11, 2)))
)


def _card(name: str) -> Any:
    match = Vocabulary(TERMS).match(name)
    found = propose(match, evidence=EVIDENCE, billing_days=45, policy=Policy(longest_days=60))
    proposal = found if isinstance(found, Proposal) else None
    diagnosis = samples.diagnosis(
        match, billing_days=45, undecided="" if found is None or isinstance(found, Proposal) else found.why
    )
    state = CaseState.AWAITING_DECISION if proposal is not None else CaseState.OPEN
    return case_card(samples.of(diagnosis, name, 45, proposal=proposal, state=state))


@pytest.mark.parametrize(
    "name",
    [
        "Net 45",
        "Net 30",
        "net 30",
        "Net  30",
        "Net 60",
        "Net 90",
        "2% 10 Net 45",
        "Net 45 EOM",
        "COD",
        "Prepaid",
        "gibberish",
        "Net 45 " * 10,
        "<!channel>",
    ],
)
def test_card_of_a_name_reads_as_reviewed(name: str, snapshot: Any) -> None:
    card = _card(name)
    assert faults(card.blocks) == []
    assert read(card.blocks) == snapshot


def test_a_name_that_intacct_cannot_hold_is_not_offered_for_editing() -> None:
    offered = buttons(_card("Net 45 " * 10).blocks)
    assert offered == ["case.corrected", "case.invoice_wrong", "case.check", "case.dismiss"]


def test_a_long_name_that_is_there_all_the_same_is_only_checked_again() -> None:
    name = "Net 45 as agreed in the master service agreement"
    match = Vocabulary([samples.ar_term(name, 45)]).match(name)
    view = samples.of(samples.diagnosis(match), name, 45, proposal=None, state=CaseState.OPEN)
    assert buttons(case_card(view).blocks) == ["case.check", "case.dismiss"]
