"""The changes that BILL allows its people, and those that it does not."""

from __future__ import annotations

import pytest

from bot.sandbox.bill.books import BooksError, add_term, edit_term, set_invoice_term
from bot.sandbox.world import World
from tests.sandbox.bill.conftest import add_invoice


def test_no_two_terms_have_the_same_days(world: World) -> None:
    add_term(world, "Net 30", 30)
    other = add_term(world, "Net 45", 45)
    with pytest.raises(BooksError, match="Net 30"):
        add_term(world, "N30", 30)
    with pytest.raises(BooksError, match="Net 30"):
        edit_term(world, other["id"], "Net 45", 30)
    assert len(world.store.table("bill_term")) == 2


@pytest.mark.parametrize(("name", "days"), [("", 1), ("x" * 101, 1), ("Net 1000", 1000), ("Net -1", -1)])
def test_a_term_out_of_range_is_refused(world: World, name: str, days: int) -> None:
    with pytest.raises(BooksError):
        add_term(world, name, days)


def test_a_renamed_term_keeps_its_id_its_days_and_its_blanks(world: World) -> None:
    term = add_term(world, "Net\u00a035", 35)
    renamed = edit_term(world, term["id"], "Net 35 ")
    assert (renamed["id"], renamed["name"], renamed["daysDue"]) == (term["id"], "Net 35 ", 35)


def test_an_invoices_new_term_gives_it_a_new_due_date(world: World) -> None:
    term = add_term(world, "Net 30", 30)
    invoice_id = add_invoice(world, "INV-1")
    changed = set_invoice_term(world, invoice_id, term["id"])
    assert (changed["paymentTermId"], changed["dueDate"]) == (term["id"], "2026-12-02")


def test_what_is_not_there_cannot_be_changed(world: World) -> None:
    term = add_term(world, "Net 30", 30)
    with pytest.raises(BooksError, match="no such invoice"):
        set_invoice_term(world, "00e0", term["id"])
    with pytest.raises(BooksError, match="no such payment term"):
        edit_term(world, "00p0", "Net 30")
