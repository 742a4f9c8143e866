"""How a billing term's name stands against Intacct's AR terms, and the x-ray of what differs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.terms.term import ArTerm


class MatchKind(StrEnum):
    """The five ways a name can stand, first that holds (PRODUCT words)."""

    EXACT = "exact"
    """An active term that the syncing entity can use has this very name, byte for byte."""
    INACTIVE = "inactive"
    """This very name, status inactive."""
    LOOKALIKE = "lookalike"
    """Equal only after folding case, blanks, invisible characters, dashes, quotes or look-alike letters."""
    EQUIVALENT = "equivalent"
    """Another wording of the same rule, active."""
    ABSENT = "absent"
    """Nothing like it."""


class DifferenceKind(StrEnum):
    """What sort of difference one place in two names is."""

    BLANK = "blank"
    INVISIBLE = "invisible"
    DASH = "dash"
    QUOTE = "quote"
    CASE = "case"
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
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The answer for one name."""

    name: str
    kind: MatchKind
    term: ArTerm | None
    """The record that the kind speaks of; None for `absent`."""
    xray: XRay | None
    """Present for `lookalike` only."""
    nearest: tuple[ArTerm, ...] = ()
    """Other terms worth showing, nearest first, at most five."""
    out_of_scope: tuple[ArTerm, ...] = ()
    """Terms of this very name that another entity owns and the syncing entity cannot use."""


class Vocabulary:
    """A company's AR terms, prepared once so that matching one name among thousands takes well under a millisecond."""

    def __init__(self, terms: Iterable[ArTerm], *, entity: str | None = None) -> None:
        """`entity`: the entity that the sync signs in to; None for top level, which sees top-level terms."""
        raise NotImplementedError

    def match(self, name: str) -> Match:
        """How `name` stands; byte-for-byte first, then inactive, lookalike, equivalent, absent."""
        raise NotImplementedError
