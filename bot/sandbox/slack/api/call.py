"""One call of a Web API method: its arguments, its errors, and the table of methods."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.world import Record


class SlackError(Exception):
    """A refusal: Slack's error word and what else the reply carries."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.reply: Record = {"ok": False, "error": error, **more}


def invalid_arguments(*messages: str) -> SlackError:
    """The refusal of arguments that Slack explains one by one."""
    return SlackError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {words}" for words in messages]})


@dataclass(slots=True)
class Args:
    """A call's arguments, which come as text (query, form) or as JSON."""

    given: Record
    base: str = ""
    """The address that the caller used."""

    def text(self, key: str, default: str = "") -> str:
        """A text argument; numbers come as text too."""
        value = self.given.get(key)
        return default if value is None else str(value)

    def need(self, key: str) -> str:
        """A text argument that must be there; raises SlackError."""
        value = self.text(key)
        if not value:
            raise invalid_arguments(f"missing required field: {key}")
        return value

    def flag(self, key: str, *, default: bool = False) -> bool:
        """A yes or no: true, 1, "true"."""
        value = self.given.get(key)
        return default if value is None else str(value).lower() in ("1", "true", "yes")

    def number(self, key: str, default: int, most: int) -> int:
        """A whole number from 1 to `most`; raises SlackError."""
        raw = self.text(key)
        if raw in ("", "0"):
            return default
        if not raw.isdigit():
            raise SlackError("invalid_limit" if key == "limit" else "invalid_arguments")
        return min(int(raw), most)

    def json(self, key: str, error: str = "invalid_arguments") -> Any:
        """A structured argument, as JSON or as text that holds JSON; None where absent; raises SlackError."""
        value = self.given.get(key)
        if not isinstance(value, str):
            return value
        if value == "":
            return None
        try:
            return json.loads(value)
        except ValueError as problem:
            raise SlackError(error) from problem


Handler = Callable[[Workspace, Args], Record]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A Web API method."""

    handler: Handler
    scope: str | None
    """The scope that the token needs whatever the arguments."""
    app_level: bool = False
    """It takes the app's token, not the bot's."""
    anonymous: bool = False
    """It takes no token."""
    scopes: tuple[str, ...] = field(default=())


METHODS: dict[str, Method] = {}
"""Every method that the emulator knows, by name."""


def method(
    name: str, scope: str | None = None, *, app_level: bool = False, anonymous: bool = False
) -> Callable[[Handler], Handler]:
    """Enters a function into the table of methods."""

    def enter(handler: Handler) -> Handler:
        METHODS[name] = Method(handler=handler, scope=scope, app_level=app_level, anonymous=anonymous)
        return handler

    return enter


def need_scope(workspace: Workspace, scope: str) -> None:
    """Refuses a token without this scope."""
    if scope not in workspace.scopes:
        raise SlackError("missing_scope", needed=scope, provided=",".join(workspace.scopes))


def page(items: Sequence[Any], args: Args, default: int = 100, most: int = 1000) -> tuple[list[Any], str]:
    """One page of a list and the cursor of the next; raises SlackError for a bad cursor or limit."""
    limit = args.number("limit", default, most)
    start = 0
    if cursor := args.text("cursor"):
        try:
            word, _, number = base64.b64decode(cursor, validate=True).decode().partition(":")
            start = int(number)
        except (binascii.Error, ValueError) as problem:
            raise SlackError("invalid_cursor") from problem
        if word != "offset":
            raise SlackError("invalid_cursor")
    rest = start + limit
    following = base64.b64encode(f"offset:{rest}".encode()).decode() if rest < len(items) else ""
    return list(items[start:rest]), following
