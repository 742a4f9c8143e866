"""The App Home: what this is, what is open, and whether the bot is well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.reports import chart
from bot.reports.report import WeekCounts
from bot.slack.cards import words
from bot.slack.cards.blocks import Block, context, divider, section, within
from bot.slack.cards.names import COMMAND

CASES_SHOWN = 20
CHARTS_SHOWN = 5
"""Companies whose weeks are shown; more would bury the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeCase:
    """One open case in the list."""

    number: int
    company: str
    term_name: str | None
    state: str
    """In words, as on its card."""
    invoices: int | None
    """That wait for it; None for a withdrawal, which awaits none."""
    since: datetime
    permalink: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthLine:
    """One thing that the bot depends on."""

    name: str
    """`Intacct`, `BILL`, `Database`."""
    well: bool
    sentence: str
    """`answered 2 minutes ago`, or what is wrong and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeChart:
    """One company's weeks of findings."""

    company: str
    history: tuple[WeekCounts, ...]
    """Oldest first; empty where no weekly report was made yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeValue:
    """What the App Home shows."""

    open_cases: tuple[HomeCase, ...]
    """Newest first, without those in `to_decide`."""
    open_total: int
    """How many there are, without those in `to_decide`."""
    health: tuple[HealthLine, ...]
    """Empty for somebody who belongs to no company."""
    at: datetime
    alert_channels: tuple[str, ...] = ()
    """Channel ids that are listened to."""
    charts: tuple[HomeChart, ...] = ()
    """Of the companies that the viewer may be told about, in the settings' order."""
    to_decide: tuple[HomeCase, ...] = ()
    """The cases that wait for this very person's decision, those that expire first at the top."""
    to_decide_total: int = 0


def home(value: HomeValue) -> Block:
    """The `view` of `views.publish`."""
    blocks: list[Block] = [
        section(
            "*Termkeeper*",
            "When an invoice cannot sync to Sage Intacct because its payment terms are not an active AR term there, "
            "I say so in the alert's thread, propose the term, and create it once an approver agrees. "
            "Then I watch until the invoice is in the books.",
            f"Ask me any time: `{COMMAND} INV-1042`, or `{COMMAND} help`.",
            _channels(value.alert_channels),
        ),
    ]
    if not value.health:
        blocks.append(context("Cases are shown to those who are in a channel where a company's alerts arrive."))
        return {"type": "home", "blocks": list(within(blocks, 20_000))}
    if value.to_decide:
        count = value.to_decide_total
        title = f"*{words.counted(count, 'case waits', 'cases wait')} for your decision*"
        blocks += [divider(), section(title, *_cases(value.to_decide))]
        if count > len(value.to_decide):
            blocks.append(context(f"{count - len(value.to_decide):,} more are among the other open cases."))
    title = "Other open cases" if value.to_decide else "Open cases"
    blocks += [divider(), section(f"*{title}: {value.open_total:,}*", *_cases(value.open_cases))]
    more = value.open_total - min(len(value.open_cases), CASES_SHOWN)
    if more > 0:
        blocks.append(context(f"{words.counted(more, 'older case is', 'older cases are')} not shown here."))
    blocks += _charts(value.charts)
    blocks += [
        divider(),
        section(f"*{_health(value.health)}*", *_health_lines(value.health)),
        context(
            f"As of {words.at_moment(value.at)}. A payment term is only ever written after an approver's decision."
        ),
    ]
    return {"type": "home", "blocks": list(within(blocks, 20_000))}


def _charts(charts: Sequence[HomeChart]) -> list[Block]:
    """What drifted, week by week: letters of one width, as a home takes no chart block, and the same in words."""
    drawn = [each for each in charts if each.history]
    if not drawn:
        return []
    blocks: list[Block] = [divider()]
    for each in drawn[:CHARTS_SHOWN]:
        title = chart.TITLE if len(charts) == 1 else f"{chart.TITLE}: {words.name(each.company, 60)}"
        picture = chart.as_text(each.history)
        drawing = "```\n" + "\n".join(picture) + "\n```" if picture else ""
        blocks += [section(f"*{title}*", drawing), context(chart.in_words(each.history))]
    more = len(drawn) - CHARTS_SHOWN
    if more > 0:
        blocks.append(context(f"{words.counted(more, 'other company has', 'other companies have')} reports too."))
    return blocks


def _channels(channels: Sequence[str]) -> str:
    shown = [f"<#{channel}>" for channel in channels[:5] if channel.isalnum() and channel.isascii()]
    return f"I listen to {words.joined(shown)}." if shown else ""


def _cases(cases: Sequence[HomeCase]) -> list[str]:
    if not cases:
        return ["Nothing waits."]
    shown = cases[:CASES_SHOWN]
    companies = list(dict.fromkeys(case.company for case in shown))
    if len(companies) == 1:
        return [_case(case) for case in shown]
    return [line for company in companies for line in _of_company(company, shown)]


def _of_company(company: str, cases: Sequence[HomeCase]) -> list[str]:
    return [f"*{words.name(company, 60)}*", *(_case(case) for case in cases if case.company == company)]


def _case(case: HomeCase) -> str:
    link = words.link(case.permalink, f"case {case.number}")
    term = words.code(case.term_name, 40) if case.term_name is not None else "term not known yet"
    waits = "a term to make inactive" if case.invoices is None else words.counted(case.invoices, "invoice")
    return f"• {link} · {term} · {words.name(case.state, 60)} · {waits} · since {words.on_day(case.since)}"


def _health(lines: Sequence[HealthLine]) -> str:
    unwell = [line.name for line in lines if not line.well]
    if not unwell:
        return "Everything answers"
    names = words.joined([words.name(name, 40) for name in unwell[:5]])
    return f"Needs attention: {names}"


def _health_lines(lines: Sequence[HealthLine]) -> list[str]:
    return [
        f"• {words.name(line.name, 40)}: {'well' if line.well else 'not well'}, {words.said(line.sentence, 200)}"
        for line in lines[:10]
    ]
