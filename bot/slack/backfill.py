"""Reading what was posted while nobody listened: from each channel's mark, in order, once."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from bot.alerts import failures, own
from bot.cases.ports import Clock
from bot.records.engine import Database
from bot.records.tables import channel_marks
from bot.slack.door import Door, ItemKind

log = logging.getLogger(__name__)

OVERLAP = timedelta(minutes=5)
"""Read again before the mark: what arrived out of order is recognised by its id."""


class Backfill:
    """Reads the alert channels' history since their marks."""

    def __init__(
        self, database: Database, client: WebClient, door: Door, clock: Clock, channels: Iterable[str]
    ) -> None:
        self._database = database
        self._client = client
        self._door = door
        self._clock = clock
        self._channels = tuple(channels)

    def read(self) -> int:
        """Takes in what was missed in every channel; how many messages. A channel without a mark starts now."""
        identity = self._client.auth_test()
        bot_id, team = str(identity.get("bot_id", "")), str(identity.get("team_id", ""))
        taken = 0
        for channel in self._channels:
            try:
                taken += self._channel(channel, bot_id, team)
            except SlackApiError as error:
                log.warning("the history of %s could not be read: %s", channel, error.response.get("error"))
        return taken

    def _channel(self, channel: str, bot_id: str, team: str) -> int:
        with self._database.transaction() as connection:
            mark = connection.scalar(select(channel_marks.c.ts).where(channel_marks.c.channel == channel))
        newest = mark
        taken = 0
        if mark is not None:
            oldest = f"{float(mark) - OVERLAP.total_seconds():.6f}"
            for message in sorted(self._messages(channel, oldest), key=lambda m: float(m["ts"])):
                newest = max(newest or "0", message["ts"], key=float)
                taken += self._take({**message, "channel": channel}, bot_id, team)
        else:
            newest = f"{self._clock.now().timestamp():.6f}"
        self._mark(channel, newest or "0")
        return taken

    def _messages(self, channel: str, oldest: str) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            reply = self._client.conversations_history(
                channel=channel,
                oldest=oldest,
                inclusive=True,
                limit=200,
                cursor=cursor,
                include_all_metadata=True,
            )
            for message in reply["messages"] or ():
                yield message
                if message.get("reply_count") and float(message.get("latest_reply", 0)) >= float(oldest):
                    yield from self._replies(channel, message["ts"], oldest)
            cursor = (reply.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return

    def _replies(self, channel: str, root: str, oldest: str) -> Iterator[dict[str, Any]]:
        reply = self._client.conversations_replies(channel=channel, ts=root, oldest=oldest, limit=200)
        yield from (message for message in reply["messages"] or () if message["ts"] != root)

    def _take(self, event: dict[str, Any], bot_id: str, team: str) -> int:
        if own(event, bot_id) or not failures(event):
            return 0
        edited = (event.get("edited") or {}).get("ts", "")
        key = hashlib.sha256(f"{event['channel']}/{event['ts']}/{edited}".encode()).hexdigest()
        return int(self._door.take(ItemKind.MESSAGE, f"history:{key}", {"team_id": team, "event": event}))

    def _mark(self, channel: str, ts: str) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                insert(channel_marks)
                .values(channel=channel, ts=ts, at=func.now())
                .on_conflict_do_update(index_elements=["channel"], set_={"ts": ts, "at": func.now()})
            )
