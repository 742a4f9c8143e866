"""Values as words: names from outside made safe and honest, money, dates, durations, people, lists."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from bot.terms.money import countable, written

NAME_LIMIT = 150
"""Characters that a name from outside may take on a card, its cut told included."""
SENTENCE_LIMIT = 400

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_USER_ID = re.compile(r"[UW][A-Z0-9]{1,20}")
_URL = re.compile(r"https?://[^\s<>|`\"\\^{}]{1,1000}")

_UNSEEN_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that Unicode counts as visible and that nobody sees."""
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
_CONTROLS = {"\t": "TAB", "\n": "LINE FEED", "\r": "CARRIAGE RETURN", "\0": "NULL"}

_MARKUP = re.compile(r"[*~`]|^>|(?<!\w)_|_(?!\w)|:[A-Za-z_+\-][^\s:]*:")
"""What Slack would read as formatting, an emoji or a quote."""
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escape(text: str) -> str:
    """`text` with Slack's three reserved characters escaped, so that no mention or link can come of it."""
    return "".join(_ESCAPES.get(character, character) for character in text)


def label(character: str) -> str:
    """One character by its Unicode name and number: `NO-BREAK SPACE U+00A0`."""
    number = f"U+{ord(character):04X}"
    known = _CONTROLS.get(character) or unicodedata.name(character, "")
    if known:
        return f"{known} {number}"
    kinds = {"Cc": "CONTROL", "Cs": "LONE SURROGATE", "Co": "PRIVATE USE"}
    return f"{kinds.get(unicodedata.category(character), 'UNASSIGNED')} {number}"


def _unseen(character: str) -> bool:
    if character == " ":
        return False
    number = ord(character)
    variation = 0xFE00 <= number <= 0xFE0F or 0xE0100 <= number <= 0xE01EF or 0x180B <= number <= 0x180F
    return variation or character in _UNSEEN_LETTERS or unicodedata.category(character) in _UNSEEN_CATEGORIES


def _pieces(text: str) -> Iterable[str]:
    """`text` piece by piece as it is shown: unseen characters, and blanks that would not be noticed, by name."""
    last = len(text) - 1
    for position, character in enumerate(text):
        if _unseen(character) or character == "`":
            yield f"[{label(character)}]"
        elif character == " " and (position in (0, last) or text[position - 1] == " "):
            yield "[SPACE]"
        else:
            yield character


def visible(text: str, limit: int = NAME_LIMIT) -> str:
    """`text` with nothing hidden in it, at most `limit` characters long; where it was cut, the cut is told.

    Not escaped: for plain-text elements, or as a step of `code` and `said`.
    """
    return _fitted(text, limit, escaped=False)


def _fitted(text: str, limit: int, *, escaped: bool) -> str:
    return _fill((escape(piece) if escaped else piece for piece in _pieces(text)), limit, len(text))


def _fill(pieces: Iterable[str], limit: int, whole: int) -> str:
    """As many whole pieces as `limit` holds; where some are left out, room is made to say so."""
    note = f"… (cut, {whole:,} characters)"
    told = note if limit > 3 * len(note) else "…"
    shown: list[str] = []
    used = safe = 0
    for piece in pieces:
        used += units(piece)
        if used > limit:
            return "".join(shown[:safe]) + told
        shown.append(piece)
        if used <= limit - units(told):
            safe = len(shown)
    return "".join(shown)


def units(text: str) -> int:
    """The length as Slack's clients count it, in UTF-16 units; never less than Python's."""
    return len(text) + sum(character > "\uffff" for character in text)


def is_plain(text: str) -> bool:
    """Whether `text`, escaped, reads the same with and without code quotes: nothing unseen, nothing to be formatted."""
    return bool(text) and not _MARKUP.search(text) and all(len(piece) == 1 for piece in _pieces(text))


def _isolated(shown: str, text: str) -> str:
    """Right-to-left text kept from reordering what stands around it."""
    if any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in text):
        return f"\u2068{shown}\u2069"
    return shown


def as_it_looks(text: str) -> str:
    """`text` as a person sees it: any blank as a space, what is not seen left out. Not escaped."""
    seen = (" " if each.isspace() or unicodedata.category(each) == "Zs" else each for each in text)
    return re.sub(" +", " ", "".join(each for each in seen if not _unseen(each))).strip()


def code(text: str, limit: int = NAME_LIMIT) -> str:
    """A name from outside in code quotes, exactly, with nothing hidden in it."""
    if not text:
        return "an empty name"
    return _isolated(f"`{_fitted(text, limit, escaped=True)}`", text[:limit])


def name(text: str, limit: int = NAME_LIMIT) -> str:
    """A name from outside as it stands where that is safe and honest, in code quotes otherwise."""
    if not text:
        return "an empty name"
    if units(escape(text)) <= limit and is_plain(text):
        return _isolated(escape(text), text)
    return code(text, limit)


def said(text: str, limit: int = SENTENCE_LIMIT) -> str:
    """A sentence from outside (a vendor's, a person's): its lines joined, formatting disarmed, its cut told."""
    joined_lines = " / ".join(line.strip() for line in re.split(r"[\r\n]+", text) if line.strip())
    shown = re.sub(r"[ \t]+", " ", joined_lines)
    if not shown:
        return "nothing"
    return name(shown, limit)


