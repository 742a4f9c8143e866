"""One name a rule over acme's own year: what is proposed, who holds the terms, and what a step leads to."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from bot.commands.report import write_names
from bot.reports import memory
from bot.reports.desk import Reports
from bot.reports.reading import Reading
from bot.reports.run import Runner, Spent
from bot.reports.standard_wording import WHERE, first_line, steps_said, told_lines
from bot.reports.standardise import Standardisation, of_report
from bot.reports.weeks import Rhythm
from bot.reports.workbook import workbook
from bot.sandbox.intacct import objects
from bot.sandbox.slack.seed import TEAM_ID
from bot.sandbox.world import Fault
from bot.slack.cards.standard import (
    StandardButton,
    UnreadableStandardError,
    read_standard,
    standard_answer,
    standard_blocks,
    standard_value,
)
from bot.slack.door import ItemKind
from bot.terms.standard import Holder, Standard, Step, StepKind
from tests.cases.office import ALERTS, Office
from tests.reports.keys import weekly_key
from tests.reports.samples import UGLY, full, quiet
from tests.slack.cards.limits import faults
from tests.slack.cards.reading import read
from tests.terms.test_drift import ar, used, world

OTHERS = {
    "ARRECURINVOICE": "TERMNAME",
    "SODOCUMENT": "TERM.NAME",
    "SORECURDOCUMENT": "TERM.NAME",
    "CONTRACT": "TERMNAME",
}


def desk(acme: Office, **changes: Any) -> Reports:
    company = replace(acme.rooms.company, **changes)
    runner = Runner(acme.database, acme.clock, company, Reading(company), lambda: Spent(intacct=0, billing=0))
    return Reports(acme.database, acme.clock, company, runner, Rhythm(weekday=0, hour=8, zone=company.zone))


def standardised(acme: Office, **changes: Any) -> Standardisation:
    return desk(acme, **changes).standardise()


def kept(found: Standardisation, name: str) -> Standard:
    return next(each for each in found.standards if each.keep == name)


def retiring(found: Standardisation, name: str) -> Step:
    (step,) = [s for each in found.standards for s in each.steps if s.kind is StepKind.RETIRE and s.name == name]
    return step


def subscribe(monkeypatch: pytest.MonkeyPatch, **fields: str) -> None:
    """Adds objects to the emulated company, each with the field that names its term."""
    for name, term in fields.items():
        kind = replace(
            objects.CUSTOMER,
            name=name,
            table=name.lower(),
            name_field="RECORDNO",
            fields={n: objects.Field(name=n, holds=objects.Holds.TEXT) for n in ("RECORDNO", term, "MEGAENTITYID")},
        )
        monkeypatch.setitem(objects.OBJECTS, name, kind)


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A company that subscribes to none of the other records that name terms."""
    for name in OTHERS:
        monkeypatch.delitem(objects.OBJECTS, name)


def test_acmes_rules_with_several_names_are_proposed_the_most_refused_first(acme: Office) -> None:
    found = standardised(acme)
    assert [(each.keep, each.prevented) for each in found.standards] == [("Net 35", 61), ("Net 14", 21), ("N20", 1)]
    assert first_line(found) == (
        "3 rules go by several names. By today's terms a sync would refuse 83 invoices of the last year; "
        "with one name each, none."
    )
    assert steps_said(kept(found, "N20")) == (
        "At the source, rename “Net 20” to “N20” (1 invoice of the last year, which a sync would refuse today).",
    )
    assert not any(each.due_dates_changed for each in found.standards)


def test_nothing_is_kept_and_nothing_said_by_looking(acme: Office) -> None:
    standardised(acme)
    with acme.database.transaction() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM drift_runs").scalar_one() == 0
    acme.work()
    assert acme.posted() == []
    assert acme.cases() == []


def test_the_companys_own_name_is_kept_and_what_intacct_calls_otherwise_is_retired_when_free(acme: Office) -> None:
    found = standardised(acme, house=("Net 20",))
    steps = kept(found, "Net 20").steps
    assert [(step.kind, step.name) for step in steps] == [(StepKind.CREATE, "Net 20"), (StepKind.RETIRE, "N20")]
    assert "own list" in kept(found, "Net 20").why
    assert "invoices of the last year (20)" in steps[1].blocked[0]


