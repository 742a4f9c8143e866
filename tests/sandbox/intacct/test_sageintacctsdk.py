"""PyPI's sageintacctsdk works on the gateway, changed in nothing but the address."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from starlette.routing import BaseRoute

from bot.sandbox import company
from bot.sandbox.intacct import PATH, routes
from bot.sandbox.world import Fault, World
from tests.shared import missing

try:
    import sageintacctsdk
    from sageintacctsdk.apis.api_base import ApiBase
    from sageintacctsdk.apis.constants import dimensions_fields_mapping
except ImportError:
    sageintacctsdk = None

READER = ("termkeeper-reader", "sandbox-reader-password")
WRITER = ("termkeeper-writer", "sandbox-writer-password")


@pytest.fixture
def connect(
    world: World, sandbox_server: Callable[[Sequence[BaseRoute]], str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., object]:
    """Signs in to acme's gateway with the package's own client."""
    if sageintacctsdk is None:
        missing("the package sageintacctsdk")
    company.found(world)
    address = sandbox_server(routes(world)) + PATH
    whole = ApiBase.__init__

    def at_our_address(self: ApiBase, *args: object, **kwargs: object) -> None:
        whole(self, *args, **kwargs)
        self._ApiBase__api_url = address

    monkeypatch.setattr(ApiBase, "__init__", at_our_address)

    def connected(user: tuple[str, str] = READER, sender_password: str = "sandbox-sender-password") -> object:
        return sageintacctsdk.SageIntacctSDK(
            sender_id="sandbox",
            sender_password=sender_password,
            user_id=user[0],
            company_id="acme",
            user_password=user[1],
        )

    return connected


def test_it_reads_every_invoice_with_every_field_it_asks_for(connect: Callable, world: World) -> None:
    invoices = connect().ar_invoices.get_all()
    assert len(invoices) == len(world.store.table("arinvoice"))
    assert all(list(row) == dimensions_fields_mapping["ARINVOICE"] for row in invoices)
    assert {row["RECORDID"] for row in invoices} >= {"INV-0576", "SO-2001"}


def test_it_reads_every_customer_with_every_field_it_asks_for(connect: Callable) -> None:
    customers = connect().customers.get_all()
    assert len(customers) == 40
    assert all(list(row) == dimensions_fields_mapping["CUSTOMER"] for row in customers)


def test_it_counts_filters_and_orders(connect: Callable) -> None:
    invoices = connect().ar_invoices
    assert invoices.count(field="TERMNAME", value="Net 35") == len(
        invoices.get_all(field="TERMNAME", value="Net 35", fields=["RECORDNO"])
    )
    pages = list(invoices.get_all_generator(fields=["RECORDNO"], order_by_field="RECORDNO", order="descending"))
    numbers = [int(row["RECORDNO"]) for page in pages for row in page]
    assert numbers == sorted(numbers, reverse=True)
    both = [("equalto", "TERMNAME", "Net 30"), ("equalto", "STATE", "Paid"), ("equalto", "CURRENCY", "EUR")]
    found = invoices.get_by_query(fields=["TERMNAME", "STATE", "CURRENCY"], and_filter=both)
    assert found
    assert {tuple(row.values()) for row in found} == {("Net 30", "Paid", "EUR")}
    some = invoices.get_by_query(
        fields=["RECORDID"], and_filter=[("in", "RECORDID", ["INV-0576", "INV-0577", "INV-9999"])]
    )
    assert sorted(row["RECORDID"] for row in some) == ["INV-0576", "INV-0577"]


def test_it_uses_the_legacy_query_and_the_lookup(connect: Callable) -> None:
    sdk = connect()
    found = sdk.customers.get("CUSTOMERID", "C1001")
    assert found["customer"]["NAME"] == "Globex GmbH"
    assert sdk.ar_invoices.get_lookup()["Type"]["@Name"] == "ARINVOICE"
    assert sdk.ar_invoices.read_by_query(["RECORDNO"])["data"]["@count"] == "508"


def test_it_tells_the_refusals_apart(connect: Callable, world: World) -> None:
    errors = sageintacctsdk.exceptions
    with pytest.raises(errors.WrongParamsError, match="wrong"):
        connect(sender_password="wrong")
    with pytest.raises(errors.InvalidTokenError):
        connect(user=("nobody", "wrong"))
    sdk = connect()
    with pytest.raises(errors.NoPrivilegeError):
        sdk.ar_invoices.post(
            {
                "customerid": "C1001",
                "datecreated": {"year": "2026", "month": "11", "day": "2"},
                "termname": "Net 30",
                "invoiceitems": {"lineitem": {"glaccountno": "4000", "amount": "10"}},
            }
        )
    world.faults.set(Fault(service="intacct", method="*", name="offline", times=1))
    with pytest.raises(errors.InternalServerError):
        sdk.customers.count()


def test_it_posts_an_invoice_by_the_legacy_function(connect: Callable, world: World) -> None:
    sdk = connect(user=("bill-sync", "sandbox-sync-password"))
    answer = sdk.ar_invoices.post(
        {
            "customerid": "C1001",
            "datecreated": {"year": "2026", "month": "11", "day": "2"},
            "termname": "Net 30",
            "invoiceno": "INV-5000",
            "invoiceitems": {"lineitem": {"glaccountno": "4000", "amount": "10"}},
        }
    )
    assert world.store.table("arinvoice")[answer["key"]]["WHENDUE"] == "12/02/2026"
