"""The company that the tests of cases work in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.records.engine import Database
from bot.sandbox.world import World
from tests.cases.office import Office, opened


@pytest.fixture
def office(database: Database) -> Iterator[Office]:
    """Slack, Intacct and BILL emulated, without terms and invoices; the bot's rooms on a fresh database."""
    with opened(World(), database) as served:
        yield served
