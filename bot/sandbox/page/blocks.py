"""Slack's blocks as HTML: pure functions from a block's JSON to escaped markup that the page's script makes live."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from bot.sandbox.page.mrkdwn import SAFE_SCHEMES, Reader, mrkdwn, plain

Json = Mapping[str, Any]

EMPTY = Markup("")


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a drawing needs beside the block: its reader, and whether inputs act at once or wait for a submit."""

    reader: Reader
    live: bool = True
    """In a message, an element acts as soon as it is used; the same holds outside input blocks of a view."""


def draw(blocks: Iterable[Json], reader: Reader) -> Markup:
    """All blocks of a message, a view or the App Home."""
    return _join(draw_block(block, reader) for block in blocks)


def draw_block(block: Json, reader: Reader) -> Markup:
    """One block; of a kind that the page does not know it says so."""
    kind = str(block.get("type"))
    drawer = _BLOCKS.get(kind)
    body = (
        drawer(block, Drawing(reader)) if drawer else Markup('<p class="unknown">(a block of type {})</p>').format(kind)
    )
    return Markup('<div class="block block-{}" data-block="{}">{}</div>').format(kind, block.get("block_id", ""), body)


def text(value: Json | str | None, reader: Reader) -> Markup:
    """A text object, plain or mrkdwn."""
    if value is None:
        return EMPTY
    if isinstance(value, str):
        return plain(value)
    words = str(value.get("text", ""))
    return mrkdwn(words, reader) if value.get("type") == "mrkdwn" else plain(words)


def _join(parts: Iterable[Markup]) -> Markup:
    return EMPTY.join(parts)


def _words(value: Json | str | None) -> str:
    """A text object's bare words, for an attribute."""
    return str(value.get("text", "")) if isinstance(value, Mapping) else str(value or "")


# Blocks


def _section(block: Json, drawing: Drawing) -> Markup:
    words = (
        Markup('<div class="words">{}</div>').format(text(block["text"], drawing.reader))
        if block.get("text")
        else EMPTY
    )
    fields = EMPTY
    if block.get("fields"):
        cells = _join(Markup("<div>{}</div>").format(text(field, drawing.reader)) for field in block["fields"])
        fields = Markup('<div class="fields">{}</div>').format(cells)
    accessory = EMPTY
    if block.get("accessory"):
        drawn = draw_element(block["accessory"], block, drawing)
        accessory = Markup('<div class="accessory">{}</div>').format(drawn)
    return Markup('<div class="section-text">{}{}</div>{}').format(words, fields, accessory)


def _header(block: Json, drawing: Drawing) -> Markup:
    return Markup("<h4>{}</h4>").format(text(block.get("text"), drawing.reader))


def _context(block: Json, drawing: Drawing) -> Markup:
    def piece(element: Json) -> Markup:
        if element.get("type") == "image":
            return _image_element(element, block, drawing)
        return Markup("<span>{}</span>").format(text(element, drawing.reader))

    return _join(piece(element) for element in block.get("elements", []))


def _divider(_block: Json, _drawing: Drawing) -> Markup:
    return Markup("<hr>")


def _actions(block: Json, drawing: Drawing) -> Markup:
    return _join(draw_element(element, block, drawing) for element in block.get("elements", []))


def _image(block: Json, drawing: Drawing) -> Markup:
    title = (
        Markup("<figcaption>{}</figcaption>").format(text(block["title"], drawing.reader))
        if block.get("title")
        else EMPTY
    )
    return Markup("<figure>{}{}</figure>").format(title, _image_element(block, block, drawing))


def _rich_text(block: Json, drawing: Drawing) -> Markup:
    return _join(_rich_element(element, drawing.reader) for element in block.get("elements", []))


