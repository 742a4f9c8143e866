"""Block Kit's rules."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack.kit import message_problems, view_problems


def plain(length: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": "x" * length}


def mrkdwn(length: int) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": "x" * length}


def button(**more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain(5), "action_id": "go", **more}


def option(text: int = 5, value: int = 5, mark: str = "x") -> dict[str, Any]:
    return {"text": plain(text), "value": mark * value}


def select(**more: Any) -> dict[str, Any]:
    return {"type": "static_select", "action_id": "pick", "options": [option()], **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def section(**more: Any) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(5), **more}


def chart(**more: Any) -> dict[str, Any]:
    series = [{"name": "absent", "data": [{"label": "W48", "value": 3}]}]
    inner = {"type": "line", "series": series, "axis_config": {"categories": ["W48"]}}
    return {"type": "data_visualization", "title": "Twelve weeks", "chart": {**inner, **more}}


def data_table(rows: int, columns: int = 2, text: str = "x") -> dict[str, Any]:
    cells = [[{"type": "raw_text", "text": text} for _ in range(columns)] for _ in range(rows)]
    return {"type": "data_table", "caption": "Findings", "rows": cells}


GOOD: list[dict[str, Any]] = [
    section(),
    section(text=mrkdwn(3000), fields=[mrkdwn(2000)] * 10, accessory=button()),
    {"type": "section", "fields": [plain(1)]},
    {"type": "header", "text": plain(150)},
    {"type": "divider", "block_id": "x" * 255},
    {"type": "context", "elements": [mrkdwn(5)] * 10},
    actions(*[button(action_id=f"go{n}", value="v" * 2000) for n in range(25)]),
    actions(select(placeholder=plain(150)), {"type": "datepicker", "action_id": "day", "initial_date": "2026-11-24"}),
    {"type": "image", "image_url": "https://example.com/x.png", "alt_text": "x"},
    {"type": "image", "slack_file": {"id": "F1"}, "alt_text": "x", "title": plain(5)},
    {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}]},
    {"type": "markdown", "text": "**x**"},
    {
        "type": "table",
        "rows": [[{"type": "raw_text", "text": "x"}] * 20] * 100,
        "column_settings": [{"align": "right"}],
    },
    chart(),
    {"type": "data_visualization", "title": "x", "chart": {"type": "pie", "segments": [{"label": "a", "value": 1.5}]}},
    data_table(101),
]


@pytest.mark.parametrize("block", GOOD, ids=[f"{n}-{block['type']}" for n, block in enumerate(GOOD)])
def test_a_right_block_is_taken(block: dict[str, Any]) -> None:
    assert message_problems([block]) == []


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "missing required field: type [json-pointer:/blocks/0]"),
    ({"type": "carousel_of_dreams"}, "unsupported type: carousel_of_dreams [json-pointer:/blocks/0/type]"),
    ({"type": "section"}, "missing required field: text or fields [json-pointer:/blocks/0]"),
    (section(text=mrkdwn(0)), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    (section(text=mrkdwn(3001)), "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
    (section(text="words"), "must provide an object [json-pointer:/blocks/0/text]"),
    (section(fields=[mrkdwn(5)] * 11), "no more than 10 items allowed [json-pointer:/blocks/0/fields]"),
    (section(fields=[mrkdwn(2001)]), "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]"),
    (section(colour="red"), "invalid additional property: colour [json-pointer:/blocks/0]"),
    (section(accessory={"type": "plain_text_input"}), "unsupported type: plain_text_input [json-pointer:/blocks/0/accessory/type]"),
    (section(block_id="x" * 256), "must be less than 256 characters [json-pointer:/blocks/0/block_id]"),
    ({"type": "header", "text": plain(151)}, "must be less than 151 characters [json-pointer:/blocks/0/text/text]"),
    ({"type": "header", "text": mrkdwn(5)}, "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"),
    ({"type": "context", "elements": [mrkdwn(5)] * 11}, "no more than 10 items allowed [json-pointer:/blocks/0/elements]"),
    ({"type": "context", "elements": []}, "must provide at least 1 item [json-pointer:/blocks/0/elements]"),
    (actions(*[button(action_id=f"{n}") for n in range(26)]), "no more than 25 items allowed [json-pointer:/blocks/0/elements]"),
    (actions(button(text=plain(76))), "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"),
    (actions(button(value="v" * 2001)), "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"),
    (actions(button(action_id="a" * 256)), "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]"),
    (actions(button(style="loud")), "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]"),
    (actions(button(), button()), "`action_id` 'go' already exists [json-pointer:/blocks/0/elements]"),
    (actions(select(options=[option()] * 101)), "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]"),
    (actions(select(options=[option(text=76)])), "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]"),
    (actions(select(options=[option(value=151)])), "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]"),
    (actions(select(placeholder=plain(151))), "must be less than 151 characters [json-pointer:/blocks/0/elements/0/placeholder/text]"),
    (actions({"type": "static_select", "action_id": "x"}), "missing required field: options or option_groups [json-pointer:/blocks/0/elements/0]"),
    ({"type": "image", "image_url": "https://example.com/x.png"}, "missing required field: alt_text [json-pointer:/blocks/0]"),
    (chart(type="radar"), "unsupported type: radar [json-pointer:/blocks/0/chart/type]"),
    (chart(axis_config={"categories": ["W47"]}), "labels must match axis_config categories [json-pointer:/blocks/0/chart/series/0/data]"),
    (data_table(102), "no more than 101 items allowed [json-pointer:/blocks/0/rows]"),
    (data_table(100, text="x" * 60), "no more than 10000 characters in tables allowed [json-pointer:/blocks]"),
]  # fmt: skip


@pytest.mark.parametrize(("block", "problem"), WRONG, ids=[f"{n}" for n in range(len(WRONG))])
def test_a_wrong_block_is_refused_with_words_and_place(block: dict[str, Any], problem: str) -> None:
    assert message_problems([block])[:1] == [problem]


def test_a_message_takes_fifty_blocks_and_a_view_a_hundred() -> None:
    assert message_problems([{"type": "divider"}] * 50) == []
    assert message_problems([{"type": "divider"}] * 51) == ["no more than 50 items allowed [json-pointer:/blocks]"]
    view = {"type": "modal", "title": plain(24), "blocks": [{"type": "divider"}] * 100}
    assert view_problems(view) == []
    view["blocks"] = [{"type": "divider"}] * 101
    assert view_problems(view) == ["no more than 100 items allowed [json-pointer:/view/blocks]"]


def test_block_ids_are_unique_and_one_table_is_enough() -> None:
    twice = [{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}]
    assert message_problems(twice) == ["`block_id` 'a' already exists [json-pointer:/blocks/1/block_id]"]
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}
    assert message_problems([table, table]) == ["only_one_table_allowed [json-pointer:/blocks]"]
    assert message_problems([chart(), chart(), chart()])
    assert message_problems("blocks") == ["must be an array [json-pointer:/blocks]"]


@pytest.mark.parametrize(
    "more",
    [
        {"title": plain(25)},
        {"title": None},
        {"submit": plain(25)},
        {"close": plain(25)},
        {"private_metadata": "x" * 3001},
        {"callback_id": "x" * 256},
        {"type": "popup"},
        {"blocks": [{"type": "markdown", "text": "x"}]},
        {"blocks": [{"type": "input", "label": plain(5), "element": {"type": "plain_text_input"}}], "submit": None},
        {"blocks": [{"type": "input", "label": plain(5), "element": button()}]},
        {"blocks": [{"type": "input", "label": plain(5), "element": {"type": "number_input"}}]},
    ],
)
def test_a_wrong_view_is_refused(more: dict[str, Any]) -> None:
    view = {"type": "modal", "title": plain(24), "submit": plain(24), "blocks": [{"type": "divider"}]}
    assert view_problems(view) == []
    assert view_problems({**view, **more}) != []
