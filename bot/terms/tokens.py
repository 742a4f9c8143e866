"""A term's name cut into words, numbers and signs, the way the grammar of wordings takes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from bot.terms.characters import is_blank, is_dash, is_invisible

LONGEST = 200
"""A longer name says no rule that a person would recognise at a glance, so none is read."""

_REVERSING = "\u202e"
"""RIGHT-TO-LEFT OVERRIDE shows `03` for 30: what is seen is not what is stored, so nothing is read."""

NUMBER = "#"
"""The key of a whole number of days or of per cent."""
FRACTION = "#."
"""The key of a number with decimals."""
NTH = "#th"
"""The key of an ordinal: `10th`, `tenth`."""

_PIECE = re.compile(
    r"(?P<dotted>[a-z](?:\.[a-z])+\b\.?)"
    r"|(?<=[$€£])(?P<money> ?\d{1,3}(?:,\d{3})+(?:\.\d+)?)(?![\d,])"
    r"|(?P<number>\d+(?:\.\d+)?)(?P<th>(?:st|nd|rd|th)(?![a-z]))?"
    r"|(?P<percent>per ?cent(?![a-z])|pct(?![a-z]))"
    r"|(?P<word>[a-z]+)"
    r"|(?P<sign>[^ ])"
)

_SIGNS = frozenset("%$€£/,;:.()+&-")

_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_UNIT_NTHS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
]


def _number_words() -> dict[str, int]:
    words = {word: value for value, word in enumerate(_UNITS)} | {"fourty": 40}
    for tens, word in enumerate(_TENS, start=2):
        words[word] = tens * 10
        words |= {word + unit: tens * 10 + value for value, unit in enumerate(_UNITS[1:10], start=1)}
    return words


def _nth_words() -> dict[str, int]:
    words = {word: value for value, word in enumerate(_UNIT_NTHS, start=1)} | {"twentieth": 20, "thirtieth": 30}
    return words | {
        tens + unit: value + add
        for tens, value in (("twenty", 20), ("thirty", 30))
        for add, unit in enumerate(_UNIT_NTHS[:9], start=1)
    }


_NUMBER_WORDS = _number_words()
_NTH_WORDS = _nth_words()


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or sign."""

    key: str
    """What the grammar compares: the word, the sign, or the kind of number."""
    value: Decimal = Decimal(0)
    """Of a number."""
    gap: bool = False
    """Whether a blank stands before it."""
    spelled: bool = False
    """Whether the number was written in words."""

    @property
    def is_word(self) -> bool:
        """Whether it is a word."""
        return self.key.isalpha()

    @property
    def is_number(self) -> bool:
        """Whether it is a number of any kind."""
        return self.key[0] == "#"


def fold(name: str) -> str | None:
    """The name with blanks, case, dashes and invisible characters folded; None where anything else is not plain.

    Letters and digits of other alphabets are not folded: they give None, as do control characters and surrogates.
    """
    if len(name) > LONGEST * 2 or _REVERSING in name:
        return None
    kept: list[str] = []
    for char in name:
        if "!" <= char <= "~" or char in "€£":
            kept.append(char)
        elif is_blank(char):
            kept.append(" ")
        elif is_dash(char):
            kept.append("-")
        elif not is_invisible(char):
            return None
    text = " ".join("".join(kept).lower().replace("_", " ").split())
    return text if text and len(text) <= LONGEST else None


def tokens(name: str) -> tuple[Token, ...] | None:
    """The name's tokens; None where it holds what no wording holds."""
    text = fold(name)
    if text is None:
        return None
    cut = _cut(text)
    if cut is None:
        return None
    joined = _without_joining_dashes(_without_full_stops(cut))
    return None if joined is None else tuple(_without_repeats(_with_spelled_numbers(joined)))


def _cut(text: str) -> list[Token] | None:
    cut: list[Token] = []
    for piece in _PIECE.finditer(text):
        gap = piece.start() > 0 and text[piece.start() - 1] == " "
        if piece["number"]:
            token = _number(piece["number"], piece["th"], gap=gap)
        elif piece["money"]:
            token = Token(FRACTION, Decimal(piece["money"].strip().replace(",", "")), gap)
        elif piece["sign"]:
            token = Token(piece["sign"], gap=gap) if piece["sign"] in _SIGNS else None
        elif piece["percent"]:
            token = Token("%", gap=gap)
        else:
            word = (piece["dotted"] or piece["word"]).replace(".", "")
            token = Token("net" if word == "nett" else word, gap=gap)
        if token is None:
            return None
        cut.append(token)
    return cut


