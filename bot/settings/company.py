"""One company's settings: its channels, deciders, systems and rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from bot.settings.problems import Naming
from bot.settings.values import Address, Deputies, Names, Zone

INTACCT_URL = "https://api.intacct.com/ia/xml/xmlgw.phtml"
BILL_URL = "https://gateway.prod.bill.com/connect"

ApprovalPolicy = Literal["any-approver", "second-person", "two-people"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class CompanySettings(BaseModel):
    """What one company takes. Names are the environment's in lower case, and the keys of a table of `COMPANIES_FILE`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    """Under which its cases and journal are kept: the table's name, or without `COMPANIES_FILE` Intacct's company id."""
    timezone: Zone = "UTC"

    alert_channels: Names = ()
    report_channel: str = ""
    approvers: Names = ()
    deputies: Deputies = ()
    approval_policy: ApprovalPolicy = "second-person"
    decision_days: Annotated[int, Field(ge=1, le=90)] = 7
    terms_policy: Path | None = None
    close_calendar: Path | None = None
    house_terms: Path | None = None
    report_day: Weekday = "mon"
    report_hour: Annotated[int, Field(ge=0, le=23)] = 8
    """By the clock on the wall, in the company's zone."""

    intacct_url: Address = INTACCT_URL
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

    bill_url: Address = BILL_URL
    bill_username: str = ""
    bill_password: SecretStr = SecretStr("")
    bill_organization_id: str = ""
    bill_dev_key: SecretStr = SecretStr("")
    bill_concurrency: Annotated[int, Field(ge=1, le=3)] = 3
    invoice_csv: Path | None = None

    @property
    def has_bill(self) -> bool:
        """Whether invoices come from BILL."""
        return bool(self.bill_username)

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def channels(self) -> tuple[str, ...]:
        """All its channels: the alerts' and the report's."""
        return tuple(dict.fromkeys((*self.alert_channels, *filter(None, (self.report_channel,)))))

    @property
    def contract(self) -> str:
        """Under which Intacct's limits count: its company, whatever the entity, and whoever writes it in capitals."""
        return self.intacct_company_id.casefold()

    def problems(self, naming: Naming) -> Iterator[str]:
        """What is missing or does not fit together, a line each, with the names as they are given."""
        yield from self._intacct_problems(naming)
        yield from self._source_problems(naming)
        if not self.approvers:
            yield f"{naming('approvers')} is empty: name the Slack user ids or user-group ids that may decide"
        if not self.alert_channels:
            yield f"{naming('alert_channels')} is empty: name the ids of the channels in which alerts arrive"

    def _intacct_problems(self, naming: Naming) -> Iterator[str]:
        wanted = {
            "intacct_sender_id": self.intacct_sender_id,
            "intacct_sender_password": self.intacct_sender_password.get_secret_value(),
            "intacct_company_id": self.intacct_company_id,
            "intacct_user_id": self.intacct_user_id,
            "intacct_user_password": self.intacct_user_password.get_secret_value(),
        }
        for name, value in wanted.items():
            if not value:
                yield f"{naming(name)} is missing: Intacct's sign-in needs it"
        if bool(self.intacct_writer_user_id) != bool(self.intacct_writer_password.get_secret_value()):
            yield (
                f"{naming('intacct_writer_user_id')} and {naming('intacct_writer_password')} go together: "
                "give both or neither"
            )

    def _source_problems(self, naming: Naming) -> Iterator[str]:
        bill = {
            "bill_username": self.bill_username,
            "bill_password": self.bill_password.get_secret_value(),
            "bill_organization_id": self.bill_organization_id,
            "bill_dev_key": self.bill_dev_key.get_secret_value(),
        }
        given = [name for name, value in bill.items() if value and name not in SHARED]
        if not given:
            if self.invoice_csv is None:
                yield (
                    f"{naming('bill_username')} and {naming('invoice_csv')} are both missing: "
                    "name BILL's sign-in or an invoice file"
                )
            return
        for name, value in bill.items():
            if not value:
                yield f"{naming(name)} is missing: BILL's sign-in needs it, as {naming(given[0])} is set"


SECRETS = frozenset(name for name, field in CompanySettings.model_fields.items() if "Secret" in str(field.annotation))
SHARED = frozenset(
    {
        "timezone",
        "intacct_url",
        "intacct_sender_id",
        "intacct_sender_password",
        "intacct_concurrency",
        "bill_url",
        "bill_dev_key",
        "bill_concurrency",
    }
)
"""What the environment may give for all companies beside `COMPANIES_FILE`; a company's table may say otherwise."""
