"""Queries whose answers are not as usual: absent fields, other orders, no grouping, pages that make no sense."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.intacct.client import Intacct
from bot.intacct.errors import FieldsUnknown, Garbled
from bot.intacct.query import Query
from tests.intacct.scripted import Asked, Reply, Scripted, answered, failed, found, result

Serving = Callable[..., tuple[Intacct, Scripted]]
TWO = Query(object="ARTERM", select=("RECORDNO", "NAME"))


def test_an_absent_or_empty_field_is_an_empty_text(serve_script: Serving) -> None:
    rows = (
        "<ARTERM><RECORDNO>1</RECORDNO><NAME>a</NAME></ARTERM>"
        "<ARTERM><NAME>b</NAME></ARTERM>"
        "<ARTERM><RECORDNO>3</RECORDNO><NAME/></ARTERM>"
        "<ARTERM></ARTERM>"
        "<ARTERM><RECORDNO>5</RECORDNO><NAME><![CDATA[ <e> ]]>&amp;</NAME></ARTERM>"
    )
    books, _ = serve_script(lambda a: found(a, "ARTERM", rows, count=5))
    assert list(books.rows(TWO)) == [("1", "a"), ("", "b"), ("3", ""), ("", ""), ("5", " <e> &")]


def test_an_answer_in_another_order_is_read_by_name(serve_script: Serving) -> None:
    rows = "<arterm><NAME>a</NAME><RECORDNO>1</RECORDNO></arterm><arterm><NAME>b</NAME><RECORDNO>2</RECORDNO></arterm>"
    books, _ = serve_script(lambda a: found(a, "ARTERM", rows, count=2))
    assert list(books.rows(TWO)) == [("1", "a"), ("2", "b")]


def test_a_page_ends_by_what_remains_and_not_by_its_size(serve_script: Serving) -> None:
    def pages(asked: Asked) -> Reply:
        offset = int(asked.root.findtext(".//query/offset") or "")
        row = f"<ARTERM><RECORDNO>{offset}</RECORDNO><NAME>n</NAME></ARTERM>"
        return found(asked, "ARTERM", row, count=1, remaining=2 - offset)

    books, served = serve_script(pages)
    assert [row[0] for row in books.rows(TWO)] == ["0", "1", "2"]
    assert served.functions.count("query") == 3


@pytest.mark.parametrize(
    "data",
    [
        '<data listtype="ARTERM" numremaining="5"></data>',
        '<data listtype="ARTERM"></data>',
        '<data listtype="ARTERM" numremaining="-1"></data>',
        "",
        '<data numremaining="0">' + "<ARTERM/>" * 2001 + "</data>",
    ],
)
def test_a_page_that_makes_no_sense_is_garbled(serve_script: Serving, data: str) -> None:
    books, _ = serve_script(lambda a: answered(a, result(a, data)))
    with pytest.raises(Garbled):
        list(books.rows(TWO))


NO_ENTITY = "The following fields cannot be queried: [ arterm: [MEGAENTITYID, PENFUDGEDAYS] ] [Support ID: abc%7Ed]"


def term_row(asked: Asked) -> Reply:
    values = {"RECORDNO": "1", "NAME": "Net 30", "STATUS": "active", "DUEDATE": "30"}
    columns = [field.text for field in asked.root.findall(".//query/select/field")]
    row = "".join(f"<{name}>{values.get(name, '')}</{name}>" for name in columns)
    return found(asked, "ARTERM", f"<ARTERM>{row}</ARTERM>", count=1)


def test_a_field_that_a_company_lacks_is_done_without_from_then_on(serve_script: Serving) -> None:
    def answer(asked: Asked) -> Reply:
        if b"MEGAENTITYID" in asked.body:
            return failed(asked, "XL03000006", "", NO_ENTITY)
        return term_row(asked)

    books, served = serve_script(answer)
    assert [term.name for term in books.terms()] == ["Net 30"]
    assert served.functions == ["getAPISession", "query", "query"]
    books.terms()
    assert served.functions.count("query") == 3


def test_fields_that_a_refusal_does_not_name_are_looked_up(serve_script: Serving) -> None:
    listed = ("RECORDNO", "NAME", "STATUS", "DUEDATE", "DUEFROM", "DISCAMOUNT", "PEN_TYPES")

    def answer(asked: Asked) -> Reply:
        if asked.function == "lookup":
            fields = "".join(f"<Field><ID>{name}</ID></Field>" for name in listed)
            return answered(asked, result(asked, f"<data><Type Name='ARTERM'><Fields>{fields}</Fields></Type></data>"))
        if b"CREATEDBY" in asked.body:
            return failed(asked, "XL03000006", "", "Some fields cannot be queried")
        return term_row(asked)

    books, served = serve_script(answer)
    (term,) = books.terms()
    assert term.rule is not None
    assert served.functions == ["getAPISession", "query", "lookup", "query"]


def test_a_field_that_is_needed_is_not_done_without(serve_script: Serving) -> None:
    books, _ = serve_script(
        lambda a: failed(a, "XL03000006", "", "The following fields cannot be queried: [ arterm: [DUEFROM] ]")
    )
    with pytest.raises(FieldsUnknown) as told:
        books.terms()
    assert told.value.fields == {"DUEFROM"}


@pytest.mark.parametrize("grouping", ["refused", "ignored"])
def test_where_a_gateway_does_not_group_one_field_is_paged(serve_script: Serving, grouping: str) -> None:
    def answer(asked: Asked) -> Reply:
        grouped = asked.root.find(".//query/select/count") is not None
        if grouped and grouping == "refused":
            return failed(asked, "DL02000001", "Error", "There was an error processing the request.")
        rows = "".join(
            f"<ARINVOICE><TERMNAME>{name}</TERMNAME></ARINVOICE>" for name in ("Net 30", "", "N60", "Net 30")
        )
        return found(asked, "ARINVOICE", rows, count=4)

    books, served = serve_script(answer)
    assert books.term_use() == {"Net 30": 2, "N60": 1}
    assert books.term_use(["Net 30"]) == {"Net 30": 2}
    assert served.functions.count("query") == 3


def test_names_that_the_gateway_folds_are_told_apart(serve_script: Serving) -> None:
    def folding(asked: Asked) -> Reply:
        row = "<ARTERM><RECORDNO>1</RECORDNO><NAME>Net 30</NAME><STATUS>active</STATUS></ARTERM>"
        odd = "<ARTERM><RECORDNO>2</RECORDNO><NAME>Net 30 </NAME><STATUS>active</STATUS></ARTERM>"
        whole = asked.root.find(".//query/filter") is None
        return found(asked, "ARTERM", row + odd if whole else row, count=2 if whole else 1)

    books, _ = serve_script(folding)
    found_term = books.term("Net 30 ")
    assert found_term is not None
    assert found_term.record_no == "2"
    assert books.term("NET 30") is None


def test_where_private_terms_cannot_be_asked_for_the_others_are_read(serve_script: Serving) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.root.find(".//query/options/showprivate") is not None:
            return failed(asked, "BL1", "", "Private records cannot be shown here")
        return term_row(asked)

    books, served = serve_script(answer)
    assert [term.name for term in books.terms()] == ["Net 30"]
    assert [term.name for term in books.terms()] == ["Net 30"]
    assert served.functions.count("query") == 3
