"""A command reads beside a running bot, and without one; it takes nothing over."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from bot.records.engine import Database
from bot.records.postgres import EmbeddedPostgres, running_url
from bot.records.visiting import NoDatabase, visit
from tests.records.processes import another_process, told
from tests.records.test_postgres import OWNER


def _word(database: Database) -> str:
    with database.transaction() as connection:
        return str(connection.scalar(text("SELECT word FROM kept")))


def test_a_running_bots_server_is_joined_and_left_running_and_a_stopped_one_is_started(tmp_path: Path) -> None:
    with another_process(OWNER, str(tmp_path)) as owner:
        assert told(owner) == "ready"
        with visit("", tmp_path) as database:
            assert _word(database) == "still here"
        assert running_url(tmp_path) is not None
        assert owner.poll() is None
    with EmbeddedPostgres(tmp_path):
        pass
    assert running_url(tmp_path) is None
    with visit("", tmp_path) as database:
        assert _word(database) == "still here"
    assert running_url(tmp_path) is None


def test_a_named_database_is_visited_where_it_is(database_url: str, tmp_path: Path) -> None:
    with visit(database_url, tmp_path) as database, database.transaction() as connection:
        assert connection.scalar(text("SELECT count(*) FROM journal")) == 0


def test_where_there_is_none_the_words_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoDatabase, match="DATABASE_URL is not set"), visit("", tmp_path / "postgres"):
        pass
    assert not (tmp_path / "postgres").exists()
