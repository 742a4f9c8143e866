"""One line of doctor's: what was found, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a thing stands."""

    OK = "ok"
    """As it should be."""
    WARN = "warn"
    """The bot works; somebody should know all the same."""
    FAIL = "FAIL"
    """The bot cannot work, or not for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line."""

    level: Level
    what: str
    todo: str = ""

    def __str__(self) -> str:
        return f"{self.level:<4}  {self.what}{f' {self.todo}' if self.todo else ''}"


def good(what: str) -> Finding:
    """All is well."""
    return Finding(level=Level.OK, what=what)


def warn(what: str, todo: str) -> Finding:
    """It works, and somebody should look."""
    return Finding(level=Level.WARN, what=what, todo=todo)


def bad(what: str, todo: str) -> Finding:
    """It does not work."""
    return Finding(level=Level.FAIL, what=what, todo=todo)
