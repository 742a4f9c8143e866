"""Who and what the workspace has: users, channels, groups, found by id, name or role."""

from __future__ import annotations

from bot.sandbox.slack import seed
from bot.sandbox.world import Record, World


class ActError(ValueError):
    """Something that nobody could do in Slack: an unknown user, channel, message, button or view."""


class Directory:
    """Looks up the workspace's users, channels and groups."""

    def __init__(self, world: World) -> None:
        seed.fill(world)
        self._store = world.store
        self.users = world.store.table("slack_user")
        self.channels = world.store.table("slack_channel")
        self.groups = world.store.table("slack_group")
        self.bots = seed.bots()

    def user(self, who: str) -> Record:
        """A user by id, name, full name or role; raises ActError."""
        found = self.users.get(seed.ROLES.get(who.lower(), who))
        if found is not None:
            return found
        wanted = who.lower().removeprefix("@")
        for row in self.users.values():
            if wanted in (row["name"], row["real_name"].lower(), row["real_name"].lower().split()[0]):
                return row
        raise ActError(f"There is no user {who!r} in the workspace.")

    def channel(self, where: str) -> Record:
        """A channel or direct conversation by id, name or #name; raises ActError."""
        found = self.find_channel(where)
        if found is None:
            raise ActError(f"There is no channel {where!r} in the workspace.")
        return found

    def find_channel(self, where: str) -> Record | None:
        """As `channel`, None where there is none."""
        if where in self.channels:
            return self.channels[where]
        wanted = where.removeprefix("#")
        return next((row for row in self.channels.values() if not row["is_im"] and row["name"] == wanted), None)

    def direct(self, user_id: str, *, make: bool = True) -> Record | None:
        """The app's direct conversation with a user, opened if need be; None where not open and `make` is false."""
        channel_id = "D" + user_id.removeprefix("U")
        if channel_id not in self.channels and make:
            self.channels[channel_id] = {
                "id": channel_id,
                "name": "",
                "purpose": "",
                "created": self.users[user_id]["updated"],
                "is_private": True,
                "is_im": True,
                "user": user_id,
                "members": [user_id, seed.BOT_USER],
            }
        return self.channels.get(channel_id)

    def kind(self, channel: Record) -> str:
        """What an event's `channel_type` says."""
        if channel["is_im"]:
            return "im"
        return "group" if channel["is_private"] else "channel"

    def shown_name(self, channel: Record) -> str:
        """What a payload's channel name says."""
        if channel["is_im"]:
            return "directmessage"
        return "privategroup" if channel["is_private"] else str(channel["name"])
