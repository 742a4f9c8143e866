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


def user(row: Record) -> Record:
    """A user as `users.info` and `users.list` show one."""
    first, _, last = row["real_name"].partition(" ")
    profile: Record = {
        "title": row["title"],
        "phone": "",
        "skype": "",
        "real_name": row["real_name"],
        "real_name_normalized": row["real_name"],
        "display_name": row["name"],
        "display_name_normalized": row["name"],
        "status_text": "",
        "status_emoji": "",
        "status_emoji_display_info": [],
        "status_expiration": 0,
        "avatar_hash": "",
        "first_name": first,
        "last_name": last,
        **{f"image_{size}": f"https://a.slack-edge.com/{row['id']}_{size}.png" for size in (24, 32, 48, 72, 192, 512)},
        "team": seed.TEAM_ID,
    }
    if row["is_bot"]:
        profile |= {"api_app_id": row["app_id"], "always_active": False, "bot_id": row["bot_id"]}
    shown: Record = {"id": row["id"], "team_id": seed.TEAM_ID, "name": row["name"], "deleted": row["deleted"]}
    if not row["deleted"]:
        shown |= {
            "color": "9f69e7",
            "real_name": row["real_name"],
            "tz": row["tz"],
            "tz_label": row["tz_label"],
            "tz_offset": row["tz_offset"],
            "is_admin": row["is_admin"],
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": bool(row.get("is_restricted")),
            "is_ultra_restricted": bool(row.get("is_ultra_restricted")),
            "is_email_confirmed": True,
            "who_can_share_contact_card": "EVERYONE",
        }
    if row.get("is_stranger"):
        shown["is_stranger"] = True  # of another workspace; the vendor leaves it out for one's own people
    return shown | {"profile": profile, "is_bot": row["is_bot"], "is_app_user": False, "updated": row["updated"]}


def channel(row: Record) -> Record:
    """A channel as all conversation methods show one; each adds a key or two of its own."""
    return {
        "id": row["id"],
        "name": row["name"],
        "is_channel": not row["is_private"],
        "is_group": row["is_private"],
        "is_im": False,
        "is_mpim": False,
        "is_private": row["is_private"],
        "created": row["created"],
        "is_archived": False,
        "is_general": row["name"] == "general",
        "unlinked": 0,
        "name_normalized": row["name"],
        "is_shared": False,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "context_team_id": seed.TEAM_ID,
        "updated": row["created"] * 1000,
        "creator": "U0PRIYA",
        "is_ext_shared": False,
        "shared_team_ids": [seed.TEAM_ID],
        "pending_connected_team_ids": [],
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": row["purpose"], "creator": "U0PRIYA", "last_set": row["created"]},
        "previous_names": [],
    }


def direct(row: Record, *, user_deleted: bool) -> Record:
    """A direct conversation in a list of conversations."""
    return {
        "id": row["id"],
        "created": row["created"],
        "is_archived": False,
        "is_im": True,
        "is_org_shared": False,
        "context_team_id": seed.TEAM_ID,
        "updated": row["created"] * 1000,
        "user": row["user"],
        "is_user_deleted": user_deleted,
        "priority": 0,
    }


def group(row: Record, *, users: bool, count: bool) -> Record:
    """A user group."""
    shown = {
        "id": row["id"],
        "team_id": seed.TEAM_ID,
        "is_usergroup": True,
        "is_subteam": True,
        "name": row["name"],
        "description": "",
        "handle": row["handle"],
        "is_external": False,
        "date_create": row["created"],
        "date_update": row["created"],
        "date_delete": 0,
        "auto_provision": False,
        "enterprise_subteam_id": "",
        "created_by": "U0PRIYA",
        "updated_by": "U0PRIYA",
        "prefs": {"channels": [], "groups": []},
        "channel_count": 0,
    }
    if users:
        shown["users"] = row["users"]
    if users or count:
        shown["user_count"] = len(row["users"])
    return shown
