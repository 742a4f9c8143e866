"""Two names side by side, character by character, with whatever the eye cannot tell apart named."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.terms.characters import folded, is_blank, is_dash, is_invisible, is_quote, label


class DifferenceKind(StrEnum):
    """What sort of difference one place in two names is."""

    BLANK = "blank"
    """Another kind of blank, or one too many."""
    INVISIBLE = "invisible"
    """A character that draws nothing."""
    DASH = "dash"
    """Another kind of dash."""
    QUOTE = "quote"
    """Another kind of quotation mark."""
    CASE = "case"
    """A capital against a small letter."""
    LETTER = "letter"
    """A letter of another alphabet that looks the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place where the two names differ."""

    position: int
    """1-based position in the source's name (where the character stands, or would stand)."""
    source: str
    """The source's character(s), empty where it has none there."""
    intacct: str
    """Intacct's character(s), empty where it has none there."""
    source_label: str
    """`NO-BREAK SPACE U+00A0`, one per character joined by ` + `; `nothing` where empty."""
    intacct_label: str
    """The same for Intacct's side."""
    kind: DifferenceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class XRay:
    """Two names side by side, character by character."""

    source_name: str
    intacct_name: str
    differences: tuple[Difference, ...]
    source_clean: bool
    """Only printable ASCII, single inner blanks, none at the ends."""
    intacct_clean: bool

    def lines(self) -> tuple[str, str]:
        """The source's and Intacct's name, letter-spaced, each character that differs named in brackets, columns aligned."""
        cells = [_cells(source, intacct) for source, intacct in aligned(self.source_name, self.intacct_name)]
        widths = [max(map(len, pair)) for pair in cells]
        upper, lower = (
            " ".join(pair[side].ljust(width) for pair, width in zip(cells, widths, strict=True)) for side in (0, 1)
        )
        return upper.rstrip(), lower.rstrip()


def x_ray(source: str, intacct: str) -> XRay:
    """Where the names of the billing system and of Intacct differ. The two should be alike (`alike_key`)."""
    differences: list[Difference] = []
    position = 1
    for one, other in aligned(source, intacct):
        if one != other:
            differences.append(
                Difference(
                    position=position,
                    source=one,
                    intacct=other,
                    source_label=label(one),
                    intacct_label=label(other),
                    kind=_kind(one, other),
                )
            )
        position += len(one)
    return XRay(
        source_name=source,
        intacct_name=intacct,
        differences=tuple(differences),
        source_clean=is_clean(source),
        intacct_clean=is_clean(intacct),
    )


def is_clean(name: str) -> bool:
    """Only printable ASCII, single inner blanks, none at the ends."""
    return all(" " <= char <= "~" for char in name) and name.strip(" ") == name and "  " not in name


def alike_key(name: str) -> str:
    """What two names that look alike have in common.

    Case, invisible characters, dashes, quotes and look-alike letters are folded, blanks vanish except between digits,
    where they keep two numbers apart. Composed and decomposed accents are the same.
    """
    pieces = "".join(map(folded, unicodedata.normalize("NFC", name)))
    if " " not in pieces:
        return pieces
    words = pieces.split()
    kept: list[str] = []
    for word in words:
        if kept and kept[-1][-1].isdigit() and word[0].isdigit():
            kept.append(" ")
        kept.append(word)
    return "".join(kept)


def aligned(source: str, intacct: str) -> Iterator[tuple[str, str]]:
    """The two names cut into pairs of what stands in the same place; one of a pair may be empty."""
    at, other = 0, 0
    while at < len(source) or other < len(intacct):
        taken, taken_other = _pair(source, at, intacct, other)
        yield source[at : at + taken], intacct[other : other + taken_other]
        at, other = at + taken, other + taken_other


def _pair(source: str, at: int, intacct: str, other: int) -> tuple[int, int]:
    """How many characters of either side stand together at these places."""
    one, two = source[at : at + 1], intacct[other : other + 1]
    if one == two:
        return 1, 1
    if not one or not two:
        return len(one), len(two)
    soft, soft_two = _is_soft(one), _is_soft(two)
    if soft and soft_two:
        return _soft_pair(source, at, intacct, other)
    if soft or soft_two:
        return (1, 0) if soft else (0, 1)
    return _hard_pair(source, at, intacct, other)


def _soft_pair(source: str, at: int, intacct: str, other: int) -> tuple[int, int]:
    """Two unlike blanks or invisible characters: an extra one on one side, or one in the other's place."""
    if source[at + 1 : at + 2] == intacct[other]:
        return 1, 0
    if intacct[other + 1 : other + 2] == source[at]:
        return 0, 1
    blank, blank_two = is_blank(source[at]), is_blank(intacct[other])
    if blank == blank_two:
        return 1, 1
    return (0, 1) if blank else (1, 0)


def _hard_pair(source: str, at: int, intacct: str, other: int) -> tuple[int, int]:
    """Two unlike visible characters: as many of either as make up the same, such as a letter and its accent."""
    taken, taken_other = 1, 1
    while True:
        one, two = _same(source[at : at + taken]), _same(intacct[other : other + taken_other])
        if one == two:
            return taken, taken_other
        if len(one) < len(two) or (len(one) == len(two) and taken <= taken_other):
            taken += 1
        else:
            taken_other += 1
        if at + taken > len(source) or other + taken_other > len(intacct) or taken + taken_other > 8:
            return 1, 1


def _same(text: str) -> str:
    return unicodedata.normalize("NFD", "".join(map(folded, unicodedata.normalize("NFC", text))))


def _is_soft(char: str) -> bool:
    return is_blank(char) or is_invisible(char)


def _kind(source: str, intacct: str) -> DifferenceKind:
    both = source + intacct
    if any(map(is_invisible, both)):
        return DifferenceKind.INVISIBLE
    if any(map(is_blank, both)):
        return DifferenceKind.BLANK
    if all(map(is_dash, both)):
        return DifferenceKind.DASH
    if all(map(is_quote, both)):
        return DifferenceKind.QUOTE
    return DifferenceKind.CASE if source.casefold() == intacct.casefold() else DifferenceKind.LETTER


def _cells(source: str, intacct: str) -> tuple[str, str]:
    if source != intacct:
        return f"[{label(source)}]", f"[{label(intacct)}]"
    shown = source if source.isprintable() and not is_invisible(source) else f"[{label(source)}]"
    return shown, shown
