"""Clicks: what opens no view is taken in; what opens one opens it at once and fills it afterwards."""

from __future__ import annotations

import re
from typing import Any

from slack_bolt import Ack, App
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from bot.slack.door import ItemKind, click_key
from bot.slack.openings import Opening, open_view, wants_view
from bot.slack.parts import Parts
from bot.slack.pressed import Pressed, pressed
from bot.slack.sorry import REPEAT, TOO_LATE


def register(app: App, parts: Parts) -> None:
    """Registers the listeners."""

    @app.action(re.compile(r"^(case|close)\."))
    def click(ack: Ack, body: dict[str, Any], logger: Any) -> None:
        act = pressed(body)
        if act is None:
            # A button of newer code that runs beside this one, perhaps: it is not taken in, and the person is told.
            ack()
            _repeat(body)
            return
        try:
            if wants_view(parts, act):
                ack()
                _open(parts, act, body, logger)
                return
            parts.door.take(ItemKind.CLICK, click_key(body), act.kept())
        except Exception:
            # A click does not come again: the person is told at once to repeat it.
            logger.exception("a click could not be kept")
            ack()
            tell(parts, act, REPEAT)
            return
        ack()

    @app.action(re.compile(".*"))
    def others(ack: Ack) -> None:
        """Links and the inputs of views: nothing is to be done."""
        ack()


def _open(parts: Parts, act: Pressed, body: dict[str, Any], logger: Any) -> None:
    try:
        open_view(parts, Opening(act=act, trigger_id=body["trigger_id"]))
    except SlackApiError as error:
        logger.warning("a view could not be opened: %s", error.response.get("error"))
        tell(parts, act, TOO_LATE)


def _repeat(body: dict[str, Any]) -> None:
    if response_url := body.get("response_url"):
        WebhookClient(response_url).send(text=REPEAT, response_type="ephemeral", replace_original=False)


def tell(parts: Parts, act: Pressed, text: str) -> None:
    """Tells the presser a sentence that only he sees."""
    if act.response_url:
        WebhookClient(act.response_url).send(text=text, response_type="ephemeral", replace_original=False)
    elif act.channel:
        parts.clients.posting.chat_postEphemeral(channel=act.channel, user=act.user, text=text)
