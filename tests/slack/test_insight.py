"""A person sees the companies whose channels he is in, and those in which he may decide; asked for once a minute."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.cases.ports import Entitled
from bot.slack.insight import Insight
from tests.cases.month_end import Clock, company
from tests.sandbox.slack.conftest import Stage

ACME = company(Clock(), alert_channels=("C0FINALERTS",))
BETA = replace(ACME, key="beta", alert_channels=("C0BETA",), report_channel="C0BETAREPORT")


class Deciders:
    """Who may decide in beta; of acme the workspace does not tell."""

    def entitled(self, company: str) -> Entitled:
        if company == "acme":
            raise SlackApiError("no such group", {"error": "no_such_subteam"})
        return Entitled(approvers=frozenset({"U0PRIYA"}))


@pytest.fixture
def insight(stage: Stage) -> Insight:
    return Insight(stage.client(), {"acme": ACME, "beta": BETA}, Deciders())


def seen(insight: Insight, user: str) -> list[str]:
    return [one.key for one in insight.of(user)]


def test_channels_and_the_right_to_decide_both_count(stage: Stage, insight: Insight) -> None:
    stage.do(lambda: stage.workspace.remove("U0PRIYA", "C0FINALERTS"))
    assert seen(insight, "U0MARIA") == ["acme"]
    assert seen(insight, "U0PRIYA") == ["beta"]


def test_a_companys_report_channel_counts_and_a_private_one_too(stage: Stage, insight: Insight) -> None:
    room: Any = stage.workspace.directory.channels["C0FINALERTS"]
    private = {**room, "id": "C0BETAREPORT", "name": "beta-reports", "is_private": True}
    stage.workspace.directory.channels["C0BETAREPORT"] = private
    assert seen(insight, "U0DAN") == ["acme", "beta"]


def test_what_is_known_of_a_person_is_not_asked_for_again_at_once(stage: Stage, insight: Insight) -> None:
    for _ in range(3):
        assert seen(insight, "U0MARIA") == ["acme"]
    asked = [call for call in stage.world.calls.of("slack") if call["function"] == "users.conversations"]
    assert len(asked) == 1


def test_where_the_workspace_does_not_tell_his_channels_nothing_is_shown(insight: Insight) -> None:
    with pytest.raises(SlackApiError):
        insight.of("U0NOBODY")


def test_nothing_is_seen_by_somebody_in_no_channel(stage: Stage) -> None:
    away = Insight(
        stage.client(), {"beta": BETA}, SimpleNamespace(entitled=lambda _: Entitled(approvers=frozenset({"U0DAN"})))
    )
    assert seen(away, "U0MARIA") == []
    assert seen(away, "U0DAN") == ["beta"]
