"""Settings for several companies: a table each in a TOML file, and the secrets in variables that the tables name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.sandbox.company import ACME, BIRCH, birch

COMPANIES_FILE = "companies.toml"
"""The file's name."""
OF_ALL = frozenset({"PORT", "TIMEZONE", "INTACCT_URL", "INTACCT_SENDER_ID", "INTACCT_SENDER_PASSWORD"}) | frozenset(
    {"SLACK_API_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "BILL_URL", "BILL_DEV_KEY"}
)
"""What stands beside the file for all companies."""
LISTS = frozenset({"ALERT_CHANNELS", "APPROVERS", "DEPUTIES"})
SECRETS = frozenset({"INTACCT_USER_PASSWORD", "INTACCT_WRITER_PASSWORD", "BILL_PASSWORD"})

BIRCH_SETTINGS = {
    "TIMEZONE": BIRCH.timezone,
    "ALERT_CHANNELS": BIRCH.alert_channel,
    "REPORT_CHANNEL": BIRCH.report_channel,
    "APPROVERS": ",".join(birch.APPROVERS),
    "INTACCT_COMPANY_ID": BIRCH.key,
    "INTACCT_USER_ID": "termkeeper-reader",
    "INTACCT_USER_PASSWORD": "birch-reader-password",
    "INTACCT_WRITER_USER_ID": "termkeeper-writer",
    "INTACCT_WRITER_PASSWORD": "birch-writer-password",
    "INVOICE_CSV": birch.INVOICE_FILE,
}
"""birch's own, by the names that they would have in the environment; a path starts at the file's folder."""


def for_two(alone: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The settings of a client of both companies, from those for acme alone."""
    tables = _tables(alone)
    secrets = {_variable(key, name): table[name] for key, table in tables.items() for name in table if name in SECRETS}
    shared = {name: value for name, value in alone.items() if name in OF_ALL}
    return shared | {"COMPANIES_FILE": str(folder.resolve() / COMPANIES_FILE)} | secrets


def write_companies_file(alone: Mapping[str, str], folder: Path) -> None:
    """Writes the file that `for_two` names."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / COMPANIES_FILE).write_text("\n".join(_lines(_tables(alone))), encoding="utf-8")


def _tables(alone: Mapping[str, str]) -> dict[str, Mapping[str, str]]:
    acme = {name: value for name, value in alone.items() if name not in OF_ALL}
    return {ACME.key: acme, BIRCH.key: BIRCH_SETTINGS}


def _lines(tables: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    yield "# The sandbox's two companies. What they share, and the secrets, are in the environment."
    for key, table in tables.items():
        yield from ("", f"[{key}]")
        for name, value in table.items():
            if name in SECRETS:
                yield f"{name.lower()}_from = {_text(_variable(key, name))}"
            elif name in LISTS:
                yield f"{name.lower()} = [{', '.join(_text(one) for one in value.split(','))}]"
            else:
                yield f"{name.lower()} = {_text(value)}"
    yield ""


def _variable(key: str, name: str) -> str:
    return f"{key}_{name}".upper()


def _text(value: str) -> str:
    """A TOML string: JSON's are, but for what no setting holds."""
    return json.dumps(value, ensure_ascii=False)
