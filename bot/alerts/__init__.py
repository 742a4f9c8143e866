"""A Slack message event becomes failures; a slash command's text becomes a question."""

from __future__ import annotations

from bot.alerts.asked import (
    AskedClose,
    AskedHelp,
    AskedInvoices,
    AskedReport,
    AskedStandard,
    AskedTerm,
    Nonsense,
    Question,
    Reason,
    read_question,
)
from bot.alerts.failure import Cause, Failure
from bot.alerts.message import Origin, as_json, failures, origin, other_failures, own
from bot.alerts.other import OtherFailure

__all__ = [
    "AskedClose",
    "AskedHelp",
    "AskedInvoices",
    "AskedReport",
    "AskedStandard",
    "AskedTerm",
    "Cause",
    "Failure",
    "Nonsense",
    "Origin",
    "OtherFailure",
    "Question",
    "Reason",
    "as_json",
    "failures",
    "origin",
    "other_failures",
    "own",
    "read_question",
]
