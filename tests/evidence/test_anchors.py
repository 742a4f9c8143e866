"""Anchors are appended, whole lines, and a file that holds anything else is named with the line."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from bot.evidence.anchors import AnchorsUnreadable, publish, read
from bot.records.engine import Database
from tests.evidence.chains import AT, chain, grow


def test_each_publishing_adds_one_line_and_leaves_the_others(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    assert publish(database, "acme", file, AT) is None
    assert not file.exists()
    grow(database, 2)
    publish(database, "acme", file, AT)
    first = file.read_text()
    assert json.loads(first) == {
        "at": "2026-11-24T06:00:00Z",
        "company": "acme",
        "row_hash": chain(database)[-1].row_hash,
        "seq": 2,
    }
    grow(database, 1, start=2)
    publish(database, "acme", file, AT + timedelta(days=1))
    assert file.read_text().startswith(first)
    assert [anchor.seq for anchor in read(file)] == [2, 3]


def test_a_line_that_was_cut_short_does_not_swallow_the_next(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    grow(database, 1)
    publish(database, "acme", file, AT)
    file.write_text(file.read_text() + '{"at": "2026-')
    publish(database, "acme", file, AT)
    assert len(file.read_text().splitlines()) == 3
    with pytest.raises(AnchorsUnreadable, match="Line 2"):
        read(file)


@pytest.mark.parametrize("line", ["nonsense", "[]", "{}", '{"at": "x", "company": "a", "row_hash": "b", "seq": 1}'])
def test_what_is_no_anchor_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "a").write_text(f"\n{line}\n")
    with pytest.raises(AnchorsUnreadable, match="Line 2"):
        read(tmp_path / "a")
    with pytest.raises(AnchorsUnreadable, match="cannot be read"):
        read(tmp_path / "none")
