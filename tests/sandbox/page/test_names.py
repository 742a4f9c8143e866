"""Names with their odd characters marked."""

from __future__ import annotations

import pytest
from lxml import html as reading

from bot.sandbox.page.names import marked


@pytest.mark.parametrize("name", ["Net 30", "2% 10 Net 30", "N30"])
def test_a_plain_name_has_no_marker(name: str) -> None:
    assert marked(name) == name


@pytest.mark.parametrize(
    ("name", "mark", "title"),
    [
        ("Net\u00a035", "NBSP", "NO-BREAK SPACE U+00A0"),
        ("Net 14 ", "␣", "a blank at the end or the beginning"),
        ("Net  35", "␣␣", "2 blanks"),
        ("\u039det 75", "GREEK", "GREEK CAPITAL LETTER NU U+039D"),
        ("Net\u200b35", "ZWSP", "ZERO WIDTH SPACE U+200B"),
        ("Net\x0735", "U+0007", "CONTROL CHARACTER U+0007"),
    ],
)
def test_an_odd_character_is_named_and_stays_itself(name: str, mark: str, title: str) -> None:
    drawn = marked(name)
    assert f'data-mark="{mark}"' in drawn
    assert f'title="{title}"' in drawn
    if mark != "U+0007":  # no reader of HTML takes a control character
        assert reading.fromstring(f"<p>{drawn}</p>").text_content() == name


def test_a_hostile_name_is_escaped() -> None:
    assert (
        marked("<script>é")
        == '&lt;script&gt;<span class="odd letter" data-mark="U+00E9" title="LATIN SMALL LETTER E WITH ACUTE U+00E9">é</span>'
    )
