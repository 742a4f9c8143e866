"""A card's first line: what is the matter, in one sentence, before anything was done about it."""

from __future__ import annotations

from bot.cases.view import Diagnosis, Unknown
from bot.slack.cards import words
from bot.slack.cards.subject import Subject
from bot.terms.matching import Match, MatchKind


def headline(subject: Subject) -> str:
    """What is the matter; no formatting of its own but code quotes."""
    diagnosis = subject.diagnosis
    if diagnosis is None:
        return f"Looking up {about(subject)}"
    if diagnosis.match is None:
        return _unknown(subject, diagnosis)
    return _matched(subject, diagnosis.match)


def about(subject: Subject) -> str:
    """The term where it is known, else the first invoice."""
    if subject.term_name is not None:
        return subject.term
    return words.name(subject.invoices[0].number, 60) if subject.invoices else "a failed sync"


def quoted(text: str) -> str:
    """A name in quotes as it looks to a person, for a sentence that says that looks deceive; else in code quotes."""
    looks = words.as_it_looks(text)
    return f"“{words.escape(looks)}”" if len(looks) <= 100 and words.is_plain(looks) else words.code(text, 100)


def _matched(subject: Subject, match: Match) -> str:
    kind, term = match.kind, match.term
    if kind is MatchKind.ABSENT or term is None:
        return f"{words.name(match.name, 100)} is missing in Intacct"
    if kind is MatchKind.EXACT:
        return f"{words.code(match.name, 100)} is there, and active"
    if kind is MatchKind.INACTIVE:
        return f"{words.code(match.name, 100)} exists but is inactive"
    if kind is MatchKind.EQUIVALENT:
        return f"Intacct calls it {words.code(term.name, 100)}"
    on = f" on {words.name(subject.invoices[0].number, 60)}" if subject.invoices else f" in {subject.source}"
    return f"{quoted(match.name)}{on} is not the {quoted(term.name)} in Intacct"


def _unknown(subject: Subject, diagnosis: Diagnosis) -> str:
    number = words.name(subject.invoices[0].number, 60) if subject.invoices else "the invoice"
    return {
        Unknown.INVOICE_NOT_FOUND: f"I could not find {number} in {subject.source}",
        Unknown.SEVERAL_FOUND: f"Several invoices in {subject.source} bear the number {number}",
        Unknown.NO_TERM: f"{number} has no payment terms in {subject.source}",
        Unknown.SOURCE_DOWN: f"{subject.source} did not answer about {number}",
        Unknown.INTACCT_DOWN: f"Intacct did not answer about {about(subject)}",
        None: f"The payment terms of {number} are not known",
    }[diagnosis.unknown]
