"""Settings are journalled at the first start and each change at a later one; a secret never is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import text

from bot.clock import RealClock
from bot.evidence.rules import note_start
from bot.records.engine import Database
from bot.settings import load
from tests.test_settings import GOOD


def start(database: Database, **changed: str) -> None:
    note_start(database, RealClock(), load(GOOD | changed))


def changes(database: Database, company: str = "acme") -> list[tuple[str, Any]]:
    with database.transaction() as connection:
        rows = connection.execute(
            text("SELECT kind, content::jsonb -> 'content' FROM journal WHERE company = :c ORDER BY seq"),
            {"c": company},
        )
        return [(row[0], row[1]) for row in rows]


def test_the_first_start_notes_all_and_a_second_that_is_the_same_nothing(database: Database) -> None:
    start(database)
    start(database, PORT="4000", LOG_LEVEL="DEBUG", METRICS="true")
    ((kind, content),) = changes(database)
    assert kind == "settings"
    assert content["settings"]["APPROVAL_POLICY"] == "second-person"
    assert content["settings"]["INTACCT_USER_PASSWORD"] == "set"
    assert content["settings"]["INTACCT_WRITER_PASSWORD"] == "unset"
    assert content["settings"]["APPROVERS"] == "U1, S2"


def test_each_change_is_one_entry_with_before_and_after(database: Database) -> None:
    start(database)
    start(
        database,
        APPROVAL_POLICY="any-approver",
        DEPUTIES="U0LEE:2026-12-20..2027-01-05",
        INTACCT_WRITER_USER_ID="writer",
        INTACCT_WRITER_PASSWORD="hunter2-writer",
    )
    assert [content for kind, content in changes(database) if kind == "setting"] == [
        {"name": "APPROVAL_POLICY", "from": "second-person", "to": "any-approver"},
        {"name": "DEPUTIES", "from": "", "to": "U0LEE:2026-12-20..2027-01-05"},
        {"name": "INTACCT_WRITER_PASSWORD", "from": "unset", "to": "set"},
        {"name": "INTACCT_WRITER_USER_ID", "from": "", "to": "writer"},
    ]
    assert [kind for kind, _ in changes(database)].count("settings") == 2
    start(database, APPROVAL_POLICY="two-people")
    told = [content for kind, content in changes(database) if kind == "setting"][4:]
    assert {"name": "APPROVAL_POLICY", "from": "any-approver", "to": "two-people"} in told


def test_a_policy_file_that_says_something_else_is_a_changed_setting(database: Database, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("longest_days = 60\n")
    start(database, TERMS_POLICY=str(policy))
    policy.write_text("longest_days = 90\n")
    start(database, TERMS_POLICY=str(policy))
    ((_, change),) = [entry for entry in changes(database) if entry[0] == "setting"]
    assert change["name"] == "TERMS_POLICY"
    assert change["from"] != change["to"]
    assert change["to"].startswith(f"{policy}, SHA-256 ")


def test_no_secret_and_nothing_made_of_one_is_kept(database: Database) -> None:
    import hashlib

    start(database, DATABASE_URL="postgresql://bot:hunter2-database@db.example/x", SLACK_SIGNING_SECRET="hunter2-sign")
    start(database, INTACCT_USER_PASSWORD="hunter2-other")
    with database.transaction() as connection:
        kept = "\n".join(connection.scalars(text("SELECT content FROM journal")).all())
    secrets = [value for value in GOOD.values() if "hunter2" in value or value.startswith("x")]
    for secret in [*secrets, "hunter2-database", "hunter2-sign", "hunter2-other"]:
        assert secret not in kept
        assert hashlib.sha256(secret.encode()).hexdigest() not in kept


def test_each_company_has_its_own_rules_in_its_own_chain(database: Database, tmp_path: Path) -> None:
    table = """
[{key}]
alert_channels = ["C{key}"]
approvers = ["{approver}"]
invoice_csv = "x.csv"
intacct_company_id = "{key}"
intacct_user_id = "reader"
intacct_user_password_from = "A_PASSWORD"
"""
    file = tmp_path / "companies.toml"
    given = {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_APP_TOKEN": "xapp-1",
        "COMPANIES_FILE": str(file),
        "INTACCT_SENDER_ID": "sender",
        "INTACCT_SENDER_PASSWORD": "hunter2-sender",
        "A_PASSWORD": "hunter2-a",
    }
    file.write_text(table.format(key="acme", approver="U0DAN") + table.format(key="globex", approver="U0HANK"))
    note_start(database, RealClock(), load(given))
    file.write_text(table.format(key="acme", approver="U0DAN") + table.format(key="globex", approver="U0PEG"))
    note_start(database, RealClock(), load(given))
    assert [kind for kind, _ in changes(database)] == ["settings"]
    assert [content["to"] for kind, content in changes(database, "globex") if kind == "setting"] == ["U0PEG"]
    assert "U0HANK" not in str(changes(database))
