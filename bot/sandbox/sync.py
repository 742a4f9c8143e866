"""Billing's sync to Intacct: every waiting invoice to the gateway, and the failures to the alert channel."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree as ET

import requests

from bot.sandbox.bill.books import POSTING_DATE
from bot.sandbox.bill.errors import moment
from bot.sandbox.company import ACME, Profile
from bot.sandbox.world import Record, World

SENDER = "sandbox"
SENDER_PASSWORD = "sandbox-sender-password"  # noqa: S105 -- fixed and public, as all of the sandbox's
GATEWAY = "/sandbox/intacct/ia/xml/xmlgw.phtml"
BASE_CURRENCY = "USD"
INCOME_ACCOUNT = "4000"
ANSWER_SECONDS = 35.0

SEQUENCE_WORDS = "Could not retrieve the Sequence record!"
TERM_WORDS = "The term name '"

BILLING_BOT = "B0BILLINGSYNC"
"""The bot of a sync other than BILL's."""

SINGLE_AT_MOST = 3
"""Up to so many failures are posted one by one; of more, a digest holds all but the newest two."""
NEWEST_SINGLE = 2

PostAsApp = Callable[[str, Record], object]
"""Posts a message event of billing's app to a channel."""


class GatewayRefusedError(Exception):
    """The gateway's refusal, or its silence, in words."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One invoice that did not get into Intacct."""

    invoice: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResult:
    """What one run did."""

    attempted: int
    created: int
    failed: tuple[Failure, ...]

    def as_json(self) -> Record:
        """As the control answers it."""
        failed = [{"invoice": failure.invoice, "message": failure.message} for failure in self.failed]
        return {"attempted": self.attempted, "created": self.created, "failed": failed}


class Sync:
    """The sync of one company's billing; a second run waits for the first."""

    def __init__(self, world: World, post: PostAsApp, company: Profile = ACME) -> None:
        self._world = world
        self._post = post
        self._company = company
        self._running = asyncio.Lock()

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._running.locked()

    async def run(self) -> SyncResult:
        """Sends every invoice that is not in Intacct yet, oldest first, then posts what failed."""
        async with self._running:
            self._world.touch()
            invoices = self._world.store.table("bill_invoice")
            waiting = [key for key, row in invoices.items() if row.get("_sync", {}).get("state") != "synced"]
            waiting.sort(key=lambda key: (invoices[key]["invoiceDate"], invoices[key]["createdTime"], key))
            gateway = Gateway(self._world.address + GATEWAY, self._company)
            failed: list[Failure] = []
            for key in waiting:
                number = str(invoices[key]["invoiceNumber"])
                try:
                    await asyncio.to_thread(gateway.create_invoice, self._xml(invoices[key]))
                except GatewayRefusedError as refused:
                    message = alert_words(number, str(refused))
                    failed.append(Failure(number, message))
                    self._mark(key, "failed", message)
                else:
                    self._mark(key, "synced", "")
            self._alert(failed)
        self._world.touch()
        return SyncResult(attempted=len(waiting), created=len(waiting) - len(failed), failed=tuple(failed))

    def _xml(self, invoice: Record) -> ET.Element:
        return invoice_xml(self._world, invoice, self._company)

    def _mark(self, key: str, state: str, message: str) -> None:
        invoices = self._world.store.table("bill_invoice")
        at = moment(self._world.calendar.now())
        invoices[key] = {**invoices[key], "_sync": {"state": state, "message": message, "at": at}}
        self._world.touch()

    def _alert(self, failed: list[Failure]) -> None:
        for text in alert_texts(failed):
            self._post(self._company.alert_channel, {"text": text} | self._poster())

    def _poster(self) -> Record:
        """Whose message it is: BILL's app, which the workspace knows, or another that names itself."""
        return {} if self._company == ACME else {"bot_id": BILLING_BOT, "username": f"{self._company.billing} Sync"}


def alert_words(number: str, refusal: str) -> str:
    """What the sync says of a refused invoice; of a term called invalid it names the term alone, as the real one does."""
    if SEQUENCE_WORDS in refusal:
        refusal = SEQUENCE_WORDS
    elif TERM_WORDS in refusal:
        return refusal
    return f"Invoice [{number}] cannot be created in Intacct: {refusal}"


def alert_texts(failed: list[Failure]) -> list[str]:
    """The messages to post, escaped as Slack wants text: one a failure, or for many a digest and the newest two."""
    lines = [escaped(failure.message) for failure in failed]
    if len(lines) <= SINGLE_AT_MOST:
        return lines
    digest = "\n".join(["Sync summary", *(f"• {line}" for line in lines[:-NEWEST_SINGLE])])
    return [digest, *lines[-NEWEST_SINGLE:]]


