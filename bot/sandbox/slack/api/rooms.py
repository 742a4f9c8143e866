"""Which conversation a call means, and whether the bot may use it."""

from __future__ import annotations

from bot.sandbox.slack import seed
from bot.sandbox.slack.api.call import SlackError, need_scope
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.world import Record

_READ = {"channel": "channels:read", "group": "groups:read", "im": "im:read"}
_HISTORY = {"channel": "channels:history", "group": "groups:history", "im": "im:history"}


def by_id(workspace: Workspace, channel: str) -> Record:
    """The conversation of this id; a private one that the bot is not in is not found."""
    room = workspace.directory.channels.get(channel)
    if room is None or (room["is_private"] and seed.BOT_USER not in room["members"]):
        raise SlackError("channel_not_found")
    return room


def to_post(workspace: Workspace, channel: str) -> Record:
    """The conversation to post to, by id, name or a user's id; the bot must be in it."""
    if channel in workspace.directory.users:
        if workspace.directory.users[channel]["deleted"]:
            raise SlackError("channel_not_found")
        return workspace.direct(channel)
    found = workspace.directory.find_channel(channel)
    room = by_id(workspace, found["id"] if found else channel)
    if seed.BOT_USER not in room["members"]:
        raise SlackError("not_in_channel")
    return room


def to_read(workspace: Workspace, channel: str) -> Record:
    """The conversation whose messages are read; the bot must be in it and have the scope."""
    room = by_id(workspace, channel)
    need_scope(workspace, _HISTORY[workspace.directory.kind(room)])
    if seed.BOT_USER not in room["members"]:
        raise SlackError("not_in_channel")
    return room


def to_look_at(workspace: Workspace, channel: str) -> Record:
    """The conversation whose facts are read."""
    room = by_id(workspace, channel)
    need_scope(workspace, _READ[workspace.directory.kind(room)])
    return room


def of_types(workspace: Workspace, types: str) -> list[Record]:
    """The conversations of these kinds that the bot can see; raises SlackError."""
    kinds = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}
    wanted = [word.strip() for word in (types or "public_channel").split(",")]
    if any(word not in kinds for word in wanted):
        raise SlackError("invalid_types")
    for word in wanted:
        need_scope(workspace, {**_READ, "mpim": "mpim:read"}[kinds[word]])
    return [
        room
        for room in workspace.directory.channels.values()
        if workspace.directory.kind(room) in [kinds[word] for word in wanted]
        and (not room["is_private"] or seed.BOT_USER in room["members"])
    ]
