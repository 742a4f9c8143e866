"""Whose turn it is to post in a channel: about one message a second, over all processes, cards first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.records.engine import Database
from bot.records.tables import channel_turns, messages

PACE_S = 1.0
"""Slack takes about one message a second in a channel."""
FIRST = ("card", "overview")
"""What people wait for; everything else in the channel is said after it."""
NOW = timedelta(0)


class Turns:
    """Hands out turns. Nobody waits in one: whose turn comes later comes back then."""

    def __init__(self, database: Database, pace_s: float = PACE_S) -> None:
        self._database = database
        self._pace = timedelta(seconds=pace_s)

    def wait(self, row: Any) -> timedelta:
        """How long a kept message has to wait for its turn; zero or less where it may be posted now.

        The turn is reserved at the first time of asking, and stays the message's.
        """
        with self._database.transaction() as connection:
            if row.turn_at is None:
                if row.kind not in FIRST and _cards_wait(connection, row.channel):
                    return 2 * self._pace
                reserved = self._reserve(connection, row.channel)
                connection.execute(update(messages).where(messages.c.id == row.id).values(turn_at=reserved))
            return connection.scalar(select(messages.c.turn_at - func.now()).where(messages.c.id == row.id)) or NOW

    def _reserve(self, connection: Connection, channel: str) -> Any:
        """The channel's next free turn; one statement, so that no two get the same."""
        taken = insert(channel_turns).values(channel=channel, next_at=func.now() + self._pace)
        following = connection.scalar(
            taken.on_conflict_do_update(
                index_elements=["channel"],
                set_={"next_at": func.greatest(channel_turns.c.next_at, func.now()) + self._pace},
            ).returning(channel_turns.c.next_at)
        )
        return following - self._pace if following is not None else func.now()

    def put_off(self, channel: str, pause: timedelta) -> None:
        """Slack wants a pause in this channel: nobody's turn comes before its end."""
        with self._database.transaction() as connection:
            later = func.now() + pause
            put = insert(channel_turns).values(channel=channel, next_at=later)
            connection.execute(
                put.on_conflict_do_update(
                    index_elements=["channel"], set_={"next_at": func.greatest(channel_turns.c.next_at, later)}
                )
            )


def _cards_wait(connection: Connection, channel: str) -> bool:
    """Whether a card of this channel is still to be posted; one that has failed holds up nobody."""
    waiting = select(messages.c.id).where(
        messages.c.channel == channel,
        messages.c.kind.in_(FIRST),
        messages.c.state.in_(("unposted", "posting")),
        messages.c.attempts == 0,
    )
    return connection.scalar(select(waiting.exists())) or False
