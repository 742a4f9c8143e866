"""A plain client of the gateway: writes envelopes by hand and hands back what came, so that nothing is taken on trust."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

import requests
from lxml import etree

from bot.sandbox.intacct import PATH

READER = ("termkeeper-reader", "sandbox-reader-password")
WRITER = ("termkeeper-writer", "sandbox-writer-password")
SYNC = ("bill-sync", "sandbox-sync-password")
SENDER = ("sandbox", "sandbox-sender-password")


def login(user: tuple[str, str] = READER, company: str = "acme", location: str = "") -> str:
    """The sign-in by user and password."""
    place = f"<locationid>{location}</locationid>" if location else ""
    return f"<login><userid>{user[0]}</userid><companyid>{company}</companyid><password>{user[1]}</password>{place}</login>"


def session(session_id: str) -> str:
    """The sign-in by a session."""
    return f"<sessionid>{session_id}</sessionid>"


def envelope(
    *functions: str,
    auth: str,
    sender: tuple[str, str] = SENDER,
    unique: bool = False,
    transaction: bool = False,
    control_id: str = "request-1",
    ids: tuple[str, ...] = (),
) -> bytes:
    """A request of these functions, the control ids of which are f1, f2, … unless given."""
    names = ids or tuple(f"f{place}" for place, _ in enumerate(functions, 1))
    content = "".join(
        f"<function controlid={quoteattr(name)}>{function}</function>"
        for name, function in zip(names, functions, strict=True)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><request><control>'
        f"<senderid>{sender[0]}</senderid><password>{sender[1]}</password><controlid>{control_id}</controlid>"
        f"<uniqueid>{str(unique).lower()}</uniqueid><dtdversion>3.0</dtdversion>"
        f"<includewhitespace>false</includewhitespace></control>"
        f'<operation transaction="{str(transaction).lower()}"><authentication>{auth}</authentication>'
        f"<content>{content}</content></operation></request>"
    ).encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    http: requests.Response

    @property
    def tree(self) -> etree._Element:
        return etree.fromstring(self.http.content)

    def text(self, path: str) -> str:
        found = self.tree.find(path)
        assert found is not None, self.http.text
        return found.text or ""

    @property
    def statuses(self) -> list[str]:
        """Of the results, in order."""
        return [status.text or "" for status in self.tree.findall("operation/result/status")]

    @property
    def errors(self) -> list[tuple[str, str]]:
        """Number and second description of all errors."""
        return [(e.findtext("errorno") or "", e.findtext("description2") or "") for e in self.tree.iter("error")]

    @property
    def data(self) -> etree._Element:
        found = self.tree.find("operation/result/data")
        assert found is not None, self.http.text
        return found

    def rows(self) -> list[dict[str, str]]:
        """The records of the first result."""
        return [{str(field.tag): field.text or "" for field in row} for row in self.data]

    def column(self, name: str) -> list[str]:
        return [row[name] for row in self.rows()]


class Client:
    """Posts requests to one gateway."""

    def __init__(self, address: str) -> None:
        self.url = address + PATH
        self._http = requests.Session()

    def post(self, body: bytes, timeout: float = 20) -> Answer:
        return Answer(
            self._http.post(self.url, data=body, headers={"Content-Type": "application/xml"}, timeout=timeout)
        )

    def call(
        self,
        *functions: str,
        user: tuple[str, str] = READER,
        location: str = "",
        unique: bool = False,
        transaction: bool = False,
        ids: tuple[str, ...] = (),
        timeout: float = 20,
    ) -> Answer:
        """Signs in by login and calls."""
        body = envelope(
            *functions, auth=login(user, location=location), unique=unique, transaction=transaction, ids=ids
        )
        return self.post(body, timeout)

    def query(
        self,
        kind: str,
        *fields: str,
        where: str = "",
        order: str = "",
        options: str = "",
        paging: str = "",
        user: tuple[str, str] = READER,
        location: str = "",
    ) -> Answer:
        """`query`; a field such as `count:RECORDNO` is an aggregate, an order such as `-NAME` descends."""
        select = "".join(
            f"<{head}>{name}</{head}>" if name else f"<field>{head}</field>"
            for head, _, name in (field.partition(":") for field in fields)
        )
        orders = "".join(
            f"<order><field>{name.lstrip('-')}</field>{'<descending/>' if name[0] == '-' else '<ascending/>'}</order>"
            for name in order.split()
        )
        function = f"<query><object>{kind}</object><select>{select}</select>"
        function += f"<filter>{where}</filter>" if where else ""
        function += f"<orderby>{orders}</orderby>" if orders else ""
        function += f"<options>{options}</options>" if options else ""
        return self.call(f"{function}{paging}</query>", user=user, location=location)


def op(operator: str, field: str, *values: str) -> str:
    """One operator of a filter."""
    listed = "".join(f"<value>{escape(value)}</value>" for value in values)
    return f"<{operator}><field>{field}</field>{listed}</{operator}>"


def arterm(name: str, days: str = "45", extra: str = "") -> str:
    """`create_arterm` of a rule of days."""
    return f"<create_arterm><name>{escape(name)}</name><due><dueday>{days}</dueday></due>{extra}</create_arterm>"


def invoice(number: str, term: str | None, customer: str = "C1", dated: str = "2026-11-02", extra: str = "") -> str:
    """`create_invoice` of one line of 1250.50."""
    year, month, day = dated.split("-")
    named = "" if term is None else f"<termname>{escape(term)}</termname>"
    return (
        f"<create_invoice><customerid>{customer}</customerid><datecreated><year>{year}</year><month>{month}</month>"
        f"<day>{day}</day></datecreated>{named}<invoiceno>{number}</invoiceno>{extra}<invoiceitems><lineitem>"
        "<glaccountno>4000</glaccountno><amount>1250.50</amount></lineitem></invoiceitems></create_invoice>"
    )