def escaped(text: str) -> str:
    """Text with Slack's three control characters escaped."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def term_name(world: World, invoice: Record) -> str | None:
    """The invoice's term by its id; else its customer's; else the one of as many days as its dates are apart."""
    terms = world.store.table("bill_term")
    customer = world.store.table("bill_customer").get(str(invoice.get("customerId")), {})
    for term_id in (str(invoice.get("paymentTermId")), str(customer.get("paymentTermId"))):
        if term_id in terms:
            return str(terms[term_id]["name"])
    days = (date.fromisoformat(invoice["dueDate"]) - date.fromisoformat(invoice["invoiceDate"])).days
    return next((str(term["name"]) for term in terms.values() if int(term["daysDue"]) == days), None)


def invoice_xml(world: World, invoice: Record, company: Profile = ACME) -> ET.Element:
    """`create_invoice` for a billed invoice, in the schema's order. With a term, Intacct computes the due date by it."""
    customer = world.store.table("bill_customer").get(str(invoice.get("customerId")), {})
    call = ET.Element("create_invoice")
    _add(call, "customerid", str(customer.get("accNumber", invoice.get("customerId"))))
    _add_date(call, "datecreated", invoice["invoiceDate"])
    if POSTING_DATE in invoice:
        _add_date(call, "dateposted", invoice[POSTING_DATE])
    name = term_name(world, invoice)
    if name is None:
        _add_date(call, "datedue", invoice["dueDate"])
    else:
        _add(call, "termname", name)
    _add(call, "invoiceno", str(invoice["invoiceNumber"]))
    _add(call, "description", f"{company.billing} invoice")
    currency = str(invoice.get("currency") or BASE_CURRENCY)
    if currency != BASE_CURRENCY:
        _add(call, "basecurr", BASE_CURRENCY)
        _add(call, "currency", currency)
        _add_date(call, "exchratedate", invoice["invoiceDate"])
        _add(call, "exchratetype", "Intacct Daily Rate")
    item = ET.SubElement(ET.SubElement(call, "invoiceitems"), "lineitem")
    _add(item, "glaccountno", INCOME_ACCOUNT)
    _add(item, "amount", f"{Decimal(str(invoice['totalAmount'])):.2f}")
    return call


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _add_date(parent: ET.Element, name: str, day: str) -> None:
    element = ET.SubElement(parent, name)
    read = date.fromisoformat(day)
    _add(element, "year", f"{read.year:04}")
    _add(element, "month", f"{read.month:02}")
    _add(element, "day", f"{read.day:02}")


class Gateway:
    """As much of the XML gateway's client as the sync needs: one session, one call a request."""

    def __init__(self, address: str, company: Profile) -> None:
        self._address = address
        self._company = company
        self._http = requests.Session()
        self._http.trust_env = False
        self._session = ""

    def create_invoice(self, call: ET.Element) -> None:
        """Sends one `create_invoice`; GatewayRefusedError says why it was not taken."""
        if not self._session:
            self._sign_in()
        sign_in = ET.Element("authentication")
        _add(sign_in, "sessionid", self._session)
        self._ask(sign_in, call, unique=True)

    def _sign_in(self) -> None:
        sign_in = ET.Element("authentication")
        login = ET.SubElement(sign_in, "login")
        _add(login, "userid", self._company.sync_user)
        _add(login, "companyid", self._company.key)
        _add(login, "password", self._company.sync_password)
        answer = self._ask(sign_in, ET.Element("getAPISession"), unique=False)
        self._session = answer.findtext(".//api/sessionid") or ""
        if not self._session:
            raise GatewayRefusedError("Intacct gave no session")

    def _ask(self, sign_in: ET.Element, call: ET.Element, *, unique: bool) -> ET.Element:
        control_id = f"bill-sync-{secrets.token_hex(8)}"
        envelope = ET.Element("request")
        control = ET.SubElement(envelope, "control")
        for name, text in (
            ("senderid", SENDER),
            ("password", SENDER_PASSWORD),
            ("controlid", control_id),
            ("uniqueid", "true" if unique else "false"),
            ("dtdversion", "3.0"),
            ("includewhitespace", "false"),
        ):
            _add(control, name, text)
        operation = ET.SubElement(envelope, "operation", transaction="false")
        operation.append(sign_in)
        content = ET.SubElement(operation, "content")
        ET.SubElement(content, "function", controlid=control_id).append(call)
        body = ET.tostring(envelope, encoding="utf-8", xml_declaration=True)
        try:
            answer = self._http.post(
                self._address, data=body, headers={"Content-Type": "application/xml"}, timeout=ANSWER_SECONDS
            )
        except requests.RequestException:
            raise GatewayRefusedError("Intacct did not answer") from None
        return _read(answer)


def _read(answer: requests.Response) -> ET.Element:
    """The reply's tree where every layer says success; else its words, most particular first."""
    try:
        tree = ET.fromstring(answer.content)  # noqa: S314 -- the sandbox's own gateway
    except ET.ParseError:
        raise GatewayRefusedError(f"Intacct answered HTTP {answer.status_code} without XML") from None
    statuses = [status.text for status in tree.iter("status")]
    errors = list(tree.iter("error"))
    if answer.ok and not errors and statuses and all(status == "success" for status in statuses):
        return tree
    words = [
        part.text
        for error in errors
        for part in (error.find("description2"), error.find("description"))
        if part is not None and part.text
    ]
    known = next((text for text in words if SEQUENCE_WORDS in text or TERM_WORDS in text), None)
    raise GatewayRefusedError(known or (words[0] if words else f"Intacct answered HTTP {answer.status_code}"))
