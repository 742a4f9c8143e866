"""`COMPANIES_FILE`: a table a company, secrets by the names of their variables, and no two that get in each other's way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, load

ENVIRONMENT = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "INTACCT_SENDER_ID": "firm",
    "INTACCT_SENDER_PASSWORD": "hunter2-sender",
    "BILL_DEV_KEY": "hunter2-key",
    "ACME_INTACCT_PASSWORD": "hunter2-acme",
    "ACME_BILL_PASSWORD": "hunter2-bill",
    "BETA_INTACCT_PASSWORD": "hunter2-beta",
}
ACME = """
[acme]
alert_channels = ["C1", "C2"]
report_channel = "C3"
approvers = ["U1", "S2"]
deputies = ["U0LEE:2026-12-20..2027-01-05"]
approval_policy = "two-people"
decision_days = 3
timezone = "America/New_York"
intacct_company_id = "ACME-US"
intacct_user_id = "reader"
intacct_user_password_from = "ACME_INTACCT_PASSWORD"
intacct_monthly_calls = 100_000
bill_username = "bot@acme.test"
bill_password_from = "ACME_BILL_PASSWORD"
bill_organization_id = "008ACME"
"""
BETA = """
[beta]
alert_channels = "C7"
approvers = "U7"
intacct_company_id = "beta"
intacct_location_id = "200"
intacct_user_id = "reader"
intacct_user_password_from = "BETA_INTACCT_PASSWORD"
invoice_csv = "invoices.csv"
"""

Reading = Callable[..., Settings]


@pytest.fixture
def read(tmp_path: Path) -> Reading:
    """Reads settings with a COMPANIES_FILE of this text."""

    def reading(text: str, **more: str) -> Settings:
        file = tmp_path / "companies.toml"
        file.write_text(text)
        return load(ENVIRONMENT | {"COMPANIES_FILE": str(file)} | more)

    return reading


def problems(read: Reading, text: str, **more: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as refused:
        read(text, **more)
    assert "hunter2" not in str(refused.value)
    return refused.value.problems


def test_each_table_is_a_company_with_its_own_rules_and_the_shared_sender(read: Reading, tmp_path: Path) -> None:
    acme, beta = read(ACME + BETA).companies
    assert (acme.key, beta.key) == ("acme", "beta")
    assert (acme.alert_channels, beta.alert_channels) == (("C1", "C2"), ("C7",))
    assert (acme.approval_policy, beta.approval_policy) == ("two-people", "second-person")
    assert (acme.decision_days, beta.decision_days) == (3, 7)
    assert acme.deputies[0].user_id == "U0LEE"
    assert acme.intacct_user_password.get_secret_value() == "hunter2-acme"
    assert {c.intacct_sender_id for c in (acme, beta)} == {"firm"}
    assert acme.bill_dev_key.get_secret_value() == "hunter2-key"
    assert beta.invoice_csv == tmp_path / "invoices.csv"
    assert not beta.has_bill
    assert (acme.zone.key, beta.zone.key) == ("America/New_York", "UTC")


def test_a_table_may_have_a_sender_of_its_own(read: Reading) -> None:
    (beta,) = read(BETA + 'intacct_sender_id = "beta-sender"\n').companies
    assert beta.intacct_sender_id == "beta-sender"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ('bill_password = "hunter2-plain"', 'bill_password_from = "BETA_BILL_PASSWORD"'),
        ('bill_password_from = "hunter2-plain"', "takes the name of an environment variable"),
        ('bill_password_from = "NOT_THERE"', "the variable NOT_THERE is not set"),
        ('colour = "red"', "colour: is not known here"),
        ('key = "other"', "key: is not known here"),
        ("decision_days = 0", "decision_days"),
        ('timezone = "Mars/Olympus"', "IANA"),
        ('deputies = ["lee"]', "U0LEE:2026-12-20..2027-01-05"),
        ("alert_channels = 7", "alert_channels"),
        ('intacct_url = "http://api.intacct.com"', "https"),
        ('intacct_writer_user_id = "w"', "intacct_writer_user_id and intacct_writer_password_from go together"),
        ('bill_username = "b"', "bill_password_from is missing"),
    ],
)
def test_a_mistake_is_one_line_that_names_company_and_key(read: Reading, changed: str, words: str) -> None:
    text = "\n".join(line for line in BETA.splitlines() if line.split(" =")[0] != changed.split(" =")[0])
    told = [line for line in problems(read, f"{text}\n{changed}\n") if words in line]
    assert len(told) == 1, told
    assert told[0].startswith("COMPANIES_FILE: [beta] ")


def test_all_mistakes_of_all_companies_are_told_at_once(read: Reading) -> None:
    told = problems(
        read, ACME.replace('approvers = ["U1", "S2"]', "") + BETA.replace('intacct_user_id = "reader"', ""), PORT="x"
    )
    named = ("PORT", "COMPANIES_FILE: [acme] approvers", "COMPANIES_FILE: [beta] intacct_user_id")
    assert [line.startswith(name) for line, name in zip(told, named, strict=True)] == [True, True, True]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (("C7", "C2"), "[acme] and [beta] name the same channel C2"),
        (("C7", "C3"), "[acme] and [beta] name the same channel C3"),
        (
            ('"beta"\nintacct_location_id = "200"', '"acme-us"'),
            "[acme] and [beta] are the same Intacct company and entity (acme-us, top level)",
        ),
        (("[beta]", "[Acme]"), "[acme] and [Acme] differ in capitals only"),
        (
            ('intacct_company_id = "beta"', 'intacct_company_id = "ACME-US"\nintacct_concurrency = 5'),
            "intacct_concurrency must be the same in each",
        ),
        (
            ('intacct_company_id = "beta"', 'intacct_company_id = "ACME-US"\nintacct_monthly_calls = 5'),
            "intacct_monthly_calls must be the same in each",
        ),
    ],
)
def test_companies_that_contradict_each_other_are_refused(read: Reading, changed: tuple[str, str], words: str) -> None:
    assert any(words in line for line in problems(read, ACME + BETA.replace(*changed)))


def test_two_entities_of_one_intacct_company_are_two_companies(read: Reading) -> None:
    shared = 'intacct_company_id = "acme-us"\nintacct_monthly_calls = 100_000'
    acme, uk = read(ACME + BETA.replace('intacct_company_id = "beta"', shared).replace("[beta]", "[acme-uk]")).companies
    assert (acme.key, uk.key) == ("acme", "acme-uk")
    assert acme.contract == uk.contract


def test_settings_of_one_company_beside_the_file_are_refused(read: Reading) -> None:
    told = problems(read, BETA, APPROVERS="U1", INTACCT_COMPANY_ID="acme")
    assert told == (
        "COMPANIES_FILE is set, so these stand in its tables and not beside it: APPROVERS, INTACCT_COMPANY_ID",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no company"),
        ("[acme", "cannot be read as TOML"),
        ('approvers = "U1"', "[approvers] is no table"),
        (BETA.replace("[beta]", '["Beta & Söhne"]'), "is no key"),
    ],
)
def test_a_file_that_holds_no_companies_is_told(read: Reading, text: str, words: str) -> None:
    assert any(words in line for line in problems(read, text))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"COMPANIES_FILE: .*nowhere\.toml cannot be read"):
        load(ENVIRONMENT | {"COMPANIES_FILE": str(tmp_path / "nowhere.toml")})


def test_the_example_in_the_documentation_is_accepted(read: Reading) -> None:
    documented = (Path(__file__).parents[1] / "docs" / "companies.md").read_text(encoding="utf-8")
    example = documented.split("```toml\n")[1].split("```")[0]
    secrets = dict.fromkeys(("ACME_INTACCT_PASSWORD", "ACME_INTACCT_WRITER_PASSWORD", "ACME_BILL_PASSWORD"), "x")
    companies = read(example, **secrets).companies
    assert [company.key for company in companies] == ["acme", "acme-uk"]


def test_entities_of_one_intacct_company_share_its_books_however_it_is_written(read: Reading) -> None:
    gamma = (
        BETA.replace("[beta]", "[gamma]").replace('"C7"', '"C8"').replace('"beta"', '"BETA"').replace('"200"', '"300"')
    )
    settings = read(ACME + BETA + gamma)
    assert [settings.beside(company) for company in settings.companies] == [(), ("gamma",), ("beta",)]
