"""Names give exactly the readings that they say, and none where they cannot be read safely."""

from __future__ import annotations

import json
import time
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.terms.phrases import Settlement
from bot.terms.term import AmountUnit, DueFrom, DueRule, PaymentTerm, Penalty, plain
from bot.terms.wording import as_json, kind_of, readings
from tests.shared import need_shared
from tests.terms.wordings import ROWS

NUMBER_WORDS = {
    1: "one",
    7: "seven",
    12: "twelve",
    15: "fifteen",
    20: "twenty",
    30: "thirty",
    60: "sixty",
    90: "ninety",
}
BLANKS = [" ", "\u00a0", "\u2003", "\u3000", "\u202f", "\t", "  "]
INVISIBLE = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad"]
DASHES = ["-", "\u2010", "\u2011", "\u2013", "\u2014", "\u2212"]


def short(term: PaymentTerm) -> str:
    """A reading in the table's short form."""
    shown = str(term.due.days)
    if term.due.start is not DueFrom.INVOICE_DATE:
        shown += f" {term.due.start.value}"
    if term.discount:
        assert term.discount.rule.start is DueFrom.INVOICE_DATE
        shown += f" {amount(term.discount.amount, term.discount.unit)}/{term.discount.rule.days}"
    if term.penalty:
        shown += f" +{amount(term.penalty.amount, term.penalty.unit)} {term.penalty.cycle.value}"
    return shown


def amount(number: Decimal, unit: AmountUnit) -> str:
    return f"{plain(number)}%" if unit is AmountUnit.PERCENTAGE else f"${plain(number)}"


def shown(name: str) -> list[str]:
    return [short(reading) for reading in readings(name)]


def test_the_corpus_reads_as_it_says() -> None:
    for line in need_shared("data", "terms.jsonl").read_text(encoding="utf-8").splitlines():
        assert json.dumps(as_json(json.loads(line)["name"])) == json.dumps(json.loads(line))


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(ROWS) >= 150
    assert len({name for name, _ in ROWS}) == len(ROWS)


@pytest.mark.parametrize(("name", "expected"), ROWS, ids=[name for name, _ in ROWS])
def test_a_name_nobody_listed_reads_by_the_same_rules(name: str, expected: list[str]) -> None:
    assert shown(name) == expected


@given(st.integers(0, 999))
def test_every_number_of_days_reads_back_from_each_usual_form(days: int) -> None:
    for form in ("Net {}", "NET{}", "N{}", "n/{}", "{} days", "Net {} Days", "Due in {} days", "{} days net"):
        assert readings(form.format(days)) == (PaymentTerm(due=DueRule(days)),)


@given(st.integers(min_value=1000, max_value=10**14))
def test_more_days_than_a_rule_counts_are_not_read(days: int) -> None:
    for form in ("Net {}", "{} days", "EOM {}", "2% 10 Net {}", "{}"):
        assert readings(form.format(days)) == ()


@given(st.integers(1, 31))
def test_every_day_of_a_month_reads_back(day: int) -> None:
    suffix = "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    assert readings(f"{day}{suffix} of next month") == (PaymentTerm(due=DueRule(day, DueFrom.NEXT_MONTH)),)
    assert readings(f"{day}{suffix} Prox") == readings(f"Prox {day}") == readings(f"{day} MFI")


@given(
    st.decimals(min_value=Decimal("0.01"), max_value=Decimal("99.99"), places=2),
    st.integers(0, 999),
    st.integers(0, 999),
)
def test_a_discount_reads_back_unless_it_outlasts_the_due_day(percent: Decimal, days: int, net: int) -> None:
    for form in ("{}% {} Net {}", "{} % {}, net {} days", "{}%{} N{}", "Net {2}, {0}% if paid within {1} days"):
        found = readings(form.format(percent, days, net))
        if days > net:
            assert found == ()
        else:
            (reading,) = found
            assert reading.discount is not None
            assert (reading.due.days, reading.discount.rule.days, reading.discount.amount) == (net, days, percent)


@given(st.sampled_from([Decimal(0), Decimal(100), Decimal(110), Decimal("100.5")]), st.integers(0, 30))
def test_an_impossible_percentage_is_not_read(percent: Decimal, days: int) -> None:
    assert readings(f"{percent}% {days} Net 30") == ()
    assert readings(f"Net 30, {percent}% monthly finance charge") == ()


@pytest.mark.parametrize("days", sorted(NUMBER_WORDS))
def test_numbers_may_be_written_in_words(days: int) -> None:
    assert readings(f"Net {NUMBER_WORDS[days]}") == readings(f"Net {days}")


