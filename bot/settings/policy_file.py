"""`TERMS_POLICY`: the approved terms and limits."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from bot.settings.problems import SettingsError
from bot.terms.proposal import Policy


def terms_policy(path: Path | None) -> Policy:
    """The approved terms and limits of a `TERMS_POLICY` file; without one nothing is outside the policy.

    Raises SettingsError where the file cannot be read or holds something else.
    """
    if path is None:
        return Policy()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError((f"TERMS_POLICY: {path} cannot be read as TOML: {error}",)) from None
    return _policy(table)


def _policy(table: dict[str, Any]) -> Policy:
    names, days = table.pop("approved", []), table.pop("longest_days", None)
    discounts, penalties = table.pop("discounts", True), table.pop("penalties", True)
    problems = [
        f"TERMS_POLICY: {key!r} is not known; it takes approved, longest_days, discounts, penalties" for key in table
    ]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        problems.append("TERMS_POLICY: approved takes a list of term names")
    if days is not None and (not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= 999):
        problems.append("TERMS_POLICY: longest_days takes a whole number from 0 to 999")
    if not isinstance(discounts, bool) or not isinstance(penalties, bool):
        problems.append("TERMS_POLICY: discounts and penalties take true or false")
    if problems:
        raise SettingsError(tuple(problems))
    return Policy(approved_names=frozenset(names), longest_days=days, discounts=discounts, penalties=penalties)
