"""The report as one calm message: a headline, the weeks as a picture, what matters most, what it cost."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.reports import chart
from bot.reports.report import Report
from bot.reports.standardise import of_report
from bot.reports.wording import EXPLAINED, OTHER_WORDS, headline, said_of
from bot.slack.cards import words
from bot.slack.cards.blocks import (
    BUTTON_LIMIT,
    Block,
    CardMessage,
    Input,
    Option,
    actions,
    bullets,
    button,
    context,
    input_block,
    message,
    section,
)
from bot.slack.cards.names import ActionId, BlockId
from bot.terms.drift import FAILING, Finding, FindingKind, Standing, Tracked

FINDINGS_SHOWN = 8
FIXED_SHOWN = 5
WEEKS_NAMED = 4
BUTTONS_SHOWN = 5
KEPT_NAMED = 10
_SHOWN_BY_INVOICES = FAILING | {FindingKind.RULE_DIFFERS, FindingKind.OVERRIDDEN}
_VALUE = re.compile(r"([0-9]{1,18}):([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class FindingButton:
    """What a button on a report stands for."""

    run_id: int
    place: int
    """Of the finding among the report's tracked ones."""


class UnreadableFindingError(ValueError):
    """A button's value that no report of this bot carries."""


def finding_value(run_id: int, place: int = 0) -> str:
    """The `value` of a report's buttons."""
    return f"{run_id}:{place}"


def read_finding(value: str) -> FindingButton:
    """What a clicked button stands for. Raises UnreadableFindingError."""
    match = _VALUE.fullmatch(value)
    if match is None:
        raise UnreadableFindingError("the button's value belongs to no report")
    return FindingButton(int(match[1]), int(match[2]))


def report_card(
    report: Report,
    run_id: int,
    *,
    with_chart: bool,
    links: Mapping[int, str],
    head: str = "",
    workbook: bool = True,
    outdated: bool = False,
) -> CardMessage:
    """The report's message. `links`: case id to its card's address. Without the chart where Slack refused its block.

    `head`: of the journal, which is thereby kept outside the database.
    `workbook`: whether one hangs in the message's thread.
    `outdated`: a newer report has come: it keeps what it said, and no button that acts.
    """
    lines = [f"*{words.escape(headline(report))}*"]
    if len(report.covers) > 1:
        lines.append(f"It speaks for {_weeks(report)}: none came between.")
    blocks: list[Block] = [section(*lines)]
    if not any((report.open, report.standing(Standing.FIXED), report.quiet, report.missing)):
        return message([*blocks, *_untold(report), context(_cost(report), head)])
    if with_chart and (picture := chart.block(report.history)) is not None:
        blocks += [picture, context(chart.in_words(report.history))]
    shown = _shown(report)
    if shown:
        blocks.append(section(*[f"{place}. {_line(report, each, links)}" for place, (_, each) in enumerate(shown, 1)]))
    rows = _buttons(report, run_id, shown)
    if rows and not outdated:
        blocks.append(actions(f"report.{run_id}.cases", rows))
    if fixed := _fixed(report):
        blocks.append(section(*fixed))
    blocks += _rest(report, run_id, len(shown), head, workbook=workbook, outdated=outdated)
    return message(blocks)


def _weeks(report: Report) -> str:
    covered = [str(week) for week in report.covers]
    many = f"{len(covered):,} weeks, {covered[0]} to {covered[-1]}"
    return words.joined(covered) if len(covered) <= WEEKS_NAMED else many


def _fixed(report: Report) -> list[str]:
    """What is fixed, and by whom where that can be told."""
    gone = sorted(report.standing(Standing.FIXED), key=lambda each: each.finding.kind not in FAILING)
    if not gone:
        return []
    by = {each.key: each.words for each in report.fixed_by}
    lines = [
        f"{words.said(EXPLAINED[each.finding.kind].title, 60)}: {_fixed_names(each.finding)}"
        f"{f', {words.said(by[each.key], 120)}' if by.get(each.key) else ''}"
        for each in gone
    ]
    return ["*Fixed*", bullets(lines, FIXED_SHOWN)]


def _fixed_names(finding: Finding) -> str:
    """Whose default it was, where it was one; then the terms, each once."""
    whose = finding.examples[0].subject if finding.examples else finding.subject
    customer = f"{words.name(whose, 60)}, " if finding.kind is FindingKind.CUSTOMER_DEFAULT and whose else ""
    names = list(dict.fromkeys(finding.names))
    return f"{customer}{words.joined([words.code(name) for name in names[:3]])}"


