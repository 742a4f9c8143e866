"""Button values: what is written is read, and what is not ours is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack.cards.buttons import (
    CaseButton,
    LookUpButton,
    UnreadableButtonError,
    case_value,
    look_up_value,
    read_button,
)


@settings(deadline=None)
@given(st.integers(0, 10**15), st.text("0123456789abcdef", max_size=64))
def test_a_case_is_read_back(case_id: int, digest: str) -> None:
    assert read_button(case_value(case_id, digest)) == CaseButton(case_id, digest)


@settings(deadline=None)
@given(st.text(max_size=100))
def test_a_question_is_read_back(asked: str) -> None:
    number, term = look_up_value(asked, None, "acme"), look_up_value(None, asked, "acme")
    assert number is not None
    assert term is not None
    assert read_button(number) == LookUpButton(number=asked, company="acme")
    assert read_button(term) == LookUpButton(term=asked, company="acme")


def test_a_question_that_does_not_fit_has_no_value() -> None:
    assert look_up_value("x" * 2000, None, "acme") is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        ":",
        "12",
        "x:y",
        "12:a b",
        "{}",
        "[]",
        "null",
        '{"number": "INV-1", "term": null}',
        '{"number": 1, "term": null, "company": "acme"}',
        '{"number": null, "term": null, "company": "acme"}',
        '{"number": "INV-1", "term": null, "company": 7}',
        "{",
    ],
)
def test_what_no_card_carries_is_refused(value: str) -> None:
    with pytest.raises(UnreadableButtonError):
        read_button(value)
