"""Who decides what: every policy, every part, every late or stale click, on the real records."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.cases import showing, store
from bot.cases.case import CaseEvent, CaseState
from bot.cases.deciding import decide, taking_part
from bot.cases.deciding.decide import OutcomeKind
from bot.cases.deciding.policy import Part, RefusalReason
from bot.cases.folding.gather import settle
from bot.cases.ports import Entitled, Person
from bot.cases.reading import Answer, Entry
from bot.cases.step import Undecided
from bot.records.engine import Database
from bot.records.tables import messages, schedule
from bot.terms.proposal import Action, Policy
from bot.terms.term import DueRule, PaymentTerm
from tests.cases.deciding import DAN, ENTITLED, LEE, MARIA, PRIYA, Deciding
from tests.slack.cards import samples

SIXTY = Entry(rule=PaymentTerm(due=DueRule(60)), description="as agreed")
WORDS = {"reason": "The contract says so.", "reference": "MSA 2026, section 4"}


@pytest.fixture
def desk(database: Database) -> Deciding:
    return Deciding(database)


def approve(desk: Deciding, case_id: int, person: Person = DAN, **words: object) -> decide.Outcome:
    return desk.do(decide.approve, desk.act(case_id, person), **{"entitled": ENTITLED, **words})


def test_an_approval_is_kept_with_who_was_entitled_and_begins_the_write(desk: Deciding) -> None:
    case_id = desk.open()
    entitled = Entitled(approvers=frozenset({"U0DAN", "U0PRIYA"}), deputies=frozenset({"U0LEE"}))
    assert approve(desk, case_id, LEE, entitled=entitled).kind is OutcomeKind.DONE
    (kept,) = desk.decisions(case_id)
    assert (kept.user_id, kept.verdict, kept.policy) == ("U0LEE", "approve", "second-person")
    assert kept.approvers == ["U0DAN", "U0LEE", "U0PRIYA"]
    assert kept.deputies == ["U0LEE"]
    assert kept.proposal_digest == desk.row(case_id).proposal_digest
    assert desk.state(case_id) is CaseState.WRITING
    assert desk.journal("decision")[0].content["approvers"] == ["U0DAN", "U0LEE", "U0PRIYA"]


@pytest.mark.parametrize("policy", ["any-approver", "second-person", "two-people"])
def test_who_is_not_entitled_decides_nothing_under_any_policy(database: Database, policy: str) -> None:
    desk = Deciding(database, approval_policy=policy)
    case_id = desk.open()
    for act in (decide.approve, decide.decline, decide.dismiss):
        outcome = desk.do(act, desk.act(case_id, MARIA), entitled=ENTITLED, reason="I say so")
        assert (outcome.kind, outcome.reason) == (OutcomeKind.REFUSED, RefusalReason.NOT_APPROVER)
    assert desk.decisions(case_id) == []
    assert desk.state(case_id) is CaseState.AWAITING_DECISION
    assert [entry.actor for entry in desk.journal("refused")] == ["U0MARIA"] * 3


def test_nobody_decides_while_nobody_is_entitled(desk: Deciding) -> None:
    case_id = desk.open()
    assert approve(desk, case_id, DAN, entitled=Entitled()).kind is OutcomeKind.REFUSED


def test_an_editor_does_not_decide_his_proposal_also_after_a_new_look_has_changed_it(desk: Deciding) -> None:
    case_id = desk.open()
    assert desk.do(decide.edit, desk.act(case_id, DAN), entry=SIXTY).kind is OutcomeKind.DONE
    assert approve(desk, case_id, DAN, **WORDS).reason is RefusalReason.EDITED
    edited = desk.row(case_id).proposal_digest
    with desk.step() as taken:
        case = store.hold(taken.connection, case_id)
        again = samples.proposal("Net 45", 60, doubts=("A new invoice falls due otherwise.",))
        settle(taken, case, Answer(diagnosis=samples.ABSENT, proposal=again), now=taken.now)
    assert desk.row(case_id).proposal_digest != edited
    with desk.step() as taken:
        view = showing.load_view(taken.connection, desk.company, case_id, (DAN.user_id, PRIYA.user_id))
    assert (view.barred, view.edited_by) == ((DAN.user_id,), DAN.user_id)
    assert approve(desk, case_id, DAN, **WORDS).reason is RefusalReason.EDITED
    assert approve(desk, case_id, PRIYA, **WORDS).kind is OutcomeKind.DONE


def test_who_edited_an_earlier_proposal_decides_the_one_that_another_put_in_its_place(desk: Deciding) -> None:
    case_id = desk.open()
    desk.do(decide.edit, desk.act(case_id, DAN), entry=SIXTY)
    desk.do(decide.edit, desk.act(case_id, PRIYA), entry=Entry(rule=PaymentTerm(due=DueRule(50)), description="no"))
    assert approve(desk, case_id, PRIYA, **WORDS).reason is RefusalReason.EDITED
    assert approve(desk, case_id, DAN, **WORDS).kind is OutcomeKind.DONE


def test_an_editor_whose_rule_stays_does_not_decide_what_another_edited_besides(desk: Deciding) -> None:
    case_id = desk.open()
    desk.do(decide.edit, desk.act(case_id, DAN), entry=SIXTY)
    desk.do(decide.edit, desk.act(case_id, MARIA), entry=replace(SIXTY, description="Two months"))
    assert approve(desk, case_id, DAN, **WORDS).reason is RefusalReason.EDITED
    assert approve(desk, case_id, PRIYA, **WORDS).kind is OutcomeKind.DONE


def test_an_editor_whose_rule_comes_back_does_not_decide_it(desk: Deciding) -> None:
    case_id = desk.open()
    fifty = Entry(rule=PaymentTerm(due=DueRule(50)), description="no")
    for person, entry in ((DAN, SIXTY), (MARIA, fifty), (MARIA, replace(SIXTY, description="Two months"))):
        desk.do(decide.edit, desk.act(case_id, person), entry=entry)
    assert approve(desk, case_id, DAN, **WORDS).reason is RefusalReason.EDITED


def test_a_click_of_before_the_end_decides_though_it_is_worked_off_after_it(desk: Deciding) -> None:
    case_id = desk.open()
    click = desk.act(case_id, DAN)
    in_time, late = replace(click, at=desk.clock.now()), replace(click, at=desk.clock.now() + timedelta(days=8))
    desk.clock.move(days=9)
    assert desk.do(decide.approve, in_time, entitled=ENTITLED, **WORDS).kind is OutcomeKind.DONE
    other = desk.open("Net 50")
    assert (
        desk.do(decide.approve, replace(late, case_id=other), entitled=ENTITLED, **WORDS).kind is not OutcomeKind.DONE
    )


def test_neither_an_edit_nor_a_correction_revives_a_case_whose_time_is_over(desk: Deciding) -> None:
    first, second, third = desk.open(), desk.open("Net 50"), desk.open(None)
    desk.clock.move(days=9)
    edited = desk.do(decide.edit, desk.act(first, MARIA), entry=SIXTY)
    wrong = desk.do(decide.invoice_wrong, desk.act(second, MARIA), should_be="Net 30")
    with desk.step() as taken:
        told = decide.tell_term(taken, desk.act(third, MARIA), name="Net 30")
    assert {edited.kind, wrong.kind, told.kind} == {OutcomeKind.EXPIRED}
    assert {desk.state(each) for each in (first, second, third)} == {CaseState.EXPIRED}


def test_who_told_the_term_does_not_decide(desk: Deciding) -> None:
    case_id = desk.open()
    with desk.step() as taken:
        taking_part.take_part(taken, case_id, DAN, Part.SUPPLIED)
    assert approve(desk, case_id).reason is RefusalReason.SUPPLIED


@pytest.mark.parametrize("maker", ["U0DAN", "Dan Weber", "dan weber "])
@pytest.mark.parametrize("policy", ["second-person", "two-people"])
def test_who_made_the_invoice_does_not_decide_its_term(database: Database, policy: str, maker: str) -> None:
    desk = Deciding(database, approval_policy=policy)
    case_id = desk.open(by=maker)
    desk.do(decide.ask, desk.act(case_id, MARIA))
    assert approve(desk, case_id, DAN).reason is RefusalReason.BILLED
    assert approve(desk, case_id, PRIYA).kind is OutcomeKind.DONE


def test_under_any_approver_who_made_the_invoice_or_asked_decides_too(database: Database) -> None:
    desk = Deciding(database, approval_policy="any-approver")
    case_id = desk.open(by="U0DAN")
    desk.do(decide.ask, desk.act(case_id, DAN))
    assert approve(desk, case_id, DAN).kind is OutcomeKind.DONE


def test_two_people_takes_a_request_by_another(database: Database) -> None:
    desk = Deciding(database, approval_policy="two-people")
    case_id = desk.open()
    assert approve(desk, case_id).reason is RefusalReason.NOBODY_ASKED
    desk.do(decide.ask, desk.act(case_id, DAN))
    assert approve(desk, case_id, DAN).reason is RefusalReason.ASKED
    assert approve(desk, case_id, PRIYA).kind is OutcomeKind.DONE


def test_a_part_in_a_case_that_is_merged_holds_in_the_other(desk: Deciding) -> None:
    asked, other = desk.open("Net 50"), desk.open("Net 45")
    desk.do(decide.ask, desk.act(asked, DAN))
    with desk.step() as taken:
        taking_part.keep_participants(taken, asked, other)
    assert approve(desk, other, DAN).reason is RefusalReason.ASKED


def test_a_decision_is_bound_to_the_proposal_that_was_seen(desk: Deciding) -> None:
    case_id = desk.open()
    seen = desk.act(case_id, DAN)
    desk.do(decide.edit, desk.act(case_id, PRIYA), entry=SIXTY)
    assert desk.do(decide.approve, seen, entitled=ENTITLED, **WORDS).kind is OutcomeKind.OUTDATED
    assert desk.decisions(case_id) == []


def test_a_decision_after_its_time_is_none_and_ends_the_case(desk: Deciding) -> None:
    case_id = desk.open()
    desk.clock.move(days=7)
    assert approve(desk, case_id).kind is OutcomeKind.EXPIRED
    assert desk.state(case_id) is CaseState.EXPIRED
    assert desk.decisions(case_id) == []


def test_the_same_click_twice_is_one_decision(desk: Deciding) -> None:
    case_id = desk.open()
    act = desk.act(case_id, DAN)
    assert desk.do(decide.approve, act, entitled=ENTITLED).kind is OutcomeKind.DONE
    assert desk.do(decide.approve, act, entitled=ENTITLED).kind is OutcomeKind.OUTDATED
    assert len(desk.decisions(case_id)) == 1


def test_every_reactivation_takes_a_reason_and_a_reference(desk: Deciding) -> None:
    case_id = desk.open("Net 90", samples.proposal("Net 90", 90, action=Action.REACTIVATE))
    assert approve(desk, case_id).kind is OutcomeKind.NEEDS_REASON
    assert approve(desk, case_id, reason="They came back.").kind is OutcomeKind.NEEDS_REFERENCE
    assert approve(desk, case_id, reason=" ", reference="MSA").kind is OutcomeKind.NEEDS_REASON
    assert approve(desk, case_id, **WORDS).kind is OutcomeKind.DONE
    assert desk.journal("decision")[0].content["reference"] == WORDS["reference"]


def test_what_exceeds_the_policy_takes_a_reason_and_a_reference(database: Database) -> None:
    desk = Deciding(database, terms_policy=Policy(longest_days=30))
    case_id = desk.open()
    desk.do(decide.edit, desk.act(case_id, MARIA), entry=SIXTY)
    assert "60 days" in str(desk.row(case_id).proposal["outside_policy"])
    assert approve(desk, case_id, reason="Because.").kind is OutcomeKind.NEEDS_REFERENCE
    assert approve(desk, case_id, **WORDS).kind is OutcomeKind.DONE


def test_a_decline_takes_a_reason_and_ends_the_case(desk: Deciding) -> None:
    case_id = desk.open()
    assert desk.do(decide.decline, desk.act(case_id, DAN), entitled=ENTITLED, reason=" ").kind is (
        OutcomeKind.NEEDS_REASON
    )
    assert desk.do(decide.decline, desk.act(case_id, DAN), entitled=ENTITLED, reason="No.").kind is OutcomeKind.DONE
    assert desk.state(case_id) is CaseState.DECLINED


def test_an_approver_dismisses_with_a_reason_in_any_state_but_a_write_or_an_end(desk: Deciding) -> None:
    for state in CaseState:
        case_id = desk.open(f"Net {state}")
        desk.put(case_id, state)
        ends = not state.final and state not in (CaseState.WRITING, CaseState.VERIFYING)
        first = desk.do(decide.dismiss, desk.act(case_id, DAN), entitled=ENTITLED, reason="")
        assert first.kind is (OutcomeKind.NEEDS_REASON if ends else OutcomeKind.OUTDATED)
        outcome = desk.do(decide.dismiss, desk.act(case_id, DAN), entitled=ENTITLED, reason="A test invoice.")
        assert outcome.kind is (OutcomeKind.DONE if ends else OutcomeKind.OUTDATED)
        assert desk.state(case_id) is (CaseState.DISMISSED if ends else state)
        assert [each.verdict for each in desk.decisions(case_id)] == ["dismiss"] * ends


def test_asking_has_the_approvers_told_once_an_asker_a_day(desk: Deciding) -> None:
    case_id = desk.open()
    for _ in range(3):
        assert desk.do(decide.ask, desk.act(case_id, MARIA)).kind is OutcomeKind.DONE
    with desk.database.transaction() as connection:
        assert connection.scalars(select(schedule.c.key)).all() == ["ask/acme/1/2026-11-24/T0ACME/U0MARIA"]
        assert connection.scalar(select(func.count()).select_from(messages)) == 0
    desk.clock.move(days=1)
    desk.do(decide.ask, desk.act(case_id, MARIA))
    with desk.database.transaction() as connection:
        assert connection.scalar(select(func.count()).select_from(schedule)) == 2


def test_the_correction_of_an_invoice_may_take_as_long_as_a_decision(desk: Deciding) -> None:
    case_id = desk.open()
    desk.clock.move(days=5)
    desk.do(decide.invoice_wrong, desk.act(case_id, MARIA), should_be="Net 30")
    assert (desk.row(case_id).expires_at - desk.clock.now()).days == 7


def test_no_write_begins_without_a_decision_on_that_very_proposal(desk: Deciding) -> None:
    case_id = desk.open()
    with pytest.raises(Undecided), desk.step() as taken:
        taken.move(store.hold(taken.connection, case_id), CaseEvent.APPROVED)
    assert desk.state(case_id) is CaseState.AWAITING_DECISION
