"""Who may decide: `APPROVERS` as the workspace resolves them now, user groups and all."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from slack_sdk import WebClient

FRESH_S = 60.0


class SlackApprovers:
    """Resolves user ids and user-group ids to the people who may decide; kept for a minute at most."""

    def __init__(self, client: WebClient, named: Sequence[str]) -> None:
        self._client = client
        self._named = tuple(named)
        self._lock = threading.Lock()
        self._entitled: frozenset[str] | None = None
        self._read_at = 0.0

    def entitled(self) -> frozenset[str]:
        """The user ids of full, active members among those named; bots, guests and deactivated users are left out.

        Raises slack_sdk's errors where the workspace does not answer: then nobody is entitled.
        """
        with self._lock:
            if self._entitled is None or time.monotonic() - self._read_at > FRESH_S:
                self._entitled = frozenset(user for user in self._members() if self._full_member(user))
                self._read_at = time.monotonic()
            return self._entitled

    def _members(self) -> set[str]:
        users: set[str] = set()
        for name in self._named:
            if name.startswith("S"):
                users.update(self._client.usergroups_users_list(usergroup=name)["users"] or ())
            else:
                users.add(name)
        return users

    def _full_member(self, user: str) -> bool:
        told = self._client.users_info(user=user)["user"] or {}
        out = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
        return not any(told.get(sign) for sign in out)
