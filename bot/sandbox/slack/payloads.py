"""The payloads that the app gets of commands, clicks, shortcuts and views, with Slack's keys and no others."""

from __future__ import annotations

from typing import Any

from bot.sandbox.slack import seed
from bot.sandbox.slack.directory import ActError
from bot.sandbox.world import Record

_VIEW_KEYS = (
    *("id", "team_id", "type", "title", "submit", "close", "blocks", "private_metadata", "callback_id", "external_id"),
    *("state", "hash", "clear_on_close", "notify_on_close", "root_view_id", "previous_view_id"),
    *("app_id", "app_installed_team_id", "bot_id"),
)


def _team() -> Record:
    return {"id": seed.TEAM_ID, "domain": seed.TEAM_DOMAIN}


def _user(person: Record) -> Record:
    return {"id": person["id"], "username": person["name"], "name": person["name"], "team_id": seed.TEAM_ID}


def view(kept: Record) -> Record:
    """A view as payloads and replies show it."""
    return {key: kept[key] for key in _VIEW_KEYS if key in kept}


def command(person: Record, channel: Record, *, command: str, text: str, trigger: str, response_url: str) -> Record:
    """A slash command."""
    return {
        "token": seed.VERIFICATION_TOKEN,
        "team_id": seed.TEAM_ID,
        "team_domain": seed.TEAM_DOMAIN,
        "channel_id": channel["id"],
        "channel_name": channel["name"],
        "user_id": person["id"],
        "user_name": person["name"],
        "command": command,
        "text": text,
        "api_app_id": seed.APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger,
    }


def message_action(
    person: Record,
    channel: Record,
    message: Record,
    *,
    callback_id: str,
    action_ts: str,
    trigger: str,
    response_url: str,
) -> Record:
    """A message shortcut."""
    return {
        "type": "message_action",
        "token": seed.VERIFICATION_TOKEN,
        "action_ts": action_ts,
        "team": _team(),
        "user": {key: value for key, value in _user(person).items() if key != "username"},
        "channel": channel,
        "is_enterprise_install": False,
        "enterprise": None,
        "callback_id": callback_id,
        "trigger_id": trigger,
        "response_url": response_url,
        "message_ts": message["ts"],
        "message": message,
    }


def block_actions(
    person: Record,
    action: Record,
    *,
    trigger: str,
    state: Record | None,
    channel: Record | None = None,
    message: Record | None = None,
    message_ts: str | None = None,
    thread_ts: str | None = None,
    response_url: str | None = None,
    view: Record | None = None,
) -> Record:
    """A click: in a message (`message` is None for an ephemeral one), or in a view."""
    payload: Record = {
        "type": "block_actions",
        "user": _user(person),
        "api_app_id": seed.APP_ID,
        "token": seed.VERIFICATION_TOKEN,
        "trigger_id": trigger,
        "team": _team(),
        "enterprise": None,
        "is_enterprise_install": False,
        "actions": [action],
    }
    if view is not None:
        return payload | {"container": {"type": "view", "view_id": view["id"]}, "view": view}
    assert channel is not None  # noqa: S101 - a message has a channel
    container = {
        "type": "message",
        "message_ts": message_ts,
        "channel_id": channel["id"],
        "is_ephemeral": message is None,
    }
    if thread_ts is not None:
        container["thread_ts"] = thread_ts
    payload |= {
        "container": container,
        "channel": channel,
        "state": {"values": state or {}},
        "response_url": response_url,
    }
    return payload | ({"message": message} if message is not None else {})


def view_submission(person: Record, kept: Record, state: Record, *, trigger: str) -> Record:
    """A submitted modal, with all its inputs' values."""
    return {
        "type": "view_submission",
        "team": _team(),
        "user": _user(person),
        "api_app_id": seed.APP_ID,
        "token": seed.VERIFICATION_TOKEN,
        "trigger_id": trigger,
        "view": {**view(kept), "state": {"values": state}},
        "response_urls": [],
        "is_enterprise_install": False,
        "enterprise": None,
    }


def view_closed(person: Record, kept: Record, *, is_cleared: bool) -> Record:
    """A closed modal whose app wants to hear of it."""
    return {
        "type": "view_closed",
        "team": _team(),
        "user": _user(person),
        "api_app_id": seed.APP_ID,
        "token": seed.VERIFICATION_TOKEN,
        "view": view(kept),
        "is_cleared": is_cleared,
        "is_enterprise_install": False,
        "enterprise": None,
    }


def elements(blocks: list[Record]) -> list[tuple[Record, Record]]:
    """All interactive elements with their blocks."""
    found: list[tuple[Record, Record]] = []
    for block in blocks:
        inside = [block.get("accessory"), block.get("element"), *(block.get("elements") or [])]
        found += [(block, item) for item in inside if isinstance(item, dict) and "action_id" in item]
    return found


def action(blocks: list[Record], action_id: str, value: Any, block_id: str | None, ts: str) -> Record:
    """What a payload says of the one element that was used; raises ActError where there is none."""
    found = [
        (block, item)
        for block, item in elements(blocks)
        if item["action_id"] == action_id and block_id in (None, block["block_id"])
    ]
    buttons = [(block, item) for block, item in found if item["type"] == "button" and item.get("value") == value]
    if not found or (value is not None and found[0][1]["type"] == "button" and not buttons):
        raise ActError(f"There is no element {action_id!r} to use here.")
    block, item = (buttons or found)[0]
    base: Record = {"type": item["type"], "action_id": action_id, "block_id": block["block_id"]}
    if item["type"] == "button":
        base |= {key: item[key] for key in ("text", "value", "style", "url") if key in item}
    else:
        base |= {key: item[key] for key in ("placeholder",) if key in item}
        base |= chosen(item, value)
    return base | {"action_ts": ts}


VALUE_KEYS = {
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "checkboxes": "selected_options",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "conversations_select": "selected_conversation",
    "multi_conversations_select": "selected_conversations",
    "channels_select": "selected_channel",
    "multi_channels_select": "selected_channels",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "plain_text_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "number_input": "value",
    "rich_text_input": "rich_text_value",
    "file_input": "files",
}
"""Element type → the key under which its value stands."""


def chosen(item: Record, value: Any) -> Record:
    """An element's value under Slack's key; options may be given by their value; raises ActError for none such."""
    key = VALUE_KEYS.get(item["type"])
    if key is None:
        raise ActError(f"A {item['type']} takes no value.")
    if isinstance(value, dict) and key in value:
        value = value[key]
    if key == "selected_option":
        return {key: None if value is None else _option(item, value)}
    if key == "selected_options":
        return {key: [_option(item, each) for each in value or []]}
    return {key: value}


def _option(item: Record, value: Any) -> Record:
    if item["type"] in ("external_select", "multi_external_select") and isinstance(value, dict):
        return value
    wanted = value["value"] if isinstance(value, dict) else str(value)
    groups = item.get("option_groups") or [{"options": item.get("options") or []}]
    for group in groups:
        for option in group["options"]:
            if option["value"] == wanted:
                return {key: option[key] for key in ("text", "value") if key in option}
    raise ActError(f"{item['action_id']!r} has no option {wanted!r}.")


def remember(state: Record, used: Record) -> Record:
    """Puts a used element's value into a message's or view's state, and gives a copy of that."""
    key = VALUE_KEYS.get(used["type"])
    if key is not None and used["type"] != "overflow":
        state.setdefault(used["block_id"], {})[used["action_id"]] = {"type": used["type"], key: used[key]}
    return {block: dict(values) for block, values in state.items()}
