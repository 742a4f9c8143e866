"""The bot's database for a command that is run beside it, whether the bot runs or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.records.engine import Database
from bot.records.postgres import EmbeddedPostgres, running_url


class NoDatabase(Exception):
    """There is nothing to visit; the words say what to do."""


@contextmanager
def visit(url: str, folder: Path) -> Iterator[Database]:
    """The database at `url`, or without one the embedded server's in `folder` (`var/postgres`).

    A running embedded server is joined and left running; a stopped one is started for as long as the visit lasts.
    Raises NoDatabase where there is none, EmbeddedPostgresError where it cannot be started, ValueError for a `url`
    that is none of PostgreSQL.
    """
    if url:
        yield from _opened(url)
        return
    running = running_url(folder)
    if running is not None:
        yield from _opened(running)
        return
    if not (folder / "data" / "PG_VERSION").exists():
        raise NoDatabase(
            f"There is no database in {folder}, and DATABASE_URL is not set. "
            "Run this in the folder in which the bot runs, or set DATABASE_URL."
        )
    with EmbeddedPostgres(folder) as server:
        yield from _opened(server.url)


def _opened(url: str) -> Iterator[Database]:
    database = Database(url, pool_size=1, application="termkeeper command")
    try:
        yield database
    finally:
        database.dispose()
