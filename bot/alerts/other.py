"""Other errors of the sync about a named invoice: read in their exact shape alone, quoted, and but for one not understood."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from bot.alerts.sentences import LONGEST_NUMBER, failures_in
from bot.alerts.words import literal

LONGEST_WORDS = 500
"""Characters of the vendor's words that are kept."""

_LINE = re.compile(
    rf"[ \t\u00a0•–-]{{0,8}}invoice \[(?P<number>[^\[\]\n]{{1,{LONGEST_NUMBER}}})\] "
    r"cannot be created in intacct: (?P<words>[^\n]+)",
    re.IGNORECASE,
)
_CLOSED = re.compile(
    r"transaction date \((\d{1,2})/(\d{1,2})/(\d{4})\) is within a period that['\u2019]s been closed", re.IGNORECASE
)
"""Intacct's words for a posting into a closed period (intacct-sdk-net, issue 105; BILL's help page on this error)."""
_AGAIN = re.compile(r"cannot be created in intacct|sequence record|term name", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OtherFailure:
    """An invoice that did not sync for a reason that is none of the two that are known."""

    invoice: str
    words: str
    """What the vendor said, to be quoted."""
    closed_on: tuple[date, ...] = ()
    """The posting date that lies in a closed period, as either order of day and month reads it; empty for other reasons."""


def other_failures_in(text: str) -> Iterator[OtherFailure]:
    """The lines of a text that are nothing but `Invoice [X] cannot be created in Intacct: …` with another reason.

    A line that speaks of the sequence record or of a term's name in any way is left to the reading of these.
    """
    if "cannot be created in intacct" not in text.casefold():
        return
    for line in text.split("\n"):
        match = _LINE.fullmatch(line.rstrip())
        if match is None or _AGAIN.search(match["words"]) or any(failures_in(line)):
            continue
        number, words = literal(match["number"]).strip(), literal(match["words"]).strip()
        if any(c.isalnum() for c in number) and any(c.isalpha() for c in words) and (number + words).isprintable():
            yield OtherFailure(number, words[:LONGEST_WORDS], _closed_on(words))


def _closed_on(words: str) -> tuple[date, ...]:
    """The date of Intacct's refusal, the month first as its API writes dates, then the day first where that is one too."""
    match = _CLOSED.search(words)
    if match is None:
        return ()
    one, other, year = (int(part) for part in match.groups())
    found = []
    for month, day in dict.fromkeys(((one, other), (other, one))):
        with suppress(ValueError):
            found.append(date(year, month, day))
    return tuple(found)
