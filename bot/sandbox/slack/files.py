"""The workspace's files: uploaded in two steps by the bot, or brought along by another app's message."""

from __future__ import annotations

import base64
import mimetypes
from typing import Any

from bot.sandbox.slack import seed
from bot.sandbox.world import Record, World

_TEXT_KEYS = ("subject", "plain_text", "preview_plain_text", "to", "from", "cc", "alt_txt")


class Files:
    """All files and their contents."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._files = world.store.table("slack_file")
        self._contents = world.store.table("slack_file_content")

    def begin(self, name: str, length: int, alt_text: str | None) -> Record:
        """A place for an upload: `{id, upload_url}`."""
        file = self._new(name, {"size": length, "user": seed.BOT_USER, "uploaded": False})
        if alt_text:
            file["alt_txt"] = alt_text
        self._files[file["id"]] = file
        return {"id": file["id"], "upload_url": f"{self._world.address}/sandbox/slack/upload/{file['id']}"}

    def receive(self, file_id: str, content: bytes) -> bool:
        """Takes an upload's bytes; False for an unknown or finished upload."""
        file = self._files.get(file_id)
        if file is None or file.get("completed"):
            return False
        self._contents[file_id] = {"base64": base64.b64encode(content).decode("ascii")}
        self._files[file_id] = {**file, "size": len(content), "uploaded": True}
        return True

    def complete(self, file_id: str, title: str | None, channels: list[str]) -> Record | None:
        """Ends an upload; the file, or None where nothing was uploaded under the id."""
        file = self._files.get(file_id)
        if file is None or not file["uploaded"] or file.get("completed"):
            return None
        self._files[file_id] = {**file, "title": title or file["name"], "channels": channels, "completed": True}
        return self.shown(file_id)

    def adopt(self, file: Record, channel: str, user: str | None) -> Record:
        """Keeps a file that another app's message brings along, and shows it."""
        kept = self._new(str(file.get("name") or "file"), {**file, "user": user, "uploaded": True, "completed": True})
        kept |= {"channels": [channel], "title": file.get("title") or kept["name"]}
        self._files[kept["id"]] = kept
        return self.shown(kept["id"])

    def shown(self, file_id: str) -> Record:
        """A file as messages and replies show it; raises KeyError."""
        file = self._files[file_id]
        address = f"{self._world.address}/sandbox/slack/files/{file_id}/{file['name']}"
        shown = {
            "id": file_id,
            "created": file["created"],
            "timestamp": file["created"],
            "name": file["name"],
            "title": file.get("title") or file["name"],
            "mimetype": file["mimetype"],
            "filetype": file["filetype"],
            "pretty_type": str(file["filetype"]).upper(),
            "user": file.get("user") or "",
            "user_team": seed.TEAM_ID,
            "editable": False,
            "size": file.get("size") or 0,
            "mode": file.get("mode") or "hosted",
            "is_external": False,
            "external_type": "",
            "is_public": True,
            "public_url_shared": False,
            "display_as_bot": False,
            "username": "",
            "url_private": address,
            "url_private_download": address,
            "permalink": address,
            "has_rich_preview": False,
            "file_access": "visible",
        }
        return shown | {key: file[key] for key in _TEXT_KEYS if file.get(key)}

    def in_message(self, message: Record) -> Record:
        """A message with its files as they are now: a restart may have given the sandbox another address."""
        if not message.get("files"):
            return message
        return {**message, "files": [self.shown(file["id"]) for file in message["files"]]}

    def all(self) -> list[Record]:
        """Every finished file, oldest first, as messages show them."""
        return [self.shown(file_id) for file_id, file in self._files.items() if file.get("completed")]

    def content(self, file_id: str) -> tuple[bytes, str] | None:
        """A file's bytes and their mimetype; None where there are none."""
        held = self._contents.get(file_id)
        if held is None:
            return None
        return base64.b64decode(held["base64"]), str(self._files[file_id]["mimetype"])

    def _new(self, name: str, more: Record) -> Record:
        number = self._world.store.next_number("slack_file")
        kind = name.rpartition(".")[2].lower() if "." in name else "text"
        defaults: dict[str, Any] = {
            "created": int(self._world.calendar.now().timestamp()),
            "mimetype": mimetypes.guess_type(name)[0] or "application/octet-stream",
            "filetype": kind,
        }
        return {**defaults, **more, "id": f"F0{number:07d}", "name": name}
