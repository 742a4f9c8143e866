"""The buttons of a list of proposed names: each opens the case about a kept name that Intacct lacks."""

from __future__ import annotations

import re
from typing import Any

from slack_bolt import Ack, App
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from bot.slack.cards import views
from bot.slack.cards.names import ActionId
from bot.slack.cards.standard import StandardButton, UnreadableStandardError, read_standard
from bot.slack.door import ItemKind, click_key
from bot.slack.parts import Parts
from bot.slack.sorry import REPEAT


def register(app: App, parts: Parts) -> None:
    """Registers the listener."""

    @app.action(re.compile(r"^standard\.case\."))
    def click(ack: Ack, body: dict[str, Any], logger: Any) -> None:
        try:
            pressed = read_standard(str(body["actions"][0].get("value", "")))
            company = parts.companies[pressed.company]
            channel = company.alert_channels[0]
            parts.door.take(ItemKind.CLICK, click_key(body), _kept(body, pressed, channel))
        except (UnreadableStandardError, KeyError):
            ack()
            _tell(parts, body, "I do not know this company any more. Nothing was done.", logger)
            return
        except Exception:
            # A click does not come again: the person is told at once to repeat it.
            logger.exception("a click on a list of names could not be kept")
            ack()
            _tell(parts, body, REPEAT, logger)
            return
        ack()
        _tell(parts, body, f"The case is being opened; its card appears in <#{channel}>.", logger)


def _kept(body: dict[str, Any], pressed: StandardButton, channel: str) -> dict[str, Any]:
    return {
        "action": ActionId.STANDARD_CASE.value,
        "standard": {"company": pressed.company, "name": pressed.name},
        "user": body["user"]["id"],
        "team": body["user"].get("team_id") or (body.get("team") or {}).get("id", ""),
        "channel": channel,
    }


def _tell(parts: Parts, body: dict[str, Any], text: str, logger: Any) -> None:
    """On top of the view in which the button stands, or beside the message."""
    if response_url := body.get("response_url"):
        WebhookClient(response_url).send(text=text, response_type="ephemeral", replace_original=False)
        return
    try:
        view = views.notice_view("One name a rule", text)
        parts.clients.other.views_push(trigger_id=body["trigger_id"], view=view)
    except SlackApiError as error:
        logger.warning("a view could not be shown: %s", error.response.get("error"))
