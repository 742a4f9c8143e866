"""`python -m bot journal …` as a person runs it: what it prints and how it ends."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.evidence.anchors import publish
from bot.records.engine import Database
from tests.evidence.chains import AT, TAMPERINGS, grow, tamper

ROOT = Path(__file__).parents[2]


def run(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """A command in a folder of its own, with no settings but those given; the exit code and all that it said."""
    kept = {k: v for k, v in os.environ.items() if not re.match(r"SLACK_|INTACCT_|BILL_|DATABASE_URL|JOURNAL_", k)}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "journal", *arguments],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=90,
    )
    return done.returncode, done.stdout + done.stderr


def test_verify_needs_the_database_and_nothing_else(database: Database, database_url: str, tmp_path: Path) -> None:
    grow(database, 3)
    publish(database, "acme", tmp_path / "anchors", AT)
    code, words = run(tmp_path, "verify", DATABASE_URL=database_url, JOURNAL_ANCHOR="anchors")
    assert code == 0, words
    assert words.splitlines() == [
        "Anchors: 1 in anchors.",
        "acme: whole, 3 entries, every hash fits and the head is the last entry.",
        "acme: proved up to entry 3 by the anchor of 2026-11-24 06:00 UTC.",
        "The triggers that refuse any change of the journal are in place.",
    ]


def test_verify_ends_with_a_failure_where_anything_is_wrong(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    grow(database, 10)
    tamper(database, *TAMPERINGS["one deleted"])
    code, words = run(tmp_path, "verify", DATABASE_URL=database_url)
    assert code == 1
    assert "acme: BROKEN. Entry 5 is missing." in words
    assert "journal_refuse_change" in words, "the dropped trigger is named too"


def test_a_company_whose_whole_journal_is_gone_is_missed_by_its_anchors(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    grow(database, 2)
    publish(database, "acme", tmp_path / "anchors", AT)
    tamper(database, "DELETE FROM journal", "DELETE FROM journal_heads")
    code, words = run(tmp_path, "verify", "--anchors", "anchors", DATABASE_URL=database_url)
    assert code == 1
    assert "names entry 2, but the chain is empty: entries were taken out." in words


@pytest.mark.parametrize(
    ("arguments", "environment", "sentence"),
    [
        (["verify"], {}, "There is no database in"),
        (["verify"], {"DATABASE_URL": "mysql://x"}, "DATABASE_URL: The database must be PostgreSQL"),
        (["verify"], {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x"}, "The journal cannot be read."),
        (["verify", "--anchors", "nowhere"], {"DATABASE_URL": "real"}, "The anchor file nowhere cannot be read"),
        (
            ["verify", "--company", "globex"],
            {"DATABASE_URL": "real"},
            "There is no journal of globex. There are: acme.",
        ),
        (["export"], {"DATABASE_URL": "real"}, "Name a case, or a period by --from and --to"),
        (["export", "1", "--from", "2026-10-01"], {"DATABASE_URL": "real"}, "of a case or of a period"),
        (["export", "--from", "2026-10-02", "--to", "2026-10-01"], {"DATABASE_URL": "real"}, "--to is before --from."),
        (["export", "--from", "Oct 2", "--to", "2026-10-01"], {"DATABASE_URL": "real"}, "take days, such as"),
        (["show", "12"], {"DATABASE_URL": "real"}, "There is no case 12 in acme."),
        (["show", "1"], {"DATABASE_URL": "real", "TIMEZONE": "Mars/Olympus"}, "TIMEZONE takes a zone"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    database: Database,
    database_url: str,
    tmp_path: Path,
    arguments: list[str],
    environment: dict[str, str],
    sentence: str,
) -> None:
    grow(database, 1)
    given = {name: database_url if value == "real" else value for name, value in environment.items()}
    code, words = run(tmp_path, *arguments, **given)
    assert code == 1
    assert sentence in words
    assert "Traceback" not in words


def test_an_export_without_any_credentials_is_made_and_says_what_it_lacks(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    grow(database, 3)
    code, words = run(
        tmp_path,
        "export",
        "--from",
        "2026-11-01",
        "--to",
        "2026-11-30",
        "--out",
        "x.zip",
        DATABASE_URL=database_url,
        JOURNAL_ANCHOR="anchors",
    )
    assert code == 1
    lines = words.splitlines()
    assert lines[0].startswith("x.zip: ")
    assert lines[1] == f"SHA-256 of the file: {hashlib.sha256((tmp_path / 'x.zip').read_bytes()).hexdigest()}"
    assert "The head is published to anchors." in words
    assert "INCOMPLETE. Intacct could not be asked for its own list of terms: the settings are not complete" in words
    anchored = json.loads((tmp_path / "anchors").read_text())
    assert (anchored["company"], anchored["seq"]) == ("acme", 4)
    assert run(tmp_path, "verify", DATABASE_URL=database_url, JOURNAL_ANCHOR="anchors")[0] == 0
