"""What runs found is remembered: new, open, fixed, back; accepted ones stay quiet; the weeks make the chart."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.records.engine import Database
from bot.reports import memory
from bot.reports.memory import Acceptance
from bot.reports.report import Report
from bot.reports.weeks import Week
from bot.terms.drift import Finding, FindingKind, Standing, against
from tests.reports.samples import NOW, WEEK, full, quiet

MISSING = Finding(kind=FindingKind.MISSING, names=("Net\N{NO-BREAK SPACE}45\ud800",), invoices=3)

PLAIN = replace(MISSING, names=("Net 45",))


def run(
    database: Database,
    week: Week,
    *found: Finding,
    kind: str = "weekly",
    told_at: datetime | None = None,
) -> Report:
    at = NOW + timedelta(weeks=week.monday.toordinal() // 7 - WEEK.monday.toordinal() // 7)
    with database.transaction() as connection:
        earlier = memory.remembered(connection, "acme")
        tracked = against(earlier, found, now=at, unread=frozenset(), told_at=told_at)
        report = replace(quiet(), at=at, week=week, covers=(week,), tracked=tracked)
        memory.keep_run(connection, report, kind=kind, whole=True, read_from=at)
    return report


def test_a_finding_is_new_then_open_then_fixed_then_back(database: Database) -> None:
    standings = []
    for n, found in enumerate([(MISSING,), (MISSING,), (), (), (MISSING,)]):
        report = run(database, WEEK.plus(n), *found)
        standings.append([each.standing for each in report.tracked])
    assert standings == [[Standing.NEW], [Standing.OPEN], [Standing.FIXED], [], [Standing.BACK]]
    with database.transaction() as connection:
        (kept,) = memory.remembered(connection, "acme").values()
    assert kept.first_seen == NOW
    assert kept.fixed_at is None


def test_an_accepted_finding_is_quiet_in_the_next_run(database: Database) -> None:
    run(database, WEEK, PLAIN)
    with database.transaction() as connection:
        kept = memory.accept(connection, "acme", PLAIN, by="U0DAN", why="kept for one client")
        other = memory.accept(connection, "other", PLAIN, by="U0DAN", why="")
    assert (kept, other) == (Acceptance.KEPT, Acceptance.GONE)
    report = run(database, WEEK.plus(1), PLAIN)
    assert report.open == ()
    assert report.quiet == 1


def accept(database: Database, seen: Finding) -> Acceptance:
    with database.transaction() as connection:
        return memory.accept(connection, "acme", seen, by="U0DAN", why="kept for one client")


def test_what_was_accepted_and_then_fixed_is_told_as_any_other_when_it_comes_back(database: Database) -> None:
    run(database, WEEK, PLAIN)
    accept(database, PLAIN)
    run(database, WEEK.plus(1))
    (back,) = run(database, WEEK.plus(2), PLAIN).open
    assert (back.standing, back.quiet, back.accepted_by) == (Standing.BACK, False, "")


def test_what_is_fixed_or_changed_since_it_was_seen_is_not_accepted(database: Database) -> None:
    run(database, WEEK, PLAIN)
    run(database, WEEK.plus(1), replace(PLAIN, unreadable=True))
    assert accept(database, PLAIN) is Acceptance.CHANGED
    run(database, WEEK.plus(2))
    assert accept(database, PLAIN) is Acceptance.GONE
    run(database, WEEK.plus(3), PLAIN)
    assert accept(database, PLAIN) is Acceptance.KEPT


def test_accepting_a_date_set_by_hand_accepts_no_later_ones(database: Database) -> None:
    one = Finding(kind=FindingKind.OVERRIDDEN, names=("Net 30",), subject="books", invoices=1)
    run(database, WEEK, one)
    accept(database, one)
    assert run(database, WEEK.plus(1), one).quiet == 1
    assert run(database, WEEK.plus(2), replace(one, invoices=2)).quiet == 0
    assert accept(database, one) is Acceptance.CHANGED
    missing = replace(PLAIN, invoices=1)
    run(database, WEEK.plus(3), missing)
    accept(database, missing)
    assert run(database, WEEK.plus(4), replace(missing, invoices=9)).quiet == 1


def test_a_whole_report_is_kept_as_it_was(database: Database) -> None:
    report = full()
    with database.transaction() as connection:
        run_id = memory.keep_run(connection, report, kind="weekly", whole=True, read_from=NOW)
    with database.transaction() as connection:
        kept = memory.report_of(connection, run_id)
    assert [each.finding.kind for each in kept.tracked] == [each.finding.kind for each in report.tracked]
    assert kept.history == report.history
    assert kept.cost == report.cost
    assert kept.failing[0].finding.at_risk == report.failing[0].finding.at_risk


def test_the_chart_shows_the_weeks_that_had_a_report_and_the_newest_run_of_each(database: Database) -> None:
    run(database, WEEK.plus(-20), MISSING)
    run(database, WEEK.plus(-2))
    run(database, WEEK.plus(-2), MISSING)
    run(database, WEEK.plus(-1), kind="preflight")
    with database.transaction() as connection:
        weeks = memory.history(connection, "acme", WEEK)
        assert memory.last_week(connection, "acme") == WEEK.plus(-2)
    assert [week.week for week in weeks] == [WEEK.plus(-2)]
    assert sum(weeks[0].counts.values()) == 1


def test_twelve_weeks_are_told_where_there_are_more(database: Database) -> None:
    for n in range(-14, 0):
        run(database, WEEK.plus(n))
    with database.transaction() as connection:
        weeks = [each.week for each in memory.history(connection, "acme", WEEK)]
    assert weeks == [WEEK.plus(n) for n in range(-12, 0)]


def test_a_look_between_two_reports_takes_nothing_out_of_the_next_one(database: Database) -> None:
    run(database, WEEK, MISSING)
    run(database, WEEK.plus(1), kind="preflight")
    assert [each.standing for each in run(database, WEEK.plus(2)).tracked] == [Standing.FIXED]
    seen = run(database, WEEK.plus(3), MISSING, kind="preflight")
    assert [each.standing for each in seen.tracked] == [Standing.BACK]
    seen = run(database, WEEK.plus(4), MISSING, kind="preflight")
    assert [each.standing for each in seen.tracked] == [Standing.OPEN]
    told = run(database, WEEK.plus(5), MISSING, told_at=NOW + timedelta(weeks=2))
    assert [each.standing for each in told.tracked] == [Standing.BACK]
    assert [each.standing for each in run(database, WEEK.plus(6), MISSING).tracked] == [Standing.OPEN]


def test_what_a_daily_look_saw_first_is_new_to_the_readers_of_the_report(database: Database) -> None:
    run(database, WEEK)
    run(database, WEEK.plus(1), MISSING, kind="preflight")
    told = run(database, WEEK.plus(2), MISSING, told_at=NOW)
    assert [each.standing for each in told.tracked] == [Standing.NEW]
    assert told.tracked[0].first_seen == NOW + timedelta(weeks=1)


def test_a_run_goes_on_where_the_last_one_left_off(database: Database) -> None:
    with database.transaction() as connection:
        assert memory.last_look(connection, "acme") is None
    run(database, WEEK)
    with database.transaction() as connection:
        look = memory.last_look(connection, "acme")
    assert look is not None
    assert (look.at, look.read_from, look.whole_at) == (NOW, NOW, NOW)
