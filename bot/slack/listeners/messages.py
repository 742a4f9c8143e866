"""Messages in the alert channels: those that report failures are taken in."""

from __future__ import annotations

from typing import Any

from slack_bolt import App

from bot.alerts import origin
from bot.cases.folding.intake import tells
from bot.slack.door import ItemKind
from bot.slack.parts import Parts


def register(app: App, parts: Parts) -> None:
    """Registers the listener; the bot's own messages do not reach it."""

    @app.event("message")
    def message(body: dict[str, Any], event: dict[str, Any]) -> None:
        # A message that says nothing of a failure leaves no trace, so there is nothing to keep.
        if parts.listens(origin(event).channel) and tells(parts.database, event):
            kept = {"team_id": body.get("team_id", ""), "event": event}
            parts.door.take(ItemKind.MESSAGE, str(body["event_id"]), kept)
