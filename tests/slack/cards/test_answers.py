"""What the slash command answers: the same facts as the card, to the asker alone, with nothing that decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.alerts.asked import AskedHelp, AskedInvoices, AskedTerm, Nonsense, Reason, read_question
from bot.cases.view import CaseView, Unknown
from bot.slack.cards.answers import MOST, LookUp, help_answer, look_up_answer, nonsense, nothing_in_message
from bot.slack.cards.buttons import LookUpButton, read_button
from tests.slack.cards import samples
from tests.slack.cards.limits import faults
from tests.slack.cards.reading import button, buttons, read


def _asked(view: CaseView, **changes: Any) -> LookUp:
    assert view.diagnosis is not None
    values: dict[str, Any] = {
        "number": view.invoices[0].number,
        "found": tuple(invoice.billed for invoice in view.invoices[:1] if invoice.billed is not None),
        "term_name": view.term_name,
        "term_origin": view.term_origin,
        "diagnosis": view.diagnosis,
        "proposal": view.proposal,
        "company": "acme",
        "source_label": "BILL",
        "system": "BILL",
        "billing_url": "https://app.bill.test/",
    }
    return LookUp(**(values | changes))


ASKED = {
    which: _asked(view)
    for which, view in samples.BY_MATCH.items()
    if which
    in ("absent", "absent not one-click", "lookalike", "equivalent", "inactive", "exact", "not found", "source down")
}
ASKED["term"] = _asked(samples.case(), number=None, term="Net 45", found=())
ASKED["open case"] = _asked(samples.case(), case_number=12, case_permalink="https://acme.slack.test/archives/C1/p1")


@pytest.mark.parametrize("which", ASKED)
def test_answer_reads_as_reviewed(which: str, snapshot: Any) -> None:
    assert read(look_up_answer([ASKED[which]]).blocks) == snapshot


@pytest.mark.parametrize("which", ASKED)
def test_answer_carries_only_ask_and_check(which: str) -> None:
    answer = look_up_answer([ASKED[which]])
    assert buttons(answer.blocks) == (["case.check"] if which == "exact" else ["case.ask", "case.check"])
    assert faults(answer.blocks) == []
    assert "as of" in answer.text


def test_buttons_repeat_the_question() -> None:
    answer = look_up_answer([ASKED["absent"], ASKED["term"]])
    assert buttons(answer.blocks) == ["case.ask", "case.check"] * 2
    assert read_button(button(look_up_answer([ASKED["term"]]).blocks, "case.ask")["value"]) == LookUpButton(
        term="Net 45", company="acme"
    )
    assert read_button(button(look_up_answer([ASKED["absent"]]).blocks, "case.check")["value"]) == LookUpButton(
        number="INV-1042", company="acme"
    )


def test_a_question_too_long_for_a_button_has_none() -> None:
    answer = look_up_answer([replace(ASKED["term"], term="x" * 5_000)])
    assert buttons(answer.blocks) == []
    assert "Too long to be asked again by a button" in answer.text


def test_many_are_answered_shortly_and_too_many_are_counted() -> None:
    answer = look_up_answer([ASKED["absent"]] * (MOST + 2))
    assert faults(answer.blocks) == []
    assert len(buttons(answer.blocks)) == 2 * MOST
    assert "2 more were asked; please ask again for them." in answer.text


def test_help_is_four_lines_with_examples(snapshot: Any) -> None:
    assert len(help_answer().text.split("\n")) == 4
    assert read(help_answer().blocks) == snapshot


def test_the_examples_in_help_are_understood() -> None:
    assert read_question("INV-1042") == AskedInvoices(("INV-1042",))
    assert read_question("INV-1042 INV-1043") == AskedInvoices(("INV-1042", "INV-1043"))
    assert read_question('"Net 45"') == AskedTerm("Net 45")
    assert read_question("help") == AskedHelp()


def test_nonsense_gets_a_sentence_on_how_to_ask() -> None:
    assert nonsense().text == (
        'I did not find an invoice number in that. Try /checkterms INV-1042, or a term in quotes: /checkterms "Net 45".'
    )


@pytest.mark.parametrize("reason", list(Reason))
def test_every_kind_of_nonsense_is_told(reason: Reason) -> None:
    said = nonsense(Nonsense(reason, 3)).text
    assert ("/checkterms close 2026-10" if reason is Reason.NO_PERIOD else "Try /checkterms INV-1042") in said
    assert reason is not Reason.NOT_TEXT or "3rd character" in said


def test_a_message_without_a_number_is_told() -> None:
    assert "no invoice number" in nothing_in_message().text


def test_an_unknown_without_a_number_is_told() -> None:
    unknown = LookUp(
        term="Net 45",
        diagnosis=samples.diagnosis(None, unknown=Unknown.INTACCT_DOWN, detail="off-line"),
        company="acme",
        source_label="BILL",
        system="BILL",
    )
    assert "Intacct did not answer" in look_up_answer([unknown]).text
