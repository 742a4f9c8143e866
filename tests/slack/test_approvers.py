"""Who may decide, as the workspace says: users and groups, read when it matters; bots, guests and the gone are out."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.cases.ports import Entitled, EntitledUnknown
from bot.sandbox.world import Fault
from bot.settings import Deputy
from bot.slack.approvers import Named, SlackApprovers
from bot.slack.clients import clients
from bot.slack.members import SlackMembers
from tests.sandbox.slack.conftest import Stage

GROUP = "S0CONTROLLERS"


class Day:
    """The day in the company's zone."""

    def __init__(self) -> None:
        self.day = date(2026, 12, 19)

    def __call__(self) -> date:
        return self.day


def of(stage: Stage, *approvers: str, deputies: tuple[Deputy, ...] = (), **settings: Any) -> SlackApprovers:
    today = settings.pop("today", Day())
    named = Named(approvers=approvers, deputies=deputies, today=today)
    client = clients("xoxb-sandbox-termkeeper", stage.api).other
    return SlackApprovers(client, SlackMembers(client), {"acme": named}, **{"fresh_s": 0.0, **settings})


def change(stage: Stage, user: str, **fields: Any) -> None:
    users = stage.workspace.directory.users
    stage.do(lambda: users.__setitem__(user, {**users[user], **fields}))


def in_group(stage: Stage, *users: str) -> None:
    groups = stage.workspace.directory.groups
    stage.do(lambda: groups.__setitem__(GROUP, {**groups[GROUP], "users": list(users)}))


def test_users_and_groups_are_resolved_together(stage: Stage) -> None:
    in_group(stage, "U0DAN")
    assert of(stage, GROUP, "U0PRIYA", "U0DAN").entitled("acme").people == ("U0DAN", "U0PRIYA")


def test_who_joins_or_leaves_the_group_may_or_may_not_decide_at_the_next_reading(stage: Stage) -> None:
    approvers = of(stage, GROUP)
    assert approvers.entitled("acme").people == ("U0DAN", "U0PRIYA")
    in_group(stage, "U0PRIYA", "U0MARIA")
    assert approvers.entitled("acme").people == ("U0MARIA", "U0PRIYA")


@pytest.mark.parametrize(
    "fields",
    [{"deleted": True}, {"is_bot": True, "app_id": "A1"}, {"is_restricted": True}, {"is_ultra_restricted": True}],
)
def test_who_is_deactivated_a_bot_or_a_guest_may_not_decide(stage: Stage, fields: dict[str, Any]) -> None:
    change(stage, "U0DAN", **fields)
    deputy = Deputy(user_id="U0DAN")
    assert of(stage, "U0DAN", "U0PRIYA").entitled("acme").people == ("U0PRIYA",)
    assert of(stage, "U0PRIYA", deputies=(deputy,)).entitled("acme").people == ("U0PRIYA",)


def test_an_id_that_names_nobody_does_not_keep_the_others_from_deciding(stage: Stage) -> None:
    assert of(stage, "U0NOBODY", "S0NOGROUP", "U0DAN").entitled("acme").people == ("U0DAN",)


def test_a_deputy_stands_in_on_his_days_and_on_no_other(stage: Stage) -> None:
    today = Day()
    days = Deputy(user_id="U0MARIA", first=date(2026, 12, 20), last=date(2027, 1, 5))
    approvers = of(stage, "U0DAN", deputies=(days,), today=today, fresh_s=60.0)
    assert approvers.entitled("acme").people == ("U0DAN",)
    today.day = date(2026, 12, 20)
    with pytest.raises(EntitledUnknown):
        approvers.recent("acme")
    assert approvers.entitled("acme").deputies == {"U0MARIA"}
    assert approvers.recent("acme").people == ("U0DAN", "U0MARIA")
    today.day = date(2027, 1, 6)
    assert approvers.entitled("acme").people == ("U0DAN",)


def test_an_approver_is_no_deputy_beside(stage: Stage) -> None:
    entitled = of(stage, "U0DAN", deputies=(Deputy(user_id="U0DAN"),)).entitled("acme")
    assert (entitled.approvers, entitled.deputies) == ({"U0DAN"}, frozenset())


def test_an_answer_serves_for_a_minute_and_a_stricter_asker_for_less(stage: Stage) -> None:
    approvers = of(stage, "U0DAN", fresh_s=60.0)
    approvers.entitled("acme")
    before = len(stage.world.calls.of("slack"))
    approvers.entitled("acme")
    assert approvers.recent("acme").people == ("U0DAN",)
    assert len(stage.world.calls.of("slack")) == before
    approvers.entitled("acme", within_s=0.0)
    assert len(stage.world.calls.of("slack")) == before + 1


def test_companies_that_share_their_approvers_ask_slack_once_for_all(stage: Stage) -> None:
    named = {
        key: Named(approvers=("U0DAN", "U0PRIYA"), deputies=(), today=Day()) for key in ("acme", "globex", "umbra")
    }
    client = clients("xoxb-sandbox-termkeeper", stage.api).other
    approvers = SlackApprovers(client, SlackMembers(client), named)
    for company in named:
        assert approvers.entitled(company).people == ("U0DAN", "U0PRIYA")
    assert [call["function"] for call in stage.world.calls.of("slack")].count("users.info") == 2


@pytest.mark.parametrize("fault", ["ratelimited", "fatal_error", "internal_error"])
def test_where_the_workspace_does_not_tell_nobody_is_entitled(stage: Stage, fault: str) -> None:
    approvers = of(stage, "U0DAN")
    with pytest.raises(EntitledUnknown):
        approvers.recent("acme")
    stage.world.faults.set(Fault(service="slack", method="users.info", name=fault, times=9))
    with pytest.raises(SlackApiError):
        approvers.entitled("acme")
    with pytest.raises(EntitledUnknown):
        approvers.recent("acme")


def test_what_people_are_called_is_known_of_those_entitled(stage: Stage) -> None:
    assert "Dan Weber" in of(stage, "U0DAN").entitled("acme").names["U0DAN"]


def test_each_fresh_reading_is_told_before_anything_rests_on_it(stage: Stage) -> None:
    told: list[tuple[str, Entitled]] = []
    approvers = of(stage, "U0DAN", noticed=lambda *what: told.append(what), fresh_s=60.0)
    for _ in range(3):
        approvers.entitled("acme")
    assert [(company, entitled.people) for company, entitled in told] == [("acme", ("U0DAN",))]


def test_where_it_cannot_be_kept_nobody_is_entitled(stage: Stage) -> None:
    def full(company: str, entitled: Entitled) -> None:
        raise OSError("the database is full")

    approvers = of(stage, "U0DAN", noticed=full, fresh_s=60.0)
    with pytest.raises(OSError, match="full"):
        approvers.entitled("acme")
    with pytest.raises(EntitledUnknown):
        approvers.recent("acme")
