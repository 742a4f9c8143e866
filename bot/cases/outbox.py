"""Messages that a step wants said: kept in its transaction, posted by the Slack room afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from bot.cases.ports import Company
from bot.cases.step import Step
from bot.records import jobs
from bot.records.tables import messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a message goes."""

    channel: str
    thread_ts: str | None = None


def say(
    step: Step,
    key: str,
    kind: str,
    address: Address,
    *,
    company: str,
    case_id: int | None = None,
    body: dict[str, Any] | None = None,
) -> bool:
    """Keeps a message to be posted once; False where one of this key is kept already.

    `kind`: `card`, `overview` (of a message with many terms, `body.alert`), `summary` (of many alerts, `body.alerts` and
    `body.cases`), `reply` (a line in a thread), `whisper` (ephemeral, `body.user`), `answer` (to a question),
    `notice` (to the admin), `direct` (to one person in his conversation with the bot; the channel is his user id).
    """
    message_id = step.connection.scalar(
        insert(messages)
        .values(
            key=key,
            kind=kind,
            company=company,
            case_id=case_id,
            channel=address.channel,
            thread_ts=address.thread_ts,
            state="unposted",
            body=body,
            wanted_revision=1,
            posted_revision=0,
            attempts=0,
            due_at=func.now(),
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(messages.c.id)
    )
    if message_id is None:
        return False
    step.nudge(jobs.POST_MESSAGE, message_id=message_id)
    return True


def notice(step: Step, company: Company, key: str, what: str, **details: Any) -> bool:
    """Tells those who look after the company something that belongs to no one card, once a key; `what` as `whisper`."""
    address = Address(channel=company.report_channel or company.alert_channels[0])
    return say(step, f"notice:{key}", "notice", address, company=company.key, body={"what": what, **details})


def card_key(case_id: int) -> str:
    """The key of a case's one card."""
    return f"card:{case_id}"


def overview_key(alert_id: int) -> str:
    """The key of the overview of a message with many failures."""
    return f"overview:{alert_id}"


def whisper(
    step: Step,
    address: Address,
    *,
    company: str,
    case_id: int | None,
    user: str,
    what: str,
    key: str,
    **details: Any,
) -> None:
    """Tells one person something that only he sees; `what` names the sentence, `details` fill it."""
    body = {"user": user, "what": what, **details}
    say(step, f"whisper:{key}", "whisper", address, company=company, case_id=case_id, body=body)


def direct(
    step: Step, *, company: str, user: str, key: str, what: str, case_id: int | None = None, **details: Any
) -> bool:
    """Tells one person something by direct message, once a key and person; `what` names the sentence."""
    body = {"user": user, "what": what, **details}
    address = Address(channel=user)
    return say(step, f"direct:{key}:{user}", "direct", address, company=company, case_id=case_id, body=body)
