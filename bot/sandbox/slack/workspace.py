"""The emulated workspace: what people and apps do in it, and what they see."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from bot.sandbox.slack import payloads, seed, shapes
from bot.sandbox.slack.blocks import normalised
from bot.sandbox.slack.delivery import Ack, Delivery
from bot.sandbox.slack.directory import ActError, Directory
from bot.sandbox.slack.files import Files
from bot.sandbox.slack.leases import ResponseUrls, Triggers
from bot.sandbox.slack.messages import Messages
from bot.sandbox.slack.views import Views, state_values
from bot.sandbox.world import Record, World

__all__ = ["ActError", "Outcome", "Workspace"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the app answered what a person did."""

    ok: bool
    """The app acknowledged it in time, and (for a submission) had nothing to complain of."""
    error: str | None = None
    """Why not, in Slack's words: `operation_timeout`, `dispatch_failed`, `dispatch_unknown_error`."""
    errors: dict[str, str] = field(default_factory=dict)
    """A submission's problems by block id."""
    view: Record | None = None
    """The view that the app answered a submission with (updated or pushed)."""


class Workspace:
    """Holds the workspace. All methods are for the one event loop that serves the sandbox.

    What people do comes in two parts: it happens at once (and raises ActError where nobody could do it in Slack), and
    the app hears of it in the background; the returned task ends with the app's answer and may be left alone.
    Users and channels are given by id, name or role.
    """

    def __init__(self, world: World) -> None:
        """Use `Workspace.of` where the world's workspace may be there already; raises RuntimeError if it is."""
        if world in _WORKSPACES:
            raise RuntimeError("This world has its workspace already: take it with Workspace.of(world).")
        _WORKSPACES[world] = self
        self.world = world
        self.directory = Directory(world)
        self.messages_kept = Messages(world)
        self.triggers = Triggers()
        self.response_urls = ResponseUrls(world)
        self.files = Files(world)
        self.views = Views(world, self.files)
        self.delivery = Delivery(world)
        self.scopes: tuple[str, ...] = seed.SCOPES
        """What the bot's token may do; a test may take some away."""
        self._ephemerals = world.store.table("slack_ephemeral")
        self._states: dict[str, Record] = {}

    @classmethod
    def of(cls, world: World) -> Workspace:
        """The world's one workspace, made at the first call."""
        return _WORKSPACES.get(world) or cls(world)

    @property
    def request_url(self) -> str | None:
        """Where signed HTTP requests go when no socket is open; None means nowhere."""
        return self.delivery.request_url

    @request_url.setter
    def request_url(self, url: str | None) -> None:
        self.delivery.request_url = url

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
        message |= {"type": "message", "text": event.get("text") or "", "ts": self.messages_kept.new_ts()}
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
        return self.post(room, message)

    # What people do

    def post_as_person(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> str:
        """A person writes a message, or a reply in a thread. Its ts."""
        person, room = self.directory.user(user), self.directory.channel(channel)
        if person["id"] not in room["members"]:
            raise ActError(f"{person['real_name']} is not in #{room['name']}.")
        if thread_ts is not None and self.messages_kept.get(room["id"], thread_ts) is None:
            raise ActError(f"There is no message {thread_ts} to reply to.")
        written = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        message = {
            "client_msg_id": str(uuid.uuid4()),
            "type": "message",
            "text": written,
            "user": person["id"],
            "ts": self.messages_kept.new_ts(),
            "team": seed.TEAM_ID,
            "blocks": normalised([_typed(text)]),
        }
        if thread_ts is not None:
            message["thread_ts"] = thread_ts
        return self.post(room, message)

    def edit_as_person(self, user: str, channel: str, ts: str, text: str) -> None:
        """A person edits his own message."""
        person, room = self.directory.user(user), self.directory.channel(channel)
        message = self._message(room, ts)
        if message.get("user") != person["id"]:
            raise ActError("Only who wrote a message can edit it.")
        changes = {"text": text, "blocks": normalised([_typed(text)])}
        self.change(room, message, changes, by=person["id"])

    def delete(self, channel: str, ts: str) -> None:
        """A message is deleted, by its author or an admin."""
        room = self.directory.channel(channel)
        self.erase(room, self._message(room, ts))

    def press(
        self,
        user: str,
        channel: str | None,
        ts: str,
        action_id: str,
        *,
        value: Any = None,
        block_id: str | None = None,
    ) -> asyncio.Task[Outcome]:
        """A person uses a button, menu or other element of a message, an ephemeral message, or a view.

        `ts` is the message's, or a view's id (channel is then not looked at). `value` tells which of several buttons
        with this action id, or what was chosen: an option's value, a list of them, a user id, a date.
        """
        person = self.directory.user(user)
        if ts.startswith("V"):
            kept = self.views.visible(person["id"], ts)
            payload = self._press_in_view(person, kept, action_id, value, block_id)
        else:
            payload = self._press_in_message(
                person, self.directory.channel(channel or ""), ts, action_id, value, block_id
            )
        room = payload.get("channel", {}).get("id")
        return self._interact("interactive", payload, person["id"], room, f"The button {action_id}")

    def command(self, user: str, channel: str, command: str, text: str = "") -> asyncio.Task[Outcome]:
        """A person enters a slash command in a channel."""
        person, room = self.directory.user(user), self.directory.channel(channel)
        name = command if command.startswith("/") else "/" + command
        response_url = self.response_urls.lend(user=person["id"], channel=room["id"])
        payload = payloads.command(
            person,
            {"id": room["id"], "name": self.directory.shown_name(room)},
            command=name,
            text=text.strip(),
            trigger=self.triggers.lend(person["id"]),
            response_url=response_url,
        )
        return self._interact("slash_commands", payload, person["id"], room["id"], name)

    def shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> asyncio.Task[Outcome]:
        """A person chooses a message shortcut in a message's menu."""
        person, room = self.directory.user(user), self.directory.channel(channel)
        message = self._message(room, ts)
        payload = payloads.message_action(
            person,
            {"id": room["id"], "name": self.directory.shown_name(room)},
            shapes.payload_message(message),
            callback_id=callback_id,
            action_ts=self.messages_kept.new_ts(),
            trigger=self.triggers.lend(person["id"]),
            response_url=self.response_urls.lend(user=person["id"], channel=room["id"], ts=ts),
        )
        return self._interact("interactive", payload, person["id"], room["id"], f"The shortcut {callback_id}")

    def submit(self, user: str, view_id: str, values: Record | None = None) -> asyncio.Task[Outcome]:
        """A person presses a view's submit button; `values`: block id → action id → what was entered or chosen.

        What is not given stays as the view shows it. Slack itself refuses a missing or impossible value: the outcome
        then carries `errors` and the app hears nothing.
        """
        person = self.directory.user(user)
        kept = self.views.top(person["id"], view_id)
        state, errors = state_values(kept["view"], values or {}, self._states.get(view_id, {}))
        if errors:
            return asyncio.ensure_future(_done(Outcome(ok=False, errors=errors)))
        self._states[view_id] = state
        return asyncio.ensure_future(self._submit(person, kept, state))

    def close_view(self, user: str, view_id: str, *, whole_stack: bool = False) -> None:
        """A person closes a view by its cancel button, or the whole stack."""
        person = self.directory.user(user)
        kept = self.views.top(person["id"], view_id)
        closed = self.views.close(person["id"], whole_stack=whole_stack)
        for gone in closed:
            if gone["view"]["notify_on_close"]:
                payload = payloads.view_closed(person, gone["view"], is_cleared=whole_stack)
                self._interact("interactive", payload, person["id"], None, "Closing the view")
        self._states.pop(kept["view"]["id"], None)
        self.world.touch()

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
            "event_ts": self.messages_kept.new_ts(),
        }
        view = self.views.home(person["id"])
        if view is not None and tab == "home":
            event["view"] = payloads.view(view)
        self.delivery.event(event)

    def invite(self, user: str, channel: str, inviter: str = "admin") -> None:
        """Somebody is added to a channel; the bot hears of it where it is a member."""
        self.join(user, channel, inviter=self.directory.user(inviter)["id"])

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

    def deactivate(self, user: str, *, active: bool = False) -> None:
        """A user is deactivated, or (with `active`) activated again."""
        person = self.directory.user(user)
        self.directory.users[person["id"]] = {**person, "deleted": not active}
        self.world.touch()

    # What people see

    def channels(self) -> list[Record]:
        """Channels and open direct conversations: id, name, purpose, is_im, is_private, members, user (of a DM)."""
        return list(self.directory.channels.values())

    def users(self) -> list[Record]:
        """Users: id, name, real_name, title, tz, is_admin, is_bot, bot_id, deleted."""
        return list(self.directory.users.values())

    def messages(self, channel: str) -> list[Record]:
        """A channel's messages, oldest first, each with `replies`; beside Slack's keys `sender`, `is_app`, `is_edited`.

        Slack marks an app's message as edited only where it has no blocks.
        """
        room = self.directory.channel(channel)
        return [self._shown(room, message) for message in self.messages_kept.of(room["id"])]

    def thread(self, channel: str, ts: str) -> list[Record]:
        """A thread: its root and its replies, oldest first."""
        room = self.directory.channel(channel)
        return [self._shown(room, message) for message in self._thread_of(room, ts)]

    def ephemerals(self, user: str, channel: str) -> list[Record]:
        """What only this person sees in a channel, oldest first; in a thread where it has a `thread_ts`."""
        person, room = self.directory.user(user), self.directory.channel(channel)
        return [
            {**row["message"], "sender": self._sender(row["message"]), "is_app": True, "is_edited": False}
            for row in self._ephemerals.values()
            if row["user"] == person["id"] and row["channel"] == room["id"]
        ]

    def open_views(self, user: str) -> list[Record]:
        """The person's stack of open modals, the one in front last."""
        return self.views.stack(self.directory.user(user)["id"])

    def home(self, user: str) -> Record | None:
        """The person's App Home as the app last published it; None before the first time."""
        return self.views.home(self.directory.user(user)["id"])

    def direct(self, user: str) -> Record:
        """The app's direct conversation with a person (opened if need be), as `channels` gives it."""
        room = self.directory.direct(self.directory.user(user)["id"])
        assert room is not None  # noqa: S101 - made where missing
        return room

    # What the Web API does too

    def post(self, room: Record, message: Record) -> str:
        """Keeps a new message and tells the bot, where it is a member. Its ts."""
        root = message.get("thread_ts")
        parent = self.messages_kept.get(room["id"], root) if root else None
        if parent is not None:
            author = parent.get("user")
            if author is not None and "user" in message:
                message["parent_user_id"] = author
        if message.get("bot_id") in self.directory.bots and "username" not in message:
            message["bot_profile"] = shapes.bot_profile(self.directory.bots[message["bot_id"]])
        self.messages_kept.put(room["id"], message)
        if seed.BOT_USER in room["members"]:
            event = shapes.event_message(message)
            self.delivery.event(event | self._placed(room, message["ts"]))
        self.world.touch()
        return str(message["ts"])

    def change(self, room: Record, message: Record, changes: Record, *, by: str) -> Record:
        """Edits a message and tells the bot; the message as it is now."""
        previous = dict(message)
        changed = {key: value for key, value in (message | changes).items() if value not in (None, [])}
        changed["edited"] = {"user": by, "ts": self.messages_kept.new_ts()}
        self.messages_kept.put(room["id"], changed)
        if seed.BOT_USER in room["members"]:
            ts = self.messages_kept.new_ts()
            event = {
                "type": "message",
                "subtype": "message_changed",
                "hidden": True,
                "message": shapes.nested_message(changed),
                "previous_message": shapes.nested_message(previous),
                "ts": ts,
            }
            self.delivery.event(event | self._placed(room, ts))
        self.world.touch()
        return changed

    def erase(self, room: Record, message: Record) -> None:
        """Deletes a message and tells the bot; a thread's root leaves a tombstone."""
        if self.messages_kept.replies(room["id"], message["ts"]):
            stone = {
                "type": "message",
                "subtype": "tombstone",
                "text": "This message was deleted.",
                "user": seed.SLACKBOT,
                "ts": message["ts"],
            }
            self.messages_kept.put(room["id"], stone)
        else:
            self.messages_kept.remove(room["id"], message["ts"])
        if seed.BOT_USER in room["members"]:
            ts = self.messages_kept.new_ts()
            event = {
                "type": "message",
                "subtype": "message_deleted",
                "hidden": True,
                "deleted_ts": message["ts"],
                "previous_message": shapes.nested_message(message),
                "ts": ts,
            }
            self.delivery.event(event | self._placed(room, ts))
        self.world.touch()

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

    def whisper(self, user: str, channel: str, message: Record) -> str:
        """Shows a message to one person only. Its ts."""
        ts = self.messages_kept.new_ts()
        kept = {key: value for key, value in message.items() if value not in (None, [])}
        kept |= {"type": "message", "ts": ts, "is_ephemeral": True}
        self._ephemerals[ts] = {"user": user, "channel": channel, "message": kept}
        self.world.touch()
        return ts

    def answer(self, lease: Record, body: Record) -> str | None:
        """Does what a response URL, or an acknowledgement that carries a message, asks for; an error or None."""
        ts = lease.get("ts")
        whispered = self._ephemerals.get(ts) if ts else None
        room = self.directory.channels[lease["channel"]]
        original = self.messages_kept.get(room["id"], ts) if ts else None
        if body.get("delete_original") and ts:
            if whispered is not None:
                del self._ephemerals[ts]
                self.world.touch()
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

    # Inside

    def _replace(self, room: Record, original: Record | None, whispered: Record | None, message: Record) -> str | None:
        if whispered is not None:
            kept = {**whispered["message"], "blocks": None, "attachments": None, **message}
            kept = {key: value for key, value in kept.items() if value is not None}
            self._ephemerals[kept["ts"]] = {**whispered, "message": kept}
            self.world.touch()
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
            message |= {"type": "message", "ts": self.messages_kept.new_ts()}
            self.post(room, message)
        else:
            self.whisper(lease["user"], room["id"], message)
        return None

    def _change_as_app(self, room: Record, event: Record) -> str:
        inner = event.get("message") or {}
        message = self.messages_kept.get(room["id"], str(inner.get("ts") or ""))
        if message is None:
            self.post_as_app(room["id"], event.get("previous_message") or {**inner, "text": ""})
            message = self.messages_kept.of(room["id"])[-1]
        changes: Record = {"text": inner.get("text") or "", "attachments": inner.get("attachments")}
        changes["blocks"] = normalised(inner["blocks"]) if inner.get("blocks") else None
        by = message.get("user") or message.get("bot_id") or seed.BILL_BOT
        return str(self.change(room, message, changes, by=by)["ts"])

    def _message(self, room: Record, ts: str) -> Record:
        message = self.messages_kept.get(room["id"], ts)
        if message is None or message.get("subtype") == "tombstone":
            raise ActError(f"There is no message {ts} in {room['name'] or room['id']}.")
        return message

    def _thread_of(self, room: Record, ts: str) -> list[Record]:
        root = self.messages_kept.get(room["id"], ts)
        if root is None:
            raise ActError(f"There is no message {ts} in {room['name'] or room['id']}.")
        return [root, *self.messages_kept.replies(room["id"], ts)]

    def _shown(self, room: Record, message: Record) -> Record:
        replies = []
        if message.get("thread_ts") in (None, message["ts"]):
            replies = [self._shown(room, reply) for reply in self.messages_kept.replies(room["id"], message["ts"])]
        return {
            **message,
            "channel": room["id"],
            "sender": self._sender(message),
            "is_app": "bot_id" in message,
            "is_edited": "edited" in message and not ("bot_id" in message and message.get("blocks")),
            "replies": replies,
        }

    def _sender(self, message: Record) -> str:
        if message.get("username"):
            return str(message["username"])
        user = self.directory.users.get(message.get("user") or "")
        if user is not None:
            return str(user["real_name"])
        bot = self.directory.bots.get(message.get("bot_id") or "")
        return str(bot["name"]) if bot else "Slackbot"

    def _placed(self, room: Record, ts: str) -> Record:
        return {"channel": room["id"], "event_ts": ts, "channel_type": self.directory.kind(room)}

    def _membership(self, kind: str, person: Record, room: Record) -> Record:
        return {
            "type": kind,
            "user": person["id"],
            "channel": room["id"],
            "channel_type": "G" if room["is_private"] else "C",
            "team": seed.TEAM_ID,
            "event_ts": self.messages_kept.new_ts(),
        }

    def _press_in_message(
        self, person: Record, room: Record, ts: str, action_id: str, value: Any, block_id: str | None
    ) -> Record:
        whispered = self._ephemerals.get(ts)
        if whispered is not None and (whispered["user"] != person["id"] or whispered["channel"] != room["id"]):
            raise ActError("Only the person whom it was shown to sees this message.")
        message = whispered["message"] if whispered else self._message(room, ts)
        action = payloads.action(message.get("blocks", []), action_id, value, block_id, self.messages_kept.new_ts())
        state = payloads.remember(self._states.setdefault(f"{room['id']}:{ts}:{person['id']}", {}), action)
        thread_ts = message.get("thread_ts")
        return payloads.block_actions(
            person,
            action,
            trigger=self.triggers.lend(person["id"]),
            state=state,
            channel={"id": room["id"], "name": self.directory.shown_name(room)},
            message=None if whispered else shapes.payload_message(message),
            message_ts=ts,
            thread_ts=thread_ts,
            response_url=self.response_urls.lend(user=person["id"], channel=room["id"], ts=ts, thread_ts=thread_ts),
        )

    def _press_in_view(self, person: Record, kept: Record, action_id: str, value: Any, block_id: str | None) -> Record:
        view = kept["view"]
        action = payloads.action(view["blocks"], action_id, value, block_id, self.messages_kept.new_ts())
        state = payloads.remember(self._states.setdefault(view["id"], {}), action)
        return payloads.block_actions(
            person,
            action,
            trigger=self.triggers.lend(person["id"], view["id"]),
            state=None,
            view={**payloads.view(view), "state": {"values": state}},
        )

    def _interact(self, kind: str, payload: Record, user: str, channel: str | None, what: str) -> asyncio.Task[Outcome]:
        return asyncio.ensure_future(self._tell(kind, payload, user, channel, what))

    async def _tell(self, kind: str, payload: Record, user: str, channel: str | None, what: str) -> Outcome:
        ack = await self.delivery.interaction(kind, payload)
        if not ack.ok:
            self._say_failed(user, channel, what, ack)
            return Outcome(ok=False, error=ack.error)
        if kind == "slash_commands" and channel is not None and (ack.payload.get("text") or ack.payload.get("blocks")):
            self.answer({"user": user, "channel": channel}, ack.payload)
        return Outcome(ok=True)

    def _say_failed(self, user: str, channel: str | None, what: str, ack: Ack) -> None:
        room = channel or self.direct(user)["id"]
        self.whisper(user, room, {"user": seed.SLACKBOT, "text": f'{what} failed with the error "{ack.error}"'})

    async def _submit(self, person: Record, kept: Record, state: Record) -> Outcome:
        view_id = kept["view"]["id"]
        payload = payloads.view_submission(
            person, kept["view"], state, trigger=self.triggers.lend(person["id"], view_id)
        )
        ack = await self.delivery.interaction("interactive", payload)
        if not ack.ok:
            return Outcome(ok=False, error=ack.error)
        errors, view = self.views.respond(person["id"], view_id, ack.payload)
        self.world.touch()
        if errors is not None:
            return Outcome(ok=False, errors=errors)
        return Outcome(ok=True, view=view)


_WORKSPACES: WeakKeyDictionary[World, Workspace] = WeakKeyDictionary()
"""The page, the controls and the addresses of one world share its workspace."""

_APP_KEYS = (
    *("subtype", "user", "bot_id", "app_id", "username", "icons", "attachments", "thread_ts"),
    *("upload", "display_as_bot", "metadata"),
)


def _as_file_share(message: Record) -> None:
    """Slack shows an app's file as shared by the app's user."""
    message.setdefault("user", seed.BILL_USER)
    message |= {"subtype": "file_share", "upload": True, "team": seed.TEAM_ID}
    message.pop("username", None)


async def _done(outcome: Outcome) -> Outcome:
    return outcome


def _typed(text: str) -> Record:
    """What Slack makes of typed text: a rich_text block."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}
