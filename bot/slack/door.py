"""The door: whatever Slack sends is in the records before it is acknowledged."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from bot.records import inbox
from bot.records.engine import Database


class ItemKind(StrEnum):
    """What was taken in."""

    MESSAGE = "message"
    """A message event that reports failures."""
    QUESTION = "question"
    """A slash command or a message shortcut: something was asked."""
    CLICK = "click"
    """A click that opens no view."""
    SUBMISSION = "submission"
    """A view's clean submission."""


class Door:
    """Takes in, once for each key."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.missed = threading.Event()
        """Set when a message could not be kept: Slack sends it again for some minutes only, its history has it longer."""

    def take(self, kind: ItemKind, key: str, payload: Mapping[str, Any]) -> bool:
        """Keeps an item; False where one of this key is kept already. Raises where it cannot be kept in time."""
        try:
            return inbox.take(self._database, kind.value, f"{kind.value}:{key}", payload)
        except inbox.InboxUnavailable:
            if kind is ItemKind.MESSAGE:
                self.missed.set()
            raise


def click_key(body: Mapping[str, Any]) -> str:
    """A click's own key: who, on what, which button, when."""
    container = body.get("container") or {}
    action = body["actions"][0]
    where = ":".join(str(container.get(k, "")) for k in ("type", "channel_id", "message_ts", "view_id"))
    return f"{body['user']['id']}:{where}:{action['action_id']}:{action.get('action_ts', '')}"


def submission_key(body: Mapping[str, Any]) -> str:
    """A submission's own key: the view and what it says."""
    view = body["view"]
    values = json.dumps(view.get("state", {}).get("values", {}), sort_keys=True)
    return f"{view['id']}:{hashlib.sha256(values.encode()).hexdigest()}"