def _input(block: Json, drawing: Drawing) -> Markup:
    element = block.get("element", {})
    waiting = Drawing(drawing.reader, live=bool(block.get("dispatch_action")))
    block_id = str(block.get("block_id", ""))
    label = text(block.get("label"), drawing.reader)
    optional = Markup(' <span class="optional">(optional)</span>') if block.get("optional") else EMPTY
    hint = (
        Markup('<p class="hint" id="hint-{}">{}</p>').format(block_id, text(block["hint"], drawing.reader))
        if block.get("hint")
        else EMPTY
    )
    error = Markup('<p class="error" id="error-{}" data-error-for="{}" data-keep role="alert"></p>').format(
        block_id, block_id
    )
    control = draw_element(element, block, waiting)
    if element.get("type") in ("radio_buttons", "checkboxes"):
        return Markup("<fieldset><legend>{}{}</legend>{}</fieldset>{}{}").format(label, optional, control, hint, error)
    name = field_id(block, element)
    return Markup('<label for="{}">{}{}</label>{}{}{}').format(name, label, optional, control, hint, error)


# Charts: a picture for whoever sees it, and the same numbers as a table for everybody

_WIDE, _HIGH = 560, 170
"""The picture's own units; it shrinks with the page."""
_FLOOR = 20
"""Below the picture, for the labels."""

Series = tuple[str, Mapping[str, float]]
"""A name, and label → value."""


def _visualization(block: Json, _drawing: Drawing) -> Markup:
    chart = block.get("chart") or {}
    if chart.get("type") == "pie":
        labels = [str(point.get("label", "")) for point in chart.get("segments", [])]
        series: list[Series] = [
            ("Value", {str(point.get("label", "")): point.get("value", 0) for point in chart.get("segments", [])})
        ]
    else:
        labels = [str(label) for label in (chart.get("axis_config") or {}).get("categories", [])]
        series = [
            (str(each.get("name", "")), {str(point["label"]): point["value"] for point in each.get("data", [])})
            for each in chart.get("series", [])
        ]
    shape = Markup(
        '<figure class="chart"><figcaption>{}</figcaption>{}{}<details><summary>The same as a table</summary>{}</details></figure>'
    )
    title = str(block.get("title", ""))
    return shape.format(title, _picture(title, labels, series), _legend(series), _numbers(title, chart, labels, series))


def _picture(title: str, labels: list[str], series: list[Series]) -> Markup:
    """Stacked bars, one a label; below each its label."""
    most = max([sum(each.get(label, 0) for _, each in series) for label in labels], default=0) or 1
    step = _WIDE / max(len(labels), 1)
    bars: list[Markup] = []
    for place, label in enumerate(labels):
        floor = float(_HIGH)
        for number, (name, each) in enumerate(series, start=1):
            height = _HIGH * each.get(label, 0) / most
            floor -= height
            if height:
                shape = Markup(
                    '<rect class="series-{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>'
                )
                said = f"{label}, {name}: {each[label]:g}"
                bars.append(shape.format(number, step * (place + 0.15), floor, step * 0.7, height, said))
        words = Markup('<text x="{:.1f}" y="{}">{}</text>')
        bars.append(words.format(step * (place + 0.5), _HIGH + _FLOOR - 6, label))
    shape = Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>')
    return shape.format(_WIDE, _HIGH + _FLOOR, f"{title}: a bar chart; the table below says the same", _join(bars))


def _legend(series: list[Series]) -> Markup:
    keys = [
        Markup('<li class="series-{}">{}</li>').format(number, name) for number, (name, _) in enumerate(series, start=1)
    ]
    return Markup('<ul class="legend">{}</ul>').format(_join(keys))


def _numbers(title: str, chart: Json, labels: list[str], series: list[Series]) -> Markup:
    heads = _join(Markup('<th scope="col">{}</th>').format(name) for name, _ in series)
    rows = _join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            label, _join(Markup("<td>{}</td>").format(f"{each.get(label, 0):g}") for _, each in series)
        )
        for label in labels
    )
    axis = str((chart.get("axis_config") or {}).get("x_label") or "")
    shape = Markup(
        '<table><caption class="hidden">{}</caption><thead><tr><th scope="col">{}</th>{}</tr></thead><tbody>{}</tbody></table>'
    )
    return shape.format(title, axis, heads, rows)


# Elements


def draw_element(element: Json, block: Json, drawing: Drawing) -> Markup:
    """One element of an actions block, an accessory, or an input block's."""
    kind = str(element.get("type"))
    drawer = _ELEMENTS.get(kind)
    if drawer is None:
        return Markup('<span class="unknown">(an element of type {})</span>').format(kind)
    return drawer(element, block, drawing)


