"""Two companies in one sandbox: one address, one workspace and one calendar, and everything else apart."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests
from lxml import html as reading
from slack_sdk import WebClient
from starlette.routing import BaseRoute, Mount

from bot.sandbox import company
from bot.sandbox.companies_file import write_companies_file
from bot.sandbox.company import birch
from bot.sandbox.server import build, client_settings, settings
from bot.sandbox.slack import Workspace
from bot.sandbox.world import World
from tests.sandbox.intacct.client import Answer, Client, envelope, login, session

SEQUENCE = "Invoice [{}] cannot be created in Intacct: Could not retrieve the Sequence record!"
TERMS = "<query><object>ARTERM</object><select><field>NAME</field></select><pagesize>100</pagesize></query>"
SESSION = "<getAPISession/>"
KNOWN = (("acme", "sandbox"), ("birch", "birch"))
"""A company's id in Intacct, and the word with which its passwords begin."""


class Sandbox:
    """A served sandbox and its controls."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address
        self.folder = folder

    def post(self, path: str, **body: Any) -> Any:
        return requests.post(f"{self.address}/sandbox/control/{path}", json=body, timeout=20).json()

    def page(self, **query: str) -> reading.HtmlElement:
        return reading.fromstring(requests.get(f"{self.address}/", params=query, timeout=20).text)

    def gateway(self, function: str, sign_in: str) -> Answer:
        """The gateway's answer to one function under a sign-in."""
        return Client(self.address).post(envelope(function, auth=sign_in))

    def invoices(self) -> list[dict[str, str]]:
        """The lines of birch's invoice file."""
        with (self.folder / "birch-invoices.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


def reader(key: str, word: str) -> str:
    return login(("termkeeper-reader", f"{word}-reader-password"), company=key)


@pytest.fixture
def two(world: World, sandbox_server: Callable[[Sequence[BaseRoute]], str], tmp_path: Path) -> Sandbox:
    """acme and birch."""
    company.found(world)
    birch.found(world)
    return Sandbox(sandbox_server([Mount("/", app=build(world, tmp_path))]), tmp_path)


def test_a_sandbox_has_one_company_until_it_is_given_the_second_which_then_stays(tmp_path: Path) -> None:
    def start(*, add: bool = False) -> tuple[World, dict[str, str]]:
        world = World(tmp_path)
        world.address = "http://127.0.0.1:3000"
        company.found(world)
        if add:
            birch.found(world)
        return world, client_settings(world, tmp_path)

    world, told = start()
    assert told == settings("http://127.0.0.1:3000", tmp_path, company.leave(world))
    assert "U0HANA" not in Workspace.of(world).directory.users
    terms = dict(world.store.table("arterm"))
    world.store.close()

    world, told = start(add=True)
    assert told["COMPANIES_FILE"] == str(tmp_path / "companies.toml")
    assert dict(world.store.table("arterm")) == terms
    assert "U0HANA" in Workspace.of(world).directory.channel("general")["members"]
    world.store.close()

    world, again = start()
    assert again == told
    world.store.close()


def test_without_the_second_company_a_control_says_so(
    world: World, sandbox_server: Callable[[Sequence[BaseRoute]], str]
) -> None:
    alone = Sandbox(sandbox_server([Mount("/", app=build(world))]), Path())
    answer = alone.post("sync", company="birch")
    assert answer == {"ok": False, "error": "There is no company “birch” in this sandbox; there is acme."}
    assert not alone.page().xpath("//*[@aria-labelledby='whose-title']")


def test_the_sign_ins_company_id_says_whose_books_are_meant(two: Sandbox) -> None:
    acme, own = (two.gateway(TERMS, reader(*known)).column("NAME") for known in KNOWN)
    assert "Net 90" in acme
    assert set(own) == {"Due on receipt", "Net 10", "N20", "Net 30", "Net 60"}
    for unknown in (("birch", "sandbox"), ("acme", "birch"), ("cedar", "birch")):
        assert two.gateway(TERMS, reader(*unknown)).errors


def test_a_session_stays_with_the_company_in_which_it_was_opened(two: Sandbox) -> None:
    for key, word in KNOWN:
        opened = two.gateway(SESSION, reader(key, word)).text("operation/result/data/api/sessionid")
        answer = two.gateway(TERMS, session(opened))
        assert answer.text("operation/authentication/companyid") == key
        assert ("Net 90" in answer.column("NAME")) == (key == "acme")


def test_each_company_has_a_sync_and_a_channel_of_its_own(two: Sandbox) -> None:
    answer = two.post("sync", company="birch")
    refused = ("INV-1041", "INV-1042", "INV-1043")
    assert (answer["attempted"], answer["created"]) == (4, 1)
    assert [row["message"] for row in answer["failed"]] == [SEQUENCE.format(number) for number in refused]
    slack = WebClient(token="xoxb-sandbox-termkeeper", base_url=f"{two.address}/sandbox/slack/api/")
    posted = slack.conversations_history(channel="C0BIRCHALERTS")["messages"]
    assert {(row["username"], row["text"]) for row in posted} == {
        ("Birch Billing Sync", SEQUENCE.format(number)) for number in refused
    }
    assert slack.conversations_history(channel="C0FINALERTS")["messages"] == []
    log = requests.get(f"{two.address}/sandbox/control/log", params={"service": "intacct"}, timeout=20).json()
    assert {call.get("company") for call in log} == {"birch"}
    assert two.post("sync")["attempted"] == 19


def test_the_invoice_file_tells_what_billing_holds_and_follows_its_changes(two: Sandbox) -> None:
    (made,) = [row for row in two.invoices() if row["created_by"]]
    assert (made["invoice_number"], made["term"], made["term_days"]) == ("INV-1042", "Net 45", "45")
    assert (made["created_by"], made["customer_name"]) == ("U0HANA", "Alder Creek Nursery")
    (odd,) = [row for row in two.invoices() if row["invoice_number"] == "INV-1041"]
    assert odd["term"] == "Net  60"
    term = next(key for key, row in terms_of(two).items() if row == "Net  60")
    two.post("bill-term", company="birch", id=term, name="Net 60")
    assert {row["term"] for row in two.invoices()} == {
        *("Due on receipt", "Net 10", "Net 20", "Net 30", "Net 45", "Net 60"),
    }
    two.post("bill-invoice", company="birch", id="INV-1042", term_id=term)
    (made,) = [row for row in two.invoices() if row["created_by"]]
    assert made["term"] == "Net 60"


def terms_of(two: Sandbox) -> dict[str, str]:
    rows = two.page(books="birch").xpath("//table[@id='bill-terms']//tr[@data-name]")
    return {row.get("data-key"): row.get("data-name") for row in rows}


def test_what_people_do_in_intacct_is_done_in_the_company_that_is_meant(two: Sandbox) -> None:
    two.post("ar-term", company="birch", name="Net 45", days=45)
    assert two.post("ar-invoice", company="birch", number="INV-1042")["number"] == "INV-1042"
    own, acme = two.page(books="birch"), two.page(books="acme")
    assert own.xpath("//table[@id='ar-terms']//tr[@data-name='Net 45']")
    assert not acme.xpath("//table[@id='ar-terms']//tr[@data-name='Net 45']")
    (keyed,) = own.xpath("//table[@id='ar-invoices']//tr[@data-number='INV-1042']")
    assert "Alder Creek Nursery" in keyed.text_content()


def test_a_period_is_closed_in_one_company_alone(two: Sandbox) -> None:
    two.post("period", company="birch", period="2026-01", closed=True)
    shown = {
        key: two.page(books=key).xpath("//section[contains(@class, 'intacct')]")[0].text_content() for key, _ in KNOWN
    }
    assert "AR is open from Feb 1, 2026" in shown["birch"]
    assert "all periods are open" in shown["acme"]


def test_the_page_shows_one_companys_books_at_a_time_and_follows_the_channel(two: Sandbox) -> None:
    def shown(**query: str) -> tuple[str, str]:
        tree = two.page(**query)
        (current,) = tree.xpath("//nav[@aria-labelledby='whose-title']//a[@aria-current]/@data-testid")
        return current, tree.xpath("//h2[@id='bill-title']")[0].text_content()

    acme, own = ("books-acme", "BILL billing"), ("books-birch", "Birch Billing writes birch-invoices.csv")
    assert shown() == acme
    assert shown(books="birch") == own
    priya = {"as": "U0PRIYA"}
    assert shown(**priya, channel="C0BIRCHREPORT") == own
    assert shown(**priya, channel="C0BIRCHREPORT", books="acme") == acme
    (link,) = two.page(**priya, channel="C0BIRCHALERTS").xpath("//a[@data-testid='books-acme']/@href")
    assert link == "/?as=U0PRIYA&channel=C0BIRCHALERTS&books=acme"
    (link,) = two.page(**priya, books="birch").xpath("//a[@data-testid='channel-C0GENERAL']/@href")
    assert link == "/?as=U0PRIYA&channel=C0GENERAL&books=birch"


def test_somebody_of_the_second_company_alone_comes_into_its_channel(two: Sandbox) -> None:
    tree = two.page(**{"as": "U0HANA"})
    assert tree.xpath("//h1")[0].text_content() == "#birch-alerts"
    found = tree.xpath("//a[starts-with(@data-testid, 'channel-')]/@data-testid")
    assert set(found) == {"channel-C0GENERAL", "channel-C0BIRCHALERTS", "channel-C0BIRCHREPORT"}
    assert tree.xpath("//a[@data-testid='person-U0PRIYA']/@href") == ["/?as=U0PRIYA&channel=C0BIRCHALERTS"]


def test_a_clients_settings_name_a_file_of_both_companies_that_holds_no_secret(world: World, tmp_path: Path) -> None:
    birch.found(world)
    alone = settings(world.address, tmp_path)
    write_companies_file(alone, tmp_path)
    told = client_settings(world, tmp_path)
    text = Path(told["COMPANIES_FILE"]).read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    assert list(tables) == ["acme", "birch"]
    assert "password" not in text.replace("password_from", "").replace("PASSWORD", "")
    named = {value for table in tables.values() for name, value in table.items() if name.endswith("_from")}
    assert named == {name for name in told if name.startswith(("ACME_", "BIRCH_"))}
    assert tables["acme"]["alert_channels"] == [alone["ALERT_CHANNELS"]]
    flat = {"ALERT_CHANNELS", "APPROVERS", "INTACCT_COMPANY_ID", "INTACCT_USER_PASSWORD", "CLOSE_CALENDAR"}
    assert not flat & set(told)
