"""Nobody but full, active members of the workspace does anything to a case."""

from __future__ import annotations

from typing import Any

import pytest

from bot.slack.door import ItemKind
from tests.cases.company import ALERTS
from tests.cases.office import TEAM, Office, sequence


@pytest.fixture
def case(office: Office) -> Any:
    """A case about Net 45 that awaits a decision."""
    office.invoices(office.bill_term("Net 45", 45), "INV-1042")
    office.alert(*sequence("INV-1042"))
    office.work(ahead_s=0.1)
    return office.case(1)


@pytest.mark.parametrize(
    ("kind", "act"),
    [
        (ItemKind.CLICK, {"action": "case.ask"}),
        (ItemKind.CLICK, {"action": "case.create"}),
        (ItemKind.CLICK, {"action": "case.corrected"}),
        (ItemKind.SUBMISSION, {"view": "view.invoice_wrong", "values": {"should_be": "Net 30"}}),
    ],
)
def test_a_guest_does_nothing_to_a_case_and_is_told(
    office: Office, case: Any, kind: ItemKind, act: dict[str, Any]
) -> None:
    office.members.but = ("U0MARIA",)
    told = {"user": "U0MARIA", "team": TEAM, "channel": ALERTS, "case_id": case.id, "digest": case.proposal_digest}
    office.take(kind, "guest", told | act)
    office.work(ahead_s=0.1)
    after = office.case(1)
    assert (after.state, after.version, after.note) == (case.state, case.version, case.note)
    (whisper,) = office.messages("whisper")
    assert (whisper.body["user"], whisper.body["what"]) == ("U0MARIA", "not_a_member")
    assert whisper.state == "posted"


def test_a_full_members_wish_is_done(office: Office, case: Any) -> None:
    office.click("U0MARIA", "case.ask", f"{case.id}:{case.proposal_digest}")
    office.work(ahead_s=0.1)
    assert [message.body["what"] for message in office.messages("whisper")] == ["asked"]
