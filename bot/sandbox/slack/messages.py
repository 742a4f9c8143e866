"""The workspace's messages: kept in order, in channels and threads, with the moments that are their ids."""

from __future__ import annotations

from bot.sandbox.world import Record, World


class Messages:
    """All messages; each is a row with its channel, kept under `CHANNEL:TS`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._table = world.store.table("slack_message")
        self._channels: dict[str, dict[str, Record]] = {}
        self._threads: dict[tuple[str, str], dict[str, Record]] = {}
        for row in self._table.values():
            self._index(row)

    def new_ts(self) -> str:
        """The company's moment as a message id: seconds and six digits, never twice and always growing."""
        marks = self._world.store.table("slack_mark")
        micros = int(self._world.calendar.now().timestamp() * 1_000_000)
        micros = max(micros, int(marks.get("ts", {"micros": 0})["micros"]) + 1)
        marks["ts"] = {"micros": micros}
        return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"

    def put(self, channel: str, message: Record) -> None:
        """Keeps a new or changed message."""
        row = {"channel": channel, "message": message}
        self._table[f"{channel}:{message['ts']}"] = row
        self._index(row)

    def get(self, channel: str, ts: str) -> Record | None:
        """The message, or None."""
        return self._channels.get(channel, {}).get(ts)

    def remove(self, channel: str, ts: str) -> None:
        """Forgets a message."""
        message = self._channels[channel].pop(ts)
        del self._table[f"{channel}:{ts}"]
        if root := message.get("thread_ts"):
            self._threads.get((channel, root), {}).pop(ts, None)

    def of(self, channel: str) -> list[Record]:
        """A channel's messages without the replies in threads, oldest first."""
        return [
            message
            for message in self._channels.get(channel, {}).values()
            if message.get("thread_ts") in (None, message["ts"])
        ]

    def replies(self, channel: str, ts: str) -> list[Record]:
        """A thread's replies without its root, oldest first."""
        return list(self._threads.get((channel, ts), {}).values())

    def _index(self, row: Record) -> None:
        channel, message = row["channel"], row["message"]
        self._channels.setdefault(channel, {})[message["ts"]] = message
        root = message.get("thread_ts")
        if root and root != message["ts"]:
            self._threads.setdefault((channel, root), {})[message["ts"]] = message
