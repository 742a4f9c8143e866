"""The commands for anyone: what they print, line by line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.shared import need_shared

ROOT = Path(__file__).parents[1]


def run(*arguments: str, typed: bytes = b"", code: int = 0) -> tuple[list[str], str]:
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments], cwd=ROOT, input=typed, capture_output=True, timeout=60
    )
    assert done.returncode == code, done.stderr.decode()
    return done.stdout.decode().splitlines(), done.stderr.decode()


def test_names_given_as_arguments_are_explained_in_order() -> None:
    lines, _ = run("explain-term", "Net 30", "Special")
    assert [json.loads(line)["name"] for line in lines] == ["Net 30", "Special"]
    assert json.loads(lines[1])["readings"] == []


def test_the_whole_term_corpus_reads_as_given() -> None:
    corpus = need_shared("data", "terms.jsonl").read_bytes()
    lines, _ = run("explain-term", "-", typed=corpus)
    assert [json.loads(line) for line in lines] == [json.loads(line) for line in corpus.splitlines()]


def test_json_strings_are_read_from_standard_input_even_odd_ones() -> None:
    names = ["Net 30", "", "Net\u00a045", "\ud800", "Net 30\n"]
    lines, _ = run("explain-term", "-", typed="\n".join(json.dumps(name) for name in names).encode())
    assert [json.loads(line)["name"] for line in lines] == names


def test_the_whole_alert_corpus_reads_as_given() -> None:
    files = sorted(need_shared("data", "alerts").glob("*.json"))
    lines, _ = run("explain-alert", *map(str, files))
    wanted = [json.loads(file.read_text())["failures"] for file in files]
    assert [json.loads(line) for line in lines] == [{"failures": failures} for failures in wanted]


def test_alerts_are_read_from_standard_input_one_a_line() -> None:
    event = {"type": "message", "text": "The term name 'Net 45' is invalid"}
    lines, _ = run("explain-alert", "-", typed="\n".join(json.dumps(e) for e in (event, {"event": event})).encode())
    assert [json.loads(line) for line in lines] == [{"failures": [{"cause": "term_invalid", "term": "Net 45"}]}] * 2


def test_what_is_no_json_is_told_in_one_line() -> None:
    _, words = run("explain-alert", "-", typed=b"nonsense\n", code=1)
    assert words.startswith("This is no JSON")
    _, words = run("explain-alert", "/nowhere/at/all.json", code=1)
    assert "cannot be read" in words
