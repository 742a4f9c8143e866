"""The App Home: read from the records when it is opened."""

from __future__ import annotations

from datetime import UTC, datetime

from slack_sdk.errors import SlackApiError
from sqlalchemy import func, select

from bot.cases.case import FINAL_STATES
from bot.cases.ports import Companies
from bot.records.engine import Database
from bot.records.tables import case_invoices, cases, messages
from bot.slack.cards.home import CASES_SHOWN, HealthLine, HomeCase, HomeValue, home
from bot.slack.clients import SlackClients


def publish_home(database: Database, companies: Companies, clients: SlackClients, *, user: str) -> None:
    """Publishes one person's App Home."""
    clients.other.views_publish(user_id=user, view=home(_value(database, companies, clients)))


def _value(database: Database, companies: Companies, clients: SlackClients) -> HomeValue:
    live = cases.c.state.not_in([state.value for state in FINAL_STATES])
    waiting = (
        select(func.count()).select_from(case_invoices).where(case_invoices.c.case_id == cases.c.id).scalar_subquery()
    )
    with database.transaction() as connection:
        total = connection.scalar(select(func.count()).select_from(cases).where(live)) or 0
        rows = connection.execute(
            select(cases, waiting.label("invoices"), messages.c.channel, messages.c.ts)
            .outerjoin(messages, (messages.c.case_id == cases.c.id) & (messages.c.kind == "card"))
            .where(live)
            .order_by(cases.c.id.desc())
            .limit(CASES_SHOWN)
        ).all()
        set_aside = connection.scalar(select(func.count()).select_from(messages).where(messages.c.state == "dead"))
    listed = tuple(
        HomeCase(
            number=row.number,
            company=row.company,
            term_name=row.term_name,
            state=row.state.replace("_", " "),
            invoices=row.invoices,
            since=row.opened_at,
            permalink=_link(clients, row.channel, row.ts),
        )
        for row in rows
    )
    said = f"{set_aside} messages could not be posted; the log says why" if set_aside else "every message was posted"
    return HomeValue(
        open_cases=listed,
        open_total=total,
        health=(
            HealthLine(name="Database", well=True, sentence="answered just now"),
            HealthLine(name="Slack", well=not set_aside, sentence=said),
        ),
        at=datetime.now(UTC),
        alert_channels=tuple(channel for company in companies.values() for channel in company.alert_channels),
    )


def _link(clients: SlackClients, channel: str | None, ts: str | None) -> str:
    if not channel or not ts:
        return ""
    try:
        return str(clients.other.chat_getPermalink(channel=channel, message_ts=ts)["permalink"])
    except SlackApiError:
        return ""
