"""A slash command's text is a question about invoices or a term, help, or refused with a reason."""

from __future__ import annotations

import pytest

from bot.alerts import (
    AskedClose,
    AskedHelp,
    AskedInvoices,
    AskedReport,
    AskedStandard,
    AskedTerm,
    Nonsense,
    Reason,
    read_question,
)

SENTENCE = "cannot be created in Intacct: Could not retrieve the Sequence record!"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("INV-1042", ("INV-1042",)),
        ("  INV-1  INV-2\tINV-3 ", ("INV-1", "INV-2", "INV-3")),
        ("INV-1,INV-2; INV-3", ("INV-1", "INV-2", "INV-3")),
        ("INV-2 INV-1 INV-2", ("INV-2", "INV-1")),
        ("invoice INV-1 and INV-2 please", ("INV-1", "INV-2")),
        ("*INV-1* `INV_2_`", ("INV-1", "INV_2_")),
        ("[INV 5] [1,042] [ABC]", ("INV 5", "1,042", "ABC")),
        ("R&amp;D-5", ("R&D-5",)),
        ("<https://app02.us.bill.com/Invoice?id=00e01|INV-5>", ("INV-5",)),
        (f"Invoice [INV 9] {SENTENCE}", ("INV 9",)),
        (f"&gt; Invoice INV-9 {SENTENCE}", ("INV-9",)),
    ],
)
def test_invoice_numbers(text: str, numbers: tuple[str, ...]) -> None:
    assert read_question(text) == AskedInvoices(numbers)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('"Net 45"', "Net 45"),
        ("'Net 45'", "Net 45"),
        ("“Net 45”", "Net 45"),
        ("‘Net 45’", "Net 45"),
        ('“Net 45"', "Net 45"),
        ("'Owner's terms'", "Owner's terms"),
        ('  " Net\u00a0 45 "  ', " Net\u00a0 45 "),
        ('"R&amp;D *30*"', "R&D *30*"),
        ("The term name 'Net 45' is invalid", "Net 45"),
    ],
)
def test_term_name_between_quotes_is_untouched(text: str, name: str) -> None:
    assert read_question(text) == AskedTerm(name)


@pytest.mark.parametrize(
    ("text", "period"),
    [("close", None), (" CLOSE ", None), ("close 2026-10", "2026-10"), ("`close` *2026-01*", "2026-01")],
)
def test_a_period_is_asked_for_by_its_month_or_as_the_next_to_close(text: str, period: str | None) -> None:
    assert read_question(text) == AskedClose(period)


@pytest.mark.parametrize("text", ['"close"', "“close 2026-10”"])
def test_a_term_may_be_called_close(text: str) -> None:
    assert isinstance(read_question(text), AskedTerm)


@pytest.mark.parametrize("text", ["help", "HELP", " help ", "?", "--help"])
def test_help(text: str) -> None:
    assert read_question(text) == AskedHelp()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.EMPTY),
        ("   ", Reason.EMPTY),
        ("what is this", Reason.NOT_A_NUMBER),
        ("Net 45", Reason.NOT_A_NUMBER),
        ("2% 10 Net 30", Reason.NOT_A_NUMBER),
        ("invoice", Reason.NOT_A_NUMBER),
        ("...", Reason.NOT_A_NUMBER),
        ('""', Reason.NOT_A_NUMBER),
        ('" "', Reason.NOT_A_NUMBER),
        ('INV-1 "Net 45"', Reason.NOT_A_NUMBER),
        ("<@U0DAN1>", Reason.NOT_A_NUMBER),
        ("<!channel>", Reason.NOT_A_NUMBER),
        ("<https://app02.us.bill.com/Invoice?id=00e01>", Reason.LINK),
        ("https://app02.us.bill.com/Invoice?id=00e01", Reason.LINK),
        (" ".join(f"INV-{n}" for n in range(21)), Reason.TOO_MANY),
        ("close 2026-13", Reason.NO_PERIOD),
        ("close 2026-00", Reason.NO_PERIOD),
        ("close 2026", Reason.NO_PERIOD),
        ("close 0026-10", Reason.NO_PERIOD),
        ("close 1989-12", Reason.NO_PERIOD),
        ("close October", Reason.NO_PERIOD),
        ("close 2026-10 INV-1", Reason.NO_PERIOD),
        ("close INV-1042", Reason.NO_PERIOD),
        ("9" * 101, Reason.TOO_LONG),
        ("9" * 10_000, Reason.TOO_LONG),
        (f'"{"x" * 501}"', Reason.TOO_LONG),
    ],
)
def test_anything_else_is_refused_with_its_reason(text: str, reason: Reason) -> None:
    assert read_question(text) == Nonsense(reason)


def test_twenty_numbers_are_answered() -> None:
    assert isinstance(read_question(" ".join(f"INV-{n}" for n in range(20))), AskedInvoices)


@pytest.mark.parametrize("bad", ["\x00", "\x07", "\ud800"])
def test_a_character_that_is_no_text_is_named_by_its_position(bad: str) -> None:
    assert read_question(f"INV{bad}1") == Nonsense(Reason.NOT_TEXT, 4)


@pytest.mark.parametrize("text", ["report", "Report", "  report "])
def test_report_alone_asks_for_the_report(text: str) -> None:
    assert read_question(text) == AskedReport()


@pytest.mark.parametrize("text", ["standardise", "standardize", " Standardise "])
def test_standardise_alone_asks_for_one_name_a_rule(text: str) -> None:
    assert read_question(text) == AskedStandard()


def test_a_term_of_that_name_is_asked_for_in_quotes() -> None:
    assert read_question('"standardise"') == AskedTerm("standardise")


def test_report_with_anything_else_is_not_the_report() -> None:
    assert isinstance(read_question("report INV-1042"), Nonsense)
