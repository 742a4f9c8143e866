"""Who is a full, active member, as the emulated workspace says."""

from __future__ import annotations

import pytest
from slack_sdk.errors import SlackApiError

from bot.cases.ports import EntitledUnknown
from bot.sandbox.world import Fault
from bot.slack.clients import clients
from bot.slack.members import SlackMembers
from tests.sandbox.slack.conftest import Stage

SIGNS = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")


@pytest.fixture
def members(stage: Stage) -> SlackMembers:
    return SlackMembers(clients("xoxb-sandbox-termkeeper", stage.api).other)


def test_a_colleague_is_one_and_nobody_is_before_he_was_asked_for(members: SlackMembers) -> None:
    with pytest.raises(EntitledUnknown):
        members.full("U0MARIA")
    members.look("U0MARIA")
    assert members.full("U0MARIA")


@pytest.mark.parametrize("sign", SIGNS)
def test_guests_bots_strangers_and_those_who_left_are_none(stage: Stage, members: SlackMembers, sign: str) -> None:
    users = stage.workspace.directory.users
    stage.do(lambda: users.__setitem__("U0MARIA", {**users["U0MARIA"], sign: True}))
    members.look("U0MARIA")
    assert not members.full("U0MARIA")


def test_whom_the_workspace_does_not_know_is_none(members: SlackMembers) -> None:
    members.look("U0ELSEWHERE")
    assert not members.full("U0ELSEWHERE")


def test_where_the_workspace_does_not_tell_nobody_is_taken_for_one(stage: Stage, members: SlackMembers) -> None:
    stage.world.faults.set(Fault(service="slack", method="users.info", name="fatal_error", times=9))
    with pytest.raises((SlackApiError, OSError)):
        members.look("U0MARIA")
    with pytest.raises(EntitledUnknown):
        members.full("U0MARIA")
