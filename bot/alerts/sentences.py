"""The sync's two sentences in a text, and what they name. A wrong reading is far worse than none."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator

from bot.alerts.failure import Cause, Failure
from bot.alerts.words import STYLE_MARKS, literal

LONGEST_NUMBER = 100
"""Characters of an invoice number (BILL's own limit)."""
LONGEST_TERM = 500
"""Characters of a term name that is still taken for one."""

# Between words: blanks, line breaks with a quotation's `>`, zero-width characters, styling.
_GAP = rf"[\s\u200b\u2060\ufeff>{STYLE_MARKS}]"
_CREATED = rf"cannot{_GAP}+be{_GAP}+created{_GAP}+in{_GAP}+intacct(?!\w)"
_COLON = rf"(?:{_GAP}|[:.\-–—])*"

_COLON_ALONE = re.compile(_COLON)
_REFUSED = re.compile(_CREATED, re.IGNORECASE)
_SEQUENCE = re.compile(
    rf"{_COLON}could{_GAP}+not{_GAP}+retrieve{_GAP}+the{_GAP}+sequence{_GAP}+record(?!\w)", re.IGNORECASE
)
_INVOICE = re.compile(rf"(?<!\w)invoice(?=[{STYLE_MARKS}]*[\s\u200b\u2060\ufeff\[])", re.IGNORECASE)
_HEAD = re.compile(rf"(?:[\s\u200b\u2060\ufeff]|(?<=\n)>|(?<=\n )>|[{STYLE_MARKS}](?={_GAP}*[\s\[]))*")
_PAYABLES = re.compile(rf"(?<!\w)(?:vendor|supplier|purchase|payables?|a/?p){_GAP}+\Z", re.IGNORECASE)
_OPENERS = frozenset({"number", "no", "no.", "num", "num.", "nr", "nr.", "id", "ref", "ref."})

_SINGLE, _DOUBLE, _ANGLED, _TICK = "'‘’‚‛′´", '"“”„‟″', "«»", "`\ufdd3"
_QUOTES = _SINGLE + _DOUBLE + _ANGLED + _TICK
_TERM_HEAD = re.compile(rf"(?<!\w)(?:the{_GAP}+)?term{_GAP}+name[\s:{STYLE_MARKS[:3]}]+(?=[{_QUOTES}])", re.IGNORECASE)
_TERM_TAIL = re.compile(rf"[{_QUOTES}]{_GAP}{{0,8}}[\s>]is{_GAP}+invalid(?!\w)", re.IGNORECASE)

_ZERO_WIDTH = "\u200b\u2060\ufeff"
_LOOK_BACK = LONGEST_NUMBER + 60
_LOOK_AHEAD = 200


def failures_in(text: str) -> Iterator[Failure]:
    """The failures that a text (with style marks) names, in its order; the same one as often as it stands there."""
    folded = text.casefold()
    refusals: list[re.Match[str]] = []
    found: list[tuple[int, Failure]] = []
    if "cannot" in folded:
        refusals = list(_REFUSED.finditer(text))
    if refusals and "sequence" in folded:
        found += _sequence_failures(text, refusals)
    if "invalid" in folded:
        found += _term_failures(text, refusals)
    found.sort(key=lambda item: item[0])
    for _, failure in found:
        yield failure


def _sequence_failures(text: str, refusals: list[re.Match[str]]) -> Iterator[tuple[int, Failure]]:
    floor = 0
    for refusal in refusals:
        if _SEQUENCE.match(text, refusal.end()):
            number = _number_before(text, floor, refusal.start())
            if number is not None:
                yield refusal.start(), Failure(cause=Cause.SEQUENCE, invoice=number)
        floor = refusal.end()


def _term_failures(text: str, refusals: list[re.Match[str]]) -> Iterator[tuple[int, Failure]]:
    heads = list(_TERM_HEAD.finditer(text))
    ends = [refusal.end() for refusal in refusals]
    at = 0
    for tail in _TERM_TAIL.finditer(text):
        head = None
        while at < len(heads) and heads[at].end() < tail.start():
            head = heads[at]
            at += 1
        if head is None:
            continue
        name = _term_between(text, head.end(), tail.start())
        known, invoice = _invoice_of(text, head, refusals, bisect_right(ends, head.start()) - 1)
        if name is not None and known:
            yield head.start(), Failure(cause=Cause.TERM_INVALID, invoice=invoice, term=name)


def _invoice_of(text: str, head: re.Match[str], refusals: list[re.Match[str]], before: int) -> tuple[bool, str | None]:
    """Whether the sentence may be read, and the invoice where the same sentence names one.

    `before` is the index of the last refusal that ends before `head`, or -1. `Bill [X] cannot be created in Intacct:
    The term name …` speaks of payables and may not be read.
    """
    if _PAYABLES.search(text, max(0, head.start() - 20), head.start()):
        return False, None
    colon = _COLON_ALONE.match(text, refusals[before].end()) if before >= 0 else None
    if colon is None or colon.end() < head.start():
        return True, None
    number = _number_before(text, refusals[before - 1].end() if before else 0, refusals[before].start())
    return number is not None, number


def _term_between(text: str, start: int, end: int) -> str | None:
    """The name between two quotes of one kind, untouched; only styling that wraps it whole is taken off."""
    kinds = (_SINGLE, _DOUBLE, _ANGLED, _TICK + _SINGLE)
    if not any(text[start] in kind and text[end] in kind for kind in kinds):
        return None
    name = literal(_unstyled(text[start + 1 : end]))
    return name if name.strip() and len(name) <= LONGEST_TERM and _storable(name) else None


def _number_before(text: str, floor: int, end: int) -> str | None:
    """The invoice number that stands between the word `Invoice` and `end`."""
    floor = max(floor, end - _LOOK_BACK)
    stop = _without_tail(text, floor, end)
    candidates = []
    for head in _INVOICE.finditer(text, floor, stop):
        if not _PAYABLES.search(text, floor, head.start()):
            begin = _HEAD.match(text, head.end(), stop)
            candidates.append((head.start(), text[begin.end() if begin else head.end() : stop]))
    candidates.reverse()
    for check in (_bracketed, _bracketed_loosely):
        for _, candidate in candidates:
            number = check(candidate)
            if number is not None:
                return _checked(number)
    for start, candidate in candidates:
        number = _bare(_without_outer_style(text, start, candidate, end))
        if number is not None:
            return _checked(number)
    return None


def _without_tail(text: str, floor: int, end: int) -> int:
    """Where the number ends: before blanks, a quotation's `>`, and styling that stands apart or after a bracket."""
    while end > floor:
        last = text[end - 1]
        if last.isspace() or last in _ZERO_WIDTH or (last == ">" and text[end - 2 : end - 1] == "\n"):
            end -= 1
            continue
        apart = end
        while apart > floor and text[apart - 1] in STYLE_MARKS:
            apart -= 1
        if apart == end or not (apart > floor and (text[apart - 1].isspace() or text[apart - 1] == "]")):
            break
        end = apart
    return end


def _without_outer_style(text: str, start: int, candidate: str, end: int) -> str:
    """The candidate without a mark whose partner stands before the word `Invoice` or after the sentence's begin."""
    if len(candidate) < 2:
        return candidate
    first, last = candidate[0], candidate[-1]
    if last in STYLE_MARKS and last not in candidate[:-1] and text[max(0, start - 1) : start] == last:
        return candidate[:-1]
    if first in STYLE_MARKS and first not in candidate[1:] and first in text[end : end + _LOOK_AHEAD]:
        return candidate[1:]
    return candidate


def _bracketed(candidate: str) -> str | None:
    """`[X]` whose inner brackets are in balance."""
    if not (candidate.startswith("[") and candidate.endswith("]")):
        return None
    depth = 0
    for character in candidate[1:-1]:
        depth += (character == "[") - (character == "]")
        if depth < 0:
            return None
    return candidate[1:-1] if depth == 0 else None


def _bracketed_loosely(candidate: str) -> str | None:
    """`[X]` with a bracket of its own that has no partner, only where nothing else can be meant."""
    if candidate.startswith("[") and candidate.endswith("]") and not re.search(r"\s", candidate):
        return candidate[1:-1]
    return None


def _bare(candidate: str) -> str | None:
    """A number without brackets: one word, or several none of which is a word of a sentence."""
    number = _unstyled(candidate)
    words = number.split()
    if not words or "\n" in number or words[0].casefold() in _OPENERS or number.startswith("["):
        return None
    if any(word.isalpha() and word.islower() for word in words):
        return None
    if len(words) > 1 and ("[" in number or "]" in number or any(word[-1] in ":;," for word in words)):
        return None
    return number


def _checked(number: str) -> str | None:
    """The number as it is looked up, or None where it cannot be one."""
    number = _unstyled(number.strip().strip(_ZERO_WIDTH))
    number = literal(number)
    if not number or len(number) > LONGEST_NUMBER or "://" in number or not _storable(number):
        return None
    return number if any(character.isalnum() for character in number) else None


def _unstyled(text: str) -> str:
    """The text without the pairs of style marks that wrap it whole."""
    while len(text) > 2 and text[0] in STYLE_MARKS and text[0] == text[-1]:
        text = text[1:-1]
    return text


def _storable(text: str) -> bool:
    """Whether a name is one line without control characters and half characters."""
    return text.isprintable() or not any(
        unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") and character != "\t" for character in text
    )
