"""A served workspace, and a way to act in it from the test's thread."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from slack_sdk import WebClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route

from bot.sandbox.slack import Outcome, Workspace, routes
from bot.sandbox.slack.seed import BOT_TOKEN
from bot.sandbox.world import World
from tests.sandbox.serving import serve

Result = TypeVar("Result")

WAIT_SECONDS = 15.0
"""A loaded machine may take its time."""


class Stage:
    """A served workspace; what people do runs in the server's loop, as the page and the controls do it."""

    def __init__(self, workspace: Workspace, address: str, loop: asyncio.AbstractEventLoop) -> None:
        self.workspace = workspace
        self.world = workspace.world
        self.address = address
        self.api = f"{address}/sandbox/slack/api/"
        self._loop = loop

    def client(self, token: str = BOT_TOKEN) -> WebClient:
        """slack_sdk's client, changed in nothing but the address."""
        return WebClient(token=token, base_url=self.api)

    def do(self, act: Callable[[], Result]) -> Result:
        """Runs something in the server's loop."""

        async def run() -> Result:
            return act()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(WAIT_SECONDS)

    def outcome(self, act: Callable[[], asyncio.Task[Outcome]]) -> Outcome:
        """Runs something that a person does, and waits for the app's answer."""

        async def run() -> Outcome:
            return await act()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(WAIT_SECONDS)

    def run(self, coroutine: Any) -> Any:
        """Runs a coroutine in the server's loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(WAIT_SECONDS)


@contextmanager
def staged(world: World, served: Sequence[BaseRoute] = ()) -> Iterator[Stage]:
    """Serves a world's workspace, or routes of which it is a part."""
    workspace = Workspace.of(world)
    found: list[asyncio.AbstractEventLoop] = []

    async def loop(request: Request) -> PlainTextResponse:
        found.append(asyncio.get_running_loop())
        return PlainTextResponse("")

    with serve([Route("/loop", loop), *(served or routes(world))], world) as address:
        import urllib.request

        urllib.request.urlopen(f"{address}/loop").close()
        yield Stage(workspace, address, found[0])


@pytest.fixture
def stage(world: World) -> Iterator[Stage]:
    with staged(world) as served:
        yield served


def until(condition: Callable[[], object], what: str = "it", seconds: float = WAIT_SECONDS) -> None:
    """Waits until something is so; fails after a while."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"{what} did not happen within {seconds:.0f} s")
        pause.wait(0.02)
