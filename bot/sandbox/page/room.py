"""What one person sees: channels, the messages of one of them, open views, the App Home."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from markupsafe import Markup

from bot.sandbox.page.blocks import draw
from bot.sandbox.page.mrkdwn import Reader, mrkdwn, plain
from bot.sandbox.page.people import avatar, initials
from bot.sandbox.slack import Workspace
from bot.sandbox.world import Record

FIRST_CHANNEL = "C0FINALERTS"
SHOWN = 80
"""A channel shows its newest so many messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as the page draws it."""

    ts: str
    sender: str
    initials: str
    is_app: bool
    avatar: str
    """A class that colours the avatar."""
    clock: str
    moment: str
    day: str
    body: Markup
    is_edited: bool
    is_private: bool
    """Only this person sees it."""
    is_gone: bool
    """Deleted; only its place is left."""
    thread: str
    replies: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The modal in front of a person."""

    id: str
    title: str
    submit: str | None
    close: str
    body: Markup


class Room:
    """Reads the workspace for one person."""

    def __init__(self, workspace: Workspace, user: str) -> None:
        self._workspace = workspace
        self.user = user
        users = workspace.users()
        self.users = {row["id"]: row for row in users}
        person = self.users[user]
        self.reader = Reader(
            users={row["id"]: row["real_name"] for row in users},
            channels={row["id"]: row["name"] for row in workspace.channels() if not row["is_im"]},
            groups={row["id"]: row["handle"] for row in workspace.world.store.table("slack_group").values()},
            zone=ZoneInfo(person["tz"]),
            now=workspace.world.calendar.now(),
        )

    def channels(self) -> list[Record]:
        """The channels that the person is in."""
        return [row for row in self._workspace.channels() if not row["is_im"] and self.user in row["members"]]

    def messages(self, channel: str) -> list[Message]:
        """A channel's newest messages with their threads, and what only this person sees, oldest first."""
        private = self._workspace.ephemerals(self.user, channel)
        shown = [*self._workspace.messages(channel)[-SHOWN:], *(row for row in private if not row.get("thread_ts"))]
        shown.sort(key=lambda row: row["ts"])
        return [self._message(row, [each for each in private if each.get("thread_ts") == row["ts"]]) for row in shown]

    def view(self) -> View | None:
        """The modal in front, if any."""
        stack = self._workspace.open_views(self.user)
        if not stack:
            return None
        view = stack[-1]
        return View(
            id=view["id"],
            title=view["title"]["text"],
            submit=view["submit"]["text"] if view["submit"] else None,
            close=view["close"]["text"] if view["close"] else "Cancel" if view["submit"] else "Close",
            body=draw(view["blocks"], self.reader),
        )

    def home(self) -> tuple[str, Markup] | None:
        """The App Home's id and body; None before the app has published one."""
        view = self._workspace.home(self.user)
        return (view["id"], draw(view["blocks"], self.reader)) if view else None

    def _message(self, row: Record, private: list[Record]) -> Message:
        moment = datetime.fromtimestamp(float(row["ts"]), UTC).astimezone(self.reader.zone)
        replies = sorted([*row.get("replies", []), *private], key=lambda each: each["ts"])
        return Message(
            ts=row["ts"],
            sender=row["sender"],
            initials=initials(row["sender"]),
            is_app=row["is_app"],
            avatar=_avatar(row),
            clock=f"{moment.hour % 12 or 12}:{moment:%M} {'AM' if moment.hour < 12 else 'PM'}",
            moment=moment.isoformat(),
            day=self._day(moment),
            body=self._body(row),
            is_edited=row["is_edited"],
            is_private=bool(row.get("is_ephemeral")),
            is_gone=row.get("subtype") == "tombstone",
            thread=row.get("thread_ts") or row["ts"],
            replies=tuple(self._message(reply, []) for reply in replies),
        )

    def _day(self, moment: datetime) -> str:
        today = self.reader.now.astimezone(self.reader.zone).date()
        if moment.date() == today:
            return "Today"
        if moment.date() == today - timedelta(days=1):
            return "Yesterday"
        return f"{moment:%A, %B} {moment.day}"

    def _body(self, row: Record) -> Markup:
        parts: list[Markup] = []
        if row.get("blocks"):
            parts.append(draw(row["blocks"], self.reader))
        elif row.get("text"):
            parts.append(Markup('<div class="words">{}</div>').format(mrkdwn(row["text"], self.reader)))
        parts.extend(self._attachment(attachment) for attachment in row.get("attachments") or [])
        parts.extend(_file(file) for file in row.get("files") or [])
        return Markup("").join(parts)

    def _attachment(self, attachment: Record) -> Markup:
        if attachment.get("blocks"):
            inner = draw(attachment["blocks"], self.reader)
        else:
            pieces = [
                Markup("<div class='{}'>{}</div>").format(kind, mrkdwn(str(attachment[kind]), self.reader))
                for kind in ("pretext", "title", "text")
                if attachment.get(kind)
            ]
            pieces.extend(
                Markup("<div><strong>{}</strong><br>{}</div>").format(
                    field.get("title", ""), mrkdwn(str(field.get("value", "")), self.reader)
                )
                for field in attachment.get("fields") or []
            )
            inner = Markup("").join(pieces) or plain(str(attachment.get("fallback") or ""))
        tone = attachment.get("color") if attachment.get("color") in ("good", "warning", "danger") else "plain"
        return Markup('<div class="attachment {}">{}</div>').format(tone, inner)


def _file(file: Record) -> Markup:
    text = str(file.get("plain_text") or file.get("preview_plain_text") or file.get("preview") or "")
    name = str(file.get("title") or file.get("name") or "file")
    preview = Markup("<pre>{}</pre>").format(text) if text else Markup("")
    if str(file.get("mimetype", "")).startswith("image/"):
        preview = Markup('<img src="{}" alt="{}">').format(_path(file), file.get("alt_txt") or name)
    shape = Markup('<div class="file"><strong>{}</strong> <a href="{}" download="{}">Download {}</a>{}</div>')
    return shape.format(name, _path(file), file["name"], file["name"], preview)


def _path(file: Record) -> str:
    """A file's address on the sandbox itself; its name is no part of what finds it."""
    return f"/sandbox/slack/files/{quote(str(file['id']), safe='')}/{quote(str(file['name']), safe='')}"


def _avatar(row: Record) -> str:
    if row.get("bot_id") == "B0TERMKEEPER" or row.get("user") == "U0TERMKEEPER":
        return "termkeeper"
    if row["is_app"]:
        return "app"
    return avatar(str(row.get("user")))
