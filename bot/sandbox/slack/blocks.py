"""What Slack adds to the blocks that an app sends."""

from __future__ import annotations

import copy
import secrets
from typing import Any

from bot.sandbox.world import Record


def normalised(blocks: list[Record]) -> list[Record]:
    """A copy with what Slack fills in: block ids, action ids, `emoji` of plain texts."""
    done = copy.deepcopy(blocks)
    for block in done:
        block.setdefault("block_id", secrets.token_urlsafe(3)[:5])
        for item in [block.get("accessory"), block.get("element"), *_elements(block)]:
            if isinstance(item, dict) and item.get("type") in INTERACTIVE:
                item.setdefault("action_id", secrets.token_urlsafe(3)[:5])
        _fill_texts(block)
    return done


INTERACTIVE = frozenset(
    {
        "button",
        "checkboxes",
        "datepicker",
        "datetimepicker",
        "email_text_input",
        "file_input",
        "multi_channels_select",
        "multi_conversations_select",
        "multi_external_select",
        "multi_static_select",
        "multi_users_select",
        "number_input",
        "overflow",
        "plain_text_input",
        "radio_buttons",
        "rich_text_input",
        "channels_select",
        "conversations_select",
        "external_select",
        "static_select",
        "users_select",
        "timepicker",
        "url_text_input",
        "workflow_button",
        "feedback_buttons",
        "icon_button",
    }
)
"""Elements that have an action id."""


def _elements(block: Record) -> list[Any]:
    inside = block.get("elements")
    return inside if isinstance(inside, list) else []


def _fill_texts(node: Any) -> None:
    if isinstance(node, list):
        for item in node:
            _fill_texts(item)
    elif isinstance(node, dict):
        if node.get("type") == "plain_text":
            node.setdefault("emoji", True)
        for item in node.values():
            _fill_texts(item)
