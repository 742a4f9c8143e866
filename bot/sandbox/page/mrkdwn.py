"""Slack's mrkdwn as HTML: formatting, code, quotes, links, mentions and dates. All else is escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from markupsafe import Markup

_FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_ENTITY = re.compile(r"<([^<>\n]+)>")
_SLOT = re.compile("\ue000(\\d+)\ue001")
_EMOJI = re.compile(r":([a-z0-9_+-]+):")
_DATE = re.compile(r"\{([a-z_]+)\}")
_STYLES = (
    (re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]*?[^\s*])\*(?![\w*])"), "strong"),
    (re.compile(r"(?<![\w_])_(?=[^\s_])([^_\n]*?[^\s_])_(?![\w_])"), "em"),
    (re.compile(r"(?<![\w~])~(?=[^\s~])([^~\n]*?[^\s~])~(?![\w~])"), "s"),
)

SAFE_SCHEMES = ("http://", "https://", "mailto:")
EMOJI: Mapping[str, str] = {
    "white_check_mark": "✅",
    "heavy_check_mark": "✔️",
    "x": "❌",
    "warning": "⚠️",
    "hourglass_flowing_sand": "⏳",
    "hourglass": "⌛",
    "mag": "🔍",
    "lock": "🔒",
    "eyes": "👀",
    "bell": "🔔",
    "memo": "📝",
    "information_source": "ℹ️",
    "question": "❓",
    "no_entry": "⛔",
    "arrows_counterclockwise": "🔄",
    "large_green_circle": "🟢",
    "large_yellow_circle": "🟡",
    "large_orange_circle": "🟠",
    "red_circle": "🔴",
    "white_circle": "⚪",
    "wave": "👋",
    "tada": "🎉",
    "bar_chart": "📊",
    "chart_with_upwards_trend": "📈",
    "page_facing_up": "📄",
}
"""The emoji that a finance bot would name; others keep their name between colons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads, and the names behind the ids that a text may mention."""

    users: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo = UTC
    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)


def unescape(text: str) -> str:
    """Slack's three escapes undone."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def plain(text: str) -> Markup:
    """Plain text: escaped, with its line breaks, and emoji for their names."""
    return Markup(_emoji(html.escape(text)).replace("\n", "<br>"))  # noqa: S704 -- escaped here


def mrkdwn(text: str, reader: Reader) -> Markup:
    """A text object of type mrkdwn, or a message's text."""
    pieces: list[str] = []
    at = 0
    for fence in _FENCE.finditer(text):
        pieces.append(_lines(text[at : fence.start()].removesuffix("\n"), reader))
        body = _ENTITY.sub(lambda found: _label(found.group(1), reader), fence.group(1))
        pieces.append(f"<pre>{html.escape(unescape(body))}</pre>")
        at = fence.end()
        if text.startswith("\n", at):
            at += 1
    pieces.append(_lines(text[at:], reader))
    return Markup("".join(pieces))  # noqa: S704 -- every piece is escaped where it is made


def _lines(text: str, reader: Reader) -> str:
    """Lines with quotes gathered into one."""
    if not text:
        return ""
    out: list[str] = []
    quote: list[str] = []
    plain_lines: list[str] = []

    def close() -> None:
        if quote:
            out.append(f"<blockquote>{'<br>'.join(quote)}</blockquote>")
            quote.clear()
        if plain_lines:
            out.append("<br>".join(plain_lines))
            plain_lines.clear()

    for line in text.split("\n"):
        marker = next((mark for mark in ("&gt; ", "&gt;", "> ", ">") if line.startswith(mark)), None)
        if (marker is None) == bool(quote):
            close()
        if marker is None:
            plain_lines.append(_inline(line, reader))
        else:
            quote.append(_inline(line.removeprefix(marker), reader))
    close()
    return "".join(out)


