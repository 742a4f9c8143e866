"""Which companies a person may be told about: those whose channels he is in, and those in which he may decide."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from bot.cases.ports import Approvers, Companies, Company

log = logging.getLogger(__name__)

FRESH_S = 60.0
KEPT = 1_000
"""People whose channels are remembered for so long."""


class Insight:
    """Asks the workspace which channels a person is in; one call a person and minute, however many the companies."""

    def __init__(self, client: WebClient, companies: Companies, approvers: Approvers) -> None:
        self._client = client
        self._companies = companies
        self._approvers = approvers
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, frozenset[str]]] = {}

    def of(self, user: str) -> tuple[Company, ...]:
        """The companies of which a person may see cases and answers, in the settings' order.

        Raises slack_sdk's errors where the workspace does not tell his channels: then nothing is shown.
        """
        channels = self._channels(user)
        return tuple(
            company
            for company in self._companies.values()
            if channels & {*company.alert_channels, company.report_channel} or self._may_decide(user, company)
        )

    def _may_decide(self, user: str, company: Company) -> bool:
        """False also where the workspace does not tell: what is wrong in one company's settings hides no other."""
        try:
            return user in self._approvers.entitled(company.key).people
        except (SlackClientError, OSError) as error:
            log.warning("Slack does not tell who may decide in %s: %s", company.key, error)
            return False

    def _channels(self, user: str) -> frozenset[str]:
        with self._lock:
            kept = self._kept.get(user)
            if kept is not None and time.monotonic() - kept[0] < FRESH_S:
                return kept[1]
        read = frozenset(self._read(user))
        with self._lock:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[user] = (time.monotonic(), read)
        return read

    def _read(self, user: str) -> Iterator[str]:
        cursor: str | None = None
        while True:
            reply = self._client.users_conversations(
                user=user, types="public_channel,private_channel", exclude_archived=True, limit=999, cursor=cursor
            )
            for channel in reply["channels"] or ():
                yield str(channel["id"])
            cursor = (reply.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return
