"""The embedded server: one owner at a time, and nothing committed is lost with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from bot.records.postgres import EmbeddedPostgres, EmbeddedPostgresBusy, EmbeddedPostgresError
from tests.records.processes import another_process, told

OWNER = """
    import sys, time
    from pathlib import Path
    import psycopg
    from bot.records.postgres import EmbeddedPostgres
    server = EmbeddedPostgres(Path(sys.argv[1]))
    server.start()
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('still here')")
    print("ready", flush=True)
    time.sleep(600)
"""


def _postmaster(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])


def _kept(server: EmbeddedPostgres) -> str:
    with psycopg.connect(server.url) as connection:
        row = connection.execute("SELECT word FROM kept").fetchone()
    assert row is not None
    return str(row[0])


def test_it_starts_stops_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "with blank %20"
    for turn in range(2):
        with EmbeddedPostgres(folder) as server, psycopg.connect(server.url) as connection:
            if turn == 0:
                connection.execute("CREATE TABLE kept (word text)")
                connection.execute("INSERT INTO kept VALUES ('once')")
            else:
                assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1,)
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert not (folder / "data" / "postmaster.pid").exists()


def test_a_second_start_on_the_same_folder_is_refused_with_who_has_it(tmp_path: Path) -> None:
    with another_process(OWNER, str(tmp_path)) as owner:
        assert told(owner) == "ready"
        with pytest.raises(EmbeddedPostgresBusy, match=f"pid {owner.pid}") as refused:
            EmbeddedPostgres(tmp_path).start()
        assert "DATABASE_URL" in str(refused.value)
        os.kill(_postmaster(tmp_path), 0)
    with EmbeddedPostgres(tmp_path) as server:
        assert _kept(server) == "still here"


def test_two_servers_of_one_process_do_not_share_a_folder(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path), pytest.raises(EmbeddedPostgresBusy):
        EmbeddedPostgres(tmp_path).start()


def test_a_killed_owners_server_is_taken_over(tmp_path: Path) -> None:
    with another_process(OWNER, str(tmp_path)) as owner:
        assert told(owner) == "ready"
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    left_behind = _postmaster(tmp_path)
    with EmbeddedPostgres(tmp_path) as server:
        assert _postmaster(tmp_path) == left_behind
        assert _kept(server) == "still here"
    assert not (tmp_path / "data" / "postmaster.pid").exists()


def test_an_owner_that_forgets_to_stop_it_stops_it_at_its_end(tmp_path: Path) -> None:
    with another_process(OWNER.replace("time.sleep(600)", "sys.exit()"), str(tmp_path)) as owner:
        assert told(owner) == "ready"
        owner.wait(20)
    assert not (tmp_path / "data" / "postmaster.pid").exists()


def test_it_recovers_where_owner_and_server_were_killed(tmp_path: Path) -> None:
    with another_process(OWNER, str(tmp_path)) as owner:
        assert told(owner) == "ready"
        owner.send_signal(signal.SIGKILL)
        os.kill(_postmaster(tmp_path), signal.SIGKILL)
        owner.wait()
    with EmbeddedPostgres(tmp_path) as server:
        assert _kept(server) == "still here"


def test_a_noted_process_that_is_another_program_by_now_is_no_server(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path):
        note = (tmp_path / "data" / "postmaster.pid").read_text().splitlines()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        (tmp_path / "data" / "postmaster.pid").write_text("\n".join([str(stranger.pid), *note[1:]]) + "\n")
        with EmbeddedPostgres(tmp_path) as server, psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert stranger.poll() is None
        stranger.kill()


def test_a_half_written_note_is_no_server(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path):
        pass
    (tmp_path / "data" / "postmaster.pid").write_text("")
    with EmbeddedPostgres(tmp_path) as server:
        assert server.url.startswith("postgresql://")


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "data" / "thesis.txt"
    precious.parent.mkdir()
    precious.write_text("years of work")
    with pytest.raises(EmbeddedPostgresError, match="something else than a database"):
        EmbeddedPostgres(tmp_path).start()
    assert precious.read_text() == "years of work"


def test_without_a_start_there_is_no_address(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="not started"):
        _ = EmbeddedPostgres(tmp_path).url
