"""Everything that the client sends, as it sent it, against the vendor's published schema."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import cache

import pytest
from lxml import etree

from bot.intacct.client import Intacct
from bot.intacct.errors import IntacctError
from bot.intacct.query import Query, all_of, among, any_of, at_least, count, equal, filled
from tests.intacct.scripted import Asked, Reply, Scripted, answered, found, result
from tests.intacct.test_client import NAMES, every_rule
from tests.shared import need_shared

NEWER = ("query", "lookup")
"""Functions that the schema of 2019 does not know yet."""
ONE = (
    "equalto",
    "notequalto",
    "lessthan",
    "lessthanorequalto",
    "greaterthan",
    "greaterthanorequalto",
    "like",
    "notlike",
)


@cache
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(need_shared("intacct", "api.xsd"))))


def answer(asked: Asked) -> Reply:
    if asked.function == "query":
        kind = asked.root.findtext(".//query/object") or ""
        return found(asked, kind)
    if asked.function == "lookup":
        return answered(asked, result(asked, "<data><Type><Fields/></Type></data>"))
    return answered(asked, result(asked, "<key>1</key>"))


def drive(books: Intacct) -> None:
    """Asks for everything that the client can ask for."""
    books.terms()
    books.term_use()
    books.term_use(["Net 30"], since=date(2026, 1, 1))
    books.customers()
    books.term_use(["Net 30"])
    books.term_use([f"Net {days}" for days in range(1200)])
    books.last_use("Net 30")
    books.invoices([f"INV-{number}" for number in range(1200)])
    books.fields("ARTERM")
    books.check()
    where = all_of(any_of(equal("STATUS", "active"), filled("NAME")), at_least("WHENMODIFIED", date(2026, 1, 2)))
    list(books.rows(Query(object="ARTERM", select=("NAME", count("RECORDNO")), where=where)))
    for name in NAMES:
        with suppress(IntacctError):
            books.term(name)
        books.invoices([name])
        books.reactivate_term(name, control_id="decision-1")
        books.deactivate_term(name, control_id="decision-1")
        books.invoices_bearing(name)
        books.customers_bearing(name)
    for rule in every_rule():
        books.create_term("A & <B>", rule, control_id="decision-2", description="why & what")
        books.create_term("A", rule, control_id="decision-3", active=False)


@pytest.mark.parametrize("location", ["", "200"])
def test_every_request_fits_the_schema(serve_script: Callable[..., tuple[Intacct, Scripted]], location: str) -> None:
    books, served = serve_script(answer, location_id=location)
    drive(books)
    assert set(served.functions) == {"getAPISession", "query", "lookup", "create_arterm", "update_arterm"}
    for asked in served.asked:
        root = asked.root
        if asked.function in NEWER:
            check_newer(root)
        schema().assertValid(root)


def check_newer(root: etree._Element) -> None:
    """Checks the function by the documented rules, then puts one that the schema knows in its place."""
    function = root.find("operation/content/function")
    call = function[0]
    if call.tag == "query":
        check_query(call)
    else:
        assert [child.tag for child in call] == ["object"]
    function.remove(call)
    etree.SubElement(etree.SubElement(function, "inspect"), "object").text = "ARTERM"


def check_query(query: etree._Element) -> None:
    tags = " ".join(str(child.tag) for child in query)
    assert re.fullmatch(r"object select (filter )?orderby (options )?pagesize offset", tags)
    assert query.findtext("object") in ("ARTERM", "ARINVOICE", "CUSTOMER")
    selected = [(child.tag, child.text) for child in query.find("select")]
    assert selected
    assert all(tag in ("field", "count") and re.fullmatch(r"[A-Z_]+", text) for tag, text in selected)
    assert 1 <= int(query.findtext("pagesize")) <= 2000
    assert int(query.findtext("offset")) >= 0
    order = query.findall("orderby/order")
    assert len(order) == 1
    assert [child.tag for child in order[0]] in (["field", "ascending"], ["field", "descending"])
    options = query.find("options")
    if options is not None:
        assert [(child.tag, child.text) for child in options] == [("showprivate", "true")]
        assert ("field", "MEGAENTITYID") in selected
    where = query.find("filter")
    if where is not None:
        assert len(where) == 1
        check_operator(where[0])


def check_operator(operator: etree._Element) -> None:
    if operator.tag in ("and", "or"):
        assert len(operator) >= 2
        for part in operator:
            check_operator(part)
        return
    tags = [child.tag for child in operator]
    assert tags[0] == "field"
    values = len(tags) - 1
    assert tags[1:] == ["value"] * values
    if operator.tag in ONE:
        assert values == 1
    elif operator.tag == "isnotnull":
        assert values == 0
    else:
        assert operator.tag == "in"
        assert 1 <= values <= 1000


def test_reads_may_be_repeated_and_writes_carry_the_decisions_id(
    serve_script: Callable[..., tuple[Intacct, Scripted]],
) -> None:
    books, served = serve_script(answer)
    books.terms()
    books.reactivate_term("Net 30", control_id="decision-1")
    for asked in served.asked:
        control = asked.root.find("control")
        writes = asked.function == "update_arterm"
        assert control.findtext("uniqueid") == ("true" if writes else "false")
        assert (asked.control_id == "decision-1") is writes
        assert control.findtext("includewhitespace") == "false"
        assert control.findtext("dtdversion") == "3.0"
    assert len({asked.request_id for asked in served.asked}) == len(served.asked)


def test_a_reactivation_sends_the_status_and_nothing_else(
    serve_script: Callable[..., tuple[Intacct, Scripted]],
) -> None:
    books, served = serve_script(answer)
    books.reactivate_term("Net 30", control_id="decision-1")
    call = served.asked[-1].root.find("operation/content/function/update_arterm")
    assert dict(call.attrib) == {"name": "Net 30"}
    assert [(child.tag, child.text) for child in call] == [("status", "active")]


def test_a_withdrawal_sends_the_status_and_nothing_else(
    serve_script: Callable[..., tuple[Intacct, Scripted]],
) -> None:
    books, served = serve_script(answer)
    books.deactivate_term("Net 30", control_id="decision-1")
    call = served.asked[-1].root.find("operation/content/function/update_arterm")
    assert dict(call.attrib) == {"name": "Net 30"}
    assert [(child.tag, child.text) for child in call] == [("status", "inactive")]


def test_a_filter_takes_no_more_values_than_the_gateway() -> None:
    with pytest.raises(ValueError, match="1000"):
        among("RECORDID", [str(number) for number in range(1001)])
    with pytest.raises(ValueError, match="1000"):
        among("RECORDID", [])
    assert any_of(equal("A", "1")) == equal("A", "1")
    with pytest.raises(ValueError, match="at least one"):
        all_of()
