"""Block Kit's rules, from Slack's block and element reference: types, keys, lengths, counts, unique ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox.slack.checks import (
    Check,
    Field,
    Problems,
    anything,
    array,
    boolean,
    complain,
    either,
    fields,
    may,
    needs,
    number,
    one_of,
    string,
    typed,
    unique,
)

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MARKDOWN_TOGETHER = 12_000
"""Characters of all markdown blocks of one message."""
CHARTS = 2
"""data_visualization blocks in one message."""
CELLS_TOGETHER = 10_000
"""Characters in all cells of a message's data tables."""

Shape = Mapping[str, Field]


def plain(most: int) -> Check:
    """A plain text object."""
    return typed({"plain_text": {"text": needs(string(most)), "emoji": may(boolean)}})


def text(most: int) -> Check:
    """A plain text or mrkdwn object."""
    return typed(
        {
            "plain_text": {"text": needs(string(most)), "emoji": may(boolean)},
            "mrkdwn": {"text": needs(string(most)), "verbatim": may(boolean)},
        }
    )


_STYLE = may(one_of("primary", "danger"))
_CONFIRM = may(
    fields(
        {
            "title": needs(plain(100)),
            "text": needs(text(300)),
            "confirm": needs(plain(30)),
            "deny": needs(plain(30)),
            "style": _STYLE,
        }
    )
)
_ACTION = may(string(255))
_FOCUS = may(boolean)
_PLACEHOLDER = may(plain(150))
_OPTION: Shape = {"text": needs(plain(75)), "value": needs(string(150)), "description": may(plain(75))}
_MENU_OPTION = fields(_OPTION)
_RICH_OPTION = fields({**_OPTION, "text": needs(text(75)), "description": may(text(75))})
_URL_OPTION = fields({**_OPTION, "url": may(string(3000))})
_GROUP = fields({"label": needs(plain(75)), "options": needs(array(_MENU_OPTION, 100, 1))})
_SLACK_FILE = fields({"id": may(string()), "url": may(string())})
_FILTER = fields({"include": may(array(string())), "exclude_external_shared_channels": may(boolean), "exclude_bot_users": may(boolean)})  # fmt: skip

_SELECT: Shape = {"action_id": _ACTION, "placeholder": _PLACEHOLDER, "confirm": _CONFIRM, "focus_on_load": _FOCUS}
_MULTI: Shape = {**_SELECT, "max_selected_items": may(number(1, whole=True))}
_STATIC: Shape = {"options": may(array(_MENU_OPTION, 100, 1)), "option_groups": may(array(_GROUP, 100, 1))}
_INPUT: Shape = {"action_id": _ACTION, "placeholder": _PLACEHOLDER, "focus_on_load": _FOCUS, "dispatch_action_config": may(anything)}  # fmt: skip
_IMAGE: Shape = {"image_url": may(string(3000)), "slack_file": may(_SLACK_FILE), "alt_text": needs(string(2000))}

