"""Customers' default terms, and the use of terms since a day: read from the emulated gateway."""

from __future__ import annotations

from datetime import date

from bot.intacct.client import Intacct
from bot.sandbox.world import World
from tests.intacct.conftest import functions


def keep_customer(world: World, number: int, **changes: str) -> None:
    row = {"RECORDNO": str(number), "CUSTOMERID": f"C{number}", "NAME": f"Customer {number}", "STATUS": "active"}
    world.store.table("customer")[f"C{number}"] = {**row, "TERMNAME": "Net 30", "CUSTREPNAME": "J. Smith", **changes}


def test_active_customers_with_a_default_term_are_told_with_their_owner(books: Intacct, world: World) -> None:
    keep_customer(world, 1)
    keep_customer(world, 2, TERMNAME="")
    keep_customer(world, 3, STATUS="inactive")
    keep_customer(world, 4, TERMNAME="Net 14 ", CUSTREPNAME="")
    found = books.customers()
    assert [(each.customer_id, each.term_name, each.owner) for each in found] == [
        ("C1", "Net 30", "J. Smith"),
        ("C4", "Net 14 ", ""),
    ]
    assert functions(world).count("query") == 1


def test_use_is_counted_since_a_day_in_one_request(books: Intacct, world: World) -> None:
    assert books.term_use(since=date(2026, 2, 1)) == {"Net 30": 2, "Net 90": 1, "net 30": 1}
    assert books.term_use(["Net 90"], since=date(2026, 3, 1)) == {"Net 90": 0}
    assert functions(world).count("query") == 2
