"""The page in a real browser: live, by keyboard alone, and without losing what one types."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from starlette.routing import BaseRoute, Mount

from bot.sandbox.bill import books
from bot.sandbox.company import birch, today
from bot.sandbox.server import build
from bot.sandbox.world import World
from tests.sandbox.bill.conftest import add_invoice
from tests.shared import missing

ALERTS = "C0FINALERTS"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, wherever it is."""
    own = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        if own is None and not os.path.exists(playwright.chromium.executable_path):  # noqa: PTH110
            missing("Chromium (playwright install chromium, or set CHROMIUM)")
        opened = playwright.chromium.launch(executable_path=own, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def address(world: World, sandbox_server: Callable[[Sequence[BaseRoute]], str]) -> str:
    """The whole sandbox with one customer and one invoice whose term Intacct lacks."""
    term = books.add_term(world, "Net 45", 45)
    books.add_term(world, "Net\u00a035", 35)
    world.store.table("customer")["C1"] = {"CUSTOMERID": "C1", "NAME": "Globex", "STATUS": "active"}
    world.store.table("bill_customer")["0cu01"] = {"id": "0cu01", "name": "Globex", "accNumber": "C1"}
    add_invoice(world, "INV-1042", paymentTermId=term["id"])
    return sandbox_server([Mount("/", app=build(world))])


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page as Dan; an error in its script fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.goto(f"{address}/?as=U0DAN")
    yield opened
    context.close()
    assert problems == []


@pytest.fixture
def app(address: str) -> Iterator[App]:
    """An app that knows one button and one view."""
    bolt = App(client=WebClient(token="xoxb-sandbox-termkeeper", base_url=f"{address}/sandbox/slack/api/"))

    @bolt.action("case.edit")
    def edit(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        days = {"type": "number_input", "action_id": "value", "is_decimal_allowed": False, "initial_value": "45"}
        block = {"type": "input", "block_id": "days", "label": plain("Days due"), "element": days}
        view = {"type": "modal", "callback_id": "v", "title": plain("Edit"), "submit": plain("Save"), "blocks": [block]}
        bolt.client.views_open(trigger_id=body["trigger_id"], view=view)

    @bolt.view("v")
    def submitted(ack: Ack, body: dict[str, Any]) -> None:
        days = body["view"]["state"]["values"]["days"]["value"]["value"]
        ack() if days == "46" else ack(response_action="errors", errors={"days": "The dates say 46 days."})

    @bolt.command("/checkterms")
    def check(ack: Ack) -> None:
        ack("`Net 45` is not there.")

    handler = SocketModeHandler(bolt, "xapp-sandbox-termkeeper")
    handler.connect()
    yield bolt
    handler.close()


def plain(words: str) -> dict[str, str]:
    return {"type": "plain_text", "text": words}


def post_card(app: App) -> None:
    button = {"type": "button", "action_id": "case.edit", "value": "1", "text": plain("Edit first")}
    app.client.chat_postMessage(channel=ALERTS, text="card", blocks=[{"type": "actions", "elements": [button]}])


def test_run_sync_reports_marks_the_invoice_and_posts_the_alert(world: World, page: Page) -> None:
    page.get_by_role("button", name="Run sync").click()
    expect(page.get_by_test_id("sync-result")).to_have_text(
        "1 invoice sent: 0 taken, 1 refused and reported in #finance-alerts."
    )
    expect(page.locator("#bill-invoices tr[data-number='INV-1042']")).to_have_attribute("data-state", "failed")
    expect(page.get_by_test_id("message-body")).to_contain_text("Invoice [INV-1042] cannot be created in Intacct")


def test_a_change_shows_by_itself_and_typed_words_stay(world: World, page: Page, address: str) -> None:
    page.get_by_test_id("message-box").fill("half a senten")
    page.request.post(f"{address}/sandbox/control/ar-term", data={"name": "Net 45", "days": 45})
    expect(page.locator("#ar-terms tr[data-name='Net 45']")).to_be_visible()
    expect(page.get_by_test_id("message-box")).to_have_value("half a senten")
    expect(page.get_by_test_id("message-box")).to_be_focused()


def test_a_view_is_opened_corrected_and_sent_by_keyboard_alone(page: Page, app: App) -> None:
    post_card(app)
    page.get_by_role("button", name="Edit first").focus()
    page.keyboard.press("Enter")
    field = page.get_by_test_id("view").get_by_label("Days due")
    expect(field).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-error-for='days']")).to_have_text("The dates say 46 days.")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("46")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("view")).to_be_hidden()


def test_escape_closes_a_view_for_the_workspace_too(page: Page, app: App) -> None:
    post_card(app)
    page.get_by_role("button", name="Edit first").click()
    expect(page.get_by_test_id("view")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("view")).to_be_hidden()
    page.reload()
    expect(page.get_by_test_id("view")).to_be_hidden()


def test_a_slash_command_is_answered_to_the_asker_only(page: Page, app: App) -> None:
    page.get_by_test_id("message-box").fill("/checkterms INV-1042")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("message")).to_contain_text("Only visible to you")
    page.get_by_test_id("person-U0PRIYA").click()
    expect(page.get_by_test_id("message")).to_have_count(0)


def test_without_a_bot_the_page_says_that_nobody_listens(page: Page) -> None:
    page.get_by_test_id("message-box").fill("/checkterms INV-1042")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("notice")).to_contain_text("Nobody listens")


