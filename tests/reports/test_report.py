"""A report's words, its picture and its workbook."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from bot.commands.report import lines, table
from bot.reports import chart
from bot.reports.report import Report, Strand, at_risk
from bot.reports.weeks import Week
from bot.reports.wording import EXPLAINED, headline, money, said_of
from bot.reports.workbook import safe, unseen, workbook
from bot.sandbox.slack.kit import message_problems
from bot.terms.drift import Example, Finding, FindingKind, Standing
from tests.reports.samples import UGLY, WEEK, full, history, quiet, tracked
from tests.terms.test_drift import missing


def opened(report: Report) -> Workbook:
    return load_workbook(io.BytesIO(workbook(report)))


def test_the_first_line_alone_tells_whether_to_act() -> None:
    assert headline(full()) == (
        "5 terms will fail at the next sync, worth $9,300 and €2,150; 1 more would fail once an invoice comes. "
        "1 fixed since last week, 1 is back."
    )


def test_a_quiet_week_is_one_line() -> None:
    assert headline(quiet()) == "Both systems' payment terms agree. Nothing to do."


def test_what_is_only_untidy_is_not_cried_about() -> None:
    report = full()
    calm = replace(report, tracked=tuple(t for t in report.tracked if t.finding.kind is FindingKind.UNUSED))
    assert headline(calm).startswith("Nothing will fail at the next sync; 2 smaller findings")


def test_a_run_that_could_not_read_everything_is_stamped() -> None:
    silent = replace(quiet(), missing=("BILL did not answer.",))
    assert headline(silent) == (
        "PARTIAL: not everything could be read. What was read needs nothing; the rest is not known."
    )
    untidy = tuple(t for t in full().tracked if t.finding.kind is FindingKind.UNUSED)
    assert "Of what was read, nothing will fail" in headline(replace(silent, tracked=untidy))


def test_a_term_for_which_no_invoice_waits_is_not_said_to_fail_at_the_next_sync() -> None:
    asleep, failing = tracked(missing("Net 45", invoices=0)), tracked(missing("Net 55"))
    assert headline(replace(quiet(), tracked=(asleep,))) == (
        "Nothing will fail at the next sync; 1 term would fail once an invoice comes."
    )
    assert headline(replace(quiet(), tracked=(asleep, failing))) == (
        "1 term will fail at the next sync; 1 more would fail once an invoice comes."
    )


def test_where_nobody_could_tell_which_invoices_wait_that_is_said_instead_of_none() -> None:
    unsure = tracked(missing("Net 45", invoices=0, waiting_known=False))
    assert headline(replace(quiet(), tracked=(unsure,), missing=("Intacct did not answer.",))) == (
        "PARTIAL: not everything could be read. "
        "Of what was read, nothing will fail at the next sync; whether 1 term will fail is not known."
    )
    assert said_of(unsure.finding).endswith("whether invoices wait for it is not known.")


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (missing("Net 45"), "Nothing new to look at. 1 finding that would fail is kept quiet."),
        (Finding(kind=FindingKind.UNUSED, names=("Net 5",)), "Nothing new to look at. 1 finding is kept quiet."),
    ],
)
def test_systems_of_which_a_difference_is_kept_quiet_do_not_agree(kept: Finding, said: str) -> None:
    accepted = tracked(kept, Standing.OPEN, quiet=True)
    assert headline(replace(quiet(), tracked=(accepted,))) == said


def test_what_is_kept_quiet_and_will_fail_is_told_beside_what_is_smaller() -> None:
    accepted = tracked(missing("Net 45"), Standing.OPEN, quiet=True)
    unused = tracked(Finding(kind=FindingKind.UNUSED, names=("Net 5",)))
    assert headline(replace(quiet(), tracked=(accepted, unused))) == (
        "Nothing but what is kept quiet will fail at the next sync; 1 smaller finding to look at. "
        "1 finding that would fail is kept quiet."
    )


def test_a_billing_system_that_cannot_tell_all_is_agreed_with_as_far_as_it_tells() -> None:
    mute = replace(quiet(), untold=("The invoice file cannot tell its customers' default terms.",))
    assert headline(mute) == "As far as can be told, both systems' payment terms agree. Nothing to do."


def test_after_a_silence_fixed_means_since_the_last_report() -> None:
    gone = tracked(missing("Net 45"), Standing.FIXED)
    late = replace(quiet(), tracked=(gone,), covers=(WEEK.plus(-1), WEEK))
    assert headline(late) == "Both systems' payment terms agree. Nothing to do. 1 fixed since the last report."


def test_what_was_accepted_is_counted_apart_and_not_told() -> None:
    report = full()
    assert report.quiet == 1
    assert all(not t.quiet for t in report.open)


def test_the_workbook_lists_each_example_with_its_link_and_names_who_accepted_what() -> None:
    shown = Example(subject="INV-1042", link="https://app02.us.bill.com/Invoice?id=00e1", detail="Globex")
    odd = Example(subject="INV-7", link='javascript:alert("x")')
    found = tracked(Finding(kind=FindingKind.MISSING, names=("Net 45",), examples=(shown, odd)))
    kept = next(each for each in full().tracked if each.quiet)
    made = workbook(replace(quiet(), tracked=(found, kept)), people={"U0DAN": "Dan Weber"})
    book = load_workbook(io.BytesIO(made))
    _, first, second = book["Examples"].iter_rows()
    assert [cell.value for cell in first[1:5]] == ["Net 45", "new", "INV-1042", "Globex"]
    assert first[3].hyperlink.target == shown.link
    assert second[3].value == "INV-7"
    assert second[3].hyperlink is None
    head, *rows = book["Findings"].iter_rows(values_only=True)
    row = dict(zip(head, rows[-1], strict=True))
    assert (row["Accepted by"], row["Why it was accepted"]) == ("Dan Weber (U0DAN)", "kept for one client")
    assert row["Quiet until (UTC)"] == "it changes"


def test_no_sum_crosses_currencies() -> None:
    assert money(at_risk(full().failing)) == "$9,300 and €2,150"


def test_every_kind_has_its_words_and_its_sentence() -> None:
    assert set(EXPLAINED) == set(FindingKind)
    kinds = {t.finding.kind: said_of(t.finding) for t in full().tracked}
    assert set(kinds) == set(FindingKind)
    assert kinds[FindingKind.RULE_DIFFERS] == (
        "“Net 30” means “30 days from the invoice date” at the source and “45 days from the invoice date” in Intacct: "
        "12 invoices have another due date in the books than on paper."
    )
    assert "Looked after by jsmith." in kinds[FindingKind.CUSTOMER_DEFAULT]


# --- the picture


def test_slacks_chart_block_is_one_that_slack_takes() -> None:
    block = chart.block(history())
    assert block is not None
    assert message_problems([block]) == []
    assert len(block["chart"]["series"]) <= chart.SERIES_MOST
    assert len(block["chart"]["axis_config"]["categories"]) == 12


def test_there_is_no_chart_of_nothing() -> None:
    assert chart.block(()) is None
    assert chart.block((replace(history(1)[0], counts={}),)) is None


def test_a_week_without_a_report_keeps_its_place_in_every_chart() -> None:
    weeks = [each for place, each in enumerate(history()) if place in (0, 3, 11)]
    assert "3 of 12 weeks had a report, Sep 7 to Nov 23" in chart.in_words(weeks)
    block = chart.block(weeks)
    assert block is not None
    assert block["chart"]["axis_config"]["categories"][:4] == [
        "Sep 7",
        "Sep 14 (no report)",
        "Sep 21 (no report)",
        "Sep 28 (partial)",
    ]
    assert {len(each["data"]) for each in block["chart"]["series"]} == {12}
    assert chart.as_text(weeks)[1] == "Sep 14  no report"
    assert chart.png(weeks) != chart.png([replace(weeks[0], week=weeks[-1].week.plus(n - 2)) for n in range(3)])
    assert table(weeks)[2] == "2026-W38    no report"
    assert len(table(weeks)) == 1 + 12


def test_the_picture_is_a_png_and_says_the_same_in_words() -> None:
    assert chart.png(history()).startswith(b"\x89PNG")
    assert "12 weeks, Sep 7 to Nov 23" in chart.in_words(history())
    assert " then" not in chart.in_words(history(1))
    for strand in chart.strands(history()):
        assert strand.value in chart.in_words(history())
    assert chart.png(()).startswith(b"\x89PNG")


def test_every_kind_of_finding_is_in_the_picture() -> None:
    counts = full().counts()
    assert sum(counts.counts.values()) == len(full().open)
    assert set(counts.counts) == set(Strand)


def test_the_picture_in_letters_has_a_line_a_week_and_says_what_the_letters_mean() -> None:
    weeks, meaning = chart.as_text(history())[:12], chart.as_text(history())[12:]
    assert meaning[0] == "M Missing in Intacct; I Inactive in Intacct"
    assert len(meaning) == 3
    assert max(len(line) for line in meaning) < 60
    assert [line for line in weeks if line.endswith(" partial")] == [weeks[3]]
    last = history()[-1].counts
    assert weeks[-1].split()[2].count("T") == last[Strand.TIDYING]
    assert weeks[-1].split()[-1] == str(sum(last.values()))
    assert chart.as_text(()) == ()


def test_many_findings_are_drawn_to_scale_and_the_scale_is_told() -> None:
    counts = {Strand.MISSING: 1, Strand.TIDYING: 5_000}
    *weeks, meaning = chart.as_text([replace(history()[0], counts=counts)])
    assert meaning.endswith("a letter is up to 157 findings")
    assert weeks[0].count("M") == 1
    assert len(weeks[0]) < 60


# --- the workbook


def test_the_workbook_has_its_sheets_frozen_heads_and_filters() -> None:
    book = opened(full())
    assert book.sheetnames == ["Summary", "Findings", "Terms side by side", "Use", "Examples", "One name a rule"]
    for name in book.sheetnames[1:]:
        assert book[name].freeze_panes == "A2"
        assert book[name].auto_filter.ref is not None


def test_no_text_becomes_a_formula_and_names_stand_as_they_are() -> None:
    book = opened(full())
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert all(cell.data_type != "f" for cell in cells)
    texts = {cell.value for cell in cells if isinstance(cell.value, str)}
    assert "+Per contract" in texts
    assert "Net 45" in texts
    assert safe(UGLY) in texts
    assert "LONE SURROGATE" in safe(UGLY) or "SURROGATE" in safe(UGLY)


def test_numbers_are_numbers_and_moments_are_dates() -> None:
    sheet = opened(full())["Findings"]
    head = [cell.value for cell in sheet[1]]
    row = next(row for row in sheet.iter_rows(min_row=2) if row[head.index("Term")].value == "Net 45")
    assert row[head.index("At risk")].value == 9100
    assert row[head.index("At risk")].number_format == "#,##0.00"
    assert isinstance(row[head.index("First seen (UTC)")].value, datetime)
    assert row[head.index("Standing")].value == Standing.NEW.value


def test_characters_that_nobody_sees_are_named_with_their_place() -> None:
    assert unseen(("Net\N{NO-BREAK SPACE}35",)) == "NO-BREAK SPACE U+00A0 at 4"
    assert unseen(("Net 14 ",)).endswith("at 7")
    assert unseen(("Net 30",)) == ""


def test_a_quiet_report_has_a_workbook_too() -> None:
    assert opened(quiet())["Summary"]["B3"].value == "Both systems' payment terms agree. Nothing to do."


def test_a_long_text_is_cut_and_the_cut_is_told() -> None:
    assert safe("x" * 40_000).endswith("… (cut, 40,000 characters)")


@pytest.mark.parametrize("weeks", [1, 3])
def test_a_report_after_a_silence_says_which_weeks_it_speaks_for(weeks: int) -> None:
    covers = tuple(WEEK.plus(n - weeks + 1) for n in range(weeks))
    assert opened(replace(full(), covers=covers))["Summary"]["B4"].value == ", ".join(map(str, covers))
    assert covers[-1] == Week(2026, 48)


def test_on_the_terminal_too_what_is_fixed_says_by_whom() -> None:
    customer = Finding(
        kind=FindingKind.CUSTOMER_DEFAULT, names=("Net 15", "Net 15"), examples=(Example(subject="Globex"),)
    )
    told = lines(replace(full(), tracked=(*full().tracked, tracked(customer, Standing.FIXED))))
    assert "  fixed  Missing in Intacct: “Net 44”, a decision of Dan's, case 9" in told
    assert "  fixed  A customer's default term: Globex, “Net 15”" in told
