"""Replies and payloads against shapes that were recorded from Slack: no other keys, and the documented ones there."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import websocket

from bot.sandbox.slack.seed import APP_TOKEN, BOT_TOKEN, SCOPES
from tests.sandbox.slack.conftest import Stage, until
from tests.shared import need_shared

ALERTS = "C0FINALERTS"
BLOCKS: list[dict[str, Any]] = [
    {"type": "header", "text": {"type": "plain_text", "text": "Net 45"}},
    {"type": "section", "text": {"type": "mrkdwn", "text": "is missing"}, "fields": [{"type": "mrkdwn", "text": "a"}]},
    {"type": "divider"},
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "Dan or Priya"}]},
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "case.create",
                "value": "12",
                "style": "primary",
                "text": {"type": "plain_text", "text": "Create"},
                "confirm": {
                    "title": {"type": "plain_text", "text": "Sure"},
                    "text": {"type": "mrkdwn", "text": "It writes."},
                    "confirm": {"type": "plain_text", "text": "Create"},
                    "deny": {"type": "plain_text", "text": "Back"},
                },
            },
            {
                "type": "static_select",
                "action_id": "pick",
                "placeholder": {"type": "plain_text", "text": "Which"},
                "options": [{"text": {"type": "plain_text", "text": "One"}, "value": "1"}],
            },
        ],
    },
    {"type": "image", "image_url": "https://example.com/x.png", "alt_text": "chart"},
    {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "x", "style": {"bold": True}}]}
        ],
    },
]


MODAL = {
    "type": "modal",
    "callback_id": "case.edit",
    "title": {"type": "plain_text", "text": "Edit first"},
    "submit": {"type": "plain_text", "text": "Propose"},
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "days",
            "label": {"type": "plain_text", "text": "Days"},
            "hint": {"type": "plain_text", "text": "0 to 999"},
            "element": {"type": "plain_text_input", "action_id": "value", "initial_value": "45"},
        },
        *BLOCKS[1:5],
    ],
}


def sample(*parts: str) -> Any:
    """A recorded shape."""
    path = need_shared("slack", "samples", *parts[:-1], f"{parts[-1]}.json")
    return json.loads(path.read_text(encoding="utf-8"))


ECHOED = (".elements[].elements", ".elements[].options")
"""Inside blocks: what an app wrote comes back as it was; the recordings met no rich text's pieces and few menus."""


def strange(given: Any, shape: Any, path: str = "", *, open_at: frozenset[str] = frozenset()) -> list[str]:
    """The places of keys that the shape does not have; empty objects and arrays in a shape are open."""
    if path in open_at or path.endswith(ECHOED) or shape in ({}, []):
        return []
    if isinstance(given, list) and isinstance(shape, list):
        merged = _merged(shape)
        return [place for item in given for place in strange(item, merged, path + "[]", open_at=open_at)]
    if isinstance(given, dict) and isinstance(shape, dict):
        places = [f"{path}.{key}" for key in given if key not in shape]
        found = [place for place in places if place not in open_at and not place.endswith(ECHOED)]
        for key in given.keys() & shape.keys():
            found += strange(given[key], shape[key], f"{path}.{key}", open_at=open_at)
        return found
    return []


def _merged(shapes: list[Any]) -> Any:
    """One shape that has all keys of several."""
    if not all(isinstance(shape, dict) for shape in shapes):
        return shapes[0]
    merged: dict[str, Any] = {}
    for shape in shapes:
        for key, value in shape.items():
            if isinstance(value, dict) and isinstance(merged.get(key), dict):
                merged[key] = _merged([merged[key], value])
            elif isinstance(value, list) and isinstance(merged.get(key), list):
                merged[key] = merged[key] + value
            elif not merged.get(key):
                merged[key] = value
    return merged


def test_the_comparison_finds_a_strange_key() -> None:
    shape = {"a": [{"b": 1}, {"c": {"d": ""}}], "open": {}}
    assert strange({"a": [{"b": 2, "c": {"d": "x"}}], "open": {"any": 1}}, shape) == []
    assert strange({"a": [{"x": 2}], "y": 1}, shape) == [".y", ".a[].x"]


