"""The month-end calendar: which periods close for AR and when, and how an invoice's date stands to that."""

from __future__ import annotations

from bot.close.calendar import (
    NO_PERIODS,
    CloseCalendar,
    Closing,
    NoPeriod,
    Period,
    Periods,
    Stage,
    Standing,
    month,
    stage,
)

__all__ = [
    "NO_PERIODS",
    "CloseCalendar",
    "Closing",
    "NoPeriod",
    "Period",
    "Periods",
    "Stage",
    "Standing",
    "month",
    "stage",
]
