"""conversations.* and users.conversations: channels, their members and messages."""

from __future__ import annotations

import base64
import binascii

from bot.sandbox.slack import seed, shapes
from bot.sandbox.slack.api import rooms
from bot.sandbox.slack.api.call import Args, SlackError, method, page
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.world import Record

HISTORY_LIMIT = 999


def _listed(workspace: Workspace, room: Record) -> Record:
    if room["is_im"]:
        return shapes.direct(room, user_deleted=workspace.directory.users[room["user"]]["deleted"])
    return shapes.channel(room)


@method("conversations.list")
def list_conversations(workspace: Workspace, args: Args) -> Record:
    """The workspace's conversations."""
    found, cursor = page(rooms.of_types(workspace, args.text("types")), args)
    channels = []
    for room in found:
        more = {"is_member": seed.BOT_USER in room["members"], "num_members": len(room["members"])}
        channels.append(_listed(workspace, room) | ({} if room["is_im"] else more))
    return {"channels": channels, "response_metadata": {"next_cursor": cursor}}


@method("users.conversations")
def users_conversations(workspace: Workspace, args: Args) -> Record:
    """The conversations that a user (by default the bot) is in."""
    user = args.text("user", seed.BOT_USER)
    if user not in workspace.directory.users:
        raise SlackError("user_not_found")
    mine = [room for room in rooms.of_types(workspace, args.text("types")) if user in room["members"]]
    found, cursor = page(mine, args)
    channels = [_listed(workspace, room) for room in found]
    return {"channels": channels, "response_metadata": {"next_cursor": cursor}}


@method("conversations.info")
def info(workspace: Workspace, args: Args) -> Record:
    """One conversation."""
    room = rooms.to_look_at(workspace, args.need("channel"))
    if room["is_im"]:
        return {"channel": {"id": room["id"], "created": room["created"], "is_im": True, "is_org_shared": False}}
    shown = shapes.channel(room) | {"is_member": seed.BOT_USER in room["members"]}
    if args.flag("include_num_members"):
        shown["num_members"] = len(room["members"])
    return {"channel": shown}


@method("conversations.members")
def members(workspace: Workspace, args: Args) -> Record:
    """Who is in a conversation."""
    room = rooms.to_look_at(workspace, args.need("channel"))
    found, cursor = page(room["members"], args)
    return {"members": found, "response_metadata": {"next_cursor": cursor}}


@method("conversations.open", "im:write")
def open_conversation(workspace: Workspace, args: Args) -> Record:
    """Opens the bot's direct conversation with one person."""
    if channel := args.text("channel"):
        room = rooms.by_id(workspace, channel)
        return {"no_op": True, "already_open": True, "channel": {"id": room["id"]}}
    users = [word.strip() for word in args.text("users").split(",") if word.strip()]
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > 1:
        raise SlackError("missing_scope", needed="mpim:write", provided=",".join(workspace.scopes))
    if users[0] not in workspace.directory.users:
        raise SlackError("user_not_found")
    before = workspace.directory.direct(users[0], make=False)
    room = workspace.direct(users[0])
    shown = {"id": room["id"]}
    if args.flag("return_im"):
        shown = shapes.direct(room, user_deleted=False)
    return ({"no_op": True, "already_open": True} if before else {}) | {"channel": shown}


@method("conversations.join", "channels:join")
def join(workspace: Workspace, args: Args) -> Record:
    """The bot joins a public channel."""
    room = rooms.by_id(workspace, args.need("channel"))
    workspace.join(seed.BOT_USER, room["id"])
    joined = workspace.directory.channel(room["id"])
    return {"channel": shapes.channel(joined) | {"is_member": True}}


@method("conversations.history")
def history(workspace: Workspace, args: Args) -> Record:
    """A conversation's messages without the replies in threads, newest first."""
    room = rooms.to_read(workspace, args.need("channel"))
    metadata = args.flag("include_all_metadata")
    found = [message for message in reversed(workspace.board.messages.of(room["id"])) if _within(message["ts"], args)]
    part, cursor = _by_ts(found, args, default=100)
    messages = []
    for message in part:
        replies = workspace.board.messages.replies(room["id"], message["ts"])
        shown = workspace.files.in_message(message)
        messages.append(shapes.history_message(shown, replies, metadata=metadata))
    reply: Record = {
        "messages": messages,
        "has_more": bool(cursor),
        "pin_count": 0,
        "channel_actions_ts": None,
        "channel_actions_count": 0,
    }
    return reply | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})


@method("conversations.replies")
def replies(workspace: Workspace, args: Args) -> Record:
    """A thread: its root, then its replies, oldest first."""
    room = rooms.to_read(workspace, args.need("channel"))
    ts = args.need("ts")
    root = workspace.board.messages.get(room["id"], ts)
    if root is None:
        raise SlackError("thread_not_found")
    metadata = args.flag("include_all_metadata")
    thread = workspace.board.messages.replies(room["id"], ts)
    found = [message for message in thread if _within(message["ts"], args)]
    part, cursor = _by_ts(found, args, default=HISTORY_LIMIT, forward=True)
    shown = [workspace.files.in_message(message) for message in (root, *part)]
    messages = [shapes.reply_message(shown[0], thread, metadata=metadata)]
    messages += [shapes.reply_message(message, [], metadata=metadata) for message in shown[1:]]
    reply: Record = {"messages": messages, "has_more": bool(cursor)}
    return reply | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})


def _micros(ts: str) -> int:
    seconds, _, fraction = ts.partition(".")
    try:
        return int(seconds or 0) * 1_000_000 + int((fraction + "000000")[:6])
    except ValueError as problem:
        raise SlackError("invalid_ts_oldest") from problem


def _within(ts: str, args: Args) -> bool:
    """Between `oldest` and `latest`, which themselves belong to it only with `inclusive`."""
    moment = _micros(ts)
    oldest, latest = args.text("oldest"), args.text("latest")
    extra = 1 if args.flag("inclusive") else 0
    if oldest and oldest != "0" and moment <= _micros(oldest) - extra:
        return False
    return not latest or moment < _micros(latest) + extra


def _by_ts(found: list[Record], args: Args, *, default: int, forward: bool = False) -> tuple[list[Record], str]:
    """One page and the next page's cursor, which names the message to go on with, so that new ones shift nothing."""
    limit = args.number("limit", default, HISTORY_LIMIT)
    if cursor := args.text("cursor"):
        try:
            word, _, moment = base64.b64decode(cursor, validate=True).decode().partition(":")
            start = int(moment)
        except (binascii.Error, ValueError) as problem:
            raise SlackError("invalid_cursor") from problem
        if word != "next_ts":
            raise SlackError("invalid_cursor")
        found = [m for m in found if (_micros(m["ts"]) >= start if forward else _micros(m["ts"]) <= start)]
    part, rest = found[:limit], found[limit:]
    following = base64.b64encode(f"next_ts:{_micros(rest[0]['ts'])}".encode()).decode() if rest else ""
    return part, following