_BUTTON: Shape = {
    "text": needs(plain(75)),
    "action_id": _ACTION,
    "url": may(string(3000)),
    "value": may(string(2000, 0)),
    "style": _STYLE,
    "confirm": _CONFIRM,
    "accessibility_label": may(string(75)),
}
_SELECTS: Mapping[str, Shape] = {
    "static_select": {**_SELECT, **_STATIC, "initial_option": may(_MENU_OPTION)},
    "external_select": {**_SELECT, "initial_option": may(_MENU_OPTION), "min_query_length": may(number(0, whole=True))},
    "users_select": {**_SELECT, "initial_user": may(string())},
    "conversations_select": {
        **_SELECT,
        "initial_conversation": may(string()),
        "default_to_current_conversation": may(boolean),
        "response_url_enabled": may(boolean),
        "filter": may(_FILTER),
    },
    "channels_select": {**_SELECT, "initial_channel": may(string()), "response_url_enabled": may(boolean)},
    "multi_static_select": {**_MULTI, **_STATIC, "initial_options": may(array(_MENU_OPTION, 100, 1))},
    "multi_external_select": {
        **_MULTI,
        "initial_options": may(array(_MENU_OPTION, 100, 1)),
        "min_query_length": may(number(0, whole=True)),
    },
    "multi_users_select": {**_MULTI, "initial_users": may(array(string()))},
    "multi_conversations_select": {
        **_MULTI,
        "initial_conversations": may(array(string())),
        "default_to_current_conversation": may(boolean),
        "filter": may(_FILTER),
    },
    "multi_channels_select": {**_MULTI, "initial_channels": may(array(string()))},
}
_CHOICES: Mapping[str, Shape] = {
    "checkboxes": {
        "action_id": _ACTION,
        "options": needs(array(_RICH_OPTION, 10, 1)),
        "initial_options": may(array(_RICH_OPTION, 10, 1)),
        "confirm": _CONFIRM,
        "focus_on_load": _FOCUS,
    },
    "radio_buttons": {
        "action_id": _ACTION,
        "options": needs(array(_RICH_OPTION, 10, 1)),
        "initial_option": may(_RICH_OPTION),
        "confirm": _CONFIRM,
        "focus_on_load": _FOCUS,
    },
    "datepicker": {**_SELECT, "initial_date": may(string(10))},
    "timepicker": {**_SELECT, "initial_time": may(string(5)), "timezone": may(string())},
}
_PRESSABLE: Mapping[str, Shape] = {
    "button": _BUTTON,
    "overflow": {"action_id": _ACTION, "options": needs(array(_URL_OPTION, 5, 1)), "confirm": _CONFIRM},
    "workflow_button": {"text": needs(plain(75)), "action_id": _ACTION, "workflow": needs(anything), "style": _STYLE},
}
_DATETIME: Mapping[str, Shape] = {
    "datetimepicker": {
        "action_id": _ACTION,
        "initial_date_time": may(number(whole=True)),
        "confirm": _CONFIRM,
        "focus_on_load": _FOCUS,
    }
}
_TYPED_INPUTS: Mapping[str, Shape] = {
    "plain_text_input": {
        **_INPUT,
        "initial_value": may(string(3000, 0)),
        "multiline": may(boolean),
        "min_length": may(number(0, 3000, whole=True)),
        "max_length": may(number(1, 3000, whole=True)),
    },
    "email_text_input": {**_INPUT, "initial_value": may(string(3000, 0))},
    "url_text_input": {**_INPUT, "initial_value": may(string(3000, 0))},
    "number_input": {
        **_INPUT,
        "is_decimal_allowed": needs(boolean),
        "initial_value": may(string()),
        "min_value": may(string()),
        "max_value": may(string()),
    },
    "rich_text_input": {**_INPUT, "initial_value": may(anything)},
    "file_input": {
        "action_id": _ACTION,
        "filetypes": may(array(string())),
        "max_files": may(number(1, 10, whole=True)),
    },
}
_CONTEXT_ACTIONS: Mapping[str, Shape] = {
    "feedback_buttons": {"action_id": _ACTION, "positive_button": needs(anything), "negative_button": needs(anything)},
    "icon_button": {
        "action_id": _ACTION,
        "icon": needs(string()),
        "text": needs(plain(75)),
        "value": may(string(2000, 0)),
        "accessibility_label": may(string(75)),
        "visible_to_user_ids": may(array(string())),
        "confirm": _CONFIRM,
    },
}
_RICH_PART = typed(
    {
        "rich_text_section": {"elements": needs(array(anything))},
        "rich_text_list": {
            "style": needs(one_of("bullet", "ordered")),
            "elements": needs(array(anything)),
            "indent": may(number(0, 8, whole=True)),
            "offset": may(number(0, whole=True)),
            "border": may(number(0, 1, whole=True)),
        },
        "rich_text_preformatted": {
            "elements": needs(array(anything)),
            "border": may(number(0, 1, whole=True)),
            "language": may(string()),
        },
        "rich_text_quote": {"elements": needs(array(anything)), "border": may(number(0, 1, whole=True))},
    }
)
_TABLE_CELL = typed(
    {
        "raw_text": {"text": needs(string(least=0))},
        "raw_number": {"value": needs(number()), "text": may(string())},
        "rich_text": {"elements": needs(array(_RICH_PART)), "block_id": may(string(255))},
    }
)
_COLUMN = fields({"align": may(one_of("left", "center", "right")), "is_wrapped": may(boolean)})
_POINT = fields({"label": needs(string()), "value": needs(number())})
_SERIES: Shape = {
    "series": needs(array(fields({"name": needs(string()), "data": needs(array(_POINT, least=1))}), 6, 1)),
    "axis_config": needs(
        fields({"categories": needs(array(string(), least=1)), "x_label": may(string()), "y_label": may(string())})
    ),
}
_CHART = typed({"pie": {"segments": needs(array(_POINT, 6, 1))}, "bar": _SERIES, "area": _SERIES, "line": _SERIES})

