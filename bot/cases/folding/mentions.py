"""What is said of a case where its alerts stand: the card once, an overview for a message with many terms, else a line.

Slack takes about one message a second in a channel, so not every alert can have an answer of its own. The rule: up to
five one-line replies a minute in a channel; what comes beyond is counted in one summary, which is kept current.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update

from bot.cases.outbox import Address, card_key, overview_key, say, whisper
from bot.cases.ports import Company, Person
from bot.cases.step import Step
from bot.records import jobs
from bot.records.tables import failures, messages

OVERVIEW_FROM = 4
"""A message about so many terms gets an overview."""
CARDS_AT_MOST = 15
"""A message about more terms gets no card a term of its own: the overview leads to them, one by one."""
REPLIES_AT_MOST = 5
"""One-line replies in one channel within `REPLIES_WITHIN`; more are counted in a summary instead."""
REPLIES_WITHIN = timedelta(minutes=1)
SUMMARY_OPEN = timedelta(minutes=1)
"""A summary takes in until so long nothing was added to it."""
SUMMARY_HOLDS = 5_000
"""Alerts in one summary; more begin another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentioned:
    """One alert, or a person's wish, that speaks of a case."""

    alert_id: int
    channel: str
    thread_ts: str
    """Of the alert's thread."""
    asked_by: Person | None
    standing: bool
    """Whether a message stands behind it; a look of our own may have none."""
    invoices: tuple[str, ...]
    terms: int
    """How many terms the alert is about."""


def mention(taken: Step, company: Company, case: Any, alerts: Sequence[Mentioned]) -> None:
    """Says of a case what each of its new alerts is owed. In the order of the alerts; the first may get the card."""
    for alert in alerts:
        if alert.asked_by is None and alert.standing and alert.terms >= OVERVIEW_FROM:
            say(
                taken,
                overview_key(alert.alert_id),
                "overview",
                Address(channel=alert.channel, thread_ts=alert.thread_ts),
                company=company.key,
                body={"alert": alert.alert_id},
            )
    card = _card(taken, case.id)
    if (
        card is None
        and (carrier := next((a for a in alerts if a.terms <= CARDS_AT_MOST or not a.standing), None)) is not None
    ):
        address = (
            Address(channel=carrier.channel, thread_ts=carrier.thread_ts)
            if carrier.asked_by is None and carrier.standing
            else Address(channel=company.alert_channels[0])
        )
        say(taken, card_key(case.id), "card", address, company=company.key, case_id=case.id)
        card = _card(taken, case.id)
    overviewed = _overviewed(taken, [alert.alert_id for alert in alerts])
    owed: list[Mentioned] = []
    for alert in alerts:
        if alert.asked_by is not None:
            _tell_asker(taken, company, case, alert, alert.asked_by)
        elif alert.standing and alert.alert_id not in overviewed and not _stands_in(card, alert):
            owed.append(alert)
    _answer(taken, company, case, owed)


def show_card(taken: Step, company: Company, case_id: int) -> bool:
    """Posts the card of a case that has none yet, where its overview stands; False where it has one."""
    address = where_shown(taken, company, case_id)
    return say(taken, card_key(case_id), "card", address, company=company.key, case_id=case_id)


