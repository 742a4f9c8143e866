"""Every setting with its default and its check, in one place; read from the environment, `.env` and `COMPANIES_FILE`."""

from __future__ import annotations

from bot.settings.calendar_file import close_calendar
from bot.settings.company import ApprovalPolicy, CompanySettings
from bot.settings.house_file import house_terms
from bot.settings.policy_file import terms_policy
from bot.settings.problems import SettingsError
from bot.settings.process import SLACK_SIGNS, Settings
from bot.settings.reading import FIELDS, load, set_names
from bot.settings.values import Deputy, is_loopback

__all__ = [
    "FIELDS",
    "SLACK_SIGNS",
    "ApprovalPolicy",
    "CompanySettings",
    "Deputy",
    "Settings",
    "SettingsError",
    "close_calendar",
    "house_terms",
    "is_loopback",
    "load",
    "set_names",
    "terms_policy",
]
