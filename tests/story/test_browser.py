"""The main job as a stranger does it: in Chromium, from Run sync to the closed card."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.shared import missing
from tests.story.running import Running

SLOW_MS = 40_000


@pytest.fixture
def page(running: Running) -> Iterator[Page]:
    """The sandbox's page as the controller; an error in its script fails the test."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        missing("Chromium (Debian's package chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1440, "height": 1000})
        opened.set_default_timeout(SLOW_MS)
        problems: list[str] = []
        opened.on("pageerror", lambda error: problems.append(str(error)))
        opened.goto(f"{running.address}/?as=U0DAN")
        yield opened
        browser.close()
    assert problems == []


def test_from_run_sync_to_the_closed_card(page: Page) -> None:
    page.get_by_test_id("run-sync").click()
    bodies = page.get_by_test_id("message-body")
    expect(bodies.filter(has_text="Net 45 is missing in Intacct")).to_be_visible(timeout=SLOW_MS)
    for words in ("exists but is inactive", "NO-BREAK SPACE", "the same rule", "Several invoices in BILL bear"):
        expect(bodies.filter(has_text=words).first).to_be_visible(timeout=SLOW_MS)

    page.get_by_role("button", name="Create Net 45").click()
    page.get_by_test_id("confirm").get_by_role("button", name="Create").click()
    expect(page.locator("#ar-terms tr[data-name='Net 45'][data-status=active]")).to_be_visible(timeout=SLOW_MS)
    expect(bodies.filter(has_text="Net 45 is in Intacct")).to_be_visible(timeout=SLOW_MS)

    page.get_by_test_id("run-sync").click()
    expect(page.locator("#intacct tr[data-number='INV-1042']")).to_be_attached(timeout=SLOW_MS)
    expect(bodies.filter(has_text="Fixed.").first).to_be_visible(timeout=SLOW_MS)


def test_a_reactivation_asks_for_a_reason_and_keeps_it(page: Page, running: Running) -> None:
    page.get_by_test_id("run-sync").click()
    page.get_by_role("button", name="Reactivate").click(timeout=SLOW_MS)
    view = page.get_by_test_id("view")
    expect(view).to_contain_text("Why is this right", timeout=SLOW_MS)
    view.get_by_label("Why is this right?").fill("The contract with Granite Peak was renewed.")
    view.get_by_label("Reference").fill("CR-2210")
    view.get_by_role("button", name="Reactivate").click()
    expect(page.locator("#ar-terms tr[data-name='Net 90'][data-status=active]")).to_be_visible(timeout=SLOW_MS)
    assert len(running.calls("intacct", "update_arterm")) == 1
    assert running.calls("intacct", "create_arterm") == []
