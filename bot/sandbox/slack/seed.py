"""The workspace that every sandbox starts with: its people, apps, channels and group."""

from __future__ import annotations

from collections.abc import Sequence

from bot.sandbox.world import Record, World

TEAM_ID = "T0ACME"
TEAM_NAME = "Acme"
TEAM_DOMAIN = "acme"
BOT_USER = "U0TERMKEEPER"
BOT_ID = "B0TERMKEEPER"
APP_ID = "A0TERMKEEPER"
BILL_USER = "U0BILLBOT"
BILL_BOT = "B0BILL"
BILL_APP = "A0BILL"
SLACKBOT = "USLACKBOT"
BOT_TOKEN = "xoxb-sandbox-termkeeper"  # noqa: S105 - the sandbox's documented, public token
APP_TOKEN = "xapp-sandbox-termkeeper"  # noqa: S105 - as above
SIGNING_SECRET = "sandbox-signing-secret"  # noqa: S105 - as above
VERIFICATION_TOKEN = "sandbox-verification-token"  # noqa: S105 - the old, unused check in every payload

SCOPES = (
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "reactions:write",
    "usergroups:read",
    "users:read",
)
"""What the bot's token may do: the scopes that the app's manifest asks for."""

MESSAGE_EVENTS = ("message.channels", "message.groups")
"""The message events that the app's manifest subscribes to."""

ROLES = {"clerk": "U0MARIA", "controller": "U0DAN", "admin": "U0PRIYA", "deputy": "U0LEE", "birch": "U0HANA"}
"""A person's role in the company → user id; the last is the controller of the second company, where there is one."""
CONTROLLERS = "S0CONTROLLERS"
"""The user group of those who approve."""

_ZONES = {
    "America/Chicago": ("Central Time", -21600),
    "Europe/Berlin": ("Central European Time", 3600),
    "America/New_York": ("Eastern Time", -18000),
    "America/Los_Angeles": ("Pacific Time", -28800),
}
_FOUNDED = 1704096000
"""1 Jan 2024, when the workspace and its channels were made (epoch seconds)."""

_PEOPLE = (
    ("U0MARIA", "maria", "Maria Lopez", "AR clerk", "America/Chicago", False),
    ("U0DAN", "dan", "Dan Weber", "Controller", "America/New_York", False),
    ("U0PRIYA", "priya", "Priya Nair", "Finance systems admin", "America/Los_Angeles", True),
    ("U0LEE", "lee", "Lee Okafor", "Assistant controller", "America/New_York", False),
)
_BOTS = (
    (BOT_USER, "termkeeper", "Termkeeper", BOT_ID, APP_ID),
    (BILL_USER, "bill_sync", "BILL Sync", BILL_BOT, BILL_APP),
)
_CHANNELS = (
    ("C0FINALERTS", "finance-alerts", "What the sync between BILL and Sage Intacct reports", (BOT_USER, BILL_USER)),
    ("C0FINREPORT", "finance-reports", "Weekly reports", (BOT_USER,)),
    ("C0GENERAL", "general", "Everybody", ()),
)


def fill(world: World) -> None:
    """Puts the workspace into an empty store; leaves a filled one as it is."""
    users = world.store.table("slack_user")
    if users:
        return
    with world.store.batch():
        for user_id, name, real_name, title, zone, is_admin in _PEOPLE:
            users[user_id] = _user(user_id, name, real_name, title=title, zone=zone, is_admin=is_admin)
        for user_id, name, real_name, bot_id, app_id in _BOTS:
            users[user_id] = _user(user_id, name, real_name, bot_id=bot_id, app_id=app_id)
        people = [row[0] for row in _PEOPLE]
        channels = world.store.table("slack_channel")
        for channel_id, name, purpose, apps in _CHANNELS:
            channels[channel_id] = {
                "id": channel_id,
                "name": name,
                "purpose": purpose,
                "created": _FOUNDED,
                "is_private": False,
                "is_im": False,
                "members": [*people, *apps],
            }
        world.store.table("slack_group")[CONTROLLERS] = {
            "id": CONTROLLERS,
            "handle": "controllers",
            "name": "Controllers",
            "created": _FOUNDED,
            "users": ["U0DAN", "U0PRIYA"],
        }


def add_person(world: World, user_id: str, name: str, real_name: str, *, title: str, zone: str) -> None:
    """One more person in the workspace, and so in #general."""
    world.store.table("slack_user")[user_id] = _user(user_id, name, real_name, title=title, zone=zone)
    channels = world.store.table("slack_channel")
    general = channels["C0GENERAL"]
    channels["C0GENERAL"] = {**general, "members": [*general["members"], user_id]}


def add_channel(world: World, channel_id: str, name: str, purpose: str, members: Sequence[str]) -> None:
    """One more public channel, with the bot in it."""
    world.store.table("slack_channel")[channel_id] = {
        "id": channel_id,
        "name": name,
        "purpose": purpose,
        "created": _FOUNDED,
        "is_private": False,
        "is_im": False,
        "members": [*members, BOT_USER],
    }


def bots() -> dict[str, Record]:
    """Every app's bot by bot id, as `bots.info` and `bot_profile` know it."""
    return {
        bot_id: {"id": bot_id, "name": name, "app_id": app_id, "user_id": user_id, "updated": _FOUNDED}
        for user_id, _, name, bot_id, app_id in _BOTS
    }


def _user(
    user_id: str,
    name: str,
    real_name: str,
    *,
    title: str = "",
    zone: str = "America/Los_Angeles",
    is_admin: bool = False,
    bot_id: str | None = None,
    app_id: str | None = None,
) -> Record:
    label, offset = _ZONES[zone]
    return {
        "id": user_id,
        "name": name,
        "real_name": real_name,
        "title": title,
        "tz": zone,
        "tz_label": label,
        "tz_offset": offset,
        "is_admin": is_admin,
        "is_bot": bot_id is not None,
        "bot_id": bot_id,
        "app_id": app_id,
        "deleted": False,
        "updated": _FOUNDED,
    }
