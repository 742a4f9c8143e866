"""`query` finds, orders, groups and pages as the vendor's documentation says."""

from __future__ import annotations

import json

import pytest

from bot.sandbox.world import World
from tests.sandbox.intacct.client import Client, op
from tests.sandbox.intacct.conftest import keep_invoice

EVERY = ["1", "2", "3", "10", "11"]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (op("equalto", "TERMNAME", "Net 30"), ["1", "10"]),
        (op("equalto", "RECORDNO", "10"), ["10"]),
        (op("notequalto", "TERMNAME", "Net 30"), ["2", "11"]),
        (op("lessthan", "TRX_TOTALDUE", "10"), ["2", "10"]),
        (op("lessthanorequalto", "TRX_TOTALDUE", "10.00"), ["1", "2", "10"]),
        (op("greaterthan", "RECORDNO", "3"), ["10", "11"]),
        (op("greaterthanorequalto", "WHENCREATED", "02/27/2026"), ["1", "2", "10", "11"]),
        (op("lessthan", "WHENCREATED", "1/1/2026"), ["3"]),
        (op("between", "WHENCREATED", "01/01/2026", "02/27/2026"), ["2"]),
        (op("between", "TRX_TOTALDUE", "9.5", "10"), ["1", "2"]),
        (op("greaterthanorequalto", "WHENMODIFIED", "11/03/2026"), EVERY),
        (op("greaterthan", "WHENMODIFIED", "11/03/2026 06:00:00"), []),
        (op("in", "RECORDID", "INV-2", "INV-11", "INV-99"), ["2", "11"]),
        (op("notin", "TERMNAME", "Net 30", "net 30"), ["2"]),
        (op("like", "TERMNAME", "Net%"), ["1", "2", "10"]),
        (op("like", "TERMNAME", "_et 30"), ["1", "10", "11"]),
        (op("like", "DESCRIPTION", r"50\% %"), ["10"]),
        (op("notlike", "TERMNAME", "Net%"), ["11"]),
        (op("isnull", "TERMNAME"), ["3"]),
        (op("isnotnull", "TRX_TOTALDUE"), ["1", "2", "3", "10"]),
        ("<and>" + op("equalto", "TERMNAME", "Net 30") + op("equalto", "STATE", "Paid") + "</and>", ["10"]),
        ("<or>" + op("equalto", "RECORDNO", "1") + op("equalto", "RECORDNO", "3") + "</or>", ["1", "3"]),
        (
            "<and><or>" + op("equalto", "RECORDNO", "1") + op("equalto", "RECORDNO", "10") + "</or>"
            "<and>" + op("isnull", "DESCRIPTION") + op("isnotnull", "STATE") + "</and></and>",
            ["1"],
        ),
    ],
)
def test_every_operator_finds_what_it_says(client: Client, where: str, expected: list[str]) -> None:
    assert client.query("ARINVOICE", "RECORDNO", where=where, order="RECORDNO").column("RECORDNO") == expected


def test_an_empty_field_fulfils_neither_a_comparison_nor_its_opposite(client: Client) -> None:
    for operator in ("equalto", "notequalto", "like", "notlike"):
        found = client.query("ARINVOICE", "RECORDNO", where=op(operator, "TERMNAME", "anything"))
        assert "3" not in found.column("RECORDNO")


def test_comparisons_heed_case_unless_told_not_to(client: Client) -> None:
    where = op("equalto", "TERMNAME", "NET 30")
    assert client.query("ARINVOICE", "RECORDNO", where=where).rows() == []
    options = "<caseinsensitive>true</caseinsensitive>"
    found = client.query("ARINVOICE", "RECORDNO", where=where, options=options)
    assert sorted(found.column("RECORDNO")) == ["1", "10", "11"]


def test_fields_come_in_the_order_of_the_select_and_escaped(client: Client) -> None:
    answer = client.query("ARINVOICE", "DESCRIPTION", "RECORDNO", where=op("equalto", "RECORDNO", "10"))
    assert [list(row.items()) for row in answer.rows()] == [[("DESCRIPTION", "50% & <more>"), ("RECORDNO", "10")]]


def test_pages_tell_what_remains(client: Client, company: World) -> None:
    for number in range(100, 350):
        keep_invoice(company, number)
    first = client.query("ARINVOICE", "RECORDNO", order="RECORDNO")
    assert dict(first.data.attrib) == {
        "listtype": "ARINVOICE",
        "totalcount": "255",
        "offset": "0",
        "count": "100",
        "numremaining": "155",
    }
    rest = client.query(
        "ARINVOICE", "RECORDNO", order="RECORDNO", paging="<pagesize>2000</pagesize><offset>250</offset>"
    )
    assert rest.column("RECORDNO") == ["345", "346", "347", "348", "349"]
    assert (rest.data.get("count"), rest.data.get("numremaining")) == ("5", "0")
    beyond = client.query("ARINVOICE", "RECORDNO", paging="<offset>999</offset>")
    assert (beyond.rows(), beyond.data.get("count"), beyond.data.get("numremaining")) == ([], "0", "0")


@pytest.mark.parametrize("size", ["0", "2001", "-1", "many"])
def test_a_page_has_1_to_2000_records(client: Client, size: str) -> None:
    answer = client.query("ARINVOICE", "RECORDNO", paging=f"<pagesize>{size}</pagesize>")
    assert answer.statuses == ["failure"]


