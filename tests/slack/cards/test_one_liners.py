"""The short answers: who can decide and why not you, what waits where, what went otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.cases.case import CaseState
from bot.cases.deciding.policy import RefusalReason
from bot.cases.view import DecisionView
from bot.slack.cards import one_liners
from bot.slack.cards.blocks import CardMessage
from bot.slack.cards.buttons import CaseButton, read_button
from tests.slack.cards.limits import faults
from tests.slack.cards.reading import button, buttons

APPROVERS = ("U0DAN", "U0PRIYA")
LINK = "https://acme.slack.test/archives/C1/p1"
EXPIRES = datetime(2026, 12, 1, 9, 14, tzinfo=UTC)
APPROVED = DecisionView(user_id="U0DAN", verdict="approve", at=datetime(2026, 11, 24, 9, 20, tzinfo=UTC))
SAID: dict[str, CardMessage] = {
    "waits": one_liners.waits_too(["INV-1043"], 12),
    "several wait elsewhere": one_liners.waits_too(
        ["INV-1", "INV-2"], 12, permalink="https://acme.slack.test/p1", elsewhere=True
    ),
    "fails with the term in order": one_liners.waits_too(["INV-1061"], 12, permalink=LINK, in_order=True),
    "a term alone": one_liners.waits_too([], 12, term_name="Net 45"),
    "not corrected": one_liners.not_corrected(12, ["Net\u00a035"]),
    "finding changed": one_liners.finding_changed(["Net 45"]),
    "finding told again": one_liners.finding_told_again(["Net 45"], ended=True),
    "finding told anyway": one_liners.finding_told_again(["Net 45"], ended=False),
    "finding gone": one_liners.finding_gone(["Net 45", "Net\u00a045"]),
    "not to acknowledge": one_liners.not_to_acknowledge(APPROVERS),
    "not read": one_liners.not_corrected(12, [], trouble="BILL did not answer."),
    "asked": one_liners.asked(12, APPROVERS),
    "asked, nobody else": one_liners.asked(12, ()),
    "please decide": one_liners.please_decide(12, "Net 45", "U0MARIA", until=EXPIRES, permalink=LINK),
    "please decide, term not known": one_liners.please_decide(12, None, "U0MARIA", until=None),
    "expires, no decision": one_liners.expires_soon(
        12, "Net 45", CaseState.AWAITING_DECISION, until=EXPIRES, permalink=LINK
    ),
    "expires, no correction": one_liners.expires_soon(12, "Net 45", CaseState.AWAITING_CORRECTION, until=EXPIRES),
    "expires, no term": one_liners.expires_soon(12, None, CaseState.OPEN, until=EXPIRES),
    "approved before": one_liners.outdated(12, CaseState.AWAITING_SYNC, APPROVED),
    "declined before": one_liners.outdated(12, CaseState.DECLINED, replace(APPROVED, verdict="decline")),
    "expired before": one_liners.outdated(12, CaseState.EXPIRED, None),
    "decided, and open again": one_liners.outdated(12, CaseState.AWAITING_DECISION, APPROVED),
    "nobody known": one_liners.nobody_known(12),
    "outdated": one_liners.outdated(12),
    "too late": one_liners.too_late(12),
    "press again": one_liners.press_again(),
    "repeat": one_liners.repeat_please(),
    "unexpected": one_liners.unexpected("7f3a9c"),
    "reason": one_liners.reason_needed(reference=False),
    "reason and reference": one_liners.reason_needed(reference=True),
    "looking": one_liners.looking(),
    "told": one_liners.noted_told(12),
    "edited": one_liners.noted_edit(12),
    "no member": one_liners.not_a_member(),
    "calls near": one_liners.calls_near(82_310, 100_000, "2026-11"),
    "calls reached": one_liners.calls_near(100_204, 100_000, "2026-11"),
    "gone": one_liners.case_gone(),
}


def _refused(reason: RefusalReason, clicker: str = "U0MARIA") -> CardMessage:
    return one_liners.refused(reason, APPROVERS, case_id=312, digest="abc", clicker=clicker)


@pytest.mark.parametrize("which", SAID)
def test_sentence_reads_as_reviewed(which: str, snapshot: Any) -> None:
    assert SAID[which].text == snapshot
    assert faults(SAID[which].blocks) == []
    assert "!" not in SAID[which].text.replace("<!date", "")


def test_a_later_alert_points_to_the_case_above() -> None:
    assert SAID["waits"].text == "INV-1043 waits for the same term: case 12 above."


def test_who_may_not_approve_is_told_who_can_and_may_ask_them() -> None:
    said = _refused(RefusalReason.NOT_APPROVER)
    assert said.text.startswith("Only <@U0DAN> and <@U0PRIYA> can approve this.")
    assert buttons(said.blocks) == ["case.ask"]
    assert read_button(button(said.blocks, "case.ask")["value"]) == CaseButton(312, "abc")


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        (RefusalReason.ASKED, "You asked for this decision"),
        (RefusalReason.SUPPLIED, "You told the term"),
        (RefusalReason.EDITED, "You edited this proposal"),
        (RefusalReason.BILLED, "You made an invoice that waits here"),
    ],
)
def test_the_second_person_rule_names_the_reason_and_the_others(reason: RefusalReason, says: str) -> None:
    said = _refused(reason, clicker="U0DAN")
    assert says in said.text
    assert "Only <@U0PRIYA> can approve this." in said.text
    assert buttons(said.blocks) == ([] if reason is RefusalReason.ASKED else ["case.ask"])


def test_who_stands_in_is_named_last_and_as_such() -> None:
    said = one_liners.refused(
        RefusalReason.NOT_APPROVER,
        ("U0DAN", "U0LEE", "U0PRIYA"),
        case_id=1,
        digest="",
        clicker="U0MARIA",
        deputies=("U0LEE",),
    )
    assert said.text.startswith("Only <@U0DAN>, <@U0PRIYA> and <@U0LEE> (standing in) can approve this.")


def test_who_may_not_choose_for_a_closed_period_is_told_who_can_choose() -> None:
    said = one_liners.refused(
        RefusalReason.NOT_APPROVER, APPROVERS, case_id=1, digest="", clicker="U0MARIA", what="period"
    )
    assert said.text.startswith("Only <@U0DAN> and <@U0PRIYA> can choose for a closed period.")


def test_two_people_are_needed_where_the_policy_says_so() -> None:
    assert "somebody else has to request the decision first" in _refused(RefusalReason.NOBODY_ASKED, "U0DAN").text


def test_where_nobody_else_can_approve_that_is_said() -> None:
    said = one_liners.refused(RefusalReason.EDITED, ["U0DAN"], case_id=1, digest="", clicker="U0DAN")
    assert "Nobody else is named as an approver yet." in said.text


def test_every_reason_of_the_policy_has_a_sentence() -> None:
    assert all(_refused(reason).text for reason in RefusalReason)
