"""Checks a set-up, one line each with what to do: settings, database, Slack, Intacct, BILL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from slack_sdk.errors import SlackApiError, SlackClientError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.assembly import Services
from bot.billing.source import SourceError
from bot.records.journal import JournalUnguarded
from bot.records.migrate import DatabaseNewer, DatabaseOlder
from bot.records.postgres import EmbeddedPostgresBusy
from bot.settings import CompanySettings, Settings, SettingsError, close_calendar, load, terms_policy
from bot.slack.approvers import Named, SlackApprovers
from bot.slack.clients import SlackClients

SCOPES = (
    "chat:write",
    "channels:history",
    "groups:history",
    "channels:read",
    "groups:read",
    "commands",
    "files:write",
    "users:read",
    "usergroups:read",
    "im:write",
)
"""What manifest.yml asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line."""

    good: bool
    what: str
    todo: str = ""

    def __str__(self) -> str:
        return f"{'ok  ' if self.good else 'FAIL'}  {self.what}{f' {self.todo}' if self.todo else ''}"


def examine(folder: Path) -> int:
    """Prints what is found; 1 where anything fails, else 0."""
    bad = 0
    for finding in _findings(folder):
        print(finding, flush=True)
        bad += not finding.good
    return 1 if bad else 0


def _findings(folder: Path) -> Iterator[Finding]:
    try:
        settings = load()
        for company in settings.companies:
            terms_policy(company.terms_policy)
            close_calendar(company.close_calendar, company.zone)
    except SettingsError as error:
        yield from (_bad(f"Settings: {problem}", "") for problem in error.problems)
        return
    yield _good("Settings: complete")
    try:
        services = Services(settings, folder)
    except EmbeddedPostgresBusy:
        yield _bad("Database: the running bot has the embedded one.", "Stop the bot, then run doctor again.")
        return
    except (OSError, ValueError, RuntimeError) as error:
        yield _bad(f"Database: {error}", "Check DATABASE_URL, or the rights on var/postgres.")
        return
    try:
        yield from _database(services)
        yield from _slack(settings, services.slack())
        for company in settings.companies:
            yield from _intacct(company, services)
            yield from _bill(company, services)
    finally:
        services.end()


def _good(what: str) -> Finding:
    return Finding(good=True, what=what)


def _bad(what: str, todo: str) -> Finding:
    return Finding(good=False, what=what, todo=todo)


def _database(services: Services) -> Iterator[Finding]:
    try:
        with services.database.transaction() as connection:
            version = connection.scalar(text("SHOW server_version"))
        services.migrate()
    except (
        SQLAlchemyError,
        DatabaseNewer,
        DatabaseOlder,
        JournalUnguarded,
    ) as error:  # whatever stands in the way is what the person wants to read
        yield _bad(f"Database: {error}", "Check DATABASE_URL, then run: python -m bot migrate")
        return
    yield _good(f"Database: PostgreSQL {version}, up to date, journal guarded")


def _slack(settings: Settings, slack: SlackClients) -> Iterator[Finding]:
    try:
        told = slack.other.auth_test()
    except (SlackClientError, OSError) as error:
        yield _bad(f"Slack: the bot token was not accepted ({_words(error)}).", "Check SLACK_BOT_TOKEN.")
        return
    yield _good(f"Slack: signed in to {told.get('team')} as {told.get('user')}")
    granted = {scope.strip() for scope in str(told.headers.get("x-oauth-scopes", "")).split(",")}
    missing = [scope for scope in SCOPES if scope not in granted]
    if missing:
        yield _bad(f"Slack: scopes missing: {', '.join(missing)}.", "Reinstall the app from manifest.yml.")
    else:
        yield _good("Slack: all scopes granted")
    if settings.socket_mode:
        yield _socket(settings, slack)
    for company in settings.companies:
        for channel in company.channels:
            yield _channel(slack, channel)
        yield _approvers(company, slack)


def _channel(slack: SlackClients, channel: str) -> Finding:
    try:
        told = slack.other.conversations_info(channel=channel)["channel"] or {}
    except (SlackClientError, OSError) as error:
        return _bad(f"Slack: channel {channel} cannot be read ({_words(error)}).", "Check its id, and invite the bot.")
    name = f"#{told.get('name', channel)}"
    if not told.get("is_member"):
        return _bad(f"Slack: the bot is not in {name}.", f"Invite it there: /invite @Termkeeper in {name}.")
    return _good(f"Slack: in {name}")


def _socket(settings: Settings, slack: SlackClients) -> Finding:
    try:
        slack.other.apps_connections_open(app_token=settings.slack_app_token.get_secret_value())
    except (SlackClientError, OSError) as error:
        return _bad(
            f"Slack: Socket Mode refused ({_words(error)}).", "SLACK_APP_TOKEN needs the scope connections:write."
        )
    return _good("Slack: Socket Mode opens")


def _approvers(settings: CompanySettings, slack: SlackClients) -> Finding:
    try:
        entitled = SlackApprovers(
            slack.other,
            {
                settings.key: Named(
                    approvers=settings.approvers,
                    deputies=settings.deputies,
                    today=lambda: datetime.now(settings.zone).date(),
                )
            },
        ).entitled(settings.key)
    except (SlackClientError, OSError) as error:
        return _bad(f"Slack: APPROVERS cannot be resolved ({_words(error)}).", "Check the ids of users and groups.")
    if not entitled.approvers:
        return _bad("Slack: APPROVERS names no active full member.", "Nobody could decide; name somebody.")
    return _good(f"Slack: {len(entitled.people)} may decide")


def _intacct(settings: CompanySettings, services: Services) -> Iterator[Finding]:
    books = services.intacct(settings)
    for check in books.check():
        yield Finding(good=check.passed, what=f"Intacct: {check.subject}: {check.sentence}", todo=check.advice)
    if not settings.intacct_writer_user_id:
        yield _good(
            "Intacct: no writer user is set, so the reader writes; "
            "two users are safer (INTACCT_WRITER_USER_ID, INTACCT_WRITER_PASSWORD)"
        )


def _bill(settings: CompanySettings, services: Services) -> Iterator[Finding]:
    if not settings.has_bill:
        yield _source_file(settings, services)
        return
    try:
        identity = services.bill(settings).check()
    except SourceError as error:
        yield _bad(f"BILL: {error}", "Check BILL_USERNAME, BILL_PASSWORD, BILL_ORGANIZATION_ID and BILL_DEV_KEY.")
        return
    yield _good(f"BILL: signed in to organization {identity.organization_id}")


def _source_file(settings: CompanySettings, services: Services) -> Finding:
    source = services.source(settings)
    try:
        source.find(["doctor"])
    except SourceError as error:
        return _bad(f"Invoice file: {error}", "Check INVOICE_CSV.")
    return _good("Invoice file: readable")


def _words(error: Exception) -> str:
    return str(error.response.get("error")) if isinstance(error, SlackApiError) else type(error).__name__
