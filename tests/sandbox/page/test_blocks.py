"""Blocks as HTML: every kind that a card or view uses, and hostile text in each place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lxml import html as reading

from bot.sandbox.page.blocks import draw
from bot.sandbox.page.mrkdwn import Reader

HOSTILE = "<script>alert(1)</script>\"'><b>"
READER = Reader(users={"U0DAN": "Dan Weber"}, channels={"C0GENERAL": "general"})


def text(words: str, kind: str = "plain_text") -> dict[str, str]:
    return {"type": kind, "text": words}


def drawn(*blocks: dict[str, Any]) -> reading.HtmlElement:
    return reading.fromstring(f"<main>{draw(blocks, READER)}</main>")


def option(value: str) -> dict[str, Any]:
    return {"text": text(f"the {value}"), "value": value}


def test_a_button_carries_what_a_press_needs() -> None:
    button = {
        "type": "button",
        "action_id": "case.create",
        "value": "12:abc",
        "style": "primary",
        "text": text("Create Net 45"),
        "confirm": {
            "title": text("Create?"),
            "text": text("*Now*", "mrkdwn"),
            "confirm": text("Yes"),
            "deny": text("No"),
        },
    }
    (found,) = drawn({"type": "actions", "block_id": "b1", "elements": [button]}).xpath("//button")
    assert found.text == "Create Net 45"
    assert "primary" in found.get("class")
    assert (found.get("data-action-id"), found.get("data-block-id"), found.get("data-value")) == (
        "case.create",
        "b1",
        "12:abc",
    )
    confirm = json.loads(found.get("data-confirm"))
    assert confirm == {"title": "Create?", "confirm": "Yes", "deny": "No", "html": "<strong>Now</strong>", "style": ""}


def test_a_link_button_is_a_link_unless_its_address_is_unsafe() -> None:
    def button(url: str) -> dict[str, Any]:
        return {"type": "button", "action_id": "a", "text": text("Open"), "url": url}

    good, bad = (drawn({"type": "actions", "elements": [button(u)]}) for u in ("https://x.test/", "javascript:a()"))
    assert good.xpath("//a/@href") == ["https://x.test/"]
    assert not bad.xpath("//a")


@pytest.mark.parametrize(
    ("element", "path"),
    [
        ({"type": "plain_text_input", "initial_value": "45"}, "//input[@type='text'][@value='45']"),
        ({"type": "plain_text_input", "multiline": True, "initial_value": "why"}, "//textarea[text()='why']"),
        ({"type": "number_input", "initial_value": "45", "min_value": "0"}, "//input[@type='number'][@min='0']"),
        ({"type": "datepicker", "initial_date": "2026-11-24"}, "//input[@type='date'][@value='2026-11-24']"),
        (
            {"type": "static_select", "options": [option("a"), option("b")], "initial_option": option("b")},
            "//select/option[@selected][@value='b']",
        ),
        (
            {"type": "multi_static_select", "options": [option("a"), option("b")], "initial_options": [option("a")]},
            "//select[@multiple]/option[@selected][@value='a']",
        ),
        (
            {"type": "radio_buttons", "options": [option("a"), option("b")], "initial_option": option("a")},
            "//input[@type='radio'][@checked][@value='a']",
        ),
        (
            {"type": "checkboxes", "options": [option("a")], "initial_options": [option("a")]},
            "//input[@type='checkbox'][@checked][@value='a']",
        ),
        ({"type": "users_select", "initial_user": "U0DAN"}, "//select/option[@selected][@value='U0DAN']"),
    ],
)
def test_an_input_shows_its_first_value_and_waits_for_the_submit(element: dict[str, Any], path: str) -> None:
    block = {"type": "input", "block_id": "edit.x", "label": text("Field"), "element": {**element, "action_id": "v"}}
    tree = drawn(block)
    assert tree.xpath(path)
    assert tree.xpath("//*[@data-kind][@data-block-id='edit.x'][@data-action-id='v'][not(@data-live)]")
    assert tree.xpath("//label[@for='field-edit.x-v'] | //fieldset/legend")
    assert tree.xpath("//*[@data-error-for='edit.x']")


def test_a_menu_in_a_message_acts_at_once_and_has_a_name() -> None:
    menu = {"type": "static_select", "action_id": "m", "placeholder": text("Pick one"), "options": [option("a")]}
    (select,) = drawn({"type": "section", "text": text("x"), "accessory": menu}).xpath("//select")
    assert (select.get("data-live"), select.get("aria-label")) == ("true", "Pick one")


def test_an_overflow_holds_a_button_an_option() -> None:
    overflow = {"type": "overflow", "action_id": "o", "options": [option("a"), option("b")]}
    buttons = drawn({"type": "actions", "elements": [overflow]}).xpath("//details//button")
    assert [button.get("data-value") for button in buttons] == ["a", "b"]


def test_section_header_context_divider_and_image() -> None:
    tree = drawn(
        {"type": "header", "text": text("Net 45 is missing")},
        {"type": "section", "text": text("*a*", "mrkdwn"), "fields": [text("f1"), text("f2")]},
        {"type": "context", "elements": [text("case 12"), {"type": "image", "image_url": "/x.png", "alt_text": "x"}]},
        {"type": "divider"},
        {"type": "image", "image_url": "https://elsewhere.test/x.png", "alt_text": "Twelve weeks"},
    )
    assert tree.xpath("//h4/text()") == ["Net 45 is missing"]
    assert tree.xpath("//strong/text()") == ["a"]
    assert tree.xpath("//div[@class='fields']/div/text()") == ["f1", "f2"]
    assert tree.xpath("//hr")
    assert tree.xpath("//img/@src") == ["/x.png"]
    assert "Twelve weeks" in tree.text_content()


def test_rich_text_is_drawn_with_its_styles_and_links() -> None:
    pieces = [
        {"type": "text", "text": "Invoice ["},
        {"type": "text", "text": "A-9", "style": {"bold": True}},
        {"type": "link", "url": "https://x.test/", "text": "there"},
        {"type": "user", "user_id": "U0DAN"},
        {"type": "emoji", "name": "warning"},
    ]
    section = {"type": "rich_text_section", "elements": pieces}
    bullets = {"type": "rich_text_list", "style": "bullet", "elements": [section]}
    tree = drawn({"type": "rich_text", "elements": [section, bullets]})
    assert tree.xpath("//p")[0].text_content() == "Invoice [A-9there@Dan Weber⚠️"
    assert tree.xpath("//p/strong/text()") == ["A-9"]
    assert tree.xpath("//ul/li//a/@href") == ["https://x.test/"]


def chart(**names: str) -> dict[str, Any]:
    weeks = ["Nov 16", names.get("week", "Nov 23")]
    counts = [(names.get("strand", "Missing in Intacct"), (4, 3)), ("To tidy up", (0, 2))]
    return {
        "type": "data_visualization",
        "title": names.get("title", "Findings, by week"),
        "chart": {
            "type": "bar",
            "series": [
                {"name": name, "data": [{"label": w, "value": v} for w, v in zip(weeks, values, strict=True)]}
                for name, values in counts
            ],
            "axis_config": {"categories": weeks, "x_label": "Week", "y_label": "Open findings"},
        },
    }


def test_a_chart_is_a_picture_with_its_numbers_as_a_table_beside_it() -> None:
    tree = drawn(chart())
    assert tree.xpath("//figcaption/text()") == ["Findings, by week"]
    (picture,) = tree.xpath("//svg")
    assert picture.get("role") == "img"
    assert "the table below says the same" in picture.get("aria-label")
    heights = [float(bar.get("height")) for bar in tree.xpath("//rect")]
    assert len(heights) == 3  # nothing is drawn of a zero
    assert max(heights) == pytest.approx(4 / 5 * 170, abs=0.1)
    table = [[cell.text_content() for cell in row] for row in tree.xpath("//table//tr")]
    assert table == [["Week", "Missing in Intacct", "To tidy up"], ["Nov 16", "4", "0"], ["Nov 23", "3", "2"]]
    assert tree.xpath("//table/caption/text()") == ["Findings, by week"]
    assert {cell.get("scope") for cell in tree.xpath("//th")} == {"col", "row"}
    assert not tree.xpath("//@style")


def test_a_kind_that_the_page_does_not_know_says_so() -> None:
    tree = drawn({"type": "video"}, {"type": "actions", "elements": [{"type": "workflow_button"}]})
    assert "a block of type video" in tree.text_content()
    assert "an element of type workflow_button" in tree.text_content()


@pytest.mark.parametrize(
    "block",
    [
        {"type": HOSTILE, "block_id": HOSTILE},
        {"type": "header", "text": text(HOSTILE)},
        {"type": "section", "text": text(HOSTILE, "mrkdwn"), "fields": [text(HOSTILE)]},
        chart(week=HOSTILE, strand=HOSTILE, title=HOSTILE),
        {"type": "context", "elements": [text(HOSTILE), {"type": "image", "image_url": HOSTILE, "alt_text": HOSTILE}]},
        {
            "type": "actions",
            "block_id": HOSTILE,
            "elements": [
                {
                    "type": "button",
                    "action_id": HOSTILE,
                    "value": HOSTILE,
                    "text": text(HOSTILE),
                    "confirm": {"title": text(HOSTILE), "text": text(HOSTILE)},
                },
                {"type": "overflow", "action_id": HOSTILE, "options": [option(HOSTILE)]},
                {"type": HOSTILE},
            ],
        },
        *(
            {
                "type": "input",
                "block_id": HOSTILE,
                "label": text(HOSTILE),
                "hint": text(HOSTILE),
                "element": {"type": kind, "action_id": HOSTILE, "placeholder": text(HOSTILE), "initial_value": HOSTILE}
                | {"options": [option(HOSTILE)], "initial_date": HOSTILE},
            }
            for kind in ("plain_text_input", "number_input", "datepicker", "static_select", "radio_buttons")
        ),
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [
                        {"type": "text", "text": HOSTILE},
                        {"type": "link", "url": f"https://x/{HOSTILE}", "text": HOSTILE},
                        {"type": "user", "user_id": HOSTILE},
                        {"type": "broadcast", "range": HOSTILE},
                    ],
                },
                {"type": HOSTILE},
            ],
        },
    ],
    ids=lambda block: str(block["type"])[:12],
)
def test_hostile_text_stays_text(block: dict[str, Any]) -> None:
    tree = drawn(block)
    assert not tree.xpath("//script | //b")
    assert not [name for node in tree.iter() for name in node.attrib if name.startswith("on")]
    for confirm in tree.xpath("//@data-confirm"):
        assert "<script" not in json.loads(confirm)["html"]


def test_each_choice_of_an_input_is_described_by_the_inputs_error() -> None:
    options = [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("one", "two")]
    element = {"type": "checkboxes", "action_id": "value", "options": options}
    block = {"type": "input", "block_id": "b", "label": {"type": "plain_text", "text": "Which"}, "element": element}
    drawn = str(draw([block], READER))
    assert drawn.count('aria-describedby="error-b"') == len(options)
