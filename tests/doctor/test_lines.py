"""What is told as well, as a warning and as a failure; a warning never fails the whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from bot.cases.ports import Entitled
from bot.doctor.finding import Finding, Level
from bot.doctor.records import anchor
from bot.doctor.systems import calls_made
from bot.doctor.workspace import clock, deciders
from bot.settings import CompanySettings

NOW = datetime(2026, 11, 24, 9, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "level", "words"),
    [
        (0, Level.OK, "as Slack's"),
        (-59, Level.OK, "as Slack's"),
        (61, Level.WARN, "61 seconds ahead of"),
        (-120, Level.WARN, "120 seconds behind"),
        (301, Level.FAIL, "301 seconds ahead of"),
        (-3600, Level.FAIL, "3600 seconds behind"),
    ],
)
def test_a_clock_that_is_off_is_told_before_signatures_fail(seconds: int, level: Level, words: str) -> None:
    found = clock(format_datetime(NOW, usegmt=True), NOW + timedelta(seconds=seconds))
    assert found.level is level
    assert words in found.what


@pytest.mark.parametrize("header", ["", "yesterday"])
def test_a_clock_that_cannot_be_compared_is_told(header: str) -> None:
    assert clock(header, NOW).level is Level.WARN


@pytest.mark.parametrize(
    ("calls", "limit", "level"),
    [
        (5_000_000, None, Level.OK),
        (79_999, 100_000, Level.OK),
        (80_000, 100_000, Level.WARN),
        (99_999, 100_000, Level.WARN),
        (100_000, 100_000, Level.FAIL),
    ],
)
def test_the_months_calls_warn_at_four_fifths_and_fail_at_the_contracts_number(
    calls: int, limit: int | None, level: Level
) -> None:
    found = calls_made(calls, limit)
    assert found.level is level
    assert f"{calls:,}" in found.what


def may_decide(policy: str, approvers: int, deputies: int = 0) -> Finding:
    company = CompanySettings.model_validate({"key": "acme", "approval_policy": policy})
    return deciders(
        company,
        Entitled(
            approvers=frozenset(f"U{n}" for n in range(approvers)),
            deputies=frozenset(f"D{n}" for n in range(deputies)),
        ),
    )


@pytest.mark.parametrize(
    ("policy", "approvers", "deputies", "level"),
    [
        ("second-person", 2, 0, Level.OK),
        ("second-person", 1, 0, Level.WARN),
        ("second-person", 1, 1, Level.WARN),
        ("two-people", 1, 0, Level.WARN),
        ("any-approver", 1, 0, Level.OK),
        ("any-approver", 0, 0, Level.FAIL),
        ("second-person", 0, 2, Level.FAIL),
    ],
)
def test_a_company_with_too_few_deciders_is_told(policy: str, approvers: int, deputies: int, level: Level) -> None:
    assert may_decide(policy, approvers, deputies).level is level


def test_deputies_who_stand_in_are_counted_apart() -> None:
    assert "1 approver, and 1 deputy stands in today" in may_decide("second-person", 1, 1).what


def test_an_anchor_must_be_writable_and_its_absence_is_a_warning(tmp_path: Path) -> None:
    assert anchor(None).level is Level.WARN
    assert anchor(tmp_path / "anchors").level is Level.OK
    assert anchor(tmp_path / "nowhere" / "anchors").level is Level.FAIL
    assert anchor(tmp_path).level is Level.FAIL


def test_a_warning_reads_as_one() -> None:
    assert str(may_decide("second-person", 1)).startswith("warn  Slack: 1 approver;")
    assert str(may_decide("second-person", 2)).startswith("ok    Slack: 2 approvers")
