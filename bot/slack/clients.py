"""The two ways of calling Slack: one that posts, which must not post twice, and one that reads and updates."""

from __future__ import annotations

from dataclasses import dataclass

from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)

TIMEOUT_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackClients:
    """Both clients of one workspace."""

    posting: WebClient
    """Retries rate limits only: after a connection error nobody knows whether the message is there."""
    other: WebClient
    """Retries connection and server errors too."""


def clients(token: str, base_url: str) -> SlackClients:
    """The clients for one bot token; `base_url` ends in `/api/`."""
    return SlackClients(
        posting=WebClient(
            token=token,
            base_url=base_url,
            timeout=TIMEOUT_S,
            retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=2)],
        ),
        other=WebClient(
            token=token,
            base_url=base_url,
            timeout=TIMEOUT_S,
            retry_handlers=[
                RateLimitErrorRetryHandler(max_retry_count=2),
                ConnectionErrorRetryHandler(max_retry_count=2),
                ServerErrorRetryHandler(max_retry_count=2),
            ],
        ),
    )
