"""Slack's blocks, built so that no limit of Slack's is passed and no cut is hidden."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.slack.cards import words
from bot.slack.cards.names import INPUT

Block = dict[str, object]
"""One block, or an element of one, as Slack's JSON has it."""

SECTION_LIMIT = 3000
BUTTON_LIMIT = 75
VALUE_LIMIT = 2000
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
TEXT_LIMIT = 3900
"""For the `text` of a message; Slack recommends at most 4,000."""
BLOCKS_TEXT_LIMIT = 8000
"""For all texts of a message's blocks together: with `text` about what Slack takes in all."""
TITLE_LIMIT = 24
OPTION_LIMIT = 75
CUT = " … (cut)"

_TOKEN = re.compile(r"<[^<>]*>|&(?:amp|lt|gt);|\[[^\[\]`]{1,90}\]|.", re.DOTALL)
"""What may not be torn apart: a link, mention or date; an escape; a named character; else one character."""


class Style(StrEnum):
    """How a button looks."""

    PLAIN = ""
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardMessage:
    """A message to post or update."""

    text: str
    """All that the blocks say, for screen readers and notifications."""
    blocks: tuple[Block, ...]
    metadata: Block | None = None
    """By which a posted card is found again; None for anything but a card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """The dialog that stands before a write. Plain text, not escaped."""

    title: str
    text: str
    confirm: str
    deny: str = "Not now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice of a select."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of a view. Plain text, not escaped."""

    block_id: str
    label: str
    value: str = ""
    """What stands in it at first; for a select the option's value."""
    hint: str = ""
    placeholder: str = ""
    optional: bool = False
    multiline: bool = False
    longest: int = 0
    """Characters that Slack lets be typed; 0 for no limit of ours."""
    options: tuple[Option, ...] = field(default=())
    """A select where there are any, a text input otherwise."""


def cut(text: str, limit: int) -> str:
    """`text` (mrkdwn) within `limit`; an escape, link or code quote is never torn, and the cut is told."""
    if words.units(text) <= limit:
        return text
    kept: list[str] = []
    room = limit - len(CUT) - len("\n```")
    for token in _TOKEN.findall(text):
        room -= words.units(token)
        if room < 0:
            break
        kept.append(token)
    shown = "".join(kept)
    if shown.count("```") % 2:
        return shown.rstrip("`") + "\n```" + CUT
    if shown.replace("```", "").count("`") % 2:
        shown += "`"
    return shown + CUT


def plain(text: str, limit: int) -> Block:
    """A plain-text object: nothing in it is formatted, no emoji, no mention."""
    return {"type": "plain_text", "text": words.visible(text, limit) or "-", "emoji": False}


def mrkdwn(text: str, limit: int = SECTION_LIMIT) -> Block:
    """A formatted text object; `verbatim` keeps Slack from making links and mentions of what stands in it."""
    return {"type": "mrkdwn", "text": cut(text, limit), "verbatim": True}


def section(*lines: str) -> Block:
    """A paragraph; empty lines are left out."""
    return {"type": "section", "text": mrkdwn("\n".join(line for line in lines if line) or "-")}


def context(*lines: str) -> Block:
    """Small print; empty lines are left out."""
    return {"type": "context", "elements": [mrkdwn("\n".join(line for line in lines if line) or "-", 2000)]}


def divider() -> Block:
    """A line between two parts."""
    return {"type": "divider"}


def button(
    action_id: str, text: str, value: str, *, style: Style = Style.PLAIN, confirm: Confirm | None = None
) -> Block:
    """A button whose label is cut to what Slack takes. `value` must fit (see `values`)."""
    made: Block = {
        "type": "button",
        "action_id": str(action_id),
        "text": plain(text, BUTTON_LIMIT),
        "value": value,
    }
    if style is not Style.PLAIN:
        made["style"] = style.value
    if confirm is not None:
        made["confirm"] = {
            "title": plain(confirm.title, 100),
            "text": plain(confirm.text, 300),
            "confirm": plain(confirm.confirm, 30),
            "deny": plain(confirm.deny, 30),
        }
    return made


def actions(block_id: str, buttons: Sequence[Block]) -> Block:
    """A row of buttons."""
    return {"type": "actions", "block_id": block_id, "elements": list(buttons)}


