"""Reading what was posted while nobody listened: from each channel's mark, in order, once."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from bot.alerts import own
from bot.cases.folding.intake import tells
from bot.cases.ports import Clock
from bot.records.engine import Database
from bot.records.inbox import InboxUnavailable
from bot.records.tables import alerts, channel_marks
from bot.slack.door import Door, ItemKind

log = logging.getLogger(__name__)

OVERLAP = timedelta(minutes=5)
"""Read again before the mark: what arrived out of order is recognised by its id."""
REREAD = timedelta(minutes=10)
"""A channel that was not read for so long is read by a tick: its mark moves on, and what Slack did not send is found."""
THREADS = timedelta(days=1)
"""How far before the mark a thread may begin whose new replies are found by its root, and a message that was edited since."""
KNOWN_THREADS = timedelta(days=14)
"""Older threads are read where alerts came in them lately."""
MOST_KNOWN_THREADS = 20
PAGE = 200
"""Messages asked for at a time; Slack advises no more."""
LONGEST_PATIENCE_S = 900.0
"""How long one call is tried while Slack asks to wait."""

Message = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What reading one channel gave."""

    channel: str
    read: int = 0
    """Messages, replies in threads among them."""
    known: int = 0
    """Those that report failures and were taken in before."""
    taken: int = 0
    """Those that report failures and are taken in now."""
    trouble: str = ""
    """Slack's word for why it could not be read."""


Progress = Callable[[Found, datetime], None]
"""Told now and then how far one channel is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Who reads: what it needs to tell its own messages from others'."""

    bot_id: str
    user_id: str
    team: str
    quiet_threads: bool
    """Whether to read threads, too, in which nobody replied since: a reply may have been edited while nobody listened."""


