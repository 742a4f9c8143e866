"""What somebody asks with `/checkterms`: invoices, a term's name, a period's cut-off, help, or nothing to be answered."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from bot.alerts.sentences import LONGEST_NUMBER, LONGEST_TERM, failures_in
from bot.alerts.words import literal, mrkdwn

MOST_NUMBERS = 20
"""Invoice numbers that one question may name."""
LONGEST_QUESTION = 4_000
"""Characters of a question that is read at all."""

_FILLERS = frozenset({"invoice", "invoices", "and", "number", "numbers", "no", "no.", "please", "check", "&", "#"})
_WORD = re.compile(r"\[([^\[\]\n]+)\]|([^\s,;]+)")
_MONTH = re.compile(r"(?:199|20[0-9]|21[0-9])[0-9]-([0-9]{2})")
_PAIRS = {"'": "'’", "‘": "’'", '"': '"”', "“": '”"', "„": '“”"', "«": "»"}


class Reason(StrEnum):
    """Why a question cannot be answered."""

    EMPTY = "empty"
    """Nothing was asked."""
    NOT_A_NUMBER = "not_a_number"
    """No invoice number is in it, and no quotes say that it is a term's name."""
    LINK = "link"
    """An address alone: it does not show the invoice's number."""
    TOO_MANY = "too_many"
    """More than MOST_NUMBERS invoice numbers."""
    TOO_LONG = "too_long"
    """A number above LONGEST_NUMBER, a name above LONGEST_TERM, or a text above LONGEST_QUESTION characters."""
    NOT_TEXT = "not_text"
    """It holds a control character or half a character."""
    NO_PERIOD = "no_period"
    """`close` with something that is no month."""


@dataclass(frozen=True, slots=True)
class AskedInvoices:
    """About invoices, by their numbers, each once, in the asker's order."""

    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskedTerm:
    """About a term, by its name, untouched between the quotes."""

    name: str


@dataclass(frozen=True, slots=True)
class AskedClose:
    """About a period: what is billed and not in Intacct."""

    period: str | None
    """`2026-10`; None for the period that closes next."""


@dataclass(frozen=True, slots=True)
class AskedReport:
    """Where the two systems' terms drift apart, now."""


@dataclass(frozen=True, slots=True)
class AskedStandard:
    """How each rule would go by one name in both systems."""


@dataclass(frozen=True, slots=True)
class AskedHelp:
    """How to ask."""


@dataclass(frozen=True, slots=True)
class Nonsense:
    """Cannot be answered, and why."""

    reason: Reason
    position: int | None = None
    """1-based position of the character at fault, for NOT_TEXT."""


Question = AskedInvoices | AskedTerm | AskedClose | AskedReport | AskedStandard | AskedHelp | Nonsense


_ALONE: dict[str, type[AskedHelp] | type[AskedReport] | type[AskedStandard]] = {
    **dict.fromkeys(("help", "?", "-h", "--help"), AskedHelp),
    "report": AskedReport,
    **dict.fromkeys(("standardise", "standardize"), AskedStandard),
}
"""Words that are a question only where they stand alone."""


def read_question(text: str) -> Question:
    """What the text after the slash command asks. A whole alert pasted there asks about what it names."""
    if len(text) > LONGEST_QUESTION:
        return Nonsense(Reason.TOO_LONG)
    for position, character in enumerate(text, 1):
        if unicodedata.category(character) in ("Cc", "Cs") and character not in "\t\n\r":
            return Nonsense(Reason.NOT_TEXT, position)
    marked = mrkdwn(text)
    asked = literal(marked).strip()
    if not asked:
        return Nonsense(Reason.EMPTY)
    alone = _ALONE.get(asked.casefold())
    if alone is not None:
        return alone()
    return _quoted(asked) or _pasted(marked) or _close(asked) or _numbers(asked)


def _quoted(asked: str) -> AskedTerm | Nonsense | None:
    if len(asked) < 2 or asked[-1] not in _PAIRS.get(asked[0], ""):
        return None
    name = asked[1:-1]
    if not name.strip() or "\n" in name:
        return Nonsense(Reason.NOT_A_NUMBER)
    return AskedTerm(name) if len(name) <= LONGEST_TERM else Nonsense(Reason.TOO_LONG)


def _pasted(marked: str) -> AskedInvoices | AskedTerm | Nonsense | None:
    found = list(failures_in(marked))
    numbers = tuple(dict.fromkeys(failure.invoice for failure in found if failure.invoice))
    names = {failure.term for failure in found if failure.term}
    if numbers:
        return _limited(numbers)
    return AskedTerm(names.pop()) if len(names) == 1 else None


def _close(asked: str) -> AskedClose | Nonsense | None:
    """`close` alone or with a month; an invoice's number has to stand without that word."""
    first, *rest = (_unwrapped(word) for word in asked.split())
    if first.casefold() != "close":
        return None
    if not rest:
        return AskedClose(None)
    month = _MONTH.fullmatch(rest[0])
    if len(rest) > 1 or month is None or not 1 <= int(month[1]) <= 12:
        return Nonsense(Reason.NO_PERIOD)
    return AskedClose(rest[0])


def _numbers(asked: str) -> AskedInvoices | Nonsense:
    numbers: list[str] = []
    links = 0
    for match in _WORD.finditer(asked):
        if match[1] is not None:
            numbers.append(match[1].strip())
            continue
        word = _unwrapped(match[2])
        if "://" in word:
            links += 1
        elif any(character.isdigit() for character in word):
            numbers.append(word)
        elif word.casefold() not in _FILLERS:
            # `Net 45` without quotes must not be taken for an invoice 45.
            return Nonsense(Reason.NOT_A_NUMBER)
    if links:
        return Nonsense(Reason.LINK)
    if not numbers or not all(any(character.isalnum() for character in number) for number in numbers):
        return Nonsense(Reason.NOT_A_NUMBER)
    if any(word.startswith(("<@", "<#", "<!")) for word in numbers):
        return Nonsense(Reason.NOT_A_NUMBER)
    return _limited(tuple(dict.fromkeys(numbers)))


def _limited(numbers: tuple[str, ...]) -> AskedInvoices | Nonsense:
    if any(len(number) > LONGEST_NUMBER for number in numbers):
        return Nonsense(Reason.TOO_LONG)
    return AskedInvoices(numbers) if len(numbers) <= MOST_NUMBERS else Nonsense(Reason.TOO_MANY)


def _unwrapped(word: str) -> str:
    """A word without the styling that wraps it whole."""
    while len(word) > 2 and word[0] in "*_~`" and word[0] == word[-1]:
        word = word[1:-1]
    return word
