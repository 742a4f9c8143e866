"""What Slack shows of a message, user, channel, file or view: each shape has Slack's keys and no others."""

from __future__ import annotations

from collections.abc import Iterable

from bot.sandbox.slack import seed
from bot.sandbox.world import Record

_EVENT_KEYS = (
    "client_msg_id",
    "type",
    "subtype",
    "text",
    "user",
    "team",
    "bot_id",
    "bot_profile",
    "blocks",
    "attachments",
    "ts",
    "thread_ts",
    "parent_user_id",
    "edited",
)
_BOT_EVENT_KEYS = (
    "type",
    "subtype",
    "bot_id",
    "username",
    "icons",
    "text",
    "blocks",
    "attachments",
    "ts",
    "thread_ts",
)
_FILE_EVENT_KEYS = (
    "type",
    "subtype",
    "text",
    "user",
    "blocks",
    "attachments",
    "files",
    "upload",
    "display_as_bot",
    "ts",
    "thread_ts",
    "parent_user_id",
)
_UPDATED_KEYS = ("type", "text", "user", "bot_id", "bot_profile", "app_id", "team", "edited", "blocks", "metadata")
_POSTED_KEYS = (
    "type",
    "text",
    "user",
    "ts",
    "team",
    "bot_id",
    "bot_profile",
    "app_id",
    "thread_ts",
    "parent_user_id",
    "blocks",
    "attachments",
    "metadata",
)
_HISTORY_KEYS = (
    *("type", "subtype", "text", "user", "username", "icons", "ts", "team", "bot_id", "bot_profile", "app_id"),
    *("thread_ts", "parent_user_id", "client_msg_id", "blocks", "attachments", "files", "upload"),
    *("edited", "reactions", "metadata"),
)


def _pick(message: Record, keys: Iterable[str]) -> Record:
    return {key: message[key] for key in keys if message.get(key) is not None}


def bot_profile(bot: Record) -> Record:
    """An app's face beside a message."""
    return {
        "id": bot["id"],
        "app_id": bot["app_id"],
        "name": bot["name"],
        "icons": icons(bot["id"]),
        "deleted": False,
        "updated": bot["updated"],
        "team_id": seed.TEAM_ID,
    }


def icons(name: str) -> Record:
    """An app's pictures, in the three sizes that Slack names."""
    return {f"image_{size}": f"https://a.slack-edge.com/{name}_{size}.png" for size in (36, 48, 72)}


def history_message(message: Record, thread: list[Record], *, metadata: bool) -> Record:
    """A message as `conversations.history` and `conversations.replies` show it; `thread`: its replies, if a root."""
    shown = _pick(message, _HISTORY_KEYS)
    if not metadata:
        shown.pop("metadata", None)
    if thread:
        repliers = list(dict.fromkeys(reply.get("user") or reply["bot_id"] for reply in thread))
        shown |= {
            "thread_ts": message["ts"],
            "reply_count": len(thread),
            "reply_users_count": len(repliers),
            "latest_reply": thread[-1]["ts"],
            "reply_users": repliers,
            "is_locked": False,
            "subscribed": False,
        }
    return shown


def reply_message(message: Record, thread: list[Record], *, metadata: bool) -> Record:
    """A message as `conversations.replies` shows it: as history does, without the keys that threads do not have."""
    shown = history_message(message, thread, metadata=metadata)
    return {key: value for key, value in shown.items() if key not in ("subtype", "username", "icons", "client_msg_id")}


def posted_message(message: Record) -> Record:
    """A message as `chat.postMessage` answers it."""
    return _pick(message, _POSTED_KEYS)


def updated_message(message: Record) -> Record:
    """A message as `chat.update` answers it."""
    return _pick(message, _UPDATED_KEYS)


def event_message(message: Record) -> Record:
    """A message's part of an event: which keys depends on who posted it, and whether it carries files."""
    subtype = message.get("subtype")
    if subtype == "bot_message":
        return _pick(message, _BOT_EVENT_KEYS)
    if subtype == "file_share":
        return _pick(message, _FILE_EVENT_KEYS)
    return _pick(message, _EVENT_KEYS)


def nested_message(message: Record) -> Record:
    """A message inside `message_changed` or `message_deleted`."""
    return _pick(message, _EVENT_KEYS)


def payload_message(message: Record) -> Record:
    """A message inside a click's or a shortcut's payload."""
    return _pick(
        message,
        (
            *("type", "subtype", "user", "username", "bot_id", "app_id", "text", "blocks", "attachments", "files"),
            *("ts", "thread_ts", "parent_user_id", "team", "bot_profile", "client_msg_id", "edited", "metadata"),
        ),
    )
