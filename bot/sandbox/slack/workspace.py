"""The emulated workspace: what people and apps do in it, and what they see."""

from __future__ import annotations

import uuid
from weakref import WeakValueDictionary

from bot.sandbox.slack import payloads, seed
from bot.sandbox.slack.blocks import normalised
from bot.sandbox.slack.directory import ActError
from bot.sandbox.slack.interactions import Interactions, Outcome
from bot.sandbox.world import Record, World

__all__ = ["ActError", "Outcome", "Workspace"]


class Workspace(Interactions):
    """Holds the workspace. All methods are for the one event loop that serves the sandbox.

    What people do comes in two parts: it happens at once (and raises ActError where nobody could do it in Slack), and
    the app hears of it in the background; the returned task ends with the app's answer and may be left alone.
    Users and channels are given by id, name or role.
    """

    def __init__(self, world: World) -> None:
        """Use `Workspace.of` where the world's workspace may be there already; raises RuntimeError if it is."""
        if id(world) in _WORKSPACES:
            raise RuntimeError("This world has its workspace already: take it with Workspace.of(world).")
        _WORKSPACES[id(world)] = self
        super().__init__(world)

    @classmethod
    def of(cls, world: World) -> Workspace:
        """The world's one workspace, made at the first call."""
        return _WORKSPACES.get(id(world)) or cls(world)

    @property
    def request_url(self) -> str | None:
        """Where signed HTTP requests go when no socket is open; None means nowhere."""
        return self.delivery.request_url

    @request_url.setter
    def request_url(self, url: str | None) -> None:
        self.delivery.request_url = url

    @property
    def scopes(self) -> tuple[str, ...]:
        """What the bot's token may do; a test may take some away."""
        return self.board.scopes

    @scopes.setter
    def scopes(self, scopes: tuple[str, ...]) -> None:
        self.board.scopes = scopes

    # What apps other than the bot do

    def post_as_app(self, channel: str, event: Record) -> str:
        """Posts a message as another app would: `event` is the message's part of Slack's event. Its ts.

        The message gets a ts of its own. A `message_changed` edits the message of that ts, or, where there is none,
        posts the previous one and edits that.
        """
        room = self.directory.channel(channel)
        if event.get("subtype") == "message_changed":
            return self._change_as_app(room, event)
        message = {key: event[key] for key in _APP_KEYS if event.get(key) not in (None, [], "")}
        message |= {"type": "message", "text": event.get("text") or "", "ts": self.board.messages.new_ts()}
        if self.board.messages.get(room["id"], message.get("thread_ts", "")) is None:
            message.pop("thread_ts", None)
        if "user" not in message:
            message.setdefault("bot_id", seed.BILL_BOT)
            message.setdefault("username", self.directory.bots.get(message["bot_id"], {}).get("name", "App"))
            message["subtype"] = "bot_message"
        else:
            message["team"] = seed.TEAM_ID
        if event.get("blocks"):
            message["blocks"] = normalised(event["blocks"])
        if event.get("attachments"):
            message["attachments"] = [{"id": number, **item} for number, item in enumerate(event["attachments"], 1)]
        if event.get("files"):
            _as_file_share(message)
            message["files"] = [self.files.adopt(file, room["id"], message.get("user")) for file in event["files"]]
        return self.board.post(room, message)

    # What people do

    def post_as_person(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> str:
        """A person writes a message, or a reply in a thread. Its ts."""
        person, room = self.directory.user(user), self.directory.channel(channel)
        if person["id"] not in room["members"]:
            raise ActError(f"{person['real_name']} is not in #{room['name']}.")
        if thread_ts is not None and self.board.messages.get(room["id"], thread_ts) is None:
            raise ActError(f"There is no message {thread_ts} to reply to.")
        written = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        message = {
            "client_msg_id": str(uuid.uuid4()),
            "type": "message",
            "text": written,
            "user": person["id"],
            "ts": self.board.messages.new_ts(),
            "team": seed.TEAM_ID,
            "blocks": normalised([_typed(text)]),
        }
        if thread_ts is not None:
            message["thread_ts"] = thread_ts
        return self.board.post(room, message)

    def edit_as_person(self, user: str, channel: str, ts: str, text: str) -> None:
        """A person edits his own message."""
        person, room = self.directory.user(user), self.directory.channel(channel)
        message = self._message(room, ts)
        if message.get("user") != person["id"]:
            raise ActError("Only who wrote a message can edit it.")
        changes = {"text": text, "blocks": normalised([_typed(text)])}
        self.board.change(room, message, changes, by=person["id"])

    def delete(self, channel: str, ts: str) -> None:
        """A message is deleted, by its author or an admin."""
        room = self.directory.channel(channel)
        self.board.erase(room, self._message(room, ts))

    def open_home(self, user: str, tab: str = "home") -> None:
        """A person opens the app's Home (or messages) tab."""
        person = self.directory.user(user)
        room = self.directory.direct(person["id"])
        assert room is not None  # noqa: S101 - made where missing
        event = {
            "type": "app_home_opened",
            "user": person["id"],
            "channel": room["id"],
            "tab": tab,
            "event_ts": self.board.messages.new_ts(),
        }
        view = self.views.home(person["id"])
        if view is not None and tab == "home":
            event["view"] = payloads.view(view)
        self.delivery.event(event)

    def invite(self, user: str, channel: str, inviter: str = "admin") -> None:
        """Somebody is added to a channel; the bot hears of it where it is a member."""
        self.join(user, channel, inviter=self.directory.user(inviter)["id"])

    def join(self, user: str, channel: str, *, inviter: str | None = None) -> None:
        """Somebody enters a channel, by himself or (with `inviter`, a user id) invited."""
        person, room = self.directory.user(user), self.directory.channel(channel)
        if person["id"] in room["members"]:
            return
        room = {**room, "members": [*room["members"], person["id"]]}
        self.directory.channels[room["id"]] = room
        if seed.BOT_USER in room["members"]:
            event = self._membership("member_joined_channel", person, room)
            self.delivery.event(event | ({"inviter": inviter} if inviter else {}))
        self.world.touch()

    def remove(self, user: str, channel: str) -> None:
        """Somebody leaves or is removed from a channel."""
        person, room = self.directory.user(user), self.directory.channel(channel)
        if person["id"] not in room["members"]:
            return
        hears = seed.BOT_USER in room["members"]
        self.directory.channels[room["id"]] = {
            **room,
            "members": [member for member in room["members"] if member != person["id"]],
        }
        if hears:
            self.delivery.event(self._membership("member_left_channel", person, room))
        self.world.touch()

    def put_in_group(self, user: str, group: str, *, member: bool = True) -> tuple[str, ...]:
        """A person is put into a user group, or (without `member`) taken out of it; who is in it then."""
        person = self.directory.user(user)
        found = self.directory.groups.get(group)
        if found is None:
            raise ActError(f"There is no user group {group!r} in the workspace.")
        others = [each for each in found["users"] if each != person["id"]]
        users = [*others, person["id"]] if member else others
        if set(users) != set(found["users"]):
            self.directory.groups[group] = {**found, "users": users}
            self.world.touch()
        return tuple(self.directory.groups[group]["users"])

    def deactivate(self, user: str, *, active: bool = False) -> None:
        """A user is deactivated, or (with `active`) activated again."""
        person = self.directory.user(user)
        self.directory.users[person["id"]] = {**person, "deleted": not active}
        self.world.touch()

    # Inside

    def _change_as_app(self, room: Record, event: Record) -> str:
        inner = event.get("message") or {}
        message = self.board.messages.get(room["id"], str(inner.get("ts") or ""))
        if message is None:
            message = self._message(room, self.post_as_app(room["id"], event.get("previous_message") or {}))
        changes: Record = {"text": inner.get("text") or "", "attachments": inner.get("attachments")}
        changes["blocks"] = normalised(inner["blocks"]) if inner.get("blocks") else None
        by = message.get("user") or message.get("bot_id") or seed.BILL_BOT
        return str(self.board.change(room, message, changes, by=by)["ts"])

    def _membership(self, kind: str, person: Record, room: Record) -> Record:
        return {
            "type": kind,
            "user": person["id"],
            "channel": room["id"],
            "channel_type": "G" if room["is_private"] else "C",
            "team": seed.TEAM_ID,
            "event_ts": self.board.messages.new_ts(),
        }


_WORKSPACES: WeakValueDictionary[int, Workspace] = WeakValueDictionary()
"""World's identity → its workspace, which the page, the controls and the addresses share; it keeps the world alive."""

_APP_KEYS = (
    *("subtype", "user", "bot_id", "app_id", "username", "icons", "attachments", "thread_ts"),
    *("upload", "display_as_bot", "metadata"),
)


def _as_file_share(message: Record) -> None:
    """Slack shows an app's file as shared by the app's user."""
    message.setdefault("user", seed.BILL_USER)
    message |= {"subtype": "file_share", "upload": True, "team": seed.TEAM_ID}
    message.pop("username", None)


def _typed(text: str) -> Record:
    """What Slack makes of typed text: a rich_text block."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}
