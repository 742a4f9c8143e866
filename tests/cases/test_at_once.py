"""Fifty approvals at the same moment, over two connections pools to one database: one decision, one write."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from bot.cases.ports import Entitled
from bot.records import inbox
from bot.records.engine import Database
from bot.records.tables import decisions, messages
from bot.records.tables import inbox as inbox_table
from bot.slack.door import Door, ItemKind
from bot.slack.handling import Handling
from tests.cases.company import Everybody
from tests.cases.writing_desk import ENTITLED, TEAM, Desk, at_a_desk
from tests.story.running import until

CLICKS = 50


class Named:
    """Dan and Priya, always."""

    def entitled(self, company: str) -> Entitled:
        del company
        return ENTITLED

    recent = entitled


def test_fifty_clicks_over_two_databases_make_one_decision_and_one_write(database: Database) -> None:
    other = Database(database.url)
    with at_a_desk(database) as desk:
        case_id = desk.case_of("INV-1")
        digest = desk.row(case_id).proposal_digest
        desks = [desk, Desk(desk.world, other, desk.world.address)]
        try:

            def approve(number: int) -> None:
                at = desks[number % 2]
                user = ("U0DAN", "U0PRIYA")[number // 2 % 2]
                act = {"action": "case.create", "user": user, "team": TEAM, "channel": "C0FINALERTS"}
                click = act | {"case_id": case_id, "digest": digest}
                Door(at.database).take(ItemKind.CLICK, f"click-{number}", click)
                drain(at)
                at.workshop.work(case_id, f"test:{number}")

            with ThreadPoolExecutor(16) as pool:
                list(pool.map(approve, range(CLICKS)))
            until(lambda: not waiting(database) or drain(desk) < 0, "an item that two drains reached for is taken up")
            for at in desks:
                at.work(case_id)
        finally:
            desks[1].books.close()
            other.dispose()
        assert [call["outcome"] for call in desk.calls("create_arterm")] == ["success"]
        with database.transaction() as connection:
            assert connection.scalar(select(func.count()).select_from(decisions)) == 1
            bodies = connection.scalars(select(messages.c.body).where(messages.c.kind == "whisper")).all()
        assert Counter(body["what"] for body in bodies) == {"outdated": CLICKS - 1}
        assert desk.row(case_id).state == "awaiting_sync"
        assert len(desk.attempts(case_id)) == 1


def drain(desk: Desk) -> int:
    """Works off what is due."""
    handling = Handling({"acme": desk.company}, Named(), Everybody(), desk.clock)
    return inbox.drain(desk.database, handling.handle)


def waiting(database: Database) -> int:
    """Clicks that are not worked off."""
    with database.transaction() as connection:
        return len(connection.execute(select(inbox_table.c.id).where(inbox_table.c.state == "waiting")).all())
