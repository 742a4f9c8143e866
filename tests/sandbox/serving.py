"""Serves an emulator's routes on a free port over real sockets, for tests."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot.sandbox.wire import AbortableProtocol
from bot.sandbox.world import World

START_SECONDS = 20
"""A loaded machine may take seconds to start a thread and a loop."""


@dataclass(frozen=True, slots=True)
class Tls:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


@contextmanager
def serve(routes: Sequence[BaseRoute], world: World, tls: Tls | None = None) -> Iterator[str]:
    """Yields the base address, `http://127.0.0.1:PORT` (https with `tls`); it is `world.address` too.

    The server runs in a thread with its own event loop. Set faults and the calendar from the test at will; change
    the store only while no request is under way.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    # asyncio leaves Nagle's algorithm on for such a socket, which costs every small answer 40 ms
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    address = f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
    world.address = address
    config = uvicorn.Config(
        Starlette(routes=list(routes)),
        log_level="warning",
        lifespan="off",
        access_log=False,
        ws="websockets-sansio",
        http=AbortableProtocol,
        timeout_graceful_shutdown=1,
        ssl_certfile=str(tls.certificate) if tls else None,
        ssl_keyfile=str(tls.key) if tls else None,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), name="sandbox-server")
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield address
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        listener.close()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    pause = threading.Event()
    for _ in range(START_SECONDS * 100):
        if server.started:
            return
        if not thread.is_alive():
            break
        pause.wait(0.01)
    raise RuntimeError("the sandbox server did not start")
