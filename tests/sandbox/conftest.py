"""Fixtures that every emulator's tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import pytest
from starlette.routing import BaseRoute

from bot.sandbox.world import World
from tests.sandbox.serving import serve


@pytest.fixture
def world() -> World:
    """An empty sandbox, kept in memory."""
    return World()


@pytest.fixture
def sandbox_server(world: World) -> Iterator[Callable[[Sequence[BaseRoute]], str]]:
    """A function that serves the given routes for `world` until the test's end; it gives the base address."""
    with ExitStack() as stack:
        yield lambda routes: stack.enter_context(serve(routes, world))