def _pages(run_id: int, start: int, count: int) -> list[Block]:
    """Which findings the choice offers, and the way to the others; nothing where it offers all."""
    if count <= KEPT_SHOWN:
        return []
    last = min(start + KEPT_SHOWN, count)
    ways = [("Show those before", start - KEPT_SHOWN)] if start else []
    ways += [("Show those after", last)] if last < count else []
    buttons = [button(f"{ActionId.FINDING_PAGE}.{place}", label, finding_value(run_id, place)) for label, place in ways]
    said = f"The choice offers findings {start + 1:,} to {last:,} of {count:,}, in the order of the report."
    return [section(said), actions(BlockId.KEEP_PAGES, buttons)]


def _shown(report: Report) -> list[tuple[int, Tracked]]:
    """The findings that matter most, each with its place in the report."""
    return _placed(report)[:FINDINGS_SHOWN]


def _placed(report: Report) -> list[tuple[int, Tracked]]:
    """What is open, each with its place: what fails first, then what is back, then by invoices."""
    placed = [
        (place, each)
        for place, each in enumerate(report.tracked)
        if not each.quiet and each.standing is not Standing.FIXED
    ]
    placed.sort(
        key=lambda pair: (
            pair[1].finding.kind not in FAILING,
            pair[1].standing is not Standing.BACK,
            -pair[1].finding.invoices,
            pair[0],
        )
    )
    return placed


def _line(report: Report, each: Tracked, links: Mapping[int, str]) -> str:
    case = report.cases.get(each.key)
    link = f" · {words.link(links[case], 'its case')}" if case is not None and links.get(case) else ""
    return f"{said(each.finding).removesuffix('.')} · {_standing(report, each)}{_such_as(each.finding)}{link}"


def _such_as(finding: Finding) -> str:
    """An invoice that shows it, with its link."""
    if finding.kind not in _SHOWN_BY_INVOICES or not finding.examples:
        return ""
    return f" · such as {words.link(finding.examples[0].link, words.name(finding.examples[0].subject, 40))}"


def said(finding: Finding) -> str:
    """A finding's sentence, the names in it as code with what nobody sees named."""
    parts = re.split("“(.*?)”", said_of(finding))
    return "".join(words.code(part, 100) if place % 2 else _between(part) for place, part in enumerate(parts))


def _between(text: str) -> str:
    """What stands around the names; customers' names in it may be odd as well. Blanks at its ends stay."""
    inner = text.strip(" ")
    if not inner:
        return text
    before, after = text[: len(text) - len(text.lstrip(" "))], text[len(text.rstrip(" ")) :]
    return f"{before}{words.said(inner, 600)}{after}"


def _standing(report: Report, each: Tracked) -> str:
    if each.standing is Standing.NEW:
        return "new"
    if each.standing is Standing.BACK:
        return "back again"
    weeks = (report.at - each.first_seen).days // 7
    return f"open for {words.counted(weeks, 'week')}" if weeks else "open"


def _buttons(report: Report, run_id: int, shown: Sequence[tuple[int, Tracked]]) -> list[Block]:
    failing = [(place, each) for place, each in shown if each.finding.kind in FAILING]
    return [
        button(
            f"{ActionId.FINDING_CASE}.{place}",
            f"{'See' if each.key in report.cases else 'Open'} the case: {words.visible(each.finding.names[0], 40)}"[
                :BUTTON_LIMIT
            ],
            finding_value(run_id, place),
        )
        for place, each in failing[:BUTTONS_SHOWN]
    ]


