"""Several cases at once: the overview of a message with many failures, the summary of many alerts, the list to decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.cases.case import CaseState
from bot.cases.folding.overview import CaseLine, Overview
from bot.cases.view import Unknown
from bot.slack.cards import words
from bot.slack.cards.blocks import (
    OPTION_LIMIT,
    Block,
    CardMessage,
    Style,
    actions,
    button,
    context,
    message,
    plain,
    section,
)
from bot.slack.cards.buttons import case_value, list_value
from bot.slack.cards.names import INPUT, ActionId, BlockId
from bot.slack.cards.states import STATES
from bot.terms.proposal import Action
from bot.terms.term import in_words

LINES_SHOWN = 60
LINES_A_SECTION = 15
SUMMARY_LINES = 12
CHOICES_A_BLOCK = 10
"""Slack takes ten in one group of checkboxes."""
CHOICES_SHOWN = 60
OTHERS_SHOWN = 25

_UNKNOWN = {
    Unknown.INVOICE_NOT_FOUND: "not found",
    Unknown.SEVERAL_FOUND: "several invoices bear this number",
    Unknown.NO_TERM: "no payment terms",
    Unknown.SOURCE_DOWN: "the billing system did not answer",
    Unknown.INTACCT_DOWN: "Intacct did not answer",
}

Links = Mapping[int, str]
"""The address of each posted card, by the case's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A case in the list that this person may not decide from there."""

    line: CaseLine
    why: str
    """A sentence, safe to show."""


def overview_card(view: Overview, links: Links) -> CardMessage:
    """The overview in the thread of a message with many failures: its terms, and where each stands."""
    ended = sum(line.state.final for line in view.cases)
    waiting = sum(line.state is CaseState.AWAITING_DECISION for line in view.cases)
    counts = f"{words.counted(view.failures, 'failure')}, {words.counted(len(view.cases), 'case')}"
    parts = [f"*{counts}*"]
    if waiting:
        parts.append(f"{words.number(waiting)} {'waits' if waiting == 1 else 'wait'} for a decision")
    if ended:
        parts.append(f"{words.number(ended)} ended")
    if view.looking:
        parts.append(f"still looking at {words.counted(view.looking, 'failure')}")
    blocks: list[Block] = [section(" · ".join(parts))]
    told = [f"• {_told(line, links)}" for line in view.cases[:LINES_SHOWN]]
    if len(view.cases) > LINES_SHOWN:
        told.append(f"• and {len(view.cases) - LINES_SHOWN:,} more, in the list")
    blocks += [section(*told[at : at + LINES_A_SECTION]) for at in range(0, len(told), LINES_A_SECTION)]
    if any(not line.state.final for line in view.cases):
        label = "Decide from a list" if waiting else "Show the list"
        style = Style.PRIMARY if waiting else Style.PLAIN
        blocks.append(
            actions(f"overview.{view.alert_id}", [button(ActionId.LIST, label, list_value(view.alert_id), style=style)])
        )
    return message(blocks)


def summary(alerts: int, lines: Sequence[CaseLine], links: Links) -> CardMessage:
    """One message that speaks for many later alerts; the cards' own counts say the rest."""
    terms = sum(line.term_name is not None for line in lines)
    about = words.counted(terms, "term") if terms == len(lines) else words.counted(len(lines), "case")
    head = f"*{words.counted(alerts, 'more alert')}, {about}*: {_numbers([line.number for line in lines])}."
    told = [f"• {_told(line, links)}" for line in lines[:SUMMARY_LINES]]
    if len(lines) > SUMMARY_LINES:
        told.append(f"• and {len(lines) - SUMMARY_LINES:,} more")
    return message([section(head), section(*told)])


def _numbers(numbers: Sequence[int]) -> str:
    """`case 12`, `cases 12 to 16`, `cases 3, 12 to 14 and 20`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    shown = [str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs[:8]]
    more = [f"{len(runs) - 8:,} more"] if len(runs) > 8 else []
    return f"{'case' if len(numbers) == 1 else 'cases'} {words.joined([*shown, *more])}"


def _told(line: CaseLine, links: Links) -> str:
    case = words.link(links.get(line.case_id, ""), f"case {line.number}")
    return " · ".join([_called(line, words.code), *_counted(line), case, _state(line)])


def _called(line: CaseLine, shown: Callable[[str, int], str]) -> str:
    if line.term_name is not None:
        return shown(line.term_name, 80)
    return shown(line.first_invoice, 60) if line.first_invoice else "a term not known yet"


def _counted(line: CaseLine) -> list[str]:
    if not line.invoices:
        return []
    sums = words.totals((money.amount, money.currency) for money in line.amounts)
    return [f"{words.counted(line.invoices, 'invoice')}{f', {sums}' if sums else ''}"]


def _state(line: CaseLine) -> str:
    if line.state is CaseState.OPEN and line.unknown is not None:
        return _UNKNOWN[line.unknown]
    return STATES[line.state]


def list_blocks(choices: Sequence[CaseLine], others: Sequence[Choice], links: Links) -> list[Block]:
    """The list: what can be approved with a tick, and what cannot, with why and the way to its card."""
    blocks: list[Block] = []
    if choices:
        blocks.append(
            section(
                f"*{words.first_upper(words.counted(len(choices), 'proposal'))} can be approved here.* "
                "Each chosen one is a decision of its own, with your name, on exactly the proposal shown."
            )
        )
    shown = choices[:CHOICES_SHOWN]
    starts = range(0, len(shown), CHOICES_A_BLOCK)
    blocks += [_checkboxes(at // CHOICES_A_BLOCK, shown[at : at + CHOICES_A_BLOCK]) for at in starts]
    if len(choices) > CHOICES_SHOWN:
        blocks.append(context(f"{len(choices) - CHOICES_SHOWN:,} more come once these are decided."))
    if others:
        blocks.append(section("*Not from this list*"))
    blocks += [_other(other, links) for other in others[:OTHERS_SHOWN]]
    if len(others) > OTHERS_SHOWN:
        blocks.append(context(f"{len(others) - OTHERS_SHOWN:,} more are on their cards."))
    return blocks or [section("Nothing waits for a decision in this message any more.")]


def _checkboxes(group: int, lines: Sequence[CaseLine]) -> Block:
    return {
        "type": "input",
        "block_id": BlockId.CHOSEN.value if not group else f"{BlockId.CHOSEN.value}.{group + 1}",
        "optional": True,
        "label": plain("Approve" if not group else "More", 100),
        "element": {
            "type": "checkboxes",
            "action_id": INPUT,
            "options": [
                {
                    "text": plain(_short(line), OPTION_LIMIT),
                    "description": plain(_rule(line), OPTION_LIMIT),
                    "value": case_value(line.case_id, line.digest),
                }
                for line in lines
            ],
        },
    }


def _short(line: CaseLine) -> str:
    return " · ".join([_called(line, words.visible), *_counted(line), f"case {line.number}"])


def _rule(line: CaseLine) -> str:
    proposal = line.proposal
    if proposal is None:
        return "Nothing is proposed"
    act = {Action.CREATE: "Create", Action.REACTIVATE: "Reactivate", Action.BY_HAND: "By hand"}[proposal.action]
    return f"{act}: {in_words(proposal.rule)}"


def _other(other: Choice, links: Links) -> Block:
    link = links.get(other.line.case_id, "")
    made = section(_told(other.line, links), other.why)
    if not link and not other.line.state.final:
        made["accessory"] = button(
            ActionId.SHOW_CARD, "Show its card", case_value(other.line.case_id, other.line.digest)
        )
    return made
