"""The report's workbook: summary, findings, terms side by side, and their use, for whoever wants every number."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from bot.reports.report import Report
from bot.reports.standard_wording import TO_DO, WHERE, dates_said
from bot.reports.standardise import Standardisation, of_report
from bot.reports.wording import EXPLAINED, OTHER_WORDS, headline, said_of
from bot.terms.characters import label
from bot.terms.drift import Amount, Standing, Tracked
from bot.terms.matching import MatchKind, Vocabulary
from bot.terms.standard import StepKind
from bot.terms.term import ArTerm, in_words
from bot.terms.wording import readings
from bot.terms.xray import is_clean


@dataclass(frozen=True, slots=True)
class Link:
    """A text that a click leads from to an address."""

    text: str
    url: str


Value = str | int | Decimal | date | datetime | Link | None
LONGEST_TEXT = 32_000
"""Excel keeps 32,767 characters in a cell (Microsoft, Excel specifications and limits)."""
MOST_ROWS = 1_048_000
MOST_LINKS = 65_000
"""A sheet holds 65,530 (as above); the texts of further ones stand without."""
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 leaves out (W3C, characters)."""
_ADDRESS = re.compile(r"https?://[^\s<>|\"`^{}\\]{1,1000}")
_WIDEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _Formats:
    head: Format
    text: Format
    number: Format
    money: Format
    day: Format
    moment: Format
    link: Format
    title: Format
    note: Format


def workbook(report: Report, found: Standardisation | None = None, people: Mapping[str, str] | None = None) -> bytes:
    """The file's bytes. No text in it is ever a formula, whatever it begins with; names stand exactly as they are.

    `found`: the names to keep, else as the report alone tells. `people`: what the people of these ids are called.
    """
    kept = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with Workbook(kept, options) as book:
        book.set_properties(
            {"title": f"Payment terms of {safe(report.company)}", "created": report.at.replace(tzinfo=None)}
        )
        formats = _formats(book)
        _summary(book.add_worksheet("Summary"), formats, report)
        _table(book.add_worksheet("Findings"), formats, _FINDING_COLUMNS, _findings(report, people or {}))
        _table(book.add_worksheet("Terms side by side"), formats, _TERM_COLUMNS, _side_by_side(report))
        _table(book.add_worksheet("Use"), formats, _USE_COLUMNS, _use(report))
        _table(book.add_worksheet("Examples"), formats, _EXAMPLE_COLUMNS, _examples(report))
        _table(book.add_worksheet("One name a rule"), formats, _STEP_COLUMNS, _steps(found or of_report(report)))
    return kept.getvalue()


def safe(text: str) -> str:
    """Text that an XLSX can hold: what XML forbids is named in brackets; nothing else is changed."""
    shown = _FORBIDDEN.sub(lambda found: f"[{label(found[0])}]", text)
    return shown if len(shown) <= LONGEST_TEXT else f"{shown[:LONGEST_TEXT]} … (cut, {len(text):,} characters)"


def _formats(book: Workbook) -> _Formats:
    def made(**what: object) -> Format:
        return book.add_format({"valign": "top", **what})

    return _Formats(
        head=made(bold=True, bg_color="#0b3c5d", font_color="#ffffff", text_wrap=True, border=1),
        text=made(text_wrap=True),
        number=made(num_format="#,##0"),
        money=made(num_format="#,##0.00"),
        day=made(num_format="yyyy-mm-dd"),
        moment=made(num_format="yyyy-mm-dd hh:mm"),
        link=made(font_color="#0b3c5d", underline=1),
        title=made(bold=True, font_size=14),
        note=made(italic=True, text_wrap=True),
    )


def _summary(sheet: Worksheet, formats: _Formats, report: Report) -> None:
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 70)
    sheet.write_string(0, 0, f"Payment terms of {safe(report.company)}", formats.title)
    lines: list[tuple[str, Value]] = [
        ("In one sentence", headline(report)),
        ("Week", ", ".join(map(str, report.covers))),
        ("Read at (UTC)", report.at),
        ("New", len(report.standing(Standing.NEW))),
        ("Open since an earlier week", len(report.standing(Standing.OPEN))),
        ("Back again", len(report.standing(Standing.BACK))),
        ("Fixed since the last report", len(report.standing(Standing.FIXED))),
        ("Accepted or put off", report.quiet),
        ("Found before they failed", report.avoided),
        ("Requests to Intacct for this", report.cost.intacct),
        ("Requests to the billing system", report.cost.billing),
        ("Requests to Intacct this month", report.cost.month),
        ("Allowed a month", report.cost.limit),
    ]
    row = 2
    for name, value in lines:
        sheet.write_string(row, 0, name, formats.text)
        _cell(sheet, row, 1, value, formats)
        row += 1
    if report.missing:
        row += 1
        sheet.write_string(row, 0, "PARTIAL: what could not be read", formats.title)
        for sentence in report.missing:
            row += 1
            sheet.write_string(row, 1, safe(sentence), formats.note)
    for sentence in report.untold:
        row += 1
        sheet.write_string(row, 1, safe(sentence), formats.note)
    row += 2
    sheet.write_string(row, 0, "What the words mean", formats.title)
    for meaning in (*EXPLAINED.values(), *OTHER_WORDS):
        row += 1
        sheet.write_string(row, 0, meaning.title, formats.text)
        sheet.write_string(row, 1, meaning.sentence, formats.note)


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    width: int
    money: bool = False


