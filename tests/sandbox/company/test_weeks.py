"""Weeks that acme lives through: they leave invoices in both systems, and changed terms."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.sandbox import company
from bot.sandbox.company.weeks import HAPPENINGS, INVOICES, live_week
from bot.sandbox.world import World


@pytest.fixture
def world() -> Iterator[World]:
    kept = World()
    company.found(kept)
    yield kept
    kept.store.close()


def test_twelve_weeks_bill_and_change_terms_as_told(world: World) -> None:
    before = len(world.store.table("bill_invoice"))
    told = []
    for _ in HAPPENINGS:
        told.append(live_week(world))
        world.calendar.move(company.weeks.WEEK)
    assert told[1] == ("“Net 7” was added in BILL.",)
    assert told[6] == ("“Net\N{NO-BREAK SPACE}35” was renamed in BILL to “Net 35”.",)
    assert [len(each) for each in told] == [len(each) for each in HAPPENINGS]
    invoices = list(world.store.table("bill_invoice").values())[before:]
    assert len(invoices) == len(HAPPENINGS) * INVOICES
    assert all(row["createdTime"] <= world.calendar.now().isoformat() for row in invoices)
    booked = {row["RECORDID"]: row["TERMNAME"] for row in world.store.table("arinvoice").values()}
    names = {row["id"]: row["name"] for row in world.store.table("bill_term").values()}
    for row in invoices:
        assert (row["invoiceNumber"] in booked) is (row["_sync"]["state"] == "synced")
    assert {names[row["paymentTermId"]] for row in invoices if row["invoiceNumber"] not in booked} & {"Net 45", "Net 7"}


def test_what_somebody_did_before_does_not_happen_again(world: World) -> None:
    for _ in range(2 * len(HAPPENINGS)):
        live_week(world)
    terms = [row["NAME"] for row in world.store.table("arterm").values()]
    assert terms.count("Net 20") == 1
