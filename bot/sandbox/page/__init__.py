"""The page where one plays the people and watches the two systems."""

from __future__ import annotations

from bot.sandbox.page.routes import routes

__all__ = ["routes"]
