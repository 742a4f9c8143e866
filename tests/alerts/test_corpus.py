"""Every alert of the reference corpus reads exactly as it says."""

from __future__ import annotations

import json

import pytest

from bot.alerts import as_json
from tests.shared import SHARED, need_shared

NAMES = sorted(path.name for path in SHARED.joinpath("data", "alerts").glob("*.json"))


def test_the_corpus_is_there() -> None:
    need_shared("data", "alerts")
    assert NAMES


@pytest.mark.parametrize("name", NAMES)
def test_alert_reads_as_given(name: str) -> None:
    given = json.loads(need_shared("data", "alerts", name).read_text(encoding="utf-8"))
    assert as_json(given["event"]) == {"failures": given["failures"]}
