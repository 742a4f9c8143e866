"""XML on its way out and in: what cannot be carried is refused, and nothing from outside can make reading it costly."""

from __future__ import annotations

import re
import unicodedata

from lxml import etree

from bot.intacct.errors import IllegalText

Element = etree._Element  # noqa: SLF001  # lxml has no public name for it

LARGEST_REPLY = 8 * 1024 * 1024
"""Bytes. The largest page asked for, 2000 records of all fields that are read, has about 3 MiB."""
MOST_MARKS = 100_000
"""Opening angle brackets in a reply: 2000 AR terms of all 21 fields have 88,000. It bounds the tree before it is built."""
MOST_ATTRIBUTES = 50_000
"""Equals signs in a reply, each of which could begin an attribute."""

ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 does not allow in a document, lone surrogates included (W3C, production Char)."""
REPLY = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^<>]{0,200}\?>)?\s*<response[\s>/]")
"""How each of the gateway's replies begins: there is no place in it for a document type."""


class NotAReply(Exception):
    """What came is no reply of the gateway's. `str()` says why."""


def leaf(parent: Element, name: str, text: str) -> Element:
    """Adds `<name>text</name>`. Raises IllegalText where XML cannot carry the text."""
    child = etree.SubElement(parent, name)
    child.text = checked(text, name)
    return child


def can_carry(text: str) -> bool:
    """Whether XML can carry the text: what it cannot is nowhere in Intacct."""
    return ILLEGAL.search(text) is None


def checked(text: str, what: str) -> str:
    """The same text, where XML can carry it. Raises IllegalText, naming the first character that it cannot."""
    found = ILLEGAL.search(text)
    if found is None:
        return text
    position, code_point = found.start() + 1, ord(found.group())
    name = unicodedata.name(found.group(), "a control character" if code_point < 0xA0 else "no character")
    raise IllegalText(
        f"Character {position} of the {what} is U+{code_point:04X} ({name}), which cannot be sent to Intacct.",
        position=position,
        code_point=code_point,
        advice="Correct the text where it comes from.",
    )


def written(root: Element) -> bytes:
    """A document's bytes, UTF-8."""
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def parse(content: bytes) -> Element:
    """A reply's root. Raises NotAReply; no entity, document type or network is ever followed.

    The counts come first, as a tree takes many times its text's memory.
    """
    if REPLY.match(content) is None:
        raise NotAReply("it does not begin as one of the gateway's replies")
    if len(content) > LARGEST_REPLY:
        raise NotAReply(f"it has more than {LARGEST_REPLY} bytes")
    if content.count(b"<") > MOST_MARKS or content.count(b"=") > MOST_ATTRIBUTES:
        raise NotAReply("it has more elements than any page asked for")
    parser = etree.XMLParser(
        encoding="UTF-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise NotAReply("it is broken off or not well-formed") from None
