"""A report's buttons: open a finding's case, keep one quiet, say what the words mean."""

from __future__ import annotations

import json
import re
from typing import Any

from slack_bolt import Ack, App
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient
from sqlalchemy.exc import NoResultFound

from bot.reports import memory
from bot.reports.report import Report
from bot.reports.standardise import of_report
from bot.slack.cards import report as cards
from bot.slack.cards import views
from bot.slack.cards.names import ActionId, ViewId
from bot.slack.cards.report import FindingButton, UnreadableFindingError
from bot.slack.cards.standard import standard_blocks
from bot.slack.cards.submissions import read_keep
from bot.slack.door import ItemKind, click_key, submission_key
from bot.slack.parts import Parts
from bot.slack.sorry import REPEAT, TOO_LATE


def register(app: App, parts: Parts) -> None:
    """Registers the listeners."""

    @app.action(re.compile(r"^finding\."))
    def click(ack: Ack, body: dict[str, Any], logger: Any) -> None:
        acknowledged = False
        try:
            pressed = cards.read_finding(str(body["actions"][0].get("value", "")))
            action = _action(str(body["actions"][0]["action_id"]))
            if action in (ActionId.FINDING_CASE, ActionId.FINDING_TELL):
                parts.door.take(ItemKind.CLICK, click_key(body), _kept(body, action, pressed))
            else:
                ack()
                acknowledged = True
                (_turn if action is ActionId.FINDING_PAGE else _open)(parts, body, action, pressed)
        except (UnreadableFindingError, ValueError):
            _tell(body, REPEAT)
        except SlackApiError as error:
            logger.warning("a view of a report could not be opened: %s", error.response.get("error"))
            _tell(body, TOO_LATE)
        except Exception:
            # A click does not come again: the person is told at once to repeat it.
            logger.exception("a click on a report could not be kept")
            _tell(body, REPEAT)
        if not acknowledged:
            ack()

    @app.view(ViewId.KEEP_FINDING.value)
    def keep(ack: Ack, body: dict[str, Any], logger: Any) -> None:
        view = body["view"]
        read = read_keep(view["state"]["values"])
        if isinstance(read, dict):
            ack(response_action="errors", errors=read)
            return
        run_id = int(json.loads(view["private_metadata"])["run"])
        kept = {
            "view": ViewId.KEEP_FINDING.value,
            "run": run_id,
            "place": read.place,
            "user": body["user"]["id"],
            "team": body["user"].get("team_id") or (body.get("team") or {}).get("id", ""),
            "channel": json.loads(view["private_metadata"])["channel"],
            "values": {"weeks": read.weeks, "reason": read.reason},
        }
        try:
            parts.door.take(ItemKind.SUBMISSION, submission_key(body), kept)
        except Exception:
            logger.exception("a submission on a report could not be kept")
            ack(response_action="errors", errors={next(iter(view["state"]["values"])): REPEAT})
            return
        ack()


_OF_ONE = (ActionId.FINDING_CASE, ActionId.FINDING_PAGE, ActionId.FINDING_TELL)
"""Of which there are several in a row."""


def _action(action_id: str) -> ActionId:
    """The action of a button; one of several in a row ends in its place, as ids are unique there."""
    base = action_id.rpartition(".")[0]
    return ActionId(base if base in _OF_ONE else action_id)


def _kept(body: dict[str, Any], action: ActionId, pressed: FindingButton) -> dict[str, Any]:
    container = body.get("container") or {}
    message = body.get("message") or {}
    view = json.loads((body.get("view") or {}).get("private_metadata") or "{}")
    own = bool(container.get("is_ephemeral"))  # an answer to the asker alone has no thread that others see
    return {
        "action": action.value,
        "run": pressed.run_id,
        "place": pressed.place,
        "user": body["user"]["id"],
        "team": body["user"].get("team_id") or (body.get("team") or {}).get("id", ""),
        "channel": ""
        if own
        else (body.get("channel") or {}).get("id") or container.get("channel_id") or view.get("channel", ""),
        "ts": "" if own else message.get("ts") or container.get("message_ts", ""),
    }


def _open(parts: Parts, body: dict[str, Any], action: ActionId, pressed: FindingButton) -> None:
    """Opens a view: what the words mean needs nothing, what may be kept quiet is read from the records."""
    if action is ActionId.FINDING_EXPLAIN:
        view = views.plain_view(ViewId.EXPLAIN, "What the words mean", cards.explained())
    else:
        channel = (body.get("channel") or {}).get("id") or (body.get("container") or {}).get("channel_id", "")
        try:
            with parts.database.intake() as connection:
                report = memory.report_of(connection, pressed.run_id)
        except NoResultFound:
            view = views.notice_view("Not known", "I do not know this report any more. Nothing was done.")
        else:
            if action is ActionId.FINDING_STANDARD:
                view = views.plain_view(ViewId.STANDARD, "One name a rule", standard_blocks(of_report(report)))
            else:
                view = _keeping(report, pressed, json.dumps({"run": pressed.run_id, "channel": channel}))
    parts.clients.other.views_open(trigger_id=body["trigger_id"], view=view)


def _turn(parts: Parts, body: dict[str, Any], action: ActionId, pressed: FindingButton) -> None:
    """Shows other findings in the view that asks which one is kept quiet; what else is filled in stays."""
    del action
    with parts.database.intake() as connection:
        report = memory.report_of(connection, pressed.run_id)
    view = body["view"]
    filled = _keeping(report, pressed, view["private_metadata"])
    parts.clients.other.views_update(view_id=view["id"], hash=view["hash"], view=filled)


def _keeping(report: Report, pressed: FindingButton, metadata: str) -> views.View:
    inputs = cards.keep_inputs(report, pressed.run_id, pressed.place)
    if not report.open:
        return views.plain_view(ViewId.KEEP_FINDING, "Keep one quiet", inputs, metadata=metadata)
    return views.plain_view(ViewId.KEEP_FINDING, "Keep one quiet", inputs, submit="Keep quiet", metadata=metadata)


def _tell(body: dict[str, Any], text: str) -> None:
    if response_url := body.get("response_url"):
        WebhookClient(response_url).send(text=text, response_type="ephemeral", replace_original=False)
