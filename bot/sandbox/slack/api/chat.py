"""chat.*, reactions.add and what response URLs take: posting, editing and deleting messages."""

from __future__ import annotations

import json
from typing import Any

from bot.sandbox.slack import kit, seed, shapes
from bot.sandbox.slack.api import rooms
from bot.sandbox.slack.api.call import Args, SlackError, method, need_scope
from bot.sandbox.slack.blocks import normalised
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.world import Record

TEXT_LIMIT = 40_000
EDITED_TEXT_LIMIT = 4_000
"""chat.update takes less than chat.postMessage."""
BLOCKS_TEXT_LIMIT = 13_200
"""Characters in all blocks of a message together, as measured by those who met the limit; Slack names no number."""
ATTACHMENTS_LIMIT = 100
METADATA_LIMIT = 8_000


def content(args: Args) -> Record:
    """A message's text, blocks and attachments, checked; keys only for what was given."""
    found: Record = {}
    if args.given.get("text") is not None:
        found["text"] = args.text("text")
        if len(found["text"]) > TEXT_LIMIT:
            raise SlackError("msg_too_long")
    blocks = args.json("blocks", "invalid_blocks_format")
    if blocks is not None:
        check_blocks(blocks)
        found["blocks"] = normalised(blocks)
    attachments = args.json("attachments")
    if attachments is not None:
        found["attachments"] = _attachments(attachments)
    return found


def check_blocks(blocks: Any) -> None:
    """Raises the error that Slack answers for wrong blocks."""
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    problems = kit.message_problems(blocks)
    if not problems and _text_length(blocks) > BLOCKS_TEXT_LIMIT:
        raise SlackError("msg_blocks_too_long")
    if problems:
        raise SlackError(
            "invalid_blocks",
            errors=problems,
            response_metadata={"messages": [f"[ERROR] {problem}" for problem in problems]},
        )


def _text_length(node: Any) -> int:
    """The characters of all texts inside."""
    if isinstance(node, list):
        return sum(_text_length(item) for item in node)
    if not isinstance(node, dict):
        return 0
    own = len(node["text"]) if isinstance(node.get("text"), str) else 0
    return own + sum(_text_length(value) for value in node.values())


def _attachments(attachments: Any) -> list[Record]:
    if not isinstance(attachments, list) or not all(isinstance(item, dict) for item in attachments):
        raise SlackError("invalid_attachments")
    if len(attachments) > ATTACHMENTS_LIMIT:
        raise SlackError("too_many_attachments")
    done = []
    for number, item in enumerate(attachments, 1):
        kept = {"id": number, **item}
        if kept.get("blocks"):
            check_blocks(kept["blocks"])
            kept["blocks"] = normalised(kept["blocks"])
        kept.setdefault("fallback", item.get("text") or "[no preview available]")
        done.append(kept)
    return done


def _metadata(args: Args) -> Record | None:
    metadata = args.json("metadata", "invalid_metadata_format")
    if metadata is None:
        return None
    if not isinstance(metadata, dict):
        raise SlackError("invalid_metadata_format")
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_schema")
    if len(json.dumps(metadata)) > METADATA_LIMIT:
        raise SlackError("metadata_too_large")
    return metadata


def _thread(workspace: Workspace, room: Record, args: Args) -> Record:
    ts = args.text("thread_ts")
    if not ts:
        return {}
    root = workspace.board.messages.get(room["id"], ts)
    if root is None:
        raise SlackError("cannot_reply_to_message")
    return {"thread_ts": root.get("thread_ts", ts)}


def _as_bot() -> Record:
    return {"user": seed.BOT_USER, "bot_id": seed.BOT_ID, "app_id": seed.APP_ID, "team": seed.TEAM_ID}


@method("chat.postMessage", "chat:write")
def post_message(workspace: Workspace, args: Args) -> Record:
    """Posts a message as the bot."""
    if any(args.given.get(key) for key in ("username", "icon_emoji", "icon_url")):
        need_scope(workspace, "chat:write.customize")
    room = rooms.to_post(workspace, args.need("channel"))
    found = content(args)
    if not any(found.values()):
        raise SlackError("no_text")
    message = {"type": "message", "text": "", **found, **_as_bot(), **_thread(workspace, room, args)}
    metadata = _metadata(args)
    if metadata is not None:
        message["metadata"] = metadata
    message["ts"] = workspace.board.messages.new_ts()
    workspace.board.post(room, {key: value for key, value in message.items() if value != []})
    posted = workspace.board.messages.get(room["id"], message["ts"]) or message
    return {"channel": room["id"], "ts": message["ts"], "message": shapes.posted_message(posted)}


