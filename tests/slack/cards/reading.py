"""A card as lines of text, so that a snapshot of it can be reviewed like code."""

from __future__ import annotations

from typing import Any


def read(blocks: Any) -> list[str]:
    """Every block's text; buttons with their action ids, value and dialog; inputs with what stands in them."""
    lines: list[str] = []
    for block in blocks:
        lines += _block(block)
    return lines


def buttons(blocks: Any) -> list[str]:
    """The action ids of all buttons, in order."""
    return [element["action_id"] for block in blocks if block["type"] == "actions" for element in block["elements"]]


def button(blocks: Any, action_id: str) -> Any:
    """The one button of this action."""
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    (found,) = [element for row in rows for element in row if element["action_id"] == action_id]
    return found


def _block(block: Any) -> list[str]:
    match block["type"]:
        case "section":
            return [*block["text"]["text"].split("\n"), ""]
        case "context":
            return [f"~ {line}" for element in block["elements"] for line in element["text"].split("\n")] + [""]
        case "actions":
            return [*map(_button, block["elements"]), ""]
        case "input":
            return [_input(block), ""]
        case other:
            return [f"--- {other}", ""]


def _button(element: Any) -> str:
    confirm = element.get("confirm")
    dialog = f" ? {confirm['title']['text']} | {confirm['text']['text']}" if confirm else ""
    return f"[{element['text']['text']}] {element['action_id']} {element.get('style', '')} {element['value']}{dialog}"


def _input(block: Any) -> str:
    element = block["element"]
    value = element.get("initial_value", element.get("initial_option", {}).get("value", ""))
    optional = " (optional)" if block["optional"] else ""
    return f"{block['label']['text']}{optional}: {block['block_id']} {element['type']} = {value!r}"
