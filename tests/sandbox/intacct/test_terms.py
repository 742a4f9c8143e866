"""AR terms are kept exactly as they were sent, once a name, and refused for a reason."""

from __future__ import annotations

import pytest

from bot.sandbox.world import World
from tests.sandbox.intacct.client import WRITER, Client, arterm, op


def names(world: World) -> list[str]:
    return [row["NAME"] for row in world.store.table("arterm").values()]


@pytest.mark.parametrize(
    "name", ["Net 45", "Net\N{NO-BREAK SPACE}45", " Net 45 ", "2% <10> & Net 45", "NET 30", "é" * 40]
)
def test_a_name_is_kept_byte_for_byte(client: Client, name: str) -> None:
    assert client.call(arterm(name), user=WRITER).statuses == ["success"]
    assert client.query("ARTERM", "NAME", where=op("equalto", "NAME", name)).column("NAME") == [name]


def test_what_is_not_said_has_the_vendors_defaults(client: Client) -> None:
    client.call(arterm("Net 45"), user=WRITER)
    fields = ("STATUS", "DUEDATE", "DUEFROM", "DISCAMOUNT", "DISCPERCAMN", "DISCCALCON", "PEN_TYPES", "CREATEDBY")
    assert client.query("ARTERM", *fields, where=op("equalto", "NAME", "Net 45")).rows() == [
        {
            "STATUS": "active",
            "DUEDATE": "45",
            "DUEFROM": "from invoice/bill date",
            "DISCAMOUNT": "",
            "DISCPERCAMN": "$",
            "DISCCALCON": "Invoice total",
            "PEN_TYPES": "No Penalty",
            "CREATEDBY": "termkeeper-writer",
        }
    ]


def test_every_field_can_be_given(client: Client) -> None:
    function = (
        "<create_arterm><name>Full</name><description>All of it</description><status>inactive</status>"
        "<due><dueday>10</dueday><duefrom>of 2nd month from invoice/bill date</duefrom></due>"
        "<discount><discday>5</discday><discfrom>of next month from invoice/bill date</discfrom>"
        "<discamount>2.5</discamount><discpercamn>%</discpercamn><discgracedays>1</discgracedays></discount>"
        "<disccalcon>Line items total</disccalcon>"
        "<penalty><pen_type>Monthly</pen_type><penamount>1.5</penamount><penpercamn>%</penpercamn>"
        "<pengracedays>3</pengracedays></penalty></create_arterm>"
    )
    assert client.call(function, user=WRITER).statuses == ["success"]
    read = client.call("<readByName><object>ARTERM</object><keys>Full</keys><fields>*</fields></readByName>").rows()[0]
    kept = {
        "NAME": "Full",
        "DESCRIPTION": "All of it",
        "STATUS": "inactive",
        "DUEDATE": "10",
        "DUEFROM": "of 2nd month from invoice/bill date",
        "DISCDATE": "5",
        "DISCFROM": "of next month from invoice/bill date",
        "DISCAMOUNT": "2.5",
        "DISCPERCAMN": "%",
        "DISCFUDGEDAYS": "1",
        "DISCCALCON": "Line items total",
        "PEN_TYPES": "Monthly",
        "PENAMOUNT": "1.5",
        "PENPERCAMN": "%",
        "PENFUDGEDAYS": "3",
    }
    assert {name: read[name] for name in kept} == kept


def test_the_same_name_twice_is_refused_as_a_duplicate(client: Client, company: World) -> None:
    for function in (arterm("Net 30"), arterm("Net 90")):
        answer = client.call(function, user=WRITER)
        assert answer.statuses == ["failure"]
        assert answer.errors[0][0] == "BL34000061"
        assert answer.errors[1] == ("BL01001973", "Could not create arterm record!")
    assert names(company).count("Net 30") == 1


@pytest.mark.parametrize(
    "function",
    [
        arterm(""),
        arterm("   "),
        arterm("x" * 41),
        arterm("Bad", "soon"),
        arterm("Bad", "-1"),
        arterm("Bad", "10000"),
        (
            "<create_arterm><name>Bad</name><due><dueday>32</dueday>"
            "<duefrom>of next month from invoice/bill date</duefrom></due></create_arterm>"
        ),
        "<create_arterm><name>Bad</name><due><duefrom>sometime</duefrom></due></create_arterm>",
        "<create_arterm><name>Bad</name><status>maybe</status></create_arterm>",
        arterm("Bad", extra="<discount><discamount>101</discamount><discpercamn>%</discpercamn></discount>"),
        arterm("Bad", extra="<discount><discamount>lots</discamount></discount>"),
        arterm("Bad", extra="<penalty><pen_type>Hourly</pen_type></penalty>"),
    ],
)
def test_what_no_term_can_be_is_refused(client: Client, company: World, function: str) -> None:
    before = names(company)
    answer = client.call(function, user=WRITER)
    assert answer.statuses == ["failure"]
    assert answer.errors[0][0].startswith("BL")
    assert names(company) == before


def test_a_term_is_reactivated_and_says_by_whom(client: Client) -> None:
    function = '<update_arterm name="Net 90"><status>active</status></update_arterm>'
    assert client.call(function, user=WRITER).statuses == ["success"]
    found = client.query("ARTERM", "STATUS", "DUEDATE", "MODIFIEDBY", where=op("equalto", "NAME", "Net 90"))
    assert found.rows() == [{"STATUS": "active", "DUEDATE": "90", "MODIFIEDBY": "termkeeper-writer"}]


def test_a_term_that_is_not_there_cannot_be_changed(client: Client) -> None:
    answer = client.call('<update_arterm name="NET 90"><status>active</status></update_arterm>', user=WRITER)
    assert answer.errors[0] == ("BL03000018", "AR Term NET 90 does not exist.")


def test_a_term_made_in_an_entity_belongs_to_it(client: Client) -> None:
    client.call(arterm("Net 45"), user=WRITER, location="200")
    options = "<showprivate>true</showprivate>"
    where = op("equalto", "NAME", "Net 45")
    assert client.query("ARTERM", "NAME", where=where).rows() == []
    assert client.query("ARTERM", "MEGAENTITYID", where=where, options=options).column("MEGAENTITYID") == ["200"]
