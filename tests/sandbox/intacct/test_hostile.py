"""Whatever a request holds, the gateway answers in its own form, quickly."""

from __future__ import annotations

import copy
import random
import time

import pytest
from lxml import etree

from tests.sandbox.intacct.client import READER, SYNC, WRITER, Client, arterm, envelope, invoice, login, op

SEEDS = (
    arterm("Net 45"),
    invoice("INV-99", "Net 30"),
    '<update_arterm name="Net 90"><status>active</status></update_arterm>',
    "<query><object>ARINVOICE</object><select><field>TERMNAME</field><sum>TRX_TOTALDUE</sum></select><filter><and>"
    + op("in", "RECORDID", "INV-1", "b")
    + op("between", "WHENDUE", "1/1/2026", "2/2/2027")
    + op("greaterthan", "TRX_TOTALDUE", "5")
    + "</and></filter><orderby><order><field>TERMNAME</field><descending/></order></orderby>"
    "<options><showprivate>true</showprivate></options><pagesize>7</pagesize><offset>3</offset></query>",
    (
        "<readByQuery><object>ARINVOICE</object><fields>*</fields><query>NOT (TERMNAME LIKE 'x' OR STATE IN ('a','b'))"
        "</query><pagesize>3</pagesize></readByQuery>"
    ),
    "<read><object>CUSTOMER</object><keys>1,2</keys></read>",
    (
        '<get_list object="arterm" start="1" maxitems="2"><filter><expression><field>name</field><operator>like</operator>'
        "<value>N%</value></expression></filter></get_list>"
    ),
)
TEXTS = (
    "",
    "NaN",
    "1e999999",
    "-1",
    "９",
    "9" * 5000,
    "%_\\",
    "'",
    "13/45/2026",
    "RECORDNO",
    ",",
    "Infinity",
    "((((",
    "*",
)


@pytest.mark.parametrize("seed", range(8))
def test_a_mangled_request_is_answered_all_the_same(client: Client, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(40):
        user = dice.choice([READER, WRITER, SYNC])
        request = etree.fromstring(envelope(dice.choice(SEEDS), auth=login(user), transaction=dice.random() < 0.2))
        function = request.findall(".//function/*")[0]
        for _ in range(dice.randrange(1, 4)):
            _mangle(function, dice)
        answer = client.post(etree.tostring(request))
        assert answer.http.status_code == 200
        assert answer.tree.tag == "response"


def _mangle(function: etree._Element, dice: random.Random) -> None:
    element = dice.choice(list(function.iter()))
    parent = element.getparent()
    match dice.randrange(5):
        case 0:
            element.text = dice.choice(TEXTS)
        case 1 if element is not function and parent is not None:
            parent.remove(element)
        case 2 if element is not function:
            element.addnext(copy.deepcopy(element))
        case 3 if element.attrib:
            element.set(dice.choice(sorted(str(key) for key in element.attrib)), dice.choice(TEXTS))
        case _:
            element.append(copy.deepcopy(dice.choice(list(function.iter()))))


def test_a_repeated_group_with_a_stranger_costs_nothing(client: Client) -> None:
    days = "<dueday>1</dueday><duefrom>x</duefrom>" * 2000
    function = f"<create_arterm><name>x</name><due>{days}<stranger/></due></create_arterm>"
    start = time.monotonic()
    assert client.call(function, user=WRITER).errors[0][0] == "XL03000003"
    assert time.monotonic() - start < 2
