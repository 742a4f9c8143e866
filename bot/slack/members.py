"""Who is a full, active member of the workspace: guests, bots, strangers and those who left may do nothing to a case."""

from __future__ import annotations

import time
from dataclasses import dataclass

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.cases.ports import EntitledUnknown

FRESH_S = 60.0
"""So old, in seconds, an answer of the workspace may be that an act rests on."""
KEPT = 1_000
"""People who are remembered for so long."""
NOBODY = frozenset({"user_not_found", "user_not_visible", "no_such_subteam"})
"""Answers that are definite: the id names nobody here."""
_OUT = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
"""What a full, active member is none of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What the workspace said of one user."""

    at: float
    """By the monotonic clock, seconds."""
    names: tuple[str, ...] | None
    """What a full, active member is called; None for anybody else."""


class SlackMembers:
    """Asks the workspace about one user at a time, and remembers it."""

    def __init__(self, client: WebClient, *, fresh_s: float = FRESH_S) -> None:
        """`fresh_s`: how old an answer may be, in seconds."""
        self._client = client
        self._fresh_s = fresh_s
        self._kept: dict[str, Read] = {}

    def look(self, user: str, *, since: float | None = None) -> Read:
        """What was read of a user since a moment of the monotonic clock, or within half a minute; else it is asked for.

        Raises slack_sdk's errors where the workspace does not answer.
        """
        kept = self._kept.get(user)
        if kept is None or kept.at < (time.monotonic() - self._fresh_s / 2 if since is None else since):
            if len(self._kept) >= KEPT:
                self._kept.clear()
            began = time.monotonic()
            kept = self._kept[user] = Read(at=began, names=self._names(user))
        return kept

    def full(self, user: str) -> bool:
        """Whether somebody is a full, active member, as read within the last minute; asks nobody.

        Raises EntitledUnknown.
        """
        kept = self._kept.get(user)
        if kept is None or time.monotonic() - kept.at > self._fresh_s:
            raise EntitledUnknown(f"whether {user} is a full member was not read within the last minute")
        return kept.names is not None

    def _names(self, user: str) -> tuple[str, ...] | None:
        try:
            told = self._client.users_info(user=user)["user"] or {}
        except SlackApiError as error:
            if error.response.get("error") in NOBODY:
                return None
            raise
        if not told or any(told.get(sign) for sign in _OUT):
            return None
        profile = told.get("profile") or {}
        names = (told.get("real_name"), profile.get("real_name"), profile.get("display_name"), told.get("name"))
        return tuple(dict.fromkeys(str(name) for name in names if name))
