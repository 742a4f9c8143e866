"""What the listeners need."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from bot.cases.ports import Approvers, Companies
from bot.records.engine import Database
from bot.slack.clients import SlackClients
from bot.slack.door import Door
from bot.slack.insight import Insight


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts that listeners use: all they do is take in, or open a view."""

    door: Door
    database: Database
    companies: Companies
    approvers: Approvers
    clients: SlackClients
    listens: Callable[[str], bool]
    """Whether alerts are read in a channel."""
    aside: Executor
    """Where work goes that an acknowledgement cannot wait for."""
    insight: Insight
    """Which companies a person may be told about."""
    came_up: Callable[[], None]
    """Called when a socket has come up: what was missed is read."""