def field_id(block: Json, element: Json) -> str:
    """The id that ties an element to its label."""
    return f"field-{block.get('block_id', '')}-{element.get('action_id', '')}"


def _attributes(element: Json, block: Json, drawing: Drawing) -> Markup:
    """What the page's script needs to act for an element, or to collect its value on submit."""
    pairs: list[tuple[str, str]] = [
        ("data-kind", str(element.get("type"))),
        ("data-action-id", str(element.get("action_id", ""))),
        ("data-block-id", str(block.get("block_id", ""))),
    ]
    if drawing.live:
        pairs.append(("data-live", "true"))
    if element.get("confirm"):
        pairs.append(("data-confirm", _confirm(element["confirm"], drawing.reader)))
    return Markup(" ").join(Markup('{}="{}"').format(name, value) for name, value in pairs)


def _confirm(confirm: Json, reader: Reader) -> str:
    """A confirmation's words for the script; `html` is markup that is escaped already."""
    words = {name: _words(confirm.get(name)) for name in ("title", "confirm", "deny")}
    return json.dumps({**words, "html": str(text(confirm.get("text"), reader)), "style": confirm.get("style", "")})


def _button(element: Json, block: Json, drawing: Drawing) -> Markup:
    style = {"primary": " primary", "danger": " danger"}.get(str(element.get("style")), "")
    label = text(element.get("text"), drawing.reader)
    spoken = (
        Markup(' aria-label="{}"').format(element["accessibility_label"])
        if element.get("accessibility_label")
        else EMPTY
    )
    live = Drawing(drawing.reader)
    url = str(element.get("url") or "")
    if url.startswith(SAFE_SCHEMES):
        shape = Markup('<a class="button{}" href="{}" target="_blank" rel="noopener noreferrer" {}{}>{}</a>')
        return shape.format(style, url, _attributes(element, block, live), spoken, label)
    shape = Markup('<button type="button" class="button{}" data-value="{}" {}{}>{}</button>')
    return shape.format(style, element.get("value", ""), _attributes(element, block, live), spoken, label)


def _overflow(element: Json, block: Json, drawing: Drawing) -> Markup:
    live = _attributes(element, block, Drawing(drawing.reader))
    shape = Markup('<button type="button" class="menu-item" data-value="{}" {}>{}</button>')
    items = _join(
        shape.format(option.get("value", ""), live, text(option.get("text"), drawing.reader))
        for option in element.get("options", [])
    )
    return Markup(
        '<details class="menu"><summary class="button" aria-label="More actions">⋯</summary><div class="menu-items">{}</div></details>'
    ).format(items)


def _options(element: Json) -> list[tuple[str | None, list[Json]]]:
    """Options by group; those without a group under None."""
    groups = [
        (_words(group.get("label")), list(group.get("options", []))) for group in element.get("option_groups", [])
    ]
    return [*groups] if groups else [(None, list(element.get("options", [])))]


def _chosen(element: Json) -> set[str]:
    one = element.get("initial_option")
    chosen = [*([one] if one else []), *element.get("initial_options", [])]
    return {str(option.get("value")) for option in chosen}


def _select(element: Json, block: Json, drawing: Drawing) -> Markup:
    many = str(element.get("type", "")).startswith("multi_")
    chosen = _chosen(element)
    parts: list[Markup] = []
    if not many:
        parts.append(Markup('<option value="">{}</option>').format(_words(element.get("placeholder")) or "Choose…"))
    for label, options in _options(element):
        inner = _join(
            Markup('<option value="{}"{}>{}</option>').format(
                option.get("value", ""),
                Markup(" selected") if str(option.get("value")) in chosen else EMPTY,
                _words(option.get("text")),
            )
            for option in options
        )
        parts.append(inner if label is None else Markup('<optgroup label="{}">{}</optgroup>').format(label, inner))
    return _select_tag(element, block, drawing, _join(parts), many=many)


def _select_tag(element: Json, block: Json, drawing: Drawing, options: Markup, *, many: bool) -> Markup:
    spoken = (
        Markup(' aria-label="{}"').format(_words(element.get("placeholder")) or "Choose") if drawing.live else EMPTY
    )
    shape = Markup('<select id="{}" {}{}{}{}>{}</select>')
    return shape.format(
        field_id(block, element),
        _attributes(element, block, drawing),
        _described(block),
        spoken,
        Markup(" multiple") if many else EMPTY,
        options,
    )


