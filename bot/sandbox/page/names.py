"""Names with their odd characters marked: what the eye cannot tell apart, the page shows."""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup

_SHORT = {
    "\u00a0": "NBSP",
    "\u202f": "NNBSP",
    "\u200b": "ZWSP",
    "\u200c": "ZWNJ",
    "\u200d": "ZWJ",
    "\u2060": "WJ",
    "\ufeff": "BOM",
    "\u00ad": "SHY",
    "\t": "TAB",
    "\n": "LF",
    "\r": "CR",
}
_ODD = re.compile(r"^ +| +$| {2,}|[^ -~]")


def odd_places(name: str) -> list[tuple[int, int]]:
    """Where blanks at the ends, doubled blanks and all but printable ASCII stand."""
    return [found.span() for found in _ODD.finditer(name)]


def marked(name: str) -> Markup:
    """The name, each odd place in a marker whose label names it; the text itself stays as it is."""
    parts: list[Markup] = []
    at = 0
    for start, end in odd_places(name):
        parts.append(Markup("{}").format(name[at:start]))
        odd = name[start:end]
        shape = Markup('<span class="odd{}" data-mark="{}" title="{}">{}</span>')
        letter = odd.strip() and unicodedata.category(odd[0])[0] in "LNP"
        parts.append(shape.format(" letter" if letter else "", _mark(odd), describe(odd), odd))
        at = end
    parts.append(Markup("{}").format(name[at:]))
    return Markup("").join(parts)


def describe(odd: str) -> str:
    """The Unicode names of an odd place's characters."""
    if odd.strip(" ") == "":
        return "a blank at the end or the beginning" if len(odd) == 1 else f"{len(odd)} blanks"
    return f"{unicodedata.name(odd[0], 'CONTROL CHARACTER')} U+{ord(odd[0]):04X}"


def _mark(odd: str) -> str:
    if odd.strip(" ") == "":
        return "␣" * len(odd)
    if odd in _SHORT:
        return _SHORT[odd]
    script = unicodedata.name(odd[0], "").partition(" ")[0]
    if unicodedata.category(odd[0]).startswith("L") and script != "LATIN":
        return script  # whose alphabet a look-alike letter is of
    return f"U+{ord(odd[0]):04X}"
