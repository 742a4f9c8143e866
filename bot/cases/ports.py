"""What cases need of higher rooms, and what one company is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from bot.billing.source import Source
from bot.close import NO_PERIODS, Periods
from bot.intacct.client import Intacct
from bot.terms.proposal import Policy


class Clock(Protocol):
    """The company's calendar. Leases, signatures and timeouts use real time instead."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A Slack user: ids are only unique within a team."""

    team: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitled:
    """Who may decide in one company at one moment: full, active members of the workspace, no bots."""

    approvers: frozenset[str] = frozenset()
    """User ids that `APPROVERS` resolves to."""
    deputies: frozenset[str] = frozenset()
    """User ids of `DEPUTIES` whose days include today, and who are not approvers anyway."""
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What each of them is called in the workspace: by it the maker of an invoice is recognised."""

    @property
    def people(self) -> tuple[str, ...]:
        """All of them, sorted."""
        return tuple(sorted(self.approvers | self.deputies))


class EntitledUnknown(Exception):
    """The workspace was not asked within the last minute, or did not answer: nobody may decide on it."""


class Approvers(Protocol):
    """Who may decide, as the workspace says just now."""

    def entitled(self, company: str) -> Entitled:
        """Who may decide in this company. Cached for a minute at most."""

    def recent(self, company: str) -> Entitled:
        """The same without asking anybody, for use within a transaction. Raises EntitledUnknown."""


class Members(Protocol):
    """Who is a full, active member of the workspace: nobody else may do anything to a case."""

    def full(self, user: str) -> bool:
        """Whether somebody is, without asking anybody, for use within a transaction. Raises EntitledUnknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """One company's systems and rules."""

    key: str
    """Under which cases and journal are kept."""
    entity: str
    """The entity that the sync signs in to; empty for top level."""
    books: Intacct
    source: Source
    alert_channels: tuple[str, ...]
    report_channel: str = ""
    """Where reports and notices go; empty: the first alert channel."""
    approval_policy: Literal["any-approver", "second-person", "two-people"]
    decision_days: int
    terms_policy: Policy
    zone: ZoneInfo
    contract: str = ""
    """Under which requests to Intacct are counted; companies of ours may share it."""
    monthly_calls: int | None = None
    """The contract's number of requests a month; None where it is not told."""
    billing_url: str = ""
    books_url: str = ""
    house: tuple[str, ...] = ()
    """The company's own names for its terms, the preferred ones first; empty without a list."""
    periods: Periods = NO_PERIODS
    """What its close calendar says just now, for its entity; nothing closes without one."""


Companies = Mapping[str, Company]
