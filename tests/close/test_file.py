"""The file of closings: what it holds becomes moments; each mistake is a line that says what is taken."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.close.file import CalendarProblems, read
from bot.settings import SettingsError, close_calendar

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "close.toml"


def problems(file: Path, text: str) -> tuple[str, ...]:
    file.write_text(text)
    with pytest.raises(CalendarProblems) as refused:
        read(file, NEW_YORK)
    return refused.value.problems


def one(**values: str) -> str:
    return "[[close]]\n" + "\n".join(f"{key} = {value}" for key, value in values.items()) + "\n"


GOOD = {"period": '"2026-10"', "cut_off": "2026-11-06T18:00:00"}


def test_a_moment_is_the_companys_unless_it_names_its_offset(file: Path) -> None:
    file.write_text(one(**GOOD) + one(period='"2026-11"', cut_off="2026-12-07T18:00:00+01:00", entity='"200"'))
    first, second = read(file, NEW_YORK).closings
    assert first.cut_off == datetime(2026, 11, 6, 23, tzinfo=UTC)
    assert (second.cut_off, second.entity) == (datetime(2026, 12, 7, 17, tzinfo=UTC), "200")


def test_a_summer_and_a_winter_cut_off_have_their_own_offsets(file: Path) -> None:
    file.write_text(one(**GOOD) + one(period='"2026-09"', cut_off="2026-10-07T18:00:00"))
    assert [each.cut_off.hour for each in read(file, NEW_YORK).closings] == [22, 23]


def test_a_period_may_say_its_own_days(file: Path) -> None:
    file.write_text(one(**GOOD, first="2026-09-27", last="2026-10-31"))
    (closing,) = read(file, NEW_YORK).closings
    assert (closing.period.first, closing.period.last) == (date(2026, 9, 27), date(2026, 10, 31))


def test_an_empty_file_closes_nothing(file: Path) -> None:
    file.write_text("")
    assert read(file, NEW_YORK).closings == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("closed = 1", "it takes [[close]] tables"),
        ("close = 1", "takes [[close]] tables"),
        ("[close]\nperiod = 1", "takes [[close]] tables"),
        ("[[close]\n", "cannot be read as TOML"),
        (one(period='"2026-13"', cut_off="2026-11-06T18:00:00"), "close 1: period: 2026-13 is no month"),
        (one(period="2026", cut_off="2026-11-06T18:00:00"), 'such as "2026-10"'),
        (one(period='"2026-10"', cut_off="2026-11-06"), "such as 2026-11-06T18:00:00"),
        (one(period='"2026-10"', cut_off='"Nov 6"'), "such as 2026-11-06T18:00:00"),
        (one(period='"2026-10"'), "cut_off takes"),
        (one(period='"2026-12"', cut_off="2026-11-06T18:00:00"), "before the first day"),
        (one(**GOOD, entity="200"), "entity takes"),
        (one(**GOOD, who='"me"'), "'who' is not known"),
        (one(**GOOD, first="2026-11-01", last="2026-10-01"), "first and last take"),
        (one(**GOOD, first="2020-11-01"), "first and last take"),
        (one(**GOOD) + one(**GOOD), "period 2026-10 is there twice"),
        (one(**GOOD, last="2026-11-02") + one(period='"2026-11"', cut_off="2026-12-06T18:00:00"), "share days"),
        (one(period='"2027-02"', cut_off="2027-03-14T02:30:00"), "does not exist in America/New_York"),
        (one(period='"2026-10"', cut_off="2026-11-01T01:30:00"), "with its offset, such as 2026-11-01T01:30:00-04:00"),
    ],
)
def test_each_mistake_says_what_is_taken(file: Path, text: str, told: str) -> None:
    (problem,) = problems(file, text)
    assert told in problem


def test_every_mistake_is_a_line_of_its_own(file: Path) -> None:
    assert len(problems(file, one(period="1") + one(**GOOD, entity="2") + "[other]\n")) == 3


def test_the_setting_names_itself_in_each_line_and_nothing_set_closes_nothing(file: Path) -> None:
    file.write_text(one(period="1"))
    with pytest.raises(SettingsError) as refused:
        close_calendar(file, NEW_YORK)
    assert refused.value.problems[0].startswith("CLOSE_CALENDAR: close 1: period takes")
    with pytest.raises(SettingsError, match="cannot be read"):
        close_calendar(file.with_name("absent.toml"), NEW_YORK)
    assert close_calendar(None, NEW_YORK).closings == ()