def call(stage: Stage, method: str, token: str = BOT_TOKEN, **arguments: Any) -> Any:
    """One Web API call's bare reply."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json; charset=utf-8"}
    request = urllib.request.Request(stage.api + method, json.dumps(arguments).encode(), headers)
    with urllib.request.urlopen(request) as reply:
        return json.loads(reply.read())


@contextmanager
def overheard(stage: Stage, *, acknowledged: bool = True) -> Iterator[list[dict[str, Any]]]:
    """Every envelope that a bare Socket Mode connection gets."""
    url = call(stage, "apps.connections.open", APP_TOKEN)["url"]
    connection = websocket.create_connection(url, timeout=20)
    envelopes: list[dict[str, Any]] = []

    def listen() -> None:
        while True:
            try:
                text = connection.recv()
            except (websocket.WebSocketException, OSError):
                return
            if not text:
                return
            envelope = json.loads(text)
            envelopes.append(envelope)
            if acknowledged and "envelope_id" in envelope:
                connection.send(json.dumps({"envelope_id": envelope["envelope_id"]}))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    until(lambda: envelopes, "hello")
    try:
        yield envelopes
    finally:
        connection.close()
        thread.join(5)


def payloads(envelopes: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [envelope["payload"] for envelope in envelopes if envelope["type"] == kind]


REPLIES: list[tuple[str, dict[str, Any], set[str]]] = [
    ("auth.test", {}, {"url", "team", "user", "team_id", "user_id", "bot_id", "is_enterprise_install"}),
    ("chat.postMessage", {"channel": ALERTS, "text": "x", "blocks": BLOCKS}, {"channel", "ts", "message"}),
    ("chat.postEphemeral", {"channel": ALERTS, "user": "U0DAN", "text": "x", "blocks": BLOCKS}, {"message_ts"}),
    ("conversations.list", {"types": "public_channel,private_channel"}, {"channels", "response_metadata"}),
    ("conversations.info", {"channel": ALERTS, "include_num_members": True}, {"channel"}),
    ("conversations.members", {"channel": ALERTS}, {"members", "response_metadata"}),
    ("users.conversations", {}, {"channels"}),
    ("users.info", {"user": "U0DAN"}, {"user"}),
    ("users.info", {"user": "U0TERMKEEPER"}, {"user"}),
    ("users.list", {}, {"members", "cache_ts", "response_metadata"}),
    ("usergroups.list", {"include_users": True, "include_count": True}, {"usergroups"}),
    ("usergroups.users.list", {"usergroup": "S0CONTROLLERS"}, {"users"}),
    ("files.getUploadURLExternal", {"filename": "x.csv", "length": 3}, {"upload_url", "file_id"}),
]


@pytest.mark.parametrize(
    ("method", "arguments", "documented"), REPLIES, ids=[f"{n}-{row[0]}" for n, row in enumerate(REPLIES)]
)
def test_a_reply_has_slacks_keys(stage: Stage, method: str, arguments: dict[str, Any], documented: set[str]) -> None:
    reply = call(stage, method, **arguments)
    assert reply["ok"]
    assert strange(reply, sample("api", method)) == []
    assert documented <= reply.keys()


REFUSALS: list[tuple[str, dict[str, Any]]] = [
    ("auth.test", {}),
    ("apps.connections.open", {}),
    ("chat.postMessage", {"channel": ALERTS, "blocks": [{"type": "section"}]}),
    ("chat.postMessage", {}),
    ("chat.postEphemeral", {"channel": ALERTS, "user": "U0DAN", "blocks": [{"type": "section"}]}),
    ("chat.update", {"channel": ALERTS, "ts": "1.1", "blocks": [{"type": "section"}]}),
    ("chat.update", {}),
    ("chat.delete", {}),
    ("chat.getPermalink", {}),
    ("conversations.history", {}),
    ("conversations.replies", {"channel": ALERTS}),
    ("conversations.info", {}),
    ("conversations.list", {"limit": "many"}),
    ("conversations.members", {}),
    ("users.info", {}),
    ("usergroups.users.list", {}),
    ("reactions.add", {}),
    ("files.getUploadURLExternal", {}),
    ("files.completeUploadExternal", {}),
    ("views.open", {"trigger_id": "x", "view": {"type": "modal"}}),
    ("views.update", {"view": MODAL, "view_id": "V0"}),
]


@pytest.mark.parametrize(("method", "arguments"), REFUSALS, ids=[f"{n}-{row[0]}" for n, row in enumerate(REFUSALS)])
@pytest.mark.parametrize("scopes", [SCOPES, ("none",)], ids=["in-scope", "out-of-scope"])
def test_a_refusal_has_slacks_keys(
    stage: Stage, method: str, arguments: dict[str, Any], scopes: tuple[str, ...]
) -> None:
    stage.workspace.scopes = scopes
    token = "xoxb-wrong" if method == "auth.test" else BOT_TOKEN
    reply = call(stage, method, token, **arguments)
    assert not reply["ok"]
    assert strange(reply, sample("api", method)) == []


def test_socket_and_edit_and_thread_replies_have_slacks_keys(stage: Stage) -> None:
    assert strange(call(stage, "apps.connections.open", APP_TOKEN), sample("api", "apps.connections.open")) == []
    metadata = {"event_type": "case", "event_payload": {"case": 12}}
    posted = call(stage, "chat.postMessage", channel=ALERTS, text="card", blocks=BLOCKS, metadata=metadata)
    assert strange(posted, sample("api", "chat.postMessage")) == []
    assert {"user", "type", "ts", "bot_id", "app_id", "text", "team", "bot_profile", "blocks"} <= posted[
        "message"
    ].keys()
    ts = posted["ts"]
    reply = call(stage, "chat.postMessage", channel=ALERTS, text="reply", thread_ts=ts)
    assert strange(reply, sample("api", "chat.postMessage")) == []
    edited = call(stage, "chat.update", channel=ALERTS, ts=ts, text="card", blocks=BLOCKS, metadata=metadata)
    assert strange(edited, sample("api", "chat.update")) == []
    assert {"channel", "ts", "text", "message"} <= edited.keys()
    assert (
        strange(call(stage, "reactions.add", channel=ALERTS, timestamp=ts, name="eyes"), sample("api", "reactions.add"))
        == []
    )
    link = call(stage, "chat.getPermalink", channel=ALERTS, message_ts=ts)
    assert strange(link, sample("api", "chat.getPermalink")) == []
    stage.do(lambda: stage.workspace.post_as_person("dan", ALERTS, "hm", ts))
    stage.do(
        lambda: stage.workspace.post_as_app(ALERTS, {"text": "failed", "attachments": [{"title": "Sync", "text": "x"}]})
    )
    _share_file(stage, ts)
    for method, more in (("conversations.history", {}), ("conversations.replies", {"ts": ts})):
        found = call(stage, method, channel=ALERTS, include_all_metadata=True, limit=2, **more)
        assert strange(found, sample("api", method)) == []
        assert {"messages", "has_more"} <= found.keys()
    gone = call(stage, "chat.delete", channel=ALERTS, ts=reply["ts"])
    assert strange(gone, sample("api", "chat.delete")) == []


def _share_file(stage: Stage, ts: str) -> None:
    place = call(stage, "files.getUploadURLExternal", filename="x.csv", length=3)
    urllib.request.urlopen(urllib.request.Request(place["upload_url"], b"a,b")).close()
    for thread_ts in (ts, None):
        if thread_ts is None:
            place = call(stage, "files.getUploadURLExternal", filename="y.csv", length=3)
            urllib.request.urlopen(urllib.request.Request(place["upload_url"], b"a,b")).close()
        files = [{"id": place["file_id"], "title": "X"}]
        more = {"thread_ts": thread_ts} if thread_ts else {}
        done = call(stage, "files.completeUploadExternal", files=files, channel_id=ALERTS, **more)
        assert strange(done, sample("api", "files.completeUploadExternal")) == []
        assert {"id", "title"} <= done["files"][0].keys()


ENVELOPE = {"token", "team_id", "api_app_id", "event", "type", "event_id", "event_time", "authorizations"}
INTERACTION = {"type", "team", "user", "api_app_id", "token", "trigger_id"}


def test_events_have_slacks_keys(stage: Stage) -> None:
    workspace = stage.workspace
    with overheard(stage) as envelopes:
        hello = envelopes[0]
        assert {"type", "num_connections", "debug_info", "connection_info"} <= hello.keys()
        posted = call(stage, "chat.postMessage", channel=ALERTS, text="card", blocks=BLOCKS)["ts"]
        call(stage, "chat.update", channel=ALERTS, ts=posted, text="card", blocks=BLOCKS)
        reply = stage.do(lambda: workspace.post_as_person("dan", ALERTS, "hm", posted))
        stage.do(lambda: workspace.edit_as_person("dan", ALERTS, reply, "hmm"))
        stage.do(lambda: workspace.delete(ALERTS, reply))
        stage.do(lambda: workspace.delete(ALERTS, posted))
        stage.do(lambda: workspace.post_as_app(ALERTS, {"text": "x", "attachments": [{"title": "a", "fields": []}]}))
        stage.do(lambda: workspace.post_as_app(ALERTS, {"text": "", "files": [{"name": "m", "plain_text": "t"}]}))
        stage.do(lambda: workspace.remove("dan", ALERTS))
        stage.do(lambda: workspace.invite("dan", ALERTS))
        home = {"type": "home", "blocks": BLOCKS[:2]}
        shown = call(stage, "views.publish", user_id="U0DAN", view=home)
        assert strange(shown, sample("api", "views.publish")) == []
        stage.do(lambda: workspace.open_home("dan"))
        until(lambda: len(payloads(envelopes, "events_api")) >= 11)
    seen = set()
    for payload in payloads(envelopes, "events_api"):
        name = _recorded(payload["event"])
        seen.add(name)
        open_at = frozenset({".event.view.blocks"})
        assert strange(payload, sample("events", name), open_at=open_at) == [], name
        assert payload.keys() >= ENVELOPE
        assert {"type", "event_ts"} <= payload["event"].keys()
    assert len(seen) == 8


def _recorded(event: dict[str, Any]) -> str:
    """The recorded shape's name for an event."""
    names = {
        "bot_message": "MessageBotPayload",
        "message_changed": "MessageChangedPayload",
        "message_deleted": "MessageDeletedPayload",
        "file_share": "MessageFileSharePayload",
        None: "MessagePayload",
    }
    if event["type"] == "message":
        return names[event.get("subtype")]
    return "".join(word.title() for word in event["type"].split("_")) + "Payload"


