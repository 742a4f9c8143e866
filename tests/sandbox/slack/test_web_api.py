"""The Web API as slack_sdk's WebClient uses it."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack import Workspace
from bot.sandbox.slack.seed import APP_TOKEN, SCOPES
from bot.sandbox.world import Fault, World
from tests.sandbox.slack.conftest import Stage, staged

ALERTS = "C0FINALERTS"
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*Net 45* is missing"}}


def refused(call: Any, **arguments: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        call(**arguments)
    return str(caught.value.response["error"])


def test_the_token_says_who_it_is_and_what_it_may(stage: Stage) -> None:
    reply = stage.client().auth_test()
    assert (reply["team_id"], reply["user_id"], reply["bot_id"]) == ("T0ACME", "U0TERMKEEPER", "B0TERMKEEPER")
    assert set(reply.headers["x-oauth-scopes"].split(",")) == set(SCOPES)


@pytest.mark.parametrize(("token", "error"), [("", "not_authed"), ("xoxb-wrong", "invalid_auth"), (APP_TOKEN, "not_allowed_token_type")])  # fmt: skip
def test_a_wrong_token_is_refused(stage: Stage, token: str, error: str) -> None:
    assert refused(stage.client(token).auth_test) == error


def test_an_unknown_method_is_refused(stage: Stage) -> None:
    assert refused(stage.client().api_call, api_method="chat.sing") == "unknown_method"


def test_a_missing_scope_is_named(stage: Stage) -> None:
    stage.workspace.scopes = ("users:read",)
    with pytest.raises(SlackApiError) as caught:
        stage.client().chat_postMessage(channel=ALERTS, text="hello")
    assert caught.value.response["error"] == "missing_scope"
    assert (caught.value.response["needed"], caught.value.response["provided"]) == ("chat:write", "users:read")


def test_a_posted_message_is_in_the_history(stage: Stage) -> None:
    client = stage.client()
    metadata = {"event_type": "case", "event_payload": {"case": 12}}
    ts = client.chat_postMessage(channel=ALERTS, text="fallback", blocks=[SECTION], metadata=metadata)["ts"]
    with_it = client.conversations_history(channel=ALERTS, include_all_metadata=True)["messages"][0]
    without = client.conversations_history(channel=ALERTS)["messages"][0]
    assert with_it["ts"] == ts
    assert with_it["metadata"] == metadata
    assert "metadata" not in without
    assert without["blocks"][0]["text"] == SECTION["text"]
    assert without["blocks"][0]["block_id"]


def test_blocks_and_metadata_may_come_as_json_in_a_form(stage: Stage) -> None:
    form = {"channel": ALERTS, "text": "x", "blocks": json.dumps([SECTION])}
    reply = stage.client().api_call("chat.postMessage", data=form)
    assert reply["message"]["blocks"][0]["type"] == "section"


def test_a_thread_is_read_root_first_and_its_root_counts_the_replies(stage: Stage) -> None:
    client = stage.client()
    root = client.chat_postMessage(channel=ALERTS, text="alert")["ts"]
    replies = [client.chat_postMessage(channel=ALERTS, text=f"{n}", thread_ts=root)["ts"] for n in range(3)]
    thread = client.conversations_replies(channel=ALERTS, ts=root)["messages"]
    assert [message["ts"] for message in thread] == [root, *replies]
    assert thread[0]["reply_count"] == 3
    assert [message["ts"] for message in client.conversations_history(channel=ALERTS)["messages"]] == [root]
    first = client.conversations_replies(channel=ALERTS, ts=root, limit=2)
    assert first["has_more"]
    second = client.conversations_replies(channel=ALERTS, ts=root, cursor=first["response_metadata"]["next_cursor"])
    assert [message["ts"] for message in second["messages"]] == [root, replies[2]]


def test_history_pages_by_cursor_and_cuts_by_moment(stage: Stage) -> None:
    client = stage.client()
    sent = [client.chat_postMessage(channel=ALERTS, text=f"{n}")["ts"] for n in range(5)]
    pages = client.conversations_history(channel=ALERTS, limit=2)
    found = [message["ts"] for page in pages for message in page["messages"]]
    assert found == sent[::-1]
    cut = client.conversations_history(channel=ALERTS, oldest=sent[1], latest=sent[3])["messages"]
    assert [message["ts"] for message in cut] == [sent[2]]
    cut = client.conversations_history(channel=ALERTS, oldest=sent[1], latest=sent[3], inclusive=True)["messages"]
    assert [message["ts"] for message in cut] == sent[3:0:-1]
    assert refused(client.conversations_history, channel=ALERTS, cursor="nonsense") == "invalid_cursor"


def test_an_edit_replaces_the_blocks_and_an_edit_of_the_text_alone_takes_them_away(stage: Stage) -> None:
    client = stage.client()
    ts = client.chat_postMessage(channel=ALERTS, text="one", blocks=[SECTION])["ts"]
    client.chat_update(channel=ALERTS, ts=ts, text="two", blocks=[{"type": "divider"}])
    assert [block["type"] for block in stage.workspace.messages(ALERTS)[0]["blocks"]] == ["divider"]
    reply = client.chat_update(channel=ALERTS, ts=ts, text="three")
    assert reply["text"] == "three"
    message = stage.workspace.messages(ALERTS)[0]
    assert "blocks" not in message
    assert message["is_edited"]


def test_only_own_messages_can_be_edited_or_deleted(stage: Stage) -> None:
    client = stage.client()
    other = stage.do(lambda: stage.workspace.post_as_app(ALERTS, {"text": "Sync failed"}))
    assert refused(client.chat_update, channel=ALERTS, ts=other, text="x") == "cant_update_message"
    assert refused(client.chat_delete, channel=ALERTS, ts=other) == "cant_delete_message"
    mine = client.chat_postMessage(channel=ALERTS, text="x")["ts"]
    assert refused(client.chat_update, channel=ALERTS, ts=mine, text="x" * 4001) == "msg_too_long"
    assert refused(client.chat_update, channel=ALERTS, ts="1.000001", text="x") == "message_not_found"
    mine = client.chat_postMessage(channel=ALERTS, text="x")["ts"]
    client.chat_delete(channel=ALERTS, ts=mine)
    assert refused(client.chat_delete, channel=ALERTS, ts=mine) == "message_not_found"


def test_a_deleted_root_leaves_its_replies(stage: Stage) -> None:
    client = stage.client()
    root = client.chat_postMessage(channel=ALERTS, text="card")["ts"]
    reply = client.chat_postMessage(channel=ALERTS, text="more", thread_ts=root)["ts"]
    stage.do(lambda: stage.workspace.delete(ALERTS, root))
    thread = client.conversations_replies(channel=ALERTS, ts=root)["messages"]
    assert [message["ts"] for message in thread] == [root, reply]
    assert refused(client.chat_update, channel=ALERTS, ts=root, text="x") == "message_not_found"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": ALERTS}, "no_text"),
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"channel": "C0GENERAL", "text": "x"}, "not_in_channel"),
        ({"channel": ALERTS, "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": ALERTS, "text": "x", "metadata": {"event_type": "x"}}, "invalid_metadata_schema"),
        (
            {"channel": ALERTS, "blocks": [{**SECTION, "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5},
            "msg_blocks_too_long",
        ),
        ({"channel": ALERTS, "text": "x", "username": "Somebody"}, "missing_scope"),
        ({"channel": ALERTS, "text": "x", "thread_ts": "1.000001"}, "cannot_reply_to_message"),
    ],
)
def test_a_message_that_cannot_be_posted_is_refused(stage: Stage, arguments: dict[str, Any], error: str) -> None:
    assert refused(stage.client().api_call, api_method="chat.postMessage", json=arguments) == error
    assert stage.workspace.messages(ALERTS) == []


def test_wrong_blocks_are_refused_with_the_place(stage: Stage) -> None:
    with pytest.raises(SlackApiError) as caught:
        stage.client().chat_postMessage(channel=ALERTS, text="x", blocks=[{"type": "section"}])
    reply = caught.value.response
    assert reply["error"] == "invalid_blocks"
    assert reply["response_metadata"]["messages"] == [
        "[ERROR] missing required field: text or fields [json-pointer:/blocks/0]"
    ]


def test_a_removed_bot_can_neither_read_nor_write(stage: Stage) -> None:
    stage.do(lambda: stage.workspace.remove("U0TERMKEEPER", ALERTS))
    client = stage.client()
    assert refused(client.chat_postMessage, channel=ALERTS, text="x") == "not_in_channel"
    assert refused(client.conversations_history, channel=ALERTS) == "not_in_channel"


def test_an_ephemeral_message_is_seen_by_one_person(stage: Stage) -> None:
    client = stage.client()
    ts = client.chat_postEphemeral(channel=ALERTS, user="U0MARIA", text="only you")["message_ts"]
    assert [message["ts"] for message in stage.workspace.ephemerals("clerk", "#finance-alerts")] == [ts]
    assert stage.workspace.ephemerals("controller", ALERTS) == []
    assert stage.workspace.messages(ALERTS) == []
    assert refused(client.chat_postEphemeral, channel=ALERTS, user="U0NOBODY", text="x") == "user_not_in_channel"


def test_conversations_and_people_are_listed(stage: Stage) -> None:
    client = stage.client()
    assert {c["name"] for c in client.conversations_list()["channels"]} == {"finance-alerts", "finance-reports", "general"}  # fmt: skip
    assert {c["id"] for c in client.users_conversations()["channels"]} == {ALERTS, "C0FINREPORT"}
    assert client.conversations_info(channel=ALERTS)["channel"]["is_member"]
    assert "U0TERMKEEPER" in client.conversations_members(channel=ALERTS)["members"]
    assert client.users_info(user="U0DAN")["user"]["tz"] == "America/New_York"
    assert client.usergroups_users_list(usergroup="S0CONTROLLERS")["users"] == ["U0DAN", "U0PRIYA"]
    assert client.usergroups_list(include_users=True)["usergroups"][0]["users"] == ["U0DAN", "U0PRIYA"]
    assert client.bots_info(bot="B0BILL")["bot"]["name"] == "BILL Sync"
    first = client.users_list(limit=2)
    assert len(first["members"]) == 2
    assert len([user for page in client.users_list(limit=2) for user in page["members"]]) == 6


def test_what_is_not_there_is_not_found(stage: Stage) -> None:
    client = stage.client()
    assert refused(client.users_info, user="U0NOBODY") == "user_not_found"
    assert refused(client.usergroups_users_list, usergroup="S0NONE") == "no_such_subteam"
    assert refused(client.conversations_info, channel="C0NONE") == "channel_not_found"
    assert refused(client.conversations_replies, channel=ALERTS, ts="1.000001") == "thread_not_found"
    assert refused(client.conversations_list, types="im") == "missing_scope"


def test_a_direct_conversation_is_opened_and_written_to(stage: Stage) -> None:
    client = stage.client()
    channel = client.conversations_open(users="U0PRIYA")["channel"]["id"]
    assert client.conversations_open(users="U0PRIYA")["already_open"]
    client.chat_postMessage(channel=channel, text="A row was set aside.")
    client.chat_postMessage(channel="U0PRIYA", text="Another.")
    assert [message["text"] for message in stage.workspace.messages(channel)] == ["A row was set aside.", "Another."]


def test_a_file_is_uploaded_in_two_steps_and_shared_in_the_thread(stage: Stage) -> None:
    client = stage.client()
    root = client.chat_postMessage(channel=ALERTS, text="report")["ts"]
    reply = client.files_upload_v2(
        channel=ALERTS, thread_ts=root, filename="terms.csv", title="Terms", content="a,b\n", initial_comment="Here."
    )
    assert reply["file"]["title"] == "Terms"
    shared = stage.workspace.thread(ALERTS, root)[1]
    assert shared["text"] == "Here."
    with urllib.request.urlopen(shared["files"][0]["url_private"]) as download:
        assert download.read() == b"a,b\n"


def test_an_upload_that_never_came_cannot_be_completed(stage: Stage) -> None:
    client = stage.client()
    file_id = client.files_getUploadURLExternal(filename="x.csv", length=3)["file_id"]
    assert refused(client.files_completeUploadExternal, files=[{"id": file_id}], channel_id=ALERTS) == "file_not_found"


def test_a_reaction_is_added_once(stage: Stage) -> None:
    client = stage.client()
    ts = client.chat_postMessage(channel=ALERTS, text="x")["ts"]
    client.reactions_add(channel=ALERTS, timestamp=ts, name="eyes")
    assert refused(client.reactions_add, channel=ALERTS, timestamp=ts, name="eyes") == "already_reacted"
    assert stage.workspace.messages(ALERTS)[0]["reactions"] == [{"name": "eyes", "users": ["U0TERMKEEPER"], "count": 1}]


def test_a_permalink_names_the_message(stage: Stage) -> None:
    client = stage.client()
    ts = client.chat_postMessage(channel=ALERTS, text="x")["ts"]
    link = client.chat_getPermalink(channel=ALERTS, message_ts=ts)["permalink"]
    assert link.endswith(f"/archives/{ALERTS}/p{ts.replace('.', '')}")


def test_faults_strike_and_are_counted_down(stage: Stage) -> None:
    client = stage.client()
    stage.world.faults.set(Fault(service="slack", method="chat.postMessage", name="ratelimited", times=1, value=7))
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel=ALERTS, text="x")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "7")
    stage.world.faults.set(Fault(service="slack", method="chat.postMessage", name="invalid_blocks", times=1))
    assert refused(client.chat_postMessage, channel=ALERTS, text="x") == "invalid_blocks"
    stage.world.faults.set(Fault(service="slack", method="chat.postMessage", name="server_error", times=1))
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel=ALERTS, text="x")
    assert caught.value.response.status_code == 500
    client.chat_postMessage(channel=ALERTS, text="x")
    outcomes = [call["outcome"] for call in stage.world.calls.of("slack") if call["function"] == "chat.postMessage"]
    assert outcomes == ["ratelimited", "invalid_blocks", "server_error", "ok"]


@pytest.mark.parametrize(("name", "posted"), [("timeout", 0), ("timeout_after", 1)])
def test_a_call_that_times_out_did_nothing_or_all(stage: Stage, name: str, posted: int) -> None:
    stage.world.faults.set(Fault(service="slack", method="chat.postMessage", name=name, times=1, value=0.1))
    body = json.dumps({"channel": ALERTS, "text": "x"}).encode()
    headers = {"Authorization": "Bearer xoxb-sandbox-termkeeper", "Content-Type": "application/json"}
    request = urllib.request.Request(stage.api + "chat.postMessage", body, headers)
    with (
        pytest.raises((OSError, urllib.error.URLError, ValueError, Exception)),
        urllib.request.urlopen(request) as reply,
    ):
        json.loads(reply.read())
    assert len(stage.workspace.messages(ALERTS)) == posted


def test_a_restart_goes_on_where_it_stopped(tmp_path: Any) -> None:
    first = World(tmp_path)
    with staged(first) as stage:
        ts = stage.client().chat_postMessage(channel=ALERTS, text="card", blocks=[SECTION])["ts"]
        stage.client().chat_postMessage(channel=ALERTS, text="reply", thread_ts=ts)
        stage.client().files_upload_v2(channel=ALERTS, filename="x.csv", content="abc")
    first.store.close()
    second = World(tmp_path)
    with staged(second) as stage:
        messages = stage.client().conversations_history(channel=ALERTS)["messages"]
        assert messages[-1]["ts"] == ts
        assert messages[-1]["reply_count"] == 1
        with urllib.request.urlopen(messages[0]["files"][0]["url_private"]) as download:
            assert download.read() == b"abc"
    second.store.close()


def test_one_world_has_one_workspace(stage: Stage) -> None:
    assert Workspace.of(stage.world) is stage.workspace
    with pytest.raises(RuntimeError):
        Workspace(stage.world)
