"""files.*: an upload's two calls."""

from __future__ import annotations

from bot.sandbox.slack import seed
from bot.sandbox.slack.api import rooms
from bot.sandbox.slack.api.call import Args, SlackError, invalid_arguments, method
from bot.sandbox.slack.api.chat import content
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.world import Record


@method("files.getUploadURLExternal", "files:write")
def get_upload_url(workspace: Workspace, args: Args) -> Record:
    """An address to send a file's bytes to."""
    name = args.need("filename")
    length = args.need("length")
    if not length.isdigit() or int(length) == 0:
        raise invalid_arguments("must be more than 0 [json-pointer:/length]")
    place = workspace.files.begin(name, int(length), args.text("alt_txt") or None)
    return {"upload_url": place["upload_url"], "file_id": place["id"]}


@method("files.completeUploadExternal", "files:write")
def complete_upload(workspace: Workspace, args: Args) -> Record:
    """Ends one or more uploads and shares them in a channel or thread."""
    wanted = args.json("files")
    if not isinstance(wanted, list) or not wanted or not all(isinstance(item, dict) for item in wanted):
        raise invalid_arguments("must provide at least 1 item [json-pointer:/files]")
    channel = args.text("channel_id") or args.text("channels").partition(",")[0]
    room = rooms.to_post(workspace, channel) if channel else None
    thread_ts = args.text("thread_ts")
    if room is not None and thread_ts and workspace.board.messages.get(room["id"], thread_ts) is None:
        raise SlackError("cannot_reply_to_message")
    found = content(Args({"blocks": args.given.get("blocks"), "text": args.given.get("initial_comment")}))
    files = []
    for item in wanted:
        file = workspace.files.complete(str(item.get("id")), item.get("title"), [room["id"]] if room else [])
        if file is None:
            raise SlackError("file_not_found")
        files.append(file)
    if room is not None:
        _share(workspace, room, {"text": "", **found}, files, thread_ts)
    return {"files": files}


def _share(workspace: Workspace, room: Record, found: Record, files: list[Record], thread_ts: str) -> None:
    message = {
        "type": "message",
        "subtype": "file_share",
        **found,
        "files": files,
        "upload": True,
        "user": seed.BOT_USER,
        "bot_id": seed.BOT_ID,
        "app_id": seed.APP_ID,
        "team": seed.TEAM_ID,
        "ts": workspace.board.messages.new_ts(),
    }
    if thread_ts:
        message["thread_ts"] = thread_ts
    workspace.board.post(room, message)