def test_commands_clicks_shortcuts_and_views_have_slacks_keys(stage: Stage) -> None:
    workspace = stage.workspace
    with overheard(stage) as envelopes:
        assert stage.outcome(lambda: workspace.command("dan", "general", "/checkterms", "INV-1")).ok
        command = payloads(envelopes, "slash_commands")[0]
        assert strange(command, sample("app-backend", "slash-commands", "SlashCommandPayload")) == []
        assert {
            "token",
            "command",
            "text",
            "response_url",
            "trigger_id",
            "user_id",
            "user_name",
            "team_id",
        } <= command.keys()
        assert {"channel_id", "api_app_id"} <= command.keys()

        ts = call(stage, "chat.postMessage", channel=ALERTS, text="card", blocks=BLOCKS)["ts"]
        reply = call(stage, "chat.postMessage", channel=ALERTS, text="card", blocks=BLOCKS, thread_ts=ts)["ts"]
        whispered = call(stage, "chat.postEphemeral", channel=ALERTS, user="U0DAN", text="x", blocks=BLOCKS)[
            "message_ts"
        ]
        for place, action, value in [(ts, "case.create", "12"), (reply, "pick", "1"), (whispered, "case.create", None)]:
            assert stage.outcome(lambda: workspace.press("dan", ALERTS, place, action, value=value)).ok  # noqa: B023
        assert stage.outcome(lambda: workspace.shortcut("dan", ALERTS, ts, "check_terms")).ok
        clicks = payloads(envelopes, "interactive")
        opened = call(stage, "views.open", trigger_id=clicks[-1]["trigger_id"], view=MODAL)
        assert strange(opened, sample("api", "views.open")) == []
        view_id = opened["view"]["id"]
        changed = call(stage, "views.update", view_id=view_id, hash=opened["view"]["hash"], view=MODAL)
        assert strange(changed, sample("api", "views.update")) == []
        stage.do(lambda: workspace.close_view("dan", view_id))
        assert stage.outcome(lambda: workspace.shortcut("dan", ALERTS, ts, "check_terms")).ok
        trigger = payloads(envelopes, "interactive")[-1]["trigger_id"]
        view_id = call(stage, "views.open", trigger_id=trigger, view=MODAL)["view"]["id"]
        assert stage.outcome(lambda: workspace.submit("dan", view_id, {"days": {"value": "45"}})).ok
        until(lambda: len(payloads(envelopes, "interactive")) == 7)
    kinds = []
    for payload in payloads(envelopes, "interactive"):
        kinds.append(payload["type"])
        shape = sample("app-backend", *_PLACES[payload["type"]])
        open_at = frozenset({".view.blocks", ".response_urls", ".view.state.values", ".message.metadata"})
        assert strange(payload, shape, open_at=open_at) == [], payload["type"]
        documented = INTERACTION - ({"api_app_id"} if payload["type"] == "message_action" else set())
        assert documented - ({"trigger_id"} if payload["type"] == "view_closed" else set()) <= payload.keys()
    assert kinds.count("block_actions") == 3
    clicks = [payload for payload in payloads(envelopes, "interactive") if payload["type"] == "block_actions"]
    assert all({"container", "channel", "actions", "response_url", "state"} <= click.keys() for click in clicks)
    assert ["message" in click for click in clicks] == [True, True, False]
    assert set(kinds) == _PLACES.keys()


_PLACES = {
    "block_actions": ("interactive-components", "BlockActionPayload"),
    "message_action": ("interactive-components", "MessageShortcutPayload"),
    "view_submission": ("views", "ViewSubmissionPayload"),
    "view_closed": ("views", "ViewClosedPayload"),
}
