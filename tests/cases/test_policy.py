"""Who may decide, policy by policy."""

from __future__ import annotations

import pytest

from bot.cases.deciding.policy import Part, Participant, RefusalReason, refusal
from bot.cases.ports import Person

DAN = Person(team="T0ACME", user_id="U0DAN")
PRIYA = Person(team="T0ACME", user_id="U0PRIYA")
MARIA = Person(team="T0ACME", user_id="U0MARIA")
APPROVERS = {"U0DAN", "U0PRIYA"}


def had(person: Person, part: Part) -> Participant:
    return Participant(person=person, part=part)


@pytest.mark.parametrize("policy", ["any-approver", "second-person", "two-people"])
def test_who_is_no_approver_decides_nothing(policy: str) -> None:
    assert refusal(policy, MARIA, approvers=APPROVERS, participants=[]) is RefusalReason.NOT_APPROVER  # type: ignore[arg-type]


@pytest.mark.parametrize("policy", ["any-approver", "second-person", "two-people"])
@pytest.mark.parametrize("part", [Part.EDITED, Part.SUPPLIED])
def test_who_edited_or_supplied_never_decides(policy: str, part: Part) -> None:
    why = refusal(policy, DAN, approvers=APPROVERS, participants=[had(DAN, part), had(MARIA, Part.ASKED)])  # type: ignore[arg-type]
    assert why == part.value


def test_one_approver_suffices_for_an_alert_that_an_app_posted() -> None:
    assert refusal("second-person", DAN, approvers=APPROVERS, participants=[]) is None


def test_an_asker_decides_under_any_approver_and_not_under_second_person() -> None:
    asked = [had(DAN, Part.ASKED)]
    assert refusal("any-approver", DAN, approvers=APPROVERS, participants=asked) is None
    assert refusal("second-person", DAN, approvers=APPROVERS, participants=asked) is RefusalReason.ASKED
    assert refusal("second-person", PRIYA, approvers=APPROVERS, participants=asked) is None


def test_two_people_needs_somebody_else_to_have_asked() -> None:
    assert refusal("two-people", DAN, approvers=APPROVERS, participants=[]) is RefusalReason.NOBODY_ASKED
    asked = [had(MARIA, Part.ASKED)]
    assert refusal("two-people", DAN, approvers=APPROVERS, participants=asked) is None


def test_the_same_user_id_of_another_team_is_another_person() -> None:
    elsewhere = Person(team="T0OTHER", user_id="U0DAN")
    assert refusal("second-person", DAN, approvers=APPROVERS, participants=[had(elsewhere, Part.EDITED)]) is None
