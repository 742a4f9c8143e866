"""All other events: App Home, and a catch-all, as an event without a listener would be sent again."""

from __future__ import annotations

import re
from typing import Any

from slack_bolt import App, BoltContext

from bot.slack.home import publish_home
from bot.slack.parts import Parts


def register(app: App, parts: Parts) -> None:
    """Registers the listeners."""

    @app.event("app_home_opened")
    def home(event: dict[str, Any]) -> None:
        if event.get("tab", "home") == "home":
            publish_home(parts, user=event["user"])

    @app.event("member_joined_channel")
    def joined(event: dict[str, Any], context: BoltContext) -> None:
        if event.get("user") == context.bot_user_id and parts.listens(str(event.get("channel", ""))):
            parts.aside.submit(parts.came_up)

    @app.event(re.compile(".*"))
    def others() -> None:
        """Acknowledged, and nothing else."""
