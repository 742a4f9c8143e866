"""What is said where settings cannot be used: one line a problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

Naming = Callable[[str], str]
"""How a setting is called where it is given: in the environment, or as a key of a company's table."""


class SettingsError(Exception):
    """The settings cannot be used; `problems` has one line each, naming the variable and what it takes."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def in_environment(name: str) -> str:
    """A setting's name in the environment."""
    return name.upper()


def told(error: Mapping[str, Any], model: type[BaseModel], naming: Naming) -> str:
    """One of pydantic's errors as a line; the value is shown unless it is a secret."""
    location = error["loc"]
    if not location:
        return str(error["msg"])
    name = str(location[0])
    field = model.model_fields.get(name)
    message = str(error["msg"]).removeprefix("Value error, ")
    shown = "" if field is None or "Secret" in str(field.annotation) else f" (it is {str(error.get('input'))[:60]!r})"
    return f"{naming(name)}: {message}{shown}"
