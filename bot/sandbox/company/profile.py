"""Who the sandbox's companies are, and by what each is known in Slack, in Intacct and in billing."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.sandbox.company.days import TIMEZONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One company; all of it is fixed and public."""

    key: str
    """Its id in Intacct, and the name of its table in a file of companies."""
    name: str
    timezone: str
    billing: str
    """What people call its billing system."""
    sync_user: str
    """The Web Services user that its sync signs in as."""
    sync_password: str
    alert_channel: str
    report_channel: str

    @property
    def zone(self) -> ZoneInfo:
        """In which its days are counted."""
        return ZoneInfo(self.timezone)

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that speak of this company alone."""
        return self.alert_channel, self.report_channel


ACME = Profile(
    key="acme",
    name="Acme, Inc.",
    timezone=TIMEZONE,
    billing="BILL",
    sync_user="bill-sync",
    sync_password="sandbox-sync-password",  # noqa: S106 - documented
    alert_channel="C0FINALERTS",
    report_channel="C0FINREPORT",
)
BIRCH = Profile(
    key="birch",
    name="Birch Supply Co",
    timezone="America/Los_Angeles",
    billing="Birch Billing",
    sync_user="birch-sync",
    sync_password="birch-sync-password",  # noqa: S106 - documented
    alert_channel="C0BIRCHALERTS",
    report_channel="C0BIRCHREPORT",
)