def _number(digits: str, suffix: str | None, *, gap: bool) -> Token | None:
    if len(digits) > 12:
        return None
    value = Decimal(digits)
    if suffix is None:
        return Token(FRACTION if "." in digits else NUMBER, value, gap)
    if "." in digits or suffix != _suffix(int(digits)):
        return None
    return Token(NTH, value, gap)


def _suffix(number: int) -> str:
    return "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _without_full_stops(cut: list[Token]) -> list[Token]:
    """A full stop after a word or a sentence's end says nothing; between two sentences it parts like a comma."""
    kept: list[Token] = []
    for at, token in enumerate(cut):
        ends = at + 1 == len(cut)
        if token.key == "." and not token.gap and kept and (ends or cut[at + 1].gap or not cut[at + 1].is_number):
            if not ends and not kept[-1].is_word:
                kept.append(Token(","))
            continue
        kept.append(token)
    return kept


def _without_joining_dashes(cut: list[Token]) -> list[Token] | None:
    """Dashes inside a compound (`end-of-month`, `30-days`, `net-30`) are blanks; a minus sign makes all unreadable."""
    kept: list[Token] = []
    for at, token in enumerate(cut):
        if token.key != "-":
            kept.append(token)
            continue
        if at + 1 == len(cut) or not kept:
            return None
        before, after = kept[-1], cut[at + 1]
        tight = not token.gap and not after.gap
        if token.gap and not after.gap and after.is_number:
            return None
        if tight and (before.is_word or before.is_number) and after.is_word:
            continue
        if tight and before.key in ("net", "n", "day") and after.is_number:
            continue
        kept.append(Token("~" if tight and after.is_number else "-", gap=token.gap))
    return kept


def _with_spelled_numbers(cut: list[Token]) -> list[Token]:
    """`forty five` becomes 45, `one hundred and twenty` 120, `twenty first` the 21st."""
    kept: list[Token] = []
    at = 0
    while at < len(cut):
        taken, token = _spelled(cut, at)
        kept.append(token)
        at += taken
    return kept


def _spelled(cut: list[Token], at: int) -> tuple[int, Token]:
    """How many tokens from `at` spell one number, and that number (or the one token as it stands)."""
    keys = [token.key for token in cut[at : at + 5]]
    value = _NUMBER_WORDS.get(keys[0])
    taken = 0 if value is None else 1
    if keys[0] == "hundred" or (value is not None and 1 <= value <= 9 and keys[1:2] == ["hundred"]):
        return _hundreds(keys, cut[at])
    if value is None:
        nth = _NTH_WORDS.get(keys[0])
        return 1, cut[at] if nth is None else Token(NTH, Decimal(nth), cut[at].gap, spelled=True)
    if value >= 20 and value % 10 == 0 and len(keys) > 1:
        nth = _NTH_WORDS.get(keys[1], 0)
        if 1 <= nth <= 9:
            return 2, Token(NTH, Decimal(value + nth), cut[at].gap, spelled=True)
        unit = _NUMBER_WORDS.get(keys[1], 0)
        if 1 <= unit <= 9:
            value, taken = value + unit, 2
    return taken, Token(NUMBER, Decimal(value), cut[at].gap, spelled=True)


def _hundreds(keys: list[str], first: Token) -> tuple[int, Token]:
    hundreds, taken = (1, 1) if keys[0] == "hundred" else (_NUMBER_WORDS[keys[0]], 2)
    rest = taken + 1 if keys[taken : taken + 1] == ["and"] else taken
    tail = _NUMBER_WORDS.get(keys[rest], 0) if rest < len(keys) else 0
    if tail:
        taken = rest + 1
        unit = _NUMBER_WORDS.get(keys[taken], 0) if taken < len(keys) else 0
        if tail >= 20 and tail % 10 == 0 and 1 <= unit <= 9:
            tail, taken = tail + unit, taken + 1
    return taken, Token(NUMBER, Decimal(hundreds * 100 + tail), first.gap, spelled=True)


def _without_repeats(cut: list[Token]) -> list[Token]:
    """`thirty (30)` and `30 (thirty)` say 30 once, and `day(s)` is days."""
    kept: list[Token] = []
    at = 0
    while at < len(cut):
        token = cut[at]
        bracketed = cut[at + 2] if [t.key for t in cut[at + 1 : at + 4 : 2]] == ["(", ")"] else None
        says_again = bracketed is not None and (
            (token.spelled != bracketed.spelled and (bracketed.key, bracketed.value) == (token.key, token.value))
            or (token.key in ("day", "week") and bracketed.key == "s")
        )
        kept.append(token)
        at += 4 if says_again else 1
    return kept
