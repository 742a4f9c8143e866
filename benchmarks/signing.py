"""How the harnesses sign in to the emulated gateway: with this bot's client, or by XML of their own."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from bot.intacct.client import Intacct

ADDRESS = "/sandbox/intacct/ia/xml/xmlgw.phtml"


class Counted:
    """A gate that lets every request through, and counts the queries."""

    def __init__(self) -> None:
        self.sent = 0

    def slot(self) -> nullcontext[None]:
        """One request's place."""
        return nullcontext()

    def count(self, function: str) -> None:
        """One request was sent."""
        self.sent += function == "query"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """The reader's sign-in, which the emulators accept."""

    sender: str = "sandbox"
    sender_password: str = "sandbox-sender-password"
    company: str = "acme"
    user: str = "termkeeper-reader"
    password: str = "sandbox-reader-password"

    def query(self, kind: str, fields: Sequence[str], offset: int, size: int = 2_000) -> bytes:
        """A request that lists a page of records, signed in by itself."""
        selected = "".join(f"<field>{field}</field>" for field in fields)
        return f"""<?xml version="1.0" encoding="UTF-8"?><request><control><senderid>{self.sender}</senderid>
        <password>{self.sender_password}</password><controlid>b</controlid><uniqueid>false</uniqueid>
        <dtdversion>3.0</dtdversion><includewhitespace>false</includewhitespace></control>
        <operation><authentication><login><userid>{self.user}</userid><companyid>{self.company}</companyid>
        <password>{self.password}</password></login></authentication><content><function controlid="q"><query>
        <object>{kind}</object><select>{selected}</select><orderby><order><field>RECORDNO</field><ascending/></order>
        </orderby><pagesize>{size}</pagesize><offset>{offset}</offset></query></function></content></operation>
        </request>""".encode()


login = Login()


def books(url: str) -> tuple[Intacct, Counted]:
    """The client of this bot, and what counts its queries."""
    counted = Counted()
    client = Intacct(
        url=url,
        sender_id=login.sender,
        sender_password=login.sender_password,
        company_id=login.company,
        user_id=login.user,
        user_password=login.password,
        gate=counted,
        counter=counted,
    )
    return client, counted
