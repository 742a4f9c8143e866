"""Where the shared reference data lies, and what happens where it does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("TERMKEEPER_SHARED", Path(__file__).parents[2] / "shared"))
REQUIRE_ALL = os.environ.get("TERMKEEPER_REQUIRE_ALL") == "1"


def missing(what: str) -> None:
    """Skips the test, saying why; fails it where nothing may be missing (as in CI)."""
    if REQUIRE_ALL:
        pytest.fail(f"missing: {what}, and TERMKEEPER_REQUIRE_ALL=1 forbids skipping")
    pytest.skip(f"missing: {what}")


def need_shared(*parts: str) -> Path:
    """The path of a shared reference file; skips where it is absent."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        missing(f"reference data {'/'.join(parts)} (set TERMKEEPER_SHARED)")
    return path
