"""The settings of the whole bot, and with them its companies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from bot.settings.company import CompanySettings
from bot.settings.problems import SettingsError
from bot.settings.values import Address

SLACK_URL = "https://slack.com/api/"
SLACK_SIGNS = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET")
"""Any of these says that the real bot is meant, and not the sandbox."""


class Settings(BaseSettings):
    """What the whole bot takes. Names are the environment's, in lower case."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    port: Annotated[int, Field(ge=0, le=65535)] = 3000
    database_url: str = ""
    metrics: bool = False
    """Whether `/metrics` answers in HTTP mode; it names the companies."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    retention_years: Annotated[int, Field(ge=1, le=100)] = 7
    """Calendar years for which evidence must be kept; journal rows are never removed."""
    journal_anchor: Path | None = None
    """A file outside the database to which the head of the journal is published, a line at a time."""

    slack_bot_token: SecretStr = SecretStr("")
    slack_app_token: SecretStr = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    slack_api_url: Address = SLACK_URL

    companies_file: Path | None = None
    companies: Annotated[tuple[CompanySettings, ...], NoDecode] = ()
    """Of the file, or the one that the flat settings make; no variable gives it."""

    @model_validator(mode="before")
    @classmethod
    def _upper(cls, values: dict[str, object]) -> dict[str, object]:
        level = values.get("log_level")
        return values | {"log_level": level.upper()} if isinstance(level, str) else values

    @model_validator(mode="after")
    def _slack(self) -> Settings:
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
        if problems:
            raise SettingsError(tuple(problems))
        return self

    @property
    def socket_mode(self) -> bool:
        """Whether Slack is reached by Socket Mode rather than by HTTP."""
        return bool(self.slack_app_token.get_secret_value())

    def beside(self, company: CompanySettings) -> tuple[str, ...]:
        """The keys of the other companies that share a company's books: entities of one Intacct company."""
        return tuple(
            other.key for other in self.companies if other.contract == company.contract and other.key != company.key
        )


class Given(Settings):
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
        """The given values, and no other source."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)
