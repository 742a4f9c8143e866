"""A small BILL over a real socket, and a client of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import requests
from starlette.routing import BaseRoute

from bot.sandbox.bill import api, books, routes
from bot.sandbox.world import World


class Client:
    """Calls the emulator as any client would."""

    def __init__(self, address: str) -> None:
        self.base = f"{address}/sandbox/bill/connect/v3"
        self.headers: dict[str, str] = {}

    def login(self, **changes: str) -> requests.Response:
        body = {
            "username": api.USERNAME,
            "password": api.PASSWORD,
            "organizationId": api.ORGANIZATION,
            "devKey": api.DEV_KEY,
        }
        answer = requests.post(f"{self.base}/login", json={**body, **changes}, timeout=10)
        if answer.ok:
            self.headers = {"devKey": api.DEV_KEY, "sessionId": answer.json()["sessionId"]}
        return answer

    def get(self, path: str, **params: Any) -> requests.Response:
        return requests.get(f"{self.base}/{path}", params=params, headers=self.headers, timeout=10)

    def numbers(self, **params: Any) -> list[str]:
        answer = self.get("invoices", **params)
        assert answer.status_code == 200, answer.text
        return [row["invoiceNumber"] for row in answer.json()["results"]]


def code(answer: requests.Response) -> tuple[int, str]:
    """A refusal's status and BILL code, checked to be of BILL's shape."""
    (error,) = answer.json()
    assert set(error) == {"timestamp", "code", "severity", "category", "message"}
    return answer.status_code, error["code"]


def add_invoice(world: World, number: str, **changes: Any) -> str:
    """An invoice in BILL's books; its id."""
    invoice_id = books.new_id(world, "00e")
    world.store.table("bill_invoice")[invoice_id] = {
        "id": invoice_id,
        "archived": False,
        "invoiceNumber": number,
        "customerId": "0cu01",
        "customer": {"id": "0cu01", "name": "Globex GmbH"},
        "invoiceDate": "2026-11-02",
        "dueDate": "2026-12-17",
        "totalAmount": 1250.50,
        "dueAmount": 1250.50,
        "creditAmount": 0,
        "status": "OPEN",
        "paymentTermId": None,
        "createdTime": "2026-11-02T09:00:00.000+00:00",
        "updatedTime": "2026-11-02T09:00:00.000+00:00",
        "_sync": {"state": "waiting", "message": "", "at": ""},
        **changes,
    }
    return invoice_id


@pytest.fixture
def client(world: World, sandbox_server: Callable[[Sequence[BaseRoute]], str]) -> Client:
    """A client that has signed in."""
    signed_in = Client(sandbox_server(routes(world)))
    assert signed_in.login().status_code == 200
    return signed_in
