"""Listeners by Slack's own kinds, each module with a `register(app, parts)`."""

from __future__ import annotations

from slack_bolt import App

from bot.slack.listeners import actions, commands, events, messages, reports, shortcuts, standard, views
from bot.slack.parts import Parts


def register(app: App, parts: Parts) -> None:
    """Registers every listener."""
    for kind in (messages, commands, reports, standard, actions, views, shortcuts, events):
        kind.register(app, parts)
