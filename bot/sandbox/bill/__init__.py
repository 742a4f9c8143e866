"""BILL API v3 as far as billing clients use it: sessions, invoices, customers, payment terms, limits and errors."""

from __future__ import annotations

from bot.sandbox.bill.api import routes

__all__ = ["routes"]
