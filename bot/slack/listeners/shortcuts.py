"""The message shortcut: what `/checkterms` does, for any message."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack, App
from slack_sdk.webhook import WebhookClient

from bot.alerts import failures
from bot.slack.cards.names import MESSAGE_SHORTCUT
from bot.slack.door import ItemKind
from bot.slack.parts import Parts
from bot.slack.sorry import REPEAT


def register(app: App, parts: Parts) -> None:
    """Registers the listener."""

    @app.shortcut(MESSAGE_SHORTCUT)
    def check_message(ack: Ack, body: dict[str, Any], logger: Any) -> None:
        channel = body["channel"]["id"]
        message = {**body["message"], "channel": channel}
        found = failures(message)
        question = {
            "text": str(message.get("text", "")),
            "numbers": sorted({f.invoice for f in found if f.invoice}),
            "terms": sorted({f.term for f in found if f.term and not f.invoice}),
            "shortcut": True,
            "team": body["team"]["id"],
            "user": body["user"]["id"],
            "channel": channel,
            "response_url": body["response_url"],
        }
        try:
            parts.door.take(ItemKind.QUESTION, str(body["trigger_id"]), question)
        except Exception:
            logger.exception("a shortcut could not be kept")
            ack()
            WebhookClient(body["response_url"]).send(text=REPEAT, response_type="ephemeral")
            return
        ack()
