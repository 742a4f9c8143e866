"""Settings: each mistake is one line that names the variable, and no line shows a secret."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.settings import SettingsError, house_terms, load, terms_policy

GOOD = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "ALERT_CHANNELS": "C1, C2",
    "APPROVERS": "U1,S2",
    "INTACCT_SENDER_ID": "sender",
    "INTACCT_SENDER_PASSWORD": "hunter2-sender",
    "INTACCT_COMPANY_ID": "acme",
    "INTACCT_USER_ID": "reader",
    "INTACCT_USER_PASSWORD": "hunter2-user",
    "BILL_USERNAME": "bill",
    "BILL_PASSWORD": "hunter2-bill",
    "BILL_ORGANIZATION_ID": "008",
    "BILL_DEV_KEY": "hunter2-key",
}


def problems(**changed: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as refused:
        load(GOOD | changed)
    return refused.value.problems


def test_lists_are_read_by_commas_and_defaults_stand() -> None:
    settings = load(GOOD)
    company = settings.companies[0]
    assert company.alert_channels == ("C1", "C2")
    assert company.approvers == ("U1", "S2")
    assert company.approval_policy == "second-person"
    assert settings.socket_mode
    assert company.key == "acme"


@pytest.mark.parametrize("missing", sorted(set(GOOD)))
def test_a_missing_setting_is_named(missing: str) -> None:
    told = problems(**{missing: ""})
    assert len(told) == 1
    assert missing in told[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "seventy"),
        ("PORT", "70000"),
        ("TIMEZONE", "Mars/Olympus"),
        ("LOG_LEVEL", "LOUD"),
        ("APPROVAL_POLICY", "everybody"),
        ("DECISION_DAYS", "0"),
        ("INTACCT_URL", "http://api.intacct.com/ia/xml/xmlgw.phtml"),
        ("BILL_URL", "ftp://gateway.prod.bill.com"),
        ("SLACK_API_URL", "slack.com/api/"),
        ("BILL_CONCURRENCY", "9"),
        ("SLACK_BOT_TOKEN", "xoxp-hunter2"),
        ("SLACK_APP_TOKEN", "hunter2"),
        ("INTACCT_WRITER_USER_ID", "writer"),
    ],
)
def test_a_malformed_setting_is_one_line_that_names_it(name: str, value: str) -> None:
    told = problems(**{name: value})
    assert len(told) == 1
    assert told[0].startswith(name)


def test_no_problem_shows_a_secret() -> None:
    told = "\n".join(
        problems(SLACK_BOT_TOKEN="hunter2-token", SLACK_APP_TOKEN="hunter2-app", BILL_USERNAME="", TIMEZONE="UTC")
    )
    assert "hunter2" not in told


def test_http_is_taken_for_this_machine_alone() -> None:
    assert (
        load(GOOD | {"BILL_URL": "http://127.0.0.1:3000/sandbox/bill/connect"})
        .companies[0]
        .bill_url.startswith("http:")
    )


def test_a_terms_policy_is_read_and_its_mistakes_are_told(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('approved = ["Net 30"]\nlongest_days = 60\ndiscounts = false\n')
    policy = terms_policy(file)
    assert policy.approved_names == frozenset({"Net 30"})
    assert policy.longest_days == 60
    assert (policy.discounts, policy.penalties) == (False, True)
    file.write_text('approved = "Net 30"\nlongest_days = 5000\nsurprise = 1\n')
    with pytest.raises(SettingsError) as refused:
        terms_policy(file)
    assert len(refused.value.problems) == 3


def test_house_terms_are_read_in_order_and_their_mistakes_are_told_at_the_start(tmp_path: Path) -> None:
    file = tmp_path / "house.toml"
    file.write_text('names = ["Net 30", "Due on receipt", "Net 60"]\n', encoding="utf-8")
    assert house_terms(file) == ("Net 30", "Due on receipt", "Net 60")
    assert house_terms(None) == ()
    file.write_text('names = ["Net 30", "Net 30"]\nsurprise = 1\n')
    assert problems(HOUSE_TERMS=str(file)) == (
        "HOUSE_TERMS: 'surprise' is not known; it takes names",
        "HOUSE_TERMS: 'Net 30' stands more than once",
    )


@pytest.mark.parametrize("text", ["names = 'Net 30'", "names = [30]", "names = ['']", "", "names ="])
def test_a_file_that_is_no_list_of_house_terms_is_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "house.toml"
    file.write_text(text)
    (told,) = problems(HOUSE_TERMS=str(file))
    assert told.startswith("HOUSE_TERMS: ")


def test_deputies_stand_in_always_or_for_their_days() -> None:
    always, some = load(GOOD | {"DEPUTIES": "U0LEE, U0SAM:2026-12-20..2027-01-05"}).companies[0].deputies
    assert always.stands_in(date(2026, 1, 1))
    assert [some.stands_in(date(2026, 12, day)) for day in (19, 20, 31)] == [False, True, True]
    assert some.stands_in(date(2027, 1, 5))
    assert not some.stands_in(date(2027, 1, 6))


@pytest.mark.parametrize(
    "value", ["lee", "U0LEE:2026-12-20", "U0LEE:2027-01-05..2026-12-20", "U0LEE:2026-13-01..2026-13-02"]
)
def test_deputies_that_cannot_be_read_are_named(value: str) -> None:
    assert any("DEPUTIES" in line and "U0LEE:2026-12-20..2027-01-05" in line for line in problems(DEPUTIES=value))