def test_every_number_up_to_ninety_nine_may_be_written_in_words() -> None:
    units = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
    ]
    units += ["seventeen", "eighteen", "nineteen"]
    tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    for days in range(100):
        if days < 20:
            forms = [units[days]]
        elif days % 10:
            ten, unit = tens[days // 10 - 2], units[days % 10]
            forms = [f"{ten}-{unit}", f"{ten} {unit}", f"{ten.title()}-{unit.title()}"]
        else:
            forms = [tens[days // 10 - 2]]
        for form in forms:
            assert readings(f"Net {form} days") == (PaymentTerm(due=DueRule(days)),)


readable = st.sampled_from([name for name, expected in ROWS if expected])
every_name = st.sampled_from([name for name, _ in ROWS])


@given(every_name, st.sampled_from(BLANKS), st.booleans())
def test_any_kind_of_blank_is_a_blank(name: str, blank: str, around: bool) -> None:
    changed = name.replace(" ", blank)
    assert readings(f"{blank}{changed}{blank}" if around else changed) == readings(name)


@given(every_name, st.sampled_from([str.upper, str.lower, str.title, str.swapcase]))
def test_case_says_nothing(name: str, change: object) -> None:
    assert readings(change(name)) == readings(name)  # type: ignore[operator]


@given(every_name, st.sampled_from(DASHES))
def test_any_kind_of_dash_is_a_dash(name: str, dash: str) -> None:
    assert readings(name.replace("-", dash).replace("–", dash)) == readings(name)


@given(every_name, st.sampled_from(INVISIBLE), st.data())
def test_invisible_characters_say_nothing(name: str, unseen: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name)))
    assert readings(name[:at] + unseen + name[at:]) == readings(name)


@given(readable, st.sampled_from("ΝеοАтΕﬁéłＮＥ３٣०²①𝟑K"), st.data())
def test_letters_and_digits_of_another_alphabet_give_no_reading(name: str, foreign: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name)))
    assert readings(name[:at] + foreign + name[at:]) == ()
    assert readings(name[:at] + foreign + name[at + 1 :]) == ()


@given(readable, st.sampled_from(["\x00", "\x07", "\x1b", "\x7f", "\x85", "\ud800", "\udfff", "\u202e", "\ufffd"]))
def test_control_characters_and_surrogates_give_no_reading(name: str, illegal: str) -> None:
    for changed in (illegal + name, name + illegal, name[:1] + illegal + name[1:]):
        assert readings(changed) == ()


@given(readable, st.text(alphabet="bcfghjkqvxz", min_size=2, max_size=8))
def test_a_word_left_over_gives_no_reading(name: str, word: str) -> None:
    assert readings(f"{name} {word}") == ()
    assert readings(f"{word} {name}") == ()


@given(st.text(max_size=60))
@example("\ud800")
@example("Net 30\ud83d")
@example("#")
@example("##")
@example("#th of next month")
@example("()")
@example("Net ((30))")
def test_no_text_whatever_raises(name: str) -> None:
    for reading in readings(name):
        assert isinstance(reading, PaymentTerm)


@given(
    st.lists(
        st.sampled_from(
            [
                "net",
                "n",
                "30",
                "10",
                "2",
                "%",
                "/",
                ",",
                "-",
                "(",
                ")",
                "eom",
                "days",
                "of",
                "next",
                "month",
                "10th",
                "prox",
                "$",
                "off",
                "due",
                "in",
                "the",
            ]
        ),
        max_size=9,
    )
)
def test_words_of_the_trade_in_any_order_keep_the_rules(words: list[str]) -> None:
    name = " ".join(words)
    for reading in readings(name):
        assert reading.due.days in (0, 2, 10, 30, 31, 14)
        if reading.discount:
            assert reading.discount.rule.days <= reading.due.days
    numbers = [word for word in words if word[0].isdigit()]
    used = [part for reading in readings(name)[:1] for part in (reading.due, reading.discount) if part]
    assert not (readings(name) and len(numbers) > 2 * len(used))


@pytest.mark.parametrize(
    "name",
    ["x" * 10_000, "Net 30 " * 1500, "2% 10 " * 1700, "(" * 10_000, "1" * 10_000, "\u200b" * 10_000, " " * 10_000],
)
def test_a_very_long_name_is_refused_at_once(name: str) -> None:
    started = time.perf_counter()
    assert readings(name) == ()
    assert time.perf_counter() - started < 0.2


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Net 30", Settlement.CREDIT),
        ("EOM", Settlement.CREDIT),
        ("Due on receipt", Settlement.ON_RECEIPT),
        ("Immediate", Settlement.ON_RECEIPT),
        ("COD", Settlement.ON_DELIVERY),
        ("cash on delivery", Settlement.ON_DELIVERY),
        ("Prepaid", Settlement.PREPAID),
        ("PIA", Settlement.PREPAID),
        ("Cash in advance", Settlement.PREPAID),
        ("Special", None),
    ],
)
def test_the_kind_of_payment_is_known_apart_from_its_day(name: str, kind: Settlement | None) -> None:
    assert kind_of(name) is kind


def test_numbers_print_whole_where_they_are_whole() -> None:
    printed = json.dumps(as_json("2.0% 10 Net 30, 1.50% monthly finance charge"))
    assert '"amount": 2,' in printed
    assert '"amount": 1.5,' in printed


def test_a_penalty_takes_its_cycle_from_the_name() -> None:
    (reading,) = readings("Net 30, 1.5% monthly finance charge")
    assert isinstance(reading.penalty, Penalty)
    assert reading.penalty.cycle == "monthly"
