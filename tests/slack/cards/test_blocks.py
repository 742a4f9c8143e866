"""Blocks: no limit is passed, no cut is hidden, nothing is torn apart."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack.cards import words
from bot.slack.cards.blocks import CUT, button, cut, message, section, spoken, within
from tests.slack.cards.limits import faults, texts

PARTS = st.lists(
    st.sampled_from(["&amp;", "<https://a.test/|INV-1>", "<@U0DAN>", "`code`", "[SPACE]", "word ", "é", "😀", "\n"]),
    max_size=60,
).map("".join)


@settings(deadline=None)
@given(PARTS, st.integers(30, 200))
def test_a_cut_text_fits_and_tears_nothing(text: str, limit: int) -> None:
    shown = cut(text, limit)
    assert words.units(shown) <= limit
    if shown != text:
        assert shown.endswith(CUT)
        kept = shown.removesuffix(CUT)
        assert kept.count("<") == kept.count(">")
        assert kept.count("&") == kept.count("&amp;")
        assert kept.count("`") % 2 == 0
        assert kept.count("[") == kept.count("]")


def test_a_cut_code_block_is_closed() -> None:
    assert cut("```\n" + "x" * 100 + "\n```", 50).endswith("\n```" + CUT)


def test_a_long_label_is_cut_to_what_slack_takes() -> None:
    label: Any = button("case.create", f"Create {'x' * 10_000}", "1:")["text"]
    assert len(label["text"]) <= 75
    assert label["text"].endswith("…")
    assert label["emoji"] is False


def test_too_much_text_is_cut_where_it_is_longest() -> None:
    kept = within([section("short"), section("x" * 3000), section("y" * 2900)], 4000)
    assert sum(len(text) for text in texts(list(kept))) <= 4000
    assert next(iter(texts(list(kept)))) == "short"
    assert faults(kept) == []


def test_nothing_is_linked_or_mentioned_by_slack_itself() -> None:
    made: Any = section("https://a.test #general @maria")
    assert made["text"]["verbatim"] is True


def test_text_has_no_formatting_of_ours_and_keeps_quotes_where_they_protect() -> None:
    assert spoken([section("*Net 45* is `Net 45` and `*x*`")]) == "Net 45 is Net 45 and `*x*`"


def test_a_message_without_formatting_says_the_same_twice() -> None:
    made = message([section("Nothing waits.")])
    assert made.text == "Nothing waits."
    assert made.metadata is None
