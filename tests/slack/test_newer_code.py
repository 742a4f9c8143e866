"""What only newer code knows, an older process beside it leaves alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from bot.cases.ports import Approvers, Clock
from bot.records.engine import Database
from bot.records.inbox import InboxItem, NotKnownHere
from bot.slack.handling import Handling
from tests.cases.company import Everybody


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("novelty", {"anything": 1}),
        ("click", {"action": "case.novelty", "team": "T0ACME", "user": "U0DAN", "shaped": "otherwise"}),
        ("submission", {"view": "view.novelty", "team": "T0ACME", "user": "U0DAN", "shaped": "otherwise"}),
    ],
)
def test_what_only_newer_code_knows_is_left_to_it(database: Database, kind: str, payload: dict[str, Any]) -> None:
    class Now:
        def now(self) -> datetime:
            return datetime.now(UTC)

    handling = Handling({}, cast("Approvers", None), Everybody(), cast("Clock", Now()))
    item = InboxItem(id=1, key="k", kind=kind, payload=payload, attempts=1, received_at=datetime.now(UTC))
    with database.transaction() as connection, pytest.raises(NotKnownHere):
        handling.handle(connection, item)
