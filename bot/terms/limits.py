"""Names that Intacct cannot hold, or may not keep as they are."""

from __future__ import annotations

import unicodedata

from bot.terms.characters import is_blank, label

LONGEST_NAME = 40
"""The most characters of a term's name. The vendor publishes no limit: this one is the project's own caution,
*unproven*, so that a long name is stopped here with a sentence rather than cut off there."""

NOT_SUPPORTED = "<>@#&\"\\'`;="
"""Characters that the Name field does not support (Sage Intacct help, Field descriptions: Terms, Accounts
Receivable). Whether the gateway refuses them too is not documented."""


def name_trouble(name: str) -> str:
    """Why Intacct cannot hold the name, as a sentence for a person; empty where it can."""
    for position, char in enumerate(name, start=1):
        if _is_illegal(char):
            return (
                f"Character {position} of the name is {label(char)}, which cannot be sent to Intacct. "
                "Correct the term's name in the billing system."
            )
    if not name or all(map(is_blank, name)):
        return "The name is empty. Give the term a name in the billing system."
    if len(name) > LONGEST_NAME:
        return (
            f"The name has {len(name)} characters, and Intacct takes {LONGEST_NAME}. "
            "Shorten the term's name in the billing system."
        )
    return ""


def name_doubts(name: str) -> tuple[str, ...]:
    """What Intacct may refuse or change in the name, as sentences for a person."""
    doubts: list[str] = []
    for position, char in enumerate(name, start=1):
        if char in NOT_SUPPORTED:
            doubts.append(
                f"Intacct's help says that a name cannot hold {char} (character {position}): it may refuse it."
            )
            break
    if is_blank(name[:1]) or is_blank(name[-1:]):
        doubts.append("The name begins or ends with a blank: Intacct may drop it, and the invoice would fail again.")
    return tuple(doubts)


def _is_illegal(char: str) -> bool:
    """Control characters, lone surrogates and the two codes that XML 1.0 leaves out."""
    return unicodedata.category(char) in ("Cc", "Cs") or char in "\ufffe\uffff"