_FINDING_COLUMNS = (
    _Column("What", 26),
    _Column("Term", 28),
    _Column("Characters that nobody sees", 26),
    _Column("In words", 60),
    _Column("Standing", 12),
    _Column("Invoices", 10),
    _Column("At risk", 14, money=True),
    _Column("Currency", 10),
    _Column("Other currencies", 22),
    _Column("Customers", 10),
    _Column("Owner", 16),
    _Column("First seen (UTC)", 17),
    _Column("Last seen (UTC)", 17),
    _Column("Examples", 40),
    _Column("Accepted by", 14),
    _Column("Why it was accepted", 30),
    _Column("Quiet until (UTC)", 17),
    _Column("Fixed by", 24),
)


def _findings(report: Report, people: Mapping[str, str]) -> Iterable[Sequence[Value]]:
    fixed_by = {each.key: each.words for each in report.fixed_by}
    for each in report.tracked:
        finding = each.finding
        first, others = _split(finding.at_risk)
        yield (
            EXPLAINED[finding.kind].title,
            " | ".join(finding.names),
            unseen(finding.names),
            said_of(finding),
            "accepted" if each.quiet else each.standing.value,
            finding.invoices,
            first.amount if first else None,
            first.currency if first else None,
            others,
            finding.customers,
            finding.owner,
            each.first_seen,
            each.last_seen,
            "; ".join(f"{example.subject} {example.detail}".strip() for example in finding.examples),
            f"{people[each.accepted_by]} ({each.accepted_by})" if each.accepted_by in people else each.accepted_by,
            each.accepted_why,
            _until(each),
            fixed_by.get(each.key, ""),
        )


def _until(each: Tracked) -> Value:
    if not each.quiet:
        return None
    return each.quiet_until or "it changes"


_EXAMPLE_COLUMNS = (
    _Column("What", 26),
    _Column("Term", 28),
    _Column("Standing", 12),
    _Column("Invoice or customer", 28),
    _Column("What is to be seen", 50),
)


def _examples(report: Report) -> Iterable[Sequence[Value]]:
    """The records that show each finding, a row each; a number leads to its invoice."""
    links = 0
    for each in report.tracked:
        for example in each.finding.examples:
            subject: Value = example.subject
            if example.subject and links < MOST_LINKS and _ADDRESS.fullmatch(example.link):
                links += 1
                subject = Link(text=example.subject, url=example.link)
            yield (
                EXPLAINED[each.finding.kind].title,
                " | ".join(each.finding.names),
                "accepted" if each.quiet else each.standing.value,
                subject,
                example.detail,
            )


def unseen(names: Sequence[str]) -> str:
    """The characters of names that nobody sees or takes for others, by Unicode name and place."""
    found = [
        f"{label(character)} at {place}"
        for name in names
        if not is_clean(name)
        for place, character in enumerate(name, start=1)
        if not (character.isascii() and character.isprintable()) or _odd_blank(name, place)
    ]
    return "; ".join(found[:20])


def _odd_blank(name: str, place: int) -> bool:
    return name[place - 1] == " " and (place in (1, len(name)) or name[place - 2] == " ")


def _split(amounts: Sequence[Amount]) -> tuple[Amount | None, str]:
    rest = ", ".join(f"{each.amount:,.2f} {each.currency}" for each in amounts[1:])
    return (amounts[0] if amounts else None), rest


_TERM_COLUMNS = (
    _Column("Term at the source", 28),
    _Column("Days there", 10),
    _Column("What the name says", 36),
    _Column("How it stands", 16),
    _Column("AR term in Intacct", 28),
    _Column("Its rule", 40),
    _Column("Status", 10),
    _Column("Record", 10),
    _Column("Changed by", 14),
    _Column("Changed (UTC)", 17),
)