def test_a_change_shows_in_the_next_answer(client: Client, company: World) -> None:
    assert len(client.query("ARINVOICE", "RECORDNO").rows()) == 5
    keep_invoice(company, 13)
    assert len(client.query("ARINVOICE", "RECORDNO").rows()) == 6


def test_order_is_by_number_text_and_date_and_descends(client: Client) -> None:
    assert client.query("ARINVOICE", "RECORDNO", order="-RECORDNO").column("RECORDNO") == ["11", "10", "3", "2", "1"]
    by_day = client.query("ARINVOICE", "RECORDNO", order="WHENCREATED -RECORDNO").column("RECORDNO")
    assert by_day == ["3", "2", "11", "10", "1"]


def test_aggregates_group_by_the_plain_fields(client: Client) -> None:
    answer = client.query("ARINVOICE", "TERMNAME", "count:RECORDNO", "sum:TRX_TOTALDUE", order="TERMNAME")
    assert answer.rows() == [
        {"TERMNAME": "Net 30", "COUNT.RECORDNO": "2", "SUM.TRX_TOTALDUE": "10.00"},
        {"TERMNAME": "Net 90", "COUNT.RECORDNO": "1", "SUM.TRX_TOTALDUE": "9.50"},
        {"TERMNAME": "net 30", "COUNT.RECORDNO": "1", "SUM.TRX_TOTALDUE": ""},
        {"TERMNAME": "", "COUNT.RECORDNO": "1", "SUM.TRX_TOTALDUE": "100.00"},
    ]
    assert answer.data.get("totalcount") == "4"


def test_aggregates_without_a_group_answer_one_row(client: Client) -> None:
    wanted = ("count:RECORDNO", "min:WHENCREATED", "max:RECORDNO", "avg:TRX_TOTALDUE")
    assert client.query("ARINVOICE", *wanted).rows() == [
        {
            "COUNT.RECORDNO": "5",
            "MIN.WHENCREATED": "12/31/2025",
            "MAX.RECORDNO": "11",
            "AVG.TRX_TOTALDUE": "29.88",
        }
    ]
    none = client.query("ARINVOICE", "count:RECORDNO", where=op("equalto", "RECORDNO", "77"))
    assert none.rows() == [{"COUNT.RECORDNO": "0"}]


def test_an_unknown_or_hidden_field_is_named_in_the_vendors_words(client: Client) -> None:
    expected = [("XL03000006", "The following fields cannot be queried: [ arinvoice: [INVOICENO, NOSUCH] ]")]
    assert client.query("ARINVOICE", "INVOICENO", "RECORDNO", "NOSUCH").errors == expected
    in_filter = client.query("ARINVOICE", "RECORDNO", where=op("equalto", "INVOICENO", "1"))
    assert in_filter.errors == [("XL03000006", "The following fields cannot be queried: [ arinvoice: [INVOICENO] ]")]


def test_an_unknown_object_is_not_found(client: Client) -> None:
    assert client.query("VENDOR9", "RECORDNO").errors == [("Query Failed", "Object definition VENDOR9 not found")]


@pytest.mark.parametrize(
    "where",
    [
        op("greaterthan", "WHENCREATED", "2026-01-01"),
        op("equalto", "TRX_TOTALDUE", "ten"),
        op("equalto", "TERMNAME"),
        op("between", "RECORDNO", "1"),
        op("in", "RECORDNO"),
        op("in", "RECORDNO", *(str(number) for number in range(1001))),
        op("sounds", "TERMNAME", "x"),
        "<and>" + op("equalto", "RECORDNO", "1") + "</and>",
        op("equalto", "RECORDNO", "1") + op("equalto", "RECORDNO", "2"),
    ],
)
def test_a_filter_that_means_nothing_fails(client: Client, where: str) -> None:
    assert client.query("ARINVOICE", "RECORDNO", where=where).statuses == ["failure"]


def test_a_thousand_values_are_taken(client: Client) -> None:
    where = op("in", "RECORDID", *(f"INV-{number}" for number in range(1000)))
    assert len(client.query("ARINVOICE", "RECORDNO", where=where).rows()) == 5


def test_private_records_show_to_their_entity_and_on_request(client: Client) -> None:
    assert "12" not in client.query("ARINVOICE", "RECORDNO").column("RECORDNO")
    assert "12" in client.query("ARINVOICE", "RECORDNO", location="200").column("RECORDNO")
    options = "<showprivate>true</showprivate>"
    shown = client.query("ARINVOICE", "RECORDNO", "MEGAENTITYID", options=options)
    assert ("12", "200") in [(row["RECORDNO"], row["MEGAENTITYID"]) for row in shown.rows()]


def test_other_formats_take_the_replys_place(client: Client) -> None:
    where = op("equalto", "RECORDNO", "10")
    as_json = client.query("ARINVOICE", "RECORDID", where=where, options="<returnformat>json</returnformat>")
    assert json.loads(as_json.http.text) == [{"RECORDID": "INV-10"}]
    as_csv = client.query("ARINVOICE", "RECORDID", where=where, options="<returnformat>csv</returnformat>")
    assert as_csv.http.text == '"RECORDID"\n"INV-10"\n'
