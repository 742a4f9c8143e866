"""Reads all settings from the environment and `.env`, and tells every problem at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from dotenv import dotenv_values
from pydantic import ValidationError

from bot.settings.calendar_file import close_calendar
from bot.settings.companies_file import read_companies
from bot.settings.company import SHARED, CompanySettings
from bot.settings.house_file import house_terms
from bot.settings.policy_file import terms_policy
from bot.settings.problems import SettingsError, in_environment, told
from bot.settings.process import Given, Settings

PROCESS = tuple(name.upper() for name in Settings.model_fields if name != "companies")
COMPANY = tuple(name.upper() for name in CompanySettings.model_fields if name != "key")
FIELDS = (*PROCESS, *COMPANY)
"""The names of all settings."""


def load(values: Mapping[str, str] | None = None) -> Settings:
    """The settings of the environment and `.env`, or of `values` alone where given.

    Raises SettingsError with one line a problem; a secret's value is never in it.
    """
    given = _environment(os.environ) if values is None else {name: value for name, value in values.items() if value}
    problems: list[str] = []
    companies: tuple[CompanySettings, ...] = ()
    settings: Settings | None = None
    try:
        settings = _process(given, isolated=values is not None)
    except SettingsError as error:
        problems += error.problems
    try:
        companies = _companies(given)
    except SettingsError as error:
        problems += error.problems
    if problems or settings is None:
        raise SettingsError(tuple(problems))
    return settings.model_copy(update={"companies": companies})


def set_names(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The settings that the environment and `.env` give a value, by name."""
    given = _environment(os.environ if environment is None else environment)
    return {name: value for name, value in given.items() if name in FIELDS}


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    given: dict[str, str] = {}
    dotenv = Path(".env")
    if dotenv.exists():
        given = {name: value for name, value in dotenv_values(dotenv).items() if value}
    return given | {name: value for name, value in environment.items() if value}


def _process(given: Mapping[str, str], *, isolated: bool) -> Settings:
    try:
        if not isolated:
            return Settings(companies=())
        known = {name.lower(): value for name, value in given.items() if name in PROCESS}
        return Given(**known)  # type: ignore[arg-type]  # pydantic reads the texts
    except ValidationError as error:
        raise SettingsError(
            tuple(told(dict(problem), Settings, in_environment) for problem in error.errors())
        ) from None


def _companies(given: Mapping[str, str]) -> tuple[CompanySettings, ...]:
    companies = _named(given)
    if problems := [problem for company in companies for problem in _rules(company, named="COMPANIES_FILE" in given)]:
        raise SettingsError(tuple(problems))
    return companies


def _rules(company: CompanySettings, *, named: bool) -> Iterator[str]:
    """What is wrong in a company's files of rules; the bot reads them again when it starts its parts."""
    for read in (
        lambda: terms_policy(company.terms_policy),
        lambda: close_calendar(company.close_calendar, company.zone),
        lambda: house_terms(company.house_terms),
    ):
        try:
            read()
        except SettingsError as error:
            yield from (
                f"COMPANIES_FILE: [{company.key}] {problem}" if named else problem for problem in error.problems
            )


def _named(given: Mapping[str, str]) -> tuple[CompanySettings, ...]:
    if "COMPANIES_FILE" in given:
        flat = [name for name in COMPANY if name in given and name.lower() not in SHARED]
        try:
            companies = read_companies(Path(given["COMPANIES_FILE"]), given)
        except SettingsError as error:
            raise SettingsError((*_both(flat), *error.problems)) from None
        if flat:
            raise SettingsError(_both(flat))
        return companies
    return (_flat({name.lower(): given[name] for name in COMPANY if name in given}),)


def _both(flat: list[str]) -> tuple[str, ...]:
    if not flat:
        return ()
    return (f"COMPANIES_FILE is set, so these stand in its tables and not beside it: {', '.join(flat)}",)


def _flat(values: dict[str, str]) -> CompanySettings:
    try:
        company = CompanySettings.model_validate({"key": values.get("intacct_company_id", "")} | values)
    except ValidationError as error:
        problems = tuple(told(dict(problem), CompanySettings, in_environment) for problem in error.errors())
        raise SettingsError(problems) from None
    if problems := tuple(company.problems(in_environment)):
        raise SettingsError(problems)
    return company
