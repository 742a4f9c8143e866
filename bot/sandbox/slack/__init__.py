"""An emulated Slack workspace: Web API, Socket Mode, signed HTTP events, files and views."""

from __future__ import annotations

from bot.sandbox.slack.routes import routes
from bot.sandbox.slack.workspace import ActError, Outcome, Workspace

__all__ = ["ActError", "Outcome", "Workspace", "routes"]