def test_a_name_is_corrected_in_bill(world: World, page: Page) -> None:
    page.locator("summary", has_text="Payment terms").click()
    page.locator("#bill-terms tr", has_text="35").get_by_role("button").click()
    dialog = page.get_by_test_id("edit-term")
    expect(dialog).to_contain_text("It holds U+00A0.")
    dialog.get_by_label("Name").fill("Net 35")
    expect(dialog).to_contain_text("Plain characters only.")
    dialog.get_by_label("Days due").fill("45")
    dialog.get_by_role("button", name="Save in BILL").click()
    expect(dialog.get_by_role("alert")).to_contain_text("one term of 45 days")
    dialog.get_by_label("Days due").fill("35")
    dialog.get_by_role("button", name="Save in BILL").click()
    expect(page.locator("#bill-terms tr[data-name='Net 35']")).to_be_visible()


def test_an_invoice_gets_another_term_and_an_ar_term_is_deactivated(world: World, page: Page) -> None:
    page.get_by_role("button", name="Change the term of INV-1042").click()
    dialog = page.get_by_test_id("edit-invoice")
    dialog.get_by_label("Payment term").select_option(label="Net\u00a035 (35 days)")
    dialog.get_by_role("button", name="Save in BILL").click()
    expect(page.locator("tr[data-number='INV-1042'] [data-name='Net\u00a035']")).to_be_visible()
    page.request.post(page.url.split("/?")[0] + "/sandbox/control/ar-term", data={"name": "Net 30", "days": 30})
    page.get_by_role("button", name="Deactivate Net 30").click()
    expect(page.locator("#ar-terms tr[data-name='Net 30']")).to_have_attribute("data-status", "inactive")


def test_a_period_a_posting_date_and_the_approvers_are_changed_by_keyboard_which_keeps_its_place(
    world: World, page: Page
) -> None:
    def press(name: str) -> None:
        page.get_by_role("button", name=name).focus()
        page.keyboard.press("Enter")

    last_month = today(world).replace(day=1) - timedelta(days=1)
    key = next(iter(world.store.table("bill_invoice")))
    row = world.store.table("bill_invoice")[key]
    world.store.table("bill_invoice")[key] = {**row, "invoiceDate": last_month.isoformat()}

    press(f"Close {last_month:%B %Y}")
    expect(page.get_by_test_id("ar-periods")).to_contain_text("AR is open from")
    expect(page.get_by_test_id("notice")).to_contain_text("Intacct takes postings from")
    expect(page.get_by_role("button", name=f"Reopen {last_month:%B %Y}")).to_be_focused()

    press("Post INV-1042 in the current period")
    expect(page.get_by_role("button", name="Post INV-1042 by its own date")).to_be_focused()
    expect(page.locator("#bill-invoices tr[data-number='INV-1042']")).to_contain_text("posts ")

    page.get_by_test_id("group").locator("summary").focus()
    page.keyboard.press("Enter")
    press("Put Lee Okafor into @controllers")
    expect(page.get_by_role("button", name="Take Lee Okafor out of @controllers")).to_be_focused()
    expect(page.get_by_test_id("notice")).to_have_text("Put Lee Okafor into @controllers: done.")
    expect(page.get_by_test_id("person-U0LEE")).to_contain_text("may approve")


def test_the_books_of_the_second_company_are_chosen_and_synced_by_keyboard(
    world: World, browser: Browser, sandbox_server: Callable[[Sequence[BaseRoute]], str], tmp_path: Path
) -> None:
    birch.found(world)
    address = sandbox_server([Mount("/", app=build(world, tmp_path))])
    page = browser.new_page()
    page.goto(f"{address}/?as=U0PRIYA")
    page.get_by_role("navigation", name="Whose books").get_by_role("link", name="Birch Supply Co").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Birch Billing")).to_contain_text("writes birch-invoices.csv")
    page.get_by_role("button", name="Run sync").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("sync-result")).to_have_text(
        "4 invoices sent: 1 taken, 3 refused and reported in #birch-alerts."
    )
    page.locator("summary", has_text="Payment terms").click()
    page.get_by_role("button", name="Correct Net  60").click()
    dialog = page.get_by_test_id("edit-term")
    dialog.get_by_label("Name").fill("Net 60")
    dialog.get_by_role("button", name="Save in Birch Billing").click()
    expect(page.locator("#bill-terms tr[data-name='Net 60']")).to_be_visible()
    page.get_by_role("button", name="Deactivate Net 10").click()
    expect(page.locator("#ar-terms tr[data-name='Net 10']")).to_have_attribute("data-status", "inactive")
    page.close()


def test_the_calendar_moves_and_the_guide_opens(page: Page) -> None:
    page.get_by_role("button", name="+7 days").click()
    expect(page.locator("#clock")).to_contain_text("7 days ahead")
    page.get_by_role("button", name="What is this?").click()
    expect(page.get_by_test_id("guide")).to_contain_text("Press Run sync.")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("guide")).to_be_hidden()


def test_a_reply_goes_into_the_thread(page: Page, app: App) -> None:
    post_card(app)
    page.get_by_test_id("message").hover()
    page.get_by_label("More about the message of Termkeeper").click()
    page.get_by_role("button", name="Reply in thread").click()
    page.get_by_test_id("message-box").fill("On it")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("thread")).to_contain_text("On it")
    expect(page.locator("#replying")).to_be_hidden()


def test_a_link_to_an_invoice_in_bill_shows_its_row(page: Page, app: App) -> None:
    invoice_id = page.locator("tr[data-number='INV-1042']").get_attribute("data-key")
    link = f"<https://app02.us.bill.com/Invoice?id={invoice_id}|INV-1042>"
    app.client.chat_postMessage(channel=ALERTS, text=f"Look at {link}")
    page.get_by_role("link", name="INV-1042").click()
    expect(page.locator("tr[data-number='INV-1042']")).to_have_class("pointed")
    assert len(page.context.pages) == 1
