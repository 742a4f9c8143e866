"""What Slack lends for a while: trigger ids to open a view with, and response URLs to answer at."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

from bot.sandbox.slack import seed
from bot.sandbox.world import Record, World

TRIGGER_SECONDS = 3.0
RESPONSE_MINUTES = 30
RESPONSE_USES = 5


@dataclass(slots=True)
class _Trigger:
    user: str
    until: float
    view: str | None
    used: bool = False


class Triggers:
    """Trigger ids: good for one view, within three real seconds."""

    def __init__(self) -> None:
        self.seconds = TRIGGER_SECONDS
        self._held: dict[str, _Trigger] = {}

    def lend(self, user: str, view: str | None = None) -> str:
        """A new trigger for what `user` just did, in `view` where it was done in one."""
        if len(self._held) > 10_000:
            self._held = {key: held for key, held in self._held.items() if held.until > time.monotonic()}
        trigger = f"{time.time_ns() // 1_000_000}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._held[trigger] = _Trigger(user=user, until=time.monotonic() + self.seconds, view=view)
        return trigger

    def take(self, trigger: str) -> tuple[str | None, str, str | None]:
        """(error or None, user, view): the trigger is used up when there is no error."""
        held = self._held.get(trigger)
        if held is None:
            return "invalid_trigger_id", "", None
        if held.used:
            return "exchanged_trigger_id", "", None
        if time.monotonic() > held.until:
            return "expired_trigger_id", "", None
        held.used = True
        return None, held.user, held.view


class ResponseUrls:
    """Addresses to answer a command or a click at: 30 minutes of the company's calendar, five uses."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._table = world.store.table("slack_response_url")

    def lend(self, *, user: str, channel: str, ts: str | None = None, thread_ts: str | None = None) -> str:
        """A new address; `ts` is the message that was clicked, which answers may replace or delete."""
        now = self._world.calendar.now().timestamp()
        for key in [key for key, row in self._table.items() if row["until"] < now - 86_400]:
            del self._table[key]
        key = secrets.token_hex(12)
        self._table[key] = {
            "user": user,
            "channel": channel,
            "ts": ts,
            "thread_ts": thread_ts,
            "until": now + RESPONSE_MINUTES * 60,
            "left": RESPONSE_USES,
        }
        return f"{self._world.address}/sandbox/slack/response/{seed.TEAM_ID}/{key}"

    def take(self, key: str) -> Record | None:
        """What the address belongs to, one use less; None where it is unknown, too old or used up."""
        row = self._table.get(key)
        if row is None or row["left"] <= 0 or self._world.calendar.now().timestamp() > row["until"]:
            return None
        self._table[key] = {**row, "left": row["left"] - 1}
        return row