def _inline(line: str, reader: Reader) -> str:
    """One line: code and entities are set aside first, so that no style reaches into them."""
    slots: list[str] = []

    def keep(markup: str) -> str:
        slots.append(markup)
        return f"\ue000{len(slots) - 1}\ue001"

    line = re.sub("[\ue000\ue001]", lambda found: keep(found.group(0)) if found.group(0) == "\ue000" else "", line)
    line = _CODE.sub(
        lambda found: keep(f"<code>{html.escape(_flat(found.group(1), reader))}</code>"),
        line,
    )
    line = _ENTITY.sub(lambda found: keep(_entity(found.group(1), reader)), line)
    line = html.escape(unescape(line))
    for pattern, tag in _STYLES:
        line = pattern.sub(rf"<{tag}>\1</{tag}>", line)
    return _SLOT.sub(lambda found: slots[int(found.group(1))], _emoji(line))


def _flat(text: str, reader: Reader) -> str:
    return unescape(_ENTITY.sub(lambda found: _label(found.group(1), reader), text))


def _emoji(text: str) -> str:
    return _EMOJI.sub(lambda found: EMOJI.get(found.group(1), found.group(0)), text)


def _entity(body: str, reader: Reader) -> str:
    """One `<…>`: a link, a mention, a date, or, where it is none of these, its own text."""
    target = unescape(body.partition("|")[0])
    label = html.escape(_label(body, reader))
    if target.startswith(SAFE_SCHEMES):
        return f'<a href="{html.escape(target)}" target="_blank" rel="noopener noreferrer">{label}</a>'
    if target.startswith("!date^"):
        return _date(target, label, reader)
    if target[:1] in "@#!":
        return f'<span class="mention">{label}</span>'
    return label


def _label(body: str, reader: Reader) -> str:
    """What a person reads in place of `<…>`."""
    target, _, label = body.partition("|")
    target, label = unescape(target), unescape(label)
    if target.startswith("@"):
        return f"@{reader.users.get(target[1:]) or label or target[1:]}"
    if target.startswith("#"):
        return f"#{reader.channels.get(target[1:]) or label or target[1:]}"
    if target.startswith("!subteam^"):
        group = target.removeprefix("!subteam^")
        return f"@{reader.groups.get(group) or label.removeprefix('@') or group}"
    if target in ("!here", "!channel", "!everyone"):
        return f"@{target[1:]}"
    if target.startswith(SAFE_SCHEMES) or target.startswith("!date^"):
        return label or target
    return f"<{unescape(body)}>"


def _date(target: str, fallback: str, reader: Reader) -> str:
    """`!date^EPOCH^FORMAT[^LINK]`, in the reader's zone; the fallback where the moment is none."""
    parts = target.split("^")
    try:
        moment = datetime.fromtimestamp(int(parts[1]), UTC).astimezone(reader.zone)
        text = _DATE.sub(lambda found: _date_part(found.group(1), moment, reader), parts[2])
    except (ValueError, IndexError, OverflowError, OSError):
        return fallback
    shown = f'<time datetime="{moment.isoformat()}" title="{fallback}">{html.escape(text)}</time>'
    if len(parts) > 3 and parts[3].startswith(SAFE_SCHEMES):
        return f'<a href="{html.escape(parts[3])}" target="_blank" rel="noopener noreferrer">{shown}</a>'
    return shown


def _date_part(name: str, moment: datetime, reader: Reader) -> str:
    today = reader.now.astimezone(reader.zone).date()
    day = f"{moment:%B} {moment.day}, {moment.year}"
    short = f"{moment:%b} {moment.day}, {moment.year}"
    long = f"{moment:%A}, {day}"
    near = {0: "today", -1: "yesterday", 1: "tomorrow"}.get((moment.date() - today).days)
    clock = f"{moment.hour % 12 or 12}:{moment:%M}"
    half = "AM" if moment.hour < 12 else "PM"
    parts = {
        "date_num": f"{moment:%Y-%m-%d}",
        "date": day,
        "date_short": short,
        "date_long": long,
        "date_pretty": near or day,
        "date_short_pretty": near or short,
        "date_long_pretty": near or long,
        "time": f"{clock} {half}",
        "time_secs": f"{clock}:{moment:%S} {half}",
    }
    if name == "ago":
        return _ago(reader.now - moment)
    return parts.get(name, "{" + name + "}")


def _ago(passed: timedelta) -> str:
    seconds = int(passed.total_seconds())
    ahead, seconds = seconds < 0, abs(seconds)
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            words = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"in {words}" if ahead else f"{words} ago"
    return "now"
