"""Where a long answer stands: said to the asker alone, a few times, while the answer does not come."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from types import TracebackType

from slack_sdk.errors import SlackClientError
from slack_sdk.webhook import WebhookClient

from bot.slack.cards.blocks import message
from bot.slack.cards.cutoff import still_reading

log = logging.getLogger(__name__)

PAUSES_S = (5.0, 15.0, 60.0, 240.0)
"""Before each word on where the reading stands: nobody minds the first in silence. Slack takes five words, the answer is one."""


class Progress:
    """Says where the reading stands, while it lasts and has moved on. An answer that is quick says nothing before itself."""

    def __init__(self, what: str, response_url: str, pauses_s: Sequence[float] = PAUSES_S) -> None:
        """`what` is being read; `response_url` takes five messages, of which this needs one a pause at most."""
        self._what = what
        self._response_url = response_url
        self._pauses_s = pauses_s
        self._where = ""
        self._over = threading.Event()

    def at(self, where: str) -> None:
        """Notes where the reading stands."""
        self._where = where

    def __enter__(self) -> Progress:
        """The reading begins."""
        if self._response_url:
            threading.Thread(target=self._keep_telling, name="progress", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The reading has ended; nothing more is said."""
        self._over.set()

    def _keep_telling(self) -> None:
        said: str | None = None
        for pause in self._pauses_s:
            if self._over.wait(pause):
                return
            where = self._where
            if where != said:
                said = where
                self._tell(where)

    def _tell(self, where: str) -> None:
        told = message([still_reading(self._what, where)])
        try:
            WebhookClient(self._response_url).send(
                text=told.text, blocks=list(told.blocks), response_type="ephemeral", replace_original=False
            )
        except (SlackClientError, OSError):
            log.warning("where %s stands could not be said", self._what, exc_info=True)
