"""A running bot with its sandbox, in a folder that the database's own user may enter."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.story.running import Running


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder outside pytest's own, whose rights another run of pytest would take away."""
    made = Path(tempfile.mkdtemp(prefix="termkeeper-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def running(folder: Path) -> Iterator[Running]:
    """Started fresh; gone at the end."""
    bot = Running(folder).start()
    yield bot
    bot.destroy()
