"""What people do on a report: open a case, keep a finding quiet; and the whole way from approving to fixed."""

from __future__ import annotations

from typing import Any

from slack_bolt import BoltRequest

from bot.cases.folding.mentions import CARDS_AT_MOST
from bot.reports import memory
from bot.reports.desk import Reports
from bot.reports.report import Report
from bot.slack.app import bolt_app
from bot.slack.cards.report import finding_value, keep_inputs
from bot.slack.door import ItemKind
from bot.terms.drift import Standing
from tests.cases.office import ALERTS, TEAM, Office
from tests.reports.keys import weekly_key
from tests.reports.test_card import many

REPORTS = "C0FINREPORT"


def desk(acme: Office) -> Reports:
    return acme.rooms.reports


def newest(acme: Office) -> tuple[int, Report]:
    with acme.database.transaction() as connection:
        run_id = connection.exec_driver_sql("SELECT max(id) FROM drift_runs").scalar_one()
        return run_id, memory.report_of(connection, run_id)


def place_of(report: Report, name: str) -> int:
    return next(n for n, each in enumerate(report.tracked) if name in each.finding.names)


def press(acme: Office, run_id: int, place: int, user: str = "U0DAN") -> None:
    (root,) = acme.rooms.slack.other.conversations_history(channel=REPORTS)["messages"]
    act = {"action": "finding.case", "run": run_id, "place": place, "user": user, "team": "T0ACME"}
    acme.take(ItemKind.CLICK, f"{user}:{run_id}:{place}", {**act, "channel": REPORTS, "ts": root["ts"]})
    assert finding_value(run_id, place)


def keep(acme: Office, run_id: int, place: int, user: str, weeks: int = 0) -> None:
    payload: dict[str, Any] = {"view": "view.keep_finding", "run": run_id, "place": place, "user": user}
    payload |= {"team": "T0ACME", "channel": REPORTS, "values": {"weeks": weeks, "reason": "kept for one client"}}
    acme.take(ItemKind.SUBMISSION, f"{user}:{run_id}:{place}:{weeks}", payload)


def whispered(acme: Office, user: str) -> list[str]:
    return [each["text"] for each in acme.workspace.ephemerals(user, REPORTS)]


def test_from_a_report_a_case_is_opened_approved_and_the_next_report_says_fixed(acme: Office) -> None:
    reports = desk(acme)
    reports.weekly(weekly_key(acme))
    acme.work()
    run_id, report = newest(acme)
    press(acme, run_id, place_of(report, "Net 45"))
    press(acme, run_id, place_of(report, "Net 45"), user="U0PRIYA")
    acme.work()
    (case,) = acme.cases()
    assert (case.term_name, case.state) == ("Net 45", "awaiting_decision")
    acme.click("U0DAN", "case.create", f"{case.id}:{case.proposal_digest}")
    acme.work()
    assert acme.cases()[0].state == "awaiting_sync"
    reports.weekly(weekly_key(acme, 1))
    _, report = newest(acme)
    fixed = next(each for each in report.tracked if "Net 45" in each.finding.names)
    assert fixed.standing is Standing.FIXED
    assert {each.key: each.words for each in report.fixed_by}[fixed.key] == "a decision here, case 1"


def test_a_finding_is_kept_quiet_by_an_approver_alone_and_stays_so(acme: Office) -> None:
    reports = desk(acme)
    reports.weekly(weekly_key(acme))
    run_id, report = newest(acme)
    keep(acme, run_id, place_of(report, "Net 20"), "U0MARIA")
    acme.work()
    assert "Only" in whispered(acme, "clerk")[-1]
    keep(acme, run_id, place_of(report, "Net 20"), "U0DAN")
    acme.work()
    assert "kept quiet until it changes" in whispered(acme, "controller")[-1]
    (entry,) = acme.journal("finding_kept")
    assert "kept for one client" in entry
    reports.weekly(weekly_key(acme, 1))
    _, report = newest(acme)
    assert report.quiet == 1
    assert not [each for each in report.open if "Net 20" in each.finding.names]


def test_an_approver_has_a_quiet_finding_told_again_from_the_view_that_lists_it(acme: Office) -> None:
    reports = desk(acme)
    reports.weekly(weekly_key(acme))
    run_id, report = newest(acme)
    keep(acme, run_id, place_of(report, "Net 20"), "U0DAN")
    acme.work()
    reports.weekly(weekly_key(acme, 1))
    run_id, report = newest(acme)
    place = place_of(report, "Net 20")
    shown = keep_inputs(report, run_id)
    (tell,) = [each for block in shown for each in block.get("elements", ()) if each.get("type") == "button"]
    assert (tell["text"]["text"], tell["value"]) == ("Tell again: Net 20", finding_value(run_id, place))
    for user in ("U0MARIA", "U0PRIYA", "U0DAN"):
        act = {"action": "finding.tell", "run": run_id, "place": place, "user": user, "team": "T0ACME"}
        acme.take(ItemKind.CLICK, f"tell:{user}", {**act, "channel": REPORTS, "ts": ""})
    acme.work()
    assert "Only" in whispered(acme, "clerk")[-1]
    assert "not kept quiet any more" in whispered(acme, "controller")[-1]
    assert len(acme.journal("finding_told_again")) == 1
    reports.weekly(weekly_key(acme, 2))
    assert "Net 20" in {name for each in newest(acme)[1].open for name in each.finding.names}


