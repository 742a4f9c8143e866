"""The page over HTTP: what it shows, what it tells the browser to forbid, and how it follows changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests
from lxml import html as reading
from slack_sdk import WebClient
from starlette.routing import BaseRoute, Mount

from bot.sandbox import company
from bot.sandbox.bill import books
from bot.sandbox.intacct import periods
from bot.sandbox.intacct.terms import add_term
from bot.sandbox.server import build
from bot.sandbox.slack import Workspace
from bot.sandbox.world import World
from tests.sandbox.bill.conftest import add_invoice

HOSTILE = "<script>alert(1)</script>\"'"


@pytest.fixture
def address(world: World, sandbox_server: Callable[[Sequence[BaseRoute]], str]) -> str:
    """The whole sandbox without a company."""
    return sandbox_server([Mount("/", app=build(world))])


def page(address: str, **query: str) -> reading.HtmlElement:
    answer = requests.get(f"{address}/", params=query, timeout=20)
    assert answer.status_code == 200
    return reading.fromstring(answer.text)


def parts(address: str, **query: str) -> dict[str, Any]:
    answer: dict[str, Any] = requests.get(f"{address}/sandbox/page/parts", params=query, timeout=30).json()
    return answer


def test_the_page_loads_nothing_from_elsewhere_and_forbids_it(address: str) -> None:
    answer = requests.get(f"{address}/", timeout=20)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    tree = reading.fromstring(answer.text)
    wanted = [*tree.xpath("//@src"), *tree.xpath("//link/@href")]
    assert wanted
    for path in wanted:
        assert path.startswith("/sandbox/page/static/")
        assert requests.get(address + path, timeout=20).status_code == 200
    assert not tree.xpath("//script[not(@src)] | //@style | //style")


def test_one_is_maria_unless_told_otherwise_and_switching_keeps_the_place(address: str) -> None:
    assert page(address).xpath("//*[@aria-current='true']/@data-testid") == ["person-U0MARIA"]
    tree = page(address, **{"as": "U0DAN", "channel": "C0GENERAL"})
    assert tree.xpath("//*[@aria-current]/@data-testid") == ["person-U0DAN", "channel-C0GENERAL"]
    assert tree.xpath("//a[@data-testid='person-U0PRIYA']/@href") == ["/?as=U0PRIYA&channel=C0GENERAL"]
    assert (
        page(address, **{"as": "U0NOBODY", "channel": "C0NOWHERE"}).xpath("//h1")[0].text_content() == "#finance-alerts"
    )


def people(address: str) -> dict[str, str]:
    """What the page says of each person."""
    rows = page(address).xpath("//ul[@class='people']/li")
    return {row.xpath(".//*[@class='who']")[0].text: row.xpath(".//small")[0].text_content() for row in rows}


def test_each_person_is_told_with_his_place_and_whether_he_may_approve(address: str) -> None:
    assert people(address) == {
        "Maria Lopez": "AR clerk",
        "Dan Weber": "Controller, may approve",
        "Priya Nair": "Finance systems admin, may approve",
        "Lee Okafor": "Assistant controller",
    }


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (0, "stands in for Dan Nov 29 to Dec 12"),
        (5, "stands in for Dan until Dec 12"),
        (18, "stands in for Dan until Dec 12"),
        (19, "stood in for Dan until Dec 12"),
    ],
)
def test_of_the_deputy_it_is_told_from_when_until_when(world: World, address: str, days: int, told: str) -> None:
    world.calendar.move(datetime(2026, 11, 24, 17, tzinfo=UTC) - world.calendar.now())
    company.found(world)
    world.calendar.move(timedelta(days=days))
    assert people(address)["Lee Okafor"] == f"Assistant controller, {told}"


def test_the_approvers_group_is_changed_on_the_page_and_said_of_each_person(address: str) -> None:
    def buttons() -> dict[str, str]:
        found = page(address).xpath("//details[@data-testid='group']//button")
        return {button.get("aria-label"): button.get("data-member") for button in found}

    assert buttons()["Put Lee Okafor into @controllers"] == "true"
    body = {"user": "deputy", "member": True}
    told = requests.post(f"{address}/sandbox/control/group", json=body, timeout=20).json()
    assert told == {"users": ["U0DAN", "U0PRIYA", "U0LEE"]}
    assert people(address)["Lee Okafor"] == "Assistant controller, may approve"
    assert buttons()["Take Lee Okafor out of @controllers"] == "false"
    assert "Lee Okafor" in parts(address)["parts"]["people"]


def test_the_tables_show_both_systems_with_odd_characters_marked(world: World, address: str) -> None:
    term = books.add_term(world, "Net\u00a035", 35)
    add_term(world, "Net 35", {"DUEDATE": "35", "STATUS": "inactive"}, by="agarcia")
    message = "Invoice [INV-1] cannot be created in Intacct: Could not retrieve the Sequence record!"
    add_invoice(world, "INV-1", paymentTermId=term["id"], _sync={"state": "failed", "message": message, "at": ""})
    add_invoice(world, "INV-2", paymentTermId=term["id"], _sync={"state": "synced", "message": "", "at": ""})
    tree = page(address)
    (row,) = tree.xpath("//table[@id='bill-invoices']//tr[@data-number]")
    assert (row.get("data-number"), row.get("data-state")) == ("INV-1", "failed")
    assert row.xpath(".//td[@data-name='Net\u00a035']//span[@data-mark='NBSP']")
    assert "Could not retrieve the Sequence record!" in tree.xpath("//table[@id='bill-invoices']")[0].text_content()
    assert tree.xpath("//table[@id='bill-synced']//tr/@data-number") == ["INV-2"]
    (ar_term,) = tree.xpath("//table[@id='ar-terms']//tr[@data-name='Net 35']")
    assert ar_term.get("data-status") == "inactive"
    assert "35 days" in ar_term.text_content()


def test_the_page_closes_last_months_period_and_leads_on_from_there(world: World, address: str) -> None:
    world.calendar.move(datetime(2026, 11, 24, 17, tzinfo=UTC) - world.calendar.now())
    add_invoice(world, "INV-1", invoiceDate="2026-10-30")
    add_invoice(world, "INV-2", invoiceDate="2026-11-01")

    def told() -> tuple[str, list[str]]:
        (line,) = page(address).xpath("//p[@data-testid='ar-periods']")
        return line.xpath("./span")[0].text, [button.text for button in line.xpath("./button")]

    def posting() -> list[str]:
        return list(page(address).xpath("//button[@data-post-invoice]/@aria-label"))

    assert (told(), posting()) == (("AR: all periods are open", ["Close October 2026"]), [])
    periods.close(world, "2026-10")
    assert told() == ("AR is open from Nov 1, 2026", ["Reopen October 2026"])
    assert posting() == ["Post INV-1 in the current period"]
    key = next(iter(world.store.table("bill_invoice")))
    books.set_posting_date(world, key, date(2026, 11, 24))
    assert posting() == ["Post INV-1 by its own date"]
    assert "posts Nov 24, 2026" in page(address).xpath("//table[@id='bill-invoices']")[0].text_content()
    periods.reopen(world, "2026-10")
    assert told() == ("AR is open from Oct 1, 2026", ["Reopen September 2026", "Close October 2026"])


def test_hostile_names_and_messages_stay_text_everywhere(world: World, address: str) -> None:
    term = books.add_term(world, HOSTILE, 35)
    add_term(world, HOSTILE, {"DUEDATE": "35"}, by=HOSTILE)
    failed = {"state": "failed", "message": HOSTILE, "at": ""}
    add_invoice(world, HOSTILE, paymentTermId=term["id"], customer={"name": HOSTILE}, _sync=failed)
    workspace = Workspace.of(world)
    event = {
        "text": HOSTILE,
        "username": HOSTILE,
        "attachments": [{"title": HOSTILE, "text": HOSTILE, "fields": [{"title": HOSTILE, "value": HOSTILE}]}],
        "files": [{"id": "F1", "name": HOSTILE, "title": HOSTILE, "plain_text": HOSTILE}],
    }
    requests.post(f"{address}/sandbox/control/message", json={"channel": "C0FINALERTS", "event": event}, timeout=20)
    assert workspace.messages("C0FINALERTS")
    tree = page(address)
    assert len(tree.xpath("//script")) == 1
    assert not [name for node in tree.iter() for name in node.attrib if name.startswith("on")]
    assert HOSTILE in tree.xpath("//*[@data-testid='message']")[0].text_content()
    assert tree.xpath("//table[@id='ar-terms']//tr/@data-name") == [HOSTILE]


def test_a_long_poll_waits_for_a_change_and_brings_it(world: World, address: str) -> None:
    known = parts(address)["revision"]
    answers: list[dict[str, Any]] = []
    waiting = threading.Thread(target=lambda: answers.append(parts(address, revision=str(known))))
    waiting.start()
    waiting.join(0.5)
    assert waiting.is_alive()
    body = {"channel": "C0FINALERTS", "event": {"text": "Sync failed"}}
    requests.post(f"{address}/sandbox/control/message", json=body, timeout=20)
    waiting.join(10)
    assert "Sync failed" in answers[0]["parts"]["messages"]
    assert answers[0]["revision"] != known


def test_what_only_one_person_sees_is_shown_to_that_person_alone(address: str) -> None:
    client = WebClient(token="xoxb-sandbox-termkeeper", base_url=f"{address}/sandbox/slack/api/")
    client.chat_postEphemeral(channel="C0FINALERTS", user="U0MARIA", text="Only Dan can")
    assert "Only visible to you" in parts(address, **{"as": "U0MARIA"})["parts"]["messages"]
    assert "Only Dan can" not in parts(address, **{"as": "U0DAN"})["parts"]["messages"]


def test_a_file_can_be_downloaded_and_a_picture_is_shown_with_its_words(address: str) -> None:
    client = WebClient(token="xoxb-sandbox-termkeeper", base_url=f"{address}/sandbox/slack/api/")
    for name, content, words in (("terms 48.xlsx", b"PK\x03\x04", None), ("weeks.png", b"\x89PNG", "Twelve weeks")):
        client.files_upload_v2(channel="C0FINALERTS", filename=name, content=content, alt_txt=words)
    tree = page(address)
    found = {link.get("download"): link.get("href") for link in tree.xpath("//div[@class='file']/a")}
    assert set(found) == {"terms 48.xlsx", "weeks.png"}
    assert requests.get(address + found["terms 48.xlsx"], timeout=20).content == b"PK\x03\x04"
    assert tree.xpath("//div[@class='file']/img/@alt") == ["Twelve weeks"]


def test_a_permalink_leads_to_its_message_as_whom_one_was(address: str) -> None:
    client = WebClient(token="xoxb-sandbox-termkeeper", base_url=f"{address}/sandbox/slack/api/")
    ts = client.chat_postMessage(channel="C0FINALERTS", text="card")["ts"]
    link = client.chat_getPermalink(channel="C0FINALERTS", message_ts=ts)["permalink"]
    browser = requests.Session()
    browser.get(f"{address}/", params={"as": "U0PRIYA"}, timeout=20)
    answer = browser.get(link, timeout=20)
    assert answer.url.endswith(f"/?as=U0PRIYA&channel=C0FINALERTS#m-{ts}")
    assert reading.fromstring(answer.text).xpath(f"//li[@id='m-{ts}']")


def test_the_app_home_and_the_bots_messages_have_their_place(address: str) -> None:
    assert "home" in parts(address, place="home")["parts"]
    assert "messages" in parts(address, place="direct")["parts"]
    assert page(address, place="direct").xpath("//a[@aria-current='page']/@data-testid") == ["app-messages"]


def test_every_field_has_a_label_and_every_button_a_name(address: str) -> None:
    tree = page(address)
    for field in tree.xpath("//input[not(@type='hidden')] | //select | //textarea"):
        assert tree.xpath(f"//label[@for='{field.get('id')}']"), field.get("id")
    for button in tree.xpath("//button[not(ancestor::dialog[@id='confirm'])]"):
        assert button.text_content().strip() or button.get("aria-label")
    assert len(tree.xpath("//h1")) == 1
