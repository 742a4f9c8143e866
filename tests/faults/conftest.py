"""Houses for the fault tests."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.records.postgres import EmbeddedPostgres
from tests.conftest import create_database, drop_database
from tests.faults.house import House


@pytest.fixture(scope="session")
def make_house(postgres: EmbeddedPostgres, migrated_template: str) -> Iterator[Callable[..., House]]:
    """Makes houses, each with a sandbox and a database of its own; settings may be given by name."""
    with ExitStack() as ended:

        def make(**settings: str) -> House:
            folder = Path(tempfile.mkdtemp(prefix="termkeeper-"))
            ended.callback(shutil.rmtree, folder, ignore_errors=True)
            name = f"house_{uuid.uuid4().hex}"
            create_database(postgres, name, template=migrated_template)
            ended.callback(drop_database, postgres, name)
            house = House(folder, postgres.url_of(name), **settings)
            ended.callback(house.close)
            return house

        yield make
