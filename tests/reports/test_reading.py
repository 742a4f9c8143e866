"""What a report's look tells of both systems, and what it says it could not tell: over sockets, on acme's own year."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from bot.billing import bill
from bot.billing.bill import TERMS_KEPT_S
from bot.billing.csv_source import CsvSource
from bot.billing.source import SourceUnavailable
from bot.intacct.errors import Garbled
from bot.reports import reading
from bot.reports.dates import HeldDates
from bot.reports.reading import Look, Reading
from bot.reports.wording import said_of
from bot.sandbox.bill.listing import INVOICE_FIELDS
from bot.terms.drift import FAILING, FindingKind, SourceName, find
from bot.terms.standard import Holders, standards
from tests.cases.office import Office


def look(acme: Office) -> Look:
    time.sleep(TERMS_KEPT_S)
    return Reading(acme.rooms.company).look(acme.clock.now(), None, HeldDates(acme.database, "acme"))


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


# --- the dates of a source that keeps no days


def of_file(acme: Office, tmp_path: Path, *lines: str) -> Look:
    """A look at the same books beside a file of invoices."""
    file = tmp_path / "invoices.csv"
    file.write_text("\n".join(("invoice_number,term,invoice_date,due_date,amount,currency", *lines)))
    company = replace(acme.rooms.company, source=CsvSource(file))
    return Reading(company).look(acme.clock.now(), None, HeldDates(acme.database, "acme"))


def test_a_date_set_by_hand_is_seen_where_the_source_keeps_no_days(acme: Office, tmp_path: Path) -> None:
    book(acme, "C-1", WHENCREATED="11/02/2026", WHENDUE="12/31/2026")
    book(acme, "C-2", WHENCREATED="11/02/2026", WHENDUE="12/02/2026")
    seen = of_file(
        acme, tmp_path, "C-1,Net 30,2026-11-02,2026-12-31,100,USD", "C-2,Net 30,2026-11-02,2026-12-02,100,USD"
    )
    (found,) = [each for each in find(seen.world) if each.kind is FindingKind.OVERRIDDEN]
    assert [example.subject for example in found.examples] == ["C-1"]


def test_what_waits_with_another_date_than_its_name_says_is_told_with_the_name_to_keep(
    acme: Office, tmp_path: Path
) -> None:
    seen = of_file(
        acme,
        tmp_path,
        "C-1,N30,2026-11-02,2026-12-31,100,USD",
        "C-2,N30,2026-11-02,2026-12-02,100,USD",
        "C-3,Net 30,2026-11-02,2026-12-02,100,USD",
    )
    made = next(each for each in standards(seen.world, holders=Holders()) if each.keep == "Net 30")
    assert made.due_dates_changed == ("C-1",)


def test_a_file_that_tells_no_customers_terms_says_so(acme: Office, tmp_path: Path) -> None:
    seen = of_file(acme, tmp_path, "C-2,Net 30,2026-11-02,2026-12-02,100,USD")
    assert seen.untold == ("The invoice file cannot tell its customers' default terms.",)
    assert named(seen, "Net 30").customers is None


# --- customers and their default terms


def default(acme: Office, customer: str, term: str, **fields: object) -> None:
    """One more customer in BILL with a default term."""
    rows = acme.world.store.table("bill_customer")
    identity = f"0cu9{len(rows):04}"
    rows[identity] = {"id": identity, "name": customer, "paymentTermId": term, **fields}


def unlike(look: Look) -> set[str]:
    """The customers whose default is found to be wrong or another than at the source."""
    found = [each for each in find(look.world) if each.kind is FindingKind.CUSTOMER_DEFAULT]
    return {each.examples[0].subject for each in found}


def test_a_term_that_only_a_customer_has_at_the_source_is_in_use(acme: Office) -> None:
    default(acme, "Initech", acme.bill_term("Net 61", 61))
    (found,) = [each for each in find(look(acme).world) if each.names == ("Net 61",)]
    assert (found.kind, found.invoices, found.customers) == (FindingKind.MISSING, 0, 1)
    assert said_of(found) == (
        "“Net 61” is missing in Intacct: no invoice waits for it yet, and 1 customer has it as default."
    )


def test_a_term_that_only_an_archived_customer_has_is_not_in_use(acme: Office) -> None:
    default(acme, "Initech", acme.bill_term("Net 61", 61), archived=True)
    assert not named(look(acme), "Net 61").in_use


def test_an_archived_customer_of_the_same_name_hides_none(acme: Office) -> None:
    before = unlike(look(acme))
    default(acme, "Kestrel Aviation", acme.bill_term("Net 61", 61), archived=True)
    seen = look(acme)
    assert "Kestrel Aviation" in unlike(seen) == before
    assert not any("Kestrel Aviation" in sentence for sentence in seen.untold)


def test_customers_of_one_name_are_not_compared_and_that_is_said(acme: Office) -> None:
    default(acme, "Kestrel Aviation", acme.bill_term("Net 61", 61))
    seen = look(acme)
    assert "Kestrel Aviation" not in unlike(seen)
    (sentence,) = seen.untold
    assert sentence.startswith("Default terms were not compared where several customers have one name: ")
    assert "“Kestrel Aviation”" in sentence


def test_where_the_sources_customers_are_not_read_nothing_that_they_may_use_is_called_fixed(
    acme: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down() -> NoReturn:
        raise SourceUnavailable("down")

    monkeypatch.setattr(acme.rooms.company.source, "customer_terms", down)
    seen = look(acme)
    assert seen.unread == frozenset(FindingKind) - {FindingKind.OVERRIDDEN}
    assert not seen.unanswered & FAILING


# --- every kind, planted in both systems


def planted(look: Look) -> set[tuple[FindingKind, tuple[str, ...], str]]:
    return {(each.kind, each.names, each.subject) for each in find(look.world)}


def both(acme: Office, number: str, days: int, *, rule: int, paper: int, books: int) -> None:
    """A term of both systems and an invoice that bears it in both, due so many days after its date."""
    name, day = f"Net {days}", acme.clock.now().date() - timedelta(days=240)
    acme.ar_term(name, rule)
    acme.invoices(acme.bill_term(name, days), number, dated=day.isoformat())
    rows = acme.world.store.table("bill_invoice")
    key, row = next((key, row) for key, row in rows.items() if row["invoiceNumber"] == number)
    rows[key] = {**row, "dueDate": (day + timedelta(days=paper)).isoformat()}
    due = day + timedelta(days=books)
    book(acme, number, TERMNAME=name, WHENCREATED=f"{day:%m/%d/%Y}", WHENDUE=f"{due:%m/%d/%Y}")


def test_drift_of_each_kind_is_read_completely_and_nothing_else_is_made_of_it(acme: Office) -> None:
    before, today = planted(look(acme)), acme.clock.now().date().isoformat()
    tables = {name: acme.world.store.table(name) for name in ("arterm", "customer", "bill_term")}
    acme.ar_term("Net 162", 162, STATUS="inactive")
    acme.ar_term("net 163", 163)
    acme.ar_term("N164", 164)
    for days in (161, 162, 163, 164):
        acme.invoices(acme.bill_term(f"Net {days}", days), f"P-{days}", dated=today)
    both(acme, "P-165", 165, rule=180, paper=165, books=180)
    both(acme, "P-167", 167, rule=167, paper=170, books=170)
    both(acme, "P-171", 171, rule=171, paper=171, books=171)
    for name in ("Net 166", "N166"):
        acme.ar_term(name, 166)
        book(acme, f"P-{name}", TERMNAME=name)
    acme.ar_term("Net 168", 168)
    key, row = next((key, row) for key, row in tables["arterm"].items() if row["NAME"] == "Net 168")
    tables["arterm"][key] = {**row, "WHENCREATED": "01/05/2024 08:00:00"}
    customer = next(row for row in tables["customer"].values() if row.get("TERMNAME"))
    tables["customer"]["90001"] = {
        **customer,
        "RECORDNO": "90001",
        "CUSTOMERID": "C-90001",
        "NAME": "Initech",
        "TERMNAME": "Gone 169",
    }
    acme.ar_term("Per agreement", 170)
    unread = acme.bill_term("Per agreement", 170)
    tables["bill_term"][unread] = {**tables["bill_term"][unread], "daysDue": None}
    book(acme, "P-170", TERMNAME="Per agreement")
    seen = look(acme)
    assert not seen.missing
    assert planted(seen) - before == {
        (FindingKind.MISSING, ("Net 161",), ""),
        (FindingKind.INACTIVE, ("Net 162",), ""),
        (FindingKind.LOOKALIKE, ("Net 163",), ""),
        (FindingKind.OTHER_NAME, ("Net 164",), ""),
        (FindingKind.RULE_DIFFERS, ("Net 165",), ""),
        (FindingKind.SEVERAL_NAMES, ("N166", "Net 166"), "books"),
        (FindingKind.OVERRIDDEN, ("Net 167",), "source"),
        (FindingKind.UNUSED, ("Net 168",), ""),
        (FindingKind.CUSTOMER_DEFAULT, ("Gone 169",), "C-90001"),
        (FindingKind.UNREADABLE, ("Per agreement",), ""),
    }
    assert before <= planted(seen)
