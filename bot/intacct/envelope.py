"""The request document around one function: who sends it, who is signed in, under which control ids."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field

from lxml import etree

from bot.intacct.xml import Element, checked, leaf

VERSION = "3.0"
HIDDEN = "[hidden]"
SECRET = ("password", "sessionid")
"""The elements whose text never leaves this room but towards Intacct."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, by the Web Services subscription."""

    sender_id: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A user's own credentials."""

    company: str
    user: str
    password: str = field(repr=False)
    location: str = ""
    """The entity to sign in to; empty for the top level."""


@dataclass(frozen=True, slots=True)
class SessionId:
    """A session's id in place of credentials."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One function to be run."""

    body: Element
    needs: str = ""
    """The right that it needs, in the words of Intacct's screens."""

    @property
    def function(self) -> str:
        """The function's name: `query`, `create_arterm`."""
        return str(self.body.tag)


def request(
    sender: Sender,
    who: Login | SessionId,
    call: Call,
    *,
    request_id: str,
    control_id: str,
    unique: bool,
) -> Element:
    """The whole document, in the schema's order (api.xsd, v3.0). Raises IllegalText.

    `unique` makes the gateway refuse a `control_id` that it has already carried out.
    """
    root = etree.Element("request")
    control = etree.SubElement(root, "control")
    leaf(control, "senderid", sender.sender_id)
    leaf(control, "password", sender.password)
    leaf(control, "controlid", request_id)
    leaf(control, "uniqueid", "true" if unique else "false")
    leaf(control, "dtdversion", VERSION)
    leaf(control, "includewhitespace", "false")
    operation = etree.SubElement(root, "operation", transaction="false")
    _authentication(etree.SubElement(operation, "authentication"), who)
    content = etree.SubElement(operation, "content")
    function = etree.SubElement(content, "function", controlid=checked(control_id, "control id"))
    function.append(deepcopy(call.body))
    return root


def _authentication(parent: Element, who: Login | SessionId) -> None:
    if isinstance(who, SessionId):
        leaf(parent, "sessionid", who.value)
        return
    login = etree.SubElement(parent, "login")
    leaf(login, "userid", who.user)
    leaf(login, "companyid", who.company)
    leaf(login, "password", who.password)
    if who.location:
        leaf(login, "locationid", who.location)


def without_secrets(root: Element) -> str:
    """The same document as text, its passwords and session id hidden."""
    shown = deepcopy(root)
    for element in shown.iter(*SECRET):
        element.text = HIDDEN
    return etree.tostring(shown, encoding="unicode")
