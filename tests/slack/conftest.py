"""The emulated workspace over real sockets, for what the bot posts into it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.sandbox.world import World
from tests.sandbox.slack.conftest import Stage, staged


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A served workspace of its own."""
    with staged(World()) as served:
        yield served
