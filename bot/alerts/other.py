"""Other errors of the sync about a named invoice: read only in their exact shape, and quoted, never understood."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.alerts.sentences import LONGEST_NUMBER, failures_in
from bot.alerts.words import literal

LONGEST_WORDS = 500
"""Characters of the vendor's words that are kept."""

_LINE = re.compile(
    rf"[ \t\u00a0•–-]{{0,8}}invoice \[(?P<number>[^\[\]\n]{{1,{LONGEST_NUMBER}}})\] "
    r"cannot be created in intacct: (?P<words>[^\n]+)",
    re.IGNORECASE,
)
_AGAIN = re.compile(r"cannot be created in intacct|sequence record|term name", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OtherFailure:
    """An invoice that did not sync for a reason that is none of the two that are known."""

    invoice: str
    words: str
    """What the vendor said, to be quoted."""


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
            yield OtherFailure(number, words[:LONGEST_WORDS])
