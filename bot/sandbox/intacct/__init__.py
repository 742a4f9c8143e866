"""The emulated Sage Intacct: one XML gateway over the sandbox's kept records, sharing no code with the bot."""

from __future__ import annotations

from bot.sandbox.intacct.gateway import PATH, routes

__all__ = ["PATH", "routes"]
