"""One Slack message event: its failures, where it came from, and whether it is the bot's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.alerts.failure import Cause, Failure
from bot.alerts.other import OtherFailure, other_failures_in
from bot.alerts.sentences import failures_in
from bot.alerts.words import texts

_SLACKBOT = "USLACKBOT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a message stands and who posted it. What Slack did not tell is empty."""

    channel: str
    ts: str
    """The message's own; for an edit or a deletion that of the message spoken of."""
    thread_ts: str | None
    """The thread's root where the message is a reply; None where it is not."""
    team: str
    user: str
    bot_id: str
    app_id: str
    edited: bool
    """Whether the event tells of an edit."""
    edited_ts: str
    """Slack's moment of the message's last edit; empty where it was not edited by anybody."""
    deleted: bool

    @property
    def person(self) -> bool:
        """Whether a person wrote it, as far as Slack tells."""
        return bool(self.user) and self.user != _SLACKBOT and not self.bot_id

    @property
    def root(self) -> str:
        """The `ts` to answer under: the thread's root."""
        return self.thread_ts or self.ts


def failures(event: Mapping[str, object]) -> tuple[Failure, ...]:
    """The failures that a message reports, in order, each once.

    An edit is read as its new words; a deletion reports nothing. Never raises for a strange shape: what is not there
    is not read.
    """
    if event.get("subtype") == "message_deleted":
        return ()
    found: dict[Failure, None] = {}
    for text in texts(_message(event)):
        for failure in failures_in(text) if text else ():
            found.setdefault(failure)
    named = {failure.term for failure in found if failure.invoice is not None and failure.cause is Cause.TERM_INVALID}
    return tuple(
        failure
        for failure in found
        # The bare sentence about a term says nothing beside the one that also names the invoice.
        if not (failure.cause is Cause.TERM_INVALID and failure.invoice is None and failure.term in named)
    )


def other_failures(event: Mapping[str, object]) -> tuple[OtherFailure, ...]:
    """What an app says of invoices that did not sync for another reason, in order, each once; a person says nothing."""
    if event.get("subtype") == "message_deleted" or origin(event).person:
        return ()
    found: dict[OtherFailure, None] = {}
    for text in texts(_message(event)):
        for failure in other_failures_in(text) if text else ():
            found.setdefault(failure)
    return tuple(found)


def as_json(event: Mapping[str, object]) -> dict[str, list[dict[str, str]]]:
    """The failures in the alert corpus's form: a `sequence` names its invoice, a `term_invalid` its term."""
    told: dict[tuple[str, str], dict[str, str]] = {}
    for failure in failures(event):
        key = "invoice" if failure.cause is Cause.SEQUENCE else "term"
        name = (failure.invoice if failure.cause is Cause.SEQUENCE else failure.term) or ""
        told.setdefault((failure.cause.value, name), {"cause": failure.cause.value, key: name})
    return {"failures": list(told.values())}


def origin(event: Mapping[str, object]) -> Origin:
    """Where the message of an event stands and who posted it."""
    message = _message(event)
    ts = _str(message.get("ts")) or _str(event.get("deleted_ts")) or _str(event.get("ts"))
    thread_ts = _str(message.get("thread_ts"))
    profile = message.get("bot_profile")
    app_id = _str(message.get("app_id")) or (_str(profile.get("app_id")) if isinstance(profile, Mapping) else "")
    return Origin(
        channel=_str(event.get("channel")) or _str(message.get("channel")),
        ts=ts,
        thread_ts=thread_ts if thread_ts and thread_ts != ts else None,
        team=_str(event.get("team")) or _str(message.get("team")),
        user=_str(message.get("user")),
        bot_id=_str(message.get("bot_id")),
        app_id=app_id,
        edited=event.get("subtype") == "message_changed",
        edited_ts=_edited(message.get("edited")),
        deleted=event.get("subtype") == "message_deleted",
    )


def own(event: Mapping[str, object], bot_id: str) -> bool:
    """Whether the message is the bot's own, by its bot id; other bots' messages are not."""
    return bool(bot_id) and _message(event).get("bot_id") == bot_id


def _message(event: Mapping[str, object]) -> Mapping[str, object]:
    """The message that an event speaks of: itself, an edit's new one, a deletion's old one."""
    key = {"message_changed": "message", "message_deleted": "previous_message"}.get(_str(event.get("subtype")))
    inner = event.get(key) if key else None
    if key is None:
        return event
    return inner if isinstance(inner, Mapping) else {}


def _edited(told: object) -> str:
    """The moment in Slack's word on an edit; empty where it is none."""
    ts = _str(told.get("ts")) if isinstance(told, Mapping) else ""
    return ts if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", ts) else ""


def _str(value: object) -> str:
    return value if isinstance(value, str) else ""