def _select_of(names: Callable[[Reader], Mapping[str, str]], initial: str) -> Callable[[Json, Json, Drawing], Markup]:
    """A menu of people or channels."""

    def drawer(element: Json, block: Json, drawing: Drawing) -> Markup:
        many = str(element.get("type", "")).startswith("multi_")
        given = element.get(f"{initial}s") if many else element.get(initial)
        chosen = set(given if isinstance(given, list) else [given])
        options = [Markup('<option value="">Choose…</option>')] if not many else []
        for key, name in names(drawing.reader).items():
            mark = Markup(" selected") if key in chosen else EMPTY
            options.append(Markup('<option value="{}"{}>{}</option>').format(key, mark, name))
        return _select_tag(element, block, drawing, _join(options), many=many)

    return drawer


def _choices(element: Json, block: Json, drawing: Drawing) -> Markup:
    """Radio buttons or checkboxes."""
    chosen = _chosen(element)
    kind = "radio" if element.get("type") == "radio_buttons" else "checkbox"
    name = field_id(block, element)
    shape = Markup('<label class="choice"><input type="{}" name="{}" value="{}"{}{}> <span>{}{}</span></label>')

    def one(option: Json) -> Markup:
        value = str(option.get("value", ""))
        more = (
            Markup("<small>{}</small>").format(text(option["description"], drawing.reader))
            if option.get("description")
            else EMPTY
        )
        mark = Markup(" checked") if value in chosen else EMPTY
        return shape.format(kind, name, value, mark, _described(block), text(option.get("text"), drawing.reader), more)

    shape_all = Markup('<div class="choices" id="{}" {}>{}</div>')
    return shape_all.format(
        name,
        _attributes(element, block, drawing),
        _join(one(option) for option in element.get("options", [])),
    )


def _described(block: Json) -> Markup:
    if block.get("type") != "input":
        return EMPTY
    block_id = block.get("block_id", "")
    ids = f"hint-{block_id} error-{block_id}" if block.get("hint") else f"error-{block_id}"
    return Markup(' aria-describedby="{}"').format(ids)


def _text_input(element: Json, block: Json, drawing: Drawing) -> Markup:
    common = Markup('id="{}" {}{} placeholder="{}"').format(
        field_id(block, element),
        _attributes(element, block, drawing),
        _described(block),
        _words(element.get("placeholder")),
    )
    limit = Markup(' maxlength="{}"').format(element["max_length"]) if element.get("max_length") else EMPTY
    value = element.get("initial_value") or ""
    if element.get("multiline"):
        return Markup('<textarea rows="3" {}{}>{}</textarea>').format(common, limit, value)
    return Markup('<input type="text" autocomplete="off" {}{} value="{}">').format(common, limit, value)


def _typed_input(kind: str, initial: str) -> Callable[[Json, Json, Drawing], Markup]:
    """An input of the browser's own kind: number, date, time, e-mail, address."""

    def drawer(element: Json, block: Json, drawing: Drawing) -> Markup:
        limits = _join(
            Markup(' {}="{}"').format(attribute, element[name])
            for attribute, name in (("min", "min_value"), ("max", "max_value"))
            if element.get(name) is not None
        )
        step = Markup(' step="any"') if element.get("is_decimal_allowed") else EMPTY
        shape = Markup('<input type="{}" id="{}" {}{} value="{}"{}{}>')
        return shape.format(
            kind,
            field_id(block, element),
            _attributes(element, block, drawing),
            _described(block),
            element.get(initial) or "",
            limits,
            step,
        )

    return drawer


def _image_element(element: Json, _block: Json, _drawing: Drawing) -> Markup:
    """An image from the sandbox itself; of one from elsewhere only its description, as the page fetches nothing outside."""
    url = str(element.get("image_url") or "")
    alt = str(element.get("alt_text", ""))
    if url.startswith("/") and not url.startswith("//"):
        return Markup('<img src="{}" alt="{}">').format(url, alt)
    return Markup('<span class="image-words">🖼 {}</span>').format(alt)


