"""One name a rule: what to keep, what to change where, and what that would have spared."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from bot.reports.standard_wording import dates_said, first_line, names_said, steps_said
from bot.reports.standardise import Standardisation
from bot.slack.cards import words
from bot.slack.cards.blocks import VALUE_LIMIT, Block, CardMessage, actions, bullets, button, context, message, section
from bot.slack.cards.names import COMMAND, ActionId
from bot.terms.standard import Standard, StepKind
from bot.terms.term import in_words

LONGEST = 600
"""Of a sentence, in the units that Slack counts."""

SHOWN = 5
"""Rules that are shown; the others stand in the workbook."""
STEPS_SHOWN = 6
BUTTONS_SHOWN = 25
"""As many as Slack takes in a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardButton:
    """What a button that opens a case stands for."""

    company: str
    name: str
    """The term that the case is about."""
    keep: str = ""
    """The name that is kept in its place; empty where it is the kept name itself."""


class UnreadableStandardError(ValueError):
    """A button's value that no such list carries."""


def standard_value(wanted: StandardButton) -> str:
    """The `value` of a button that opens a case."""
    kept = {"keep": wanted.keep} if wanted.keep else {}
    return json.dumps({"company": wanted.company, "name": wanted.name, **kept})


def read_standard(value: str) -> StandardButton:
    """What a clicked button stands for. Raises UnreadableStandardError."""
    try:
        read = json.loads(value)
        company, name, keep = read["company"], read["name"], read.get("keep", "")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableStandardError("the button's value belongs to no list") from error
    if not all(isinstance(part, str) for part in (company, name, keep)) or not name:
        raise UnreadableStandardError("the button's value names no company and term")
    return StandardButton(company=company, name=name, keep=keep)


def standard_answer(found: Standardisation) -> CardMessage:
    """The answer to `/checkterms standardise`, for the asker alone."""
    return message(standard_blocks(found))


def standard_blocks(found: Standardisation) -> list[Block]:
    """The same for a message and for a view."""
    blocks: list[Block] = [section(f"*{words.escape(first_line(found))}*")]
    for place, standard in enumerate(found.standards[:SHOWN], 1):
        blocks.append(_rule(place, standard, looked=found.looked))
    more = len(found.standards) - SHOWN
    if more > 0:
        blocks.append(
            context(f"{words.counted(more, 'smaller rule is', 'smaller rules are')} in the report's workbook.")
        )
    if found.report.missing:
        missing = [words.said(line, 300) for line in found.report.missing]
        blocks.append(section("*Not read*", bullets(missing, 6)))
    if cases := _cases(found):
        blocks.append(actions("standard.cases", cases))
    if found.standards:
        blocks.append(context(*_small_print(found)))
    return blocks


def _rule(place: int, standard: Standard, *, looked: bool) -> Block:
    steps = [_worded(step) for step in steps_said(standard, looked=looked)]
    return section(
        f"*{place}. Keep* {words.code(standard.keep, 40)} · {words.escape(in_words(standard.rule))}",
        _worded(standard.why),
        _worded(names_said(standard)),
        bullets(steps, STEPS_SHOWN),
        _worded(dates_said(standard)),
    )


def _worded(sentence: str) -> str:
    """A sentence of ours, each name that it quotes in code quotes instead, so that nothing in one is hidden.

    A very long one is cut, as a whole.
    """
    parts = re.split("“([^”]*)”", sentence)
    shown = "".join(words.code(part, 60) if place % 2 else _between(part) for place, part in enumerate(parts))
    return shown if words.units(shown) <= LONGEST else words.said(sentence, 400)


def _between(part: str) -> str:
    """What stands between two names, its blanks kept."""
    core = part.strip()
    return part.replace(core, words.name(core, 300)) if core else part


def _cases(found: Standardisation) -> list[Block]:
    """A button for each name that is to be made in Intacct, or made inactive there, and can be."""
    made = []
    for place, standard in enumerate(found.standards[:SHOWN]):
        value = standard_value(StandardButton(company=found.report.company, name=standard.keep))
        free = any(step.kind in (StepKind.CREATE, StepKind.REACTIVATE) and not step.blocked for step in standard.steps)
        if free and words.units(value) <= VALUE_LIMIT:
            label = f"Open the case: {words.visible(standard.keep, 40)}"
            made.append(button(f"{ActionId.STANDARD_CASE}.{place}", label, value))
    return [*made, *_retirements(found)][:BUTTONS_SHOWN]


def _retirements(found: Standardisation) -> list[Block]:
    free = [
        StandardButton(company=found.report.company, name=step.name, keep=standard.keep)
        for standard in found.standards[:SHOWN]
        for step in standard.steps
        if step.kind is StepKind.RETIRE and found.looked and not step.blocked
    ]
    return [
        button(f"{ActionId.STANDARD_RETIRE}.{place}", f"Make inactive: {words.visible(each.name, 40)}", value)
        for place, each in enumerate(free)
        if words.units(value := standard_value(each)) <= VALUE_LIMIT
    ]


def _small_print(found: Standardisation) -> list[str]:
    lines = ["This list changes nothing. A case is decided by an approver; every other step is done by a person."]
    if not found.looked and any(step.kind is StepKind.RETIRE for each in found.standards for step in each.steps):
        lines.append(f"`{COMMAND} standardise` also looks at who holds the terms.")
    return lines
