"""acme with its year, served over sockets, and the bot's rooms on a fresh database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.records.engine import Database
from bot.sandbox import company
from bot.sandbox.world import World
from tests.cases.office import Office, opened


@pytest.fixture
def acme(database: Database) -> Iterator[Office]:
    """The sandbox's own company: a year of invoices in both systems, and every way in which terms can differ."""
    world = World()
    company.found(world)
    with opened(world, database) as served:
        yield served