# Rich text


def _rich_element(element: Json, reader: Reader) -> Markup:
    kind = element.get("type")
    inner = [_rich_piece(piece, reader) for piece in element.get("elements", [])] if kind != "rich_text_list" else []
    match kind:
        case "rich_text_section":
            return Markup("<p>{}</p>").format(_join(inner))
        case "rich_text_preformatted":
            return Markup("<pre>{}</pre>").format(_join(inner))
        case "rich_text_quote":
            return Markup("<blockquote>{}</blockquote>").format(_join(inner))
        case "rich_text_list":
            tag = "ol" if element.get("style") == "ordered" else "ul"
            items = _join(
                Markup("<li>{}</li>").format(_join(_rich_piece(piece, reader) for piece in item.get("elements", [])))
                for item in element.get("elements", [])
            )
            return Markup("<{}>{}</{}>").format(tag, items, tag)
        case _:
            return Markup('<p class="unknown">(rich text of type {})</p>').format(kind)


_RICH_STYLES = (("bold", "strong"), ("italic", "em"), ("strike", "s"), ("code", "code"))


def _rich_piece(piece: Json, reader: Reader) -> Markup:
    body = _rich_words(piece, reader)
    for style, tag in _RICH_STYLES:
        if (piece.get("style") or {}).get(style):
            body = Markup("<{}>{}</{}>").format(tag, body, tag)
    return body


def _rich_words(piece: Json, reader: Reader) -> Markup:
    match piece.get("type"):
        case "text":
            return plain(str(piece.get("text", "")))
        case "link":
            target = str(piece.get("url", "")).replace("|", "%7C").replace(">", "%3E").replace("<", "%3C")
            label = str(piece.get("text") or piece.get("url", ""))
            if not target.startswith(SAFE_SCHEMES):
                return plain(label)
            shape = Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>')
            return shape.format(target, plain(label))
        case "user":
            return mrkdwn(f"<@{piece.get('user_id', '')}>", reader)
        case "channel":
            return mrkdwn(f"<#{piece.get('channel_id', '')}>", reader)
        case "usergroup":
            return mrkdwn(f"<!subteam^{piece.get('usergroup_id', '')}>", reader)
        case "broadcast":
            return mrkdwn(f"<!{piece.get('range', '')}>", reader)
        case "emoji":
            return plain(f":{piece.get('name', '')}:")
        case "date":
            fallback = str(piece.get("fallback", ""))
            return mrkdwn(f"<!date^{piece.get('timestamp', '')}^{piece.get('format', '')}|{fallback}>", reader)
        case _:
            return EMPTY


Drawer = Callable[[Json, Drawing], Markup]
ElementDrawer = Callable[[Json, Json, Drawing], Markup]

_BLOCKS: Mapping[str, Drawer] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "divider": _divider,
    "actions": _actions,
    "image": _image,
    "rich_text": _rich_text,
    "input": _input,
    "data_visualization": _visualization,
}


def _people(reader: Reader) -> Mapping[str, str]:
    return reader.users


def _rooms(reader: Reader) -> Mapping[str, str]:
    return reader.channels


_ELEMENTS: Mapping[str, ElementDrawer] = {
    "button": _button,
    "overflow": _overflow,
    "static_select": _select,
    "multi_static_select": _select,
    "users_select": _select_of(_people, "initial_user"),
    "multi_users_select": _select_of(_people, "initial_user"),
    "channels_select": _select_of(_rooms, "initial_channel"),
    "multi_channels_select": _select_of(_rooms, "initial_channel"),
    "conversations_select": _select_of(_rooms, "initial_conversation"),
    "multi_conversations_select": _select_of(_rooms, "initial_conversation"),
    "radio_buttons": _choices,
    "checkboxes": _choices,
    "plain_text_input": _text_input,
    "number_input": _typed_input("number", "initial_value"),
    "datepicker": _typed_input("date", "initial_date"),
    "timepicker": _typed_input("time", "initial_time"),
    "email_text_input": _typed_input("email", "initial_value"),
    "url_text_input": _typed_input("url", "initial_value"),
    "image": _image_element,
}