@method("chat.postEphemeral", "chat:write")
def post_ephemeral(workspace: Workspace, args: Args) -> Record:
    """Shows a message to one person in a channel."""
    room = rooms.to_post(workspace, args.need("channel"))
    user = args.need("user")
    if user not in room["members"]:
        raise SlackError("user_not_in_channel")
    found = content(args)
    if not any(found.values()):
        raise SlackError("no_text")
    message = {"text": "", **found, **_as_bot(), **_thread(workspace, room, args)}
    return {"message_ts": workspace.board.whisper(user, room["id"], message)}


def _own(workspace: Workspace, room: Record, ts: str, refusal: str) -> Record:
    message = workspace.board.messages.get(room["id"], ts)
    if message is None or message.get("subtype") == "tombstone":
        raise SlackError("message_not_found")
    if message.get("bot_id") != seed.BOT_ID:
        raise SlackError(refusal)
    return message


@method("chat.update", "chat:write")
def update(workspace: Workspace, args: Args) -> Record:
    """Edits one of the bot's own messages."""
    room = rooms.by_id(workspace, args.need("channel"))
    message = _own(workspace, room, args.need("ts"), "cant_update_message")
    if seed.BOT_USER not in room["members"]:
        raise SlackError("not_in_channel")
    found = content(args)
    if not found:
        raise SlackError("no_text")
    if len(found.get("text", "")) > EDITED_TEXT_LIMIT:
        raise SlackError("msg_too_long")
    if "blocks" not in found and found.get("text"):
        found["blocks"] = None
    metadata = _metadata(args)
    if metadata is not None:
        found["metadata"] = metadata
    changed = workspace.board.change(room, message, found, by=seed.BOT_ID)
    return {
        "channel": room["id"],
        "ts": changed["ts"],
        "text": changed.get("text", ""),
        "message": shapes.updated_message(changed),
    }


@method("chat.delete", "chat:write")
def delete(workspace: Workspace, args: Args) -> Record:
    """Deletes one of the bot's own messages."""
    room = rooms.by_id(workspace, args.need("channel"))
    message = _own(workspace, room, args.need("ts"), "cant_delete_message")
    workspace.board.erase(room, message)
    return {"channel": room["id"], "ts": message["ts"]}


@method("chat.getPermalink")
def permalink(workspace: Workspace, args: Args) -> Record:
    """A message's address."""
    room = rooms.by_id(workspace, args.need("channel"))
    message = workspace.board.messages.get(room["id"], args.need("message_ts"))
    if message is None:
        raise SlackError("message_not_found")
    link = f"{workspace.world.address}/archives/{room['id']}/p{message['ts'].replace('.', '')}"
    if message.get("thread_ts"):
        link += f"?thread_ts={message['thread_ts']}&cid={room['id']}"
    return {"channel": room["id"], "permalink": link}


@method("reactions.add", "reactions:write")
def react(workspace: Workspace, args: Args) -> Record:
    """Adds an emoji to a message."""
    room = rooms.by_id(workspace, args.need("channel"))
    if seed.BOT_USER not in room["members"]:
        raise SlackError("not_in_channel")
    message = workspace.board.messages.get(room["id"], args.need("timestamp"))
    if message is None:
        raise SlackError("message_not_found")
    name = args.need("name").strip(":")
    reactions = [dict(reaction) for reaction in message.get("reactions", [])]
    mine = next((reaction for reaction in reactions if reaction["name"] == name), None)
    if mine is None:
        reactions.append({"name": name, "users": [seed.BOT_USER], "count": 1})
    elif seed.BOT_USER in mine["users"]:
        raise SlackError("already_reacted")
    else:
        mine |= {"users": [*mine["users"], seed.BOT_USER], "count": mine["count"] + 1}
    workspace.board.messages.put(room["id"], {**message, "reactions": reactions})
    workspace.world.touch()
    return {}
