"""The functions that read by key, by name, by a query string, and what an object is made of."""

from __future__ import annotations

import pytest

from bot.sandbox.world import World
from tests.sandbox.intacct.client import Client
from tests.sandbox.intacct.conftest import keep_invoice


def by_query(client: Client, query: str, kind: str = "ARINVOICE", fields: str = "RECORDNO") -> list[str]:
    escaped = query.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    function = f"<readByQuery><object>{kind}</object><fields>{fields}</fields><query>{escaped}</query></readByQuery>"
    return client.call(function).column("RECORDNO")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["1", "2", "3", "10", "11"]),
        ("TERMNAME = 'Net 30'", ["1", "10"]),
        ("TERMNAME LIKE 'Net%'", ["1", "2", "10"]),
        ("TERMNAME not like 'Net%'", ["11"]),
        ("RECORDNO > 2 AND RECORDNO < 11", ["3", "10"]),
        ("RECORDNO >= 10 OR RECORDNO <= 1", ["1", "10", "11"]),
        ("RECORDNO IN (1, 2, 99)", ["1", "2"]),
        ("RECORDID not in ('INV-1','INV-2')", ["3", "10", "11"]),
        ("TERMNAME IS NULL", ["3"]),
        ("TERMNAME IS NOT NULL AND NOT (RECORDNO = 1 OR RECORDNO = 2)", ["10", "11"]),
        ("WHENCREATED >= '11/02/2026'", ["1", "10", "11"]),
        ("DESCRIPTION = '50% & <more>'", ["10"]),
        ("CUSTOMERNAME = 'Erik\\'s'", []),
        ("RECORDNO != 1 AND RECORDNO <> 2", ["3", "10", "11"]),
    ],
)
def test_a_query_string_finds_what_it_says(client: Client, query: str, expected: list[str]) -> None:
    assert by_query(client, query) == expected


@pytest.mark.parametrize(
    "query",
    [
        "NOSUCH = 1",
        "TERMNAME",
        "TERMNAME =",
        "= 1",
        "TERMNAME = 'x",
        "RECORDNO = 1 AND",
        "(RECORDNO = 1",
        "RECORDNO IN ()",
        "RECORDNO = 1 ORDER BY RECORDNO",
        "WHENCREATED > '2026-01-01'",
        "(" * 500 + "RECORDNO = 1" + ")" * 500,
    ],
)
def test_a_query_string_that_cannot_be_read_fails(client: Client, query: str) -> None:
    escaped = query.replace("<", "&lt;")
    function = f"<readByQuery><object>ARINVOICE</object><query>{escaped}</query></readByQuery>"
    assert client.call(function).errors[0][0] == "DL02000001"


def test_read_by_query_pages_through_read_more(client: Client, company: World) -> None:
    for number in range(100, 125):
        keep_invoice(company, number)
    first = client.call(
        "<readByQuery><object>ARINVOICE</object><fields>RECORDNO</fields><query></query><pagesize>12</pagesize></readByQuery>"
    )
    result = first.data.get("resultId")
    assert (first.data.get("count"), first.data.get("totalcount"), first.data.get("numremaining")) == ("12", "30", "18")
    assert first.data[0].tag == "arinvoice"
    numbers = first.column("RECORDNO")
    second = client.call(f"<readMore><resultId>{result}</resultId></readMore>")
    numbers += second.column("RECORDNO")
    third = client.call("<readMore><object>ARINVOICE</object></readMore>")
    numbers += third.column("RECORDNO")
    assert (third.data.get("numremaining"), third.data.get("resultId")) == ("0", "")
    assert numbers == ["1", "2", "3", "10", "11", *(str(number) for number in range(100, 125))]
    assert client.call(f"<readMore><resultId>{result}</resultId></readMore>").statuses == ["failure"]


def test_read_takes_record_numbers_in_their_order(client: Client) -> None:
    function = "<read><object>ARINVOICE</object><keys>10,1,77</keys><fields>RECORDID,RECORDNO</fields></read>"
    answer = client.call(function)
    assert answer.rows() == [{"RECORDID": "INV-10", "RECORDNO": "10"}, {"RECORDID": "INV-1", "RECORDNO": "1"}]
    assert answer.data.get("count") == "2"


def test_read_by_name_is_exact_and_splits_at_commas(client: Client) -> None:
    def found(keys: str) -> list[str]:
        function = f"<readByName><object>ARTERM</object><keys>{keys}</keys><fields>NAME</fields></readByName>"
        return client.call(function).column("NAME")

    assert found("Net 30,net 30") == ["Net 30", "net 30"]
    assert found("NET 30") == []
    assert found("Net 30 ") == []


def test_lookup_lists_what_can_be_queried(client: Client) -> None:
    kind = client.call("<lookup><object>ARINVOICE</object></lookup>").data[0]
    assert kind.get("Name") == "ARINVOICE"
    fields = [field.findtext("ID") or "" for field in kind.findall("Fields/Field")]
    assert {"RECORDID", "TERMNAME", "TRX_TOTALDUE", "MEGAENTITYID", "MODULEKEY"} <= set(fields)
    assert "INVOICENO" not in fields
    assert client.query("ARINVOICE", *fields).statuses == ["success"]


def test_lookup_tells_the_valid_values(client: Client) -> None:
    kind = client.call("<lookup><object>ARTERM</object></lookup>").data[0]
    status = next(field for field in kind.findall("Fields/Field") if field.findtext("ID") == "STATUS")
    assert [value.text for value in status.findall("VALIDVALUES/VALIDVALUE")] == ["active", "inactive"]


def test_get_list_speaks_in_lower_case(client: Client) -> None:
    answer = client.call('<get_list object="arterm"><fields><field>name</field></fields></get_list>')
    assert [row["name"] for row in answer.rows()] == ["Net 30", "Net 90", "net 30"]
    listtype = answer.tree.find("operation/result/listtype")
    assert listtype is not None
    assert (listtype.text, dict(listtype.attrib)) == ("arterm", {"start": "0", "end": "2", "total": "3"})


def test_get_list_filters(client: Client) -> None:
    expression = "<expression><field>name</field><operator>=</operator><value>Net 90</value></expression>"
    answer = client.call(f'<get_list object="arterm"><filter>{expression}</filter></get_list>')
    assert [row["status"] for row in answer.rows()] == ["inactive"]


@pytest.mark.parametrize(
    "function",
    [
        "<read><object>VENDOR9</object><keys>1</keys></read>",
        "<readByName><object>ARTERM</object><keys></keys></readByName>",
        "<readByName><object>ARTERM</object><keys>x</keys><fields>NOSUCH</fields></readByName>",
        "<readByQuery><object>ARTERM</object><query></query><pagesize>1001</pagesize></readByQuery>",
        "<lookup><object>NOSUCH</object></lookup>",
    ],
)
def test_what_cannot_be_read_fails(client: Client, function: str) -> None:
    assert client.call(function).statuses == ["failure"]
