"""The buttons of a list of proposed names: each opens a case, about a name that Intacct lacks or one that it is to retire."""

from __future__ import annotations

import re
from typing import Any

from slack_bolt import Ack, App
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from bot.cases.ports import Company
from bot.slack.cards import views
from bot.slack.cards.names import ActionId, ViewId
from bot.slack.cards.standard import StandardButton, UnreadableStandardError, read_standard, standard_value
from bot.slack.cards.submissions import read_withdraw
from bot.slack.door import ItemKind, click_key, submission_key
from bot.slack.parts import Parts
from bot.slack.sorry import REPEAT, TOO_LATE

_UNKNOWN = "I do not know this company any more. Nothing was done."


def register(app: App, parts: Parts) -> None:
    """Registers the listeners."""

    @app.action(re.compile(r"^standard\.case\."))
    def click(ack: Ack, body: dict[str, Any], logger: Any) -> None:
        try:
            pressed = read_standard(str(body["actions"][0].get("value", "")))
            company = parts.companies[pressed.company]
            kept = _kept(body, pressed, company) | {"action": ActionId.STANDARD_CASE.value}
            parts.door.take(ItemKind.CLICK, click_key(body), kept)
        except (UnreadableStandardError, KeyError):
            ack()
            _tell(parts, body, _UNKNOWN, logger)
            return
        except Exception:
            # A click does not come again: the person is told at once to repeat it.
            logger.exception("a click on a list of names could not be kept")
            ack()
            _tell(parts, body, REPEAT, logger)
            return
        ack()
        _tell(parts, body, f"The case is being opened; its card appears in <#{company.alert_channels[0]}>.", logger)

    @app.action(re.compile(r"^standard\.retire\."))
    def retire(ack: Ack, body: dict[str, Any], logger: Any) -> None:
        ack()
        try:
            pressed = read_standard(str(body["actions"][0].get("value", "")))
            if pressed.company not in parts.companies:
                raise UnreadableStandardError(pressed.company)
        except UnreadableStandardError:
            _tell(parts, body, _UNKNOWN, logger)
            return
        view = views.retire_view(pressed.company, pressed.name, pressed.keep, standard_value(pressed))
        show = parts.clients.other.views_push if body.get("view") else parts.clients.other.views_open
        try:
            show(trigger_id=body["trigger_id"], view=view)
        except SlackApiError as error:
            logger.warning("a view could not be shown: %s", error.response.get("error"))
            _tell(parts, body, TOO_LATE, logger)

    @app.view(ViewId.RETIRE.value)
    def wish(ack: Ack, body: dict[str, Any], logger: Any) -> None:
        view = body["view"]
        reason = read_withdraw(view["state"]["values"])
        if isinstance(reason, dict):
            ack(response_action="errors", errors=reason)
            return
        block = next(iter(view["state"]["values"]))
        try:
            pressed = read_standard(view["private_metadata"])
            kept = _kept(body, pressed, parts.companies[pressed.company])
            kept |= {"view": ViewId.RETIRE.value, "values": {"reason": reason}}
            parts.door.take(ItemKind.SUBMISSION, submission_key(body), kept)
        except (UnreadableStandardError, KeyError):
            ack(response_action="errors", errors={block: _UNKNOWN})
            return
        except Exception:
            logger.exception("a wish to make a term inactive could not be kept")
            ack(response_action="errors", errors={block: REPEAT})
            return
        ack()


def _kept(body: dict[str, Any], pressed: StandardButton, company: Company) -> dict[str, Any]:
    kept = {"keep": pressed.keep} if pressed.keep else {}
    return {
        "standard": {"company": pressed.company, "name": pressed.name, **kept},
        "user": body["user"]["id"],
        "team": body["user"].get("team_id") or (body.get("team") or {}).get("id", ""),
        "channel": company.alert_channels[0],
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
