"""Slack: the token, its scopes, the clock, and each company's channels and deciders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime

from slack_sdk.errors import SlackApiError, SlackClientError

from bot.assembly import named
from bot.cases.ports import Clock, Entitled
from bot.doctor.finding import Finding, bad, good, warn
from bot.settings import CompanySettings, Settings
from bot.slack.approvers import SlackApprovers
from bot.slack.clients import SlackClients
from bot.slack.members import SlackMembers

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
    "im:history",
)
"""What manifest.yml asks for."""
CLOCK_WARN_S = 60
CLOCK_FAIL_S = 300
"""Slack's signatures are refused beyond five minutes."""


def workspace(settings: Settings, slack: SlackClients, now: datetime) -> Iterator[Finding]:
    """What belongs to no one company. `now`: the machine's real time."""
    try:
        told = slack.other.auth_test()
    except (SlackClientError, OSError) as error:
        yield bad(f"Slack: the bot token was not accepted ({words(error)}).", "Check SLACK_BOT_TOKEN.")
        return
    yield good(f"Slack: signed in to {told.get('team')} as {told.get('user')}")
    granted = {scope.strip() for scope in str(told.headers.get("x-oauth-scopes", "")).split(",")}
    missing = [scope for scope in SCOPES if scope not in granted]
    if missing:
        yield bad(f"Slack: scopes missing: {', '.join(missing)}.", "Reinstall the app from manifest.yml.")
    else:
        yield good("Slack: all scopes granted")
    headers = {name.casefold(): value for name, value in told.headers.items()}
    yield clock(str(headers.get("date", "")), now)
    if settings.socket_mode:
        yield _socket(settings, slack)


def clock(date_header: str, now: datetime) -> Finding:
    """The machine's clock against the moment that Slack's answer bears (RFC 9110, Date: whole seconds)."""
    try:
        off = (now - parsedate_to_datetime(date_header)).total_seconds()
    except (TypeError, ValueError):
        return warn(
            "Clock: Slack's answer bears no date, so it is not compared.", "Make sure that time is kept by NTP."
        )
    if abs(off) <= CLOCK_WARN_S:
        return good("Clock: as Slack's")
    told = f"Clock: {abs(off):.0f} seconds {'ahead of' if off > 0 else 'behind'} Slack's."
    if abs(off) > CLOCK_FAIL_S:
        return bad(told, "Slack's signatures are refused beyond five minutes. Set the machine's clock, by NTP.")
    return warn(told, "Beyond five minutes Slack's signatures are refused. Set the machine's clock, by NTP.")


def of_company(company: CompanySettings, slack: SlackClients, calendar: Clock) -> Iterator[Finding]:
    """A company's channels, user groups and deciders."""
    for channel in company.channels:
        yield _channel(slack, channel)
    groups = [_group(slack, name) for name in company.approvers if name.startswith("S")]
    yield from groups
    if all(group.todo == "" for group in groups):
        yield from _approvers(company, slack, calendar)


def _channel(slack: SlackClients, channel: str) -> Finding:
    try:
        told = slack.other.conversations_info(channel=channel)["channel"] or {}
    except (SlackClientError, OSError) as error:
        return bad(f"Slack: channel {channel} cannot be read ({words(error)}).", "Check its id, and invite the bot.")
    name = f"#{told.get('name', channel)}"
    if not told.get("is_member"):
        return bad(f"Slack: the bot is not in {name}.", f"Invite it there: /invite @Termkeeper in {name}.")
    return good(f"Slack: in {name}")


def _group(slack: SlackClients, group: str) -> Finding:
    try:
        users = slack.other.usergroups_users_list(usergroup=group)["users"] or []
    except (SlackClientError, OSError) as error:
        return bad(f"Slack: user group {group} cannot be read ({words(error)}).", "Check its id in APPROVERS.")
    return good(f"Slack: user group {group} has {len(users)} {'person' if len(users) == 1 else 'people'}")


def _socket(settings: Settings, slack: SlackClients) -> Finding:
    try:
        slack.other.apps_connections_open(app_token=settings.slack_app_token.get_secret_value())
    except (SlackClientError, OSError) as error:
        return bad(
            f"Slack: Socket Mode refused ({words(error)}).", "SLACK_APP_TOKEN needs the scope connections:write."
        )
    return good("Slack: Socket Mode opens")


def _approvers(company: CompanySettings, slack: SlackClients, calendar: Clock) -> Iterator[Finding]:
    try:
        entitled = SlackApprovers(
            slack.other, SlackMembers(slack.other), {company.key: named(company, calendar)}
        ).entitled(company.key)
    except (SlackClientError, OSError) as error:
        yield bad(f"Slack: APPROVERS cannot be resolved ({words(error)}).", "Check the ids of users and groups.")
        return
    yield deciders(company, entitled)


def deciders(company: CompanySettings, entitled: Entitled) -> Finding:
    """Whether enough people may decide, for the company's policy."""
    approvers, deputies = len(entitled.approvers), len(entitled.deputies)
    today = f", and {deputies} {'deputy stands' if deputies == 1 else 'deputies stand'} in today" if deputies else ""
    if not approvers:
        return bad(f"Slack: APPROVERS names no active full member{today}.", "Name somebody who can decide for good.")
    who = f"Slack: {approvers} {'approver' if approvers == 1 else 'approvers'}{today}"
    if approvers == 1 and company.approval_policy != "any-approver":
        return warn(
            f"{who}; under {company.approval_policy} nobody else decides what that one asks for, tells or edits.",
            "Name a second in APPROVERS.",
        )
    return good(who)


def words(error: Exception) -> str:
    """Slack's own word for what went wrong."""
    return str(error.response.get("error")) if isinstance(error, SlackApiError) else type(error).__name__
