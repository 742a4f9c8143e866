"""The words of a Slack message, from every place where they can stand, as a person would read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

STYLE_MARKS = "\ufdd0\ufdd1\ufdd2\ufdd3"
"""Stand for `*`, `_`, `~` and the backtick where these may be styling: noncharacters, so that no text has them."""

_STYLES = "*_~`"
_TOKEN = re.compile(r"<([^<>\n]*)>|&(amp|lt|gt);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}
_MARKDOWN_LINK = re.compile(r"\[([^\[\]\n]*)\]\(https?://[^()\s]*\)")
_MARKDOWN_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!|~-])")
_MAIL_LINK = re.compile(r"[ \t]{0,3}<(?:https?://|mailto:)[^<>\s]*>")
_TEXT_KINDS = frozenset({"mrkdwn", "plain_text", "raw_text", "markdown"})


def texts(message: Mapping[str, object]) -> Iterator[str]:
    """The message's texts, each the whole of one place, in the order in which a reader meets them.

    Entities are resolved once and links give their label. Where `*`, `_`, `~` or a backtick may be styling, the text
    has STYLE_MARKS in their place.
    """
    yield mrkdwn(_str(message.get("text")))
    yield "\n".join(_pieces(message.get("blocks")))
    for attachment in _mappings(message.get("attachments")):
        yield from _attachment(attachment)
    for file in _mappings(message.get("files")):
        for key in ("subject", "plain_text", "preview_plain_text"):
            yield _mail(_str(file.get(key)))


def literal(text: str) -> str:
    """The text with its style marks as the characters that Slack sent."""
    for mark, style in zip(STYLE_MARKS, _STYLES, strict=True):
        if mark in text:
            text = text.replace(mark, style)
    return text


def mrkdwn(text: str) -> str:
    """Slack's own markup as text: links, entities, styling; mentions stay as they are."""
    if "](http" in text:
        text = _MARKDOWN_LINK.sub(r"\1", text)
    for mark, style in zip(STYLE_MARKS, _STYLES, strict=True):
        if style in text:
            text = text.replace(style, mark)
    # An address or a mention has no styling: its characters are given back before it is read.
    return _TOKEN.sub(_resolved, text) if "<" in text or "&" in text else text


def _resolved(token: re.Match[str]) -> str:
    if token[2]:
        return _ENTITIES[token[2]]
    inner = token[1]
    address, bar, label = inner.partition("|")
    if address.startswith(("@", "#", "!")) and not address.startswith("!date"):
        return f"<{literal(inner)}>"
    return _unescaped(label) if bar else _unescaped(literal(address))


def _unescaped(text: str) -> str:
    return re.sub(r"&(amp|lt|gt);", lambda entity: _ENTITIES[entity[1]], text) if "&" in text else text


def _mail(text: str) -> str:
    if "](http" in text:
        text = _MARKDOWN_LINK.sub(r"\1", text)
    # A mail program writes a link as `label <address>`.
    return _unescaped(_MAIL_LINK.sub("", text) if "<" in text else text)


def _attachment(attachment: Mapping[str, object]) -> Iterator[str]:
    shown = [_str(attachment.get(key)) for key in ("pretext", "title", "text")]
    for field in _mappings(attachment.get("fields")):
        shown += [_str(field.get("title")), _str(field.get("value"))]
    yield mrkdwn("\n".join(part for part in shown if part))
    yield "\n".join(_pieces(attachment.get("blocks")))
    for shared in _mappings(attachment.get("message_blocks")):
        yield "\n".join(_pieces(shared.get("message")))
    yield mrkdwn(_str(attachment.get("fallback")))


def _pieces(node: object) -> Iterator[str]:
    """The texts inside blocks of any kind, in reading order."""
    if isinstance(node, list):
        for part in node:
            yield from _pieces(part)
    elif isinstance(node, Mapping):
        kind, text = node.get("type"), node.get("text")
        if kind == "rich_text":
            yield from _rich_lines(node.get("elements"))
        elif kind in _TEXT_KINDS and isinstance(text, str):
            yield _by_kind(kind, text)
        else:
            yield from _pieces(text)
            for key, part in node.items():
                if key != "text":
                    yield from _pieces(part)


def _by_kind(kind: object, text: str) -> str:
    if kind == "mrkdwn":
        return mrkdwn(text)
    if kind == "markdown":
        return mrkdwn(_MARKDOWN_ESCAPE.sub(r"\1", _MARKDOWN_LINK.sub(r"\1", text)))
    return _unescaped(text)


def _rich_lines(elements: object) -> Iterator[str]:
    """Each paragraph, list item, quotation or preformatted part of a rich text as one text."""
    inline: list[str] = []
    for element in _mappings(elements):
        if _str(element.get("type")).startswith("rich_text_"):
            if inline:
                yield "".join(inline)
                inline = []
            yield from _rich_lines(element.get("elements"))
        else:
            inline.append(_rich_piece(element))
    if inline:
        yield "".join(inline)


def _rich_piece(element: Mapping[str, object]) -> str:
    match element.get("type"):
        case "link":
            return _unescaped(_str(element.get("text")) or _str(element.get("url")))
        case "emoji":
            return f":{_str(element.get('name'))}:"
        case "user":
            return f"<@{_str(element.get('user_id'))}>"
        case "channel":
            return f"<#{_str(element.get('channel_id'))}>"
        case "usergroup":
            return f"<!subteam^{_str(element.get('usergroup_id'))}>"
        case "broadcast":
            return f"<!{_str(element.get('range'))}>"
        case "date":
            return _unescaped(_str(element.get("fallback")))
        case "color":
            return _str(element.get("value"))
        case _:
            return _unescaped(_str(element.get("text")))


def _str(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mappings(value: object) -> Iterable[Mapping[str, object]]:
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else ()
