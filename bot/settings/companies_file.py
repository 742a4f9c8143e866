"""`COMPANIES_FILE`: one table a company, with the names of the variables that hold its secrets."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.settings.company import SECRETS, SHARED, CompanySettings
from bot.settings.problems import SettingsError, told

FROM = "_from"
"""`bill_password_from` names the variable that holds `bill_password`."""
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_PATHS = frozenset(name for name, field in CompanySettings.model_fields.items() if "Path" in str(field.annotation))


def read_companies(path: Path, environment: Mapping[str, str]) -> tuple[CompanySettings, ...]:
    """The companies of the file, in its order. `environment` holds the secrets that it names.

    Relative paths in it start at its own folder. Raises SettingsError with all that is wrong in it.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError((f"COMPANIES_FILE: {path} cannot be read as TOML: {error}",)) from None
    if not tables:
        raise SettingsError((f"COMPANIES_FILE: {path} names no company; it takes one table each, such as [acme]",))
    problems: list[str] = []
    companies: list[CompanySettings] = []
    for key, table in tables.items():
        company = _Table(key, table, path.parent, environment).read(problems)
        if company is not None:
            companies.append(company)
    problems += _contradictions(companies)
    if problems:
        raise SettingsError(tuple(f"COMPANIES_FILE: {problem}" for problem in problems))
    return tuple(companies)


class _Table:
    """One company's table."""

    def __init__(self, key: str, table: object, folder: Path, environment: Mapping[str, str]) -> None:
        self._key = key
        self._table = table
        self._folder = folder
        self._environment = environment

    def naming(self, name: str) -> str:
        return f"{name}{FROM}" if name in SECRETS else name

    def read(self, problems: list[str]) -> CompanySettings | None:
        """The company; None where something is wrong, which is added to `problems`."""
        found = [f"[{self._key}] {problem}" for problem in self._problems()]
        company: CompanySettings | None = None
        if not found:
            try:
                company = CompanySettings.model_validate(self._values())
            except ValidationError as error:
                found = [
                    f"[{self._key}] {told(dict(problem), CompanySettings, self.naming)}" for problem in error.errors()
                ]
            else:
                found = [f"[{self._key}] {problem}" for problem in company.problems(self.naming)]
        problems += found
        return None if found else company

    def _problems(self) -> Iterator[str]:
        if not isinstance(self._table, dict):
            yield "is no table: a company's settings stand under its name in brackets"
            return
        if not _KEY.fullmatch(self._key):
            yield "is no key: it takes letters, digits, - and _, 40 at most, such as [acme-uk]"
        for name, value in self._table.items():
            yield from self._key_problems(name, value)

    def _key_problems(self, name: str, value: object) -> Iterator[str]:
        if name in SECRETS:
            example = f"{self._key}_{name}".upper().replace("-", "_")
            yield (
                f"{name}: a secret does not stand in this file; put it into a variable and name that: "
                f'{name}{FROM} = "{example}"'
            )
        elif name.endswith(FROM) and name.removesuffix(FROM) in SECRETS:
            if not isinstance(value, str) or not _VARIABLE.fullmatch(value):
                yield f"{name}: takes the name of an environment variable, in capitals"
            elif not self._environment.get(value):
                yield f"{name}: the variable {value} is not set"
        elif name == "key" or name not in CompanySettings.model_fields:
            yield f"{name}: is not known here"

    def _values(self) -> dict[str, Any]:
        table: dict[str, Any] = dict(self._table) if isinstance(self._table, dict) else {}
        shared = {name: self._environment[name.upper()] for name in SHARED if self._environment.get(name.upper())}
        values: dict[str, Any] = {"key": self._key} | shared
        for name, value in table.items():
            if name.endswith(FROM):
                values[name.removesuffix(FROM)] = self._environment[value]
            elif name in _PATHS and isinstance(value, str):
                values[name] = self._folder / value
            else:
                values[name] = value
        return values


def _contradictions(companies: Iterable[CompanySettings]) -> Iterator[str]:
    """What no two companies may have alike, and what those of one Intacct company must."""
    channels: dict[str, list[str]] = defaultdict(list)
    names: dict[str, list[str]] = defaultdict(list)
    books: dict[tuple[str, str], list[str]] = defaultdict(list)
    for company in companies:
        names[company.key.casefold()].append(company.key)
        for channel in company.channels:
            channels[channel].append(company.key)
        books[company.contract, company.intacct_location_id].append(company.key)
    for keys in names.values():
        if len(keys) > 1:
            yield f"{_tables(keys)} differ in capitals only: people could not tell them apart"
    for channel, keys in channels.items():
        if len(keys) > 1:
            yield f"{_tables(keys)} name the same channel {channel}: a channel belongs to one company"
    for (contract, entity), keys in books.items():
        if len(keys) > 1:
            where = f"entity {entity}" if entity else "top level"
            yield f"{_tables(keys)} are the same Intacct company and entity ({contract}, {where})"
    yield from _limits(companies, "contract", "intacct_concurrency", "Intacct company")
    yield from _limits(companies, "contract", "intacct_monthly_calls", "Intacct company")
    yield from _limits(companies, "bill_organization_id", "bill_concurrency", "BILL organization")


def _limits(companies: Iterable[CompanySettings], shared: str, limit: str, what: str) -> Iterator[str]:
    """Limits that a service sets its customer once, whatever tables share it."""
    by_service: dict[str, dict[object, list[str]]] = defaultdict(lambda: defaultdict(list))
    for company in companies:
        if getattr(company, shared):
            by_service[getattr(company, shared)][getattr(company, limit)].append(company.key)
    for service, values in by_service.items():
        if len(values) > 1:
            keys = [key for some in values.values() for key in some]
            yield f"{_tables(keys)} share the {what} {service}, so {limit} must be the same in each"


def _tables(keys: Iterable[str]) -> str:
    return " and ".join(f"[{key}]" for key in keys)
