"""Finds out, without changing anything, whether the users of the settings can do what the bot will ask of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from lxml import etree

from bot.intacct import invoices, term_fields, terms, users
from bot.intacct.envelope import Call
from bot.intacct.errors import IntacctError, Refused
from bot.intacct.fields import Fields
from bot.intacct.query import Query, first_page
from bot.intacct.session import SignedIn
from bot.intacct.xml import leaf


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at."""

    subject: str
    """`sign-in of termkeeper-reader`."""
    passed: bool
    sentence: str
    """What was found."""
    advice: str = ""
    """What to do; empty where there is nothing to do."""
    needed: bool = True
    """Whether the bot cannot do its main work without it."""


def check(reader: SignedIn, writer: SignedIn, fields: Fields) -> tuple[Check, ...]:
    """Sign-ins, rights and fields, in this order; what needs a sign-in that failed is left out."""
    found = list(_reading(reader, fields))
    signed_in = found[0].passed
    if writer is not reader:
        found.append(_sign_in(writer))
        signed_in = found[-1].passed
    return (*found, *(_rights(writer) if signed_in else ()))


def _reading(reader: SignedIn, fields: Fields) -> Iterator[Check]:
    signed_in = _sign_in(reader)
    yield signed_in
    if not signed_in.passed:
        return
    for kind, needs, needed in (
        ("ARTERM", terms.LIST, term_fields.NEEDED),
        ("ARINVOICE", terms.LIST_INVOICES, invoices.NEEDED),
    ):
        query = Query(object=kind, select=("RECORDNO",), page_size=1, needs=needs)
        yield _try(f"{reader.user} reads {kind}", partial(first_page, reader.read, query), "It can be read.")
        yield _fields(fields, kind, needed)
    yield _customers(reader)


def _customers(reader: SignedIn) -> Check:
    """Without them no term can be withdrawn, as it is not known whose default it is; all else works."""
    query = Query(object="CUSTOMER", select=("CUSTOMERID", "TERMNAME"), page_size=1, needs=users.LIST_CUSTOMERS)
    tried = _try(f"{reader.user} reads CUSTOMER", partial(first_page, reader.read, query), "It can be read.")
    if tried.passed:
        return tried
    return replace(tried, advice=f"{tried.advice} Until then no term can be withdrawn.".strip(), needed=False)


def _rights(writer: SignedIn) -> Iterator[Check]:
    for right, call in (("adds AR terms", _impossible_creation()), ("reactivates AR terms", _impossible_update())):
        yield _right(writer, f"{writer.user} {right}", call)


def _sign_in(user: SignedIn) -> Check:
    return _try(f"sign-in of {user.user}", user.sign_in, "Intacct accepts it.")


def _try(subject: str, attempt: Callable[[], object], sentence: str) -> Check:
    try:
        attempt()
    except IntacctError as error:
        return _failed(subject, error)
    return Check(subject=subject, passed=True, sentence=sentence)


def _failed(subject: str, error: IntacctError) -> Check:
    words = f" Intacct says: “{error.vendor_words}”" if error.vendor_words else ""
    return Check(subject=subject, passed=False, sentence=f"{error}{words}", advice=error.advice)


def _fields(fields: Fields, kind: str, needed: tuple[str, ...]) -> Check:
    subject = f"fields of {kind}"
    try:
        missing = [name for name in needed if name not in fields.listed(kind)]
    except IntacctError as error:
        return _failed(subject, error)
    if missing:
        return Check(
            subject=subject,
            passed=False,
            sentence=f"This company does not list {', '.join(missing)}.",
            advice="Ask the Intacct administrator whether the Accounts Receivable application is subscribed.",
        )
    return Check(subject=subject, passed=True, sentence="All that the bot needs are there.")


def _right(writer: SignedIn, subject: str, call: Call) -> Check:
    """Asks for what cannot be done: a user without the right is told that, one with it what is wrong."""
    try:
        writer.write(call, uuid.uuid4().hex)
    except Refused:
        return Check(subject=subject, passed=True, sentence="The right is there.")
    except IntacctError as error:
        return _failed(subject, error)
    return Check(
        subject=subject,
        passed=False,
        sentence="Intacct accepted what it should have refused.",
        advice="Look at AR Terms for a record without a name.",
    )


def _impossible_creation() -> Call:
    """A term that cannot be: without a name, and due from a day that no rule knows."""
    root = etree.Element("create_arterm")
    leaf(root, "name", "")
    leaf(root, "status", "inactive")
    leaf(etree.SubElement(root, "due"), "duefrom", "never")
    return Call(body=root, needs=terms.ADD)


def _impossible_update() -> Call:
    """A change of a term that does not exist."""
    root = etree.Element("update_arterm", name=f"no such term {uuid.uuid4().hex[:16]}")
    leaf(root, "status", "active")
    return Call(body=root, needs=terms.EDIT)
