"""The App Home's weeks: of the companies that its reader may be told about, and of no other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from bot.sandbox.slack.seed import TEAM_ID
from bot.slack.door import ItemKind
from bot.slack.home import publish_home
from tests.cases.office import ALERTS, Office, sequence
from tests.reports.keys import weekly_key


def home(acme: Office, *companies: Any, user: str = "U0MARIA") -> str:
    parts: Any = SimpleNamespace(
        insight=SimpleNamespace(of=lambda _user: companies),
        clients=acme.rooms.slack,
        database=acme.database,
        approvers=acme.approvers,
    )
    publish_home(parts, user=user)
    return str(acme.workspace.home(user))


def test_the_weeks_of_the_kept_reports_are_drawn_for_those_who_may_see_them(acme: Office) -> None:
    assert "Findings, by week" not in home(acme, acme.rooms.company)
    acme.rooms.reports.weekly(weekly_key(acme))
    shown = home(acme, acme.rooms.company)
    assert "Findings, by week" in shown
    assert "MMMMM" in shown
    assert "Open findings by week." in shown
    assert "Findings, by week" not in home(acme)


def test_what_waits_for_its_reader_is_listed_once_and_a_withdrawal_as_one(acme: Office) -> None:
    acme.alert(*sequence("INV-1054", "INV-1042"))
    acme.work()
    net_45, net_55 = sorted(acme.cases(), key=lambda case: str(case.term_name))
    acme.click("U0DAN", "case.create", f"{net_55.id}:{net_55.proposal_digest}")
    acme.work()
    made = acme.case(net_55.number)
    wish = {
        "view": "view.withdraw",
        "case_id": made.id,
        "digest": made.proposal_digest,
        "values": {"reason": "mistake"},
    }
    acme.take(ItemKind.SUBMISSION, "wish", wish | {"user": "U0MARIA", "team": TEAM_ID, "channel": ALERTS})
    acme.work()
    shown = home(acme, acme.rooms.company, user="U0DAN")
    assert "1 case waits for your decision" in shown
    assert "Other open cases: 2" in shown
    assert shown.count(f"|case {net_45.number}>") == 1
    assert "`Net 55` · in use · a term to make inactive" in shown
    (card,) = [m for m in acme.posted() if "is about withdrawing the term" in m["text"]]
    assert "|Case 3> is about withdrawing the term" in str(card["blocks"])
