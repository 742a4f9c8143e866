"""Who may decide: `APPROVERS` and `DEPUTIES` as the workspace resolves them now, user groups and all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.cases.ports import Entitled, EntitledUnknown
from bot.settings import Deputy
from bot.slack.members import NOBODY, SlackMembers

FRESH_S = 60.0
"""So old, in seconds, an answer of the workspace may be that a decision rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Whom one company's settings name."""

    approvers: Sequence[str]
    """Ids of users and of user groups."""
    deputies: Sequence[Deputy]
    today: Callable[[], date]
    """The day in the company's zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    read_at: float
    """By the monotonic clock, seconds."""
    day: date
    entitled: Entitled

    def holds(self, today: date, age_s: float) -> bool:
        return self.day == today and time.monotonic() - self.read_at <= age_s


@dataclass(slots=True, kw_only=True)
class _Reading:
    since: float
    """What was read of a user since then need not be read again."""
    oldest: float
    """The oldest answer that the whole rests on."""


Noticed = Callable[[str, Entitled], None]
"""(company, who may decide): called after each fresh reading, before anything rests on it."""


class SlackApprovers:
    """Resolves user ids and user-group ids to the people who may decide; kept for a minute at most."""

    def __init__(
        self,
        client: WebClient,
        members: SlackMembers,
        named: Mapping[str, Named],
        noticed: Noticed = lambda _company, _entitled: None,
        *,
        fresh_s: float = FRESH_S,
    ) -> None:
        """`named`: by company. `fresh_s`: how old an answer may be, in seconds."""
        self._client = client
        self._members = members
        self._named = dict(named)
        self._noticed = noticed
        self._fresh_s = fresh_s
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}

    def entitled(self, company: str, *, within_s: float | None = None) -> Entitled:
        """The full, active members among those named; bots, guests and deactivated users are left out.

        Nobody in a company that the settings do not name.

        What was read within `within_s` seconds (a minute) is not read again. Raises slack_sdk's errors where the
        workspace does not answer: then nobody is entitled.
        """
        named = self._named.get(company)
        if named is None:
            return Entitled()
        age = self._fresh_s if within_s is None else min(within_s, self._fresh_s)
        with self._lock:
            today, kept = named.today(), self._kept.get(company)
            if kept is None or not kept.holds(today, age):
                reading = _Reading(since=time.monotonic() - age, oldest=time.monotonic())
                entitled = self._read(named, today, reading)
                self._noticed(company, entitled)
                kept = self._kept[company] = _Kept(read_at=reading.oldest, day=today, entitled=entitled)
            return kept.entitled

    def recent(self, company: str) -> Entitled:
        """What was read within the last minute; asks nobody. Raises EntitledUnknown."""
        kept = self._kept.get(company)
        if kept is None or not kept.holds(self._named[company].today(), self._fresh_s):
            raise EntitledUnknown(f"who may decide in {company} was not read within the last minute")
        return kept.entitled

    def _read(self, named: Named, today: date, reading: _Reading) -> Entitled:
        approvers = self._full_members(self._users(named.approvers), reading)
        standing_in = {deputy.user_id for deputy in named.deputies if deputy.stands_in(today)}
        deputies = self._full_members(standing_in - approvers.keys(), reading)
        return Entitled(approvers=frozenset(approvers), deputies=frozenset(deputies), names={**approvers, **deputies})

    def _users(self, named: Iterable[str]) -> set[str]:
        users: set[str] = set()
        for name in named:
            if name.startswith("S"):
                users.update(self._in_group(name))
            else:
                users.add(name)
        return users

    def _in_group(self, group: str) -> Sequence[str]:
        try:
            return self._client.usergroups_users_list(usergroup=group)["users"] or ()
        except SlackApiError as error:
            if error.response.get("error") in NOBODY:
                return ()
            raise

    def _full_members(self, users: Iterable[str], reading: _Reading) -> dict[str, tuple[str, ...]]:
        """Those who are full, active members, with what they are called; whom companies share is read once for all."""
        found = {}
        for user in sorted(users):
            read = self._members.look(user, since=reading.since)
            reading.oldest = min(reading.oldest, read.at)
            if read.names is not None:
                found[user] = read.names
        return found
