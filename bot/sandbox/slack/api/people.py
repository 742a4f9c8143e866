"""auth.test, users.*, usergroups.*, bots.info and the connection to Socket Mode: who is who."""

from __future__ import annotations

from bot.sandbox.slack import seed, shapes
from bot.sandbox.slack.api.call import Args, SlackError, method, page
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.world import Record


@method("api.test", anonymous=True)
def api_test(workspace: Workspace, args: Args) -> Record:  # noqa: ARG001 - all methods are called alike
    """Gives its arguments back."""
    given = {key: value for key, value in args.given.items() if key != "token"}
    if args.text("error"):
        raise SlackError(args.text("error"), args=given)
    return {"args": given} if given else {}


@method("auth.test")
def auth_test(workspace: Workspace, args: Args) -> Record:  # noqa: ARG001 - as above
    """Who the token is."""
    bot = workspace.directory.users[seed.BOT_USER]
    return {
        "url": f"{workspace.world.address}/",
        "team": seed.TEAM_NAME,
        "user": bot["name"],
        "team_id": seed.TEAM_ID,
        "user_id": seed.BOT_USER,
        "bot_id": seed.BOT_ID,
        "is_enterprise_install": False,
    }


@method("apps.connections.open", app_level=True)
def connections_open(workspace: Workspace, args: Args) -> Record:
    """An address for one Socket Mode connection."""
    base = workspace.world.address or args.base
    scheme = "wss" if base.startswith("https") else "ws"
    host = base.partition("://")[2]
    return {"url": f"{scheme}://{host}/sandbox/slack/socket?ticket={workspace.delivery.ticket()}"}


@method("users.info", "users:read")
def users_info(workspace: Workspace, args: Args) -> Record:
    """One user."""
    user = workspace.directory.users.get(args.need("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": shapes.user(user)}


@method("users.list", "users:read")
def users_list(workspace: Workspace, args: Args) -> Record:
    """All users."""
    found, cursor = page(list(workspace.directory.users.values()), args)
    return {
        "members": [shapes.user(user) for user in found],
        "cache_ts": int(workspace.world.calendar.now().timestamp()),
        "response_metadata": {"next_cursor": cursor},
    }


@method("usergroups.list", "usergroups:read")
def usergroups_list(workspace: Workspace, args: Args) -> Record:
    """All user groups."""
    users, count = args.flag("include_users"), args.flag("include_count")
    return {"usergroups": [shapes.group(row, users=users, count=count) for row in workspace.directory.groups.values()]}


@method("usergroups.users.list", "usergroups:read")
def usergroups_users(workspace: Workspace, args: Args) -> Record:
    """Who is in a user group; deactivated users are not."""
    group = workspace.directory.groups.get(args.need("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": [user for user in group["users"] if not workspace.directory.users[user]["deleted"]]}


@method("bots.info", "users:read")
def bots_info(workspace: Workspace, args: Args) -> Record:
    """One app's bot."""
    bot = workspace.directory.bots.get(args.text("bot", seed.BOT_ID))
    if bot is None:
        raise SlackError("bot_not_found")
    return {"bot": {**bot, "deleted": False, "icons": shapes.icons(bot["id"])}}
