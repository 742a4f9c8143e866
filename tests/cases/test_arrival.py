"""Whether an invoice is in the books as billed: the comparison alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from bot.billing.source import BilledInvoice, TermOrigin
from bot.cases.view import Arrival
from bot.cases.watching.arrival import Awaited, Found, look, untold
from bot.intacct.invoices import BookedInvoice

FAILED_AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
BILLED = BilledInvoice(
    number="INV-1042",
    source_id="00e1",
    customer_id="0cu1",
    customer_name="Globex GmbH",
    term_name="Net 45",
    term_origin=TermOrigin.INVOICE,
    invoice_date=date(2026, 11, 2),
    due_date=date(2026, 12, 17),
    amount=Decimal("1250.50"),
    balance=Decimal("1250.50"),
    currency="EUR",
)
BOOKED = BookedInvoice(
    record_no="7",
    number="INV-1042",
    customer_id="C-100",
    customer_name="Globex GmbH",
    term_name="Net 45",
    invoice_date=date(2026, 11, 2),
    due_date=date(2026, 12, 17),
    total=Decimal("1250.50"),
    currency="EUR",
    state="Posted",
    posted=True,
    created_at=FAILED_AT + timedelta(hours=1),
    created_by="bill-sync",
    modified_at=None,
    entity="",
    made_out_in="EUR",
)


def found(*records: BookedInvoice, billed: BilledInvoice | None = BILLED, entity: str = "") -> Found:
    return look(Awaited(billed=billed, term_name="Net 45", entity=entity, failed_at=FAILED_AT), records)


def labels(outcome: Found) -> list[str]:
    return [difference.label for difference in outcome.differences]


def test_one_posted_record_as_billed_has_arrived() -> None:
    assert found(BOOKED) == Found(arrival=Arrival.ARRIVED, records=(BOOKED,))


def test_no_record_is_awaited() -> None:
    assert found() == Found(arrival=Arrival.WAITING)


def test_an_amount_that_is_kept_in_the_base_currency_alone_is_not_called_as_billed() -> None:
    outcome = found(replace(BOOKED, total=Decimal("1350.54"), currency="USD"))
    (difference,) = outcome.differences
    assert (difference.label, difference.expected) == ("Amount", "1250.50 EUR")
    assert difference.found == "1350.54 USD, in the base currency alone"


def test_amounts_are_compared_as_numbers_not_as_texts() -> None:
    assert found(replace(BOOKED, total=Decimal("1250.5000"))).arrival is Arrival.ARRIVED


def test_an_invoice_that_the_source_does_not_know_is_never_called_as_billed() -> None:
    assert labels(found(BOOKED, billed=None)) == ["Compared"]
    assert found(BOOKED, billed=None).arrival is Arrival.DIFFERENT


def test_a_field_that_the_source_does_not_tell_is_not_compared() -> None:
    assert found(replace(BOOKED, currency="USD", made_out_in="USD"), billed=replace(BILLED, currency="")).arrival is (
        Arrival.ARRIVED
    )


def test_what_the_source_does_not_tell_is_named() -> None:
    assert untold(BILLED) == ()
    bare = replace(BILLED, customer_name="", due_date=None, amount=None, currency="")
    assert untold(bare) == ("customer", "due date", "currency", "amount")
    assert found(BOOKED, billed=bare).arrival is Arrival.ARRIVED, "the rest is as billed"


def test_a_term_that_a_person_told_is_what_the_record_must_bear() -> None:
    told = replace(BILLED, term_name=None)
    assert found(BOOKED, billed=told).arrival is Arrival.ARRIVED
    assert labels(found(replace(BOOKED, term_name="Net 30"), billed=told)) == ["Term"]


@pytest.mark.parametrize("created", [timedelta(hours=-2), timedelta(days=-400)])
def test_a_record_from_before_the_failure_that_is_as_billed_in_everything_is_the_invoice(created: timedelta) -> None:
    assert found(replace(BOOKED, created_at=FAILED_AT + created)).arrival is Arrival.ARRIVED


def test_one_keyed_shortly_before_and_not_as_billed_arrived_differently() -> None:
    early = replace(BOOKED, created_at=FAILED_AT - timedelta(hours=2), due_date=date(2026, 12, 2))
    assert found(early).arrival is Arrival.DIFFERENT


def test_an_old_one_and_a_new_one_are_two() -> None:
    old = replace(BOOKED, record_no="1", created_at=FAILED_AT - timedelta(days=900), total=Decimal(5))
    assert labels(found(old, BOOKED)) == ["Invoices of this number"]


def test_an_old_one_alone_is_told_and_not_taken_for_the_invoice() -> None:
    old = replace(BOOKED, record_no="1", created_at=FAILED_AT - timedelta(days=900), total=Decimal(5))
    outcome = found(old)
    assert (outcome.arrival, outcome.records) == (Arrival.WAITING, ())
    assert outcome.earlier is not None
    assert outcome.earlier.record_no == "1"


@pytest.mark.parametrize(
    ("owner", "entity", "arrival"),
    [
        ("200", "200", Arrival.ARRIVED),
        ("300", "200", Arrival.WAITING),
        ("", "200", Arrival.WAITING),
        ("200", "", Arrival.WAITING),
        (None, "200", Arrival.ARRIVED),
    ],
)
def test_only_the_entitys_own_records_count(owner: str | None, entity: str, arrival: Arrival) -> None:
    assert found(replace(BOOKED, entity=owner), entity=entity).arrival is arrival
