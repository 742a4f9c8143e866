"""Triggers, modals, App Homes and response URLs: what Slack lends, and for how long."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from bot.sandbox.slack import ActError
from bot.sandbox.slack.api import SlackError
from tests.sandbox.slack.conftest import Stage
from tests.sandbox.slack.listening import VIEW

HOME: dict[str, Any] = {"type": "home", "blocks": [{"type": "divider"}]}


def refused(call: Any, **arguments: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        call(**arguments)
    return str(caught.value.response["error"])


def trigger(stage: Stage, user: str = "U0DAN", view: str | None = None) -> str:
    return stage.do(lambda: stage.workspace.triggers.lend(user, view))


def test_a_trigger_opens_one_view(stage: Stage) -> None:
    lent = trigger(stage)
    stage.client().views_open(trigger_id=lent, view=VIEW)
    assert refused(stage.client().views_open, trigger_id=lent, view=VIEW) == "exchanged_trigger_id"
    assert len(stage.workspace.open_views("controller")) == 1


def test_a_trigger_is_good_for_seconds(stage: Stage) -> None:
    assert stage.workspace.triggers.seconds == 3.0
    stage.workspace.triggers.seconds = -1.0
    assert refused(stage.client().views_open, trigger_id=trigger(stage), view=VIEW) == "expired_trigger_id"
    assert refused(stage.client().views_open, trigger_id="12345.98765.abcd", view=VIEW) == "invalid_trigger_id"
    assert stage.workspace.open_views("controller") == []


def test_a_wrong_view_is_refused_with_the_place_and_leaves_the_trigger_unused(stage: Stage) -> None:
    lent = trigger(stage)
    wrong = {**VIEW, "title": {"type": "plain_text", "text": "x" * 25}}
    with pytest.raises(SlackApiError) as caught:
        stage.client().views_open(trigger_id=lent, view=wrong)
    assert caught.value.response["error"] == "invalid_arguments"
    assert caught.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]
    stage.client().views_open(trigger_id=lent, view=VIEW)


def test_an_update_on_an_old_hash_is_refused(stage: Stage) -> None:
    client = stage.client()
    view = client.views_open(trigger_id=trigger(stage), view=VIEW)["view"]
    newer = client.views_update(view_id=view["id"], hash=view["hash"], view=VIEW)["view"]
    assert newer["id"] == view["id"]
    assert newer["hash"] != view["hash"]
    assert refused(client.views_update, view_id=view["id"], hash=view["hash"], view=VIEW) == "hash_conflict"
    assert refused(client.views_update, view_id="V0NONE", view=VIEW) == "not_found"


def test_a_closed_view_cannot_be_updated(stage: Stage) -> None:
    view = stage.client().views_open(trigger_id=trigger(stage), view=VIEW)["view"]
    stage.do(lambda: stage.workspace.close_view("dan", view["id"]))
    assert refused(stage.client().views_update, view_id=view["id"], view=VIEW) == "not_found"
    with pytest.raises(ActError, match="not in front"):
        stage.do(lambda: stage.workspace.close_view("dan", view["id"]))


def test_views_stack_to_three(stage: Stage) -> None:
    client = stage.client()
    root = client.views_open(trigger_id=trigger(stage), view=VIEW)["view"]
    second = client.views_push(trigger_id=trigger(stage, view=root["id"]), view=VIEW)["view"]
    assert (second["root_view_id"], second["previous_view_id"]) == (root["id"], root["id"])
    client.views_push(trigger_id=trigger(stage, view=second["id"]), view=VIEW)
    assert refused(client.views_push, trigger_id=trigger(stage, view=second["id"]), view=VIEW) == "push_limit_reached"
    assert len(stage.workspace.open_views("dan")) == 3
    with pytest.raises(ActError):
        stage.do(lambda: stage.workspace.submit("dan", root["id"], {}))


def test_an_external_id_is_used_once(stage: Stage) -> None:
    client = stage.client()
    client.views_open(trigger_id=trigger(stage), view={**VIEW, "external_id": "case-12"})
    changed = client.views_update(external_id="case-12", view={**VIEW, "external_id": "case-12"})
    assert changed["view"]["external_id"] == "case-12"
    again = {**VIEW, "external_id": "case-12"}
    assert refused(client.views_open, trigger_id=trigger(stage), view=again) == "duplicate_external_id"


def test_a_home_is_published_for_each_person(stage: Stage) -> None:
    client = stage.client()
    view = client.views_publish(user_id="U0DAN", view=HOME)["view"]
    assert stage.workspace.home("maria") is None
    again = client.views_publish(user_id="U0DAN", view=HOME, hash=view["hash"])["view"]
    assert again["id"] == view["id"]
    assert refused(client.views_publish, user_id="U0DAN", view=HOME, hash=view["hash"]) == "hash_conflict"
    assert refused(client.views_publish, user_id="U0NOBODY", view=HOME) == "user_not_found"
    assert refused(client.views_publish, user_id="U0DAN", view=VIEW) == "invalid_arguments"


def test_impossible_values_are_refused_by_slack_itself(stage: Stage) -> None:
    view_id = stage.client().views_open(trigger_id=trigger(stage), view=VIEW)["view"]["id"]
    for value, words in [("x", "Must be a number."), ("1.5", "Must be a whole number."), ("-1", "Must be at least 0.")]:
        outcome = stage.outcome(lambda: stage.workspace.submit("dan", view_id, {"days": {"value": value}}))  # noqa: B023
        assert outcome.errors == {"days": words}
    with pytest.raises(ActError, match="no option"):
        stage.do(lambda: stage.workspace.submit("dan", view_id, {"from": {"value": "never"}}))
    with pytest.raises(ActError, match="no block"):
        stage.do(lambda: stage.workspace.submit("dan", view_id, {"nowhere": {"value": "x"}}))


def lent_url(stage: Stage) -> str:
    return stage.do(lambda: stage.workspace.response_urls.lend(user="U0DAN", channel="C0GENERAL"))


def test_a_response_url_takes_five_answers(stage: Stage) -> None:
    client = WebhookClient(lent_url(stage))
    statuses = [client.send(text=f"{number}").status_code for number in range(6)]
    assert statuses == [200, 200, 200, 200, 200, 404]
    assert len(stage.workspace.ephemerals("dan", "general")) == 5
    assert stage.workspace.messages("general") == []


def test_a_response_url_lives_half_an_hour(stage: Stage) -> None:
    url = lent_url(stage)
    stage.do(lambda: stage.world.calendar.move(timedelta(minutes=29)))
    assert WebhookClient(url).send(text="in time").status_code == 200
    stage.do(lambda: stage.world.calendar.move(timedelta(minutes=2)))
    assert WebhookClient(url).send(text="late").status_code == 404


def test_a_response_url_may_answer_everybody_where_the_bot_is_no_member(stage: Stage) -> None:
    WebhookClient(lent_url(stage)).send(text="for all", response_type="in_channel")
    assert [message["text"] for message in stage.workspace.messages("general")] == ["for all"]


def test_a_response_url_replaces_and_deletes_what_was_clicked(stage: Stage) -> None:
    ts = stage.client().chat_postMessage(channel="C0FINALERTS", text="card")["ts"]
    url = stage.do(lambda: stage.workspace.response_urls.lend(user="U0DAN", channel="C0FINALERTS", ts=ts))
    WebhookClient(url).send(text="done", replace_original=True)
    assert [message["text"] for message in stage.workspace.messages("C0FINALERTS")] == ["done"]
    WebhookClient(url).send(delete_original=True)
    assert stage.workspace.messages("C0FINALERTS") == []


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"text": "x", "blocks": [{"type": "section"}]}'])
def test_a_response_url_refuses_nonsense(stage: Stage, body: bytes) -> None:
    request = urllib.request.Request(lent_url(stage), body, {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    assert caught.value.code == 400
    assert json.loads(caught.value.read())["ok"] is False
    caught.value.close()


def test_a_refusal_carries_slacks_word() -> None:
    assert SlackError("not_found").reply == {"ok": False, "error": "not_found"}