_STANDS = {
    MatchKind.EXACT: "the same",
    MatchKind.INACTIVE: "inactive",
    MatchKind.LOOKALIKE: "looks alike",
    MatchKind.EQUIVALENT: "another name",
    MatchKind.ABSENT: "missing",
}


def _side_by_side(report: Report) -> Iterable[Sequence[Value]]:
    world = report.world
    vocabulary = Vocabulary(world.books, entity=world.entity)
    met: set[str] = set()
    for name in world.source:
        match = vocabulary.match(name.name, nearest=False)
        term = match.term
        if term is not None:
            met.add(term.record_no)
        says = " or ".join(in_words(rule) for rule in readings(name.name)) or "no one rule"
        side = (None,) * 6 if term is None else _record(term)
        yield (name.name, name.days, says, _STANDS[match.kind], *side)
    for term in world.books:
        if term.record_no not in met:
            yield (None, None, None, "only in Intacct", *_record(term))


def _record(term: ArTerm) -> tuple[Value, ...]:
    return (
        term.name,
        in_words(term.rule) if term.rule is not None else term.unread,
        "active" if term.active else "inactive",
        term.record_no,
        term.modified_by or term.created_by,
        term.modified_at or term.created_at,
    )


_USE_COLUMNS = (
    _Column("Term", 28),
    _Column("Invoices at the source (a year)", 14),
    _Column("Waiting for the sync", 12),
    _Column("At risk", 14, money=True),
    _Column("Currency", 10),
    _Column("Other currencies", 22),
    _Column("Customers at the source", 12),
    _Column("Invoices in Intacct (a year)", 14),
)


def _use(report: Report) -> Iterable[Sequence[Value]]:
    world = report.world
    books = dict(world.book_uses or {})
    for name in sorted(world.source, key=lambda each: (-each.invoices, each.name)):
        first, others = _split(name.at_risk)
        yield (
            name.name,
            name.invoices,
            name.waiting,
            first.amount if first else None,
            first.currency if first else None,
            others,
            name.customers,
            books.pop(name.name, 0) if world.book_uses is not None else None,
        )
    for term, count in sorted(books.items(), key=lambda item: (-item[1], item[0])):
        yield (term, None, None, None, None, None, None, count)


_STEP_COLUMNS = (
    _Column("Rule", 34),
    _Column("Keep", 24),
    _Column("Step", 8),
    _Column("What to do", 50),
    _Column("Where", 28),
    _Column("From", 24),
    _Column("To", 24),
    _Column("Customer", 14),
    _Column("Invoices (a year)", 12),
    _Column("Of them spared a refusal", 12),
    _Column("Not yet, because", 50),
    _Column("Due dates", 34),
    _Column("Done", 8),
)


def _steps(found: Standardisation) -> Iterable[Sequence[Value]]:
    """A check list: a row a step, in the order in which they are done."""
    for standard in found.standards:
        for place, step in enumerate(standard.steps, 1):
            yield (
                in_words(standard.rule),
                standard.keep,
                place,
                TO_DO[step.kind],
                WHERE[step.kind],
                step.name if step.kind not in (StepKind.CREATE, StepKind.REACTIVATE) else None,
                step.to if step.kind is not StepKind.RETIRE else None,
                step.subject,
                step.invoices,
                step.prevented,
                " ".join(step.blocked),
                dates_said(standard),
                "☐",
            )


def _table(sheet: Worksheet, formats: _Formats, columns: Sequence[_Column], rows: Iterable[Sequence[Value]]) -> None:
    """A table with a frozen head and filters."""
    for place, column in enumerate(columns):
        sheet.set_column(place, place, min(column.width, _WIDEST))
        sheet.write_string(0, place, column.name, formats.head)
    last = 0
    for last, row in enumerate(rows, start=1):
        if last > MOST_ROWS:
            break
        for place, value in enumerate(row):
            _cell(sheet, last, place, value, formats, money=columns[place].money)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(last, 1), len(columns) - 1)


def _cell(sheet: Worksheet, row: int, place: int, value: Value, formats: _Formats, *, money: bool = False) -> None:
    if value is None or value == "":
        return
    if isinstance(value, datetime):
        sheet.write_datetime(row, place, value.replace(tzinfo=None), formats.moment)
    elif isinstance(value, date):
        sheet.write_datetime(row, place, datetime(value.year, value.month, value.day), formats.day)  # noqa: DTZ001  # a calendar date
    elif isinstance(value, Link):
        sheet.write_url(row, place, value.url, formats.link, safe(value.text))
    elif isinstance(value, str):
        sheet.write_string(row, place, safe(value), formats.text)
    else:
        sheet.write_number(row, place, value, formats.money if money else formats.number)