def _rest(report: Report, run_id: int, shown: int, head: str, *, workbook: bool, outdated: bool) -> list[Block]:
    blocks: list[Block] = []
    lines = []
    more = len(report.open) - shown
    if more > 0:
        where = "in the workbook in this message's thread" if workbook else "in the weekly report's workbook"
        lines.append(f"{words.counted(more, 'more finding is', 'more findings are')} {where}.")
    if report.quiet:
        lines.append(f"{words.counted(report.quiet, 'finding')} kept quiet.")
    if report.avoided:
        lines.append(f"{words.counted(report.avoided, 'finding was', 'findings were')} mended before anything failed.")
    if lines:
        blocks.append(section(" ".join(lines)))
    if report.missing:
        blocks.append(section("*Not read*", bullets([words.said(line, 300) for line in report.missing], 6)))
    blocks += _untold(report)
    general = [button(ActionId.FINDING_EXPLAIN, "What the words mean", finding_value(run_id))]
    if outdated:
        blocks.append(section("A newer report has come since. What is open now stands there."))
    if of_report(report).standards and not outdated:
        general.append(button(ActionId.FINDING_STANDARD, "One name a rule", finding_value(run_id)))
    if (report.open or report.quiet) and not outdated:
        general.append(button(ActionId.FINDING_KEEP, "Keep one quiet", finding_value(run_id)))
    blocks.append(actions(f"report.{run_id}", general))
    blocks.append(context(_cost(report), head))
    return blocks


def _untold(report: Report) -> list[Block]:
    """What the billing system can never tell: nothing was compared there."""
    return [context(*(words.said(sentence, 300) for sentence in report.untold[:3]))] if report.untold else []


def journal_head(seq: int, row_hash: str) -> str:
    """The head of the journal as a report tells it."""
    return f"Journal: {words.counted(seq, 'entry', 'entries')}, head `{row_hash}`."


def _cost(report: Report) -> str:
    cost = report.cost
    read = f"Read with {words.counted(cost.intacct + cost.billing, 'API call')}"
    month = (
        f"; {cost.month:,} of {cost.limit:,} this month" if cost.limit else f"; {cost.month:,} to Intacct this month"
    )
    return f"{read}{month}."


def explained() -> list[Block]:
    """What each kind of finding and each other word means, for somebody who has never heard of it."""
    return [
        section(f"*{words.escape(meaning.title)}*", words.escape(meaning.sentence))
        for meaning in (*EXPLAINED.values(), *OTHER_WORDS)
    ]


SNOOZES = (("4", "for four weeks"), ("13", "for a quarter"), ("0", "until it changes"))
"""Weeks, and how a person says it."""


KEPT_SHOWN = 100
"""Findings that the choice offers at a time, as Slack takes no more options in one menu."""


def keep_inputs(report: Report, run_id: int, start: int = 0) -> list[Block]:
    """The inputs by which a finding is kept quiet: which, how long, why. `start`: how many findings come before."""
    placed = _placed(report)
    if not placed:
        return [section("There is no finding that is not kept quiet."), *_kept(report, run_id)]
    start = min(start, (len(placed) - 1) // KEPT_SHOWN * KEPT_SHOWN)
    shown = placed[start : start + KEPT_SHOWN]
    options = tuple(Option(value=str(place), label=words.visible(said_of(each.finding), 75)) for place, each in shown)
    return [
        section("A finding that is kept quiet is not told again until it changes. Who kept it and why stays with it."),
        *_pages(run_id, start, len(placed)),
        input_block(Input(block_id=f"{BlockId.KEEP_FINDING}.{start}", label="Which finding?", options=options)),
        input_block(
            Input(
                block_id=BlockId.KEEP_WEEKS,
                label="How long?",
                value="0",
                options=tuple(Option(value=value, label=label) for value, label in SNOOZES),
            )
        ),
        input_block(Input(block_id=BlockId.KEEP_REASON, label="Why?", multiline=True, longest=1000)),
        *_kept(report, run_id),
    ]


def _kept(report: Report, run_id: int) -> list[Block]:
    """What was kept quiet when the report was made, by whom, why and how long; a button each to end it."""
    quiet = [
        (place, each) for place, each in enumerate(report.tracked) if each.quiet and each.standing is not Standing.FIXED
    ]
    lines = [
        f"{said(each.finding).removesuffix('.')} · {words.mention(each.accepted_by)}: {words.said(each.accepted_why, 200)}"
        f" · until {words.on_day(each.quiet_until) if each.quiet_until else 'it changes'}"
        for _, each in quiet
    ]
    ends = [
        button(
            f"{ActionId.FINDING_TELL}.{place}",
            f"Tell again: {words.visible(each.finding.names[0] if each.finding.names else each.finding.subject, 40)}"[
                :BUTTON_LIMIT
            ],
            finding_value(run_id, place),
        )
        for place, each in quiet[:KEPT_NAMED]
    ]
    if not lines:
        return []
    told = section("*Kept quiet at the time of this report*", bullets(lines, KEPT_NAMED))
    return [told, actions(BlockId.KEPT_FINDINGS, ends)]
