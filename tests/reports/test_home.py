"""The App Home's weeks: of the companies that its reader may be told about, and of no other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from bot.slack.home import publish_home
from tests.cases.office import Office


def home(acme: Office, *companies: Any) -> str:
    parts: Any = SimpleNamespace(
        insight=SimpleNamespace(of=lambda _user: companies),
        clients=acme.rooms.slack,
        database=acme.database,
        approvers=acme.approvers,
    )
    publish_home(parts, user="U0MARIA")
    return str(acme.workspace.home("U0MARIA"))


def test_the_weeks_of_the_kept_reports_are_drawn_for_those_who_may_see_them(acme: Office) -> None:
    assert "Findings, by week" not in home(acme, acme.rooms.company)
    acme.rooms.reports.weekly("weekly/acme/2026-W48")
    shown = home(acme, acme.rooms.company)
    assert "Findings, by week" in shown
    assert "MMMMM" in shown
    assert "Open findings by week." in shown
    assert "Findings, by week" not in home(acme)
