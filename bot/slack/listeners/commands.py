"""`/checkterms`: the question is taken in and answered to the asker alone."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack, App

from bot.slack.cards.names import COMMAND
from bot.slack.door import ItemKind
from bot.slack.parts import Parts
from bot.slack.sorry import REPEAT


def register(app: App, parts: Parts) -> None:
    """Registers the listener."""

    @app.command(COMMAND)
    def check_terms(ack: Ack, body: dict[str, Any], logger: Any) -> None:
        question = {
            "text": body.get("text", ""),
            "team": body["team_id"],
            "user": body["user_id"],
            "channel": body.get("channel_id", ""),
            "response_url": body["response_url"],
        }
        try:
            parts.door.take(ItemKind.QUESTION, str(body["trigger_id"]), question)
        except Exception:
            # A command does not come again: the person is told at once to repeat it.
            logger.exception("a command could not be kept")
            ack(text=REPEAT, response_type="ephemeral")
            return
        ack()