def test_a_finding_that_is_fixed_since_the_report_is_not_kept_quiet(acme: Office) -> None:
    reports = desk(acme)
    reports.weekly(weekly_key(acme))
    run_id, report = newest(acme)
    acme.ar_term("Net 20", 20)
    reports.weekly(weekly_key(acme, 1))
    keep(acme, run_id, place_of(report, "Net 20"), "U0DAN")
    acme.work()
    assert "is fixed since" in whispered(acme, "controller")[-1]
    assert acme.journal("finding_kept") == []


def test_a_report_loses_the_buttons_that_act_when_the_next_one_comes(acme: Office) -> None:
    reports = desk(acme)
    reports.weekly(weekly_key(acme))
    acme.work()
    reports.weekly(weekly_key(acme, 1))
    acme.work(seconds=30)
    newer, older = acme.rooms.slack.other.conversations_history(channel=REPORTS)["messages"]
    assert {"Open the case: Net 45", "Keep one quiet"} <= set(buttons(newer))
    assert buttons(older) == ["What the words mean"]
    assert "A newer report has come since" in older["text"]
    assert [block["type"] for block in older["blocks"]].count("data_visualization") == 1


def test_a_report_that_somebody_deleted_is_not_posted_again_by_the_next_one(acme: Office) -> None:
    reports = desk(acme)
    reports.weekly(weekly_key(acme))
    acme.work()
    client = acme.rooms.slack.other
    (root,) = client.conversations_history(channel=REPORTS)["messages"]
    client.chat_delete(channel=REPORTS, ts=root["ts"])
    reports.weekly(weekly_key(acme, 1))
    acme.work(seconds=30)
    (only,) = [each for each in client.conversations_history(channel=REPORTS)["messages"] if each.get("blocks")]
    assert "Keep one quiet" in buttons(only)


def buttons(message: dict[str, Any]) -> list[str]:
    rows = [block for block in message["blocks"] if block["type"] == "actions"]
    return [str(element["text"]["text"]) for row in rows for element in row["elements"]]


def test_the_daily_look_opens_cases_for_what_is_new_and_is_silent_afterwards(acme: Office) -> None:
    reports = desk(acme)
    reports.preflight()
    acme.work()
    terms = {case.term_name for case in acme.cases()}
    assert {"Net 45", "Net 90", "Net 20"} <= terms
    cards = len(acme.posted())
    assert all("found before it failed" in card["text"].lower() for card in acme.posted())
    reports.preflight()
    acme.work()
    assert len(acme.posted()) == cards
    assert all(message.channel in (ALERTS, REPORTS) for message in acme.messages("card"))


def test_where_very_many_are_new_the_gravest_get_cases_and_the_others_are_counted(acme: Office) -> None:
    day = acme.clock.now().date().isoformat()
    for number in range(CARDS_AT_MOST):
        acme.invoices(acme.bill_term(f"Net {201 + number}", 201 + number), f"INV-3{number:03}", dated=day)
    desk(acme).preflight()
    acme.work(seconds=90)
    assert len([case for case in acme.cases() if case.term_name is not None]) == CARDS_AT_MOST
    (said,) = acme.messages("notice")
    assert said.body == {"what": "found_many", "more": 10}
    (told,) = acme.rooms.slack.other.conversations_history(channel=REPORTS)["messages"]
    assert told["text"].startswith("10 more terms would fail at the next sync")


def test_a_key_that_was_told_is_not_made_again(acme: Office) -> None:
    reports = desk(acme)
    reports.weekly(weekly_key(acme))
    before = len(acme.calls("intacct"))
    reports.weekly(weekly_key(acme))
    assert len(acme.calls("intacct")) == before


def test_a_report_that_somebody_asks_for_is_answered_to_him_alone_and_posted_nowhere(acme: Office) -> None:
    answer = acme.rooms.poster._answer("acme", {"text": "report", "user": "U0MARIA", "response_url": ""})
    assert answer.text.startswith("10 terms will fail at the next sync")
    acme.work()
    assert acme.messages("report") == []


def test_the_weekly_report_carries_the_journals_head(acme: Office) -> None:
    desk(acme).preflight()
    desk(acme).weekly(weekly_key(acme))
    acme.work()
    with acme.database.transaction() as connection:
        hashes = {row[0] for row in connection.exec_driver_sql("SELECT row_hash FROM journal")}
    (root,) = acme.rooms.slack.other.conversations_history(channel=REPORTS)["messages"]
    assert any(row_hash in root["text"] for row_hash in hashes)


def test_beyond_a_hundred_findings_the_view_turns_to_the_others(acme: Office) -> None:
    with acme.database.transaction() as connection:
        run_id = memory.keep_run(connection, many(1_000), kind="weekly", whole=True, read_from=None)
    app = bolt_app(acme.rooms.slack, None, acme.parts())

    def press(action: str, start: int, **where: Any) -> dict[str, Any]:
        body = {
            "type": "block_actions",
            "user": {"id": "U0DAN", "team_id": TEAM},
            "team": {"id": TEAM},
            "actions": [{"action_id": action, "block_id": "b", "value": finding_value(run_id, start)}],
            "trigger_id": acme.in_loop(lambda: acme.workspace.triggers.lend("U0DAN", None)),
            **where,
        }
        assert app.dispatch(BoltRequest(body=body, mode="socket_mode")).status == 200
        (view,) = acme.workspace.open_views("controller")
        return view

    view = press("finding.keep", 0, channel={"id": REPORTS})
    assert "findings 1 to 100 of " in str(view["blocks"])
    turned = press("finding.page.100", 100, view=view)
    assert turned["id"] == view["id"]
    assert "findings 101 to 200 of " in str(turned["blocks"])
    assert turned["private_metadata"] == view["private_metadata"]
