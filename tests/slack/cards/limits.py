"""Slack's limits on blocks, apart from the code that keeps them: as written here, and as the emulator enforces them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bot.sandbox.slack.kit import message_problems, view_problems


def faults(blocks: Any, *, most: int = 50) -> list[str]:
    """What Slack would refuse in these blocks."""
    blocks = list(blocks)
    found = [] if 0 < len(blocks) <= most else [f"{len(blocks)} blocks"]
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        found.append("a block id twice")
    for block in blocks:
        found += _block(block)
    return found + (message_problems(blocks) if most == 50 else [])


def view_faults(view: Any) -> list[str]:
    """What Slack would refuse in this view."""
    found = faults(view["blocks"], most=100) + view_problems(view)
    for key in ("title", "submit", "close"):
        if key in view and not 1 <= _size(view[key]["text"]) <= 24:
            found.append(f"{key}: {view[key]['text']}")
    if _size(view.get("private_metadata", "")) > 3000:
        found.append("private_metadata")
    if any(block["type"] == "input" for block in view["blocks"]) and "submit" not in view:
        found.append("an input without submit")
    return found


def texts(node: Any) -> Iterator[str]:
    """Every text object's text."""
    if isinstance(node, dict):
        if node.get("type") in ("plain_text", "mrkdwn"):
            yield node["text"]
        for value in node.values():
            yield from texts(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from texts(value)


def _size(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _block(block: Any) -> list[str]:
    found = []
    json.dumps(block).encode("utf-8")
    broken = [text for text in texts(block) if not text or any("\ud800" <= each <= "\udfff" for each in text)]
    found += [f"empty or broken text in {block['type']}" for _ in broken]
    if _size(block.get("block_id", "")) > 255:
        found.append("block_id")
    match block["type"]:
        case "section":
            if _size(block["text"]["text"]) > 3000:
                found.append("section text")
        case "context":
            if not 1 <= len(block["elements"]) <= 10 or any(_size(e["text"]) > 2000 for e in block["elements"]):
                found.append("context")
        case "actions":
            found += _actions(block["elements"])
        case "input":
            found += _input(block)
        case "divider":
            pass
        case other:
            found.append(f"unknown block {other}")
    return found


def _actions(elements: Any) -> list[str]:
    found = [] if 1 <= len(elements) <= 25 else ["actions"]
    ids = [element["action_id"] for element in elements]
    if len(ids) != len(set(ids)):
        found.append("an action id twice")
    for element in elements:
        if element["type"] != "button" or element["text"]["type"] != "plain_text":
            found.append("element")
        if _size(element["text"]["text"]) > 75 or _size(element["value"]) > 2000:
            found.append("button")
        confirm = element.get("confirm")
        if confirm:
            limits = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
            found += [f"confirm {key}" for key, most in limits.items() if _size(confirm[key]["text"]) > most]
    return found


def _input(block: Any) -> list[str]:
    found = []
    if _size(block["label"]["text"]) > 2000 or _size(block.get("hint", {"text": ""})["text"]) > 2000:
        found.append("label or hint")
    element = block["element"]
    if element["type"] == "static_select":
        options = element["options"]
        if not 1 <= len(options) <= 100:
            found.append("options")
        if any(_size(o["text"]["text"]) > 75 or _size(o["value"]) > 150 for o in options):
            found.append("option")
        if "initial_option" in element and element["initial_option"] not in options:
            found.append("initial option")
    elif element["type"] == "plain_text_input":
        if _size(element.get("initial_value", "")) > element.get("max_length", 3000):
            found.append("initial value")
        if not 1 <= element.get("max_length", 1) <= 3000:
            found.append("max_length")
    else:
        found.append(f"unknown element {element['type']}")
    return found
