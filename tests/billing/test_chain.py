"""Sources in a row: the first that knows answers, and what none can tell is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bot.billing.alert_text import AlertTextSource
from bot.billing.chain import SourceChain
from bot.billing.csv_source import CsvSource
from bot.billing.persons_answer import answered
from bot.billing.source import SourceUnavailable, SourceUnsupported, TermInvoices, TermOrigin
from tests.billing.conftest import Bill, Script, reply

SINCE = date(2026, 1, 1)


class Facts:
    """Stored alerts of a test."""

    def __init__(self, **named: str) -> None:
        self.named = named

    def terms_named(self, numbers: Sequence[str]) -> Mapping[str, str]:
        return {number: self.named[number] for number in numbers if number in self.named}


def file(tmp_path: Path, *lines: str) -> CsvSource:
    path = tmp_path / "invoices.csv"
    path.write_text("\n".join(("invoice_number,term,amount", *lines)), encoding="utf-8")
    return CsvSource(path)


def test_the_first_source_that_knows_answers(tmp_path: Path, script: Script, scripted: Bill) -> None:
    row = {"id": "1", "invoiceNumber": "A", "paymentTermId": "00p45", "totalAmount": 5}
    script.at("/v3/invoices", reply({"results": [row]}))
    chain = SourceChain(
        [scripted.source, file(tmp_path, "A,Net 30,7", "B,Net 60,8"), AlertTextSource(Facts(C="Net 7"))]
    )
    found = chain.find(["A", "B", "C", "D"])
    told = {number: [(i.term_name, i.term_origin) for i in same] for number, same in found.items()}
    assert told == {
        "A": [("Net 45", TermOrigin.INVOICE)],
        "B": [("Net 60", TermOrigin.INVOICE)],
        "C": [("Net 7", TermOrigin.ALERT)],
        "D": [],
    }
    assert chain.label == "BILL"


def test_a_missing_term_is_added_to_the_facts_of_the_first(script: Script, scripted: Bill) -> None:
    script.at("/v3/invoices", reply({"results": [{"id": "1", "invoiceNumber": "A", "totalAmount": 5}]}))
    (invoice,) = SourceChain([scripted.source, AlertTextSource(Facts(A="Net 7"))]).find(["A"])["A"]
    assert (invoice.term_name, invoice.term_origin, invoice.amount) == ("Net 7", TermOrigin.ALERT, Decimal(5))


def test_a_failing_source_is_passed_over_only_where_another_knows(tmp_path: Path) -> None:
    chain = SourceChain([CsvSource(tmp_path / "missing.csv"), AlertTextSource(Facts(A="Net 7"))])
    assert chain.find(["A"])["A"][0].term_name == "Net 7"
    with pytest.raises(SourceUnavailable):
        chain.find(["A", "B"])


def test_what_a_source_cannot_answer_the_next_is_asked(tmp_path: Path) -> None:
    chain = SourceChain([AlertTextSource(Facts()), file(tmp_path, "A,Net 30,7")])
    assert [term.name for term in chain.terms()] == ["Net 30"]
    assert chain.in_use(SINCE) == {}
    assert chain.invoices_with(["Net 30"], SINCE) == {"Net 30": TermInvoices((), whole=True)}


def test_a_failing_source_is_not_replaced_for_counts(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable):
        SourceChain([CsvSource(tmp_path / "missing.csv"), file(tmp_path, "A,Net 30,7")]).terms()


def test_alerts_alone_say_what_they_cannot_tell() -> None:
    chain = SourceChain([AlertTextSource(Facts())])
    for question in (
        chain.terms,
        lambda: chain.in_use(SINCE),
        lambda: chain.invoices_with(["Net 7"], SINCE),
        lambda: chain.billed_between(SINCE, SINCE),
    ):
        with pytest.raises(SourceUnsupported):
            question()


def test_a_chain_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        SourceChain([])


def test_a_persons_answer_keeps_the_sources_facts(tmp_path: Path) -> None:
    (known,) = file(tmp_path, "A,,7").find(["A"])["A"]
    told = answered("A", " Net\u00a07", known)
    assert (told.term_name, told.term_origin, told.amount) == (" Net\u00a07", TermOrigin.PERSON, Decimal(7))
    assert not told.term_inferred
    bare = answered("B", "Net 7")
    assert (bare.number, bare.term_origin, bare.amount, bare.invoice_date) == ("B", TermOrigin.PERSON, None, None)
