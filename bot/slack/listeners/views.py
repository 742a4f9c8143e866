"""Submissions: checked in the acknowledgement by pure code; only a clean one is taken in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from slack_bolt import Ack, App

from bot.cases.codec import RULE
from bot.slack.cards import submissions
from bot.slack.cards.names import ViewId
from bot.slack.cards.submissions import Approval, ChosenCourse, EditedTerm, ToldTerm
from bot.slack.cards.views import read_context
from bot.slack.door import ItemKind, submission_key
from bot.slack.parts import Parts
from bot.slack.sorry import REPEAT
from bot.terms.term import PaymentTerm

Values = Mapping[str, Mapping[str, Mapping[str, Any]]]
Read = EditedTerm | Approval | ToldTerm | ChosenCourse | str | dict[str, str]

_READERS: dict[ViewId, Callable[[Any], Read]] = {
    ViewId.EDIT: submissions.read_edit,
    ViewId.APPROVE: submissions.read_approval,
    ViewId.DECLINE: submissions.read_decline,
    ViewId.ACCEPT: submissions.read_accept,
    ViewId.DISMISS: submissions.read_dismiss,
    ViewId.TELL_TERM: submissions.read_tell_term,
    ViewId.INVOICE_WRONG: submissions.read_invoice_wrong,
    ViewId.PERIOD: submissions.read_period,
    ViewId.WITHDRAW: submissions.read_withdraw,
}


def register(app: App, parts: Parts) -> None:
    """Registers a listener for each view."""
    for view_id, reader in _READERS.items():
        _register(app, parts, view_id, reader)
    _register_list(app, parts)


def _register_list(app: App, parts: Parts) -> None:
    @app.view(ViewId.LIST.value)
    def chosen(ack: Ack, body: dict[str, Any], logger: Any) -> None:
        view = body["view"]
        read = submissions.read_chosen(view["state"]["values"])
        if isinstance(read, dict):
            ack(response_action="errors", errors=read)
            return
        first, digest = read[0]
        kept = {
            "view": ViewId.LIST.value,
            "case_id": first,
            "digest": digest,
            "chosen": [list(each) for each in read],
            "list": view["private_metadata"],
            "user": body["user"]["id"],
            "team": body["user"].get("team_id") or (body.get("team") or {}).get("id", ""),
        }
        try:
            parts.door.take(ItemKind.SUBMISSION, submission_key(body), kept)
        except Exception:
            logger.exception("a submission could not be kept")
            ack(response_action="errors", errors={next(iter(view["state"]["values"])): REPEAT})
            return
        ack()


def _register(app: App, parts: Parts, view_id: ViewId, reader: Callable[[Any], Read]) -> None:
    @app.view(view_id.value)
    def submitted(ack: Ack, body: dict[str, Any], logger: Any) -> None:
        view = body["view"]
        read = reader(view["state"]["values"])
        if isinstance(read, dict):
            ack(response_action="errors", errors={str(block): problem for block, problem in read.items()})
            return
        context = read_context(view["private_metadata"])
        kept = {
            "view": view_id.value,
            "case_id": context.case_id,
            "digest": context.digest,
            "user": body["user"]["id"],
            "team": body["user"].get("team_id") or (body.get("team") or {}).get("id", ""),
            "values": _kept(view_id, read),
        }
        try:
            parts.door.take(ItemKind.SUBMISSION, submission_key(body), kept)
        except Exception:
            logger.exception("a submission could not be kept")
            first = next(iter(view["state"]["values"]))
            ack(response_action="errors", errors={first: REPEAT})
            return
        ack()


def _kept(view_id: ViewId, read: EditedTerm | Approval | ToldTerm | ChosenCourse | str) -> dict[str, Any]:
    """A submission's values as the inbox keeps them."""
    if isinstance(read, ChosenCourse):
        return {"period": read.period, "course": read.course.value, "reason": read.reason}
    if isinstance(read, EditedTerm):
        rule = RULE.dump_python(read.rule, mode="json")
        return {"rule": rule, "description": read.description, "reason": read.reason}
    if isinstance(read, Approval):
        return {"reason": read.reason, "reference": read.reference}
    if isinstance(read, ToldTerm):
        rule = RULE.dump_python(PaymentTerm(due=read.due), mode="json") if read.due else None
        return {"name": read.name, "rule": rule}
    return {"should_be": read} if view_id is ViewId.INVOICE_WRONG else {"reason": read}
