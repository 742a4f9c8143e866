"""Other processes for tests that kill them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]


@contextmanager
def another_process(code: str, *args: str) -> Iterator[subprocess.Popen[str]]:
    """Runs Python code in a process of its own until the block ends; it tells of itself line by line."""
    process = subprocess.Popen(
        [sys.executable, "-c", dedent(code), *args], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def told(process: subprocess.Popen[str]) -> str:
    """The next line that it tells; empty where it ended."""
    assert process.stdout is not None
    return process.stdout.readline().strip()
