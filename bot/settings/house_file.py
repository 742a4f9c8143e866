"""`HOUSE_TERMS`: the company's own names for its payment terms, in the order in which they are preferred."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from bot.settings.problems import SettingsError


def house_terms(path: Path | None) -> tuple[str, ...]:
    """The names of a `HOUSE_TERMS` file; none without one.

    Raises SettingsError where the file cannot be read or holds something else.
    """
    if path is None:
        return ()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError((f"HOUSE_TERMS: {path} cannot be read as TOML: {error}",)) from None
    return _names(table)


def _names(table: dict[str, Any]) -> tuple[str, ...]:
    if "names" not in table:
        raise SettingsError(("HOUSE_TERMS: names is missing; it takes a list of term names",))
    names = table.pop("names")
    problems = [f"HOUSE_TERMS: {key!r} is not known; it takes names" for key in table]
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise SettingsError((*problems, "HOUSE_TERMS: names takes a list of term names"))
    problems += [
        f"HOUSE_TERMS: {name!r} stands more than once" for name in dict.fromkeys(names) if names.count(name) > 1
    ]
    if problems:
        raise SettingsError(tuple(problems))
    return tuple(names)
