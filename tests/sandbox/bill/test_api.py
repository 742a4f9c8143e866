"""Signing in, limits, errors and fault switches of the emulated BILL."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
import requests

from bot.sandbox.bill import api, books
from bot.sandbox.world import Fault, World
from tests.sandbox.bill.conftest import Client, add_invoice, code


def strike(world: World, method: str, name: str, value: float | None = None, times: int = 1) -> None:
    world.faults.set(Fault("bill", method, name, times, value=value))


def test_login_answers_a_session(client: Client) -> None:
    answer = client.login().json()
    assert set(answer) == {"sessionId", "organizationId", "userId", "trusted"}
    assert answer["organizationId"] == "00801ACME"


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"password": "wrong"}, (401, "BDC_1101")),
        ({"username": "somebody@acme.test"}, (401, "BDC_1101")),
        ({"devKey": "wrong"}, (401, "BDC_1102")),
        ({"organizationId": "00801OTHER"}, (400, "BDC_1123")),
        ({"password": ""}, (400, "BDC_1117")),
    ],
)
def test_a_wrong_credential_is_refused(client: Client, change: dict[str, str], refusal: tuple[int, str]) -> None:
    assert code(client.login(**change)) == refusal


def test_a_login_that_is_no_json_is_refused(client: Client) -> None:
    answer = requests.post(f"{client.base}/login", data="{", timeout=10)
    assert code(answer) == (400, "BDC_1122")


def test_without_session_or_with_a_wrong_key_nothing_is_read(client: Client) -> None:
    good = dict(client.headers)
    client.headers = {"devKey": good["devKey"]}
    assert code(client.get("invoices")) == (401, "BDC_1109")
    client.headers = {**good, "devKey": "other"}
    assert code(client.get("invoices")) == (401, "BDC_1102")


def test_a_session_ends_after_35_idle_minutes_and_use_renews_it(world: World, client: Client) -> None:
    for _ in range(2):
        world.calendar.move(timedelta(minutes=34))
        assert client.get("invoices").status_code == 200
    world.calendar.move(timedelta(minutes=36))
    assert code(client.get("invoices")) == (401, "BDC_1109")
    client.login()
    assert client.get("invoices").status_code == 200


def test_an_invoice_shows_no_notes_of_the_sandbox(world: World, client: Client) -> None:
    invoice_id = add_invoice(world, "INV-1")
    answer = client.get(f"invoices/{invoice_id}").json()
    assert answer["invoiceNumber"] == "INV-1"
    assert not [key for key in answer if key.startswith("_")]
    assert code(client.get("invoices/00e00")) == (404, "BDC_1120")


def test_payment_terms_are_an_organizations(world: World, client: Client) -> None:
    books.add_term(world, "Net\u00a035", 35)
    (term,) = client.get("organizations/00801ACME/payment-terms").json()["results"]
    assert set(term) == {"id", "name", "daysDue", "createdTime", "updatedTime"}
    assert (term["name"], term["daysDue"]) == ("Net\u00a035", 35)
    assert code(client.get("organizations/00801OTHER/payment-terms")) == (400, "BDC_1123")


def test_customers_are_read_by_list_and_id(world: World, client: Client) -> None:
    world.store.table("bill_customer")["0cu01"] = {"id": "0cu01", "name": "Globex", "accNumber": "C-1"}
    assert client.get("customers", filters='name:sw:"Glo"').json()["results"][0]["accNumber"] == "C-1"
    assert client.get("customers/0cu01").json()["name"] == "Globex"


def test_an_unknown_path_is_not_supported(client: Client) -> None:
    assert code(client.get("bills")) == (404, "BDC_1121")


def test_more_logins_than_200_an_hour_are_refused_until_the_next(world: World, client: Client) -> None:
    world.calendar.move(timedelta(hours=1))
    now = world.calendar.now()
    if now.minute >= 58:  # the hour must not turn within the test
        world.calendar.move(timedelta(minutes=5))
    session = requests.Session()
    body = {"username": api.USERNAME, "password": "x", "organizationId": api.ORGANIZATION, "devKey": api.DEV_KEY}
    for _ in range(api.LOGINS_AN_HOUR):
        session.post(f"{client.base}/login", json=body, timeout=10)
    assert code(client.login()) == (429, "BDC_1144")
    assert code(client.get("invoices"))[1] != "BDC_1144"
    world.calendar.move(timedelta(hours=1))
    assert client.login().status_code == 200


def test_a_fourth_request_at_once_is_refused(world: World, client: Client) -> None:
    strike(world, "invoices", "slow", value=1.0, times=3)
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(client.get("invoices").status_code)) for _ in range(3)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 5
    while world.faults.standing() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert code(client.get("customers")) == (429, "BDC_1322")
    for thread in threads:
        thread.join()
    assert answers == [200, 200, 200]
    assert client.get("customers").status_code == 200


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [
        ("unauthorized", (401, "BDC_1109")),
        ("BDC_1144", (429, "BDC_1144")),
        ("BDC_1322", (429, "BDC_1322")),
        ("server_error", (500, "BDC_1001")),
    ],
)
def test_a_fault_strikes_once(world: World, client: Client, fault: str, refusal: tuple[int, str]) -> None:
    strike(world, "payment-terms", fault)
    assert code(client.get("organizations/00801ACME/payment-terms")) == refusal
    assert client.get("organizations/00801ACME/payment-terms").status_code == 200


def test_the_html_fault_answers_no_json(world: World, client: Client) -> None:
    strike(world, "*", "html")
    answer = client.get("invoices")
    assert answer.status_code == 502
    assert answer.text.startswith("<html>")


def test_missing_fields_leave_identity_only(world: World, client: Client) -> None:
    add_invoice(world, "INV-1")
    strike(world, "invoices", "missing_fields")
    (row,) = client.get("invoices").json()["results"]
    assert set(row) == {"id", "invoiceNumber"}


def test_a_timeout_ends_without_an_answer(world: World, client: Client) -> None:
    strike(world, "invoices", "timeout", value=0.1)
    with pytest.raises(requests.RequestException):
        client.get("invoices")


def test_every_call_is_noted_without_secrets(world: World, client: Client) -> None:
    client.get("invoices")
    calls = world.calls.of("bill")
    assert [(call["function"], call["outcome"]) for call in calls] == [("login", "ok"), ("invoices", "ok")]
    assert api.PASSWORD not in str(calls)
