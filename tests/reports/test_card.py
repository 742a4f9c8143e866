"""The report's message: whom a fixed finding names, and Slack's limits however much drifts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.reports.report import Report
from bot.sandbox.slack.kit import message_problems, view_problems
from bot.slack.cards import views
from bot.slack.cards.blocks import CardMessage
from bot.slack.cards.names import INPUT, BlockId, ViewId
from bot.slack.cards.report import explained, keep_inputs, read_finding, report_card
from bot.slack.cards.submissions import KeptFinding, read_keep
from bot.terms.drift import Effect, Example, Finding, FindingKind, Standing
from tests.reports.samples import NOW, WEEK, full, quiet, tracked

UGLY = "\N{NO-BREAK SPACE}<&*`" * 8


def card(report: Report) -> CardMessage:
    return report_card(report, 10**12, with_chart=True, links={}, head=f"Journal: 99 entries, head `{'a' * 64}`.")


def many(count: int = 5_000) -> Report:
    """So many findings of every kind and standing, whose names are as bad as names can be."""
    kinds, standings = list(FindingKind), list(Standing)
    findings = [
        Finding(
            kind=kinds[number % len(kinds)],
            names=(f"{UGLY}{number}", f"{number}{UGLY}"),
            subject="books",
            rules=(UGLY * 10, UGLY * 10),
            effects=frozenset(Effect),
            invoices=number,
            examples=(Example(subject=UGLY * 20),),
            owner=UGLY,
        )
        for number in range(count)
    ]
    rows = tuple(tracked(finding, standings[n // len(kinds) % len(standings)]) for n, finding in enumerate(findings))
    unread = tuple(f"{UGLY}{number}" for number in range(9))
    return replace(full(), tracked=rows, missing=unread, covers=tuple(WEEK.plus(n - 200) for n in range(201)))


def test_five_thousand_findings_are_still_one_message_that_slack_takes() -> None:
    made = card(many())
    assert message_problems(list(made.blocks)) == []
    assert len(made.text) <= 4_000
    assert made.text.startswith("PARTIAL")
    assert "It speaks for 201 weeks, 2023-W04 to 2026-W48" in made.text
    assert "more findings are in the workbook in this message's thread" in str(made.blocks)


def test_each_of_five_thousand_findings_can_be_kept_quiet() -> None:
    report, start, offered, said = many(), 0, set(), []
    while True:
        blocks = keep_inputs(report, 7, start)
        assert view_problems(views.plain_view(ViewId.KEEP_FINDING, "Keep one quiet", blocks, submit="Keep quiet")) == []
        (select,) = [block for block in blocks if str(block.get("block_id")).startswith(BlockId.KEEP_FINDING)]
        places = [int(option["value"]) for option in select["element"]["options"]]
        offered |= set(places)
        said.append(blocks[1]["text"]["text"])
        state = {BlockId.KEEP_WEEKS: "4", select["block_id"]: str(places[-1])}
        values = {block: {INPUT: {"selected_option": {"value": value}}} for block, value in state.items()}
        reason = {BlockId.KEEP_REASON: {INPUT: {"value": "kept for one client"}}}
        assert read_keep({**values, **reason}) == KeptFinding(places[-1], 4, "kept for one client")
        after = [button for button in blocks[2]["elements"] if "after" in button["text"]["text"]]
        if not after:
            break
        start = read_finding(after[0]["value"]).place
    assert offered == {place for place, each in enumerate(report.tracked) if each.standing is not Standing.FIXED}
    assert said[0] == f"The choice offers findings 1 to 100 of {len(offered):,}, in the order of the report."
    assert said[-1].endswith(f"to {len(offered):,} of {len(offered):,}, in the order of the report.")


def test_a_choice_that_offers_all_findings_says_nothing_of_pages() -> None:
    assert "offers" not in str(keep_inputs(full(), 7))
    assert read_keep({})["keep.finding"] == "Please choose one."


def test_what_is_fixed_is_named_and_by_whom() -> None:
    assert "Fixed\n• Missing in Intacct: Net 44, a decision of Dan's, case 9" in card(full()).text
    nobody = card(replace(full(), fixed_by=())).text
    assert "Fixed\n• Missing in Intacct: Net 44\n" in nobody


def test_a_customers_default_that_is_fixed_names_the_customer_and_each_term_once_after_what_failed() -> None:
    customer = Finding(
        kind=FindingKind.CUSTOMER_DEFAULT,
        names=("Net 15", "Net 15"),
        subject="C1",
        examples=(Example(subject="Globex <GmbH>"),),
    )
    report = replace(full(), tracked=(tracked(customer, Standing.FIXED), *full().tracked), fixed_by=())
    assert "Fixed\n• Missing in Intacct: Net 44\n• A customer's default term: Globex &lt;GmbH&gt;, Net 15\n" in (
        card(report).text
    )


def test_a_line_leads_to_an_invoice_that_shows_it() -> None:
    shown = Example(subject="INV-1042", link="https://app02.us.bill.com/Invoice?id=00e1", detail="Globex")
    report = replace(
        full(), tracked=(tracked(Finding(kind=FindingKind.MISSING, names=("Net 45",), examples=(shown,))),)
    )
    assert "such as <https://app02.us.bill.com/Invoice?id=00e1|INV-1042>" in str(card(report).blocks)


def test_the_choice_tells_what_is_kept_quiet_by_whom_why_and_how_long() -> None:
    said = str(keep_inputs(full(), 7)[-2])
    assert "Kept quiet at the time of this report" in said
    assert "`Net 7` has not been used for a year · <@U0DAN>: kept for one client · until it changes" in said
    snoozed = [replace(each, quiet_until=NOW + timedelta(weeks=4)) if each.quiet else each for each in full().tracked]
    assert "Dec 21, 2026" in str(keep_inputs(replace(full(), tracked=tuple(snoozed)), 7)[-2])
    alone = keep_inputs(replace(quiet(), tracked=(tracked(full().tracked[0].finding, quiet=True),)), 7)
    assert [block["type"] for block in alone] == ["section", "section", "actions"]


def test_each_word_of_a_report_that_a_stranger_may_not_know_is_explained_behind_its_button() -> None:
    meant = str(explained()).casefold()
    for word in (
        "payment term",
        "ar term",
        "sync",
        "case",
        "back again",
        "kept quiet",
        "api call",
        "journal",
        "partial",
    ):
        assert f"*{word}" in meant or f", {word}" in meant
    assert view_problems(views.plain_view(ViewId.EXPLAIN, "What the words mean", explained())) == []


def test_a_report_of_what_is_kept_quiet_alone_says_so_and_keeps_its_way_to_the_words() -> None:
    accepted = tracked(Finding(kind=FindingKind.MISSING, names=("Net 45",), invoices=4), Standing.OPEN, quiet=True)
    made = card(replace(quiet(), tracked=(accepted,)))
    assert "agree" not in made.text
    assert "1 finding kept quiet." in made.text
    assert "What the words mean" in str(made.blocks)


def test_what_the_billing_system_cannot_tell_stands_under_a_report_of_one_line() -> None:
    made = card(replace(quiet(), untold=("The invoice file cannot tell its customers' default terms.",)))
    assert "The invoice file cannot tell its customers' default terms." in made.text