class Backfill:
    """Reads the alert channels' history, from their marks or from a day."""

    def __init__(
        self, database: Database, client: WebClient, door: Door, clock: Clock, channels: Iterable[str]
    ) -> None:
        self._database = database
        self._client = client
        self._door = door
        self._clock = clock
        self._channels = tuple(channels)
        self._one = threading.Lock()
        self._behind = False
        self._ended = threading.Event()

    def end(self) -> None:
        """Waits no more where Slack asks to wait."""
        self._ended.set()

    def read(self) -> int:
        """Takes in what was missed in every channel; how many messages.

        A channel without a mark starts now, or once the bot is in it. What a channel's reading cannot take in or
        cannot read is read by the next `catch_up`. Raises slack_sdk's errors and InboxUnavailable.
        """
        with self._one:
            self._door.missed.clear()
            self._behind = True
            found = self._read(self._channels, quiet_threads=True)
            self._behind = any(one.trouble == "ratelimited" for one in found)
        return sum(one.taken for one in found)

    def catch_up(self) -> int:
        """For a tick: reads what a failed reading or a database that was away has left, and moves old marks on."""
        if self._behind or self._door.missed.is_set():
            return self.read()
        with self._database.transaction() as connection:
            fresh = connection.scalars(
                select(channel_marks.c.channel).where(channel_marks.c.at > func.now() - REREAD)
            ).all()
        old = [channel for channel in self._channels if channel not in fresh]
        if not old or not self._one.acquire(blocking=False):
            return 0
        try:
            return sum(one.taken for one in self._read(old, quiet_threads=False))
        finally:
            self._one.release()

    def since(self, moment: datetime, channels: Iterable[str] = (), progress: Progress | None = None) -> list[Found]:
        """Takes in what was posted since a moment, whatever the marks say, and leaves these as they are.

        Raises slack_sdk's errors and InboxUnavailable.
        """
        reader = self._identity(quiet_threads=True)
        return [
            self._guarded(channel, lambda c=channel: self._since(c, moment.timestamp(), reader, progress)[0])  # type: ignore[misc]  # a bound default
            for channel in (channels or self._channels)
        ]

    def _identity(self, *, quiet_threads: bool) -> _Reader:
        told = self._patiently(self._client.auth_test)
        return _Reader(
            bot_id=str(told.get("bot_id", "")),
            user_id=str(told.get("user_id", "")),
            team=str(told.get("team_id", "")),
            quiet_threads=quiet_threads,
        )

    def _read(self, channels: Iterable[str], *, quiet_threads: bool) -> list[Found]:
        reader = self._identity(quiet_threads=quiet_threads)
        return [
            self._guarded(channel, lambda c=channel: self._from_mark(c, reader))  # type: ignore[misc]  # a bound default
            for channel in channels
        ]

    def _guarded(self, channel: str, read: Callable[[], Found]) -> Found:
        """One channel that cannot be read does not hide the others."""
        try:
            return read()
        except SlackApiError as error:
            word = str(error.response.get("error"))
            log.warning("the history of %s could not be read: %s", channel, word)
            return Found(channel=channel, trouble=word)

    def _from_mark(self, channel: str, reader: _Reader) -> Found:
        with self._database.transaction() as connection:
            mark = connection.scalar(select(channel_marks.c.ts).where(channel_marks.c.channel == channel))
        if mark is None:
            now = f"{self._clock.now().timestamp():.6f}"
            self._history(channel, oldest=now, limit=1)  # refused where the bot is not in it yet: no mark then
            self._mark(channel, now)
            return Found(channel=channel)
        found, newest = self._since(channel, float(mark) - OVERLAP.total_seconds(), reader, None)
        self._mark(channel, max(mark, newest, key=float))
        return found

    def _since(self, channel: str, oldest: float, reader: _Reader, progress: Progress | None) -> tuple[Found, str]:
        """Takes in a channel's messages since a moment, oldest first; what was found, and the newest message's ts."""
        messages: dict[str, Message] = {}
        found = Found(channel=channel)
        for message in self._messages(channel, oldest, reader):
            messages[message["ts"]] = message
            if progress is not None and len(messages) % PAGE == 0:
                progress(replace(found, read=len(messages)), datetime.fromtimestamp(float(message["ts"]), UTC))
        known = self._known(channel, messages)
        for ts in sorted(messages, key=float):
            message = messages[ts]
            if own(message, reader.bot_id) or not tells(self._database, {**message, "channel": channel}):
                continue
            if ts in known and not message.get("edited"):
                found = replace(found, known=found.known + 1)
                continue
            new = self._take({**message, "channel": channel}, reader.team)
            found = replace(found, taken=found.taken + new, known=found.known + (not new))
        return replace(found, read=len(messages)), max(messages, key=float, default="0")

    def _messages(self, channel: str, oldest: float, reader: _Reader) -> Iterator[Message]:
        """What was posted or edited since a moment: in the channel, and in threads that began at most a day before.

        An edited message is found where it was posted at most a day before the moment.
        """
        threads: set[str] = set()
        cursor: str | None = None
        first = oldest - THREADS.total_seconds()
        while True:
            reply = self._history(channel, oldest=f"{first:.6f}", limit=PAGE, cursor=cursor)
            for message in reply["messages"] or ():
                if _said_since(message, oldest):
                    yield message
                if _answered(message, first if reader.quiet_threads else oldest, reader):
                    threads.add(message["ts"])
            cursor = (reply.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                break
        for root in sorted(threads | self._known_threads(channel, first), key=float):
            yield from self._replies(channel, root, first, oldest)

    def _known_threads(self, channel: str, before: float) -> set[str]:
        """Threads that began before a moment and in which alerts came lately."""
        since = self._clock.now() - KNOWN_THREADS
        with self._database.transaction() as connection:
            roots = connection.scalars(
                select(alerts.c.thread_ts)
                .where(alerts.c.channel == channel, alerts.c.thread_ts.is_not(None), alerts.c.posted_at > since)
                .group_by(alerts.c.thread_ts)
                .order_by(func.max(alerts.c.posted_at).desc())
                .limit(MOST_KNOWN_THREADS)
            ).all()
        return {root for root in roots if root is not None and float(root) < before}

    def _replies(self, channel: str, root: str, first: float, oldest: float) -> Iterator[Message]:
        """A thread's replies that were posted or edited since a moment, read from `first` on."""
        cursor: str | None = None
        while True:
            try:
                reply = self._patiently(
                    self._client.conversations_replies,
                    channel=channel,
                    ts=root,
                    oldest=f"{first:.6f}",
                    inclusive=True,
                    limit=PAGE,
                    cursor=cursor,
                    include_all_metadata=True,
                )
            except SlackApiError as error:
                if error.response.get("error") != "thread_not_found":
                    raise
                return  # it was deleted meanwhile
            for message in reply["messages"] or ():
                if message["ts"] != root and _said_since(message, oldest):
                    yield message
            cursor = (reply.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return

    def _history(self, channel: str, *, oldest: str, limit: int, cursor: str | None = None) -> SlackResponse:
        return self._patiently(
            self._client.conversations_history,
            channel=channel,
            oldest=oldest,
            inclusive=True,
            limit=limit,
            cursor=cursor,
            include_all_metadata=True,
        )

    def _patiently(self, call: Callable[..., SlackResponse], **arguments: object) -> SlackResponse:
        """Calls, and waits as long as Slack asks; what it refuses otherwise is raised at once."""
        deadline = time.monotonic() + LONGEST_PATIENCE_S
        while True:
            try:
                return call(**arguments)
            except SlackApiError as error:
                wait = _asked_to_wait(error)
                if wait is None or time.monotonic() + wait > deadline or self._ended.wait(wait):
                    raise

    def _known(self, channel: str, messages: Mapping[str, Message]) -> frozenset[str]:
        with self._database.transaction() as connection:
            return frozenset(
                connection.scalars(
                    select(alerts.c.ts).where(alerts.c.channel == channel, alerts.c.ts.in_(list(messages)))
                )
            )

    def _take(self, event: Message, team: str) -> bool:
        edited = (event.get("edited") or {}).get("ts", "")
        key = hashlib.sha256(f"{event['channel']}/{event['ts']}/{edited}".encode()).hexdigest()
        return self._door.take(ItemKind.MESSAGE, f"history:{key}", {"team_id": team, "event": event})

    def _mark(self, channel: str, ts: str) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                insert(channel_marks)
                .values(channel=channel, ts=ts, at=func.now())
                .on_conflict_do_update(index_elements=["channel"], set_={"ts": ts, "at": func.now()})
            )


UNREADABLE = (SlackClientError, OSError, InboxUnavailable)
"""What reading raises where Slack or the database does not answer; the next `catch_up` reads again."""


def _said_since(message: Message, oldest: float) -> bool:
    """Whether a message was posted or edited since a moment."""
    edited = float((message.get("edited") or {}).get("ts") or 0)
    return max(float(message["ts"]), edited) >= oldest


def _answered(message: Message, since: float, reader: _Reader) -> bool:
    """Whether somebody but the bot may have replied in a message's thread since a moment."""
    if not message.get("reply_count") or float(message.get("latest_reply") or 0) < since:
        return False
    users = message.get("reply_users")
    return not (users == [reader.user_id] and message.get("reply_users_count", 1) == 1)


def _asked_to_wait(error: SlackApiError) -> float | None:
    """Seconds that Slack asks to wait; None for any other refusal."""
    if error.response.get("error") != "ratelimited":
        return None
    try:
        return max(1.0, float(error.response.headers.get("Retry-After", 1)))
    except (TypeError, ValueError):
        return 1.0
