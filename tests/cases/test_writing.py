"""From a decision to what Intacct keeps: uncertain answers, a world that changed, and what is read back."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import insert, select

from bot.cases import store
from bot.cases.step import Stale
from bot.cases.writing.carrying import PAUSES, WRITE_ATTEMPTS, control_id_of
from bot.cases.writing.writer import Writer
from bot.records.engine import Database
from bot.records.tables import decisions, writes
from bot.sandbox.bill import books as bill_books
from bot.sandbox.world import Fault
from tests.cases.writing_desk import Desk, at_a_desk

CREATE, UPDATE = "create_arterm", "update_arterm"
AS_APPROVED = "45 days from the invoice date"
"""The description that the proposal for `Net 45` has."""


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    with at_a_desk(database) as made:
        yield made


@pytest.fixture
def approved(desk: Desk) -> int:
    """A case about `Net 45`, approved and not yet written."""
    case_id = desk.case_of("INV-1")
    desk.approve(case_id)
    assert desk.row(case_id).state == "writing"
    return case_id


def outcomes(desk: Desk, function: str = CREATE) -> list[str]:
    return [str(call["outcome"]).split(":")[0] for call in desk.calls(function)]


def test_a_write_is_noted_sent_read_back_and_kept_with_both_sides(desk: Desk, approved: int) -> None:
    row = desk.work(approved)
    assert row.state == "awaiting_sync"
    term = desk.ar_terms()["Net 45"]
    (attempt,) = desk.attempts(approved)
    assert (attempt.state, attempt.record_no) == ("answered", term["RECORDNO"])
    assert "<create_arterm>" in attempt.request
    assert "<status>success</status>" in attempt.reply
    (read,) = [entry for entry in desk.journal("state") if entry["event"] == "read_identical"]
    assert read["record_no"] == term["RECORDNO"]
    assert read["created_by"] == "termkeeper-writer"
    assert read["by_this_decision"] is True
    everything = attempt.request + attempt.reply + str(desk.journal("written"))
    assert "sandbox-writer-password" not in everything
    assert "sandbox-sender-password" not in everything
    assert row.note["made"] == {"name": "Net 45", "record_no": term["RECORDNO"]}


@pytest.mark.parametrize("fault", ["timeout_after", "truncated", "wrong_controlid"])
def test_a_write_whose_answer_is_lost_is_found_and_not_sent_again(desk: Desk, approved: int, fault: str) -> None:
    desk.fault(fault)
    assert desk.work(approved).state == "awaiting_sync"
    assert len(desk.calls(CREATE)) == 1
    (attempt,) = desk.attempts(approved)
    assert attempt.state == "unknown"
    assert "<create_arterm>" in attempt.request
    assert attempt.record_no
    assert bool(attempt.reply) is (fault != "timeout_after")
    (told,) = desk.journal("write_unknown")
    assert told["request"] == attempt.request


@pytest.mark.parametrize("fault", ["timeout_before", "server_error"])
def test_a_write_that_never_took_effect_is_sent_again_under_the_same_control_id(
    desk: Desk, approved: int, fault: str
) -> None:
    desk.fault(fault)
    assert desk.work(approved).state == "awaiting_sync"
    calls = desk.calls(CREATE)
    assert [call["outcome"] for call in calls] == [fault, "success"]
    assert len({call["controlid"] for call in calls}) == 1
    with desk.database.transaction() as connection:
        decision = connection.execute(select(decisions)).one()
    assert calls[0]["controlid"] == control_id_of(decision)


def test_another_decision_has_another_control_id_even_with_the_same_number(desk: Desk, approved: int) -> None:
    with desk.database.transaction() as connection:
        decision = connection.execute(select(decisions)).one()
    values = {**decision._asdict(), "at": decision.at.replace(year=2025)}
    assert control_id_of(decision) != control_id_of(type("Other", (), values))
    assert len(control_id_of(decision)) < 64


def test_a_process_killed_before_the_answer_leaves_an_attempt_that_is_read_first(desk: Desk, approved: int) -> None:
    """The request took effect, and the process died before it heard so."""
    leave_started(desk, approved)
    desk.ar_term("Net 45", 45, DESCRIPTION="45 days from the invoice date")
    assert desk.work(approved).state == "awaiting_sync"
    assert desk.calls(CREATE) == []
    assert [attempt.state for attempt in desk.attempts(approved)] == ["unknown"]
    assert len(desk.journal("write_unknown")) == 1


def test_a_process_killed_before_the_request_left_sends_it_again(desk: Desk, approved: int) -> None:
    control_id = leave_started(desk, approved)
    assert desk.work(approved).state == "awaiting_sync"
    (call,) = desk.calls(CREATE)
    assert call["controlid"] == control_id
    assert [attempt.state for attempt in desk.attempts(approved)] == ["unknown", "answered"]


def test_what_intacct_does_not_show_after_three_silent_attempts_is_not_called_done(desk: Desk, approved: int) -> None:
    desk.fault("timeout_before", times=WRITE_ATTEMPTS)
    row = desk.work(approved)
    assert row.state == "failed"
    assert len(desk.calls(CREATE)) == WRITE_ATTEMPTS
    assert "left 3 attempts unanswered" in desk.card(approved)


def test_a_write_that_cannot_be_read_afterwards_is_unverified_and_a_check_settles_it(desk: Desk, approved: int) -> None:
    desk.fault("offline", "query", times=1000)
    desk.work(approved)  # the look at the world before the write fails already: nothing is sent
    assert desk.calls(CREATE) == []
    desk.world.faults.clear()
    desk.fault("timeout_after")
    desk.world.faults.set(later_reads_fail())
    row = desk.work(approved, rounds=8)
    assert row.state == "unverified"
    assert len(desk.calls(CREATE)) == 1
    assert "could not be read after the write" in desk.card(approved)
    desk.world.faults.clear()
    desk.check(approved)
    assert desk.work(approved).state == "awaiting_sync"
    assert len(desk.calls(CREATE)) == 1


def later_reads_fail() -> Fault:
    """Terms and their use are read once more before the write; everything after it fails."""
    return Fault("intacct", "query", "offline", 1000, 2, None)


def test_a_busy_gateway_is_waited_for_and_every_attempt_is_kept(desk: Desk, approved: int) -> None:
    desk.fault("rate_limited", times=5)  # the client's own patience for one request
    row = desk.work(approved)
    assert row.state == "writing"
    assert [attempt.state for attempt in desk.attempts(approved)] == ["refused"]
    assert "Nothing is written yet" in desk.card(approved)
    row = desk.work(approved, rounds=2)
    assert row.state == "awaiting_sync"
    assert [attempt.state for attempt in desk.attempts(approved)] == ["refused", "answered"]
    assert [attempt.attempt for attempt in desk.attempts(approved)] == [1, 2]
    assert desk.journal("write_refused")[0]["not_run"] is True


def test_a_refused_sign_in_stops_writing_and_the_admin_is_told_once(desk: Desk, approved: int) -> None:
    second = case_about(desk, "Net 50", 50)
    desk.approve(second)
    desk.fault("sign_in", "getAPISession", times=1000)
    desk.work(approved)
    desk.work(second)
    assert {desk.row(approved).state, desk.row(second).state} == {"failed"}
    assert desk.calls(CREATE) == []
    assert len([call for call in desk.calls("getAPISession") if "failure" in call["outcome"]]) == 1
    assert [body["what"] for body in desk.notices()] == ["sign_in_refused"]
    assert "does not accept the sign-in of the user termkeeper-writer" in desk.card(approved)


def test_a_missing_right_fails_with_both_sides_kept(desk: Desk, approved: int) -> None:
    desk.fault("permission")
    assert desk.work(approved).state == "failed"
    (attempt,) = desk.attempts(approved)
    assert attempt.state == "refused"
    assert "You do not have permission" in attempt.reply
    assert desk.journal("write_refused")[0]["reply"] == attempt.reply
    assert "AR terms, Add" in desk.card(approved)


def test_processes_that_the_lock_does_not_keep_apart_write_once_all_the_same(desk: Desk, approved: int) -> None:
    case = desk.row(approved)
    start = Barrier(4)

    def write(_: int) -> None:
        writer = Writer(desk.database, desk.clock, desk.company, desk.workshop._reader)
        start.wait()
        with suppress(Stale):
            writer.write(case, "test")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert desk.work(approved).state == "awaiting_sync"
    assert outcomes(desk).count("success") == 1
    assert len({call["controlid"] for call in desk.calls(CREATE)}) == 1


# The world is read again at the moment of writing


def test_a_person_made_the_same_term_meanwhile(desk: Desk, approved: int) -> None:
    desk.ar_term("Net 45", 45)
    row = desk.work(approved)
    assert (row.state, row.note["appeared"]) == ("awaiting_sync", True)
    assert desk.calls(CREATE) == []
    assert "was not written by this case" in desk.card(approved)
    assert "made" not in row.note


def test_a_term_made_by_hand_after_silent_attempts_is_not_taken_for_theirs(desk: Desk, approved: int) -> None:
    desk.fault("timeout_before", times=WRITE_ATTEMPTS)
    assert desk.work(approved).state == "failed"
    desk.ar_term("Net 45", 45, DESCRIPTION=AS_APPROVED)
    desk.check(approved)
    by_hand(desk, desk.work(approved))
    assert "made" not in desk.row(approved).note


def test_a_term_set_active_by_hand_after_silent_attempts_is_not_taken_for_theirs(desk: Desk) -> None:
    desk.ar_term("Net 45", 45, DESCRIPTION=AS_APPROVED, STATUS="inactive")
    case_id = desk.case_of("INV-1")
    desk.approve(case_id)
    desk.fault("timeout_before", UPDATE, times=WRITE_ATTEMPTS)
    assert desk.work(case_id).state == "failed"
    desk.change_ar_term("Net 45", STATUS="active")
    desk.check(case_id)
    by_hand(desk, desk.work(case_id))


def test_a_trimmed_name_that_a_person_puts_right_is_ours_and_acknowledged(desk: Desk) -> None:
    case_id = case_about(desk, "Net 50 ", 50)
    desk.approve(case_id)
    desk.fault("trimmed")
    assert desk.work(case_id).state == "failed"
    desk.change_ar_term("Net 50", NAME="Net 50 ")
    desk.check(case_id)
    row = desk.work(case_id)
    assert row.state == "awaiting_sync"
    assert store.to_acknowledge(row.note)
    assert row.note["made"]["record_no"] == desk.ar_terms()["Net 50 "]["RECORDNO"]


def by_hand(desk: Desk, row: Any) -> None:
    """The case saw that a person did it, and an approver has yet to acknowledge that."""
    assert row.state == "awaiting_sync"
    assert store.to_acknowledge(row.note)
    (read,) = [entry for entry in desk.journal("state") if entry["event"] == "read_identical"]
    assert read["by_this_decision"] is False
    assert all(attempt.record_no is None for attempt in desk.attempts(row.id))


def test_a_person_made_it_with_another_rule_and_the_card_says_so(desk: Desk, approved: int) -> None:
    desk.ar_term("Net 45", 54)
    assert desk.work(approved).state == "awaiting_sync"
    card = desk.card(approved)
    assert "Its rule is not the one that was proposed" in card
    assert "Due: proposed 45 days from the invoice date, in Intacct 54 days from the invoice date" in card


def test_a_term_that_appears_before_the_decision_with_another_rule_is_told_too(desk: Desk) -> None:
    case_id = desk.case_of("INV-1")
    desk.ar_term("Net 45", 54)
    desk.check(case_id)
    assert desk.work(case_id).state == "awaiting_sync"
    assert "Its rule is not the one that was proposed" in desk.card(case_id)


def test_a_person_made_it_inactive_meanwhile_so_the_decision_is_asked_again(desk: Desk, approved: int) -> None:
    desk.ar_term("Net 45", 45, STATUS="inactive")
    before = desk.row(approved).proposal_digest
    row = desk.work(approved)
    assert row.state == "awaiting_decision"
    assert row.proposal["action"] == "reactivate"
    assert row.proposal_digest != before
    card = desk.card(approved)
    assert "Nothing was written" in card
    assert "What to do: approved create it, now reactivate the record that is there" in card
    (moved,) = [entry for entry in desk.journal("state") if entry["event"] == "world_changed"]
    assert moved["changes"][0]["label"] == "What to do"
    desk.approve(approved)
    assert desk.work(approved).state == "awaiting_sync"
    assert outcomes(desk, UPDATE) == ["success"]
    assert desk.ar_terms()["Net 45"]["STATUS"] == "active"


def test_a_rule_that_the_invoices_no_longer_bear_out_goes_back_for_decision(desk: Desk, approved: int) -> None:
    for key, row in desk.world.store.table("bill_invoice").items():
        desk.world.store.table("bill_invoice")[key] = {**row, "dueDate": "2026-12-31"}
    row = desk.work(approved)
    assert row.state == "awaiting_decision"
    assert desk.calls(CREATE) == []
    assert "Conflicts: approved none, now" in desk.card(approved)


def test_invoices_corrected_at_the_source_meanwhile_need_no_term(desk: Desk, approved: int) -> None:
    net_30 = desk.bill_term("Net 30", 30)
    bill_books.set_invoice_term(desk.world, next(iter(desk.world.store.table("bill_invoice"))), net_30)
    row = desk.work(approved)
    assert desk.calls(CREATE) == []
    assert row.state == "awaiting_sync"
    assert row.note["corrected_to"] == ["Net 30"]


def test_a_source_that_is_down_is_waited_for_and_in_the_end_nothing_is_written(desk: Desk, approved: int) -> None:
    desk.fault("server_error", "*", service="bill", times=10_000)
    row = desk.work(approved)
    assert row.state == "writing"
    assert "Nothing is written yet" in desk.card(approved)
    row = desk.work(approved, rounds=len(PAUSES) + 1)
    assert row.state == "failed"
    assert "Nothing was written" in desk.card(approved)
    assert desk.calls(CREATE) == []
    desk.world.faults.clear()
    desk.check(approved)
    assert desk.work(approved).state == "awaiting_decision"


def test_a_source_that_comes_back_lets_the_write_go_on(desk: Desk, approved: int) -> None:
    desk.fault("server_error", "*", service="bill", times=10_000)
    assert desk.work(approved).state == "writing"
    desk.world.faults.clear()
    assert desk.work(approved, rounds=2).state == "awaiting_sync"
    assert desk.row(approved).note.get("delay") is None


def test_a_name_taken_between_the_last_look_and_the_write_is_read_not_claimed(desk: Desk, approved: int) -> None:
    made_meanwhile(desk, "Net 45")
    row = desk.work(approved)
    assert (row.state, row.note["appeared"]) == ("awaiting_sync", True)
    assert outcomes(desk) == ["failure"]
    (attempt,) = desk.attempts(approved)
    assert (attempt.state, attempt.error["duplicate"], attempt.record_no) == ("refused", True, None)


def test_a_name_that_intacct_calls_taken_and_does_not_show_is_told(desk: Desk, approved: int) -> None:
    made_meanwhile(desk, "Net 45", owner="999")
    assert desk.work(approved).state == "failed"
    card = desk.card(approved)
    assert "calls the name taken" in card
    assert "already exists" in card
    assert len(desk.calls(CREATE)) == 1


# What is read back


def test_a_trimmed_name_fails_field_by_field(desk: Desk) -> None:
    case_id = case_about(desk, "Net 50 ", 50)
    desk.approve(case_id)
    desk.fault("trimmed")
    row = desk.work(case_id)
    assert row.state == "failed"
    card = desk.card(case_id)
    assert "under another name" in card
    assert "Name: approved Net 50" in card
    assert row.note["made"]["name"] == "Net 50"
    assert desk.attempts(case_id)[0].record_no == row.note["made"]["record_no"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"NAME": "NET 45"}, "Name: approved Net 45, in Intacct NET 45"),
        ({"DUEDATE": "44"}, "Due: approved 45 days from the invoice date, in Intacct 44 days from the invoice date"),
        ({"DUEFROM": "of next month from invoice/bill date", "DUEDATE": "15"}, "in Intacct day 15 of the next month"),
        ({"STATUS": "inactive"}, "Status: approved active, in Intacct inactive"),
        ({"DESCRIPTION": "45 Days from the invoice date"}, "Description: approved 45 days"),
        ({"DISCAMOUNT": "2", "DISCPERCAMN": "%", "DISCDATE": "10"}, "Discount: approved none, in Intacct 2%"),
        ({"PEN_TYPES": "Monthly", "PENAMOUNT": "5"}, "Penalty: approved none, in Intacct 5"),
        ({"MEGAENTITYID": "200"}, "no AR term named"),
    ],
)
def test_what_is_kept_otherwise_is_told_and_not_done(
    desk: Desk, approved: int, changed: dict[str, str], words: str
) -> None:
    write_and_alter(desk, approved, changed)
    assert desk.work(approved).state == "failed"
    assert words in desk.card(approved).replace("`", "")


def test_each_part_of_a_discount_and_a_penalty_is_compared(desk: Desk) -> None:
    case_id = case_about(desk, "2% 10 Net 50", 50)
    desk.approve(case_id)
    write_and_alter(desk, case_id, {"DISCDATE": "12", "DISCFUDGEDAYS": "3", "DISCCALCON": "Line items total"})
    assert desk.work(case_id).state == "failed"
    card = desk.card(case_id)
    for words in ("Discount until", "Discount grace days", "Discount calculated on"):
        assert words in card
    assert "Discount amount" not in card


def test_a_rule_that_cannot_be_read_back_is_unverified(desk: Desk, approved: int) -> None:
    write_and_alter(desk, approved, {"DUEFROM": "on a day of its own"})
    assert desk.work(approved).state == "unverified"
    assert "could not be read back" in desk.card(approved)


def test_an_older_look_alike_is_not_taken_for_what_was_written(desk: Desk, approved: int) -> None:
    desk.ar_term("net 45", 45)
    write_and_alter(desk, approved, {"NAME": "something else"})
    assert desk.work(approved).state == "failed"
    card = desk.card(approved)
    assert "has no AR term named" in card
    assert "under another name" not in card


def test_a_term_made_by_hand_after_a_refusal_is_not_claimed(desk: Desk, approved: int) -> None:
    desk.fault("permission")
    desk.work(approved)
    desk.ar_term("Net 45", 45, DESCRIPTION="45 days from the invoice date")
    desk.check(approved)
    row = desk.work(approved)
    assert (row.state, row.note["appeared"]) == ("awaiting_sync", True)
    assert "made" not in row.note


# Means


def case_about(desk: Desk, name: str, days: int) -> int:
    """A case about another term, awaiting a decision."""
    number = f"INV-{name}"
    desk.bill_invoice(number, desk.bill_term(name, days), days=days)
    case_id = desk.case_of(number)
    assert desk.row(case_id).state == "awaiting_decision", desk.card(case_id)
    return case_id


def leave_started(desk: Desk, case_id: int) -> str:
    """What a process leaves that is killed right after it noted its attempt; the control id."""
    with desk.database.transaction() as connection:
        decision = connection.execute(select(decisions).where(decisions.c.case_id == case_id)).one()
        connection.execute(
            insert(writes).values(
                case_id=case_id,
                decision_id=decision.id,
                function=CREATE,
                control_id=control_id_of(decision),
                attempt=1,
                state="started",
            )
        )
    return control_id_of(decision)


def write_and_alter(desk: Desk, case_id: int, changed: dict[str, str]) -> None:
    """The write is carried out, and what Intacct keeps of it is otherwise."""
    writer = Writer(desk.database, desk.clock, desk.company, desk.workshop._reader)
    assert writer.write(desk.row(case_id), "test")
    assert desk.row(case_id).state == "verifying"
    table = desk.world.store.table("arterm")
    newest = max(table, key=int)
    table[newest] = {**table[newest], **changed}


def made_meanwhile(desk: Desk, name: str, owner: str = "") -> None:
    """A person makes a term between the bot's last look and its write."""
    create = desk.books.create_term

    def late(*args: Any, **kwargs: Any) -> Any:
        if name not in desk.ar_terms():
            desk.ar_term(name, 45, MEGAENTITYID=owner)
            table = desk.world.store.table("arterm")
            newest = max(table, key=int)
            table[newest] = {**table[newest], "MEGAENTITYID": owner}
        return create(*args, **kwargs)

    desk.books.create_term = late  # type: ignore[method-assign]  # the moment between two requests has no other door
