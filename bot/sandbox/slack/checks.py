"""Small checks that blocks and views are made of; each appends Slack's complaints with the place in the JSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Problems = list[str]
Check = Callable[[Any, str, Problems], None]


def complain(problems: Problems, words: str, path: str) -> None:
    """Adds one complaint as Slack words it."""
    problems.append(f"{words} [json-pointer:{path}]")


@dataclass(frozen=True, slots=True)
class Field:
    """One key of an object: how its value is checked and whether it must be there."""

    check: Check
    required: bool = False


def needs(check: Check) -> Field:
    """A key that must be there."""
    return Field(check, required=True)


def may(check: Check) -> Field:
    """A key that may be there."""
    return Field(check)


def fields(shape: Mapping[str, Field]) -> Check:
    """An object with these keys and no others."""

    def check(value: Any, path: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            complain(problems, "must provide an object", path)
            return
        for key, field in shape.items():
            given = value.get(key)
            if given is not None:
                field.check(given, f"{path}/{key}", problems)
            elif field.required:
                complain(problems, f"missing required field: {key}", path)
        for key in value:
            if key not in shape and key != "type":
                complain(problems, f"invalid additional property: {key}", path)

    return check


def typed(shapes: Mapping[str, Mapping[str, Field]]) -> Check:
    """An object whose `type` is one of these, with that type's keys."""

    def check(value: Any, path: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            complain(problems, "must provide an object", path)
        elif "type" not in value:
            complain(problems, "missing required field: type", path)
        elif value["type"] not in shapes:
            complain(problems, f"unsupported type: {value['type']}", f"{path}/type")
        else:
            fields(shapes[value["type"]])(value, path, problems)

    return check


def string(most: float = math.inf, least: int = 1) -> Check:
    """Text of a length."""

    def check(value: Any, path: str, problems: Problems) -> None:
        if not isinstance(value, str):
            complain(problems, "must be a string", path)
        elif len(value) < least:
            complain(problems, f"must be more than {least - 1} characters", path)
        elif len(value) > most:
            complain(problems, f"must be less than {int(most) + 1} characters", path)

    return check


def one_of(*words: str) -> Check:
    """One of a few words."""

    def check(value: Any, path: str, problems: Problems) -> None:
        if value not in words:
            complain(problems, "must be a valid enum value", path)

    return check


def boolean(value: Any, path: str, problems: Problems) -> None:
    """True or false."""
    if not isinstance(value, bool):
        complain(problems, "must be a boolean", path)


def number(least: float = -math.inf, most: float = math.inf, *, whole: bool = False) -> Check:
    """A number in a range."""

    def check(value: Any, path: str, problems: Problems) -> None:
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            complain(problems, "must be an integer" if whole else "must be a number", path)
        elif not least <= value <= most:
            complain(problems, f"must be between {least} and {most}", path)

    return check


def array(item: Check, most: float = math.inf, least: int = 0) -> Check:
    """A list of so many items."""

    def check(value: Any, path: str, problems: Problems) -> None:
        if not isinstance(value, list):
            complain(problems, "must be an array", path)
            return
        if len(value) > most:
            complain(problems, f"no more than {int(most)} items allowed", path)
        if len(value) < least:
            complain(problems, f"must provide at least {least} item{'s' if least > 1 else ''}", path)
        for index, each in enumerate(value):
            item(each, f"{path}/{index}", problems)

    return check


def either(*keys: str) -> Check:
    """One of these keys, at least, is there."""

    def check(value: Any, path: str, problems: Problems) -> None:
        if isinstance(value, dict) and not any(value.get(key) for key in keys):
            complain(problems, f"missing required field: {' or '.join(keys)}", path)

    return check


def anything(value: Any, path: str, problems: Problems) -> None:
    """No complaint."""


def unique(values: Sequence[tuple[Any, str]], what: str, problems: Problems) -> None:
    """Complains of every value that was there before; values come with their places."""
    seen: set[Any] = set()
    for value, path in values:
        if value in seen:
            complain(problems, f"{what} {value!r} already exists", path)
        seen.add(value)