def cut_plain(text: str, limit: int) -> str:
    """A line for a code block: escaped, nothing hidden, blanks kept as they are, its cut told."""
    pieces = (character if character == " " else piece for character, piece in zip(text, _pieces(text), strict=True))
    return _fill((escape(piece) for piece in pieces), limit, len(text))


def link(url: str, text: str) -> str:
    """`text` (already safe) as a link, or alone where `url` is not an address that a person can open."""
    if not _URL.fullmatch(url):
        return text
    if "`" in text or "|" in text:
        return f"{text} (<{escape(url)}|open>)"
    return f"<{escape(url)}|{text}>"


def mention(user_id: str) -> str:
    """A Slack user by mention, which Slack shows under his own name."""
    return f"<@{user_id}>" if _USER_ID.fullmatch(user_id) else code(user_id, 40)


def people(user_ids: Sequence[str], word: str = "and", *, standing_in: Collection[str] = ()) -> str:
    """`Dan and Priya`, as mentions; the first ten, the rest counted. Deputies come last: `Dan or Lee (standing in)`."""
    ordered = sorted(user_ids, key=lambda user_id: user_id in standing_in) if standing_in else user_ids
    shown = [f"{mention(user)}{' (standing in)' if user in standing_in else ''}" for user in ordered[:10]]
    more = len(user_ids) - len(shown)
    return joined([*shown, *([f"{more} more"] if more else [])], word)


def joined(parts: Sequence[str], word: str = "and") -> str:
    """`a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def number(count: int) -> str:
    """A count as a word up to ten, as digits beyond."""
    return _NUMBERS[count] if 0 <= count < len(_NUMBERS) else f"{count:,}"


def counted(count: int, singular: str, plural: str = "") -> str:
    """`1 invoice`, `214 invoices`."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def ordinal(position: int) -> str:
    """`4th`."""
    tail = "th" if position % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(position % 10, "th")
    return f"{position:,}{tail}"


def first_upper(text: str) -> str:
    """`text` with its first letter in upper case, the rest untouched."""
    return text[:1].upper() + text[1:]


def calendar(day: date) -> str:
    """A calendar date, which is the same in every zone: `Nov 2, 2026`."""
    return f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"


def month_day(day: date) -> str:
    """A calendar date without its year: `Nov 2`."""
    return f"{_MONTHS[day.month - 1]} {day.day}"


def month(day: date) -> str:
    """`Nov`."""
    return _MONTHS[day.month - 1]


def period(name: str) -> str:
    """An accounting period by its name: `2026-10` as `October 2026`."""
    year, _, number_ = name.partition("-")
    return f"{_MONTH_NAMES[int(number_) - 1]} {year}"


_MONTH_NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _token(moment: datetime, form: str, fallback: str) -> str:
    return f"<!date^{int(moment.timestamp())}^{form}|{fallback}>"


def at_moment(moment: datetime) -> str:
    """A moment in each reader's own zone, day and time: `today 9:14`."""
    utc = moment.astimezone(UTC)
    return _token(moment, "{date_short_pretty} {time}", f"{calendar(utc.date())}, {utc.hour}:{utc:%M} UTC")


def on_day(moment: datetime) -> str:
    """The day of a moment in each reader's own zone: `Dec 1, 2026`."""
    return _token(moment, "{date_short}", calendar(moment.astimezone(UTC).date()))


def at_time(moment: datetime) -> str:
    """The time of day of a moment in each reader's own zone: `9:14`."""
    utc = moment.astimezone(UTC)
    return _token(moment, "{time}", f"{utc.hour}:{utc:%M} UTC")


def duration(span: timedelta) -> str:
    """`1 h 12 min`, `3 d 4 h`, `under a minute`."""
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes == 0:
        return "under a minute"
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return f"{days:,} d {hours} h" if hours else f"{days:,} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min"


def money(amount: Decimal, currency: str) -> str:
    """An amount with its currency: `$1,250.50`, `CHF 80.00`, `12.00 (currency not told)`."""
    return written(amount, currency, called=name(currency, 12))


def totals(amounts: Iterable[tuple[Decimal, str]]) -> str:
    """One total a currency, largest first, credits apart and not netted: `$8,120.00 and €50.00; credits -$5.00`."""
    charges: dict[str, Decimal] = defaultdict(Decimal)
    credits_: dict[str, Decimal] = defaultdict(Decimal)
    odd = 0
    for amount, currency in amounts:
        if countable(amount):
            (credits_ if amount < 0 else charges)[currency] += amount
        else:
            odd += 1
    parts = [_totals(charges)] if charges else []
    if credits_:
        parts.append(f"credits {_totals(credits_)}")
    if odd:
        parts.append(f"{counted(odd, 'amount')} that cannot be added")
    return "; ".join(parts)


def _totals(sums: dict[str, Decimal]) -> str:
    ordered = sorted(sums.items(), key=lambda pair: (-abs(pair[1]), pair[0]))
    shown = [money(amount, currency) for currency, amount in ordered[:6]]
    more = len(ordered) - len(shown)
    return joined([*shown, *([f"{more} more currencies"] if more else [])])