_ID = may(string(255))
_EVERYWHERE: Mapping[str, Shape] = {
    "section": {
        "block_id": _ID,
        "text": may(text(3000)),
        "fields": may(array(text(2000), 10, 1)),
        "accessory": may(typed({**_PRESSABLE, **_SELECTS, **_CHOICES, "image": _IMAGE})),
        "expand": may(boolean),
    },
    "header": {"block_id": _ID, "text": needs(plain(150))},
    "divider": {"block_id": _ID},
    "context": {
        "block_id": _ID,
        "elements": needs(
            array(
                typed(
                    {
                        "image": _IMAGE,
                        "plain_text": {"text": needs(string(3000)), "emoji": may(boolean)},
                        "mrkdwn": {"text": needs(string(3000)), "verbatim": may(boolean)},
                    }
                ),
                10,
                1,
            )
        ),
    },
    "actions": {
        "block_id": _ID,
        "elements": needs(array(typed({**_PRESSABLE, **_SELECTS, **_CHOICES, **_DATETIME}), 25, 1)),
    },
    "input": {
        "block_id": _ID,
        "label": needs(plain(2000)),
        "element": needs(typed({**_SELECTS, **_CHOICES, **_DATETIME, **_TYPED_INPUTS})),
        "dispatch_action": may(boolean),
        "hint": may(plain(2000)),
        "optional": may(boolean),
    },
    "image": {"block_id": _ID, **_IMAGE, "title": may(plain(2000))},
    "rich_text": {"block_id": _ID, "elements": needs(array(_RICH_PART))},
    "video": {
        "block_id": _ID,
        "alt_text": needs(string(2000)),
        "title": needs(plain(199)),
        "thumbnail_url": needs(string(3000)),
        "video_url": needs(string(3000)),
        "author_name": may(string(49)),
        "description": may(plain(200)),
        "provider_icon_url": may(string(3000)),
        "provider_name": may(string()),
        "title_url": may(string(3000)),
    },
}
_MESSAGES_ONLY: Mapping[str, Shape] = {
    "markdown": {"block_id": _ID, "text": needs(string(MARKDOWN_TOGETHER))},
    "context_actions": {"block_id": _ID, "elements": needs(array(typed(_CONTEXT_ACTIONS), 5, 1))},
    "table": {
        "block_id": _ID,
        "rows": needs(array(array(_TABLE_CELL, 20), 100, 1)),
        "column_settings": may(array(_COLUMN, 20)),
    },
    "data_table": {
        "block_id": _ID,
        "caption": needs(string()),
        "rows": needs(array(array(_TABLE_CELL, 20, 1), 101, 2)),
        "page_size": may(number(1, 100, whole=True)),
        "row_header_column_index": may(number(0, 19, whole=True)),
    },
    "data_visualization": {"block_id": _ID, "title": needs(string(50)), "chart": needs(_CHART)},
}
_MESSAGE_BLOCK = typed({**_EVERYWHERE, **_MESSAGES_ONLY})
_VIEW_BLOCK = typed(_EVERYWHERE)
_VIEW: Mapping[str, Shape] = {
    kind: {
        "title": Field(plain(24), required=kind == "modal"),
        "blocks": needs(array(_VIEW_BLOCK, VIEW_BLOCKS)),
        "submit": may(plain(24)),
        "close": may(plain(24)),
        "private_metadata": may(string(3000, 0)),
        "callback_id": may(string(255, 0)),
        "external_id": may(string(255, 0)),
        "clear_on_close": may(boolean),
        "notify_on_close": may(boolean),
        "submit_disabled": may(boolean),
    }
    for kind in ("modal", "home")
}
"""A Home is given the keys of a modal too, as Slack itself ignores them there."""