def where_shown(taken: Step, company: Company, case_id: int) -> Address:
    """The thread in which a case is spoken of: its card's, else its newest overview's, else the alert channel."""
    speaking = select(func.concat("overview:", failures.c.alert_id)).where(failures.c.case_id == case_id)
    row = taken.connection.execute(
        select(messages.c.channel, messages.c.thread_ts)
        .where(or_(messages.c.key == card_key(case_id), messages.c.key.in_(speaking)))
        .order_by(messages.c.kind, messages.c.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return Address(channel=company.alert_channels[0])
    return Address(channel=row.channel, thread_ts=row.thread_ts)


def _card(taken: Step, case_id: int) -> Any | None:
    return taken.connection.execute(select(messages).where(messages.c.key == card_key(case_id))).one_or_none()


def _overviewed(taken: Step, alert_ids: Sequence[int]) -> set[int]:
    """Those of the alerts that have an overview; also one that was edited since gets no line besides."""
    keys = {overview_key(alert_id): alert_id for alert_id in alert_ids}
    found = taken.connection.scalars(select(messages.c.key).where(messages.c.key.in_(keys))).all()
    return {keys[key] for key in found}


def _stands_in(card: Any | None, alert: Mentioned) -> bool:
    """Whether the card stands in the alert's own thread."""
    return card is not None and (card.channel, card.thread_ts) == (alert.channel, alert.thread_ts)


def _tell_asker(taken: Step, company: Company, case: Any, alert: Mentioned, asker: Person) -> None:
    whisper(
        taken,
        Address(channel=alert.channel),
        company=company.key,
        user=asker.user_id,
        what="asked",
        key=f"asked:{alert.alert_id}:{case.id}",
        case_id=case.id,
    )


def _answer(taken: Step, company: Company, case: Any, owed: Sequence[Mentioned]) -> None:
    by_channel: dict[str, list[Mentioned]] = {}
    for alert in owed:
        by_channel.setdefault(alert.channel, []).append(alert)
    for channel, alerts in by_channel.items():
        summary = _open_summary(taken, company, channel)
        if summary is not None or _recent_replies(taken, channel) + len(alerts) > REPLIES_AT_MOST:
            _summarise(taken, company, case, channel, summary, [alert.alert_id for alert in alerts])
            continue
        for alert in alerts:
            say(
                taken,
                f"reply:{alert.alert_id}:{case.id}",
                "reply",
                Address(channel=channel, thread_ts=alert.thread_ts),
                company=company.key,
                case_id=case.id,
                body={"invoices": list(alert.invoices)},
            )


def _recent_replies(taken: Step, channel: str) -> int:
    """Replies that wait to be posted in a channel, or were a moment ago."""
    recent = or_(
        messages.c.state.in_(("unposted", "posting")),
        messages.c.posted_at > func.now() - REPLIES_WITHIN,
    )
    return (
        taken.connection.scalar(
            select(func.count()).where(
                messages.c.channel == channel, messages.c.kind == "reply", messages.c.key.like("reply:%"), recent
            )
        )
        or 0
    )


def _open_summary(taken: Step, company: Company, channel: str) -> Any | None:
    row = taken.connection.execute(
        select(messages)
        .where(
            messages.c.company == company.key,
            messages.c.channel == channel,
            messages.c.kind == "summary",
            messages.c.state != "dead",
        )
        .order_by(messages.c.id.desc())
        .limit(1)
        .with_for_update()
    ).one_or_none()
    if row is None:
        return None
    body: Mapping[str, Any] = row.body
    fresh = datetime.fromisoformat(body["at"]) > taken.now - SUMMARY_OPEN
    return row if fresh and len(body["alerts"]) < SUMMARY_HOLDS else None


def _summarise(
    taken: Step, company: Company, case: Any, channel: str, summary: Any | None, alert_ids: Sequence[int]
) -> None:
    told = {"alerts": [], "cases": []} if summary is None else summary.body
    body = {
        "alerts": sorted({*told["alerts"], *alert_ids}),
        "cases": sorted({*told["cases"], case.id}),
        "at": taken.now.isoformat(),
    }
    if summary is None:
        key = f"summary:{channel}:{alert_ids[0]}:{case.id}"
        say(taken, key, "summary", Address(channel=channel), company=company.key, body=body)
        return
    taken.connection.execute(
        update(messages)
        .where(messages.c.id == summary.id)
        .values(body=body, wanted_revision=messages.c.wanted_revision + 1, due_at=func.now())
    )
    taken.nudge(jobs.POST_MESSAGE, message_id=summary.id)
