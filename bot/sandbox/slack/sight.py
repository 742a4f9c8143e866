"""The workspace's parts, and what people see of them."""

from __future__ import annotations

from bot.sandbox.slack.board import Board
from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.directory import ActError, Directory
from bot.sandbox.slack.files import Files
from bot.sandbox.slack.leases import ResponseUrls, Triggers
from bot.sandbox.slack.views import Views
from bot.sandbox.world import Record, World


class Sight:
    """Everything that can be looked at. Users and channels are given by id, name or role."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.directory = Directory(world)
        self.triggers = Triggers()
        self.response_urls = ResponseUrls(world)
        self.files = Files(world)
        self.views = Views(world, self.files)
        self.delivery = Delivery(world)
        self.board = Board(world, self.directory, self.delivery)

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
        return [self._shown(room, message) for message in self.board.messages.of(room["id"])]

    def thread(self, channel: str, ts: str) -> list[Record]:
        """A thread: its root and its replies, oldest first."""
        room = self.directory.channel(channel)
        return [self._shown(room, message) for message in self._thread_of(room, ts)]

    def ephemerals(self, user: str, channel: str) -> list[Record]:
        """What only this person sees in a channel, oldest first; in a thread where it has a `thread_ts`."""
        person, room = self.directory.user(user), self.directory.channel(channel)
        return [
            {**row["message"], "sender": self._sender(row["message"]), "is_app": True, "is_edited": False}
            for row in self.board.ephemerals.values()
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

    def _message(self, room: Record, ts: str) -> Record:
        message = self.board.messages.get(room["id"], ts)
        if message is None or message.get("subtype") == "tombstone":
            raise ActError(f"There is no message {ts} in {room['name'] or room['id']}.")
        return message

    def _thread_of(self, room: Record, ts: str) -> list[Record]:
        root = self.board.messages.get(room["id"], ts)
        if root is None:
            raise ActError(f"There is no message {ts} in {room['name'] or room['id']}.")
        return [root, *self.board.messages.replies(room["id"], ts)]

    def _shown(self, room: Record, message: Record) -> Record:
        replies = []
        if message.get("thread_ts") in (None, message["ts"]):
            replies = [self._shown(room, reply) for reply in self.board.messages.replies(room["id"], message["ts"])]
        return {
            **self.files.in_message(message),
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
