"""The page that a person reads first: who asked, who approved, what was written, what was read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined

from bot.evidence.population import Population
from bot.evidence.stories import RULES, Story, told
from bot.evidence.telling import named, sentence
from bot.records.journal import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of a case's facts."""

    label: str
    words: str
    seq: int
    """The entry that it is taken from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One line of a story."""

    seq: int
    at: str
    who: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePart:
    """One case on the page."""

    number: int
    term_name: str
    state: str
    facts: tuple[Fact, ...]
    lines: tuple[Told, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything that the page shows."""

    company: str
    scope: str
    made_at: str
    zone: str
    head_seq: int
    head_hash: str
    proved: tuple[str, ...]
    """In sentences, as `journal verify` says them."""
    incomplete: tuple[str, ...]
    keep_until: str
    cases: tuple[CasePart, ...]
    others: tuple[Told, ...]
    """Entries of the period that belong to no case."""
    population: Population | None
    people: Mapping[str, str]
    """Names of users, as far as known, by their ids."""

    def named(self, words: str) -> str:
        """The same words with the names of known users before their ids."""
        return named(words, self.people)


def render(page: Page) -> str:
    """The page as HTML: one file, nothing from outside, every word escaped."""
    template = files("bot.evidence").joinpath("summary.html").read_text(encoding="utf-8")
    return (
        Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        .from_string(template)
        .render(page=page)
    )


def case_part(story: Story, zone: ZoneInfo, people: Mapping[str, str]) -> CasePart:
    """A case as the page shows it; `people`: names of users, as far as known, by their ids."""
    return CasePart(
        number=story.number,
        term_name=story.term_name or "",
        state=story.state,
        facts=tuple(fact for entry in story.entries for fact in _facts(entry, zone, people)),
        lines=told_lines([entry for entry in story.entries if entry.kind not in RULES], zone, people),
    )


def told_lines(entries: Sequence[Entry], zone: ZoneInfo, people: Mapping[str, str]) -> tuple[Told, ...]:
    """Entries as lines."""
    return tuple(
        Told(
            seq=entry.seq,
            at=f"{entry.at.astimezone(zone):%Y-%m-%d %H:%M}",
            who=named(entry.actor, people),
            words=named(sentence(entry), people),
        )
        for entry in entries
    )


def _facts(entry: Entry, zone: ZoneInfo, people: Mapping[str, str]) -> list[Fact]:
    label = _label(entry)
    if not label:
        return []
    at = f"{entry.at.astimezone(zone):%Y-%m-%d %H:%M}"
    return [Fact(label=label, words=named(f"{entry.actor}, {at}: {sentence(entry)}", people), seq=entry.seq)]


def _label(entry: Entry) -> str:
    """Which of the questions of an audit an entry answers; empty where none."""
    if entry.kind == "decision":
        return _OF_VERDICT.get(str(told(entry, "verdict")), "Decided by")
    if entry.kind == "state":
        return _OF_EVENT.get(str(told(entry, "event")), "")
    return _OF_KIND.get(entry.kind, "")


_OF_VERDICT = {
    "approve": "Approved by",
    "decline": "Declined by",
    "accept": "Accepted by",
    "acknowledge": "Acknowledged by",
    "dismiss": "Dismissed by",
}
_OF_KIND = {
    "alert": "Alert",
    "question": "Asked by",
    "asked": "Asked by",
    "withdraw_asked": "Asked by",
    "failed_otherwise": "Failed otherwise",
    "told": "Term told by",
    "edit": "Edited by",
    "refused": "Refused to",
    "period": "Closed period",
    "write": "Written",
    "written": "Answered",
    "write_refused": "Refused by Intacct",
    "write_unknown": "Answer not known",
    "arrived": "In the books",
}
_OF_EVENT = {
    "read_identical": "Read back",
    "read_different": "Read back, differs",
    "unreadable": "Read back, not readable",
    "appeared": "There without us",
    "all_arrived": "Closed",
    "expired": "Expired",
}
