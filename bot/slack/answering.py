"""Answering a question to its asker alone: the same look as a case gets, and no case is opened by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from bot.alerts import (
    AskedClose,
    AskedHelp,
    AskedInvoices,
    AskedReport,
    AskedStandard,
    AskedTerm,
    Nonsense,
    Question,
    read_question,
)
from bot.billing.source import BilledInvoice, SourceError, TermOrigin
from bot.cases import store
from bot.cases.month_end import cutoff, keeping
from bot.cases.ports import Clock, Company
from bot.cases.reading import Findings, Reader, one_invoice, unknown
from bot.cases.view import Unknown
from bot.close import Standing
from bot.intacct.errors import IntacctError
from bot.records.engine import Database
from bot.records.tables import cases, messages
from bot.reports.desk import Reports
from bot.slack.cards import words
from bot.slack.cards.answers import LookUp, help_answer, look_up_answer, nonsense, nothing_in_message
from bot.slack.cards.blocks import CardMessage
from bot.slack.cards.cutoff import LINES_SHOWN, cutoff_answer, cutoff_gone, cutoff_kept, cutoff_trouble, no_calendar
from bot.slack.cards.report import report_card
from bot.slack.cards.standard import standard_answer
from bot.slack.progress import Progress

Permalink = Callable[[str, str], str]
"""(channel, ts) to the link of a message."""


class Answering:
    """Answers questions about one company's invoices and terms."""

    def __init__(
        self, database: Database, clock: Clock, company: Company, reader: Reader, permalink: Permalink, reports: Reports
    ) -> None:
        self._database = database
        self._clock = clock
        self._company = company
        self._reader = reader
        self._permalink = permalink
        self._reports = reports

    def answer(self, body: Mapping[str, Any]) -> CardMessage:
        """The answer to what was asked by command, shortcut or button."""
        if body.get("listing"):
            return self._kept(body)
        asked = _asked(body)
        if isinstance(asked, AskedClose):
            return nothing_in_message() if body.get("shortcut") else self._close(asked, body)
        if isinstance(asked, AskedReport):
            return nothing_in_message() if body.get("shortcut") else self._report(body)
        if isinstance(asked, AskedStandard):
            return nothing_in_message() if body.get("shortcut") else self._standard(body)
        if isinstance(asked, AskedHelp):
            return help_answer()
        if asked is None:
            return nothing_in_message()
        if isinstance(asked, Nonsense):
            return nothing_in_message() if body.get("shortcut") else nonsense(asked)
        numbers, terms = asked
        findings = self._reader.look(numbers, self._clock.now())
        looked = [self._number(findings, number) for number in numbers]
        looked += [self._term(findings, name, (), None) for name in terms]
        return look_up_answer(looked)

    def _report(self, body: Mapping[str, Any]) -> CardMessage:
        with Progress("The report", str(body.get("response_url", ""))) as progress:
            kept = self._reports.now(progress=progress.at)
        return report_card(kept.report, kept.run_id, with_chart=False, links={}, workbook=False)

    def _standard(self, body: Mapping[str, Any]) -> CardMessage:
        with Progress("One name a rule", str(body.get("response_url", ""))) as progress:
            return standard_answer(self._reports.standardise(progress=progress.at))

    def _close(self, asked: AskedClose, body: Mapping[str, Any]) -> CardMessage:
        period = cutoff.period_of(self._company, asked.period, self._clock.now())
        if period is None:
            return no_calendar()
        listing = cutoff.Listing(self._database, self._clock, self._company)
        with Progress(words.period(period.name), str(body.get("response_url", ""))) as progress:
            try:
                listed = listing.make(period, progress.at)
            except (SourceError, IntacctError) as error:
                return cutoff_trouble(period.name, str(error))
        with self._database.transaction() as connection:
            token = keeping.remember(connection, listed, user=str(body.get("user", "")), team=str(body.get("team", "")))
        return cutoff_answer(listed, token, self._links(listed))

    def _links(self, listed: cutoff.CutOff) -> dict[int, str]:
        """To the cards of the cases that the answer shows, by the case's number."""
        shown = {each.case.number for each in listed.missing[:LINES_SHOWN] if each.case is not None}
        with self._database.transaction() as connection:
            cards = connection.execute(
                select(cases.c.number, messages.c.channel, messages.c.ts)
                .join(messages, (messages.c.case_id == cases.c.id) & (messages.c.kind == "card"))
                .where(cases.c.company == self._company.key, cases.c.number.in_(shown), messages.c.ts.is_not(None))
            ).all()
        return {card.number: self._permalink(card.channel, card.ts) for card in cards}

    def _kept(self, body: Mapping[str, Any]) -> CardMessage:
        """Under which number a list is in the journal."""
        if body.get("gone"):
            return cutoff_gone()
        with self._database.transaction() as connection:
            kept = keeping.kept(connection, self._company.key, str(body["listing"]))
        return cutoff_gone() if kept is None else cutoff_kept(kept.period, self._company.key, kept.number)

    def _number(self, findings: Findings, number: str) -> LookUp:
        found = one_invoice(findings, number)
        if isinstance(found, BilledInvoice) and found.term_name is not None:
            return self._term(findings, found.term_name, (found,), number)
        why = found if isinstance(found, Unknown) else Unknown.NO_TERM
        answer = unknown(findings, why, findings.source_trouble)
        case_number, link = self._case(store.invoice_key(number))
        return LookUp(
            number=number,
            found=tuple(findings.invoices.get(number, ())),
            standings=self._standings(findings.invoices.get(number, ())),
            diagnosis=answer.diagnosis,
            company=self._company.key,
            entity=self._company.entity,
            source_label=self._company.source.label,
            system=self._company.source.system,
            case_number=case_number,
            case_permalink=link,
            billing_url=self._company.billing_url,
            books_url=self._company.books_url,
        )

    def _term(self, findings: Findings, name: str, found: tuple[BilledInvoice, ...], number: str | None) -> LookUp:
        answer = self._reader.answer(findings, name, found, alerted_at=findings.at)
        case_number, link = self._case(store.term_key(self._company.entity, name))
        return LookUp(
            number=number,
            term=name if number is None else None,
            found=found,
            standings=self._standings(found),
            term_name=name,
            term_origin=found[0].term_origin.value if found else TermOrigin.NONE.value,
            diagnosis=answer.diagnosis,
            proposal=answer.proposal,
            company=self._company.key,
            entity=self._company.entity,
            source_label=self._company.source.label,
            system=self._company.source.system,
            case_number=case_number,
            case_permalink=link,
            billing_url=self._company.billing_url,
            books_url=self._company.books_url,
        )

    def _standings(self, found: Sequence[BilledInvoice]) -> tuple[Standing | None, ...]:
        return tuple(self._company.periods.standing(invoice.invoice_date) for invoice in found)

    def _case(self, key: str) -> tuple[int | None, str]:
        with self._database.transaction() as connection:
            case = store.open_by_key(connection, self._company.key, key)
            if case is None:
                return None, ""
            card = connection.execute(
                select(messages.c.channel, messages.c.ts).where(
                    messages.c.case_id == case.id, messages.c.kind == "card"
                )
            ).one_or_none()
        link = self._permalink(card.channel, card.ts) if card is not None and card.ts else ""
        return case.number, link


def _asked(
    body: Mapping[str, Any],
) -> tuple[tuple[str, ...], tuple[str, ...]] | AskedClose | AskedReport | AskedStandard | AskedHelp | Nonsense | None:
    """Numbers and terms that were asked for; None where nothing can be looked up."""
    question = body.get("question")
    if question is not None:
        return tuple(question.get("numbers", ())), (question["term"],) if question.get("term") is not None else ()
    if body.get("numbers") or body.get("terms"):
        return tuple(body.get("numbers", ())), tuple(body.get("terms", ()))
    asked: Question = read_question(str(body.get("text", "")))
    if isinstance(asked, AskedHelp):
        return None if body.get("shortcut") else asked
    if isinstance(asked, AskedInvoices):
        return None if body.get("shortcut") and len(asked.numbers) > 4 else (asked.numbers, ())
    if isinstance(asked, AskedTerm):
        return (), (asked.name,)
    return asked
