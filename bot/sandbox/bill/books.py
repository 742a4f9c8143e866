"""BILL's own rules over its records, for the changes that people make there."""

from __future__ import annotations

import random
from datetime import date, timedelta

from bot.sandbox.bill.errors import moment
from bot.sandbox.world import Record, World

LONGEST_DAYS = 999
LONGEST_NAME = 100
POSTING_DATE = "_postingDate"


class BooksError(ValueError):
    """A change that BILL does not allow; its words are for the person who asked."""


def new_id(world: World, prefix: str) -> str:
    """An id of BILL's form: three letters for the kind, seventeen that never repeat."""
    number = world.store.next_number(f"bill_{prefix}")
    return f"{prefix}01{number:06d}{random.Random(number).randbytes(5).hex()[:9]}"  # noqa: S311 -- an id, no secret


def add_term(world: World, name: str, days_due: int) -> Record:
    """A new payment term; refused where another has the same days or name."""
    _check_name(world, name, None)
    _check_days(world, days_due, None)
    now = moment(world.calendar.now())
    term_id = new_id(world, "00p")
    term: Record = {"id": term_id, "name": name, "daysDue": days_due, "createdTime": now, "updatedTime": now}
    world.store.table("bill_term")[term_id] = term
    world.touch()
    return term


def edit_term(world: World, term_id: str, name: str, days_due: int | None = None) -> Record:
    """Renames a term, on every invoice and customer that uses it, or changes its days. The name stays as given."""
    terms = world.store.table("bill_term")
    if term_id not in terms:
        raise BooksError("BILL has no such payment term.")
    term = terms[term_id]
    _check_name(world, name, term_id)
    days = int(term["daysDue"]) if days_due is None else days_due
    _check_days(world, days, term_id)
    changed = {**term, "name": name, "daysDue": days, "updatedTime": moment(world.calendar.now())}
    terms[term_id] = changed
    world.touch()
    return changed


def set_invoice_term(world: World, invoice_id: str, term_id: str) -> Record:
    """Gives an invoice another payment term; BILL computes its due date anew."""
    invoices, terms = world.store.table("bill_invoice"), world.store.table("bill_term")
    if invoice_id not in invoices:
        raise BooksError("BILL has no such invoice.")
    if term_id not in terms:
        raise BooksError("BILL has no such payment term.")
    invoice, term = invoices[invoice_id], terms[term_id]
    due = date.fromisoformat(invoice["invoiceDate"]) + timedelta(days=int(term["daysDue"]))
    changed = {
        **invoice,
        "paymentTermId": term_id,
        "dueDate": due.isoformat(),
        "updatedTime": moment(world.calendar.now()),
    }
    invoices[invoice_id] = changed
    world.touch()
    return changed


def set_posting_date(world: World, invoice_id: str, day: date | None) -> Record:
    """Gives an invoice the date on which the sync has it posted; None takes it away, and its own date holds again.

    BILL's help pages name such a GL posting date among what syncs to Intacct. That its API tells it of an invoice is not
    documented, so here it does not: its name in the record begins with a line, as all does that the API keeps to itself.
    """
    invoices = world.store.table("bill_invoice")
    if invoice_id not in invoices:
        raise BooksError("BILL has no such invoice.")
    kept = {key: value for key, value in invoices[invoice_id].items() if key != POSTING_DATE}
    changed = {
        **kept,
        **({POSTING_DATE: day.isoformat()} if day is not None else {}),
        "updatedTime": moment(world.calendar.now()),
    }
    invoices[invoice_id] = changed
    world.touch()
    return changed


def _check_name(world: World, name: str, own_id: str | None) -> None:
    if not name or len(name) > LONGEST_NAME:
        raise BooksError(f"A payment term's name has 1 to {LONGEST_NAME} characters.")
    if any(term["name"] == name and key != own_id for key, term in world.store.table("bill_term").items()):
        raise BooksError(f"BILL has a payment term named “{name}” already.")


def _check_days(world: World, days: int, own_id: str | None) -> None:
    if not 0 <= days <= LONGEST_DAYS:
        raise BooksError(f"Days due are 0 to {LONGEST_DAYS}.")
    for key, term in world.store.table("bill_term").items():
        if key != own_id and int(term["daysDue"]) == days:
            raise BooksError(f"BILL keeps one term of {days} days in an organization, and “{term['name']}” is it.")
