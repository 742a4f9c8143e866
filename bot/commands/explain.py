"""`python -m bot explain-term | explain-alert`: what a name or a Slack message is read as, one line of JSON each."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.alerts import as_json as alert_json
from bot.commands.refusal import CannotDo
from bot.terms.wording import as_json as term_json


def term(wanted: argparse.Namespace, _: Path) -> int:
    """What each name says. Raises CannotDo for a line that holds no name; what came before it is printed."""
    return _print(term_json(_name(line)) if given else term_json(line) for line, given in _inputs(wanted.names))


def alert(wanted: argparse.Namespace, _: Path) -> int:
    """Which failures each message reports. Raises CannotDo for what is no message; what came before it is printed."""
    return _print(alert_json(_event(text)) for text in _texts(wanted.files))


def _print(answers: Iterable[Mapping[str, Any]]) -> int:
    for answer in answers:
        print(json.dumps(answer), flush=True)
    return 0


def _inputs(names: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Each name, and whether it is a line of JSON."""
    for name in names:
        if name != "-":
            yield name, False
            continue
        for line in _lines():
            yield line, True


def _lines() -> Iterator[str]:
    for raw in sys.stdin.buffer:
        line = raw.decode("utf-8", errors="surrogateescape")
        if line.strip():
            yield line


def _texts(files: Sequence[str]) -> Iterator[str]:
    for file in files:
        if file == "-":
            yield from _lines()
            continue
        try:
            yield Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CannotDo(f"{file} cannot be read: {error}") from None


def _read(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise CannotDo(f"This is no JSON: {text.strip()[:80]!r} ({error})") from None


def _name(line: str) -> str:
    read = _read(line)
    name = read.get("name") if isinstance(read, dict) else read
    if not isinstance(name, str):
        raise CannotDo(f"A line holds a JSON string or an object with `name`; this one is {line.strip()[:80]!r}")
    return name


def _event(text: str) -> Mapping[str, object]:
    read = _read(text)
    event = read.get("event", read) if isinstance(read, dict) else None
    if not isinstance(event, dict):
        raise CannotDo(f"An alert is a JSON object, or one with `event`; this is {text.strip()[:80]!r}")
    return event