@pytest.mark.usefixtures("plain")
def test_what_cannot_be_read_is_named_and_blocks_retiring(acme: Office) -> None:
    acme.ar_term("N30", 30)
    step = retiring(standardised(acme), "N30")
    assert step.blocked == (
        "Not known whether it is held by: Order Entry documents, contracts, recurring invoices, transaction templates.",
    )


def test_a_term_that_nothing_holds_is_free_where_everything_can_be_read(
    acme: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(monkeypatch, **OTHERS)
    acme.ar_term("N30", 30)
    assert retiring(standardised(acme), "N30").blocked == ()


@pytest.mark.parametrize(("kind", "field"), OTHERS.items())
def test_whatever_names_a_term_holds_it(acme: Office, monkeypatch: pytest.MonkeyPatch, kind: str, field: str) -> None:
    subscribe(monkeypatch, **OTHERS)
    acme.ar_term("N30", 30)
    acme.world.store.table(kind.lower())["1"] = {"RECORDNO": "1", field: "N30", "MEGAENTITYID": "E9"}
    (blocked,) = retiring(standardised(acme), "N30").blocked
    assert blocked.startswith("Still held by: ")
    assert blocked.endswith(" (1).")


def test_an_object_that_lists_no_term_is_not_taken_for_one_that_holds_none(
    acme: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(monkeypatch, **{**OTHERS, "CONTRACT": "NAME"})
    acme.ar_term("N30", 30)
    assert retiring(standardised(acme), "N30").blocked == ("Not known whether it is held by: contracts.",)


def test_open_invoices_customers_and_the_source_hold_a_term(acme: Office) -> None:
    acme.ar_term("N30", 30)
    invoices = acme.world.store.table("arinvoice")
    key, row = next((k, r) for k, r in invoices.items() if r["TERMNAME"] == "Net 30")
    invoices[key] = {**row, "TERMNAME": "N30", "TOTALDUE": "12.50", "WHENCREATED": "01/02/2019"}
    customers = acme.world.store.table("customer")
    key, row = next(iter(customers.items()))
    customers[key] = {**row, "TERMNAME": "N30", "STATUS": "inactive"}
    blocked = retiring(standardised(acme), "N30").blocked[0]
    assert blocked == "Still held by: customers' default terms (1), open invoices (1)."


def test_a_sign_in_to_one_entity_does_not_see_what_other_entities_hold(
    acme: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(monkeypatch, **OTHERS)
    acme.ar_term("N30", 30)
    found = standardised(acme, entity="E1")
    assert retiring(found, "N30").blocked == ("Not known whether it is held by: other entities' records.",)


def test_intacct_that_does_not_answer_frees_nothing(acme: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    subscribe(monkeypatch, **OTHERS)
    acme.ar_term("N30", 30)
    reports = desk(acme)
    reading = reports.standardise(
        progress=lambda what: (
            acme.world.faults.set(Fault("intacct", "*", "offline", 50))
            if what == "reading who holds the terms"
            else None
        )
    )
    assert "open invoices" in retiring(reading, "N30").blocked[0]
    acme.world.faults.clear()


@pytest.mark.usefixtures("plain")
def test_looking_costs_few_requests_and_learns_what_the_company_has_once(acme: Office) -> None:
    plain = len(acme.calls("intacct"))
    assert acme.rooms.reports.now(keep=False).report.holders is None
    plain = len(acme.calls("intacct")) - plain
    acme.ar_term("N30", 30)
    before = len(acme.calls("intacct"))
    standardised(acme)
    first = len(acme.calls("intacct")) - before
    standardised(acme)
    second = len(acme.calls("intacct")) - before - first
    assert second - plain <= 3
    assert first - second == len(OTHERS) + 1


@pytest.mark.usefixtures("plain")
def test_the_weekly_reports_sheet_and_button_say_who_holds_a_term(acme: Office) -> None:
    acme.ar_term("N30", 30)
    acme.rooms.reports.weekly(weekly_key(acme))
    with acme.database.transaction() as connection:
        report = memory.report_of(connection, 1)
    assert of_report(report) == replace(standardised(acme), report=report)
    head, *rows = load_workbook(io.BytesIO(workbook(report)))["One name a rule"].iter_rows(values_only=True)
    (row,) = [row for row in rows if row[head.index("From")] == "N30" and row[head.index("To")] is None]
    assert str(row[head.index("Not yet, because")]).startswith("Not known whether it is held by: ")
    assert any("Not known whether it is held by" in line for line in read(standard_blocks(of_report(report))))


def test_a_gateway_that_does_not_group_gives_the_same_by_paging(acme: Office) -> None:
    acme.ar_term("N30", 30)
    grouped = standardised(acme, house=("Net 20",)).standards
    acme.world.faults.set(Fault("intacct", "query", "no_grouping", 1_000))
    assert standardised(acme, house=("Net 20",)).standards == grouped


def test_a_kept_name_that_intacct_lacks_becomes_a_case_with_a_decision(acme: Office) -> None:
    wanted = {"action": "standard.case", "standard": {"company": "acme", "name": "Net 20"}}
    act = {**wanted, "user": "U0MARIA", "team": TEAM_ID, "channel": ALERTS}
    acme.take(ItemKind.CLICK, "one", act)
    acme.take(ItemKind.CLICK, "two", act)
    acme.take(ItemKind.CLICK, "three", {**act, "standard": {"company": "gone", "name": "Net 20"}})
    acme.work()
    (case,) = acme.cases()
    assert (case.term_name, case.state) == ("Net 20", "awaiting_decision")
    acme.click("U0DAN", "case.create", f"{case.id}:{case.proposal_digest}")
    acme.work()
    assert any(row["NAME"] == "Net 20" for row in acme.world.store.table("arterm").values())


def test_a_term_that_nothing_holds_becomes_a_case_and_a_decision_by_a_second_person(acme: Office) -> None:
    acme.ar_term("N30", 30)
    found = standardised(acme)
    assert "case" in WHERE[retiring(found, "N30").kind]
    (pressed,) = [b for b in row_of(found) if b["action_id"].startswith("standard.retire.")]
    wanted = {"company": "acme", "name": "N30", "keep": "Net 30"}
    assert read_standard(pressed["value"]) == StandardButton(**wanted)
    wish = {"view": "view.retire", "standard": wanted, "values": {"reason": "Net 30 is our name for it."}}
    act = {**wish, "user": "U0DAN", "team": TEAM_ID, "channel": ALERTS}
    acme.take(ItemKind.SUBMISSION, "one", act)
    acme.take(ItemKind.SUBMISSION, "two", act)
    acme.take(ItemKind.SUBMISSION, "three", {**act, "standard": {**wanted, "company": "gone"}})
    acme.work()
    (case,) = acme.cases()
    assert (case.kind, case.term_name, case.state) == ("withdraw", "N30", "awaiting_decision")
    (card,) = acme.posted()
    assert "Intacct already had this term" in card["text"]
    said = [(row.body["what"], row.body["already"]) for row in acme.messages("whisper")]
    assert said == [("retire_asked", None), ("retire_asked", 1)]
    decide = {"view": "view.approve", "case_id": case.id, "digest": case.proposal_digest, "team": TEAM_ID}
    decide |= {"values": {"reason": "Never used."}, "channel": ALERTS}
    acme.take(ItemKind.SUBMISSION, "dan", {**decide, "user": "U0DAN"})
    acme.work()
    assert acme.case(1).state == "awaiting_decision"
    acme.take(ItemKind.SUBMISSION, "priya", {**decide, "user": "U0PRIYA"})
    acme.work()
    assert acme.case(1).state == "closed"
    (row,) = [row for row in acme.world.store.table("arterm").values() if row["NAME"] == "N30"]
    assert row["STATUS"] == "inactive"
    assert "N30" not in str(row_of(standardised(acme)))


@pytest.mark.usefixtures("plain")
def test_a_blocked_step_and_one_that_nobody_looked_at_offer_no_case(acme: Office) -> None:
    acme.ar_term("N30", 30)
    blocked = standardised(acme)
    assert retiring(blocked, "N30").blocked
    assert "standard.retire." not in str(row_of(blocked))
    free = replace(retiring(blocked, "N30"), blocked=())
    standard = replace(kept(blocked, "Net 30"), steps=(free,))
    for looked, offered in ((True, True), (False, False)):
        row = row_of(replace(blocked, standards=(standard,), looked=looked))
        assert ("standard.retire." in str(row)) is offered


def row_of(found: Standardisation) -> list[dict[str, Any]]:
    return [b for block in standard_blocks(found) if block["type"] == "actions" for b in block["elements"]]


def test_who_asks_by_the_command_is_answered_alone_with_the_same(acme: Office) -> None:
    answer = acme.rooms.poster._answer("acme", {"text": "standardize", "user": "U0MARIA", "response_url": ""})
    assert answer.text.startswith("3 rules go by several names.")
    acme.work()
    assert acme.posted() == []


# --- as it is shown


def several(count: int = 1, name: str = "Net {}") -> Standardisation:
    source = [used(name.format(n), n, invoices=n) for n in range(20, 20 + count)]
    books = [ar(f"{n} days", n) for n in range(20, 20 + count)]
    report = replace(full(), world=world(source, books), house=tuple(each.name for each in source))
    return of_report(report)


def test_the_answer_reads_as_reviewed(snapshot: Any) -> None:
    assert read(standard_answer(several()).blocks) == snapshot


def test_nothing_to_bring_together_is_one_line() -> None:
    found = of_report(quiet())
    assert read(standard_blocks(found)) == ["*Every rule in use goes by one name. Nothing to bring together.*", ""]
    assert told_lines(found) == ["Every rule in use goes by one name. Nothing to bring together."]


def test_a_run_that_could_not_read_everything_says_so_first() -> None:
    found = of_report(replace(quiet(), missing=("BILL did not answer.",)))
    assert first_line(found).startswith("PARTIAL")
    assert any("BILL did not answer." in line for line in read(standard_blocks(found)))


def test_many_rules_are_cut_and_counted_and_fit_into_a_message_and_a_view() -> None:
    found = several(40)
    for blocks, most in ((standard_answer(found).blocks, 50), (standard_blocks(found), 100)):
        assert faults(blocks, most=most) == []
        assert any("35 smaller rules are in the report's workbook." in line for line in read(blocks))


def test_many_customers_with_one_default_are_one_line() -> None:
    step = Step(kind=StepKind.CHANGE_DEFAULT, name="N30", to="Net 30", subject="C1", customers=1)
    standard = replace(
        several().standards[0], keep="Net 30", steps=tuple(replace(step, subject=f"C{n}") for n in range(9))
    )
    assert steps_said(standard) == ("In Intacct, make “Net 30” the default of 9 customers that have “N30”.",)


def test_due_dates_that_would_change_are_said() -> None:
    standard = replace(several().standards[0], due_dates_changed=tuple(f"INV-{n}" for n in range(7)))
    lines = told_lines(replace(several(), standards=(standard,)))
    assert (
        "   7 due dates of the last year would have been another: INV-0, INV-1, INV-2, INV-3, INV-4 and 2 more."
        in lines
    )


def test_due_dates_that_were_not_read_are_not_said_to_stay() -> None:
    standard = replace(several().standards[0], due_dates_changed=None)
    lines = told_lines(replace(several(), standards=(standard,)))
    assert "   Whether due dates would change is not known: the invoices' dates were not read." in lines


def test_the_check_list_has_a_row_a_step_and_a_box_to_tick(tmp_path: Path) -> None:
    found = several(2)
    book = load_workbook(io.BytesIO(workbook(found.report, found)))
    head, *rows = book["One name a rule"].iter_rows(values_only=True)
    assert len(rows) == sum(len(each.steps) for each in found.standards)
    assert {row[head.index("Done")] for row in rows} == {"☐"}
    written = write_names(found, tmp_path / "new")
    assert [path.suffix for path in written] == [".xlsx", ".txt"]
    assert written[1].read_text().startswith(first_line(found))


def test_a_buttons_value_comes_back_whole_and_any_other_is_refused() -> None:
    wanted = StandardButton(company="acme", name='Net\N{NO-BREAK SPACE}"35"')
    assert read_standard(standard_value(wanted)) == wanted
    for value in ("", "7:1", "[]", "{}", '{"company": "acme", "name": 3}', '{"company": "acme", "name": ""}'):
        with pytest.raises(UnreadableStandardError):
            read_standard(value)


def test_an_ugly_name_is_shown_harmless_and_what_holds_a_term_has_its_words() -> None:
    found = several(1)
    ugly = replace(found.standards[0], names=(UGLY, "<!channel>"), keep="<!channel>")
    blocks = [block for block in standard_blocks(replace(found, standards=(ugly,))) if block["type"] != "actions"]
    said = "\n".join(read(blocks))
    assert "<!channel>" not in said
    assert "&lt;!channel&gt;" in said
    assert len({holder.value for holder in Holder}) == len(Holder)
