"""Every setting with its default and its check, in one place; read from the environment and `.env`."""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from bot.terms.proposal import Policy

SLACK_URL = "https://slack.com/api/"
INTACCT_URL = "https://api.intacct.com/ia/xml/xmlgw.phtml"
BILL_URL = "https://gateway.prod.bill.com/connect"

ApprovalPolicy = Literal["any-approver", "second-person", "two-people"]


class SettingsError(Exception):
    """The settings cannot be used; `problems` has one line each, naming the variable and what it takes."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _names(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Deputy:
    """Somebody who may decide in an approver's stead, for some days or always."""

    user_id: str
    first: date | None = None
    """The first day, in the company's zone; None: no beginning."""
    last: date | None = None
    """The last day; None: no end."""

    def stands_in(self, day: date) -> bool:
        """Whether the deputy may decide on a day."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


_DEPUTY = re.compile(r"([UW][A-Z0-9]+)(?::(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2}))?")


def _deputies(value: object) -> object:
    """`U0LEE` always, `U0LEE:2026-12-20..2027-01-05` for some days; by commas."""
    if not isinstance(value, str):
        return value
    return tuple(_deputy(part.strip()) for part in value.split(",") if part.strip())


def _deputy(text: str) -> Deputy:
    found = _DEPUTY.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        first, last = (date.fromisoformat(day) if day else None for day in found.groups()[1:])
        if first and last and last < first:
            raise ValueError
    except ValueError:
        raise ValueError(
            "takes user ids by commas, each alone or with its days, such as U0LEE or U0LEE:2026-12-20..2027-01-05"
        ) from None
    return Deputy(user_id=found[1], first=first, last=last)


Names = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """The bot's settings. Names are the environment's, in lower case."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    port: Annotated[int, Field(ge=0, le=65535)] = 3000
    database_url: str = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    timezone: str = "UTC"

    slack_bot_token: SecretStr = SecretStr("")
    slack_app_token: SecretStr = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    slack_api_url: str = SLACK_URL

    alert_channels: Names = ()
    report_channel: str = ""
    approvers: Names = ()
    deputies: Annotated[tuple[Deputy, ...], NoDecode] = ()
    approval_policy: ApprovalPolicy = "second-person"
    decision_days: Annotated[int, Field(ge=1, le=90)] = 7
    terms_policy: Path | None = None
    retention_years: Annotated[int, Field(ge=1, le=100)] = 7
    """Calendar years for which evidence must be kept; journal rows are never removed."""
    journal_anchor: Path | None = None
    """A file outside the database to which the head of the journal is published, a line at a time."""

    intacct_url: str = INTACCT_URL
    intacct_sender_id: str = ""
    intacct_sender_password: SecretStr = SecretStr("")
    intacct_company_id: str = ""
    intacct_user_id: str = ""
    intacct_user_password: SecretStr = SecretStr("")
    intacct_location_id: str = ""
    intacct_writer_user_id: str = ""
    intacct_writer_password: SecretStr = SecretStr("")
    intacct_concurrency: Annotated[int, Field(ge=1, le=20)] = 2
    intacct_monthly_calls: Annotated[int, Field(ge=1)] | None = None

    bill_url: str = BILL_URL
    bill_username: str = ""
    bill_password: SecretStr = SecretStr("")
    bill_organization_id: str = ""
    bill_dev_key: SecretStr = SecretStr("")
    bill_concurrency: Annotated[int, Field(ge=1, le=3)] = 3
    invoice_csv: Path | None = None

    @field_validator("alert_channels", "approvers", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return _names(value)

    @field_validator("deputies", mode="before")
    @classmethod
    def _split_deputies(cls, value: object) -> object:
        return _deputies(value)

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("takes a zone of the IANA database, such as America/New_York") from None
        return value

    @field_validator("slack_api_url", "intacct_url", "bill_url")
    @classmethod
    def _secure(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("takes an https address")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError("takes an https address; http is accepted for this machine only")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        problems = [*self._slack_problems(), *self._intacct_problems(), *self._source_problems()]
        if not self.approvers:
            problems.append("APPROVERS is empty: name the Slack user ids or user-group ids that may decide")
        if not self.alert_channels:
            problems.append("ALERT_CHANNELS is empty: name the ids of the channels in which alerts arrive")
        if problems:
            raise SettingsError(tuple(problems))
        return self

    def _slack_problems(self) -> list[str]:
        problems = []
        if not self.slack_bot_token.get_secret_value().startswith("xoxb-"):
            problems.append("SLACK_BOT_TOKEN is missing or no bot token: it takes the token that starts with xoxb-")
        app, signing = self.slack_app_token.get_secret_value(), self.slack_signing_secret.get_secret_value()
        if not app and not signing:
            problems.append(
                "SLACK_APP_TOKEN and SLACK_SIGNING_SECRET are both missing: "
                "give the first for Socket Mode or the second for HTTP"
            )
        if app and not app.startswith("xapp-"):
            problems.append("SLACK_APP_TOKEN is no app-level token: it takes the token that starts with xapp-")
        return problems

    def _intacct_problems(self) -> list[str]:
        wanted = {
            "INTACCT_SENDER_ID": self.intacct_sender_id,
            "INTACCT_SENDER_PASSWORD": self.intacct_sender_password.get_secret_value(),
            "INTACCT_COMPANY_ID": self.intacct_company_id,
            "INTACCT_USER_ID": self.intacct_user_id,
            "INTACCT_USER_PASSWORD": self.intacct_user_password.get_secret_value(),
        }
        problems = [f"{name} is missing: Intacct's sign-in needs it" for name, value in wanted.items() if not value]
        if bool(self.intacct_writer_user_id) != bool(self.intacct_writer_password.get_secret_value()):
            problems.append(
                "INTACCT_WRITER_USER_ID and INTACCT_WRITER_PASSWORD go together: give both or neither",
            )
        return problems

    def _source_problems(self) -> list[str]:
        bill = {
            "BILL_USERNAME": self.bill_username,
            "BILL_PASSWORD": self.bill_password.get_secret_value(),
            "BILL_ORGANIZATION_ID": self.bill_organization_id,
            "BILL_DEV_KEY": self.bill_dev_key.get_secret_value(),
        }
        given = [name for name, value in bill.items() if value]
        if not given:
            if self.invoice_csv is None:
                return ["BILL_USERNAME and INVOICE_CSV are both missing: name BILL's sign-in or an invoice file"]
            return []
        return [
            f"{name} is missing: BILL's sign-in needs it, as {given[0]} is set"
            for name, value in bill.items()
            if not value
        ]

    @property
    def has_bill(self) -> bool:
        """Whether invoices come from BILL."""
        return bool(self.bill_username)

    @property
    def socket_mode(self) -> bool:
        """Whether Slack is reached by Socket Mode rather than by HTTP."""
        return bool(self.slack_app_token.get_secret_value())

    @property
    def company(self) -> str:
        """The key under which this company's cases and journal are kept."""
        return self.intacct_company_id

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.timezone)


FIELDS = tuple(name.upper() for name in Settings.model_fields)


def _problem(error: Mapping[str, Any]) -> str:
    location = error["loc"]
    name = str(location[0]).upper() if location else "the settings"
    field = Settings.model_fields.get(str(location[0])) if location else None
    message = str(error["msg"]).removeprefix("Value error, ")
    shown = "" if field is None or "Secret" in str(field.annotation) else f" (it is {str(error.get('input'))[:60]!r})"
    return f"{name}: {message}{shown}"


def load(values: Mapping[str, str] | None = None) -> Settings:
    """The settings of the environment and `.env`, or of `values` alone where given.

    Raises SettingsError with one line a problem; a secret's value is never in it.
    """
    try:
        if values is None:
            return Settings()
        known = {name.lower(): value for name, value in values.items() if name in FIELDS and value != ""}
        return _Isolated(**known)  # type: ignore[arg-type]  # pydantic reads the texts
    except ValidationError as error:
        raise SettingsError(tuple(_problem(dict(problem)) for problem in error.errors())) from None


class _Isolated(Settings):
    """Settings of given values alone: neither the environment nor `.env` is read."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


def set_names(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The settings that the environment and `.env` give a value, by name."""
    environment = os.environ if environment is None else environment
    given: dict[str, str] = {}
    dotenv = Path(".env")
    if dotenv.exists():
        given = {name: value for name, value in dotenv_values(dotenv).items() if value}
    given |= {name: value for name, value in environment.items() if value}
    return {name: value for name, value in given.items() if name in FIELDS}


def terms_policy(path: Path | None) -> Policy:
    """The approved terms and limits of a `TERMS_POLICY` file; without one nothing is outside the policy.

    Raises SettingsError where the file cannot be read or holds something else.
    """
    if path is None:
        return Policy()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError((f"TERMS_POLICY: {path} cannot be read as TOML: {error}",)) from None
    return _policy(table)


def _policy(table: dict[str, Any]) -> Policy:
    names, days = table.pop("approved", []), table.pop("longest_days", None)
    discounts, penalties = table.pop("discounts", True), table.pop("penalties", True)
    problems = [
        f"TERMS_POLICY: {key!r} is not known; it takes approved, longest_days, discounts, penalties" for key in table
    ]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        problems.append("TERMS_POLICY: approved takes a list of term names")
    if days is not None and (not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= 999):
        problems.append("TERMS_POLICY: longest_days takes a whole number from 0 to 999")
    if not isinstance(discounts, bool) or not isinstance(penalties, bool):
        problems.append("TERMS_POLICY: discounts and penalties take true or false")
    if problems:
        raise SettingsError(tuple(problems))
    return Policy(approved_names=frozenset(names), longest_days=days, discounts=discounts, penalties=penalties)
