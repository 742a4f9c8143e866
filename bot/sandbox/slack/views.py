"""The people's open views: modal stacks, App Homes, and what submitting one gives."""

from __future__ import annotations

import secrets
from typing import Any

from bot.sandbox.slack import kit, payloads, seed
from bot.sandbox.slack.blocks import normalised
from bot.sandbox.slack.directory import ActError
from bot.sandbox.slack.files import Files
from bot.sandbox.world import Record, World

STACK_LIMIT = 3
"""Views in one modal stack."""


class Views:
    """Keeps each person's stack of modals and his App Home; rows are `{user, view}`, the front one last."""

    def __init__(self, world: World, files: Files) -> None:
        self._world = world
        self._files = files
        self._open = world.store.table("slack_view")
        self._homes = world.store.table("slack_home")

    def stack(self, user: str) -> list[Record]:
        """A person's open modals, the front one last."""
        return [row["view"] for row in self._open.values() if row["user"] == user]

    def home(self, user: str) -> Record | None:
        """A person's App Home as last published."""
        row = self._homes.get(user)
        return row["view"] if row else None

    def find(self, view_id: str | None, external_id: str | None) -> Record | None:
        """An open view or Home by its id or external id."""
        for row in (*self._open.values(), *self._homes.values()):
            view = row["view"]
            if (view_id and view["id"] == view_id) or (external_id and view["external_id"] == external_id):
                return row
        return None

    def visible(self, user: str, view_id: str) -> Record:
        """The person's front modal or Home of this id; raises ActError."""
        home = self._homes.get(user)
        if home is not None and home["view"]["id"] == view_id:
            return home
        return self.top(user, view_id)

    def top(self, user: str, view_id: str) -> Record:
        """The person's front modal, which must be this one; raises ActError."""
        rows = [row for row in self._open.values() if row["user"] == user]
        if not rows or rows[-1]["view"]["id"] != view_id:
            raise ActError(f"The view {view_id} is not in front of this person.")
        return rows[-1]

    def open(self, user: str, view: Record) -> Record:
        """Opens a modal; what the person had open goes."""
        for row in [row for row in self._open.values() if row["user"] == user]:
            del self._open[row["view"]["id"]]
        return self._add(user, view, previous=None)

    def push(self, user: str, view: Record) -> Record:
        """Puts a modal on top of the person's stack; raises ActError at three."""
        stack = self.stack(user)
        if len(stack) >= STACK_LIMIT:
            raise ActError("push_limit_reached")
        return self._add(user, view, previous=stack[-1] if stack else None)

    def update(self, row: Record, view: Record) -> Record:
        """Replaces a view's contents; the view as it is now."""
        old = row["view"]
        kept = self._made(view) | {key: old[key] for key in ("id", "root_view_id", "previous_view_id")}
        table = self._homes if old["type"] == "home" else self._open
        key = row["user"] if old["type"] == "home" else old["id"]
        table[key] = {**row, "view": kept}
        self._world.touch()
        return kept

    def publish(self, user: str, view: Record) -> Record:
        """Publishes a person's App Home."""
        row = self._homes.get(user)
        if row is not None:
            return self.update(row, view)
        kept = self._made(view) | {"id": _view_id()}
        kept |= {"root_view_id": kept["id"], "previous_view_id": None}
        self._homes[user] = {"user": user, "view": kept}
        self._world.touch()
        return kept

    def close(self, user: str, *, whole_stack: bool) -> list[Record]:
        """Takes the front modal, or the stack, away; the rows that went."""
        rows = [row for row in self._open.values() if row["user"] == user]
        gone = rows if whole_stack or rows[-1]["view"]["clear_on_close"] else rows[-1:]
        for row in reversed(gone):
            del self._open[row["view"]["id"]]
        self._world.touch()
        return gone

    def response_problem(self, user: str, view: Record, answer: Record) -> str | None:
        """What Slack would not take in the app's acknowledgement of a submission."""
        kind = answer.get("response_action")
        if kind in ("update", "push") and kit.view_problems(answer.get("view")):
            return "invalid_arguments"
        if kind == "push" and len(self.stack(user)) >= STACK_LIMIT:
            return "push_limit_reached"
        errors = answer.get("errors") or {}
        inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
        if kind == "errors" and (not errors or not errors.keys() <= inputs):
            return "invalid_arguments"
        return None

    def respond(self, user: str, view_id: str, answer: Record) -> tuple[dict[str, str] | None, Record | None]:
        """Does what the app's acknowledgement of a submission says: (errors, view)."""
        kind = answer.get("response_action")
        if kind == "errors":
            return dict(answer.get("errors") or {}), None
        row = self._open.get(view_id)
        if row is None:
            return None, None
        if kind == "update":
            return None, self.update(row, answer["view"])
        if kind == "push":
            return None, self.push(user, answer["view"])
        self.close(user, whole_stack=kind == "clear")
        return None, None

    def _add(self, user: str, view: Record, *, previous: Record | None) -> Record:
        kept = self._made(view) | {"id": _view_id()}
        kept |= {
            "root_view_id": previous["root_view_id"] if previous else kept["id"],
            "previous_view_id": previous["id"] if previous else None,
        }
        self._open[kept["id"]] = {"user": user, "view": kept}
        self._world.touch()
        return kept

    def _made(self, view: Record) -> Record:
        made: Record = {
            "team_id": seed.TEAM_ID,
            "type": view["type"],
            "title": _plain(view.get("title") or {"text": "View Title"}),
            "submit": _plain(view["submit"]) if view.get("submit") else None,
            "close": _plain(view["close"]) if view.get("close") else None,
            "blocks": normalised(view["blocks"]),
            "private_metadata": view.get("private_metadata") or "",
            "callback_id": view.get("callback_id") or "",
            "external_id": view.get("external_id") or "",
            "state": {"values": {}},
            "hash": f"{int(self._world.calendar.now().timestamp())}.{secrets.token_urlsafe(6)[:8]}",
            "clear_on_close": bool(view.get("clear_on_close")),
            "notify_on_close": bool(view.get("notify_on_close")),
            "app_id": seed.APP_ID,
            "app_installed_team_id": seed.TEAM_ID,
            "bot_id": seed.BOT_ID,
        }
        return made


