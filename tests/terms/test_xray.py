"""Differences between two names: where, which characters, what they are called; and the two aligned lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.terms.characters import label
from bot.terms.xray import DifferenceKind, aligned, alike_key, is_clean, x_ray


@pytest.mark.parametrize(
    ("source", "intacct", "differences"),
    [
        ("Net\u00a035", "Net 35", [(4, "NO-BREAK SPACE U+00A0", "SPACE U+0020", "blank")]),
        ("Net  35", "Net 35", [(5, "SPACE U+0020", "nothing", "blank")]),
        ("Net\u00a0 35", "Net 35", [(4, "NO-BREAK SPACE U+00A0", "nothing", "blank")]),
        ("Net35", "Net 35", [(4, "nothing", "SPACE U+0020", "blank")]),
        (" Net 35", "Net 35", [(1, "SPACE U+0020", "nothing", "blank")]),
        ("Net 35 ", "Net 35", [(7, "SPACE U+0020", "nothing", "blank")]),
        ("Net 35", "Net 35\t", [(7, "nothing", "CHARACTER TABULATION U+0009", "blank")]),
        ("Net\u200b 35", "Net 35", [(4, "ZERO WIDTH SPACE U+200B", "nothing", "invisible")]),
        (
            "Net\u200b35",
            "Net 35",
            [(4, "ZERO WIDTH SPACE U+200B", "nothing", "invisible"), (5, "nothing", "SPACE U+0020", "blank")],
        ),
        ("\u039det 35", "Net 35", [(1, "GREEK CAPITAL LETTER NU U+039D", "LATIN CAPITAL LETTER N U+004E", "letter")]),
        ("net 35", "Net 35", [(1, "LATIN SMALL LETTER N U+006E", "LATIN CAPITAL LETTER N U+004E", "case")]),
        ("a–b", "a-b", [(2, "EN DASH U+2013", "HYPHEN-MINUS U+002D", "dash")]),
        ("client’s", "client's", [(7, "RIGHT SINGLE QUOTATION MARK U+2019", "APOSTROPHE U+0027", "quote")]),
        (
            "cafe\u0301",
            "caf\u00e9",
            [
                (
                    4,
                    "LATIN SMALL LETTER E U+0065 + COMBINING ACUTE ACCENT U+0301",
                    "LATIN SMALL LETTER E WITH ACUTE U+00E9",
                    "letter",
                )
            ],
        ),
        ("Net 35", "Net 35", []),
    ],
)
def test_each_difference_is_placed_and_named(
    source: str, intacct: str, differences: list[tuple[int, str, str, str]]
) -> None:
    assert alike_key(source) == alike_key(intacct)
    found = x_ray(source, intacct).differences
    assert [(one.position, one.source_label, one.intacct_label, one.kind.value) for one in found] == differences


def test_the_lines_stand_in_columns() -> None:
    assert x_ray("Net\u00a035", "Net 35").lines() == (
        "N e t [NO-BREAK SPACE U+00A0] 3 5",
        "N e t [SPACE U+0020]          3 5",
    )
    assert x_ray("Net 35\u200b", "Net 35").lines() == (
        "N e t   3 5 [ZERO WIDTH SPACE U+200B]",
        "N e t   3 5 [nothing]",
    )


@pytest.mark.parametrize(
    ("char", "name"),
    [
        ("\x00", "NULL U+0000"),
        ("\t", "CHARACTER TABULATION U+0009"),
        ("\n", "LINE FEED U+000A"),
        ("\x7f", "DELETE U+007F"),
        ("\x85", "NEXT LINE U+0085"),
        ("\x9f", "CONTROL CHARACTER U+009F"),
        ("\ud800", "LONE SURROGATE U+D800"),
        ("\ue000", "PRIVATE USE CHARACTER U+E000"),
        ("\U0001f600", "GRINNING FACE U+1F600"),
        ("", "nothing"),
        ("ab", "LATIN SMALL LETTER A U+0061 + LATIN SMALL LETTER B U+0062"),
    ],
)
def test_every_character_has_a_name(char: str, name: str) -> None:
    assert label(char) == name


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("Net 30", True),
        ("Net  30", False),
        (" Net 30", False),
        ("Net 30 ", False),
        ("Net\u00a030", False),
        ("é", False),
        ("a\tb", False),
    ],
)
def test_which_side_is_clean(name: str, clean: bool) -> None:
    assert is_clean(name) is clean
    assert x_ray(name, "Net 30").source_clean is clean


names = st.text(alphabet="Net 30\u00a0\u200b\u2003-–'’\u039d\u0435e\u0301éß", max_size=12)


@given(names, names)
def test_the_pairs_put_both_names_together_again(source: str, intacct: str) -> None:
    pairs = list(aligned(source, intacct))
    assert "".join(one for one, _ in pairs) == source
    assert "".join(other for _, other in pairs) == intacct
    assert all(one or other for one, other in pairs)


@given(names, names)
def test_no_difference_where_the_names_are_the_same_and_one_at_least_where_not(source: str, intacct: str) -> None:
    assert bool(x_ray(source, intacct).differences) is (source != intacct)
    upper, lower = x_ray(source, intacct).lines()
    assert isinstance(upper, str)
    assert isinstance(lower, str)


@given(names, st.sampled_from(["\u00a0", "\u200b", " "]), st.data())
def test_what_was_put_in_is_found(name: str, extra: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name)))
    changed = name[:at] + extra + name[at:]
    if alike_key(changed) != alike_key(name):
        return
    found = x_ray(changed, name).differences
    assert found
    assert {one.kind for one in found} <= {DifferenceKind.BLANK, DifferenceKind.INVISIBLE, DifferenceKind.LETTER}
