"""What people do, as a Bolt app hears and answers it: over Socket Mode with two clients, and over signed HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from slack_bolt import Ack, Respond
from slack_sdk import WebClient

from bot.sandbox.slack import ActError
from tests.sandbox.slack.conftest import Stage, until
from tests.sandbox.slack.listening import VIEW, Listener, by_http, by_socket

ALERTS = "C0FINALERTS"
BUTTONS = {
    "type": "actions",
    "block_id": "decide",
    "elements": [
        {"type": "button", "action_id": "case.create", "value": "12:abc", "text": {"type": "plain_text", "text": "Create"}},
        {"type": "button", "action_id": "case.decline", "value": "12", "text": {"type": "plain_text", "text": "Decline"}},
    ],
}  # fmt: skip


@pytest.fixture(params=["builtin", "websocket_client", "http"])
def listener(request: pytest.FixtureRequest, stage: Stage) -> Iterator[Listener]:
    heard = Listener(stage)
    way = by_http(stage, heard) if request.param == "http" else by_socket(stage, heard, request.param)
    with way:
        yield heard


def test_another_apps_message_is_heard(stage: Stage, listener: Listener) -> None:
    ts = stage.do(lambda: stage.workspace.post_as_app("#finance-alerts", {"text": "", "attachments": [{"text": "no"}]}))
    until(lambda: listener.of("message"))
    event = listener.of("message")[0]["event"]
    assert (event["subtype"], event["bot_id"], event["username"], event["ts"]) == (
        "bot_message",
        "B0BILL",
        "BILL Sync",
        ts,
    )
    assert event["attachments"][0]["text"] == "no"


def test_messages_are_heard_only_where_the_bot_is(stage: Stage, listener: Listener) -> None:
    stage.do(lambda: stage.workspace.post_as_person("maria", "general", "lunch?"))
    stage.do(lambda: stage.workspace.post_as_person("maria", "finance-alerts", "see <this> & that"))
    until(lambda: listener.of("message"))
    assert [body["event"]["text"] for body in listener.of("message")] == ["see &lt;this&gt; &amp; that"]


def test_an_edit_and_a_deletion_are_heard(stage: Stage, listener: Listener) -> None:
    ts = stage.do(lambda: stage.workspace.post_as_person("clerk", ALERTS, "Sync runing"))
    stage.do(lambda: stage.workspace.edit_as_person("clerk", ALERTS, ts, "Sync running"))
    stage.do(lambda: stage.workspace.delete(ALERTS, ts))
    until(lambda: len(listener.of("message")) == 3)
    by_kind = {body["event"].get("subtype"): body["event"] for body in listener.of("message")}
    assert by_kind["message_changed"]["message"]["text"] == "Sync running"
    assert by_kind["message_changed"]["previous_message"]["text"] == "Sync runing"
    assert by_kind["message_deleted"]["deleted_ts"] == ts
    assert stage.workspace.messages(ALERTS) == []


def test_members_and_the_home_are_heard(stage: Stage, listener: Listener) -> None:
    stage.do(lambda: stage.workspace.remove("maria", ALERTS))
    stage.do(lambda: stage.workspace.invite("maria", ALERTS))
    stage.do(lambda: stage.workspace.open_home("maria"))
    until(lambda: len(listener.heard) == 3)
    assert listener.of("member_joined_channel")[0]["event"]["inviter"] == "U0PRIYA"
    assert listener.of("app_home_opened")[0]["event"]["user"] == "U0MARIA"


def test_a_click_is_heard_and_the_card_replaced(stage: Stage, listener: Listener) -> None:
    def create(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text=body["actions"][0]["value"])

    listener.app.action("case.create")(create)
    ts = listener.client.chat_postMessage(channel=ALERTS, text="card", blocks=[BUTTONS])["ts"]
    assert stage.outcome(lambda: stage.workspace.press("controller", ALERTS, ts, "case.create")).ok
    until(lambda: stage.workspace.messages(ALERTS)[0]["text"] == "12:abc")
    with pytest.raises(ActError, match="no element"):
        stage.do(lambda: stage.workspace.press("controller", ALERTS, ts, "case.create"))


def test_a_command_is_answered_to_its_asker_who_clicks_on_it(stage: Stage, listener: Listener) -> None:
    def check(ack: Ack, respond: Respond, command: dict[str, Any]) -> None:
        ack()
        respond(text=f"facts of {command['text']}", blocks=[BUTTONS])

    def again(ack: Ack, respond: Respond) -> None:
        ack()
        respond(text="fresh facts", replace_original=True)

    listener.app.command("/checkterms")(check)
    listener.app.action("case.create")(again)
    assert stage.outcome(lambda: stage.workspace.command("clerk", "general", "/checkterms", "INV-1042")).ok
    until(lambda: stage.workspace.ephemerals("clerk", "general"))
    shown = stage.workspace.ephemerals("clerk", "general")[0]
    assert shown["text"] == "facts of INV-1042"
    with pytest.raises(ActError, match="Only the person"):
        stage.do(lambda: stage.workspace.press("controller", "general", shown["ts"], "case.create"))
    assert stage.outcome(lambda: stage.workspace.press("clerk", "general", shown["ts"], "case.create")).ok
    until(lambda: stage.workspace.ephemerals("clerk", "general")[0]["text"] == "fresh facts")
    assert "blocks" not in stage.workspace.ephemerals("clerk", "general")[0]


def test_a_command_may_be_answered_in_its_acknowledgement(stage: Stage, listener: Listener) -> None:
    listener.app.command("/checkterms")(lambda ack: ack("Try a number."))
    assert stage.outcome(lambda: stage.workspace.command("clerk", "general", "/checkterms")).ok
    assert [message["text"] for message in stage.workspace.ephemerals("clerk", "general")] == ["Try a number."]


def test_a_shortcut_carries_the_message(stage: Stage, listener: Listener) -> None:
    heard: list[dict[str, Any]] = []

    def shortcut(ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        ack()
        heard.append(body)
        respond(text="facts", replace_original=True)

    listener.app.shortcut("check_terms")(shortcut)
    ts = stage.do(lambda: stage.workspace.post_as_person("maria", "general", "INV-1042 failed"))
    assert stage.outcome(lambda: stage.workspace.shortcut("maria", "general", ts, "check_terms")).ok
    until(lambda: heard)
    assert heard[0]["message"]["text"] == "INV-1042 failed"
    until(lambda: stage.workspace.ephemerals("maria", "general"))
    assert [message["text"] for message in stage.workspace.messages("general")] == ["INV-1042 failed"]


def test_a_view_is_opened_corrected_and_submitted(stage: Stage, listener: Listener) -> None:
    submitted: list[dict[str, Any]] = []

    def edit(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=VIEW)

    def submit(ack: Ack, view: dict[str, Any]) -> None:
        values = view["state"]["values"]
        if values["days"]["value"]["value"] == "1000":
            ack(response_action="errors", errors={"days": "BILL takes 0 to 999 days."})
            return
        ack()
        submitted.append(values)

    listener.app.action("case.create")(edit)
    listener.app.view("case.edit")(submit)
    ts = listener.client.chat_postMessage(channel=ALERTS, text="card", blocks=[BUTTONS])["ts"]
    workspace = stage.workspace
    stage.outcome(lambda: workspace.press("dan", ALERTS, ts, "case.create"))
    until(lambda: workspace.open_views("dan"))
    view_id = workspace.open_views("dan")[0]["id"]
    missing = stage.outcome(lambda: workspace.submit("dan", view_id, {}))
    assert missing.errors == {"days": "Please complete this required field."}
    wrong = stage.outcome(lambda: workspace.submit("dan", view_id, {"days": {"value": "1000"}}))
    assert wrong.errors == {"days": "BILL takes 0 to 999 days."}
    values = {"days": {"value": "45"}, "from": {"value": "eom"}}
    assert stage.outcome(lambda: workspace.submit("dan", view_id, values)).ok
    assert workspace.open_views("dan") == []
    assert submitted[0]["days"]["value"] == {"type": "number_input", "value": "45"}
    assert submitted[0]["from"]["value"]["selected_option"]["value"] == "eom"


def test_a_submission_may_change_push_and_clear_views(stage: Stage, listener: Listener) -> None:
    answers = [{"response_action": "update", "view": VIEW}, {"response_action": "push", "view": VIEW}, {"response_action": "clear"}]  # fmt: skip
    listener.app.action("case.create")(lambda ack, body, client: (ack(), client.views_open(trigger_id=body["trigger_id"], view=VIEW)))  # fmt: skip
    listener.app.view("case.edit")(lambda ack: ack(**answers.pop(0)))
    ts = listener.client.chat_postMessage(channel=ALERTS, text="card", blocks=[BUTTONS])["ts"]
    workspace = stage.workspace
    stage.outcome(lambda: workspace.press("dan", ALERTS, ts, "case.create"))
    until(lambda: workspace.open_views("dan"))
    for depth in (1, 2, 0):
        view_id = workspace.open_views("dan")[-1]["id"]
        outcome = stage.outcome(lambda: workspace.submit("dan", view_id, {"days": {"value": "45"}}))  # noqa: B023
        assert outcome.ok
        assert len(workspace.open_views("dan")) == depth


def test_what_nobody_listens_to_is_said_to_have_failed(stage: Stage) -> None:
    outcome = stage.outcome(lambda: stage.workspace.command("clerk", "general", "/checkterms", "INV-1"))
    assert (outcome.ok, outcome.error) == (False, "dispatch_failed")
    said = stage.workspace.ephemerals("clerk", "general")[0]["text"]
    assert said == '/checkterms failed with the error "dispatch_failed"'


def test_what_is_answered_too_late_is_said_to_have_failed(stage: Stage) -> None:
    listener = Listener(stage)
    listener.app.command("/checkterms")(lambda: None)
    stage.workspace.delivery.ack_seconds = 0.3
    with by_socket(stage, listener):
        outcome = stage.outcome(lambda: stage.workspace.command("clerk", "general", "/checkterms", "INV-1"))
    assert outcome.error == "operation_timeout"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"response_action": "errors", "errors": {"nowhere": "x"}}, "invalid_arguments"),
        ({"response_action": "update", "view": {"type": "modal"}}, "invalid_arguments"),
    ],
)
def test_an_answer_that_slack_would_not_take_leaves_the_view_open(
    stage: Stage, answer: dict[str, Any], error: str
) -> None:
    listener = Listener(stage)
    listener.app.view("case.edit")(lambda ack: ack(**answer))
    trigger = stage.do(lambda: stage.workspace.triggers.lend("U0DAN"))
    view_id = stage.client().views_open(trigger_id=trigger, view=VIEW)["view"]["id"]
    with by_http(stage, listener):
        outcome = stage.outcome(lambda: stage.workspace.submit("dan", view_id, {"days": {"value": "45"}}))
    assert (outcome.ok, outcome.error) == (False, error)
    assert len(stage.workspace.open_views("dan")) == 1


def test_a_direct_message_is_heard_only_with_its_event_and_its_scope(stage: Stage) -> None:
    workspace = stage.workspace
    channel = stage.do(lambda: workspace.direct("dan"))["id"]
    listener = Listener(stage)
    with by_http(stage, listener):
        stage.do(lambda: workspace.post_as_person("dan", channel, "not subscribed"))
        workspace.board.events = (*workspace.board.events, "message.im")
        workspace.scopes, kept = tuple(scope for scope in workspace.scopes if scope != "im:history"), workspace.scopes
        stage.do(lambda: workspace.post_as_person("dan", channel, "without its scope"))
        workspace.scopes = kept
        stage.do(lambda: workspace.post_as_person("dan", channel, "heard"))
        until(lambda: listener.of("message"))
    assert [body["event"]["text"] for body in listener.of("message")] == ["heard"]
    assert listener.of("message")[0]["event"]["channel_type"] == "im"


def test_people_are_known_by_id_name_and_role(stage: Stage) -> None:
    directory = stage.workspace.directory
    assert {directory.user(who)["id"] for who in ("U0DAN", "dan", "@dan", "Dan Weber", "controller")} == {"U0DAN"}
    assert {directory.channel(where)["id"] for where in (ALERTS, "finance-alerts", "#finance-alerts")} == {ALERTS}
    for unknown in (lambda: directory.user("nobody"), lambda: directory.channel("#nowhere")):
        with pytest.raises(ActError):
            unknown()


def test_a_user_group_gets_and_loses_people_and_forgets_none_twice(stage: Stage) -> None:
    def put(user: str, *, member: bool) -> tuple[str, ...]:
        return stage.do(lambda: stage.workspace.put_in_group(user, "S0CONTROLLERS", member=member))

    assert put("deputy", member=True) == put("Lee Okafor", member=True) == ("U0DAN", "U0PRIYA", "U0LEE")
    assert stage.client().usergroups_users_list(usergroup="S0CONTROLLERS")["users"] == ["U0DAN", "U0PRIYA", "U0LEE"]
    assert put("controller", member=False) == put("dan", member=False) == ("U0PRIYA", "U0LEE")
    with pytest.raises(ActError, match="no user group 'S0NONE'"):
        stage.workspace.put_in_group("dan", "S0NONE")


def test_a_deactivated_user_is_in_no_group(stage: Stage) -> None:
    stage.do(lambda: stage.workspace.deactivate("dan"))
    assert stage.client().usergroups_users_list(usergroup="S0CONTROLLERS")["users"] == ["U0PRIYA"]
    assert stage.client().users_info(user="U0DAN")["user"]["deleted"]
