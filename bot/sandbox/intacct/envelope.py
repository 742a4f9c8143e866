"""Reads a request: hardened against hostile XML, checked against the schema, handed on as values."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from bot.sandbox.intacct.errors import schema_error
from bot.sandbox.intacct.schema import check

Element = etree._Element  # noqa: SLF001 - the name that lxml gives its elements

MOST_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Who sends, and how the request wants to be handled."""

    sender: str
    password: str
    control_id: str
    unique: bool
    """Refuse a function whose control id was carried out before; the default when the request says nothing."""
    version: str
    policy: str = ""
    """The transport policy of an asynchronous request; the company has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A user's own credentials."""

    user: str
    company: str
    password: str
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One function of a request."""

    name: str
    control_id: str
    body: Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One sign-in and what is to be done under it."""

    login: Login | None
    session: str
    """The session's id where there is no login."""
    transaction: bool
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A whole request."""

    control: Control
    operations: tuple[Operation, ...]

    @property
    def calls(self) -> tuple[Call, ...]:
        """All functions, in order."""
        return tuple(call for operation in self.operations for call in operation.calls)


def text_of(element: Element, name: str, default: str = "") -> str:
    """A child's text, untouched; the default where the child is absent."""
    child = element.find(name)
    return default if child is None else (child.text or "")


def is_true(text: str) -> bool:
    """Whether a flag is set; clients write it in either case."""
    return text.strip().lower() == "true"


def whole_number(text: str, most: int) -> int | None:
    """The number from 0 to `most` that a text writes in plain digits; None where it writes none."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        return None
    number = int(text)
    return number if number <= most else None


def parse(body: bytes) -> Envelope:
    """The request's values; raises a control failure for anything malformed, out of order, too large or with a DTD."""
    root = _tree(body)
    check(root)
    control = root.find("control")
    if control is None:
        raise schema_error("Element 'request': Missing child element(s). Expected is ( control ).")
    return Envelope(
        control=Control(
            sender=text_of(control, "senderid"),
            password=text_of(control, "password"),
            control_id=text_of(control, "controlid"),
            unique=is_true(text_of(control, "uniqueid", "true")),
            version=text_of(control, "dtdversion", "3.0"),
            policy=text_of(control, "policyid"),
        ),
        operations=tuple(_operation(element) for element in root.findall("operation")),
    )


def control_of(body: bytes) -> Control:
    """What can be told of the sender of a request that cannot be parsed, as the vendor's own replies do."""
    found = {
        name: re.search(rf"<{name}>([^<]{{0,256}})</{name}>".encode(), body[:4096])
        for name in ("senderid", "controlid")
    }
    sender, control_id = (
        match.group(1).decode("utf-8", "replace") if match else "" for match in (found["senderid"], found["controlid"])
    )
    return Control(sender=sender, password="", control_id=control_id, unique=False, version="3.0")


def _tree(body: bytes) -> Element:
    if len(body) > MOST_BYTES:
        raise schema_error(f"The request has {len(body)} bytes, {MOST_BYTES} are the most.")
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise schema_error("A document type declaration is not allowed.")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise schema_error(f"Fatal Error: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise schema_error("A document type declaration is not allowed.")
    return root


def _operation(element: Element) -> Operation:
    login = element.find("authentication/login")
    return Operation(
        login=None
        if login is None
        else Login(
            user=text_of(login, "userid"),
            company=text_of(login, "companyid"),
            password=text_of(login, "password"),
            location=text_of(login, "locationid").strip(),
        ),
        session=(element.findtext("authentication/sessionid") or "").strip(),
        transaction=is_true(element.get("transaction", "false")),
        calls=tuple(
            Call(name=str(function[0].tag), control_id=function.get("controlid", ""), body=function[0])
            for function in element.findall("content/function")
        ),
    )
