"""What a report's look tells of both systems, and what it says it could not tell: over sockets, on acme's own year."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NoReturn

import pytest

from bot.billing import bill
from bot.billing.bill import TERMS_KEPT_S
from bot.intacct.errors import Garbled
from bot.reports import reading
from bot.reports.reading import Look, Reading
from bot.sandbox.bill.listing import INVOICE_FIELDS
from bot.terms.drift import FAILING, SourceName
from tests.cases.office import Office


def look(acme: Office) -> Look:
    time.sleep(TERMS_KEPT_S)
    return Reading(acme.rooms.company).look(acme.clock.now(), None, ())


def named(look: Look, name: str) -> SourceName:
    return next(each for each in look.world.source if each.name == name)


def crowd(acme: Office, name: str, days: int, count: int) -> None:
    """An inactive term with so many invoices of today that they fill a list of the newest ones."""
    acme.ar_term(name, days, STATUS="inactive")
    today = acme.clock.now().date().isoformat()
    acme.invoices(acme.bill_term(name, days), *[f"BULK-{number}" for number in range(count)], dated=today)


def book(acme: Office, number: str, **fields: str) -> None:
    """An invoice in Intacct, with Net 30 where nothing else is said."""
    rows = acme.world.store.table("arinvoice")
    like = next(row for row in rows.values() if row["TERMNAME"] == "Net 30" and row["STATE"] == "Posted")
    record = str(90_000 + len(rows))
    rows[record] = {**like, "RECORDNO": record, "RECORDID": number, **fields}


# --- how many invoices wait


def test_a_failing_term_with_very_many_invoices_crowds_out_no_other(
    acme: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_FAILING", 20)
    crowd(acme, "Net 61", 61, 21)
    seen = look(acme)
    assert set(seen.waiting["Net 45"]) == {"INV-0988", "INV-1042", "INV-1043"}
    assert named(seen, "Net 61").waiting == 20
    assert "More than 20 invoices bear “Net 61”; the newest count." in seen.missing
    assert not seen.unread & FAILING


def test_a_term_that_a_shortened_list_did_not_show_is_not_known_instead_of_unused(
    acme: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(acme, "Net 61", 61, 101)
    monkeypatch.delitem(INVOICE_FIELDS, "paymentTermId")  # type: ignore[arg-type]
    monkeypatch.setattr(bill, "MOST_SCANNED_PAGES", 1)
    monkeypatch.setattr(reading, "MOST_FAILING", 100)
    seen = look(acme)
    assert any("“Net 45”" in sentence for sentence in seen.missing)
    assert seen.unread >= FAILING


def test_where_intacct_does_not_tell_which_invoices_it_has_none_is_said_to_wait_and_nothing_to_be_fixed(
    acme: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(numbers: Sequence[str]) -> NoReturn:
        raise Garbled(f"no answer about {len(numbers)} invoices", advice="")

    monkeypatch.setattr(acme.rooms.company.books, "invoices", refused)
    seen = look(acme)
    assert not named(seen, "Net 45").waiting_known
    assert seen.unread >= FAILING


@pytest.mark.parametrize(
    ("changed", "waits"),
    [
        ({"WHENCREATED": "03/02/2021", "CUSTOMERNAME": "Globex GmbH"}, False),
        ({"WHENCREATED": "03/02/2021"}, True),
        ({}, False),
        ({"STATE": "Draft"}, True),
        ({"STATE": "Reversed"}, True),
    ],
)
def test_an_invoice_waits_unless_the_very_same_is_in_the_ledger(
    acme: Office, changed: dict[str, str], waits: bool
) -> None:
    today = acme.clock.now().date()
    acme.invoices(acme.bill_term("Net 62", 62), "1001", dated=today.isoformat())
    book(acme, "1001", **{"CUSTOMERNAME": "Hooli", "WHENCREATED": today.strftime("%m/%d/%Y"), **changed})
    seen = look(acme)
    assert seen.waiting["Net 62"] == (("1001",) if waits else ())


def test_a_term_that_fails_and_that_nothing_bears_is_known_to_be_unused(acme: Office) -> None:
    acme.bill_term("Net 61", 61)
    seen = look(acme)
    assert not named(seen, "Net 61").in_use
    assert not seen.unread
    assert not seen.missing
