"""The App Home: what this is, what is open, whether the bot is well."""

from __future__ import annotations

from typing import Any

from bot.slack.cards.home import CASES_SHOWN, HealthLine, HomeCase, HomeValue, home
from tests.slack.cards import samples
from tests.slack.cards.limits import faults
from tests.slack.cards.reading import read

OPEN = HomeCase(
    number=12,
    company="acme",
    term_name="Net\u00a045",
    state="waiting for a decision",
    invoices=3,
    since=samples.NOW,
    permalink="https://acme.slack.test/archives/C1/p1",
)
WELL = HealthLine(name="Intacct", well=True, sentence="answered 2 minutes ago")
ILL = HealthLine(name="BILL", well=False, sentence="refused the password; see doctor")


def _home(**changes: Any) -> Any:
    values: dict[str, Any] = {
        "open_cases": (OPEN,),
        "open_total": 1,
        "health": (WELL, ILL),
        "at": samples.NOW,
        "alert_channels": ("C0FINALERTS",),
    }
    return home(HomeValue(**(values | changes)))


def test_home_reads_as_reviewed(snapshot: Any) -> None:
    assert read(_home()["blocks"]) == snapshot


def test_an_empty_home_says_so(snapshot: Any) -> None:
    assert read(_home(open_cases=(), open_total=0, health=(WELL,), alert_channels=())["blocks"]) == snapshot


def test_many_cases_are_cut_and_counted() -> None:
    view = _home(open_cases=(OPEN,) * 60, open_total=200)
    assert faults(view["blocks"], most=100) == []
    said = "\n".join(read(view["blocks"]))
    assert f"{200 - CASES_SHOWN} older cases are not shown here." in said
    assert view["type"] == "home"
