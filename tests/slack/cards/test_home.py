"""The App Home: what this is, what is open, whether the bot is well."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.slack.cards.home import CASES_SHOWN, CHARTS_SHOWN, HealthLine, HomeCase, HomeChart, HomeValue, home
from tests.reports.samples import history
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


def test_cases_of_several_companies_stand_under_their_names() -> None:
    beta = replace(OPEN, company="beta", number=1, term_name="Net 12")
    said = "\n".join(read(_home(open_cases=(OPEN, beta, OPEN), open_total=3)["blocks"]))
    assert said.index("acme") < said.rindex("case 12") < said.index("beta") < said.index("Net 12")


def test_who_belongs_to_no_company_sees_the_help_alone(snapshot: Any) -> None:
    view = _home(open_cases=(), open_total=0, health=(), alert_channels=())
    assert read(view["blocks"]) == snapshot


def test_what_waits_for_the_reader_comes_first(snapshot: Any) -> None:
    assert read(_home(to_decide=(OPEN,), to_decide_total=1)["blocks"]) == snapshot
    many = "\n".join(read(_home(to_decide=(OPEN,) * CASES_SHOWN, to_decide_total=23)["blocks"]))
    assert "*23 cases wait for your decision*" in many
    assert "3 more are among the other open cases." in many


def test_a_withdrawal_awaits_no_invoices() -> None:
    said = "\n".join(read(_home(open_cases=(replace(OPEN, invoices=None, state="in use"),))["blocks"]))
    assert "in use · a term to make inactive · since" in said
    assert "0 invoices" not in said


def test_many_cases_are_cut_and_counted() -> None:
    view = _home(open_cases=(OPEN,) * 60, open_total=200)
    assert faults(view["blocks"], most=100) == []
    said = "\n".join(read(view["blocks"]))
    assert f"{200 - CASES_SHOWN} older cases are not shown here." in said
    assert view["type"] == "home"


def test_the_weeks_are_drawn_in_letters_and_told_in_words(snapshot: Any) -> None:
    assert read(_home(charts=(HomeChart(company="acme", history=history()),))["blocks"]) == snapshot


def test_weeks_of_several_companies_bear_their_names_and_those_beyond_are_counted() -> None:
    charts = tuple(HomeChart(company=f"firm-{n}", history=history()) for n in range(CHARTS_SHOWN + 2))
    blocks = _home(charts=charts)["blocks"]
    assert faults(blocks, most=100) == []
    said = "\n".join(read(blocks))
    assert "firm-4" in said
    assert "firm-5" not in said
    assert "2 other companies have reports too." in said


def test_a_company_without_a_report_and_one_without_findings_draw_nothing() -> None:
    none = HomeChart(company="acme", history=())
    assert _home(charts=(none,))["blocks"] == _home()["blocks"]
    quiet = replace(none, history=tuple(replace(week, counts={}) for week in history()))
    said = "\n".join(read(_home(charts=(quiet,))["blocks"]))
    assert "None in any of them." in said
    assert "```" not in said