def state_values(view: Record, given: Record, before: Record) -> tuple[Record, dict[str, str]]:
    """A modal's values as its submission carries them, and what Slack itself complains of, by block id."""
    state: Record = {}
    errors: dict[str, str] = {}
    for block_id in set(given) - {block["block_id"] for block in view["blocks"]}:
        raise ActError(f"The view has no block {block_id!r}.")
    for block, item in payloads.elements(view["blocks"]):
        key = payloads.VALUE_KEYS.get(item["type"])
        if key is None or item["type"] == "overflow":
            continue
        block_id, action_id = block["block_id"], item["action_id"]
        entered = given.get(block_id, {})
        if action_id in entered:
            value = payloads.chosen(item, entered[action_id])[key]
        elif action_id in before.get(block_id, {}):
            value = before[block_id][action_id][key]
        else:
            value = _initial(item, key)
        state.setdefault(block_id, {})[action_id] = {"type": item["type"], key: value}
        if block["type"] == "input" and (problem := _problem(block, item, value)):
            errors[block_id] = problem
    return state, errors


def _initial(item: Record, key: str) -> Any:
    start = item.get("initial_" + key.removeprefix("selected_"))
    if start is None and key.endswith("s"):
        return []
    return start


def _problem(block: Record, item: Record, value: Any) -> str | None:
    if value in (None, "", []):
        return None if block.get("optional") else "Please complete this required field."
    if not isinstance(value, str):
        return None
    if len(value) < item.get("min_length", 0):
        return f"Must be at least {item['min_length']} characters long."
    if len(value) > item.get("max_length", 3000):
        return f"Must be at most {item.get('max_length', 3000)} characters long."
    if item["type"] == "number_input":
        return _number_problem(item, value)
    return None


def _number_problem(item: Record, value: str) -> str | None:
    try:
        number = float(value)
    except ValueError:
        return "Must be a number."
    if not item.get("is_decimal_allowed") and not number.is_integer():
        return "Must be a whole number."
    if "min_value" in item and number < float(item["min_value"]):
        return f"Must be at least {item['min_value']}."
    if "max_value" in item and number > float(item["max_value"]):
        return f"Must be at most {item['max_value']}."
    return None


def _plain(text: Record) -> Record:
    return {"type": "plain_text", "text": text["text"], "emoji": text.get("emoji", True)}


def _view_id() -> str:
    return "V0" + secrets.token_hex(5).upper()
