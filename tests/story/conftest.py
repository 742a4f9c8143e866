"""A running bot with its sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.story.running import Running


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Started fresh; stopped at the end."""
    bot = Running(tmp_path).start()
    yield bot
    bot.stop()
