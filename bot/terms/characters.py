"""What single characters are: blank, invisible, dash, quote, a look-alike of a plain letter; and what to call them."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from confusable_homoglyphs.confusables import confusables_data

_PLAIN_BLANKS = frozenset("\t\n\r\u2028\u2029\u2800")
"""Blank to the eye, though Unicode's category is not `Zs` (the last is the blank Braille pattern)."""

_UNSEEN_THOUGH_NOT_FORMAT = frozenset(
    [
        0x034F,
        0x115F,
        0x1160,
        0x17B4,
        0x17B5,
        *range(0x180B, 0x1810),
        0x3164,
        *range(0xFE00, 0xFE10),
        0xFFA0,
        *range(0xE0100, 0xE01F0),
    ]
)
"""Unicode, DerivedCoreProperties: Default_Ignorable_Code_Point outside the category `Cf`."""

_FORMAT_BUT_SEEN = frozenset(
    [
        *range(0x0600, 0x0606),
        0x06DD,
        0x070F,
        0x0890,
        0x0891,
        0x08E2,
        0x110BD,
        0x110CD,
        *range(0xFFF9, 0xFFFC),
        *range(0x13430, 0x13460),
    ]
)
"""Category `Cf`, and yet drawn (signs that enclose or span digits, hieroglyph joiners)."""

_CONTROL_NAMES = (
    "NULL", "START OF HEADING", "START OF TEXT", "END OF TEXT", "END OF TRANSMISSION", "ENQUIRY", "ACKNOWLEDGE",
    "BELL", "BACKSPACE", "CHARACTER TABULATION", "LINE FEED", "LINE TABULATION", "FORM FEED", "CARRIAGE RETURN",
    "SHIFT OUT", "SHIFT IN", "DATA LINK ESCAPE", "DEVICE CONTROL ONE", "DEVICE CONTROL TWO", "DEVICE CONTROL THREE",
    "DEVICE CONTROL FOUR", "NEGATIVE ACKNOWLEDGE", "SYNCHRONOUS IDLE", "END OF TRANSMISSION BLOCK", "CANCEL",
    "END OF MEDIUM", "SUBSTITUTE", "ESCAPE", "INFORMATION SEPARATOR FOUR", "INFORMATION SEPARATOR THREE",
    "INFORMATION SEPARATOR TWO", "INFORMATION SEPARATOR ONE",
)  # fmt: skip
"""Unicode names no control character; these are its own aliases (NameAliases.txt) for U+0000 to U+001F."""


def is_blank(char: str) -> bool:
    """Whether the character shows as empty room."""
    return char == " " or char in _PLAIN_BLANKS or (char > "\x7f" and unicodedata.category(char) == "Zs")


def is_invisible(char: str) -> bool:
    """Whether nothing at all is drawn for the character, control characters apart."""
    if char <= "\x7f":
        return False
    code = ord(char)
    if unicodedata.category(char) == "Cf":
        return code not in _FORMAT_BUT_SEEN
    return code in _UNSEEN_THOUGH_NOT_FORMAT


def is_dash(char: str) -> bool:
    """Whether the character is a hyphen, a dash or a minus sign."""
    return char == "-" or (char > "\x7f" and (unicodedata.category(char) == "Pd" or char in _dashes()))


def is_quote(char: str) -> bool:
    """Whether the character is a quotation mark, an apostrophe or looks like one."""
    return char in "'\"`" or (char > "\x7f" and char in _quotes())


@lru_cache(maxsize=8192)
def folded(char: str) -> str:
    """What a character is alike to: nothing where invisible, one blank, `-`, `'`, a small plain letter, a digit.

    A letter never becomes a digit nor a digit a letter, whatever they look like, so that two names with different
    numbers are never alike. Letters of other alphabets follow the confusables of Unicode, by their kept library.
    """
    if is_blank(char):
        return " "
    if is_invisible(char):
        return ""
    if is_dash(char):
        return "-"
    if is_quote(char):
        return "'"
    if char <= "\x7f":
        return char.lower()
    return _look_alikes().get(char, char).casefold()


def label(text: str) -> str:
    """`NO-BREAK SPACE U+00A0`; several joined by ` + `; `nothing` for an empty text."""
    return " + ".join(map(_label, text)) or "nothing"


def _label(char: str) -> str:
    code = ord(char)
    name = unicodedata.name(char, "")
    if not name:
        name = _unnamed(char, code)
    return f"{name} U+{code:04X}"


def _unnamed(char: str, code: int) -> str:
    if code < len(_CONTROL_NAMES):
        return _CONTROL_NAMES[code]
    special = {0x7F: "DELETE", 0x85: "NEXT LINE"}.get(code)
    by_category = {"Cc": "CONTROL CHARACTER", "Cs": "LONE SURROGATE", "Co": "PRIVATE USE CHARACTER"}
    return special or by_category.get(unicodedata.category(char), "UNASSIGNED CHARACTER")


def _confusables(plain: str) -> list[str]:
    """The single characters that the library lists as confusable with `plain`."""
    found = (entry["c"].strip("\u200e") for entry in confusables_data.get(plain, ()))
    return [char for char in found if len(char) == 1 and char > "\x7f"]


@cache
def _dashes() -> frozenset[str]:
    named = ("DASH", "HYPHEN", "MINUS")
    return frozenset(
        char for char in _confusables("-") if any(word in unicodedata.name(char, "") for word in named)
    ) | {"\u2212"}


@cache
def _quotes() -> frozenset[str]:
    kinds = frozenset({"Pi", "Pf", "Po", "Ps", "Sk", "Lm"})
    listed = [*_confusables("'"), *_confusables("`"), *(c for c in confusables_data if _looks_like_quotes(c))]
    return frozenset(char for char in listed if unicodedata.category(char) in kinds) | frozenset("‘’‚‛“”„‟«»‹›")


def _looks_like_quotes(char: str) -> bool:
    return len(char) == 1 and char > "\x7f" and any(entry["c"] in ("''", '"') for entry in confusables_data[char])


@cache
def _look_alikes() -> dict[str, str]:
    """Each character that looks like plain letters, with those; and full-width or mathematical digits and signs."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    found: dict[str, str] = {}
    for plain in letters:
        for char in _confusables(plain):
            if unicodedata.category(char)[0] in "LS":
                found.setdefault(char, _upright(char, plain))
    for char, entries in confusables_data.items():
        if len(char) != 1 or char <= "\x7f" or unicodedata.category(char)[0] not in "LS":
            continue
        for entry in entries:
            if entry["c"].isascii() and entry["c"].isalpha():
                found.setdefault(char, _upright(char, entry["c"]))
    for code in (*range(0xFF01, 0xFF5F), *range(0x1D7CE, 0x1D800), *range(0x1FBF0, 0x1FBFA)):
        found[chr(code)] = unicodedata.normalize("NFKC", chr(code))
    return found


def _upright(char: str, plain: str) -> str:
    """The library writes a capital I as a small l, which it looks like; a capital of another alphabet stays one."""
    return (
        "I" if plain == "l" and (unicodedata.category(char) == "Lu" or "CAPITAL I" in unicodedata.name(char)) else plain
    )