def input_block(wanted: Input) -> Block:
    """A labelled input."""
    element: Block = {"action_id": INPUT}
    if wanted.options:
        choices = [_option(option) for option in wanted.options]
        element |= {"type": "static_select", "options": choices}
        chosen = [option for option in wanted.options if option.value == wanted.value]
        if chosen:
            element["initial_option"] = _option(chosen[0])
    else:
        element |= {"type": "plain_text_input", "multiline": wanted.multiline}
        if wanted.longest:
            element["max_length"] = wanted.longest
        if wanted.value and words.units(wanted.value) <= (wanted.longest or SECTION_LIMIT):
            element["initial_value"] = wanted.value
    if wanted.placeholder:
        element["placeholder"] = plain(wanted.placeholder, 150)
    made: Block = {
        "type": "input",
        "block_id": str(wanted.block_id),
        "label": plain(wanted.label, 2000),
        "element": element,
        "optional": wanted.optional,
    }
    if wanted.hint:
        made["hint"] = plain(wanted.hint, 2000)
    return made


def _option(option: Option) -> Block:
    return {"text": plain(option.label, OPTION_LIMIT), "value": option.value}


def bullets(lines: Sequence[str], most: int = 8) -> str:
    """A list, a line each; what is left out is counted."""
    shown = [f"• {line}" for line in lines[:most]]
    if len(lines) > most:
        shown.append(f"• and {len(lines) - most:,} more")
    return "\n".join(shown)


def message(blocks: Iterable[Block], *, metadata: Block | None = None) -> CardMessage:
    """A message of these blocks, its `text` saying all that they say."""
    kept = within(blocks, BLOCKS_TEXT_LIMIT)
    return CardMessage(text=spoken(kept), blocks=kept, metadata=metadata)


def within(blocks: Iterable[Block], limit: int) -> tuple[Block, ...]:
    """The blocks with the longest paragraphs cut, and the cut told, until all paragraphs together fit."""
    kept = list(blocks)
    while True:
        lengths = [words.units(_paragraph(block)) for block in kept]
        over = sum(lengths) - limit
        if over <= 0:
            return tuple(kept)
        longest = max(range(len(kept)), key=lengths.__getitem__)
        shorter = max(200, lengths[longest] - over, sorted(lengths)[-2] - 200 if len(lengths) > 1 else 0)
        kept[longest] = section(cut(_paragraph(kept[longest]), min(shorter, lengths[longest] - 1)))


def _paragraph(block: Block) -> str:
    text = block.get("text")
    return str(text["text"]) if block["type"] == "section" and isinstance(text, dict) else ""


def spoken(blocks: Iterable[Block]) -> str:
    """All that the blocks say, as one text without formatting; buttons are named at its end of each row."""
    said = [_spoken(block) for block in blocks]
    return cut("\n".join(line for line in said if line), TEXT_LIMIT)


def _spoken(block: Block) -> str:
    text = block.get("text")
    if isinstance(text, dict):
        return _unformatted(str(text["text"]))
    elements = block.get("elements")
    if not isinstance(elements, list):
        return ""
    if block["type"] == "actions":
        labels = [words.escape(str(element["text"]["text"])) for element in elements]
        return f"Buttons: {'; '.join(labels)}."
    return "\n".join(_unformatted(str(element["text"])) for element in elements)


def _unformatted(text: str) -> str:
    """`text` without our own markup and without addresses; code quotes stay where what they hold would be formatted without them."""
    text = re.sub(r"<https?://[^<>|]*\|([^<>]*)>", r"\1", text)
    pieces = re.split(r"(```.*?```|`[^`]*`)", text, flags=re.DOTALL)
    return "".join(_bare(piece) if index % 2 else piece.replace("*", "") for index, piece in enumerate(pieces))


def _bare(quoted: str) -> str:
    if quoted.startswith("```"):
        return quoted.strip("`").strip("\n")
    inner = quoted[1:-1]
    return inner if not re.search(r"[*~]|(?<!\w)_|_(?!\w)|:[A-Za-z_+\-][^\s:]*:|&[lg]t;", inner) else quoted
