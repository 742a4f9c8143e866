"""The Web API: every method that the emulator knows."""

from __future__ import annotations

from bot.sandbox.slack.api import chat, conversations, modals, people, uploads
from bot.sandbox.slack.api.call import METHODS, Args, Method, SlackError

__all__ = ["METHODS", "Args", "Method", "SlackError", "chat", "conversations", "modals", "people", "uploads"]
