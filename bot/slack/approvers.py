"""Who may decide: `APPROVERS` and `DEPUTIES` as the workspace resolves them now, user groups and all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from slack_sdk import WebClient

from bot.cases.ports import Entitled
from bot.settings import Deputy

FRESH_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Whom one company's settings name."""

    approvers: Sequence[str]
    """Ids of users and of user groups."""
    deputies: Sequence[Deputy]
    today: Callable[[], date]
    """The day in the company's zone."""


class SlackApprovers:
    """Resolves user ids and user-group ids to the people who may decide; kept for a minute at most."""

    def __init__(self, client: WebClient, named: Mapping[str, Named]) -> None:
        """`named`: by company."""
        self._client = client
        self._named = dict(named)
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, date, Entitled]] = {}

    def entitled(self, company: str) -> Entitled:
        """The full, active members among those named; bots, guests and deactivated users are left out.

        Raises slack_sdk's errors where the workspace does not answer: then nobody is entitled.
        """
        named = self._named[company]
        with self._lock:
            today, kept = named.today(), self._kept.get(company)
            if kept is None or kept[1] != today or time.monotonic() - kept[0] > FRESH_S:
                kept = self._kept[company] = (time.monotonic(), today, self._read(named, today))
            return kept[2]

    def _read(self, named: Named, today: date) -> Entitled:
        approvers = self._full_members(self._members(named.approvers))
        standing_in = {deputy.user_id for deputy in named.deputies if deputy.stands_in(today)}
        return Entitled(approvers=approvers, deputies=self._full_members(standing_in - approvers))

    def _members(self, named: Iterable[str]) -> set[str]:
        users: set[str] = set()
        for name in named:
            if name.startswith("S"):
                users.update(self._client.usergroups_users_list(usergroup=name)["users"] or ())
            else:
                users.add(name)
        return users

    def _full_members(self, users: Iterable[str]) -> frozenset[str]:
        return frozenset(user for user in users if self._full_member(user))

    def _full_member(self, user: str) -> bool:
        told = self._client.users_info(user=user)["user"] or {}
        out = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
        return not any(told.get(sign) for sign in out)
