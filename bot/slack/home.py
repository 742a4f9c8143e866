"""The App Home: read from the records when it is opened."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from slack_sdk.errors import SlackApiError, SlackClientError
from sqlalchemy import Connection, func, select

from bot.cases.case import FINAL_STATES, CaseState
from bot.cases.codec import WITHDRAWING
from bot.cases.deciding.asking import able
from bot.cases.ports import Company
from bot.records.calls import NEAR_PERCENT, calls_of_month, month_of_now, percent_used
from bot.records.tables import case_invoices, cases, messages
from bot.reports import memory
from bot.slack.cards.home import CASES_SHOWN, HealthLine, HomeCase, HomeChart, HomeValue, home
from bot.slack.cards.states import STATES
from bot.slack.cards.withdraw_card import withdrawal_state
from bot.slack.clients import SlackClients
from bot.slack.parts import Parts
from bot.slack.posting import ATTEMPTS

log = logging.getLogger(__name__)


def publish_home(parts: Parts, *, user: str) -> None:
    """Publishes one person's App Home: of the companies that he may be told about, and of no other."""
    companies = parts.insight.of(user)
    value = _value(parts, companies, user) if companies else _help_alone()
    parts.clients.other.views_publish(user_id=user, view=home(value))


def _help_alone() -> HomeValue:
    return HomeValue(open_cases=(), open_total=0, health=(), at=datetime.now(UTC))


def _value(parts: Parts, companies: Sequence[Company], user: str) -> HomeValue:
    clients = parts.clients
    keys = [company.key for company in companies]
    live = cases.c.state.not_in([state.value for state in FINAL_STATES]) & cases.c.company.in_(keys)
    waiting = (
        select(func.count()).select_from(case_invoices).where(case_invoices.c.case_id == cases.c.id).scalar_subquery()
    )
    waits_for_him = [row for company in companies for row in _to_decide(parts, company, user)]
    shown = [row.id for row in waits_for_him[:CASES_SHOWN]]
    live &= cases.c.id.not_in(shown)
    with parts.database.transaction() as connection:
        total = connection.scalar(select(func.count()).select_from(cases).where(live)) or 0
        rows = connection.execute(
            select(cases, waiting.label("invoices"), messages.c.channel, messages.c.ts)
            .outerjoin(messages, (messages.c.case_id == cases.c.id) & (messages.c.kind == "card"))
            .where(live)
            .order_by(cases.c.id.desc())
            .limit(CASES_SHOWN)
        ).all()
        charts = tuple(_chart(connection, company.key) for company in companies)
        calls = calls_of_month(connection, "intacct", month_of_now())
        set_aside = connection.scalar(
            select(func.count())
            .select_from(messages)
            .where(
                (messages.c.state == "dead") | (messages.c.attempts >= ATTEMPTS),
                messages.c.company.in_(keys),
            )
        )
    listed = tuple(_listed(clients, row) for row in rows)
    said = f"{set_aside} messages could not be posted; the log says why" if set_aside else "every message was posted"
    return HomeValue(
        to_decide=tuple(_listed(clients, row) for row in waits_for_him[:CASES_SHOWN]),
        to_decide_total=len(waits_for_him),
        open_cases=listed,
        open_total=total,
        health=(
            HealthLine(name="Database", well=True, sentence="answered just now"),
            HealthLine(name="Slack", well=not set_aside, sentence=said),
            *_calls(companies, calls),
        ),
        at=datetime.now(UTC),
        charts=charts,
        alert_channels=tuple(channel for company in companies for channel in company.alert_channels),
    )


def _listed(clients: SlackClients, row: Any) -> HomeCase:
    state, wish = CaseState(row.state), (row.note or {}).get("withdrawing")
    return HomeCase(
        number=row.number,
        company=row.company,
        term_name=row.term_name,
        state=STATES[state] if wish is None else withdrawal_state(state, WITHDRAWING.validate_python(wish)),
        invoices=row.invoices if wish is None else None,
        since=row.opened_at,
        permalink=_link(clients, row.channel, row.ts),
    )


def _to_decide(parts: Parts, company: Company, user: str) -> list[Any]:
    """The cases of a company that wait for this person's decision, those that expire first at the top."""
    try:
        entitled = parts.approvers.entitled(company.key)
    except (SlackClientError, OSError) as error:
        log.warning("Slack does not tell who may decide in %s: %s", company.key, error)
        return []
    if user not in entitled.people:
        return []
    waiting = (
        select(func.count()).select_from(case_invoices).where(case_invoices.c.case_id == cases.c.id).scalar_subquery()
    )
    with parts.database.transaction() as connection:
        rows = connection.execute(
            select(cases, waiting.label("invoices"), messages.c.channel, messages.c.ts)
            .outerjoin(messages, (messages.c.case_id == cases.c.id) & (messages.c.kind == "card"))
            .where(cases.c.company == company.key, cases.c.state == "awaiting_decision")
            .order_by(cases.c.expires_at, cases.c.id)
        ).all()
        return [row for row in rows if user in able(connection, company, row, entitled)]


def _chart(connection: Connection, company: str) -> HomeChart:
    """The twelve weeks up to the newest weekly report."""
    newest = memory.last_week(connection, company)
    weeks = memory.history(connection, company, newest.plus(1)) if newest is not None else ()
    return HomeChart(company=company, history=weeks)


def _calls(companies: Sequence[Company], calls: Mapping[str, int]) -> Iterator[HealthLine]:
    """How often Intacct was asked this month, a line a contract."""
    for contract, limit in {company.contract: company.monthly_calls for company in companies}.items():
        made = calls.get(contract, 0)
        name = "Intacct" if len(companies) == 1 else f"Intacct {contract}"
        told = f"asked {made:,} times this month" if limit is None else f"asked {made:,} of {limit:,} times this month"
        yield HealthLine(name=name, well=limit is None or percent_used(made, limit) < NEAR_PERCENT, sentence=told)


def _link(clients: SlackClients, channel: str | None, ts: str | None) -> str:
    if not channel or not ts:
        return ""
    try:
        return str(clients.other.chat_getPermalink(channel=channel, message_ts=ts)["permalink"])
    except SlackApiError:
        return ""
