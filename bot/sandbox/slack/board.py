"""The message board: what posting, editing, deleting and whispering do, whoever does it, and what the bot hears."""

from __future__ import annotations

from bot.sandbox.slack import seed, shapes
from bot.sandbox.slack.blocks import normalised
from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.directory import Directory
from bot.sandbox.slack.messages import Messages
from bot.sandbox.world import Record, World

_HEARD_WITH = {
    "channel": ("message.channels", "channels:history"),
    "group": ("message.groups", "groups:history"),
    "im": ("message.im", "im:history"),
}
"""The event that an app must subscribe to, and the scope that it must have, to hear a kind of conversation."""


class Board:
    """Keeps messages and ephemeral messages, and tells the bot of what happens where it is a member."""

    def __init__(self, world: World, directory: Directory, delivery: Delivery) -> None:
        self.messages = Messages(world)
        self.ephemerals = world.store.table("slack_ephemeral")
        self.scopes: tuple[str, ...] = seed.SCOPES
        self.events: tuple[str, ...] = seed.MESSAGE_EVENTS
        self._world = world
        self._directory = directory
        self._delivery = delivery

    def post(self, room: Record, message: Record) -> str:
        """Keeps a new message and tells the bot, where it is a member. Its ts."""
        root = message.get("thread_ts")
        parent = self.messages.get(room["id"], root) if root else None
        if parent is not None:
            author = parent.get("user")
            if author is not None and "user" in message:
                message["parent_user_id"] = author
        if message.get("bot_id") in self._directory.bots and "username" not in message:
            message["bot_profile"] = shapes.bot_profile(self._directory.bots[message["bot_id"]])
        self.messages.put(room["id"], message)
        self._tell(room, shapes.event_message(message), message["ts"])
        self._world.touch()
        return str(message["ts"])

    def change(self, room: Record, message: Record, changes: Record, *, by: str) -> Record:
        """Edits a message and tells the bot; the message as it is now."""
        previous = dict(message)
        changed = {key: value for key, value in (message | changes).items() if value not in (None, [])}
        changed["edited"] = {"user": by, "ts": self.messages.new_ts()}
        self.messages.put(room["id"], changed)
        ts = self.messages.new_ts()
        event = {
            "type": "message",
            "subtype": "message_changed",
            "hidden": True,
            "message": shapes.nested_message(changed),
            "previous_message": shapes.nested_message(previous),
            "ts": ts,
        }
        self._tell(room, event, ts)
        self._world.touch()
        return changed

    def erase(self, room: Record, message: Record) -> None:
        """Deletes a message and tells the bot; a thread's root leaves a tombstone."""
        if self.messages.replies(room["id"], message["ts"]):
            stone = {
                "type": "message",
                "subtype": "tombstone",
                "text": "This message was deleted.",
                "user": seed.SLACKBOT,
                "ts": message["ts"],
            }
            self.messages.put(room["id"], stone)
        else:
            self.messages.remove(room["id"], message["ts"])
        ts = self.messages.new_ts()
        event = {
            "type": "message",
            "subtype": "message_deleted",
            "hidden": True,
            "deleted_ts": message["ts"],
            "previous_message": shapes.nested_message(message),
            "ts": ts,
        }
        self._tell(room, event, ts)
        self._world.touch()

    def whisper(self, user: str, channel: str, message: Record) -> str:
        """Shows a message to one person only. Its ts."""
        ts = self.messages.new_ts()
        kept = {key: value for key, value in message.items() if value not in (None, [])}
        kept |= {"type": "message", "ts": ts, "is_ephemeral": True}
        self.ephemerals[ts] = {"user": user, "channel": channel, "message": kept}
        self._world.touch()
        return ts

    def answer(self, lease: Record, body: Record) -> str | None:
        """Does what a response URL, or an acknowledgement that carries a message, asks for; an error or None."""
        ts = lease.get("ts")
        whispered = self.ephemerals.get(ts) if ts else None
        room = self._directory.channels[lease["channel"]]
        original = self.messages.get(room["id"], ts) if ts else None
        if body.get("delete_original") and ts:
            if whispered is not None:
                del self.ephemerals[ts]
                self._world.touch()
            elif original is not None:
                self.erase(room, original)
            return None
        message: Record = {key: body[key] for key in ("blocks", "attachments") if body.get(key)}
        if "blocks" in message:
            message["blocks"] = normalised(message["blocks"])
        message["text"] = body.get("text") or ""
        if body.get("replace_original") and ts:
            return self._replace(room, original, whispered, message)
        return self._answer_anew(lease, room, body, message, whispered)

    def _replace(self, room: Record, original: Record | None, whispered: Record | None, message: Record) -> str | None:
        if whispered is not None:
            kept = {**whispered["message"], "blocks": None, "attachments": None, **message}
            kept = {key: value for key, value in kept.items() if value is not None}
            self.ephemerals[kept["ts"]] = {**whispered, "message": kept}
            self._world.touch()
        elif original is not None:
            changes = {"blocks": None, "attachments": None, **message}
            self.change(room, original, changes, by=seed.BOT_ID)
        else:
            return "message_not_found"
        return None

    def _answer_anew(
        self, lease: Record, room: Record, body: Record, message: Record, whispered: Record | None
    ) -> str | None:
        message |= {"user": seed.BOT_USER, "bot_id": seed.BOT_ID, "app_id": seed.APP_ID, "team": seed.TEAM_ID}
        thread = body.get("thread_ts") or lease.get("thread_ts")
        if thread is None and whispered is not None:
            thread = whispered["message"].get("thread_ts")
        if thread:
            message["thread_ts"] = thread
        if body.get("response_type") == "in_channel":
            message |= {"type": "message", "ts": self.messages.new_ts()}
            self.post(room, message)
        else:
            self.whisper(lease["user"], room["id"], message)
        return None

    def _tell(self, room: Record, event: Record, ts: str) -> None:
        """Tells the bot of a message, where it is a member and may hear of it."""
        kind = self._directory.kind(room)
        event_name, scope = _HEARD_WITH[kind]
        if seed.BOT_USER in room["members"] and event_name in self.events and scope in self.scopes:
            self._delivery.event({**event, "channel": room["id"], "event_ts": ts, "channel_type": kind})
