"""Two processes of the bot on one database: what many people decide at once is decided and written once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bot.records.engine import Database
from bot.records.tables import decisions, journal, messages
from tests.story.running import ALERTS, until
from tests.story.two import bots, emulators

CLICKS = 50


def test_fifty_approvals_at_once_over_two_processes_write_one_term(
    folder: Path, database_url: str, database: Database
) -> None:
    with emulators(folder) as (world, settings), bots(settings, folder, database_url) as both:
        world.control("request-url", {"url": f"{both[0].address}/slack/events"})
        words = "Invoice [INV-1042] cannot be created in Intacct: Could not retrieve the Sequence record!"
        world.control("message", {"channel": ALERTS, "event": {"type": "message", "text": words, "bot_id": "B0BILL"}})
        card = until(lambda: world.cards("Net 45 is missing in Intacct"), "the card")[0]

        def approve(number: int) -> int:
            user = ("U0DAN", "U0PRIYA")[number // 2 % 2]
            return both[number % 2].click(user, card, "case.create", at=f"1795500000.{number:06d}")

        with ThreadPoolExecutor(CLICKS) as pool:
            assert set(pool.map(approve, range(CLICKS))) == {200}

        world.card("Net 45", "is in Intacct", seconds=60)
        until(lambda: len(told(database)) == CLICKS - 1, "49 answers")
        assert [call["outcome"] for call in world.calls("intacct", "create_arterm")] == ["success"]
        assert {body["what"] for body in told(database)} == {"outdated"}
        assert world.terms()["Net 45"] == "active"
        with database.transaction() as connection:
            assert connection.scalar(select(func.count()).select_from(decisions)) == 1
            kept = select(func.count()).where(journal.c.kind == "decision").select_from(journal)
            assert connection.scalar(kept) == 1


def told(database: Database) -> list[dict[str, Any]]:
    """What was answered to single people."""
    with database.transaction() as connection:
        return list(connection.scalars(select(messages.c.body).where(messages.c.kind == "whisper")))