def message_problems(blocks: Any) -> Problems:
    """What is wrong with a message's blocks, in Slack's words."""
    problems: Problems = []
    array(_MESSAGE_BLOCK, MESSAGE_BLOCKS)(blocks, "/blocks", problems)
    if problems:
        return problems
    _ids(blocks, "/blocks", problems)
    _kinds(blocks, "/blocks", problems)
    _together(blocks, problems)
    return problems


def view_problems(view: Any) -> Problems:
    """What is wrong with a view, in Slack's words."""
    problems: Problems = []
    typed(_VIEW)(view, "/view", problems)
    if problems:
        return problems
    _ids(view["blocks"], "/view/blocks", problems)
    _kinds(view["blocks"], "/view/blocks", problems)
    if view["type"] == "modal" and not view.get("submit") and any(b["type"] == "input" for b in view["blocks"]):
        complain(problems, "missing required field: submit", "/view")
    return problems


def _ids(blocks: list[dict[str, Any]], path: str, problems: Problems) -> None:
    named = [
        (block["block_id"], f"{path}/{index}/block_id") for index, block in enumerate(blocks) if "block_id" in block
    ]
    unique(named, "`block_id`", problems)
    for index, block in enumerate(blocks):
        inside = [item for item in block.get("elements") or [] if isinstance(item, dict) and "action_id" in item]
        unique([(item["action_id"], f"{path}/{index}/elements") for item in inside], "`action_id`", problems)


def _kinds(blocks: list[dict[str, Any]], path: str, problems: Problems) -> None:
    """Rules of one block that its keys alone do not show."""
    for index, block in enumerate(blocks):
        place = f"{path}/{index}"
        if block["type"] == "section":
            either("text", "fields")(block, place, problems)
        for item, spot in [(block, place), *_inside(block, place)]:
            if item["type"] in ("static_select", "multi_static_select"):
                either("options", "option_groups")(item, spot, problems)
            if item["type"] == "image":
                either("image_url", "slack_file")(item, spot, problems)
        if block["type"] == "data_table" and len({len(row) for row in block["rows"]}) > 1:
            complain(problems, "all rows must have the same number of cells", f"{place}/rows")
        if block["type"] == "data_visualization":
            _chart(block["chart"], f"{place}/chart", problems)


def _inside(block: dict[str, Any], place: str) -> list[tuple[dict[str, Any], str]]:
    """A block's elements with their places."""
    single = [(block[key], f"{place}/{key}") for key in ("accessory", "element") if key in block]
    several = [(item, f"{place}/elements/{index}") for index, item in enumerate(block.get("elements") or [])]
    return single + several


def _chart(chart: dict[str, Any], path: str, problems: Problems) -> None:
    if chart["type"] == "pie":
        return
    unique([(series["name"], f"{path}/series") for series in chart["series"]], "series", problems)
    categories = chart["axis_config"]["categories"]
    for index, series in enumerate(chart["series"]):
        if sorted(point["label"] for point in series["data"]) != sorted(categories):
            complain(problems, "labels must match axis_config categories", f"{path}/series/{index}/data")


def _together(blocks: list[dict[str, Any]], problems: Problems) -> None:
    """Limits of a whole message."""
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > MARKDOWN_TOGETHER:
        complain(problems, f"no more than {MARKDOWN_TOGETHER} characters of markdown allowed", "/blocks")
    if sum(block["type"] == "data_visualization" for block in blocks) > CHARTS:
        complain(problems, f"no more than {CHARTS} data_visualization blocks allowed", "/blocks")
    if sum(block["type"] == "table" for block in blocks) > 1:
        complain(problems, "only_one_table_allowed", "/blocks")
    cells = [cell for block in blocks if block["type"] == "data_table" for row in block["rows"] for cell in row]
    if sum(len(str(cell.get("text") or cell.get("value") or "")) for cell in cells) > CELLS_TOGETHER:
        complain(problems, f"no more than {CELLS_TOGETHER} characters in tables allowed", "/blocks")
