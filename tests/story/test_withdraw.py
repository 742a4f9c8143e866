"""A term that was made by mistake is withdrawn: asked for by one person, decided by another, once nothing uses it."""

from __future__ import annotations

import time

import requests

from tests.story.running import Running, until
from tests.story.test_main_job import bill_headers, open_view


def submit(running: Running, user: str, callback_id: str, block: str, text: str) -> None:
    """Fills the one text of a view and sends it."""
    view = open_view(running, user, callback_id)
    done = running.act(user=user, view_id=view["id"], values={block: {"value": text}})
    assert done["ok"], done


def test_a_term_is_withdrawn_once_nothing_uses_it(running: Running) -> None:
    running.control("sync")
    running.press("controller", running.card("Net 55", "missing in Intacct"), "case.create")
    made = running.card("Net 55", "is in Intacct")
    running.press("clerk", made, "case.withdraw")
    submit(running, "clerk", "view.withdraw", "withdraw.reason", "Lumière pays in 30 days.")
    used = running.card("Net 55", "cannot be withdrawn now")
    until(lambda: "|Case" in str(running.card("Net 55", "is about withdrawing")["blocks"]), "the card links to it")
    assert "INV-1054" in used["text"]
    assert "Open cases that await it: 1" in used["text"]

    address = f"{running.address}/sandbox/bill/connect/v3/organizations/00801ACME/payment-terms"
    terms = requests.get(address, headers=bill_headers(running), timeout=10).json()["results"]
    net_30 = next(term["id"] for term in terms if term["name"] == "Net 30")
    running.control("bill-invoice", {"id": "INV-1054", "term_id": net_30})
    running.press("controller", running.card("Net 55", "is in Intacct"), "case.dismiss")
    submit(running, "controller", "view.dismiss", "dismiss.reason", "corrected in BILL")
    running.card("Net 55", "Dismissed")

    time.sleep(1.5)  # invoices read from BILL may be a second old
    running.press("clerk", used, "case.check")
    free = running.card("Net 55", "Nothing uses it")
    running.press("clerk", free, "case.deactivate")
    until(lambda: [v for v in running.views("clerk") if "Only" in str(v)], "the clerk is told who can decide")
    running.press("controller", free, "case.deactivate")
    submit(running, "controller", "view.approve", "approve.reason", "never used")
    running.card("Net 55 is withdrawn")
    assert running.terms()["Net 55"] == "inactive"
    assert [call["outcome"] for call in running.calls("intacct", "update_arterm")] == ["success"]
