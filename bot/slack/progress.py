"""Where a long answer stands: said once to the asker alone, if the answer does not come within seconds."""

from __future__ import annotations

import logging
import threading
from types import TracebackType

from slack_sdk.errors import SlackClientError
from slack_sdk.webhook import WebhookClient

from bot.slack.cards.blocks import message
from bot.slack.cards.cutoff import still_reading

log = logging.getLogger(__name__)

PATIENCE_S = 5.0
"""So long nobody minds waiting for an answer in silence."""


class Progress:
    """Says where the reading stands once, while it lasts. An answer that is quick says nothing before itself."""

    def __init__(self, what: str, response_url: str, patience_s: float = PATIENCE_S) -> None:
        """`what` is being read; `response_url` takes five messages, of which this needs one."""
        self._what = what
        self._response_url = response_url
        self._where = ""
        self._timer = threading.Timer(patience_s, self._tell)
        self._timer.daemon = True

    def at(self, where: str) -> None:
        """Notes where the reading stands."""
        self._where = where

    def __enter__(self) -> Progress:
        """The reading begins."""
        if self._response_url:
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The reading has ended; nothing more is said."""
        self._timer.cancel()

    def _tell(self) -> None:
        told = message([still_reading(self._what, self._where)])
        try:
            WebhookClient(self._response_url).send(
                text=told.text, blocks=list(told.blocks), response_type="ephemeral", replace_original=False
            )
        except (SlackClientError, OSError):
            log.warning("where %s stands could not be said", self._what, exc_info=True)
