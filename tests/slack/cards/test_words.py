"""Values as words: nothing from outside is hidden, formatted, mentioned or silently cut."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack.cards import words

UGLY = st.text(st.characters(codec=None, exclude_categories=()), max_size=300) | st.sampled_from(
    ["<!channel>", "<@U0DAN>", "*b* _i_ ~s~ `c` ```d```", ":tada:", "\u202eabc", "x" * 10_000, "&" * 5_000, "", "   "]
)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Net 45", "`Net 45`"),
        ("Net\u00a035", "`Net[NO-BREAK SPACE U+00A0]35`"),
        ("Net 45 ", "`Net 45[SPACE]`"),
        ("Net  35", "`Net [SPACE]35`"),
        ("Net\u200b45", "`Net[ZERO WIDTH SPACE U+200B]45`"),
        ("Net\u202e45", "`Net[RIGHT-TO-LEFT OVERRIDE U+202E]45`"),
        ("a`b", "`a[GRAVE ACCENT U+0060]b`"),
        ("<!channel> & co", "`&lt;!channel&gt; &amp; co`"),
        ("a\nb\x00", "`a[LINE FEED U+000A]b[NULL U+0000]`"),
        ("\ud800", "`[LONE SURROGATE U+D800]`"),
        ("", "an empty name"),
    ],
)
def test_code_shows_a_name_exactly(name: str, shown: str) -> None:
    assert words.code(name) == shown


def test_plain_names_stand_bare_and_others_in_code_quotes() -> None:
    assert words.name("Globex GmbH") == "Globex GmbH"
    assert words.name("Smith & Co <West>") == "Smith &amp; Co &lt;West&gt;"
    assert words.name("> quoted") == "`&gt; quoted`"
    assert words.name("Globex *GmbH*") == "`Globex *GmbH*`"
    assert words.name(":tada: Inc") == "`:tada: Inc`"
    assert words.name("CREATE_ARTERM") == "CREATE_ARTERM"


def test_a_long_name_is_cut_and_says_so() -> None:
    shown = words.code("x" * 10_000)
    assert shown.endswith("… (cut, 10,000 characters)`")
    assert len(shown) <= words.NAME_LIMIT + 2


@settings(deadline=None)
@given(UGLY, st.integers(1, 400))
def test_nothing_from_outside_gets_through(text: str, limit: int) -> None:
    for shown in (words.code(text, limit), words.name(text, limit), words.said(text, limit)):
        inner = shown.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
        assert "<" not in inner
        assert ">" not in inner
        assert "&" not in inner
        assert shown.count("`") in (0, 2)
        assert not any("\ud800" <= character <= "\udfff" for character in shown)
        assert "\n" not in shown
        assert words.units(shown) <= max(limit, 13) + 4
        shown.encode()


@settings(deadline=None)
@given(UGLY)
def test_visible_text_hides_nothing(text: str) -> None:
    shown = words.visible(text, 100_000)
    assert words.visible(shown, 200_000) == shown or "[SPACE]" in shown


def test_right_to_left_text_does_not_reorder_what_stands_around_it() -> None:
    assert words.name("שלום") == "\u2068שלום\u2069"


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("1250.5", "USD", "$1,250.50"),
        ("-50", "USD", "-$50.00"),
        ("2150", "EUR", "€2,150.00"),
        ("80", "CHF", "CHF 80.00"),
        ("1500", "JPY", "¥1,500"),
        ("1.5", "KWD", "KWD 1.500"),
        ("0.125", "USD", "$0.125"),
        ("12", "", "12.00 (currency not told)"),
        ("12", "<!here>", "12.00 (`&lt;!here…`)"),
        ("NaN", "USD", "an amount that is not a number (USD)"),
        ("1E+999", "USD", "$1.000000E+999"),
    ],
)
def test_money(amount: str, currency: str, shown: str) -> None:
    assert words.money(Decimal(amount), currency) == shown


def test_totals_keep_currencies_apart_largest_first_and_credits_apart() -> None:
    amounts = [(Decimal(100), "EUR"), (Decimal(9000), "USD"), (Decimal(100), "USD"), (Decimal(-5), "EUR")]
    assert words.totals(amounts) == "$9,100.00 and €100.00; credits -€5.00"
    assert words.totals([(Decimal(-5), "EUR")]) == "credits -€5.00"
    assert words.totals([]) == ""


def test_a_moment_is_shown_in_the_readers_zone_and_a_calendar_date_as_it_stands() -> None:
    moment = datetime(2026, 11, 24, 9, 14, tzinfo=UTC)
    assert words.at_moment(moment) == "<!date^1795511640^{date_short_pretty} {time}|Nov 24, 2026, 9:14 UTC>"
    assert words.calendar(date(2026, 11, 2)) == "Nov 2, 2026"


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [(0, "under a minute"), (5, "5 min"), (72, "1 h 12 min"), (120, "2 h"), (4560, "3 d 4 h"), (-3, "under a minute")],
)
def test_durations(minutes: int, shown: str) -> None:
    assert words.duration(timedelta(minutes=minutes)) == shown


def test_people_are_mentioned_and_anything_else_is_not() -> None:
    assert words.people(["U0DAN", "U0PRIYA"]) == "<@U0DAN> and <@U0PRIYA>"
    assert words.mention("!channel") == "`!channel`"
    assert words.people([f"U{number}" for number in range(12)]).endswith("and 2 more")


def test_only_addresses_that_a_person_can_open_become_links() -> None:
    assert words.link("https://a.test/?a=1&b=2", "INV-1") == "<https://a.test/?a=1&amp;b=2|INV-1>"
    assert words.link("javascript:alert(1)", "INV-1") == "INV-1"
    assert words.link("https://a.test/|<!channel>", "INV-1") == "INV-1"


@pytest.mark.parametrize(("position", "shown"), [(1, "1st"), (4, "4th"), (11, "11th"), (22, "22nd"), (113, "113th")])
def test_ordinals(position: int, shown: str) -> None:
    assert words.ordinal(position) == shown
