"""`python -m bot backfill --since DAY`: takes in what was posted since a day, beside a running bot or before its start."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, date, datetime, time
from pathlib import Path

from slack_sdk.errors import SlackApiError
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import RealClock
from bot.commands.refusal import CannotDo
from bot.commands.surroundings import settings_in
from bot.records import migrate
from bot.records.engine import Database
from bot.records.jobs import Jobs
from bot.records.migrate import DatabaseVersionError
from bot.records.postgres import EmbeddedPostgresError
from bot.records.visiting import NoDatabase, visit
from bot.settings import CompanySettings, Settings
from bot.slack.backfill import UNREADABLE, Backfill, Found
from bot.slack.clients import clients
from bot.slack.door import Door

OK, PROBLEM = 0, 1


_OVER = "\r\x1b[K"
"""Begins a terminal's line anew."""


def run(wanted: argparse.Namespace, folder: Path) -> int:
    """Reads and says what was taken in; 1 where a channel could not be read. Raises CannotDo."""
    settings = settings_in(folder)
    channels = {channel: company for company in settings.companies for channel in company.alert_channels}
    chosen = wanted.channel or list(channels)
    for channel in chosen:
        if channel not in channels:
            raise CannotDo(f"{channel} is no alert channel: ALERT_CHANNELS has {', '.join(channels)}.")
    try:
        with visit(settings.database_url, folder / "postgres") as database:
            migrate.check(database)
            return _read(wanted.since, {channel: channels[channel] for channel in chosen}, settings, database)
    except (NoDatabase, EmbeddedPostgresError, DatabaseVersionError) as error:
        raise CannotDo(str(error)) from error
    except SlackApiError as error:
        raise CannotDo(f"Slack refuses: {error.response.get('error')}. Run python -m bot doctor.") from error
    except (SQLAlchemyError, *UNREADABLE) as error:
        raise CannotDo(f"It ended half-way, and may be run again: {str(error).splitlines()[0]}") from error


def _read(since: str, channels: dict[str, CompanySettings], settings: Settings, database: Database) -> int:
    slack = clients(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
    backfill = Backfill(database, slack.other, Door(database), RealClock(), channels)
    bad = taken = 0
    for channel, company in channels.items():
        (found,) = backfill.since(_moment(since, company), [channel], _progress if sys.stderr.isatty() else None)
        if sys.stderr.isatty():
            print(_OVER, end="", file=sys.stderr, flush=True)
        print(_told(found, since), flush=True)
        bad += bool(found.trouble)
        taken += found.taken
    if taken and not Jobs(database.url).workers():
        print("No bot is running on this database: it looks into them when it starts.")
    return PROBLEM if bad else OK


def _moment(since: str, company: CompanySettings) -> datetime:
    """The beginning of a day in the company's zone, or a moment with its own."""
    try:
        day = datetime.combine(date.fromisoformat(since), time(), company.zone)
    except ValueError:
        try:
            day = datetime.fromisoformat(since)
        except ValueError:
            raise CannotDo(f"--since takes a day such as 2026-11-01, not {since!r}.") from None
        if day.tzinfo is None:
            day = day.replace(tzinfo=company.zone)
    return day.astimezone(UTC)


def _progress(found: Found, reached: datetime) -> None:
    day = f"{reached:%b} {reached.day}, {reached.year}"
    print(f"{_OVER}{found.channel}: {found.read:,} messages read, at {day}", end="", file=sys.stderr, flush=True)


_TROUBLES = {
    "not_in_channel": "the bot is not in it: /invite it there",
    "channel_not_found": "Slack does not find it for this bot: /invite it there, and check the id",
    "missing_scope": "the app lacks a scope: install it again from manifest.yml",
}


def _told(found: Found, since: str) -> str:
    if found.trouble:
        return f"{found.channel}: not read; {_TROUBLES.get(found.trouble, f'Slack says {found.trouble}')}."
    return (
        f"{found.channel}: {_messages(found.read)} since {since} read. "
        f"Of those that report failures {found.taken:,} taken in now, {found.known:,} known already."
    )


def _messages(count: int) -> str:
    return f"{count:,} message{'s' * (count != 1)}"
