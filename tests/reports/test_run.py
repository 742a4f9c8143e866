"""Runs over acme's own year, both systems over sockets: what is found, what it costs, what is remembered."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from bot.billing.bill import TERMS_KEPT_S
from bot.records.calls import CallCounter
from bot.reports.reading import Reading
from bot.reports.report import Report
from bot.reports.run import Kept, RunKind, Runner, Spent
from bot.reports.wording import headline, said_of
from bot.sandbox import intacct as gateway
from bot.sandbox.bill import books
from bot.sandbox.world import Fault
from bot.terms.drift import FindingKind, Standing
from tests.cases.company import bill_at
from tests.cases.office import Office
from tests.intacct.conftest import books_at


def runner(acme: Office) -> Runner:
    def spent() -> Spent:
        return Spent(intacct=len(acme.calls("intacct")), billing=len(acme.calls("bill")), month=4112, limit=100_000)

    return Runner(acme.database, acme.clock, acme.rooms.company, Reading(acme.rooms.company), spent)


def run(acme: Office, kind: RunKind = RunKind.WEEKLY, *, keep: bool = True) -> Kept:
    return runner(acme).run(kind, keep=keep)


def names(report: Report, kind: FindingKind) -> set[str]:
    return {name for each in report.tracked if each.finding.kind is kind for name in each.finding.names}


def bill_term(acme: Office, name: str) -> str:
    return next(row["id"] for row in acme.world.store.table("bill_term").values() if row["name"] == name)


def test_acmes_drift_is_found_with_what_waits_and_what_it_is_worth(acme: Office) -> None:
    kept = run(acme)
    report = kept.report
    assert names(report, FindingKind.MISSING) == {"Net 45", "Net 55", "Per contract", "2% 10 Net 50", "Net 25 EOM"}
    assert names(report, FindingKind.INACTIVE) == {"Net 90"}
    assert names(report, FindingKind.OTHER_NAME) == {"Net 20"}
    assert names(report, FindingKind.LOOKALIKE) == {
        "Net 14 ",
        "Net\N{NO-BREAK SPACE}35",
        "\N{GREEK CAPITAL LETTER NU}et 75",
    }
    assert headline(report) == "10 terms will fail at the next sync, worth $57,066.45 and €2,150."
    assert set(kept.waiting["Net 45"]) == {"INV-0988", "INV-1042", "INV-1043"}
    assert not report.missing
    assert {
        each.finding.examples[0].subject for each in report.tracked if each.finding.kind is FindingKind.CUSTOMER_DEFAULT
    } == {
        "Kestrel Aviation",
        "Harbor Freight Lines",
    }


def test_a_customers_finding_tells_both_names_and_who_looks_after_the_customer(acme: Office) -> None:
    told = {said_of(each.finding) for each in run(acme, keep=False).report.tracked}
    assert (
        "Kestrel Aviation: its default is “Net 35” in Intacct and “Net\N{NO-BREAK SPACE}35” at the source. "
        "Looked after by Sam Ortiz."
    ) in told


def test_the_second_run_reads_only_what_changed(acme: Office) -> None:
    first, second = run(acme).report, run(acme).report
    assert second.cost.intacct <= 5
    assert second.cost.billing <= 5
    assert second.cost.intacct + second.cost.billing < first.cost.intacct + first.cost.billing
    assert {each.standing for each in second.tracked} == {Standing.OPEN}


def test_what_others_ask_meanwhile_is_no_cost_of_a_report(acme: Office) -> None:
    intacct, bill = (CallCounter(acme.database, service, "acme") for service in ("intacct", "bill"))
    client = books_at(acme.address + gateway.PATH, counter=intacct)
    company = replace(acme.rooms.company, books=client, source=bill_at(acme.address, counter=bill))
    reports = Runner(
        acme.database, acme.clock, company, Reading(company), lambda: Spent(intacct=intacct.own, billing=bill.own)
    )
    reports.run(RunKind.ASKED, keep=False)  # signs in, and learns what this company can be asked
    alone = reports.run(RunKind.ASKED, keep=False).report.cost
    assert alone.intacct > 0
    assert alone.billing > 0

    def others(where: str) -> None:
        del where
        with ThreadPoolExecutor(1) as threads:
            threads.submit(client.terms).result()

    assert reports.run(RunKind.ASKED, keep=False, progress=others).report.cost == alone
    client.close()
    intacct.close()
    bill.close()


def test_a_dry_run_keeps_nothing(acme: Office) -> None:
    run(acme, keep=False)
    assert {each.standing for each in run(acme).report.tracked} == {Standing.NEW}


def test_what_was_corrected_at_the_source_or_made_in_intacct_is_fixed_and_by_whom(acme: Office) -> None:
    run(acme)
    books.edit_term(acme.world, bill_term(acme, "Net\N{NO-BREAK SPACE}35"), "Net 35", None)
    acme.ar_term("Net 45", 45)
    time.sleep(TERMS_KEPT_S)
    report = run(acme).report
    fixed = {each.finding.names[0]: each.key for each in report.tracked if each.standing is Standing.FIXED}
    assert {"Net 45", "Net\N{NO-BREAK SPACE}35"} <= set(fixed)
    by = {each.key: each.words for each in report.fixed_by}
    assert by[fixed["Net 45"]] == "agarcia in Intacct"
    assert by[fixed["Net\N{NO-BREAK SPACE}35"]] == "at BILL: no longer used there"
    assert "fixed since last week" in headline(report)


def test_a_rule_that_changed_in_the_books_shows_in_the_due_dates(acme: Office) -> None:
    rows = acme.world.store.table("arinvoice")
    key, row = next((k, r) for k, r in rows.items() if r["TERMNAME"] == "Net 30" and r["RECORDID"].startswith("INV-1"))
    rows[key] = {**row, "WHENDUE": "12/31/2026"}
    report = run(acme).report
    (found,) = [each.finding for each in report.tracked if each.finding.kind is FindingKind.OVERRIDDEN]
    assert (found.names, found.subject, found.examples[0].subject) == (("Net 30",), "books", row["RECORDID"])
    again = run(acme).report
    assert [t.standing for t in again.tracked if t.finding.kind is FindingKind.OVERRIDDEN] == [Standing.OPEN]
    rows[key] = {**row, "WHENMODIFIED": acme.clock.now().strftime("%m/%d/%Y %H:%M:%S")}
    assert [t.standing for t in run(acme).report.tracked if t.finding.kind is FindingKind.OVERRIDDEN] == [
        Standing.FIXED
    ]


def test_a_due_date_that_was_changed_in_intacct_alone_shows_in_the_next_run(acme: Office) -> None:
    run(acme)
    rows = acme.world.store.table("arinvoice")
    key, row = next((k, r) for k, r in rows.items() if r["TERMNAME"] == "Net 30" and r["RECORDID"].startswith("INV-1"))
    changed = acme.clock.now().strftime("%m/%d/%Y %H:%M:%S")
    rows[key] = {**row, "WHENDUE": "12/31/2026", "WHENMODIFIED": changed}
    report = run(acme).report
    (found,) = [each.finding for each in report.tracked if each.finding.kind is FindingKind.OVERRIDDEN]
    assert (found.subject, found.examples[0].subject) == ("books", row["RECORDID"])


def test_where_intacct_does_not_tell_what_changed_the_report_says_when_it_will_know(acme: Office) -> None:
    run(acme)
    acme.world.faults.set(Fault("intacct", "query", "no_filter", 99))
    report = run(acme).report
    said = "Intacct cannot tell which invoices changed there; a look at all of them comes each month."
    assert said in report.untold
    assert not report.missing


def test_where_intacct_does_not_tell_what_changed_the_odd_ones_are_looked_at_again(acme: Office) -> None:
    rows = acme.world.store.table("arinvoice")
    key, row = next((k, r) for k, r in rows.items() if r["TERMNAME"] == "Net 30" and r["RECORDID"].startswith("INV-1"))
    rows[key] = {**row, "WHENDUE": "12/31/2026"}
    assert names(run(acme).report, FindingKind.OVERRIDDEN) == {"Net 30"}
    rows[key] = row
    acme.world.faults.set(Fault("intacct", "query", "no_filter", 99))
    report = run(acme).report
    (gone,) = [each for each in report.tracked if each.finding.kind is FindingKind.OVERRIDDEN]
    assert gone.standing is Standing.FIXED


@pytest.mark.parametrize("service", ["bill", "intacct"])
def test_a_system_that_does_not_answer_makes_a_partial_report_and_fixes_nothing(acme: Office, service: str) -> None:
    run(acme)
    acme.world.faults.set(Fault(service, "*", "server_error" if service == "bill" else "offline", 50))
    report = run(acme).report
    assert report.missing
    assert headline(report).startswith("PARTIAL")
    assert not report.standing(Standing.FIXED)
    acme.world.faults.clear()
    assert {each.standing for each in run(acme).report.tracked} == {Standing.OPEN}


def test_the_daily_look_speaks_of_what_would_fail_and_costs_little(acme: Office) -> None:
    run(acme, RunKind.PREFLIGHT)
    before = len(acme.calls("intacct")) + len(acme.calls("bill"))
    report = run(acme, RunKind.PREFLIGHT).report
    assert len(acme.calls("intacct")) + len(acme.calls("bill")) - before <= 4
    assert not report.standing(Standing.NEW)
    acme.invoices(acme.bill_term("Net 7", 7), "INV-2000", dated=acme.clock.now().date().isoformat())
    time.sleep(TERMS_KEPT_S)
    report = run(acme, RunKind.PREFLIGHT).report
    assert [said_of(each.finding) for each in report.standing(Standing.NEW)] == [
        "“Net 7” is missing in Intacct: 1 open invoice, $100."
    ]
    weekly = run(acme).report
    assert "Net 7" in names(weekly, FindingKind.MISSING)
    assert not weekly.standing(Standing.FIXED)


def test_grouping_refused_gives_the_same_findings_by_paging(acme: Office) -> None:
    grouped = run(acme, keep=False).report
    queries = acme.calls("intacct").count("query")
    acme.world.faults.set(Fault("intacct", "query", "no_grouping", 1_000))
    paged = run(acme, keep=False).report
    assert [each.finding for each in paged.tracked] == [each.finding for each in grouped.tracked]
    assert acme.calls("intacct").count("query") == 2 * queries + 1
