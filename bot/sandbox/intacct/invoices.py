"""The function `create_invoice`, by which the billing system's sync brings an invoice into the books."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

from bot.sandbox.intacct.duedates import discount_date, due_date
from bot.sandbox.intacct.envelope import Element, text_of
from bot.sandbox.intacct.errors import FunctionError, Trouble, refused
from bot.sandbox.intacct.objects import ARINVOICE, ARTERM, CUSTOMER
from bot.sandbox.intacct.periods import closed, period_closed
from bot.sandbox.intacct.reply import Outcome
from bot.sandbox.world import Record, World

BASE_CURRENCY = "USD"
RATES = {"USD": Decimal(1), "EUR": Decimal("1.08"), "GBP": Decimal("1.27")}
"""Worth of one unit in the base currency, where the request gives no rate of its own."""
STAMP = "%m/%d/%Y %H:%M:%S"
DAY = "%m/%d/%Y"
CENT = Decimal("0.01")
LARGEST = Decimal(10) ** 12
FUNCTION = "create_invoice"


def create_invoice(body: Element, world: World, user: str, location: str) -> Outcome:
    """Adds a posted invoice, or a draft; its due date comes from the request, else from its term's rule.

    What is posted takes its posting date, else the invoice's own, in an open period. That a draft may be dated in a
    closed one is not documented; it is posted to no period yet.
    """
    customer = _customer(world, text_of(body, "customerid"))
    created = _date(body, "datecreated")
    if created is None:
        raise refused("A value for the required field Date is missing.", FUNCTION)
    term_name = text_of(body, "termname")
    due = _date(body, "datedue")
    if not term_name and due is None:
        raise refused("Required field Date Due is missing", FUNCTION, "Provide a due date or a term.")
    term = _usable_term(world, term_name, location) if term_name else None
    if term is not None and due is None:
        due = due_date(term, created)
    number = text_of(body, "invoiceno")
    record_no = str(world.store.next_number("arinvoice"))
    _check_number(world, number)
    posted, draft = _date(body, "dateposted") or created, text_of(body, "action").lower() == "draft"
    if not draft and closed(world, posted):
        raise period_closed(posted, FUNCTION)
    amounts = _amounts(body, text_of(body, "currency") or str(customer.get("CURRENCY") or "") or BASE_CURRENCY)
    now = world.calendar.now().strftime(STAMP)
    discount = discount_date(term, created) if term is not None else None
    row: Record = {
        "RECORDNO": record_no,
        "RECORDID": number or f"AR{record_no}",
        "DOCNUMBER": text_of(body, "ponumber"),
        "DESCRIPTION": text_of(body, "description"),
        "CUSTOMERID": customer["CUSTOMERID"],
        "CUSTOMERNAME": customer["NAME"],
        "TERMNAME": term_name,
        "WHENCREATED": created.strftime(DAY),
        "WHENPOSTED": posted.strftime(DAY),
        "WHENDUE": due.strftime(DAY) if due else "",
        "WHENDISCOUNT": discount.strftime(DAY) if discount else "",
        "WHENPAID": "",
        "AUWHENCREATED": now,
        "WHENMODIFIED": now,
        "CREATEDBY": user,
        "MODIFIEDBY": user,
        **amounts,
        "STATE": "Draft" if draft else "Posted",
        "RAWSTATE": "D" if draft else "A",
        "MODULEKEY": "4.AR",
        "SYSTEMGENERATED": "false",
        "MEGAENTITYID": location,
    }
    world.store.table(ARINVOICE.table)[record_no] = row
    world.touch()
    return Outcome(function=FUNCTION, control_id="", key=record_no)


def sequence_error() -> FunctionError:
    """What the gateway says of a term that is not there, not active or not to be used: words that name no term.

    A customer on hold stands here for the other causes of the same words.
    """
    return FunctionError(
        Trouble(errorno="BL01001973", description2="Could not retrieve the Sequence record!"),
        Trouble(errorno="BL01001973", description2="Could not create invoice record!"),
    )


def _usable_term(world: World, name: str, location: str) -> Record:
    for term in world.store.table(ARTERM.table).values():
        if term["NAME"] == name and term.get("MEGAENTITYID") in ("", None, location):
            if term["STATUS"] == "active":
                return term
            break
    raise sequence_error()


def _customer(world: World, customer_id: str) -> Record:
    customer = world.store.table(CUSTOMER.table).get(customer_id)
    if customer is None:
        raise refused(f"Invalid Customer '{customer_id}' specified.", FUNCTION, "Provide an existing customer.")
    if customer["STATUS"] != "active":
        raise refused(
            f"Customer '{customer_id}' is inactive.", FUNCTION, "Activate the customer or choose another one."
        )
    if customer.get("ONHOLD") == "true":
        raise sequence_error()
    return customer


def _check_number(world: World, number: str) -> None:
    if number and any(row["RECORDID"] == number for row in world.store.table(ARINVOICE.table).values()):
        raise refused(
            f"Another Invoice with the given value(s) {number} already exists",
            FUNCTION,
            "Use a unique value instead.",
            errorno="BL34000061",
        )


def _date(body: Element, name: str) -> date | None:
    element = body.find(name)
    if element is None:
        return None
    try:
        return date(*(int(text_of(element, part).strip()) for part in ("year", "month", "day")))
    except (ValueError, OverflowError):
        raise refused(f"{name} is not a valid date.", FUNCTION, "Enter a valid date.") from None


def _amounts(body: Element, currency: str) -> Record:
    items = body.find("invoiceitems")
    total = sum((_amount(text_of(item, "amount")) for item in (() if items is None else items)), Decimal(0))
    own_rate = text_of(body, "exchrate")
    rate = _amount(own_rate) if own_rate else RATES.get(currency)
    if rate is None:
        raise refused(f"Currency {currency} is not set up.", FUNCTION, "Provide a currency of the company.")
    entered, base = str(total.quantize(CENT)), str((total * rate).quantize(CENT))
    return {
        "CURRENCY": currency,
        "BASECURR": BASE_CURRENCY,
        "EXCHANGE_RATE": str(rate),
        "TRX_TOTALENTERED": entered,
        "TRX_TOTALDUE": entered,
        "TRX_TOTALPAID": "0.00",
        "TOTALENTERED": base,
        "TOTALDUE": base,
        "TOTALPAID": "0.00",
    }


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or abs(amount) >= LARGEST or amount.as_tuple().exponent not in range(-10, 12):
        raise refused(f"'{text}' is not a valid amount.", FUNCTION, "Enter an amount.")
    return amount
